"""What a refresh learns for what-if is what the page would learn, and is passed over when newer
data matter."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import select, update

from dashboard.analytics.what_if.drawing import Selection, Sources
from dashboard.analytics.what_if.levers import Levers
from dashboard.analytics.what_if.simulation import simulate
from dashboard.analytics.what_if.storing import Known
from dashboard.analytics.what_if.world import USUAL, World, build_world
from dashboard.refreshing import Outcome, refresh, source_of
from dashboard.what_if_learning import find_known, learn_from_sales, version_of
from data_access.database import Database, bulk_writing, writing
from data_access.filters import OrderFilter
from data_access.scope import Scope
from data_access.tables import campaigns, customers, orders, users, what_if_learnt
from data_access.what_if import last_monday, sum_orders_by_customer_age, sum_product_weeks
from tests.crm import add, add_order, scope_of

DAY = date(2026, 11, 26)
WEEKS, CURRENCY = 54, "JPY"
PRICES = (100.0, 110.0, 90.0, 105.0, 95.0, 115.0, 100.0, 85.0, 100.0, 108.0)


@pytest.fixture
def shop(database: Database) -> dict[str, int]:
    """54 weeks of two products in two regions, with a promotion now and then."""
    writer = database.writer
    category = add(writer, "categories", name="Tea")
    north, south = (add(writer, "regions", name=name) for name in ("North", "South"))
    products = [add(writer, "products", name=f"Leaf {n}", category_id=category) for n in (1, 2)]
    first, chance = last_monday(DAY) - timedelta(weeks=WEEKS), np.random.default_rng(1)
    deals = [
        add(writer, "campaigns", name=f"Deal {n}", starts_on=first + timedelta(weeks=12 * n),
            ends_on=first + timedelta(weeks=12 * n, days=6), discount_rate=0.1, budget=500,
            currency=CURRENCY)
        for n in range(4)
    ]  # fmt: skip
    for week in range(WEEKS):
        for product_id in products:
            price = PRICES[(week // 6 + product_id) % len(PRICES)]
            for _each in range(1 + chance.poisson(1.0)):
                add_order(
                    database, currency=CURRENCY,
                    region_id=(north, south)[int(chance.random() < 0.4)],
                    ordered_on=first + timedelta(weeks=week, days=int(chance.integers(7))),
                    campaign_id=deals[week // 12] if week % 12 == 0 and week < 48 else None,
                    lines=[{"product_id": product_id, "unit_price": price, "quantity": 1}],
                )  # fmt: skip
    return {"north": north, "south": south, "product": products[0], "deal": deals[0]}


def people(database: Database, shop: dict[str, int]) -> dict[str, Scope]:
    both = [shop["north"], shop["south"]]
    return {
        "manager": scope_of(database, "manager"),
        "analyst": scope_of(database, "analyst"),
        "lead": scope_of(database, "sales_lead", region_ids=both[:1]),
        "lead of both": scope_of(database, "sales_lead", region_ids=both),
        "rep": scope_of(database, "sales_rep", employee_id=1),
    }


def learn(database: Database, day: date = DAY) -> Outcome:
    source = source_of(database.record, database.writer, database.analytics, day)
    return refresh(source, ("what_if",), lambda part, share: None)[0]


def known_to(database: Database, scope: Scope, day: date = DAY) -> Known | None:
    return find_known(database.record, scope, day, CURRENCY)


def world_of(database: Database, scope: Scope, known: Known) -> World:
    chosen = OrderFilter(currency=CURRENCY)
    engine = database.analytics
    ages = sum_orders_by_customer_age(engine, scope, chosen, DAY)
    ages.attrs["as_of"] = str(DAY)
    weeks = sum_product_weeks(engine, scope, chosen, DAY)
    sources = Sources(weeks, ages, ages.iloc[:0])
    world = build_world(
        known.learnt, sources, Selection(), last_monday(DAY), USUAL,
        course=known.courses.get(USUAL),
    )  # fmt: skip
    assert world is not None
    return world


def test_what_is_stored_gives_the_numbers_of_learning_on_the_fly(
    database: Database, shop: dict[str, int]
) -> None:
    seen = people(database, shop)
    outcome = learn(database)
    assert outcome.state == "done", outcome.message
    for name, scope in seen.items():
        if name == "rep":
            continue
        stored = known_to(database, scope)
        assert stored is not None, name
        fresh, _weeks = learn_from_sales(
            database.analytics, scope, DAY, CURRENCY, version_of(database.record)
        )
        one, other = stored.learnt, fresh.learnt
        assert_frame_equal(one.elasticities, other.elasticities, check_exact=True)
        assert_frame_equal(one.promotions.effects, other.promotions.effects, check_exact=True)
        assert_frame_equal(one.promotions.after, other.promotions.after, check_exact=True)
        assert (one.spend, one.weeks, one.recent) == (other.spend, other.weeks, other.recent)
        assert one.version == other.version
        levers = Levers(price_change=0.1, spend_change=0.2)
        worlds = [world_of(database, scope, each) for each in (stored, fresh)]
        assert stored.courses and not fresh.courses
        np.testing.assert_array_equal(worlds[0].baseline.paths, worlds[1].baseline.paths)
        told = [simulate(each.baseline, each.draws, levers) for each in worlds]
        assert told[0].outcome("revenue") == told[1].outcome("revenue")


def test_nobody_is_told_what_was_learnt_from_orders_they_do_not_see(
    database: Database, shop: dict[str, int]
) -> None:
    seen = people(database, shop)
    learn(database)
    weeks = {name: known_to(database, scope) for name, scope in seen.items()}
    assert weeks["rep"] is None
    recent = {name: each.learnt.recent for name, each in weeks.items() if each is not None}
    assert recent["manager"] == recent["analyst"] == recent["lead of both"] > recent["lead"] > 0
    with database.record.connect() as connection:
        rights = set(connection.scalars(select(what_if_learnt.c.rights)))
    north, south = shop["north"], shop["south"]
    assert rights == {"all", f"regions {north}", f"regions {north},{south}"}
    other = scope_of(database, "sales_lead", region_ids=[south])
    assert known_to(database, other) is None
    relation = other.visible.what_if_learnt
    with database.record.connect() as connection:
        assert connection.execute(select(relation)).all() == []


def _touch(database: Database, count: int, before: date) -> None:
    with writing(database.writer) as connection:
        some = select(orders.c.order_id).where(
            orders.c.ordered_on < before, orders.c.currency == CURRENCY
        )
        ids = list(connection.scalars(some.limit(count)))
        connection.execute(
            update(orders).where(orders.c.order_id.in_(ids)).values(note="looked at")
        )


def test_what_changed_since_makes_it_old_where_it_matters(
    database: Database, shop: dict[str, int]
) -> None:
    boss = scope_of(database, "manager")
    learn(database)
    assert known_to(database, boss) is not None
    # orders of this week, one of those that were learnt from, a customer: nothing to speak of
    line = {"product_id": shop["product"]}
    add_order(database, currency=CURRENCY, ordered_on=DAY, lines=[line])
    _touch(database, 1, last_monday(DAY))
    add(database.writer, "customers")
    assert known_to(database, boss) is not None
    assert known_to(database, boss, last_monday(DAY) + timedelta(days=6)) is not None
    assert known_to(database, boss, last_monday(DAY) + timedelta(days=7)) is None  # another week
    _touch(database, 40, last_monday(DAY))
    assert known_to(database, boss) is None
    learn(database)
    assert known_to(database, boss) is not None
    with writing(database.writer) as connection:
        connection.execute(
            update(campaigns)
            .where(campaigns.c.campaign_id == shop["deal"])
            .values(discount_rate=0.2)
        )
    assert known_to(database, boss) is None
    learn(database)
    with bulk_writing(database.writer) as connection:
        connection.execute(update(customers).values(city="Kyoto"))
    assert known_to(database, boss) is None


def test_what_cannot_be_read_is_passed_over(database: Database, shop: dict[str, int]) -> None:
    boss = scope_of(database, "manager")
    learn(database)
    for broken in ("{", "{}", '{"elasticities": 5}', "[]"):
        with writing(database.writer) as connection:
            connection.execute(update(what_if_learnt).values(learnt=broken))
        assert known_to(database, boss) is None
    assert learn(database).state == "skipped"


def test_without_people_or_orders_nothing_is_stored(database: Database) -> None:
    with writing(database.writer) as connection:
        connection.execute(update(users).values(is_active=False))
    outcome = learn(database)
    assert (outcome.state, outcome.rows) == ("done", 0)
