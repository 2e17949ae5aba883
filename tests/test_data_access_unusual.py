"""Days, their parts and the notes about them, worked by hand, on the record and its copy alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from data_access.database import Database
from data_access.filters import OrderFilter, Period
from data_access.scope import Scope
from data_access.unusual import (
    DayPart,
    about,
    list_day_notes,
    sum_day_by_part,
    sum_net_sales_by_day,
)
from tests.asking import Asked
from tests.crm import add, add_order, add_user, scope_of

AS_OF = date(2026, 11, 30)
DAY = date(2026, 11, 26)  # a Thursday
CNY = OrderFilter(period=Period(DAY, DAY), currency="CNY")


class World(Asked):
    """On the day: Ada in the web shop for 300 (a saw and two dolls), Bea in a store for 50. On the
    Thursdays before: Ada 100 each of eight weeks ago to one; Cem 40 nine weeks ago, which is too
    long ago to count. Today, which is not over, and what was cancelled or in euro count for
    nothing."""

    def __init__(self, database: Database) -> None:
        self.database, writer = database, database.writer
        tools = add(writer, "categories", name="Tools", name_zh="工具")
        self.saw = add(writer, "products", name="Saw", category_id=tools)
        self.doll = add(writer, "products", name="Doll")
        self.east = add(writer, "regions", name="East")
        self.people = {name: add(writer, "customers", name=name) for name in ("Ada", "Bea", "Cem")}
        self._add(DAY, "Ada", [(self.saw, 1, 200), (self.doll, 2, 50)], region_id=self.east)
        self._add(DAY, "Bea", [(self.doll, 1, 50)], channel="store")
        for weeks in range(1, 9):
            self._add(DAY - timedelta(weeks=weeks), "Ada", [(self.saw, 1, 100)])
        self._add(DAY - timedelta(weeks=9), "Cem", [(self.doll, 1, 40)])
        self._add(DAY - timedelta(days=1), "Cem", [(self.doll, 1, 7)])
        self._add(AS_OF, "Cem", [(self.doll, 1, 999)])
        self._add(DAY, "Cem", [(self.doll, 1, 999)], stage="cancelled")
        self._add(DAY, "Cem", [(self.doll, 1, 999)], currency="EUR")
        super().__init__(database)

    def _add(self, day: date, customer: str, lines: list[Any], **more: Any) -> None:
        add_order(
            self.database,
            ordered_on=day,
            customer_id=self.people[customer],
            lines=[{"product_id": product, "quantity": quantity, "unit_price": price}
                   for product, quantity, price in lines],
            **{"channel": "web", **more},
        )  # fmt: skip


@pytest.fixture(scope="module")
def world(shared_database: Database) -> Iterator[World]:
    made = World(shared_database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def manager(world: World) -> Scope:
    return scope_of(world.database, "manager")


def test_days_before_today_with_their_net_sales(world: World, manager: Scope) -> None:
    found = world.ask(sum_net_sales_by_day, manager, CNY, AS_OF)
    days = dict(zip(found["day_on"].dt.date, found["net_sales"], strict=True))
    assert days[DAY] == 350
    assert days[DAY - timedelta(days=1)] == 7
    assert days[DAY - timedelta(weeks=9)] == 40
    assert AS_OF not in days
    assert found["day_on"].is_monotonic_increasing
    store = OrderFilter(currency="CNY", channels=("store",))
    assert world.ask(sum_net_sales_by_day, manager, store, AS_OF)["net_sales"].tolist() == [50]
    several = world.ask(sum_net_sales_by_day, manager, OrderFilter(), AS_OF)
    assert several["net_sales"].isna().all()


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("channel", {"web": (300, 800), "store": (50, 0)}),
        ("region", {"East": (300, 0), None: (50, 800)}),
        ("category", {"工具": (200, 800), None: (150, 0)}),
        ("product", {"Saw": (200, 800), "Doll": (150, 0)}),
        ("customer", {"Ada": (300, 800), "Bea": (50, 0)}),
    ],
)
def test_the_parts_of_a_day_and_of_the_weekdays_before(
    world: World, manager: Scope, by: DayPart, expected: dict[str | None, tuple[float, float]]
) -> None:
    found = world.ask(sum_day_by_part, manager, CNY, AS_OF, DAY, by, "zh_CN")
    names = found["key"] if by == "channel" else found["name"]
    told = {
        None if pd.isna(name) else name: (now, usual)
        for name, now, usual in zip(names, found["net_sales"], found["usual_sales"], strict=True)
    }
    assert told == expected


def test_what_a_note_is_about() -> None:
    assert about(CNY) == ""
    narrowed = OrderFilter(period=Period(DAY, DAY), currency="CNY", channels=("web", "store"))
    assert about(narrowed) == "channels=('store', 'web')"


def test_notes_are_read_by_who_sees_everything_and_by_who_wrote_them(
    sqlite_database: Database,
) -> None:
    writer = sqlite_database.writer
    ada, bea = (add(writer, "employees", name=name) for name in ("Ada", "Bea"))
    for employee, note in ((ada, "hers"), (bea, "his"), (None, "the boss's")):
        add(
            writer, "anomaly_notes", day_on=DAY, currency="CNY", about="", is_of_all=not employee,
            employee_id=employee, user_id=add_user(sqlite_database, "manager"), author="A",
            note=note, written_at=datetime(2026, 11, 27, 9),
        )  # fmt: skip
    record = sqlite_database.record

    def notes(role: str, **more: Any) -> set[str]:
        return set(list_day_notes(record, scope_of(sqlite_database, role, **more), "CNY")["note"])

    everything = {"hers", "his", "the boss's"}
    for role in ("admin", "manager", "analyst"):
        assert everything <= notes(role), role
    assert notes("sales_rep", employee_id=ada) == {"hers"}
    assert notes("sales_lead", employee_id=bea) == {"his"}
    assert notes("sales_lead") == notes("support") == notes("partner") == set()
    assert not len(list_day_notes(record, scope_of(sqlite_database, "manager"), "EUR"))
