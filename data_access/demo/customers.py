"""Customers as a salesperson knows them: where they are, whose they are, how big they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo.arrivals import PROSPECT, Arrivals
from data_access.demo.names import REGIONS, pairs
from data_access.demo.people import REGION_CODES, Staff
from data_access.demo.plan import DAY, Array, Plan, pick
from data_access.demo.products import COMPANY

OVERSEAS = REGION_CODES.index("overseas")


@dataclass(frozen=True)
class Customers:
    """Arrays by customer; customer_id is the place + 1."""

    segment: Array
    mode: Array
    region: Array
    city: Array  # place in the region's list
    owner: Array  # place of the rep who has the customer now
    first_owner: Array  # of the rep who won it; another one only where that rep has left
    size: Array  # how much of a thing it buys; 1 for a person
    created: Array  # seconds; before the first order


def make_customers(plan: Plan, arrivals: Arrivals, staff: Staff) -> Customers:
    chance = plan.chance("customers")
    count = len(arrivals.kind)
    shares = np.array([REGIONS[code][2] for code in REGION_CODES])
    region = pick(chance, shares, count)
    cities = np.array([len(pairs(REGIONS[code][5])) for code in REGION_CODES])
    # the first cities of a region are its largest
    city = (chance.random(count) ** 1.6 * cities[region]).astype(int)
    owner, first_owner = _owners(plan, chance, staff, region)
    size = np.where(arrivals.segment == COMPANY, chance.lognormal(0, 0.75, count), 1.0)
    return Customers(
        segment=arrivals.segment,
        mode=arrivals.mode,
        region=region,
        city=city,
        owner=owner,
        first_owner=first_owner,
        size=size * (0.85 + 0.15 * staff.strength[owner]),
        created=_created(plan, chance, arrivals),
    )


def _owners(
    plan: Plan, chance: np.random.Generator, staff: Staff, region: Array
) -> tuple[Array, Array]:
    first = np.zeros(len(region), int)
    now = np.zeros(len(region), int)
    for place in range(len(REGION_CODES)):
        reps = np.flatnonzero((staff.strength > 0) & (staff.region == place))
        stay = reps[staff.left[reps] > plan.days]
        here = np.flatnonzero(region == place)
        first[here] = reps[pick(chance, staff.strength[reps], len(here))]
        now[here] = stay[pick(chance, staff.strength[stay], len(here))]
    return np.where(staff.left[first] < plan.days, now, first), first


def _created(plan: Plan, chance: np.random.Generator, arrivals: Arrivals) -> Array:
    """A little before the first order; years before for those who were there already."""
    count = len(arrivals.kind)
    first = np.full(count, plan.days - 1)
    np.minimum.at(first, arrivals.customer, arrivals.day)
    idle = arrivals.kind == PROSPECT
    first[idle] = chance.integers(0, plan.days, idle.sum())
    before = np.where(
        first < 60, chance.integers(60, 1_500, count), 1 + chance.geometric(0.2, count)
    )
    return (first - before) * DAY + chance.integers(8 * 3_600, 20 * 3_600, count)
