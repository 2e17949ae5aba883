"""Which segment a customer belongs to: by recency, frequency and monetary value, by a plain rule,
or by what they have in common (`clusters`).

Scores are quintiles, as everybody who speaks of RFM means them; equal values get equal scores. Who
ordered on the same day as others is given the better recency, who ordered as often or as much the
lower score of the two: one customer with one order is 5-1-1, "new".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.clusters import Clusters as Clusters
from dashboard.analytics.clusters import cluster_customers as cluster_customers

SCORES = ("recency_score", "frequency_score", "monetary_score")
BEST = 5
MONTHS = 12  # in which the orders of a rule are counted


@dataclass(frozen=True)
class Cuts:
    """Where the scores begin, from 2 to 5: `recency_days` or fewer since the last order (falling),
    that many `orders`, that much `net_sales` (both rising)."""

    recency_days: tuple[float, ...]
    orders: tuple[float, ...]
    net_sales: tuple[float, ...]

    def __post_init__(self) -> None:
        rising = (tuple(-days for days in self.recency_days), self.orders, self.net_sales)
        if any(len(cuts) != BEST - 1 or list(cuts) != sorted(cuts) for cuts in rising):
            raise ValueError("a score needs four cut points in order")


@dataclass(frozen=True)
class Definition:
    """Scores from and to, both counted in."""

    segment: str
    recency: tuple[int, int]
    frequency: tuple[int, int]
    monetary: tuple[int, int]

    def holds(self, scores: tuple[int, int, int]) -> bool:
        ranges = (self.recency, self.frequency, self.monetary)
        return all(low <= score <= high for score, (low, high) in zip(scores, ranges, strict=True))


_ANY, _LOW, _HIGH = (1, 5), (1, 2), (4, 5)
# The first that holds names the segment; together they hold for each of the 125 combinations.
DEFINITIONS: tuple[Definition, ...] = (
    Definition("champions", (5, 5), (5, 5), (5, 5)),
    Definition("loyal", _HIGH, _HIGH, (3, 5)),
    Definition("potential_loyalist", _HIGH, (3, 5), _ANY),
    Definition("new", (5, 5), _LOW, _ANY),
    Definition("promising", (4, 4), _LOW, _ANY),
    Definition("cannot_lose", (1, 1), _HIGH, _HIGH),
    Definition("at_risk", _LOW, (3, 5), (3, 5)),
    Definition("need_attention", (3, 3), _ANY, _ANY),
    Definition("need_attention", (2, 2), (3, 5), _ANY),
    Definition("need_attention", (2, 2), _ANY, (3, 5)),
    Definition("hibernating", (2, 2), _ANY, _ANY),
    Definition("hibernating", (1, 1), (3, 5), _ANY),
    Definition("hibernating", (1, 1), _ANY, (3, 5)),
    Definition("lost", (1, 1), _LOW, _LOW),
)
SEGMENTS = tuple(dict.fromkeys(definition.segment for definition in DEFINITIONS))


@dataclass(frozen=True)
class OrderRules:
    """Orders a month. Who orders more than a curious customer and less than a loyal one is steady,
    whoever orders less is among the others."""

    loyal_from: float = 4.0
    curious_from: float = 1.0
    curious_to: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.curious_from <= self.curious_to < self.loyal_from:
            raise ValueError("curious customers order less often than loyal ones")

    def starts(self) -> tuple[int, ...]:
        """From how many orders in twelve months on a customer is curious, steady, loyal.

        >>> OrderRules().starts()
        (12, 25, 48)
        """
        curious, loyal = (
            int(np.ceil(MONTHS * each)) for each in (self.curious_from, self.loyal_from)
        )
        return curious, int(np.floor(MONTHS * self.curious_to)) + 1, loyal


RULE_SEGMENTS = ("others", "curious", "steady", "frequent_loyal")  # by orders, the fewest first


def score_rfm(customers: pd.DataFrame, cuts: Cuts | None = None) -> pd.DataFrame:
    """Scores from 1 (worst) to 5 (best), by quintile or by the cut points given. Money must be in
    one currency.

    From  customer_id, recency_days, orders, net_sales                    one row per customer
    To    customer_id, recency_score, frequency_score, monetary_score     the same rows

    >>> customers = pd.DataFrame(
    ...     {"customer_id": [1, 2, 3, 4, 5], "recency_days": [9, 3, 80, 40, 200],
    ...      "orders": [4, 9, 1, 2, 1], "net_sales": [70.0, 90.0, 8.0, 5.0, 20.0]}
    ... )
    >>> score_rfm(customers).iloc[:, 1:].values.tolist()
    [[4, 4, 4], [5, 5, 5], [2, 1, 2], [3, 3, 1], [1, 1, 3]]
    """
    days, orders, money = (
        customers[name].to_numpy(dtype=np.float64)
        for name in ("recency_days", "orders", "net_sales")
    )
    if cuts is None:
        scores = (6 - _quintiles(days), _quintiles(orders), _quintiles(money))
    else:
        scores = (
            _reached(-days, tuple(-cut for cut in cuts.recency_days)),
            _reached(orders, cuts.orders),
            _reached(money, cuts.net_sales),
        )
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"].to_numpy(),
            **dict(zip(SCORES, scores, strict=True)),
        }
    )


def name_segments(scores: pd.DataFrame) -> pd.Series[str]:
    """The segment of each row, over the same index.

    >>> scores = pd.DataFrame([[5, 5, 5], [1, 1, 2], [2, 4, 3]], columns=SCORES)
    >>> name_segments(scores).tolist()
    ['champions', 'lost', 'at_risk']
    """
    named = [_SEGMENT[each] for each in scores[list(SCORES)].itertuples(index=False, name=None)]
    return pd.Series(named, index=scores.index, name="segment", dtype="object")


def name_cell(cell: int) -> str:
    """The segment of three scores written as one number.

    >>> name_cell(555), name_cell(511)
    ('champions', 'new')
    """
    return _SEGMENT[(cell // 100, cell // 10 % 10, cell % 10)]


def cells_of(segment: str) -> tuple[int, ...]:
    """The scores of a segment, each three written as one number, in order.

    >>> cells_of("lost")
    (111, 112, 121, 122)
    """
    return tuple(
        100 * recency + 10 * frequency + monetary
        for (recency, frequency, monetary), named in _SEGMENT.items()
        if named == segment
    )


def rule_segments(customers: pd.DataFrame, rules: OrderRules | None = None) -> pd.Series[str]:
    """The segment of each row by its orders of the last twelve months, over the same index.

    From  customer_id, orders_12m   one row per customer

    >>> customers = pd.DataFrame({"customer_id": [1, 2, 3, 4], "orders_12m": [48, 12, 30, 3]})
    >>> rule_segments(customers).tolist()
    ['frequent_loyal', 'curious', 'steady', 'others']
    """
    starts = (rules or OrderRules()).starts()
    orders = customers["orders_12m"].to_numpy(dtype=np.float64)
    place = np.searchsorted(np.array(starts), orders, side="right")
    named = np.array(RULE_SEGMENTS, dtype=object)[place]
    return pd.Series(named, index=customers.index, name="rule_segment", dtype="object")


def _quintiles(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """1 to 5 by how many values are smaller; whole numbers, so that nothing is rounded."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    smaller = np.searchsorted(np.sort(values), values, side="left")
    return np.asarray(1 + BEST * smaller // len(values), dtype=np.int64)


def _reached(values: npt.NDArray[np.float64], cuts: tuple[float, ...]) -> npt.NDArray[np.int64]:
    return np.asarray(1 + np.searchsorted(np.array(cuts), values, side="right"), dtype=np.int64)


def _named() -> Iterator[tuple[tuple[int, int, int], str]]:
    for scores in product(range(1, BEST + 1), repeat=3):
        recency, frequency, monetary = scores
        found = (each for each in DEFINITIONS if each.holds((recency, frequency, monetary)))
        yield (recency, frequency, monetary), next(found).segment


_SEGMENT = dict(_named())
