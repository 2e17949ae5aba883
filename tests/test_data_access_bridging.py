"""Sales of two periods beside each other, worked by hand, on the record and on its copy alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from dashboard.analytics.bridge import part_effects, product_effects, sum_effects
from data_access.bridging import (
    PartBy,
    sum_sales_by_customer_group,
    sum_sales_by_part,
    sum_sales_by_product,
    sum_sales_of_two_periods,
)
from data_access.bridging_rows import Part, list_customers_of_group, list_orders_of_part
from data_access.database import Database
from data_access.days import add_up_periods
from data_access.filters import OrderFilter, Period
from data_access.sales import sum_sales_by_day
from data_access.scope import Scope
from tests.asking import Asked
from tests.crm import add, add_order, scope_of

AS_OF = date(2026, 11, 30)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
CNY = OrderFilter(period=NOVEMBER, currency="CNY")


class World(Asked):
    """Saws and dolls are goods, postage is not.

    before (October)                              now (November)
    O1 web   Ada  2 saws à 100, postage 8         N1 web    Ada  3 saws à 110 − 10 %
    O2 store Bea  5 dolls à 20, 1 came back       N2 web    Bea  1 saw à 110, postage 6
    O3 web   Cem  1 doll à 20                     N3 store  Dan  4 dolls à 20, Dan never before
    O4 web   –    1 doll à 20, nobody's           N4 web    Eve  1 kite à 30, Eve had one in March
    O5 web   Bea  cancelled, 9 saws               N5 web    Ada  in euro, 1 saw
    """

    def __init__(self, database: Database) -> None:
        self.database, writer = database, database.writer
        self.tools, self.toys = (add(writer, "categories", name=name) for name in ("Tools", "Toys"))
        self.saw = add(writer, "products", name="Saw", category_id=self.tools)
        self.doll = add(writer, "products", name="Doll", name_zh="娃娃", category_id=self.toys)
        self.kite = add(writer, "products", name="Kite", category_id=self.toys)
        self.postage = add(writer, "products", name="Postage", is_goods=False)
        self.east = add(writer, "regions", name="East")
        self.people = {
            name: add(writer, "customers", name=name)
            for name in ("Ada", "Bea", "Cem", "Dan", "Eve")
        }
        self._add("O1", 10, 5, "Ada", [(self.saw, 2, 100, 60), (self.postage, 1, 8, 0)])
        self._add("O2", 10, 6, "Bea", [(self.doll, 5, 20, 8, 1)], channel="store",
                  region_id=self.east)  # fmt: skip
        self._add("O3", 10, 31, "Cem", [(self.doll, 1, 20, 8)])
        self._add("O4", 10, 1, None, [(self.doll, 1, 20, 8)])
        self._add("O5", 10, 9, "Bea", [(self.saw, 9, 100, 60)], stage="cancelled")
        self._add("N1", 11, 1, "Ada", [(self.saw, 3, 110, 62, 0, "0.1")])
        self._add("N2", 11, 30, "Bea", [(self.saw, 1, 110, 62), (self.postage, 1, 6, 0)])
        self._add("N3", 11, 9, "Dan", [(self.doll, 4, 20, 8)], channel="store")
        self._add("N4", 11, 9, "Eve", [(self.kite, 1, 30, None)])
        self._add("N5", 11, 9, "Ada", [(self.saw, 1, 70, 40)], currency="EUR")
        self._add("M1", 3, 9, "Eve", [(self.kite, 1, 30, 9)])
        super().__init__(database)

    def _add(
        self, number: str, month: int, day: int, customer: str | None, lines: list[Any], **more: Any
    ) -> None:
        add_order(
            self.database,
            order_number=number,
            ordered_on=date(2026, month, day),
            customer_id=self.people[customer] if customer else None,
            **{"channel": "web", **more},
            lines=[
                {
                    "product_id": product_id, "quantity": quantity, "unit_price": price,
                    "unit_cost": cost, "returned_quantity": (rest or [0])[0],
                    "discount_rate": (rest or [0, 0])[1] if len(rest) > 1 else 0,
                }
                for product_id, quantity, price, cost, *rest in lines
            ],
        )  # fmt: skip


@pytest.fixture(scope="module")
def world(shared_database: Database) -> Iterator[World]:
    made = World(shared_database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def manager(world: World) -> Scope:
    return scope_of(world.database, "manager")


def test_products_of_both_months(world: World, manager: Scope) -> None:
    found = world.ask(sum_sales_by_product, manager, CNY, AS_OF, OCTOBER, "zh_CN")
    assert found["name"].tolist() == ["Saw", "娃娃", "Kite", "Postage"]
    assert found["is_goods"].tolist() == [1, 1, 1, 0]
    rows = found.set_index("name")
    names = ["units", "gross_sales", "returns_value", "net_sales", "cost", "sold_cost"]
    before = [f"before_{name}" for name in names]
    assert rows.loc["Saw", names].tolist() == [4, 440, 0, 407, 248, 248]
    assert rows.loc["Saw", before].tolist() == [2, 200, 0, 200, 120, 120]
    assert rows.loc["娃娃", names].tolist() == [4, 80, 0, 80, 32, 32]
    assert rows.loc["娃娃", before].tolist() == [7, 140, 20, 120, 48, 56]
    assert rows.loc["Postage", ["net_sales", "before_net_sales"]].tolist() == [6, 8]
    assert rows.loc["Kite", [*names, "before_units"]].tolist() == [1, 30, 0, 30, 0, 0, 0]


def test_the_bridge_of_the_two_months(world: World, manager: Scope) -> None:
    """P̄₀ of saws and dolls: 340 ÷ 9 units."""
    found = world.ask(sum_sales_by_product, manager, CNY, AS_OF, OCTOBER)
    effects = {name: round(float(each), 4) for name, each in sum_effects(
        product_effects(found)).items()}  # fmt: skip
    assert effects == {
        "price": 40,  # saws 10 dearer, × 4
        "discount": -33,
        "volume": -37.7778,  # 8 − 9 units
        "mix": 177.7778,  # 100 × 4 + 20 × 4 = 480, less 8 × 37.7778
        "new": 30,
        "returns": 20,
        "charges": -2,
    }
    assert round(sum(effects.values()), 4) == 523 - 328


def test_customers_new_won_back_kept_and_lost(world: World, manager: Scope) -> None:
    found = world.ask(sum_sales_by_customer_group, manager, CNY, AS_OF, OCTOBER)
    told = {row.customer_group: (row.customers, row.before_net_sales, row.net_sales)
            for row in found.itertuples()}  # fmt: skip
    assert told == {
        "kept_grown": (2, 288, 413),  # Ada 208 → 297, Bea 80 → 116
        "lost": (1, 20, 0),  # Cem
        "new": (1, 0, 80),  # Dan
        "won_back": (1, 0, 30),  # Eve
        "nobody": (0, 20, 0),
    }
    last_year = NOVEMBER.last_year()
    again = world.ask(sum_sales_by_customer_group, manager, CNY, AS_OF, last_year)
    assert dict(zip(again["customer_group"], again["customers"], strict=True)) == {
        "new": 1, "won_back": 3
    }  # fmt: skip


@pytest.mark.parametrize("against", [NOVEMBER.previous(), NOVEMBER.last_year(), OCTOBER, NOVEMBER,
                                     Period(date(2026, 10, 15), date(2026, 11, 9))])  # fmt: skip
@pytest.mark.parametrize("narrowed", ["", "channel", "category", "region"])
def test_every_way_sums_to_the_same_change(
    world: World, manager: Scope, against: Period, narrowed: str
) -> None:
    more: dict[str, Any] = {
        "channel": {"channels": ("web",)}, "category": {"category_ids": (world.toys,)},
        "region": {"region_ids": (world.east,)},
    }.get(narrowed, {})  # fmt: skip
    chosen = OrderFilter(period=NOVEMBER, currency="CNY", **more)
    asked = (manager, chosen, AS_OF, against)
    whole = world.ask(sum_sales_of_two_periods, *asked).iloc[0]
    change = round(whole["net_sales"] - whole["before_net_sales"], 4)
    margin = round(change - whole["cost"] + whole["before_cost"], 4)
    products = world.ask(sum_sales_by_product, *asked)
    groups = world.ask(sum_sales_by_customer_group, *asked)
    assert float(sum(sum_effects(product_effects(products)).values())) == pytest.approx(change)
    assert float(sum(sum_effects(product_effects(products, "margin")).values())) == pytest.approx(
        margin
    )
    parts = [world.ask(sum_sales_by_part, *asked, by) for by in
             ("channel", "region", "category", "product")]  # fmt: skip
    for rows in (groups, *parts):
        assert float(sum(part_effects(rows))) == pytest.approx(change)
        assert float(sum(part_effects(rows, "margin"))) == pytest.approx(margin)


def test_the_change_is_that_of_the_overview(world: World, manager: Scope) -> None:
    days = world.ask(sum_sales_by_day, manager, CNY, AS_OF)
    spans = add_up_periods(days, NOVEMBER).set_index("span")
    for span, before in (("previous", OCTOBER), ("last_year", NOVEMBER.last_year())):
        found = world.ask(sum_sales_of_two_periods, manager, CNY, AS_OF, before).iloc[0]
        assert found["net_sales"] == spans.loc["now", "net_sales"] == 523
        assert found["before_net_sales"] == spans.loc[span, "net_sales"]
        assert found["before_cost"] == spans.loc[span, "cost"]


def test_amounts_of_several_currencies_are_not_added(world: World, manager: Scope) -> None:
    both = OrderFilter(period=NOVEMBER)
    plain = (sum_sales_of_two_periods, sum_sales_by_product, sum_sales_by_customer_group)
    for query, more in (*((query, ()) for query in plain), (sum_sales_by_part, ("channel",))):
        found = world.ask(query, manager, both, AS_OF, OCTOBER, *more)
        amounts = [name for name in found if "sales" in name or "cost" in name]
        assert found[amounts].isna().all(axis=None), query


@pytest.mark.parametrize(
    ("part", "numbers"),
    [
        ({"products": "both"}, {"N1": 297, "N2": 110, "N3": 80, "O1": 200, "O2": 80, "O3": 20,
                                "O4": 20}),
        ({"products": "new"}, {"N4": 30}),
        ({"products": "gone"}, {}),
        ({"products": "corrections"}, {}),
        ({"products": "charges"}, {"O1": 8, "N2": 6}),
        ({"products": "returns"}, {"O2": 80}),
        ({"customers": "kept_grown"}, {"N1": 297, "O1": 208, "N2": 116, "O2": 80}),
        ({"customers": "lost"}, {"O3": 20}),
        ({"customers": "nobody"}, {"O4": 20}),
        ({"customers": "won_back"}, {"N4": 30}),
        ({"by": "channel", "keys": ("store",)}, {"O2": 80, "N3": 80}),
        ({"by": "channel", "keys": ("store",), "others": True},
         {"N1": 297, "O1": 208, "N2": 116, "N4": 30, "O3": 20, "O4": 20}),
        ({"by": "region", "keys": (None,), "others": True}, {"O2": 80}),
    ],
)  # fmt: skip
def test_the_orders_behind_a_part(
    world: World, manager: Scope, part: dict[str, Any], numbers: dict[str, float]
) -> None:
    found = world.ask(list_orders_of_part, manager, CNY, AS_OF, OCTOBER, Part(**part))
    assert dict(zip(found["order_number"], found["net_sales"], strict=True)) == numbers
    sizes = found["net_sales"].abs().tolist()
    assert sizes == sorted(sizes, reverse=True)
    assert found["is_now"].tolist() == [int(n.startswith("N")) for n in found["order_number"]]


def test_the_orders_of_a_product_and_of_a_category_with_their_lines_alone(
    world: World, manager: Scope
) -> None:
    by: PartBy
    for by, key, expected in (
        ("product", world.postage, {"O1": 8, "N2": 6}),
        ("category", world.tools, {"N1": 297, "O1": 200, "N2": 110}),
        ("category", None, {"O1": 8, "N2": 6}),
    ):
        part = Part(by=by, keys=(key,))
        found = world.ask(list_orders_of_part, manager, CNY, AS_OF, OCTOBER, part)
        assert dict(zip(found["order_number"], found["net_sales"], strict=True)) == expected


def test_the_customers_of_a_group(world: World, manager: Scope) -> None:
    found = world.ask(list_customers_of_group, manager, CNY, AS_OF, OCTOBER, "kept_grown")
    assert found["customer"].tolist() == ["Ada", "Bea"]  # + 89 and + 36
    assert found["before_net_sales"].tolist() == [208, 80]


def test_a_part_is_one_thing() -> None:
    with pytest.raises(ValueError, match="a part is one"):
        Part(products="new", by="channel")
