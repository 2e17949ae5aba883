"""The customer and contact rows: names, addresses, phones and what they consented to."""

from __future__ import annotations

import numpy as np

from data_access.demo import names
from data_access.demo.almanac import ONLINE
from data_access.demo.customers import OVERSEAS, Customers
from data_access.demo.names import REGIONS, pairs
from data_access.demo.people import REGION_CODES, person_names, phones
from data_access.demo.plan import DAY, Array, Plan, Rows, only, pick, words
from data_access.demo.products import COMPANY, PERSON

SOURCES = (
    "Search",
    "Marketplace",
    "Referral",
    "Social media",
    "Exhibition",
    "Cold call",
    "Walk-in",
)
SOURCE_WEIGHTS = np.array([[30, 28, 12, 22, 2, 1, 5], [10, 4, 26, 6, 20, 22, 12]])
CONSENT = ("granted", "unknown", "refused")
PURPOSES = ("Order updates", "Order updates and offers")


def customer_rows(plan: Plan, customers: Customers, spent: Array) -> Rows:
    """`spent`: net sales by customer, which the grade follows from."""
    chance = plan.chance("customer rows")
    count = len(customers.segment)
    company = customers.segment == COMPANY
    name, name_zh, industry, host = _names(chance, customers)
    cities = _cities()
    place = customers.region * 8 + customers.city
    rest = chance.integers(1, 999, count).tolist()
    mails = words(*(f"{h}{n}@mail.example" for h, n in zip(host, rest, strict=True)))
    offices = words(*(f"office@{h}{n}.example" for h, n in zip(host, rest, strict=True)))
    consent = pick(chance, np.array([68, 21, 11]), count)
    asked = consent != 1
    born = -chance.integers(20 * 365, 62 * 365, count) * DAY
    known = ~company & (chance.random(count) < 0.55)
    return {
        "customer_id": np.arange(1, count + 1),
        "name": name,
        "name_zh": name_zh,
        "customer_type": words("person", "company")[customers.segment],
        "industry": industry,
        "grade": _grades(spent),
        "source": words(*SOURCES)[_sources(chance, customers)],
        "owner_id": customers.owner + 1,
        "region_id": customers.region + 1,
        "phone": phones(chance, count),
        "email": np.where(company, offices, mails),
        "address": _addresses(chance, customers),
        "city": cities[0][place],
        "country": cities[1][place],
        "born_on": plan.day(born, known),
        "consent": words(*CONSENT)[consent],
        "consent_on": plan.day(customers.created, asked),
        "consent_purpose": only(consent == 0, words(*PURPOSES)[chance.integers(0, 2, count)]),
        "created_at": plan.moment(customers.created),
    }


def _names(chance: np.random.Generator, customers: Customers) -> tuple[Array, Array, Array, Array]:
    """Name, Chinese name, industry, and the word its mail address begins with."""
    count = len(customers.segment)
    name, name_zh = person_names(chance, count)
    foreign = customers.region == OVERSEAS
    surname = words(*names.FOREIGN_SURNAMES)[chance.integers(0, 10, count)]
    given = words(*names.FOREIGN_GIVEN_NAMES)[chance.integers(0, 16, count)]
    name = np.where(foreign, given + " " + surname, name)
    name_zh = only(~foreign, name_zh)
    industry = np.full(count, None, dtype=object)
    host = words(*(text.replace(" ", "").lower() for text in name))
    company = customers.segment == COMPANY
    for where in np.flatnonzero(company):
        name[where], name_zh[where], industry[where], host[where] = _company(
            chance, REGION_CODES[customers.region[where]], int(customers.city[where])
        )
    return name, name_zh, industry, host


_WORDS = pairs(names.COMPANY_WORDS)
_INDUSTRIES = list(names.INDUSTRIES.items())
_CITIES = {code: pairs(region[5]) for code, region in REGIONS.items()}


