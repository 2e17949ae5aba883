"""The catalogue: products with their prices through time, and how much each sells on each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from data_access.demo import almanac
from data_access.demo.campaigns import Campaigns
from data_access.demo.names import priced
from data_access.demo.plan import CURRENCY, Array, Plan, Rows, pick, words
from data_access.demo.wares import COMPLEMENTS, GOODS, SERIES, WARES

PERSON, COMPANY = 0, 1
NEW_RATE, FADING_RATE = 0.22, 0.10
BUNDLED_RATE = 0.38  # planted: an order with the first product also takes the second
FADING_DAYS = 240


@dataclass(frozen=True)
class Catalogue:
    """Arrays by product, in the order of product_id; prices in yuan."""

    names: Array
    names_zh: Array
    category: Array  # index into WARES
    popularity: Array
    base_price: Array
    price_by_day: Array  # day × product
    cost_by_day: Array
    introduced: Array  # day index; may be before the first day
    discontinued: Array  # day index; beyond the last day for most
    bundles: list[tuple[int, int]]

    @property
    def size(self) -> int:
        return len(self.category)


def make_catalogue(plan: Plan) -> Catalogue:
    chance = plan.chance("catalogue")
    usual_size = int(np.clip(160 * (plan.orders / 20_000) ** 0.35, 96, 1_100))
    size = (plan.products or usual_size) // 8 * 8
    names, names_zh, category, usual = _name_products(size)
    base_price = np.maximum(np.round(usual * chance.lognormal(0, 0.07, size)), 6)
    popularity = chance.lognormal(0, 0.75, size) / (base_price / 100) ** 0.25
    introduced, discontinued = _lives(plan, chance, size)
    price_by_day = _prices(plan, chance, base_price)
    return Catalogue(
        names=names,
        names_zh=names_zh,
        category=category,
        popularity=popularity,
        base_price=base_price,
        price_by_day=price_by_day,
        cost_by_day=_costs(plan, chance, base_price, category),
        introduced=introduced,
        discontinued=discontinued,
        bundles=_bundles(names, discontinued >= plan.days, introduced < 0),
    )


def _name_products(size: int) -> tuple[Array, Array, Array, Array]:
    """Names in both languages, category and usual price of each product."""
    names, names_zh, prices = [], [], []
    for number in range(size):
        ware = WARES[number % len(WARES)]
        nouns, series = priced(ware.nouns), SERIES.get(ware.code, GOODS)
        turn, place = divmod(number // len(WARES), len(nouns))
        noun, noun_zh, price = nouns[place]
        # each noun walks through the series from another start, so neighbours differ
        word, word_zh, factor = series[(turn + place * 5) % len(series)]
        batch = f" {turn // len(series) + 1}" if turn >= len(series) else ""
        names.append(f"{noun} {word}{batch}")
        names_zh.append(f"{noun_zh}·{word_zh}{batch}")
        prices.append(price * factor)
    return words(*names), words(*names_zh), np.arange(size) % len(WARES), np.array(prices)


def _lives(plan: Plan, chance: np.random.Generator, size: int) -> tuple[Array, Array]:
    introduced = -chance.integers(120, 1_800, size)
    discontinued = np.full(size, plan.days + 10_000)
    lot = chance.random(size)
    new = lot < NEW_RATE
    introduced[new] = chance.integers(60, plan.days - 25, new.sum())
    fading = lot > 1 - FADING_RATE
    discontinued[fading] = chance.integers(FADING_DAYS, plan.days + 120, fading.sum())
    return introduced, discontinued


def _prices(plan: Plan, chance: np.random.Generator, base: Array) -> Array:
    """Whole yuan that change several times, for reasons that have nothing to do with demand."""
    levels = np.ones((plan.days, len(base)))
    for product in range(len(base)):
        changes = chance.integers(4, 8)
        for day in np.sort(chance.choice(np.arange(20, plan.days - 5), changes, replace=False)):
            levels[day:, product] = chance.uniform(0.80, 1.25)
    drift = 1.02 ** (np.arange(plan.days) / 365)
    return np.maximum(np.round(levels * drift[:, None] * base), 5)


def _costs(plan: Plan, chance: np.random.Generator, base: Array, category: Array) -> Array:
    rates = np.array([ware.cost_rate for ware in WARES])[category]
    rates = rates * chance.uniform(0.88, 1.12, len(base))
    steps = 1 + 0.01 * np.cumsum(chance.normal(0.4, 0.8, (plan.days // 91 + 1, len(base))), axis=0)
    quarters = np.arange(plan.days) // 91
    return np.asarray(np.round(steps[quarters] * rates * base, 2))


def _bundles(names: Array, lasting: Array, old: Array) -> list[tuple[int, int]]:
    found = []
    for first, second in COMPLEMENTS:
        heads = [n for n, name in enumerate(names) if name.startswith(first)]
        mates = [n for n, name in enumerate(names) if name.startswith(second)]
        heads = [n for n in heads if lasting[n] and old[n]]
        mates = [n for n in mates if lasting[n] and old[n]]
        if heads and mates:
            found.append((heads[0], mates[0]))
    return found


def demand_weights(plan: Plan, catalogue: Catalogue, campaigns: Campaigns) -> Array:
    """Segment × day × product: what is sold, in proportion. Everything that analytics shall find
    about products is planted here: season, price, promotions, rise and fall."""
    category = catalogue.category
    elasticity = np.array([ware.elasticity for ware in WARES])[category]
    weights = (catalogue.price_by_day / catalogue.base_price) ** elasticity
    weights *= catalogue.popularity
    weights *= seasons(plan.first_day, plan.days)[:, category]
    weights *= campaigns.uplift_by_day[:, category]
    day = np.arange(plan.days)[:, None]
    since = day - catalogue.introduced
    weights *= np.where(since < 0, 0.0, 1 - 0.8 * np.exp(-np.maximum(since, 0) / 45))
    left = catalogue.discontinued - day
    weights *= np.where(left <= 0, 0.0, np.clip(left / FADING_DAYS, 0.08, 1.0))
    liking = np.array([[w.to_people for w in WARES], [w.to_companies for w in WARES]])
    return np.asarray(weights[None] * liking[:, None, category])


def seasons(first_day: date, days: int) -> Array:
    """Day × category factor: the yearly wave, and gifts before the two festivals."""
    number = np.array([day.timetuple().tm_yday for day in almanac.dates(first_day, days)])
    to_spring = almanac.days_to(almanac.LUNAR_NEW_YEAR, first_day, days)
    to_autumn = almanac.days_to(almanac.MID_AUTUMN, first_day, days)
    giving = ((to_spring > 0) & (to_spring <= 26)) | ((to_autumn > 0) & (to_autumn <= 21))
    waves = [
        (1 + ware.swing * np.cos(2 * np.pi * (number - ware.peak) / 365.25))
        * np.where(giving, ware.gift, 1.0)
        for ware in WARES
    ]
    return np.stack(waves, axis=1)


def product_rows(plan: Plan, catalogue: Catalogue, suppliers: int) -> Rows:
    chance = plan.chance("products")
    size = catalogue.size
    codes = words(*(ware.code for ware in WARES))[catalogue.category]
    lead_time = chance.integers(7, 35, size)
    return {
        "product_id": np.arange(1, size + 1),
        "sku": words(*(f"{code}-{1000 + number}" for number, code in enumerate(codes))),
        "name": catalogue.names,
        "name_zh": catalogue.names_zh,
        "category_id": catalogue.category + 1,
        "supplier_id": (catalogue.category * 2 + chance.integers(0, 3, size)) % suppliers + 1,
        "list_price": catalogue.price_by_day[-1],
        "unit_cost": catalogue.cost_by_day[-1],
        "currency": words(CURRENCY)[np.zeros(size, int)],
        "lead_time_days": lead_time,
        "pack_size": np.array([1, 1, 6, 12, 24])[pick(chance, np.array([5, 2, 2, 2, 1]), size)],
        "minimum_order_quantity": np.array([1, 10, 20])[chance.integers(0, 3, size)],
        "introduced_on": plan.day(catalogue.introduced * 86_400),
        "discontinued_on": plan.day(
            catalogue.discontinued * 86_400, catalogue.discontinued < plan.days
        ),
    }
