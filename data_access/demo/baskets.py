"""Orders with their lines: which channel, which products, how many, at what price and discount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo.almanac import ONLINE
from data_access.demo.arrivals import LOYAL, SILENT, Arrivals, second_of_day
from data_access.demo.campaigns import PERCENTS_OFF, Campaigns, discounts
from data_access.demo.customers import Customers
from data_access.demo.names import CHANNELS
from data_access.demo.people import Staff
from data_access.demo.plan import DAY, Array, Plan, pick_by_row
from data_access.demo.products import BUNDLED_RATE, COMPANY, Catalogue

CHANNEL_CODES = tuple(CHANNELS)
WEB, MARKETPLACE, SOCIAL, STORE, PHONE, EVENT, PARTNER = range(7)
# share of channels at the first and the last day: online, people offline, companies offline
MIXES = np.array(
    [
        [[0.34, 0.53, 0.13, 0, 0, 0, 0], [0.33, 0.41, 0.26, 0, 0, 0, 0]],
        [[0, 0, 0, 0.80, 0.12, 0.08, 0], [0, 0, 0, 0.84, 0.06, 0.10, 0]],
        [[0, 0, 0, 0.10, 0.48, 0.10, 0.32], [0, 0, 0, 0.08, 0.34, 0.12, 0.46]],
    ]
)
FAITHFUL_RATE = 0.78  # orders through the customer's usual channel
HOURS = np.array(
    [  # weights of the 24 hours: online, by hand, store
        [2, 1, 0.5, 0.3, 0.3, 0.5, 1, 2, 4, 6, 8, 7, 6, 6, 6, 6, 6, 5, 5, 7, 9, 10, 8, 4],
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 9, 11, 9, 3, 5, 10, 10, 9, 5, 1, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 6, 7, 7, 6, 7, 8, 8, 9, 10, 9, 6, 1, 0, 0],
    ]
)
FAVOURITES = 6
MOST_DISCOUNT = 35


@dataclass(frozen=True)
class Orders:
    """Arrays by order, in the order of time; order_id is the place + 1."""

    customer: Array
    day: Array
    ordered: Array  # seconds
    channel: Array
    owner: Array
    campaign: Array  # campaign_id, 0 for none
    coupon: Array  # percent, 0 for none


@dataclass(frozen=True)
class Lines:
    """Arrays by line, in the order of their orders; line_id is the place + 1. Whole yuan and whole
    percents, so every line's value is a whole number of cents."""

    order: Array
    number: Array
    product: Array
    quantity: Array
    price: Array
    cost: Array
    discount: Array

    @property
    def cents(self) -> Array:
        return np.asarray(self.quantity * self.price.astype(np.int64) * (100 - self.discount))


def make_orders(
    plan: Plan, arrivals: Arrivals, customers: Customers, staff: Staff, campaigns: Campaigns
) -> Orders:
    chance = plan.chance("orders")
    channel = _channels(plan, chance, arrivals)
    hours = np.select([channel <= SOCIAL, channel == STORE], [0, 2], 1)
    second = np.zeros(len(channel), np.int64)
    for kind in range(3):
        here = hours == kind
        second[here] = second_of_day(plan, chance, arrivals.day[here], HOURS[kind])
    ordered = arrivals.day * DAY + second
    turn = np.argsort(ordered, kind="stable")
    customer, day, channel = arrivals.customer[turn], arrivals.day[turn], channel[turn]
    first = customers.first_owner[customer]
    owner = np.where(day < staff.left[first], first, customers.owner[customer])
    couponed = (channel <= SOCIAL) & (chance.random(len(day)) < 0.08)
    return Orders(
        customer=customer,
        day=day,
        ordered=ordered[turn],
        channel=channel,
        owner=owner,
        campaign=np.where(channel <= SOCIAL, campaigns.online[day], 0),
        coupon=np.where(couponed, np.array(PERCENTS_OFF)[chance.integers(0, 3, len(day))], 0),
    )


