"""What the events of the calendar lead one to expect of the days in and around them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import copysign, sqrt
from statistics import median_high, median_low
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
_BEFORE, _AFTER = 3, 8  # days at most, and never more than the event lasts, that may feel it
# in spreads: a single day of another time may have been unusual itself, a median of n is chance up
# to the other ÷ √n
_ONCE, _CHANCE = 6, 1.5


class EventDay(NamedTuple):
    """A day of one occurrence of an event, or beside it; `offset` is from the day it falls on."""

    name: str
    name_zh: str | None
    occurrence: int
    offset: int
    is_within: bool
    is_holiday: bool  # the very day of a public holiday


class Expected(NamedTuple):
    """Of each day: by how much events move it, by which factor one is less sure of it, and which
    event it is (EventDay or None)."""

    effects: Numbers
    factors: Numbers
    event_days: list[EventDay | None]


def find_event_days(
    events: pd.DataFrame, first_on: date, last_on: date
) -> dict[date, list[EventDay]]:
    """The days from `first_on` to `last_on` in or beside an event, each with its events: those
    that it lies in before the others, the shorter before the longer. The very day of a holiday
    belongs to no event that it only lies beside.

    From  name, name_zh, kind, first_on, last_on, falls_on    as `events_that_count` has them

    >>> fair = pd.DataFrame([("Fair", None, "other", *[date(2026, 3, 2)] * 3)], columns=[
    ...     "name", "name_zh", "kind", "first_on", "last_on", "falls_on"])
    >>> [day.offset for day in find_event_days(fair, date(2026, 3, 1), date(2026, 3, 2))[
    ...     date(2026, 3, 1)]]
    [-1]
    """
    found: dict[date, list[EventDay]] = {}
    rows: list[Any] = list(events.itertuples())
    for occurrence, row in sorted(enumerate(rows), key=lambda each: _days_of(each[1])):
        length = _days_of(row)
        start = max(row.first_on - timedelta(days=min(length, _BEFORE)), first_on)
        end = min(row.last_on + timedelta(days=min(length, _AFTER)), last_on)
        for number in range((end - start).days + 1):
            day = start + timedelta(days=number)
            is_within = row.first_on <= day <= row.last_on
            offset = (day - row.falls_on).days
            is_holiday = row.kind == "holiday" and not offset
            one = EventDay(row.name, row.name_zh, occurrence, offset, is_within, is_holiday)
            found.setdefault(day, []).append(one)
    return {day: _in_order(of_day) for day, of_day in found.items()}


def _in_order(of_day: list[EventDay]) -> list[EventDay]:
    within = [one for one in of_day if one.is_within]
    if any(one.is_holiday for one in within):
        return within
    return within + [one for one in of_day if not one.is_within]


def _days_of(event: Any) -> int:
    return int((event.last_on - event.first_on).days) + 1


def expect_of_events(
    event_days: Sequence[Sequence[EventDay]], left: Numbers, spread: float
) -> Expected:
    """What the same day of the event left over at its other times, or that day and its neighbours,
    as far as their median is more than chance: the soft threshold of denoising. Of several events
    of one day the one that moves it most counts.

    `event_days` are those of each day, `left` is what trend and season leave over of it.
    """
    seen: dict[tuple[str, int], dict[int, float]] = {}
    holidays: dict[int, float] = {}
    for of_day, value in zip(event_days, left.tolist(), strict=True):
        for one in of_day:
            seen.setdefault((one.name, one.offset), {})[one.occurrence] = value
            if one.is_holiday:
                holidays[one.occurrence] = value
    effects, factors = np.zeros(len(left)), np.ones(len(left))
    which: list[EventDay | None] = [None] * len(left)
    for place, of_day in enumerate(event_days):
        which[place] = next((one for one in of_day if one.is_within), None)
        for one in of_day:
            alike = [_others(seen, one, 0), _others(seen, one, 1)]
            if one.is_holiday:
                alike.append([value for of, value in holidays.items() if of != one.occurrence])
            for others in alike:
                effect = _beyond_chance(others, spread)
                if abs(effect) > abs(effects[place]):
                    effects[place], factors[place] = effect, sqrt(1 + 1 / len(others))
                    which[place] = one
    return Expected(effects, factors, which)


def _others(
    seen: dict[tuple[str, int], dict[int, float]], one: EventDay, reach: int
) -> list[float]:
    """Of the day's other times; none where a neighbour of one of them is not known."""
    times = sorted(seen[one.name, one.offset].keys() - {one.occurrence})
    near = [
        seen.get((one.name, offset), {})
        for offset in range(one.offset - reach, one.offset + reach + 1)
    ]
    if not all(time in of_times for of_times in near for time in times):
        return []
    return [of_times[time] for time in times for of_times in near]


def _beyond_chance(others: list[float], spread: float) -> float:
    """Of the two in the middle the one nearer to nothing: half of the others must agree."""
    if not others:
        return 0.0
    low, high = median_low(others), median_high(others)
    typical = max(low, 0.0) + min(high, 0.0)
    chance = spread * (_ONCE if len(others) == 1 else _CHANCE / sqrt(len(others)))
    return copysign(max(abs(typical) - chance, 0.0), typical)
