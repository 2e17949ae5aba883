"""Stock, its movements and the replenishments: every balance is the sum of its movements."""

from __future__ import annotations

import numpy as np

from data_access.demo.baskets import Lines
from data_access.demo.fulfilment import Timeline
from data_access.demo.plan import DAY, HOUR, Array, Plan, Rows, words
from data_access.demo.returning import DAMAGED, QUALITY, Returns
from data_access.demo.stock import PAIRS, StockRun

KINDS = ("opening", "receipt", "shipment", "return")
STATES = ("proposed", "approved", "ordered", "received", "closed", "rejected")
PROPOSED, APPROVED, ORDERED, RECEIVED, CLOSED, REJECTED = range(6)
CAUSES = ("Below the reorder point", "Large customer order", "Supplier delayed", "Enough in stock")
CLOSED_AFTER = 14  # days


def stock_rows(
    plan: Plan, lines: Lines, times: Timeline, returns: Returns, run: StockRun, products: int,
    suppliers: Array,
) -> dict[str, Rows]:  # fmt: skip
    """`suppliers`: supplier_id by product."""
    refills, received_at = _refill_rows(plan, run, products, suppliers)
    pair, quantity, kind, order, refill, moment = _movements(
        plan, lines, times, returns, run, products, received_at
    )
    turn = np.argsort(moment, kind="stable")
    balance = np.bincount(pair, weights=quantity, minlength=PAIRS * products).astype(np.int64)
    waiting = (times.confirmed <= plan.now) & (times.shipped > plan.now)
    waiting &= times.cancelled > plan.now
    at = times.warehouse[lines.order] * products + lines.product
    held = np.where(waiting[lines.order], lines.quantity, 0)
    reserved = np.bincount(at, weights=held, minlength=PAIRS * products).astype(np.int64)
    every = np.arange(PAIRS * products)
    return {
        "stock": {
            "stock_id": every + 1,
            "warehouse_id": every // products + 1,
            "product_id": every % products + 1,
            "on_hand": balance,
            "reserved": reserved,
            "reorder_point": run.reorder_point,
        },
        "replenishments": refills,
        "stock_movements": {
            "movement_id": np.arange(1, len(turn) + 1),
            "warehouse_id": pair[turn] // products + 1,
            "product_id": pair[turn] % products + 1,
            "quantity": quantity[turn],
            "kind": words(*KINDS)[kind[turn]],
            "order_id": order[turn],
            "replenishment_id": refill[turn],
            "moved_at": plan.moment(moment[turn]),
        },
    }


def _movements(
    plan: Plan, lines: Lines, times: Timeline, returns: Returns, run: StockRun, products: int,
    received_at: Array,
) -> tuple[Array, ...]:  # fmt: skip
    at = times.warehouse[lines.order] * products + lines.product
    sent = np.flatnonzero(times.shipped[lines.order] <= plan.now)
    spoilt = np.isin(returns.reason, (DAMAGED, QUALITY))[lines.order]
    back = np.flatnonzero((returns.quantity > 0) & ~spoilt)
    came = np.flatnonzero(received_at <= plan.now)
    refills = run.replenishments
    sizes = (PAIRS * products, len(came), len(sent), len(back))
    nothing = [np.zeros(size, int) for size in sizes]
    parts = (
        (np.arange(sizes[0]), refills.pair[came], at[sent], at[back]),
        (run.opening, refills.quantity[came], -lines.quantity[sent], returns.quantity[back]),
        [np.full(size, kind) for kind, size in enumerate(sizes)],
        (nothing[0], nothing[1], lines.order[sent] + 1, lines.order[back] + 1),
        (nothing[0], came + 1, nothing[2], nothing[3]),
        (nothing[0], received_at[came], times.shipped[lines.order[sent]],
         returns.moment[lines.order[back]]),
    )  # fmt: skip
    return tuple(np.concatenate(part) for part in parts)


def _refill_rows(plan: Plan, run: StockRun, products: int, suppliers: Array) -> tuple[Rows, Array]:
    """The rows, and when each arrives in seconds."""
    chance = plan.chance("replenishments")
    refills = run.replenishments
    count = len(refills.pair)
    # received before the warehouse begins to ship
    arrives = refills.arrives * DAY + 6 * HOUR + (chance.random(count) * HOUR).astype(np.int64)
    asked = refills.asked * DAY + 9 * HOUR + (chance.random(count) * 8 * HOUR).astype(np.int64)
    asked = np.minimum(np.minimum(asked, arrives - 5 * HOUR), plan.now)
    ordered = np.minimum(asked + (chance.uniform(1, 30, count) * HOUR).astype(np.int64), arrives)
    came = arrives <= plan.now
    age = (plan.now - asked) / DAY
    state = np.select(
        [came & (arrives > plan.now - CLOSED_AFTER * DAY), came, age < 1.4, age < 2.6],
        [RECEIVED, CLOSED, PROPOSED, APPROVED],
        ORDERED,
    )
    delayed = ~refills.rescue & (np.minimum(refills.arrives, plan.days) > refills.expected + 5)
    unwanted = (state == PROPOSED) & (chance.random(count) < 0.15)
    cause = np.select([unwanted, refills.rescue, delayed & (state >= ORDERED)], [3, 1, 2], 0)
    state = np.where(unwanted, REJECTED, state)
    placed = (state >= ORDERED) & (state != REJECTED) & (ordered <= plan.now)
    product = refills.pair % products
    return {
        "replenishment_id": np.arange(1, count + 1),
        "product_id": product + 1,
        "warehouse_id": refills.pair // products + 1,
        "supplier_id": suppliers[product],
        "quantity": refills.quantity,
        "received_quantity": np.where(came, refills.quantity, 0),
        "state": words(*STATES)[state],
        "cause": words(*CAUSES)[cause],
        "requested_at": plan.moment(asked),
        "ordered_at": plan.moment(ordered, placed),
        "expected_on": plan.day(refills.expected * DAY, placed),
        "received_at": plan.moment(arrives, came),
    }, arrives