def _channels(plan: Plan, chance: np.random.Generator, arrivals: Arrivals) -> Array:
    group = np.where(arrivals.mode == ONLINE, 0, 1 + (arrivals.segment == COMPANY))
    progress = (np.arange(plan.days) / plan.days)[:, None]
    mixes = np.concatenate([mix[0] * (1 - progress) + mix[1] * progress for mix in MIXES])
    middle = np.full(len(group), plan.days // 2)
    np.maximum.at(middle, arrivals.customer, arrivals.day)
    usual = pick_by_row(chance, mixes, group * plan.days + np.minimum(middle, plan.days - 1))
    order_group = group[arrivals.customer]
    other = pick_by_row(chance, mixes, order_group * plan.days + arrivals.day)
    faithful = chance.random(len(other)) < FAITHFUL_RATE
    return np.where(faithful, usual[arrivals.customer], other)


def make_lines(
    plan: Plan,
    arrivals: Arrivals,
    customers: Customers,
    orders: Orders,
    catalogue: Catalogue,
    weights: Array,
    campaigns: Campaigns,
) -> Lines:
    chance = plan.chance("lines")
    segment = customers.segment[orders.customer]
    many = np.array([0.75, 2.1])[segment]
    count = 1 + np.minimum(chance.poisson(many), 11)
    order = np.repeat(np.arange(len(count)), count)
    product = _products(plan, chance, arrivals, orders, order, segment, weights)
    order, product = _with_bundles(chance, catalogue, order, product)
    size = catalogue.size
    both = np.sort(order.astype(np.int64) * size + product)
    both = both[np.diff(both, prepend=-1) > 0]  # each product once
    order, product = both // size, both % size
    day = orders.day[order]
    price = catalogue.price_by_day[day, product]
    quantity = _quantities(chance, segment[order], customers.size[orders.customer[order]], price)
    starts = np.flatnonzero(np.diff(order, prepend=-1))
    lengths = np.diff(np.append(starts, len(order)))
    return Lines(
        order=order,
        number=np.arange(len(order)) - np.repeat(starts, lengths) + 1,
        product=product,
        quantity=quantity,
        price=price,
        cost=catalogue.cost_by_day[day, product],
        discount=_discounts(
            chance, orders, order, catalogue.category[product], quantity * price, campaigns
        ),
    )


def _products(
    plan: Plan, chance: np.random.Generator, arrivals: Arrivals, orders: Orders,
    order: Array, segment: Array, weights: Array,
) -> Array:  # fmt: skip
    """Favourites of regular customers, taken in proportion to how well they sell that day, and
    anything else otherwise: both keep the planted proportions."""
    row = segment[order] * plan.days + orders.day[order]
    ladder = weights.reshape(-1, weights.shape[2])
    product = pick_by_row(chance, ladder, row)
    customer = orders.customer[order]
    average = weights.mean(axis=1)
    favourites = pick_by_row(chance, average, np.repeat(arrivals.segment, FAVOURITES))
    liked = (chance.random(len(order)) ** 1.5 * FAVOURITES).astype(int)
    favourite = favourites[customer * FAVOURITES + liked]
    regular = np.isin(arrivals.kind, (LOYAL, SILENT))[customer]
    best = np.maximum(weights.max(axis=1), 1e-12)
    sells = ladder[row, favourite] / best[segment[order], favourite]
    taken = regular & (chance.random(len(order)) < sells)
    return np.where(taken, favourite, product)


def _with_bundles(
    chance: np.random.Generator, catalogue: Catalogue, order: Array, product: Array
) -> tuple[Array, Array]:
    orders, products = [order], [product]
    for first, second in catalogue.bundles:
        here = order[product == first]
        too = here[chance.random(len(here)) < BUNDLED_RATE]
        orders.append(too)
        products.append(np.full(len(too), second))
    return np.concatenate(orders), np.concatenate(products)


def _quantities(chance: np.random.Generator, segment: Array, size: Array, price: Array) -> Array:
    count = len(price)
    people = np.where(price < 60, chance.geometric(0.55, count), chance.geometric(0.82, count))
    middle = 7.0 * (100 / price) ** 0.45 * size
    companies = np.ceil(chance.lognormal(0, 0.8, count) * middle)
    companies = np.where(companies > 20, np.ceil(companies / 5) * 5, companies)
    quantity = np.where(segment == COMPANY, np.minimum(companies, 3_000), np.minimum(people, 12))
    return np.asarray(quantity.astype(np.int64))


def _discounts(
    chance: np.random.Generator, orders: Orders, order: Array, category: Array, value: Array,
    campaigns: Campaigns,
) -> Array:  # fmt: skip
    percent = discounts(campaigns)
    own = percent[campaigns.by_category[orders.day[order], category]]
    festival = percent[orders.campaign[order]]
    agreed = np.select([value > 30_000, value > 8_000, value > 2_500], [7, 4, 2], 0)
    agreed = agreed + np.where(orders.channel == PARTNER, 10, 0)[order]
    haggled = np.where(orders.channel > STORE, chance.integers(0, 5, len(orders.channel)), 0)[order]
    total = np.maximum(own, festival) + agreed + haggled + orders.coupon[order]
    return np.asarray(np.minimum(total, MOST_DISCOUNT).astype(np.int64))


def campaign_of_orders(
    orders: Orders, lines: Lines, catalogue: Catalogue, campaigns: Campaigns
) -> Array:
    """campaign_id: the shopping festival online, else the campaign of one of the order's lines."""
    found = orders.campaign.copy()
    own = campaigns.by_category[orders.day[lines.order], catalogue.category[lines.product]]
    last = np.zeros(len(found), own.dtype)
    np.maximum.at(last, lines.order, own)
    return np.where(found > 0, found, last)
