"""Which open orders will miss their promised day.

An order passes through stages, and how long it stays in each is learnt from the orders before it:
for every stage the chance to leave it on each day (`survival`), orders still in it included. The
days still to come are those of the stage it is in, given the age it has reached, and then those of
the stages ahead, one after the other; the chance to be late is the chance that they are more than
are left until the promised day.

Stays differ by channel, by whether there was enough stock when the order was taken, by region, and
on the way by carrier. A group with few orders is shrunk towards the coarser one it belongs to: its
chance to leave on a day is what it would be after PSEUDO_COUNT more orders that behave as those do.
A correction of the chances (`probabilities`) is learnt from weeks that are over, and used only if
one learnt from the older of them would have made the newer ones better.

Days are whole business days. Everything is told as of the morning: what happened on that day is not
known yet, and an order can still leave its stage on it. `learn_late_risk` measures itself in just
that way, every week of the last half year, knowing only what was known then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dashboard.analytics.probabilities import (
    Correction,
    brier_score,
    correct,
    fit_correction,
    tabulate_reliability,
)
from dashboard.analytics.survival import (
    Flags,
    Floats,
    Whole,
    add_stays,
    count_stays,
    days_until,
    hazards_at_age,
    leaving_days,
)

STAGES = ("received", "confirmed", "processing", "shipped")
LONGEST = 90  # days; a longer stay counts as so long
PSEUDO_COUNT = 10.0
FEWEST_STAYS = 30  # that ended in each stage, before anything is told
HISTORY_DAYS = 365
WEEKS = 26  # of looking back; the older half corrects, the newer half is judged
FEWEST_WEEKS = 6
FIRST_HISTORY_DAYS = 35  # that a week of looking back needs behind it
_IN_HOUSE = ("channel", "was_short", "region_id")
_ON_THE_WAY = ("channel", "carrier", "region_id")
_GROUPED_BY = (_IN_HOUSE, _IN_HOUSE, _IN_HOUSE, _ON_THE_WAY)
_AHEAD = (*_GROUPED_BY[:3], ("channel", "region_id"))  # the carrier is not known before
FEATURES = ("channel", "was_short", "region_id", "carrier")
Codes = Mapping[str, Whole]


@dataclass(frozen=True)
class Trust:
    """How the chances told in past weeks compare with what happened after. `base_brier` is that of
    always telling the share that was late in those weeks."""

    weeks: int
    predictions: int
    late_rate: float
    brier: float
    base_brier: float
    is_corrected: bool
    reliability: pd.DataFrame  # as of tabulate_reliability

    @property
    def skill(self) -> float:
        """The part of the base's error that is gone: 1 is perfect, 0 no better than the base."""
        return 1 - self.brier / self.base_brier if self.base_brier else float("nan")


@dataclass(frozen=True)
class _Level:
    keys: Whole  # of the groups, sorted
    hazards: Floats  # a row for each


@dataclass(frozen=True)
class _Stays:
    """The chance to leave a stage on each day, from the coarsest group to the finest."""

    features: tuple[str, ...]
    everybody: Floats  # one row
    levels: tuple[_Level, ...]
    ended: int

    def hazards(self, codes: Codes, sizes: Mapping[str, int]) -> Floats:
        """Those of the finest known group of each order."""
        count = len(next(iter(codes.values())))
        found = np.repeat(self.everybody, count, axis=0)
        for level, keys in zip(self.levels, _keys(self.features, codes, sizes), strict=True):
            if not len(level.keys):
                continue
            place = np.minimum(np.searchsorted(level.keys, keys), len(level.keys) - 1)
            known = level.keys[place] == keys
            found[known] = level.hazards[place[known]]
        return found


@dataclass(frozen=True)
class LateRisk:
    """What was learnt. `stages` are of the stage an order is in, `ahead` of those to come."""

    stages: tuple[_Stays, ...] = ()
    ahead: tuple[_Stays, ...] = ()
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # the values of a feature
    correction: Correction = field(default_factory=Correction)
    trust: Trust | None = None

    @property
    def can_tell(self) -> bool:
        """Whether enough orders have left every stage."""
        return bool(self.stages) and min(each.ended for each in self.stages) >= FEWEST_STAYS


