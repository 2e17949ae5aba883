"""When each order was confirmed, worked on, shipped and delivered, and why some were late.

Times are computed as if the demo never ended; what lies after `plan.now` has not happened yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo import almanac, troubles
from data_access.demo.baskets import PARTNER, SOCIAL, STORE, Lines, Orders
from data_access.demo.customers import OVERSEAS, Customers
from data_access.demo.names import REGIONS
from data_access.demo.people import REGION_CODES, warehouse_of_region
from data_access.demo.plan import DAY, HOUR, MINUTE, NEVER, Array, Plan, pick_by_row
from data_access.demo.products import COMPANY
from data_access.demo.stock import StockRun, run_stock
from data_access.demo.troubles import (
    BOTTLENECK,
    CARRIER,
    CARRIER_PACE,
    DHL,
    HELD,
    PICK_UP,
    PICKING,
    STOCK_OUT,
    Trouble,
)

AHEAD = 160  # days after the last one that times may fall on
CANCEL_RATES = np.array([0.038, 0.043, 0.048, 0.007, 0.034, 0.030, 0.032])  # by channel
REASONS = ("Changed my mind", "Found a better price", "Ordered by mistake", "Delivery too slow",
           "Duplicate order", "Payment failed", "Out of stock")  # fmt: skip
OUT_OF_STOCK = len(REASONS) - 1
# person or company × carrier; overseas and store orders have their own
CARRIER_SHARES = np.array([[32, 22, 24, 20, 2, 0, 0], [26, 24, 4, 4, 42, 0, 0]])


@dataclass(frozen=True)
class Timeline:
    """Arrays by order, in seconds; NEVER for what does not happen to this order."""

    warehouse: Array
    carrier: Array
    confirmed: Array
    processing: Array
    shipped: Array
    delivered: Array
    cancelled: Array
    promised: Array  # day index
    cause: Array  # of the delay, ON_TIME for none
    reason: Array  # of the cancellation, index into REASONS


class _Hours:
    """Moves times into opening hours on open days."""

    def __init__(self, chance: np.random.Generator, shut: Array, opens: int, closes: int) -> None:
        self._chance, self._opens, self._closes = chance, opens * HOUR, closes * HOUR
        days = np.where(shut, len(shut) - 1, np.arange(len(shut)))
        self._next = np.minimum.accumulate(days[::-1])[::-1]

    def __call__(self, seconds: Array) -> Array:
        seconds = seconds.astype(np.int64)
        time = seconds % DAY
        day = seconds // DAY + (time > self._closes)
        opened = self._next[np.minimum(day, len(self._next) - 1)]
        moved = (time < self._opens) | (time > self._closes) | (opened != day)
        begin = opened * DAY + self._opens + (self._chance.random(len(day)) * 3 * HOUR)
        return np.where(moved, begin, seconds).astype(np.int64)


def make_timeline(
    plan: Plan, customers: Customers, orders: Orders, lines: Lines, products: int,
    lead_days: Array, trouble: list[Trouble],
) -> tuple[Timeline, StockRun]:  # fmt: skip
    chance = plan.chance("fulfilment")
    closed = almanac.closed_days(plan.first_day, plan.days + AHEAD)
    works = _Hours(chance, closed, 8, 20)
    region = customers.region[orders.customer]
    company = customers.segment[orders.customer] == COMPANY
    warehouse = warehouse_of_region()[region]
    confirmed, held = _confirm(plan, chance, orders)
    processing = works(confirmed + _wait(chance, 4.5 * HOUR, 0.7, len(region)))
    processing = np.where(orders.channel == STORE, confirmed + 10 * MINUTE, processing)
    crowded = troubles.extra_days(chance, trouble, BOTTLENECK, warehouse, processing // DAY)
    mistaken = (chance.random(len(region)) < 0.014) * chance.uniform(1.5, 5, len(region))
    hours = np.where(company, 26.0, 12.0)
    ready = processing + _wait(chance, hours * HOUR, 0.5, len(region))
    ready = works(ready + ((crowded + mistaken) * DAY).astype(np.int64))
    ready = np.where(orders.channel == STORE, processing + 20 * MINUTE, ready)
    cancelled, reason = _cancel(chance, orders, ready)
    run = run_stock(plan, lines, warehouse, ready, cancelled < NEVER, products, lead_days)
    late_stock = run.release > ready // DAY
    shipped = np.where(late_stock, works(run.release * DAY + 9 * HOUR), ready)
    dropped = late_stock & (run.release - ready // DAY > 8) & (chance.random(len(region)) < 0.3)
    dropped &= cancelled == NEVER
    told = ready + (chance.uniform(4, 8, len(region)) * DAY).astype(np.int64)
    cancelled = np.where(dropped, told, cancelled)
    gone = cancelled < NEVER
    carrier = _carriers(chance, orders, company, region)
    slow = troubles.extra_days(chance, trouble, CARRIER, carrier, shipped // DAY)
    delivered = _deliver(chance, closed, shipped, carrier, region, slow)
    cause = np.select(
        [late_stock, crowded > 0, slow > 0, held, mistaken > 0],
        [STOCK_OUT, BOTTLENECK, CARRIER, HELD, PICKING], 0,
    )  # fmt: skip
    return Timeline(
        warehouse=warehouse,
        carrier=carrier,
        confirmed=np.where(confirmed < cancelled, confirmed, NEVER),
        processing=np.where(processing < cancelled, processing, NEVER),
        shipped=np.where(gone, NEVER, shipped),
        delivered=np.where(gone, NEVER, delivered),
        cancelled=cancelled,
        promised=_promise(plan, chance, orders, company, region, closed),
        cause=cause,
        reason=np.where(dropped, OUT_OF_STOCK, reason),
    ), run


def _wait(chance: np.random.Generator, middle: Array | float, spread: float, count: int) -> Array:
    return np.asarray((chance.lognormal(0, spread, count) * middle).astype(np.int64))


def _confirm(plan: Plan, chance: np.random.Generator, orders: Orders) -> tuple[Array, Array]:
    """Shops confirm by themselves within minutes, people when the office is open; some orders are
    held until the money or the credit is checked."""
    count = len(orders.day)
    shut = almanac.offices_shut(plan.first_day, plan.days + AHEAD)
    by_itself = orders.channel <= STORE
    quick = orders.ordered + _wait(chance, 9 * MINUTE, 0.9, count) + 20
    by_hand = _Hours(chance, shut, 9, 18)(orders.ordered + _wait(chance, 3 * HOUR, 0.9, count))
    confirmed = np.where(by_itself, quick, np.maximum(by_hand, orders.ordered + MINUTE))
    held = chance.random(count) < np.select(
        [orders.channel <= SOCIAL, orders.channel == STORE], [0.045, 0.0], 0.12
    )
    hours = np.where(by_itself, chance.uniform(6, 50, count), chance.uniform(20, 96, count))
    return np.where(held, confirmed + (hours * HOUR).astype(np.int64), confirmed), held


def _cancel(chance: np.random.Generator, orders: Orders, ready: Array) -> tuple[Array, Array]:
    count = len(ready)
    wanted = chance.random(count) < CANCEL_RATES[orders.channel]
    share = chance.beta(1.0, 2.2, count)  # most think again soon
    moment = orders.ordered + np.maximum((ready - orders.ordered) * share, 30).astype(np.int64)
    reason = np.array([0, 0, 0, 1, 1, 2, 3, 4, 5, 5])[chance.integers(0, 10, count)]
    return np.where(wanted, np.minimum(moment, ready - 1), NEVER), reason


def _carriers(chance: np.random.Generator, orders: Orders, company: Array, region: Array) -> Array:
    chosen = pick_by_row(chance, CARRIER_SHARES, company.astype(int))
    chosen = np.where(region == OVERSEAS, DHL, chosen)
    return np.where(orders.channel == STORE, PICK_UP, chosen)


def _deliver(
    chance: np.random.Generator, closed: Array, shipped: Array, carrier: Array, region: Array,
    slow: Array,
) -> Array:  # fmt: skip
    usual = np.array([REGIONS[code][3] for code in REGION_CODES])[region]
    days = usual * CARRIER_PACE[carrier] * chance.lognormal(0, 0.22, len(shipped)) + slow
    arrives = _Hours(chance, closed, 8, 21)(shipped + (days * DAY).astype(np.int64))
    taken = shipped + _wait(chance, 3 * HOUR, 0.8, len(shipped))  # picked up in the store
    arrives = np.where(carrier == PICK_UP, taken, arrives)
    return np.asarray(np.maximum(arrives, shipped + HOUR))


def _promise(
    plan: Plan, chance: np.random.Generator, orders: Orders, company: Array, region: Array,
    closed: Array,
) -> Array:  # fmt: skip
    """Day promised to the customer: the usual time with a margin, and the festival added."""
    usual = np.array([REGIONS[code][3] for code in REGION_CODES])[region]
    lead = np.ceil(usual * 1.05) + np.where(company, 3, 2) + (orders.channel > STORE)
    lead = np.where(orders.channel == STORE, 1, lead)
    lead = lead + (chance.random(len(lead)) < 0.25) + (orders.channel == PARTNER)
    busy = almanac.demand_by_day(plan.first_day, plan.days)[0]
    rush = busy > 2.0 * np.median(busy)
    lead = lead + 2 * rush[orders.day]
    rests = np.concatenate([[0], np.cumsum(closed)])
    end = np.minimum((orders.day + lead).astype(int), len(rests) - 1)
    rest = rests[np.minimum(end + 3, len(rests) - 1)] - rests[orders.day]
    return np.asarray((orders.day + lead + np.where(rest > 0, rest + 1, 0)).astype(int))