def _company(chance: np.random.Generator, region: str, place: int) -> tuple[str, str, str, str]:
    lot = int(chance.integers(0, 1 << 30))
    word, word_zh = _WORDS[lot % len(_WORDS)]
    more, more_zh = _WORDS[lot // 64 % len(_WORDS)]
    if lot // 4096 % 4 == 0 and more != word:
        word, word_zh = f"{word} {more}", f"{word_zh}{more_zh}"
    industry, (trade, trade_zh) = _INDUSTRIES[lot // 65_536 % len(_INDUSTRIES)]
    city, city_zh = _CITIES[region][place]
    host = word.replace(" ", "").lower()
    if region == "overseas":
        return f"{word} {trade} ({city})", f"{word_zh}{trade_zh}（{city_zh}）", industry, host
    return (
        f"{city} {word} {trade} Co., Ltd.",
        f"{city_zh}{word_zh}{trade_zh}有限公司",
        industry,
        host,
    )


def _cities() -> tuple[Array, Array]:
    """City and country by region × 8 + place."""
    cities, countries = [], []
    for code in REGION_CODES:
        row = [city for city, _ in _CITIES[code]]
        row += [row[-1]] * (8 - len(row))
        cities += row
        countries += [names.COUNTRIES.get(city, "China") for city in row]
    return words(*cities), words(*countries)


def _addresses(chance: np.random.Generator, customers: Customers) -> Array:
    count = len(customers.segment)
    streets, foreign = pairs(names.STREETS), names.FOREIGN_STREETS
    chinese = [street for _, street in streets]
    lots = chance.integers(0, 1 << 30, count).tolist()
    cities_zh = {n: [city for _, city in _CITIES[code]] for n, code in enumerate(REGION_CODES)}
    found = []
    for lot, region, city in zip(
        lots, customers.region.tolist(), customers.city.tolist(), strict=True
    ):
        number = lot // 64 % 480 + 1
        if region == OVERSEAS:
            found.append(f"{number} {foreign[lot % len(foreign)]}, {_CITIES['overseas'][city][0]}")
        else:
            street = chinese[lot % len(chinese)]
            found.append(f"{cities_zh[region][city]}市{street}{number}号{lot // 32768 % 30 + 1}室")
    return words(*found)


def _sources(chance: np.random.Generator, customers: Customers) -> Array:
    online = pick(chance, SOURCE_WEIGHTS[0], len(customers.mode))
    offline = pick(chance, SOURCE_WEIGHTS[1], len(customers.mode))
    return np.where(customers.mode == ONLINE, online, offline)


def _grades(spent: Array) -> Array:
    """A for the twelfth that spends most, then B, C and D."""
    rank = np.argsort(np.argsort(-spent, kind="stable"), kind="stable") / max(len(spent), 1)
    return words("A", "B", "C", "D")[np.digitize(rank, [0.08, 0.30, 0.70])]


def contact_rows(plan: Plan, customers: Customers) -> Rows:
    """One to three people at every company; the first is the one to call."""
    chance = plan.chance("contacts")
    companies = np.flatnonzero(customers.segment != PERSON)
    each = 1 + chance.integers(0, 3, len(companies))
    customer = np.repeat(companies, each)
    count = len(customer)
    name, name_zh = person_names(chance, count)
    abroad = customers.region[customer] == OVERSEAS
    mail = [f"{n.replace(' ', '.').lower()}{c}@contact.example"
            for n, c in zip(name, customer.tolist(), strict=True)]  # fmt: skip
    return {
        "contact_id": np.arange(1, count + 1),
        "customer_id": customer + 1,
        "name": np.where(abroad, name, name_zh),
        "position": words(*names.POSITIONS)[chance.integers(0, len(names.POSITIONS), count)],
        "phone": phones(chance, count),
        "email": words(*mail),
        "is_primary": np.diff(customer, prepend=-1) > 0,
    }
