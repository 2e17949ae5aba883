"""What a world knows of each parameter, to be told beside the lever: value, error, where it comes
from, from how much, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dashboard.analytics.what_if.baseline import Floats
from dashboard.analytics.what_if.elasticity import FEWEST_MOVES
from dashboard.analytics.what_if.levers import Levers
from dashboard.analytics.what_if.promotions import uplift_of
from dashboard.analytics.what_if.world import World

BEYOND = 0.3  # of today's price outside what was seen: a range only
Reach = Literal["seen", "outside", "far"]


@dataclass(frozen=True)
class Elasticity:
    """Weighted by net sales over the products. lowest and highest are 2.5 and 97.5 % of the prices
    seen, as shares of today's."""

    value: float
    error: float
    origin: str
    moves: int
    products: int
    weeks: int
    lowest: float
    highest: float
    is_placebo: bool

    @property
    def has_few_moves(self) -> bool:
        return self.moves < FEWEST_MOVES

    def reach(self, price_change: float) -> Reach:
        """Whether such prices were seen before."""
        price = 1 + price_change
        if self.lowest <= price <= self.highest or price_change == 0:
            return "seen"
        return "far" if price < self.lowest - BEYOND or price > self.highest + BEYOND else "outside"


@dataclass(frozen=True)
class PromotionEffect:
    """log uplift at a discount, its error, and what follows."""

    value: float
    error: float
    after: float
    origin: str
    count: int
    own: int


def describe_elasticity(world: World) -> Elasticity:
    baseline = world.baseline
    weight = _weights(world)
    drawn = world.draws.elasticity.astype(np.float64) @ weight
    table = world.learnt.elasticities.set_index("product_id")
    its = table.loc[table.index.intersection(baseline.product_ids.tolist())]
    if not len(its):
        return Elasticity(float(drawn.mean()), float(drawn.std()), "assumed", 0, 0, 0, 1, 1, False)
    by_product = dict(zip(baseline.product_ids.tolist(), weight, strict=True))
    own = np.array([by_product[product] for product in its.index])
    own = own / own.sum()
    origins = its["origin"].to_numpy()
    shares = {
        name: float(own[origins == name].sum()) for name in ("estimated", "shrunk", "assumed")
    }
    return Elasticity(
        value=float(drawn.mean()),
        error=float(drawn.std()),
        origin=max(shares, key=lambda name: shares[name]),
        moves=int(its["moves"].sum()),
        products=int((its["moves"] > 0).sum()),
        weeks=int(its["weeks"].max()),
        lowest=float(own @ its["lowest"].to_numpy(np.float64)),
        highest=float(own @ its["highest"].to_numpy(np.float64)),
        is_placebo=bool(own @ its["is_placebo"].to_numpy(np.float64) >= 0.5),
    )


def elasticity_of(world: World, levers: Levers) -> tuple[float, float]:
    """Value and error that the scenario goes by: of the experiment where there was one."""
    if levers.experiment_elasticity is not None:
        return levers.experiment_elasticity, levers.experiment_error
    found = describe_elasticity(world)
    return found.value, found.error


def describe_promotion(
    world: World, category_id: int | None, discount_rate: float
) -> PromotionEffect:
    """Of a category, or of the one that sells most where none is named."""
    if category_id is None:
        categories = world.baseline.category_ids
        sums = {int(each): float(_weights(world)[categories == each].sum()) for each in categories}
        category_id = max(sums, key=lambda each: sums[each])
    uplift = uplift_of(world.learnt.promotions, category_id)
    return PromotionEffect(
        uplift.at(discount_rate), uplift.error, uplift.after, uplift.origin, uplift.count,
        uplift.own,
    )  # fmt: skip


def margin_rate(world: World) -> float | None:
    """Of the baseline; None where a cost is not known."""
    baseline = world.baseline
    if not baseline.is_costed:
        return None
    units = baseline.mean.sum(axis=1)
    sales = float(units @ baseline.price)
    return 1 - float(units @ baseline.cost) / sales if sales > 0 else None


def _weights(world: World) -> Floats:
    sales = world.baseline.mean.sum(axis=1) * world.baseline.price
    return np.asarray(sales / sales.sum(), dtype=np.float64)
