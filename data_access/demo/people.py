"""The company itself: regions, channels, warehouses, suppliers, and the people who work there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo.names import (
    CHANNELS,
    COMPANY_WORDS,
    GIVEN_NAMES,
    REGIONS,
    SURNAMES,
    WAREHOUSES,
    pairs,
)
from data_access.demo.plan import DAY, Array, Plan, Rows, words
from data_access.demo.wares import WARES

REGION_CODES = tuple(REGIONS)
WAREHOUSE_CODES = tuple(WAREHOUSES)
LEADS = (("east", "central"), ("south", "overseas"), ("north", "northeast"),
         ("southwest", "northwest"))  # fmt: skip
SUPPLIERS = 18


@dataclass(frozen=True)
class Staff:
    """Arrays by employee; employee_id is the place + 1."""

    names: Array
    names_zh: Array
    titles: Array
    region: Array  # index into REGION_CODES, −1 for the head office
    boss: Array  # place of the manager, −1 for nobody
    strength: Array  # how many customers a rep wins; 0 for everybody else
    hired: Array  # day index
    left: Array  # day index, beyond the last day for those who stay

    def titled(self, title: str) -> Array:
        return np.flatnonzero(self.titles == title)


def warehouse_of_region() -> Array:
    return np.array([WAREHOUSE_CODES.index(REGIONS[code][4]) for code in REGION_CODES])


def make_staff(plan: Plan) -> Staff:
    chance = plan.chance("staff")
    jobs = _jobs(int(np.clip(31 * (plan.orders / 20_000) ** 0.3, 18, 90)))
    size = len(jobs)
    titles = words(*(title for title, _, _ in jobs))
    is_rep = titles == "Sales representative"
    names, names_zh = person_names(chance, size, different=True)
    left = np.full(size, plan.days + 10_000)
    leavers = chance.choice(np.flatnonzero(is_rep)[8:], 2, replace=False)
    left[leavers] = chance.integers(300, plan.days - 60, 2)
    return Staff(
        names=names,
        names_zh=names_zh,
        titles=titles,
        region=np.array([region for _, region, _ in jobs]),
        boss=np.array([boss for _, _, boss in jobs]),
        strength=np.where(is_rep, chance.lognormal(0, 0.45, size), 0.0),
        hired=-chance.integers(60, 2_600, size),
        left=left,
    )


def _jobs(reps: int) -> list[tuple[str, int, int]]:
    """(title, region, place of the manager): the head office, four leads, then the reps, of whom
    every region has at least one."""
    jobs: list[tuple[str, int, int]] = [("General manager", -1, -1)]
    lead_of = {}
    for regions in LEADS:
        for region in regions:
            lead_of[region] = len(jobs)
        jobs.append(("Sales lead", REGION_CODES.index(regions[0]), 0))
    for title in ("Sales analyst", "Finance", "Finance", *["Customer support"] * 4):
        jobs.append((title, -1, 0))
    for _, _, home in WAREHOUSES.values():
        jobs.append(("Warehouse keeper", REGION_CODES.index(home), 0))
    shares = np.array([REGIONS[code][2] for code in REGION_CODES])
    counts = np.maximum(np.round(shares * reps), 1).astype(int)
    # the first round gives each region its rep, so the first eight reps always stay
    for turn in range(int(counts.max())):
        for place, code in enumerate(REGION_CODES):
            if turn < counts[place]:
                jobs.append(("Sales representative", place, lead_of[code]))
    return jobs


def person_names(
    chance: np.random.Generator, count: int, *, different: bool = False
) -> tuple[Array, Array]:
    """Names in pinyin and in characters: ('Zhang Wei', '张伟')."""
    surnames, given = pairs(SURNAMES), pairs(GIVEN_NAMES)
    # the first surnames of the list are by far the most common
    weights = 1 / np.arange(3, len(surnames) + 3) ** 0.8
    every = len(surnames) * len(given)
    if different:
        chosen = chance.choice(every, count, replace=False)
        first, second = chosen // len(given), chosen % len(given)
    else:
        steps = np.cumsum(weights)
        first = np.searchsorted(steps, chance.random(count) * steps[-1])
        second = chance.integers(0, len(given), count)
    table = words(*(f"{s} {g}" for s, _ in surnames for g, _ in given))
    table_zh = words(*(f"{s}{g}" for _, s in surnames for _, g in given))
    return table[first * len(given) + second], table_zh[first * len(given) + second]


def phones(chance: np.random.Generator, count: int) -> Array:
    starts = ("130", "135", "136", "138", "139", "150", "158", "159", "176", "186", "188", "199")
    rest = chance.integers(10_000_000, 99_999_999, count).tolist()
    place = chance.integers(0, len(starts), count).tolist()
    return words(*(f"{starts[p]}{r}" for p, r in zip(place, rest, strict=True)))


def company_rows(plan: Plan, staff: Staff) -> dict[str, Rows]:
    return {
        "regions": {
            "region_id": np.arange(1, len(REGIONS) + 1),
            "code": words(*REGION_CODES),
            "name": words(*(region[0] for region in REGIONS.values())),
            "name_zh": words(*(region[1] for region in REGIONS.values())),
        },
        "channels": {
            "channel_id": np.arange(1, len(CHANNELS) + 1),
            "channel": words(*CHANNELS),
            "name": words(*(channel[0] for channel in CHANNELS.values())),
            "name_zh": words(*(channel[1] for channel in CHANNELS.values())),
            "is_online": np.array([channel[2] for channel in CHANNELS.values()]),
            "is_direct": np.array([channel[3] for channel in CHANNELS.values()]),
        },
        "employees": _employee_rows(plan, staff),
        "categories": {
            "category_id": np.arange(1, len(WARES) + 1),
            "name": words(*(ware.name for ware in WARES)),
            "name_zh": words(*(ware.name_zh for ware in WARES)),
        },
        "suppliers": _supplier_rows(plan),
        "warehouses": {
            "warehouse_id": np.arange(1, len(WAREHOUSES) + 1),
            "code": words(*WAREHOUSES),
            "name": words(*(warehouse[0] for warehouse in WAREHOUSES.values())),
            "name_zh": words(*(warehouse[1] for warehouse in WAREHOUSES.values())),
            "region_id": np.array(
                [REGION_CODES.index(warehouse[2]) + 1 for warehouse in WAREHOUSES.values()]
            ),
        },
    }


def _employee_rows(plan: Plan, staff: Staff) -> Rows:
    size = len(staff.names)
    mails = [f"{name.lower().replace(' ', '.')}@orderscope.example" for name in staff.names]
    return {
        "employee_id": np.arange(1, size + 1),
        "name": staff.names,
        "name_zh": staff.names_zh,
        "title": staff.titles,
        "email": words(*mails),
        "phone": phones(plan.chance("staff phones"), size),
        "manager_id": staff.boss + 1,
        "region_id": staff.region + 1,
        "hired_on": plan.day(staff.hired * DAY),
        "left_on": plan.day(staff.left * DAY, staff.left < plan.days),
    }


def _supplier_rows(plan: Plan) -> Rows:
    chance = plan.chance("suppliers")
    company = [pairs(COMPANY_WORDS)[n] for n in chance.choice(40, SUPPLIERS, replace=False)]
    cities = [pairs(REGIONS[code][5])[n % 4] for n, code in enumerate(REGION_CODES[:6] * 3)]
    contact, _ = person_names(chance, SUPPLIERS)
    towns = list(zip(company, cities, strict=True))
    return {
        "supplier_id": np.arange(1, SUPPLIERS + 1),
        "name": words(*(f"{city} {word} Supply Co., Ltd." for (word, _), (city, _) in towns)),
        "name_zh": words(*(f"{city}{word}供应链有限公司" for (_, word), (_, city) in towns)),
        "contact_name": contact,
        "phone": phones(chance, SUPPLIERS),
        "email": words(*(f"sales@{word.lower()}-supply.example" for word, _ in company)),
        "address": words(*(f"{n * 7 + 12} Industrial Park Road" for n in range(SUPPLIERS))),
        "city": words(*(city for city, _ in cities)),
        "country": words(*("China" for _ in cities)),
        "lead_time_days": chance.integers(7, 30, SUPPLIERS),
    }
