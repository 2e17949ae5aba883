"""Who orders when: kinds of customers, each ordering in its own way.

A customer's orders follow one another in "busy time", which runs faster on days when more is sold;
so the same customers make the peaks, the Spring Festival's quiet and the growth, while each keeps
the rhythm of their kind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data_access.demo import almanac
from data_access.demo.almanac import OFFLINE, ONLINE
from data_access.demo.plan import DAY, Array, Plan
from data_access.demo.products import COMPANY, PERSON

KINDS = ("loyal", "silent", "occasional", "seasonal", "one_time", "prospect")
LOYAL, SILENT, OCCASIONAL, SEASONAL, ONE_TIME, PROSPECT = range(6)
SHARES = {LOYAL: 0.50, SILENT: 0.19, OCCASIONAL: 0.13, SEASONAL: 0.08}  # of all orders
COMPANIES = np.array([0.45, 0.42, 0.30, 0.35, 0.10, 0.45])  # share of companies by kind
ONLINE_RATE = {PERSON: 0.80, COMPANY: 0.28}
REGULARITY = 4  # planted: the gaps of loyal and silent customers are Erlang of this order
GAP_DAYS = {PERSON: 52.0, COMPANY: 30.0}  # median of the mean gaps
SEASONS = ("spring_festival", "618", "double_11", "mid_autumn", "summer")
SOME_TODAY = 3


@dataclass(frozen=True)
class Arrivals:
    """Customers (in order of customer_id) and orders (not yet in order)."""

    kind: Array
    segment: Array
    mode: Array  # online or offline
    gap: Array  # planted mean gap in busy days, NaN for kinds without rhythm
    churn_day: Array  # planted for the silent, −1 for others
    season: Array  # index into SEASONS for the seasonal, −1 for others
    customer: Array  # by order: place of the customer
    day: Array  # by order: day index


@dataclass(frozen=True)
class _Crowd:
    kind: Array
    segment: Array
    mode: Array
    gap: Array
    death: Array  # busy time
    season: Array
    customer: Array
    busy: Array  # by order: busy time


def busy_time(plan: Plan, weights: Array) -> Array:
    """(mode, segment, day + 1): busy time at each midnight; as long as the days in all."""
    demand = almanac.demand_by_day(plan.first_day, plan.days)
    sold = weights.sum(axis=2)
    rate = demand[:, None, :] * (sold / sold.mean(axis=1, keepdims=True))[None]
    rate[:, :, -1] *= max((plan.now % DAY) / DAY, 0.05)
    time = np.concatenate([np.zeros((2, 2, 1)), np.cumsum(rate, axis=2)], axis=2)
    return np.asarray(time / time[:, :, -1:] * plan.days)


def make_arrivals(plan: Plan, weights: Array) -> Arrivals:
    chance = plan.chance("arrivals")
    clock = busy_time(plan, weights)
    crowd = _keep_some(plan, chance, _regulars(plan, chance, clock))
    missing = plan.orders - len(crowd.customer)
    once = _once(plan, chance, missing)
    everyone = _join(crowd, once, _prospects(chance, len(crowd.kind) + missing))
    return _number(plan, everyone, clock)


def _regulars(plan: Plan, chance: np.random.Generator, clock: Array) -> _Crowd:
    crowds = []
    for kind, share in SHARES.items():
        expected = {LOYAL: 22, SILENT: 10, OCCASIONAL: 4, SEASONAL: 3.5}[kind]
        count = int(plan.orders * share / expected * 1.35) + 3
        people = _people(chance, kind, count)
        if kind == SEASONAL:
            crowds.append(_in_season(plan, chance, clock, people))
        else:
            crowds.append(_renewing(plan, chance, people))
    return _join(*crowds)


def _people(chance: np.random.Generator, kind: int, count: int) -> _Crowd:
    segment = (chance.random(count) < COMPANIES[kind]).astype(int)
    online = np.array([ONLINE_RATE[PERSON], ONLINE_RATE[COMPANY]])[segment]
    mode = np.where(chance.random(count) < online, ONLINE, OFFLINE)
    return _Crowd(
        kind=np.full(count, kind),
        segment=segment,
        mode=mode,
        gap=np.full(count, np.nan),
        death=np.full(count, np.inf),
        season=np.full(count, -1),
        customer=np.zeros(0, int),
        busy=np.zeros(0),
    )


def _renewing(plan: Plan, chance: np.random.Generator, people: _Crowd) -> _Crowd:
    """Gamma gaps: regular for loyal and silent customers, memoryless for occasional ones."""
    kind, count = int(people.kind[0]), len(people.kind)
    shape = 1 if kind == OCCASIONAL else REGULARITY
    middle = np.array([GAP_DAYS[PERSON], GAP_DAYS[COMPANY]])[people.segment]
    gap = np.clip(chance.lognormal(np.log(middle), 0.45), 9, 160)
    if kind == OCCASIONAL:
        gap = np.clip(chance.lognormal(np.log(190), 0.5, count), 60, 700)
    death = np.full(count, np.inf)
    if kind == SILENT:
        death = chance.uniform(0.2 * plan.days, plan.days - 3.2 * gap - 20)
    born_before = chance.random(count) < 0.55
    latest = np.minimum(death - 3 * gap, plan.days - 20)
    birth = np.where(born_before, -chance.random(count) * gap, chance.random(count) * latest)
    steps = np.ceil((plan.days - birth) / gap * 1.4 + 9).astype(int)
    customer = np.repeat(np.arange(count), steps)
    waits = chance.gamma(shape, 1.0, len(customer)) * (gap / shape)[customer]
    starts = np.cumsum(steps) - steps
    waits[starts[~born_before]] = 0.0  # a new customer begins with an order
    run = np.cumsum(waits)
    busy = birth[customer] + run - (run[starts] - waits[starts])[customer]
    happens = (busy >= 0) & (busy < np.minimum(death, plan.days)[customer])
    orders = np.bincount(customer[happens], minlength=count)
    happens &= (orders >= (3 if kind == SILENT else 1))[customer]
    return replace(people, gap=gap, death=death, customer=customer[happens], busy=busy[happens])


def _in_season(plan: Plan, chance: np.random.Generator, clock: Array, people: _Crowd) -> _Crowd:
    """Orders only in one season of the year, most years, once or twice."""
    season = chance.integers(0, len(SEASONS), len(people.kind))
    customer, busy = [], []
    for number, first, last in _season_windows(plan):
        who = np.flatnonzero((season == number) & (chance.random(len(season)) < 0.88))
        who = np.repeat(who, 1 + (chance.random(len(who)) < 0.4))
        time = clock[people.mode[who], people.segment[who]]
        begin, end = time[:, first], time[:, last]
        customer.append(who)
        busy.append(begin + chance.random(len(who)) * (end - begin))
    return replace(people, season=season, customer=np.concatenate(customer),
                   busy=np.concatenate(busy))  # fmt: skip


def _season_windows(plan: Plan) -> list[tuple[int, int, int]]:
    """(season, first day, day after the last), as far as they lie in the demo's time."""
    days = almanac.dates(plan.first_day, plan.days)
    windows = []
    for number, day in enumerate(days):
        begins = {
            0: (almanac.LUNAR_NEW_YEAR[day.year] - day).days == 26,
            1: (day.month, day.day) == (6, 1),
            2: (day.month, day.day) == (11, 1),
            3: (almanac.MID_AUTUMN[day.year] - day).days == 21,
            4: (day.month, day.day) == (7, 1),
        }
        lengths = (22, 19, 12, 19, 50)
        windows += [
            (season, number, min(number + lengths[season], plan.days))
            for season, begun in begins.items()
            if begun
        ]
    return windows


