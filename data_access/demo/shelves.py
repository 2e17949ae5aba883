"""Stock, its movements and the replenishments: every balance is the sum of its movements."""

from __future__ import annotations

import numpy as np

from data_access.demo.baskets import Lines
from data_access.demo.fulfilment import Timeline
from data_access.demo.plan import DAY, HOUR, Array, Plan, Rows, words
from data_access.demo.returning import DAMAGED, QUALITY, Returns
from data_access.demo.stock import PAIRS, StockRun

KINDS = ("opening", "receipt", "shipment", "return", "correction")
CORRECTION = 4
COUNTED_RATE = 0.02  # of shelves were found empty at the last count
FEW = 15
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
    moved = _movements(plan, lines, times, returns, run, products, received_at)
    waiting = (times.confirmed <= plan.now) & (times.shipped > plan.now)
    waiting &= times.cancelled > plan.now
    at = times.warehouse[lines.order] * products + lines.product
    held = np.where(waiting[lines.order], lines.quantity, 0)
    reserved = np.bincount(at, weights=held, minlength=PAIRS * products).astype(np.int64)
    moved = _with_corrections(plan, moved, reserved)
    pair, quantity, kind, order, refill, moment = moved
    turn = np.argsort(moment, kind="stable")
    balance = np.bincount(pair, weights=quantity, minlength=len(reserved)).astype(np.int64)
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
            "note": words(*[None] * CORRECTION, "Stock count: not found")[kind[turn]],
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


def _with_corrections(plan: Plan, moved: tuple[Array, ...], reserved: Array) -> tuple[Array, ...]:
    """The latest stock count found some shelves empty that should have held a few."""
    chance = plan.chance("stock count")
    pair, quantity, moment = moved[0], moved[1], moved[5]
    balance = np.bincount(pair, weights=quantity, minlength=len(reserved)).astype(np.int64)
    last = np.zeros(len(reserved), np.int64)
    np.maximum.at(last, pair, moment)
    few = np.flatnonzero((balance > 0) & (balance <= FEW) & (reserved == 0))
    count = min(len(few), max(3, round(len(reserved) * COUNTED_RATE)))
    gone = np.sort(chance.choice(few, count, replace=False))
    counted = plan.now - (chance.uniform(1, 60, count) * HOUR).astype(np.int64)
    nothing = np.zeros(count, int)
    found = (gone, -balance[gone], np.full(count, CORRECTION), nothing, nothing,
             np.maximum(counted, np.minimum(last[gone] + HOUR, plan.now)))  # fmt: skip
    return tuple(np.concatenate(part) for part in zip(moved, found, strict=True))


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
    state = _states(plan, arrives, asked)
    delayed = ~refills.rescue & (np.minimum(refills.arrives, plan.days) > refills.expected + 5)
    refused = state == REJECTED
    cause = np.select([refused, refills.rescue, delayed & (state >= ORDERED)], [3, 1, 2], 0)
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


def _states(plan: Plan, arrives: Array, asked: Array) -> Array:
    """The youngest wait for a decision, the next for the order to the supplier."""
    pending = np.flatnonzero(arrives > plan.now)
    youngest = pending[np.argsort(-asked[pending], kind="stable")]
    undecided = max(5, len(pending) // 20)
    state = np.where(arrives > plan.now - CLOSED_AFTER * DAY, RECEIVED, CLOSED)
    state[pending] = ORDERED
    state[youngest[: 2 * undecided]] = APPROVED
    state[youngest[:undecided]] = PROPOSED
    state[youngest[:undecided:5]] = REJECTED
    return state
