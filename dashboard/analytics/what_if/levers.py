"""What can be changed in a scenario. All levers at their defaults change nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

WhoIsLost = Literal["random", "best"]
# In this order they act, and stand in the waterfall.
LEVERS = (
    "price", "promotions", "spend", "growth", "delisting", "lost_customers", "new_customers",
    "outage", "capacity",
)  # fmt: skip
MOST_PROMOTIONS, MOST_WEEKS = 8, 52
_WHOLE = ("outage_week", "outage_days", "lead_time_days")
# field → the smallest and the largest value that is taken
BOUNDS: Mapping[str, tuple[float, float]] = {
    "price_change": (-0.6, 0.6),
    "spend_change": (-1.0, 3.0),
    "spend_response": (0.0, 1.0),
    "growth_points": (-0.5, 0.5),
    "lost_share": (0.0, 0.5),
    "new_customers": (0.0, 10_000.0),
    "outage_week": (1, 26),
    "outage_days": (0, 60),
    "recovery_share": (0.0, 1.0),
    "capacity_share": (0.0, 3.0),
    "backlog_share": (0.0, 1.0),
    "lead_time_days": (-60, 120),
    "diversion_share": (0.0, 1.0),
    "experiment_error": (0.0, 5.0),
}


class UnreadableLeversError(ValueError):
    """The text does not hold levers of this version."""


@dataclass(frozen=True, order=True)
class Promotion:
    """Weeks count from 1. Of one category, or of everything."""

    week: int
    weeks: int
    discount_rate: float
    category_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Levers:
    """price_change, spend_change: as a share of what is (0.05: 5 % more); growth_points: of yearly
    growth; new_customers: more each week; capacity_share: units a week, as a share of the
    baseline's mean week (0: no limit); lead_time_days: more or fewer; delisted: product_ids.
    experiment_elasticity stands, where it is given, for the estimated one; spend_response for what
    marketing brings, where that cannot be estimated."""

    price_change: float = 0.0
    experiment_elasticity: float | None = None
    experiment_error: float = 0.3
    promotions: tuple[Promotion, ...] = ()
    spend_change: float = 0.0
    spend_response: float = 0.05
    growth_points: float = 0.0
    delisted: tuple[int, ...] = ()
    diversion_share: float = 0.3
    lost_share: float = 0.0
    lost_who: WhoIsLost = "random"
    new_customers: float = 0.0
    outage_week: int = 1
    outage_days: int = 0
    recovery_share: float = 0.3
    capacity_share: float = 0.0
    backlog_share: float = 0.0
    lead_time_days: int = 0

    @property
    def moved(self) -> tuple[str, ...]:
        """Which of LEVERS are not at rest, in their order."""
        on = {
            "price": self.price_change != 0,
            "promotions": bool(self.promotions),
            "spend": self.spend_change != 0,
            "growth": self.growth_points != 0,
            "delisting": bool(self.delisted),
            "lost_customers": self.lost_share > 0,
            "new_customers": self.new_customers > 0,
            "outage": self.outage_days > 0,
            "capacity": self.capacity_share > 0,
        }
        return tuple(name for name in LEVERS if on[name])

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing differs from the baseline, stock included."""
        return not self.moved and not self.lead_time_days

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def read_levers(text: str) -> Levers:
    """Of what `Levers.as_json` wrote; UnreadableLeversError for anything else or out of bounds."""
    try:
        said: dict[str, Any] = json.loads(text)
        said["promotions"] = tuple(Promotion(**one) for one in said.get("promotions", ()))
        said["delisted"] = tuple(int(each) for each in said.get("delisted", ()))
        levers = Levers(**said)
        is_sound = _is_sound(levers)
    except (TypeError, AttributeError, ValueError, OverflowError) as broken:
        raise UnreadableLeversError(text) from broken
    if not is_sound:
        raise UnreadableLeversError(text)
    return levers


def _is_sound(levers: Levers) -> bool:
    own = levers.experiment_elasticity
    return (
        all(low <= getattr(levers, name) <= high for name, (low, high) in BOUNDS.items())
        and all(isinstance(getattr(levers, name), int) for name in _WHOLE)
        and levers.lost_who in ("random", "best")
        and len(levers.promotions) <= MOST_PROMOTIONS
        and (own is None or -20 <= own <= 5)
        and all(
            isinstance(one.week, int) and isinstance(one.weeks, int)
            and 1 <= one.week <= MOST_WEEKS and 1 <= one.weeks <= MOST_WEEKS
            and 0 <= one.discount_rate < 1
            and (one.category_id is None or isinstance(one.category_id, int))
            for one in levers.promotions
        )
    )  # fmt: skip
