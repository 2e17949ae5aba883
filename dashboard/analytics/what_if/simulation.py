"""A scenario on the baseline's own paths: each lever in turn changes units, prices or spend, and
what it changed is one step of the waterfall. Vectorised; nothing is fitted here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dashboard.analytics.what_if.baseline import Baseline, Draws, Floats
from dashboard.analytics.what_if.levers import Levers

MEASURES = ("revenue", "margin", "units")
QUANTILES = (0.1, 0.5, 0.9)
WEEKS_OF_YEAR = 365.25 / 7


@dataclass
class _State:
    """What is on its way: units (S, G, H), price (G, H), money spent more each week (H)."""

    units: Floats
    price: Floats
    more_spend: Floats
    unmet: Floats | None = None
    is_own: bool = False  # units are the baseline's until a lever changes them

    def scale(self, factor: Floats) -> None:
        if self.is_own:
            self.units *= factor
        else:
            self.units = self.units * factor
            self.is_own = True

    def own(self) -> Floats:
        if not self.is_own:
            self.units, self.is_own = self.units.copy(), True
        return self.units


@dataclass(frozen=True)
class Outcome:
    """What comes out, path by path.

    totals, before   measure → (S, H): of the scenario and of the baseline
    steps            (lever, measure → mean change over the whole time), adding up exactly
    units            (S, G, H)
    unmet            (S,) units that could not be served, where there is a limit
    """

    totals: dict[str, Floats]
    before: dict[str, Floats]
    steps: tuple[tuple[str, dict[str, float]], ...]
    units: Floats
    unmet: Floats | None = field(default=None)

    def outcome(self, measure: str) -> tuple[float, float, float]:
        """P10, P50, P90 over the whole time."""
        return _quantiles(self.totals[measure].sum(axis=1))

    def baseline(self, measure: str) -> tuple[float, float, float]:
        return _quantiles(self.before[measure].sum(axis=1))

    def difference(self, measure: str) -> tuple[float, float, float]:
        """P10, P50, P90 of scenario − baseline on the same paths."""
        return _quantiles((self.totals[measure] - self.before[measure]).sum(axis=1))

    def mean_difference(self, measure: str) -> float:
        return float((self.totals[measure] - self.before[measure]).sum(axis=1).mean())

    def unserved(self) -> tuple[float, float, float] | None:
        """P10, P50, P90 of the units that could not be served; None where there is no limit."""
        return None if self.unmet is None else _quantiles(self.unmet)

    def change_of_units(self) -> float:
        """The mean difference in units, as a share of the baseline's."""
        before = float(self.before["units"].sum(axis=1).mean())
        return self.mean_difference("units") / before if before > 0 else 0.0

    def chance_of(self, measure: str, at_least: float) -> float:
        """The share of paths that reach it."""
        return float((self.totals[measure].sum(axis=1) >= at_least).mean())

    def fan(self, measure: str, *, of_baseline: bool = False) -> Floats:
        """(3, H): P10, P50, P90 of each week."""
        chosen = self.before if of_baseline else self.totals
        return np.asarray(np.quantile(chosen[measure], QUANTILES, axis=0))


def simulate(baseline: Baseline, draws: Draws, levers: Levers) -> Outcome:
    """The scenario on all paths."""
    weeks = baseline.shape[2]
    state = _State(
        baseline.paths,
        np.broadcast_to(baseline.price[:, None], baseline.paths.shape[1:]),
        np.zeros(weeks),
    )
    before = _measure(baseline, state)
    totals, steps = before, []
    for name in levers.moved:
        _ACTS[name](state, baseline, draws, levers)
        after = _measure(baseline, state)
        steps.append(
            (name, {key: float((after[key] - totals[key]).sum(axis=1).mean()) for key in MEASURES})
        )
        totals = after
    return Outcome(totals, before, tuple(steps), state.units, state.unmet)


def _measure(baseline: Baseline, state: _State) -> dict[str, Floats]:
    cost = np.broadcast_to(baseline.cost[:, None], state.price.shape)
    weights = np.stack([state.price, state.price - cost, np.ones_like(cost)])
    # (S, G, H) × (3, G, H) → (3, S, H), week by week as matrix products
    sums = np.matmul(
        state.units.transpose(2, 0, 1), weights.transpose(2, 1, 0).astype(state.units.dtype)
    )
    revenue, margin, units = sums.transpose(2, 1, 0).astype(np.float64)
    return {"revenue": revenue, "margin": margin - state.more_spend, "units": units}


def _change_price(state: _State, baseline: Baseline, draws: Draws, levers: Levers) -> None:
    elasticity = draws.elasticity
    if levers.experiment_elasticity is not None:
        own = levers.experiment_elasticity + levers.experiment_error * draws.normal["experiment"]
        elasticity = np.broadcast_to(own[:, None], elasticity.shape)
    factor = np.exp(elasticity * np.log1p(levers.price_change))
    state.scale(factor[:, :, None].astype(state.units.dtype))
    state.price = state.price * (1 + levers.price_change)


