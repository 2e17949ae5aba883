"""The order, line and shipment rows: stages, moments and totals as of now."""

from __future__ import annotations

import numpy as np

from data_access.demo.baskets import CHANNEL_CODES, Lines, Orders
from data_access.demo.campaigns import COUPONS, PERCENTS_OFF
from data_access.demo.customers import Customers
from data_access.demo.fulfilment import REASONS, Timeline
from data_access.demo.paying import Money
from data_access.demo.plan import CURRENCY, DAY, Array, Plan, Rows, only, words
from data_access.demo.returning import Returns
from data_access.demo.troubles import CARRIERS
from data_access.demo.voices import DELAY_NOTES
from data_access.stages import STAGES

RECEIVED, CONFIRMED, PROCESSING, SHIPPED, COMPLETED, CANCELLED, RETURNED = range(len(STAGES))
TRACKING = ("SF", "JDX", "ZT", "YT", "DPK", "DHL", "PU")


def stages(plan: Plan, times: Timeline, returns: Returns) -> Array:
    """Index into STAGES by order."""
    now = plan.now
    return np.select(
        [
            times.cancelled <= now,
            returns.whole,
            times.delivered <= now,
            times.shipped <= now,
            times.processing <= now,
            times.confirmed <= now,
        ],
        [CANCELLED, RETURNED, COMPLETED, SHIPPED, PROCESSING, CONFIRMED],
        RECEIVED,
    )


def order_rows(
    plan: Plan, customers: Customers, orders: Orders, lines: Lines, times: Timeline,
    returns: Returns, money: Money, campaign: Array, address: Array,
) -> Rows:  # fmt: skip
    count = len(orders.day)
    stage = stages(plan, times, returns)
    now = plan.now
    shipped, completed = times.shipped <= now, times.delivered <= now
    cancelled = stage == CANCELLED
    return {
        "order_id": np.arange(1, count + 1),
        "order_number": _numbers(plan, orders.day),
        "customer_id": orders.customer + 1,
        "owner_id": orders.owner + 1,
        "region_id": customers.region[orders.customer] + 1,
        "channel": words(*CHANNEL_CODES)[orders.channel],
        "campaign_id": campaign,
        "warehouse_id": times.warehouse + 1,
        "stage": words(*STAGES)[stage],
        "currency": words(CURRENCY)[np.zeros(count, int)],
        "coupon_code": words(None, *(code for code, *_ in COUPONS))[
            np.searchsorted([0, *PERCENTS_OFF], orders.coupon)
        ],
        "ship_address": address[orders.customer],
        "note": _notes(plan, times, stage),
        "ordered_at": plan.moment(orders.ordered),
        "confirmed_at": plan.moment(times.confirmed, times.confirmed <= now),
        "processing_at": plan.moment(times.processing, times.processing <= now),
        "shipped_at": plan.moment(times.shipped, shipped),
        "completed_at": plan.moment(times.delivered, completed),
        "cancelled_at": plan.moment(times.cancelled, cancelled),
        "returned_at": plan.moment(returns.moment, returns.whole),
        "ordered_on": plan.day(orders.ordered),
        "promised_on": plan.day(times.promised * DAY),
        "confirmed_on": plan.day(times.confirmed, times.confirmed <= now),
        "shipped_on": plan.day(times.shipped, shipped),
        "completed_on": plan.day(times.delivered, completed),
        "cancelled_on": plan.day(times.cancelled, cancelled),
        "due_on": plan.day(money.due * DAY, ~cancelled & (money.due >= 0)),
        "cancel_reason": only(cancelled, words(*REASONS)[times.reason]),
        **order_totals(lines, returns.quantity, count),
        "paid": np.bincount(money.order, weights=money.cents, minlength=count).round() / 100,
    }


def order_totals(lines: Lines, returned: Array, orders: int) -> Rows:
    """What totals.recount_orders would say, exactly: whole cents add up without rounding."""

    def total(values: Array) -> Array:
        sums = np.bincount(lines.order, weights=values, minlength=orders)
        return np.asarray(np.round(sums).astype(np.int64))

    kept = lines.quantity - returned
    price = lines.price.astype(np.int64)
    net = kept * price * (100 - lines.discount)
    back = returned * price * (100 - lines.discount)
    return {
        "units": total(lines.quantity),
        "returned_units": total(returned),
        "gross_sales": total(lines.quantity * price).astype(float),
        "returns_value": total(back) / 100,
        "net_sales": total(net) / 100,
        "cost": total(kept * np.round(lines.cost * 100)) / 100,
    }


def line_rows(lines: Lines, returns: Returns) -> Rows:
    return {
        "line_id": np.arange(1, len(lines.order) + 1),
        "order_id": lines.order + 1,
        "line_number": lines.number,
        "product_id": lines.product + 1,
        "quantity": lines.quantity,
        "returned_quantity": returns.quantity,
        "unit_price": lines.price,
        "discount_rate": lines.discount / 100,
        "unit_cost": lines.cost,
    }


def _numbers(plan: Plan, day: Array) -> Array:
    """SO-20261123-00042: counted from one on each day."""
    starts = np.searchsorted(day, np.arange(plan.days))
    within = np.arange(len(day)) - starts[day] + 1
    dates = [str(d).replace("-", "") for d in plan.day(np.arange(plan.days) * DAY)]
    pairs = zip(day.tolist(), within.tolist(), strict=True)
    return words(*(f"SO-{dates[d]}-{number:05d}" for d, number in pairs))


def _notes(plan: Plan, times: Timeline, stage: Array) -> Array:
    """Why it is late, on most of the late ones; in the language of whoever wrote it."""
    chance = plan.chance("notes")
    english = words(None, *(note for note, _ in DELAY_NOTES.values()))[times.cause]
    chinese = words(None, *(note for _, note in DELAY_NOTES.values()))[times.cause]
    end = np.where(times.delivered <= plan.now, times.delivered, plan.now) // DAY
    late = (end > times.promised) & (stage != CANCELLED)
    lot = chance.random(len(stage))
    note = np.where(lot < 0.5, chinese, english)
    return only(late & (lot < 0.85), note)


def shipment_rows(plan: Plan, times: Timeline) -> Rows:
    order = np.flatnonzero(times.shipped <= plan.now)
    order = order[np.argsort(times.shipped[order], kind="stable")]
    count = len(order)
    digits = plan.chance("tracking").integers(10**8, 10**9, count).tolist()
    carrier = times.carrier[order]
    numbers = words(
        *(
            f"{TRACKING[by]}{1000 + place % 9000}{digit}"
            for place, (by, digit) in enumerate(zip(carrier.tolist(), digits, strict=True))
        )
    )
    delivered = times.delivered[order]
    return {
        "shipment_id": np.arange(1, count + 1),
        "order_id": order + 1,
        "warehouse_id": times.warehouse[order] + 1,
        "carrier": words(*CARRIERS)[carrier],
        "tracking_number": numbers,
        "shipped_at": plan.moment(times.shipped[order]),
        "delivered_at": plan.moment(delivered, delivered <= plan.now),
    }
