"""Stock day by day: what is sent out, ordered again and received, and what runs out.

Every product lies in every warehouse. A line that finds too little waits for the next receipt; the
order waits for its last line. Goods never leave before they are there, so no balance is negative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo.baskets import Lines
from data_access.demo.people import WAREHOUSE_CODES
from data_access.demo.plan import DAY, Array, Plan

PAIRS = len(WAREHOUSE_CODES)
COVER_DAYS = 32  # stock is ordered up to the lead time and this many days of sales
RESCUED_RATE = 0.80  # shortages that buying sees coming: the goods are there on the day
DELAYED_RATE = 0.08  # of replenishments, by two to four weeks


@dataclass(frozen=True)
class Replenishments:
    """Arrays by replenishment, in days."""

    pair: Array  # warehouse × products + product
    quantity: Array
    asked: Array
    expected: Array
    arrives: Array
    rescue: Array  # bought for one large order


@dataclass(frozen=True)
class StockRun:
    release: Array  # by order: the day on which all its goods are there
    opening: Array  # by pair
    reorder_point: Array  # by pair, at the end
    replenishments: Replenishments
    short: Array  # day × pair: somebody waited


def run_stock(
    plan: Plan, lines: Lines, warehouse: Array, ready: Array, cancelled: Array, products: int,
    lead_days: Array,
) -> StockRun:  # fmt: skip
    """`ready`: seconds at which an order could leave; `lead_days`: of each product."""
    chance = plan.chance("stock")
    pair = warehouse[lines.order] * products + lines.product
    day = (ready // DAY)[lines.order]
    counted = (day < plan.days) & ~cancelled[lines.order]
    size = PAIRS * products
    wanted = np.bincount(
        day[counted] * size + pair[counted], lines.quantity[counted], plan.days * size
    )
    wanted = wanted.reshape(plan.days, size).astype(np.int64)
    state = _Shelves(plan, chance, wanted, np.tile(lead_days, PAIRS))
    for today in range(plan.days):
        state.pass_day(today)
    open_on = np.where(state.supplied, np.arange(plan.days)[:, None], plan.days + 200)
    open_on = np.minimum.accumulate(open_on[::-1], axis=0)[::-1]
    release = ready // DAY
    waits = open_on[np.minimum(day, plan.days - 1), pair]
    waits = np.where(counted, waits, 0)
    np.maximum.at(release, lines.order, waits)
    return StockRun(
        release, state.opening, state.reorder_point, state.replenishments(), ~state.supplied
    )


class _Shelves:
    def __init__(
        self, plan: Plan, chance: np.random.Generator, wanted: Array, lead_days: Array
    ) -> None:
        days, size = wanted.shape
        self._chance, self._wanted, self._lead = chance, wanted, lead_days
        self._rate = _rates(wanted)
        cover = self._rate[0] * (lead_days + COVER_DAYS) * chance.uniform(0.7, 1.3, size)
        self.opening = np.ceil(cover + 4).astype(np.int64)
        self.supplied = np.ones((days, size), bool)
        self.reorder_point = np.zeros(size, np.int64)
        self._on_hand, self._owed = self.opening.copy(), np.zeros(size, np.int64)
        self._on_order = np.zeros(size, np.int64)
        self._incoming = np.zeros((days + 130, size), np.int64)
        self._bought: list[tuple[Array, ...]] = []

    def pass_day(self, today: int) -> None:
        self._on_hand += self._incoming[today]
        self._on_order -= self._incoming[today]
        need = self._owed + self._wanted[today]
        short = need > self._on_hand
        if short.any():
            self._rescue(today, need, short)
            short = need > self._on_hand
        self._on_hand -= np.where(short, 0, need)
        self._owed = np.where(short, need, 0)
        self.supplied[today] = ~short
        self._order_again(today)

    def _rescue(self, today: int, need: Array, short: Array) -> None:
        """Most shortages were seen coming when the order was taken."""
        seen = short & (self._owed == 0) & (self._chance.random(len(need)) < RESCUED_RATE)
        which = np.flatnonzero(seen)
        spare = np.ceil(self._rate[today, which] * 5).astype(np.int64)
        quantity = need[which] - self._on_hand[which] + spare
        self._on_hand[which] += quantity
        asked = np.maximum(today - self._chance.integers(2, 5, len(which)), 0)
        arrived = np.full(len(which), today)
        self._bought.append((which, quantity, asked, arrived, arrived, np.ones(len(which), bool)))

    def _order_again(self, today: int) -> None:
        rate = self._rate[today]
        self.reorder_point = np.ceil(rate * (self._lead + 10)).astype(np.int64) + 1
        position = self._on_hand + self._on_order - self._owed
        which = np.flatnonzero((position <= self.reorder_point) & (rate > 0.01))
        if not len(which):
            return
        target = rate[which] * (self._lead[which] + COVER_DAYS + 10)
        quantity = np.maximum(np.ceil((target - position[which] + 5) / 5) * 5, 5).astype(np.int64)
        lead = np.ceil(self._lead[which] * self._chance.lognormal(0, 0.15, len(which))).astype(int)
        delayed = self._chance.random(len(which)) < DELAYED_RATE
        lead = lead + np.where(delayed, self._chance.integers(14, 29, len(which)), 0)
        arrives = today + np.clip(lead, 2, 120)
        self._incoming[arrives, which] += quantity
        self._on_order[which] += quantity
        asked = np.full(len(which), today)
        expected = today + self._lead[which]
        self._bought.append((which, quantity, asked, expected, arrives, np.zeros(len(which), bool)))

    def replenishments(self) -> Replenishments:
        parts = [np.concatenate(part) for part in zip(*self._bought, strict=True)]
        turn = np.argsort(parts[2], kind="stable")
        pair, quantity, asked, expected, arrives, rescue = (part[turn] for part in parts)
        return Replenishments(pair, quantity, asked, expected, arrives, rescue)


def _rates(wanted: Array) -> Array:
    """Sales a day as buying expects them: what was sold lately, or a little less than what will
    be; single huge orders count only as three times a usual week."""
    days, size = wanted.shape
    cap = np.ceil(3 * 7 * wanted.mean(axis=0)) + 2
    usual = np.minimum(wanted, cap[None])
    total = np.concatenate([np.zeros((1, size)), np.cumsum(usual, axis=0)])
    day = np.arange(days)
    before, after = np.maximum(day - 28, 0), np.minimum(day + 28, days)
    past = (total[day] - total[before]) / 28
    past[:28] = total[28] / 28
    coming = (total[after] - total[day]) / np.maximum(after - day, 7)[:, None]
    return np.asarray(np.maximum(past, 0.85 * coming), dtype=np.float32)
