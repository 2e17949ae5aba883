"""Money: paid at once online and in the store, on terms by companies, late by some of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo.baskets import PHONE, SOCIAL, Lines, Orders
from data_access.demo.fulfilment import REASONS, Timeline
from data_access.demo.plan import CURRENCY, DAY, HOUR, NEVER, Array, Plan, Rows, words
from data_access.demo.products import COMPANY
from data_access.demo.returning import Returns

METHODS = ("Alipay", "WeChat Pay", "UnionPay", "Cash", "Cash on delivery", "Bank transfer")
ALIPAY, WECHAT, UNIONPAY, CASH, ON_DELIVERY, TRANSFER = range(6)
CODES = ("ALI", "WX", "UP", "CSH", "COD", "BT")
PROMPT, SLOW, BAD = range(3)
DEPOSIT_RATE, PART_RATE = 0.18, 0.10
DEPOSIT_FROM = 500_000  # cents


@dataclass(frozen=True)
class Money:
    """By order: what was agreed; and the payments made by now, in the order of time."""

    owed: Array  # cents, before returns
    due: Array  # day index, −1 for none
    refunded: Array
    order: Array
    cents: Array
    method: Array
    moment: Array


def make_payments(
    plan: Plan, orders: Orders, lines: Lines, times: Timeline, returns: Returns, segment: Array
) -> Money:
    chance = plan.chance("payments")
    count = len(orders.day)
    owed = _by_order(lines, lines.cents, count)
    back = _by_order(
        lines, returns.quantity * lines.price.astype(np.int64) * (100 - lines.discount), count
    )
    on_terms = (orders.channel >= PHONE) & (segment == COMPANY)
    due = _due(plan, chance, orders, times, on_terms)
    paid = _Book(plan)
    moment, method = _at_once(chance, orders, times, segment, on_terms)
    at_once = ~on_terms & (moment < np.minimum(times.cancelled, returns.moment))
    paid.add(at_once, owed, method, moment)
    spent = np.where(at_once & (moment <= plan.now), owed, 0)
    spent += _on_terms(plan, chance, orders, times, returns, paid, owed, back, on_terms, due)
    gone = times.cancelled < NEVER
    excess = np.where(gone, spent, np.maximum(spent - (owed - back), 0))
    undone = np.where(gone, times.cancelled, returns.moment)
    refund = undone + (chance.uniform(0.3, 4, count) * DAY).astype(np.int64)
    due_back = (excess > 0) & (undone < NEVER)
    paid.add(due_back, -excess, method, refund)
    order, cents, how, when = paid.sorted()
    refunded = (refund <= plan.now) | ~due_back
    return Money(owed, np.where(gone, -1, due), refunded, order, cents, how, when)


def _by_order(lines: Lines, cents: Array, count: int) -> Array:
    return np.bincount(lines.order, weights=cents, minlength=count).astype(np.int64)


def _due(
    plan: Plan, chance: np.random.Generator, orders: Orders, times: Timeline, on_terms: Array
) -> Array:
    terms = np.where(chance.random(len(orders.day)) < 0.65, 30, 60)
    sent = np.where(times.shipped <= plan.now, times.shipped // DAY, times.promised)
    return np.where(on_terms, sent + terms, orders.day)


def _at_once(
    chance: np.random.Generator, orders: Orders, times: Timeline, segment: Array, on_terms: Array
) -> tuple[Array, Array]:
    """Before the shop confirms; on delivery where a person ordered by phone."""
    count = len(orders.day)
    online = orders.channel <= SOCIAL
    confirmed = np.where(times.confirmed < NEVER, times.confirmed, orders.ordered + 300)
    wait = np.maximum((confirmed - orders.ordered) * chance.uniform(0.3, 0.95, count), 15)
    moment = np.where(online, orders.ordered + wait.astype(np.int64), orders.ordered + 60)
    called = (orders.channel == PHONE) & ~on_terms
    moment = np.where(called, times.delivered, moment)
    failed = times.reason == REASONS.index("Payment failed")
    moment = np.where(failed & (times.cancelled < NEVER), NEVER, moment)
    lot = chance.random(count)
    method = np.select([lot < 0.42, lot < 0.86], [ALIPAY, WECHAT], UNIONPAY)
    method = np.where(~online & (lot > 0.93), CASH, method)
    method = np.where(online & (segment == COMPANY) & (lot > 0.6), TRANSFER, method)
    return moment, np.select([on_terms, called], [TRANSFER, ON_DELIVERY], method)


def _on_terms(
    plan: Plan, chance: np.random.Generator, orders: Orders, times: Timeline, returns: Returns,
    paid: _Book, owed: Array, back: Array, on_terms: Array, due: Array,
) -> Array:  # fmt: skip
    """Deposits, payments around the due day, and rests that come later; returns what was paid."""
    count = len(orders.day)
    transfer = np.full(count, TRANSFER)
    goes = on_terms & (times.cancelled == NEVER) & (times.shipped <= plan.now)
    deposit = np.where(on_terms & (owed >= DEPOSIT_FROM) & (chance.random(count) < DEPOSIT_RATE),
                       owed * 3 // 10 // 100 * 100, 0)  # fmt: skip
    soon = _office(chance, orders.day + chance.integers(1, 4, count))
    deposit = np.where((soon < times.cancelled) & (soon <= plan.now), deposit, 0)
    paid.add(deposit > 0, deposit, transfer, soon)
    main = _office(chance, due + _lags(chance, orders))
    rest = np.where(returns.moment < main, owed - back, owed) - deposit
    some = goes & (chance.random(count) < PART_RATE)
    first = np.where(some, (rest * chance.uniform(0.35, 0.7, count)).astype(np.int64), rest)
    second_at = main + chance.integers(10, 45, count) * DAY
    first = np.where(goes & (main <= plan.now), first, 0)
    paid.add(first > 0, first, transfer, main)
    second = np.where(some & (second_at <= plan.now), np.maximum(rest - first, 0), 0)
    net = owed - back  # what came back between the two is not paid any more
    second = np.where(returns.moment < second_at, np.clip(net - deposit - first, 0, second), second)
    paid.add(second > 0, second, transfer, second_at)
    return np.asarray(deposit + first + second)


def _lags(chance: np.random.Generator, orders: Orders) -> Array:
    """Days after the due day: a customer's habit, and some luck."""
    customers = int(orders.customer.max()) + 1
    habit = np.searchsorted([0.78, 0.96], chance.random(customers))[orders.customer]
    count = len(habit)
    prompt = chance.integers(-9, 4, count)
    slow = chance.gamma(2.0, 9.0, count)
    bad = chance.gamma(2.0, 40.0, count) + 15
    return np.select([habit == PROMPT, habit == SLOW], [prompt, slow], bad).astype(int)