def learn_late_risk(histories: pd.DataFrame) -> LateRisk:
    """
    From  channel, region_id, carrier, was_short, promised_day, received_day, confirmed_day,
          processing_day, shipped_day, completed_day, ended_day     one row per order; days are
          counted from the day that is told of, earlier ones are negative
    To    LateRisk

    >>> days = ["promised", "received", "confirmed", "processing", "shipped", "completed", "ended"]
    >>> columns = ["channel", "region_id", "carrier", "was_short", *(f"{day}_day" for day in days)]
    >>> learn_late_risk(pd.DataFrame(columns=columns)).can_tell
    False
    """
    past = _Past(histories)
    if not past.size:
        return LateRisk()
    told = _tell_past_weeks(past)
    trust = _judge(told) if len(told) else None
    correction = Correction()
    if trust and trust.is_corrected:
        correction = fit_correction(*_chances_and_outcomes(told))
    stages, ahead = past.learn(0)
    return LateRisk(stages, ahead, past.known, correction, trust)


def rate_open_orders(risk: LateRisk, orders: pd.DataFrame) -> pd.DataFrame:
    """
    From  stage, age_days (in it), days_left (until the promised day; negative: it is past),
          channel, region_id, carrier, was_short     one row per open order
    To    the same rows and columns, and
          late_rate       the chance to be late; 1 when the day is past, NaN when nothing is known
          expected_days   the days after which half of such orders are delivered
          usual_days      the days within which nine in ten leave the stage
    """
    is_past = orders["days_left"].to_numpy(dtype=np.int64) < 0
    unknown = np.full(len(orders), np.nan)
    if not risk.can_tell or not len(orders):
        rate = np.where(is_past, 1.0, unknown)
        return orders.assign(late_rate=rate, expected_days=unknown, usual_days=unknown)
    stage = orders["stage"].map(STAGES.index).to_numpy(dtype=np.int64)
    age = np.maximum(orders["age_days"].to_numpy(dtype=np.int64), 0)
    codes = _codes_of(orders, risk.known)
    to_come = _days_to_come(risk.stages, risk.ahead, risk.known, stage, age, codes)
    late = _chance_of_more(to_come, orders["days_left"].to_numpy(dtype=np.int64))
    return orders.assign(
        late_rate=np.where(is_past, 1.0, correct(late, risk.correction)),
        expected_days=days_until(to_come, 0.5).astype(np.float64),
        usual_days=_usual_days(risk, stage, codes),
    )


class _Past:
    """The histories as arrays, grouped once for all the weeks that are looked back on."""

    def __init__(self, histories: pd.DataFrame) -> None:
        self.size = len(histories)
        reached = [_day(histories[f"{stage}_day"]) for stage in (*STAGES, "completed")]
        for place in range(len(STAGES) - 1, -1, -1):  # a stage never recorded took no time
            reached[place] = np.minimum(reached[place], reached[place + 1])
        self.reached = np.stack(reached, axis=1) if self.size else np.empty((0, 5))
        self.ended = _day(histories["ended_day"])
        self.promised = _day(histories["promised_day"])
        self.known = {name: tuple(sorted(_as_text(histories[name]).unique())) for name in FEATURES}
        self.codes = _codes_of(histories, self.known)
        self._groups = {
            features: [
                np.unique(keys, return_inverse=True)
                for keys in _keys(features, self.codes, _sizes(self.known))
            ]
            for features in {*_GROUPED_BY, *_AHEAD}
        }

    def learn(self, morning: int) -> tuple[tuple[_Stays, ...], tuple[_Stays, ...]]:
        """From what was known on the morning of that day."""
        stages = [self._stays(place, _GROUPED_BY[place], morning) for place in range(len(STAGES))]
        ahead = [*stages[:3], self._stays(3, _AHEAD[3], morning)]
        return tuple(stages), tuple(ahead)

    def standing(self, morning: int) -> tuple[Whole, Whole, Whole]:
        """Which orders were open on that morning, in which stage, and how long."""
        stage = (self.reached < morning).sum(axis=1) - 1
        is_open = (stage >= 0) & (stage < len(STAGES)) & (self.ended >= morning)
        which = np.flatnonzero(is_open & (self.promised >= morning) & np.isfinite(self.promised))
        age = morning - self.reached[which, stage[which]]
        return which, stage[which], age.astype(np.int64)

    def _stays(self, place: int, features: tuple[str, ...], morning: int) -> _Stays:
        entered, left = self.reached[:, place], self.reached[:, place + 1]
        seen = (entered < morning) & (entered >= morning - HISTORY_DAYS)
        ended = left < morning
        until = np.where(ended, left, np.minimum(self.ended, morning) - 1)
        seen &= until >= entered
        rows = np.flatnonzero(seen)
        days = np.minimum(until[rows] - entered[rows], LONGEST).astype(np.int64)
        return _shrunk(features, self._groups[features], rows, days, ended[rows])