def _promote(state: _State, baseline: Baseline, draws: Draws, levers: Levers) -> None:
    """Overlapping promotions of one product: the deepest counts."""
    _count, groups, weeks = baseline.shape
    depth, after = np.zeros((groups, weeks)), np.zeros((groups, weeks), dtype=bool)
    for one in levers.promotions:
        its = np.ones(groups, bool)
        if one.category_id is not None:
            its = baseline.category_ids == one.category_id
        span = slice(one.week - 1, one.week - 1 + one.weeks)
        depth[its, span] = np.maximum(depth[its, span], max(one.discount_rate, 1e-9))
        after[its, span.stop : span.stop + 1] = True
    units = state.own()
    for week in range(weeks):
        on, dip = depth[:, week] > 0, after[:, week] & (depth[:, week] == 0)
        if on.any():
            more = draws.uplift_slope * (depth[on, week] - draws.uplift_middle)
            units[:, on, week] *= np.exp(draws.uplift_level[:, on] + more)
        if dip.any():
            units[:, dip, week] *= np.exp(draws.after[:, dip])
    state.price = state.price * (1 - depth)


def _spend(state: _State, baseline: Baseline, draws: Draws, levers: Levers) -> None:
    spend, weeks = draws.spend, np.arange(1, baseline.shape[2] + 1)
    response = spend.response + spend.error * draws.normal["spend"]
    if spend.origin == "assumed":
        response = levers.spend_response * (1 + 0.5 * draws.normal["spend"])
    left = spend.carried**weeks
    now = spend.weekly / (1 - spend.carried)
    then = now * (1 + levers.spend_change * (1 - left))
    ratio = np.log1p(then / spend.scale) - np.log1p(now / spend.scale)
    factor = np.exp(response[:, None] * ratio[None, :])
    state.scale(factor[:, None, :].astype(state.units.dtype))
    state.more_spend = state.more_spend + spend.weekly * levers.spend_change


def _grow(state: _State, baseline: Baseline, draws: Draws, levers: Levers) -> None:
    years = np.arange(1, baseline.shape[2] + 1) / WEEKS_OF_YEAR
    state.scale(((1 + levers.growth_points) ** years).astype(state.units.dtype))


def _delist(state: _State, baseline: Baseline, draws: Draws, levers: Levers) -> None:
    """What is no longer sold goes in part to the others of its category, as they sell."""
    gone = np.isin(baseline.product_ids, levers.delisted)
    units, mean = state.own(), baseline.mean.sum(axis=1)
    for category_id in np.unique(baseline.category_ids[gone]):
        its = baseline.category_ids == category_id
        left, kept = its & gone, its & ~gone
        diverted = units[:, left].sum(axis=1) * levers.diversion_share
        total = mean[kept].sum()
        if total > 0:
            units[:, kept] += diverted[:, None, :] * (mean[kept] / total)[None, :, None]
        units[:, left] = 0.0


def _lose(state: _State, baseline: Baseline, draws: Draws, levers: Levers) -> None:
    if draws.lost is None:
        return
    weeks = baseline.shape[2]
    lost = draws.lost.draw(
        levers.lost_share, levers.lost_who, weeks, draws.normal["lost"], draws.normal["value"]
    )
    _add_money(state, baseline, -np.tile(lost[:, None] / weeks, weeks))


def _gain(state: _State, baseline: Baseline, draws: Draws, levers: Levers) -> None:
    """Whoever comes in week τ orders as new customers did at the age of t − τ weeks."""
    orders = levers.new_customers * np.cumsum(draws.orders_by_age, axis=1)
    _add_money(state, baseline, orders * draws.order_value[:, None])


def _add_money(state: _State, baseline: Baseline, money: Floats) -> None:
    """(S, H) of revenue more or less, in the mix of products as it is."""
    mean = baseline.mean
    usual = np.maximum((mean * baseline.price[:, None]).sum(axis=0), 1e-9)
    units = state.own()
    units += ((money / usual)[:, None, :] * mean[None]).astype(units.dtype)
    np.maximum(units, 0.0, out=units)


def _stop(state: _State, baseline: Baseline, draws: Draws, levers: Levers) -> None:
    """Days without a sale; a part of what was missed is bought in the week after."""
    units, weeks = state.own(), baseline.shape[2]
    days, week = levers.outage_days, levers.outage_week - 1
    missed = np.zeros(units.shape[:2])
    while days > 0 and week < weeks:
        out = min(days, 7) / 7
        missed = missed + units[:, :, week] * out
        units[:, :, week] *= 1 - out
        days, week = days - 7, week + 1
    if week < weeks:
        units[:, :, week] += levers.recovery_share * missed


def _limit(state: _State, baseline: Baseline, draws: Draws, levers: Levers) -> None:
    """No more than so many units a week, of all products alike; of the rest a part waits."""
    most = levers.capacity_share * float(baseline.mean.sum(axis=0).mean())
    wanted = state.units.sum(axis=1, dtype=np.float64)
    sold, waiting, unmet = np.empty_like(wanted), np.zeros(len(wanted)), np.zeros(len(wanted))
    for week in range(wanted.shape[1]):
        asked = wanted[:, week] + waiting
        sold[:, week] = np.minimum(asked, most)
        waiting = levers.backlog_share * (asked - sold[:, week])
        unmet += asked - sold[:, week] - waiting
    factor = sold / np.maximum(wanted, 1e-9)
    state.scale(factor[:, None, :].astype(state.units.dtype))
    state.unmet = unmet + waiting


def _quantiles(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, QUANTILES)
    return float(low), float(middle), float(high)


_Act = Callable[[_State, Baseline, Draws, Levers], None]
_ACTS: dict[str, _Act] = {
    "price": _change_price,
    "promotions": _promote,
    "spend": _spend,
    "growth": _grow,
    "delisting": _delist,
    "lost_customers": _lose,
    "new_customers": _gain,
    "outage": _stop,
    "capacity": _limit,
}