def _office(chance: np.random.Generator, day: Array) -> Array:
    return np.asarray(day * DAY + 9 * HOUR + (chance.random(len(day)) * 8 * HOUR).astype(np.int64))


class _Book:
    """Collects payments that were made by now."""

    def __init__(self, plan: Plan) -> None:
        self._now = plan.now
        self._parts: list[tuple[Array, Array, Array, Array]] = []

    def add(self, which: Array, cents: Array, method: Array, moment: Array) -> None:
        order = np.flatnonzero(which & (moment <= self._now))
        self._parts.append((order, cents[order], method[order], moment[order]))

    def sorted(self) -> tuple[Array, Array, Array, Array]:
        order, cents, method, moment = (
            np.concatenate(part) for part in zip(*self._parts, strict=True)
        )
        turn = np.argsort(moment, kind="stable")
        return order[turn], cents[turn], method[turn], moment[turn]


def payment_rows(plan: Plan, money: Money) -> Rows:
    count = len(money.order)
    codes = [CODES[method] for method in money.method.tolist()]
    return {
        "payment_id": np.arange(1, count + 1),
        "order_id": money.order + 1,
        "amount": money.cents / 100,
        "currency": words(CURRENCY)[np.zeros(count, int)],
        "method": words(*METHODS)[money.method],
        "reference": words(*(f"{code}{n:09d}" for n, code in enumerate(codes, start=1))),
        "paid_at": plan.moment(money.moment),
        "paid_on": plan.day(money.moment),
    }