def _shrunk(
    features: tuple[str, ...],
    groups: Sequence[tuple[Whole, Whole]],
    rows: Whole,
    days: Whole,
    ended: Flags,
) -> _Stays:
    """The hazards of everybody, then of each finer group, shrunk towards the one it is part of."""
    count = int(ended.sum())
    usual = count / max(float((days + 1).sum()), 1.0)  # the same chance on each day
    everybody = _hazards(np.zeros(len(days), np.int64), days, ended, np.array([[usual]]))
    levels, coarser, part_of = [], everybody, np.zeros(len(groups[0][1]), np.int64)
    sizes = np.array([len(rows)])
    for keys, group_of in groups:
        parent = np.zeros(len(keys), np.int64)
        parent[group_of] = part_of
        members = np.bincount(group_of[rows], minlength=len(keys))
        same = members == sizes[parent]  # the very same orders are not to count once more
        finer = _hazards(group_of[rows], days, ended, coarser[parent])
        finer[same] = coarser[parent[same]]
        levels.append(_Level(keys, finer))
        coarser, part_of, sizes = finer, group_of, members
    return _Stays(features, everybody, tuple(levels), count)


def _hazards(group: Whole, days: Whole, ended: Flags, coarser: Floats) -> Floats:
    """Those of each group, `coarser` having a row of hazards for each (or one for every day)."""
    at_risk, left = count_stays(group, days, ended, groups=len(coarser), longest=LONGEST)
    return np.asarray((left + PSEUDO_COUNT * coarser) / (at_risk + PSEUDO_COUNT))


def _days_to_come(
    stages: Sequence[_Stays],
    ahead: Sequence[_Stays],
    known: Mapping[str, tuple[str, ...]],
    stage: Whole,
    age: Whole,
    codes: Codes,
) -> Floats:
    """For each order the chance of each number of days until it is delivered."""
    cases = np.stack([stage, np.minimum(age, LONGEST), *(codes[name] for name in FEATURES)], axis=1)
    unlike, case_of = np.unique(cases, axis=0, return_inverse=True)
    stage, age = unlike[:, 0], unlike[:, 1]
    codes = {name: unlike[:, 2 + place] for place, name in enumerate(FEATURES)}
    sizes = _sizes(known)
    found = np.empty((len(unlike), LONGEST + 1))
    for place in range(len(STAGES)):
        rows = np.flatnonzero(stage == place)
        if not len(rows):
            continue
        these = {name: values[rows] for name, values in codes.items()}
        days = leaving_days(hazards_at_age(stages[place].hazards(these, sizes), age[rows]))
        for later in range(place + 1, len(STAGES)):
            days = add_stays(days, leaving_days(ahead[later].hazards(these, sizes)))
        found[rows] = days
    return np.asarray(found[case_of.ravel()])


def _chance_of_more(days: Floats, left: Whole) -> Floats:
    """The chance of more days than are left."""
    by_then = days.cumsum(axis=1)
    last = np.clip(left, 0, LONGEST - 1)
    in_time = np.take_along_axis(by_then, last[:, None], axis=1)[:, 0]
    return np.asarray(np.clip(np.where(left < 0, 1.0, 1.0 - in_time), 0.0, 1.0))


