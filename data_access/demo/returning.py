"""Goods that come back: which lines, how many of them, when and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo.baskets import Lines, Orders
from data_access.demo.fulfilment import Timeline
from data_access.demo.plan import DAY, HOUR, NEVER, Array, Plan, Rows, only, pick_by_row, words
from data_access.demo.products import COMPANY, PERSON
from data_access.demo.wares import WARES

RETURN_RATE = 0.019  # of lines that arrived on time, before channel and category
CHANNEL_FACTORS = np.array([1.1, 1.3, 1.6, 0.5, 0.7, 0.8, 0.5])
LATE_FACTOR = 1.9
PERSON_FACTOR, COMPANY_FACTOR = 0.8, 2.2
REASONS = ("Damaged in transit", "Wrong item", "Not as described", "Quality problem",
           "Changed my mind", "Arrived too late")  # fmt: skip
DAMAGED, WRONG, NOT_AS_DESCRIBED, QUALITY, CHANGED, TOO_LATE = range(6)
REASON_SHARES = np.array([[22, 11, 22, 20, 25, 0], [12, 6, 10, 10, 10, 52]])  # on time, late
NOTES = (
    "Box crushed, photos attached",
    "Sent another colour",
    "Smaller than on the picture",
    "Quality not as usual",
    "Unopened",
    "No longer needed, came too late",
)
NOTES_ZH = (
    "外箱压坏，已拍照",
    "颜色发错",
    "比图片小",
    "质量不如以前",
    "未拆封",
    "来得太晚，不需要了",
)


@dataclass(frozen=True)
class Returns:
    """Arrays by order and by line; only what came back by now."""

    moment: Array  # by order, NEVER for none
    reason: Array  # by order
    whole: Array  # by order: everything came back
    quantity: Array  # by line


def make_returns(
    plan: Plan, orders: Orders, lines: Lines, times: Timeline, segment: Array, category: Array
) -> Returns:
    """`segment` by order, `category` by line."""
    chance = plan.chance("returns")
    count, lines_count = len(orders.day), len(lines.order)
    late = times.delivered // DAY > times.promised
    rate = RETURN_RATE * CHANNEL_FACTORS[orders.channel] * np.where(late, LATE_FACTOR, 1.0)
    factor = np.array([ware.returned for ware in WARES])[category]
    factor *= np.array([PERSON_FACTOR, COMPANY_FACTOR])[segment[lines.order]]
    chosen = chance.random(lines_count) < rate[lines.order] * factor
    back = np.zeros(count, bool)
    back[lines.order[chosen]] = True
    moment = times.delivered + (chance.gamma(2.2, 2.6, count) * DAY).astype(np.int64) + DAY
    moment = moment // DAY * DAY + 9 * HOUR + (chance.random(count) * 10 * HOUR).astype(np.int64)
    back &= (times.delivered < NEVER) & (moment <= plan.now)
    everything = back & (segment == PERSON) & (chance.random(count) < 0.35)
    some = (segment[lines.order] == COMPANY) & (chance.random(lines_count) < 0.6)
    share = np.where(some, chance.beta(1.4, 1.6, lines_count), 1.0)
    part = np.maximum(np.ceil(lines.quantity * share), 1).astype(np.int64)
    quantity = np.where(chosen, part, 0)
    quantity = np.where(everything[lines.order], lines.quantity, quantity)
    quantity = np.where(back[lines.order], quantity, 0)
    left = np.bincount(lines.order, weights=lines.quantity - quantity, minlength=count)
    return Returns(
        moment=np.where(back, moment, NEVER),
        reason=pick_by_row(chance, REASON_SHARES, late.astype(int)),
        whole=back & (left == 0),
        quantity=quantity,
    )


def return_rows(plan: Plan, lines: Lines, returns: Returns, refunded: Array) -> Rows:
    """`refunded` by order: the money is back by now, so the return is closed."""
    chance = plan.chance("return rows")
    line = np.flatnonzero(returns.quantity)
    line = line[np.argsort(returns.moment[lines.order[line]], kind="stable")]
    order = lines.order[line]
    reason = returns.reason[order]
    quantity = returns.quantity[line]
    cents = quantity * lines.price[line].astype(np.int64) * (100 - lines.discount[line])
    note = np.where(
        chance.random(len(line)) < 0.75, words(*NOTES_ZH)[reason], words(*NOTES)[reason]
    )
    return {
        "return_id": np.arange(1, len(line) + 1),
        "order_id": order + 1,
        "line_id": line + 1,
        "quantity": quantity,
        "amount": cents / 100,
        "reason": words(*REASONS)[reason],
        "state": np.where(refunded[order], "closed", "received").astype(object),
        "note": only(chance.random(len(line)) < 0.5, note),
        "returned_at": plan.moment(returns.moment[order]),
        "returned_on": plan.day(returns.moment[order]),
    }