def _keep_some(plan: Plan, chance: np.random.Generator, crowd: _Crowd) -> _Crowd:
    """Customers at random until they have nine tenths of all orders."""
    orders = np.bincount(crowd.customer, minlength=len(crowd.kind))
    chosen = chance.permutation(np.flatnonzero(orders))
    chosen = np.sort(chosen[np.cumsum(orders[chosen]) <= 0.9 * plan.orders])
    place = np.full(len(crowd.kind), -1)
    place[chosen] = np.arange(len(chosen))
    kept = place[crowd.customer] >= 0
    return _Crowd(crowd.kind[chosen], crowd.segment[chosen], crowd.mode[chosen], crowd.gap[chosen],
                  crowd.death[chosen], crowd.season[chosen], place[crowd.customer[kept]],
                  crowd.busy[kept])  # fmt: skip


def _once(plan: Plan, chance: np.random.Generator, count: int) -> _Crowd:
    """One order each, some of them today."""
    busy = chance.uniform(0, plan.days, count)
    busy[:SOME_TODAY] = plan.days
    return replace(_people(chance, ONE_TIME, count), customer=np.arange(count), busy=busy)


def _prospects(chance: np.random.Generator, customers: int) -> _Crowd:
    return _people(chance, PROSPECT, customers // 25)


def _join(*crowds: _Crowd) -> _Crowd:
    sizes = np.cumsum([0, *(len(crowd.kind) for crowd in crowds)])
    parts = [replace(crowd, customer=crowd.customer + sizes[n]) for n, crowd in enumerate(crowds)]
    fields = ("kind", "segment", "mode", "gap", "death", "season", "customer", "busy")
    return _Crowd(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))


def _number(plan: Plan, crowd: _Crowd, clock: Array) -> Arrivals:
    """Turns busy time into days, and numbers customers as they came."""
    mode, segment = crowd.mode[crowd.customer], crowd.segment[crowd.customer]
    day = _days(plan, clock, mode, segment, crowd.busy)
    first = np.full(len(crowd.kind), plan.days)
    np.minimum.at(first, crowd.customer, day)
    first[crowd.kind == PROSPECT] = plan.chance("prospects").integers(
        0, plan.days, (crowd.kind == PROSPECT).sum()
    )
    came = np.argsort(first, kind="stable")
    place = np.empty_like(came)
    place[came] = np.arange(len(came))
    alive = np.where(np.isinf(crowd.death), 0, crowd.death)
    churn = _days(plan, clock, crowd.mode, crowd.segment, alive)
    return Arrivals(
        kind=crowd.kind[came],
        segment=crowd.segment[came],
        mode=crowd.mode[came],
        gap=crowd.gap[came],
        churn_day=np.where(np.isinf(crowd.death), -1, churn)[came],
        season=crowd.season[came],
        customer=place[crowd.customer],
        day=day,
    )


def _days(plan: Plan, clock: Array, mode: Array, segment: Array, busy: Array) -> Array:
    day = np.zeros(len(busy), int)
    for which in (ONLINE, OFFLINE):
        for part in (PERSON, COMPANY):
            here = (mode == which) & (segment == part)
            day[here] = np.searchsorted(clock[which, part], busy[here], side="right") - 1
    return np.clip(day, 0, plan.days - 1)


def second_of_day(plan: Plan, chance: np.random.Generator, day: Array, hours: Array) -> Array:
    """Seconds since midnight, following the weights of 24 `hours`; before now on the last day."""
    steps = np.concatenate([[0.0], np.cumsum(hours, dtype=float)]) / hours.sum()
    ends = np.arange(25) * 3_600
    most = np.where(day == plan.days - 1, np.interp(plan.now % DAY, ends, steps), 1.0)
    return np.interp(chance.random(len(day)) * most, steps, ends).astype(np.int64)