def _usual_days(risk: LateRisk, stage: Whole, codes: Codes) -> Floats:
    found = np.empty(len(stage))
    for place, stays in enumerate(risk.stages):
        rows = stage == place
        these = {name: values[rows] for name, values in codes.items()}
        hazards = stays.hazards(these, _sizes(risk.known))
        found[rows] = days_until(leaving_days(hazards), 0.9)
    return found


def _tell_past_weeks(past: _Past) -> pd.DataFrame:
    """week (1: a week ago), promised (its day), chance (not corrected), late: of the orders open
    on that morning whose promised day was still to come then and is over now."""
    span = -float(past.reached[:, 0].min()) - FIRST_HISTORY_DAYS
    weeks = min(WEEKS, int(span // 7)) if np.isfinite(span) else 0
    told = [_tell(past, week) for week in range(1, weeks + 1) if weeks >= FEWEST_WEEKS]
    columns = ["week", "promised", "chance", "late"]
    return pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=columns)


def _tell(past: _Past, week: int) -> pd.DataFrame:
    morning = -7 * week
    stages, ahead = past.learn(morning)
    which, stage, age = past.standing(morning)
    completed, promised = past.reached[which, -1], past.promised[which]
    is_dropped = np.isfinite(past.ended[which]) & ~np.isfinite(completed)
    told = (promised < 0) & ~is_dropped
    if min(each.ended for each in stages) < FEWEST_STAYS:
        told[:] = False
    which, stage, age, promised = which[told], stage[told], age[told], promised[told]
    codes = {name: values[which] for name, values in past.codes.items()}
    to_come = _days_to_come(stages, ahead, past.known, stage, age, codes)
    chance = _chance_of_more(to_come, (promised - morning).astype(np.int64))
    late = completed[told] > promised
    return pd.DataFrame({"week": week, "promised": promised, "chance": chance, "late": late})


def _judge(told: pd.DataFrame) -> Trust | None:
    """The newer half of the weeks; what could be known of the older half before it corrects it."""
    half = int(told["week"].max()) // 2
    older = told[(told["week"] > half) & (told["promised"] < -7 * half)]
    newer = told[told["week"] <= half]
    if not len(older) or newer["late"].nunique() < 2:
        return None
    chances, late = _chances_and_outcomes(newer)
    corrected = correct(chances, fit_correction(*_chances_and_outcomes(older)))
    is_corrected = brier_score(corrected, late) < brier_score(chances, late)
    judged = corrected if is_corrected else chances
    late_rate = float(late.mean())
    return Trust(
        weeks=half,
        predictions=len(newer),
        late_rate=late_rate,
        brier=brier_score(judged, late),
        base_brier=brier_score(np.full(len(late), late_rate), late),
        is_corrected=is_corrected,
        reliability=tabulate_reliability(judged, late),
    )


def _chances_and_outcomes(told: pd.DataFrame) -> tuple[Floats, Flags]:
    return told["chance"].to_numpy(dtype=np.float64), told["late"].to_numpy(dtype=bool)


def _keys(features: tuple[str, ...], codes: Codes, sizes: Mapping[str, int]) -> list[Whole]:
    """One number for the first feature, one for the first two together, and so on; −1 where a
    value was never met."""
    found: list[Whole] = []
    for name in features:
        before = found[-1] if found else np.zeros(len(codes[name]), np.int64)
        key = before * sizes[name] + codes[name]
        found.append(np.where((codes[name] < 0) | (before < 0), -1, key))
    return found


def _codes_of(frame: pd.DataFrame, known: Mapping[str, tuple[str, ...]]) -> dict[str, Whole]:
    """The place of each value among the known ones; −1 for one that is not."""
    return {
        name: pd.Index(known[name]).get_indexer(pd.Index(_as_text(frame[name]))).astype(np.int64)
        for name in FEATURES
    }


def _sizes(known: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    return {name: max(len(values), 1) for name, values in known.items()}


def _as_text(values: pd.Series) -> pd.Series:
    return values.astype("string").fillna("")


def _day(values: pd.Series) -> Floats:
    """The days as numbers, endlessly far where there is none."""
    days = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(days), np.inf, days)
