"""The sales staff's own work: talks with customers, targets and opportunities."""

from __future__ import annotations

import numpy as np

from data_access.demo import almanac, voices
from data_access.demo.arrivals import LOYAL, PROSPECT, SILENT, Arrivals
from data_access.demo.baskets import PHONE, Orders
from data_access.demo.customers import Customers
from data_access.demo.people import Staff
from data_access.demo.plan import CURRENCY, DAY, HOUR, Array, Plan, Rows, pick, words
from data_access.demo.products import COMPANY

DEAL_STAGES = ("lead", "qualified", "proposal", "won", "lost")
PROBABILITIES = np.array([0.10, 0.30, 0.60, 1.0, 0.0])


def interaction_rows(plan: Plan, arrivals: Arrivals, customers: Customers, orders: Orders) -> Rows:
    """Before many of the orders taken by hand; and with prospects and customers gone silent."""
    chance = plan.chance("interactions")
    by_hand = np.flatnonzero((orders.channel >= PHONE) & (chance.random(len(orders.day)) < 0.4))
    other = np.flatnonzero(
        np.isin(arrivals.kind, (PROSPECT, SILENT)) & (arrivals.segment == COMPANY)
    )
    other = np.repeat(other, 1 + chance.integers(0, 3, len(other)))
    first = np.maximum(customers.created[other] // DAY, arrivals.churn_day[other])
    first = np.clip(first, 0, plan.days - 1)
    customer = np.concatenate([orders.customer[by_hand], other])
    day = np.concatenate(
        [
            orders.day[by_hand] - chance.integers(1, 8, len(by_hand)),
            first + (chance.random(len(other)) * (plan.days - first)).astype(int),
        ]
    )
    moment = day * DAY + 9 * HOUR + (chance.random(len(day)) * 8.5 * HOUR).astype(np.int64)
    kept = (moment <= plan.now) & (day >= 0)
    customer, moment = customer[kept], moment[kept]
    turn = np.argsort(moment, kind="stable")
    customer, moment = customer[turn], moment[turn]
    talk = chance.integers(0, len(voices.CONTACTS), len(moment))
    return {
        "interaction_id": np.arange(1, len(moment) + 1),
        "customer_id": customer + 1,
        "employee_id": customers.owner[customer] + 1,
        "kind": words(*(kind for kind, _, _ in voices.CONTACTS))[talk],
        "subject": words(*(subject for _, subject, _ in voices.CONTACTS))[talk],
        "note": words(*(note for _, _, note in voices.CONTACTS))[talk],
        "happened_at": plan.moment(moment),
    }


def target_rows(plan: Plan, orders: Orders, staff: Staff, cents: Array) -> Rows:
    """A little above what the rep sold in the months around; `cents` by order, as it counts."""
    chance = plan.chance("targets")
    days = almanac.dates(plan.first_day, plan.days)
    starts = [n for n, day in enumerate(days) if day.day == 1]
    month = np.searchsorted(starts, np.arange(plan.days), side="right")
    sold = np.zeros((len(staff.names), len(starts) + 1))
    np.add.at(sold, (orders.owner, month[orders.day]), cents / 100)
    rows = []
    for rep in np.flatnonzero(staff.strength > 0).tolist():
        for number, start in enumerate(starts, start=1):
            if start <= staff.left[rep]:
                # the running month is judged by those before it
                last = number if number == len(starts) else number + 1
                usual = float(sold[rep, max(number - 3, 1) : last].mean()) if last > 1 else 0.0
                aim = usual * float(chance.uniform(0.97, 1.18))
                rows.append((rep, start, max(round(aim, -3), 5_000.0)))
    place = np.array([rep for rep, _, _ in rows])
    return {
        "target_id": np.arange(1, len(rows) + 1),
        "employee_id": place + 1,
        "region_id": staff.region[place] + 1,
        "month_on": plan.day(np.array([start for _, start, _ in rows]) * DAY),
        "net_sales": np.array([aim for _, _, aim in rows]),
        "currency": words(CURRENCY)[np.zeros(len(rows), int)],
    }


def opportunity_rows(plan: Plan, arrivals: Arrivals, customers: Customers) -> Rows:
    chance = plan.chance("opportunities")
    likely = (arrivals.segment == COMPANY) & np.isin(arrivals.kind, (LOYAL, PROSPECT, SILENT))
    companies = np.flatnonzero(likely)
    count = 20 + plan.orders // 60
    customer = companies[chance.integers(0, len(companies), count)]
    # more of what is young: deals are decided within weeks
    begin = (plan.days - 1 - np.minimum(chance.gamma(1.2, 260, count), plan.days - 1)).astype(int)
    begin = np.maximum(begin, np.minimum(customers.created[customer] // DAY, plan.days - 1))
    created = np.minimum(begin * DAY + chance.integers(9, 17, count) * HOUR, plan.now)
    takes = chance.gamma(3.0, 16.0, count)
    closed = created + (takes * DAY).astype(np.int64) + HOUR
    over = closed <= plan.now
    progress = np.clip((plan.now - created) / (takes * DAY), 0, 0.999)
    won = chance.random(count) < 0.42
    stage = np.where(over, np.where(won, 3, 4), (progress * 3).astype(int))
    deal = pick(chance, np.ones(len(voices.DEALS)), count)
    chinese = (chance.random(count) < 0.6).astype(int)
    names = words(*(name for pair in voices.DEALS for name in reversed(pair)))
    amount = np.round(chance.lognormal(np.log(18_000), 0.9, count), -2) + 500
    return {
        "opportunity_id": np.arange(1, count + 1),
        "customer_id": customer + 1,
        "owner_id": customers.owner[customer] + 1,
        "name": names[deal * 2 + chinese],
        "stage": words(*DEAL_STAGES)[stage],
        "amount": amount,
        "currency": words(CURRENCY)[np.zeros(count, int)],
        "probability": PROBABILITIES[stage],
        "created_at": plan.moment(created),
        "expected_on": plan.day(created + (takes * 1.1 * DAY).astype(np.int64)),
        "closed_at": plan.moment(closed, over),
    }
