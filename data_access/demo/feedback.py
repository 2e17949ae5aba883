"""Feedback that agrees with what happened to the order."""

from __future__ import annotations

import numpy as np

from data_access.demo import voices
from data_access.demo.baskets import Lines, Orders
from data_access.demo.customers import OVERSEAS, Customers
from data_access.demo.fulfilment import OUT_OF_STOCK, Timeline
from data_access.demo.people import Staff
from data_access.demo.plan import DAY, HOUR, NEVER, Array, Plan, Rows, words
from data_access.demo.products import Catalogue
from data_access.demo.returning import Returns
from data_access.demo.troubles import CARRIERS
from data_access.demo.wares import WARES

# what is said about a return, by its reason; a change of mind is not complained about
SAID_OF_RETURN = np.array(
    [voices.DAMAGED, voices.WRONG, voices.NOT_AS_DESCRIBED, voices.QUALITY, -1, voices.LATE]
)
FOOD = [place for place, ware in enumerate(WARES) if ware.code in ("TEA", "GIF")]
RATES = np.array([0.07, 0.26, 0.55, 0.55, 0.45, 0.55, 0.30, 0.40, 0.006, 0.012, 0.55])  # by voice


def feedback_rows(
    plan: Plan, customers: Customers, orders: Orders, lines: Lines, times: Timeline,
    returns: Returns, staff: Staff, catalogue: Catalogue,
) -> Rows:  # fmt: skip
    chance = plan.chance("feedback")
    voice, moment, days = _occasions(plan, chance, orders, times, returns)
    order = np.flatnonzero((voice >= 0) & (moment <= plan.now))
    order = order[np.argsort(moment[order], kind="stable")]
    voice, moment, days = voice[order], moment[order], days[order]
    customer = orders.customer[order]
    abroad = customers.region[customer] == OVERSEAS
    chinese = ~abroad & (chance.random(len(order)) < 0.80)
    line = _line_meant(lines, returns, len(orders.day))[order]
    product = lines.product[line]
    meant = (voice != voices.IDEA) & (chance.random(len(order)) < 0.9)
    eaten = np.isin(catalogue.category[product], FOOD)
    voice = np.where((voice == voices.QUALITY) & eaten, voices.STALE, voice)
    kinds = [voices.MEANINGS[int(one)] for one in voice]
    lots = chance.integers(0, 1 << 20, len(order)).tolist()
    state, resolved = _states(plan, chance, moment)
    support = staff.titled("Customer support")
    return {
        "feedback_id": np.arange(1, len(order) + 1),
        "customer_id": customer + 1,
        "order_id": order + 1,
        "product_id": np.where(meant, product + 1, 0),
        "owner_id": np.where(
            state == 0, 0, support[chance.integers(0, len(support), len(order))] + 1
        ),
        "kind": words(*(kind for kind, _, _ in kinds)),
        "severity": np.array([severity or 0 for _, severity, _ in kinds], dtype=int),
        "score": np.array(
            [scores[lot % len(scores)] for (_, _, scores), lot in zip(kinds, lots, strict=True)],
            dtype=int,
        ),
        "text": _texts(voice, chinese, product, days, times.carrier[order], catalogue, lots),
        "language": words("en", "zh_CN")[chinese.astype(int)],
        "state": words("new", "assigned", "resolved")[state],
        "created_at": plan.moment(moment),
        "resolved_at": plan.moment(resolved, state == 2),
    }


def _occasions(
    plan: Plan, chance: np.random.Generator, orders: Orders, times: Timeline, returns: Returns
) -> tuple[Array, Array, Array]:
    """By order: what is said (−1 for nothing), when, and how many days late it was then."""
    count = len(orders.day)
    arrived = times.delivered <= plan.now
    delay = times.delivered // DAY - times.promised
    overdue = plan.now // DAY - times.promised
    waiting = ~arrived & (times.cancelled > plan.now) & (overdue > 1)
    refused = (times.cancelled <= plan.now) & (times.reason == OUT_OF_STOCK)
    lot = chance.random(count)
    calm = np.select([lot < 0.62, lot < 0.80], [voices.PRAISE, voices.FINE], voices.IDEA)
    voice = np.select(
        [returns.moment < NEVER, arrived & (delay > 0), arrived, waiting, refused],
        [SAID_OF_RETURN[returns.reason], voices.LATE, calm, voices.WAITING, voices.NO_STOCK],
        -1,
    )  # fmt: skip
    # late goods are not also "fine", and who sent something back for being late says so
    voice = np.where((voice == voices.LATE) & (delay <= 0) & arrived, -1, voice)
    rates = np.append(RATES, 0.0)
    rates[[voices.FINE, voices.IDEA]] = RATES[voices.PRAISE]
    voice = np.where(chance.random(count) < rates[voice], voice, -1)
    later = (chance.uniform(0.1, 5, count) * DAY).astype(np.int64)
    after = np.select([returns.moment < NEVER, arrived, refused],
                      [returns.moment, times.delivered, times.cancelled], NEVER)  # fmt: skip
    late_by = np.maximum(overdue - chance.integers(0, 3, count), 1)
    asked = (times.promised + late_by) * DAY + 9 * HOUR
    asked = np.minimum(asked + (chance.random(count) * 8 * HOUR).astype(np.int64), plan.now)
    moment = np.where(waiting, asked, after + later)
    return voice, moment, np.where(waiting, late_by, delay)


def _line_meant(lines: Lines, returns: Returns, orders: int) -> Array:
    """By order: its first line, or the first that came back."""
    first = np.zeros(orders, int)
    for which in (np.arange(len(lines.order)), np.flatnonzero(returns.quantity)):
        first[lines.order[which][::-1]] = which[::-1]
    return first


def _states(plan: Plan, chance: np.random.Generator, moment: Array) -> tuple[Array, Array]:
    """0 new, 1 assigned, 2 resolved; the older, the more is resolved."""
    wait = (chance.gamma(1.6, 2.6, len(moment)) * DAY).astype(np.int64) + HOUR
    resolved = moment + wait
    taken = moment + wait // 4
    state = np.select([resolved <= plan.now, taken <= plan.now], [2, 1], 0)
    return state, resolved


def _texts(
    voice: Array, chinese: Array, product: Array, days: Array, carrier: Array,
    catalogue: Catalogue, lots: list[int],
) -> Array:  # fmt: skip
    found = []
    for said, in_chinese, what, late, by, lot in zip(
        voice.tolist(), chinese.tolist(), product.tolist(), days.tolist(), carrier.tolist(), lots,
        strict=True,
    ):  # fmt: skip
        texts = (voices.CHINESE if in_chinese else voices.ENGLISH)[said]
        name = (catalogue.names_zh if in_chinese else catalogue.names)[what]
        text = texts[lot // 8 % len(texts)]
        span = str(late) if in_chinese else f"{late} day{'s' if late != 1 else ''}"
        found.append(text.format(product=name, days=span, carrier=CARRIERS[by]))
    return words(*found)
