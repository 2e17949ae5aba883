"""What a scenario is compared with: simulated paths of every product's weeks, and draws of every
parameter. Both are made once; a scenario moves along the same paths with the same draws."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
PATHS = 500


@dataclass(frozen=True)
class Baseline:
    """S paths × G groups (products) × H weeks of units, and what a unit brings and costs.

    product_ids   0 for a group of several products
    price         what was paid for a unit, net of discounts, lately
    cost          NaN where it is not known
    is_costed     False: margins cannot be told at all
    """

    paths: Floats
    product_ids: Whole
    category_ids: Whole
    price: Floats
    cost: Floats

    @property
    def shape(self) -> tuple[int, int, int]:
        count, groups, weeks = self.paths.shape
        return count, groups, weeks

    @property
    def mean(self) -> Floats:
        """(G, H)"""
        return np.asarray(self.paths.mean(axis=0))

    @property
    def is_costed(self) -> bool:
        return bool(np.isfinite(self.cost).all())


@dataclass(frozen=True)
class Spend:
    """Marketing: `weekly` spend goes on; η of log demand on ln(1 + adstock / scale), and the share
    θ of a week's spend that works on in the next."""

    weekly: float = 0.0
    response: float = 0.0
    error: float = 0.0
    carried: float = 0.0
    scale: float = 1.0
    origin: str = "assumed"
    weeks: int = 0


@dataclass(frozen=True)
class Lost:
    """Of the customers who order now: by hundredth of what they are expected to bring in a year,
    the best first: customers, value, squared (sum of squared values), noise (sum of value² ÷
    expected orders: what chance adds). `shared_error` is how far all of it may be off together."""

    customers: Floats
    value: Floats
    squared: Floats
    noise: Floats
    shared_error: float = 0.2

    def draw(self, share: float, who: str, weeks: int, normal: Floats, shared: Floats) -> Floats:
        """What the lost ones would have brought in the weeks, one draw for each path."""
        part = weeks * 7 / 365.25
        if who == "best":
            taken = np.clip(share * len(self.value) - np.arange(len(self.value)), 0, 1)
            mean, chance = taken @ self.value, taken @ self.noise
            chosen = 0.0
        else:
            mean, chance = share * self.value.sum(), share * self.noise.sum()
            chosen = share * (1 - share) * self.squared.sum()
        spread = np.sqrt(chance * part + chosen * part**2)
        drawn = mean * part * np.exp(self.shared_error * shared) + spread * normal
        return np.asarray(np.maximum(drawn, 0.0))


@dataclass(frozen=True)
class Draws:
    """Of every parameter, one for each path: they are the same whatever the levers say.

    elasticity      (S, G)
    uplift_level, after   (S, G): of a promotion at the middle discount, and of the week after
    uplift_slope, uplift_middle   how the uplift grows with the discount
    orders_by_age   (S, H): orders of a new customer in each week of age, and their value
    normal          name → (S,) standard normal
    """

    elasticity: Floats
    uplift_level: Floats
    after: Floats
    uplift_slope: float
    uplift_middle: float
    orders_by_age: Floats
    order_value: Floats
    spend: Spend = field(default_factory=Spend)
    lost: Lost | None = None
    normal: dict[str, Floats] = field(default_factory=dict)


def draw_normals(count: int, seed: int, *names: str) -> dict[str, Floats]:
    """Standard normal draws by name; one more name changes none of the others."""
    return {
        name: np.random.default_rng([seed, *name.encode()]).standard_normal(count) for name in names
    }
