"""Shortages: who waits, who is to get what, applying it and undoing it, as each role meets it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard.texts import plain
from data_access.allocating import list_stock_lines
from data_access.database import Database
from data_access.edits.moving import confirm_order
from data_access.edits.terms import change_promised_date
from data_access.edits.transaction import new_request_id
from data_access.tables import allocations, orders, stock
from tests.browsing import Browser, says, texts
from tests.crm import add, add_order, add_user, scope_of
from tests.exported import Buttons, read_csv

ZONE = ZoneInfo("Asia/Shanghai")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def ahead(days: int) -> date:
    return datetime.now(ZONE).date() + timedelta(days=days)


class Depot:
    """Ten pens for three orders: Ann (north) asks for eight, promised first; Bob (south) for six,
    the best margin; Cy (south) for two, not confirmed yet. A receipt of five comes in six days."""

    def __init__(self, browser: Browser) -> None:
        self.browser, self.database = browser, browser.database
        writer = self.database.writer
        self.north, self.south = (add(writer, "regions", name=name) for name in ("North", "South"))
        self.place = add(writer, "warehouses", name="Harbour", name_zh="海港仓")
        self.pen, self.ink = (
            add(writer, "products", name=name, sku=name.upper()) for name in ("Pen", "Ink")
        )
        self.pens, self.inks = (
            add(writer, "stock", product_id=each, warehouse_id=self.place, on_hand=10)
            for each in (self.pen, self.ink)
        )
        self.ann, self.bob, self.cy = (
            add(writer, "customers", name=name, region_id=region)
            for name, region in (("Ann Ltd", self.north), ("Bob Ltd", self.south),
                                 ("Cy Ltd", self.south))
        )  # fmt: skip
        add(writer, "replenishments", product_id=self.pen, warehouse_id=self.place, quantity=5,
            state="ordered", expected_on=ahead(6))  # fmt: skip
        self.admin = scope_of(self.database, "admin", name="Ada")
        self.of_ann = self.order(self.ann, 8, 1, price=10)
        self.of_bob = self.order(self.bob, 6, 3, price=30)
        self.of_cy = self.order(self.cy, 2, 9, price=10, confirmed=False)

    def order(
        self, customer_id: int, units: int, in_days: int, *, price: int, confirmed: bool = True,
        product_id: int | None = None,
    ) -> int:  # fmt: skip
        region = self.north if customer_id == self.ann else self.south
        line = {"product_id": product_id or self.pen, "quantity": units, "unit_price": price,
                "unit_cost": 5}  # fmt: skip
        order_id = add_order(
            self.database, customer_id=customer_id, stage="received", lines=[line],
            warehouse_id=self.place, region_id=region, promised_on=ahead(in_days),
            ordered_on=ahead(0),
        )  # fmt: skip
        if confirmed:
            confirm_order(
                self.database.writer, self.admin, order_id, seen_version=1,
                request_id=new_request_id(), allow_short=True,
            )  # fmt: skip
        return order_id

    def open(self, role: str = "manager", **values: Any) -> AppTest:
        query = values.pop("query", {})
        self.browser.sign_in(add_user(self.database, role, **values))
        tab = self.browser.open("shortages", **query)
        assert not tab.exception
        return tab

    def set_aside(self) -> dict[int, int]:
        with self.database.record.connect() as connection:
            found = connection.execute(select(allocations.c.order_id, allocations.c.quantity))
            return {row.order_id: row.quantity for row in found}

    def number(self, order_id: int) -> str:
        with self.database.record.connect() as connection:
            number = select(orders.c.order_number).where(orders.c.order_id == order_id)
            return str(connection.scalar(number))


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def depot(browser: Browser) -> Depot:
    return Depot(browser)


def listed(tab: AppTest) -> Any:
    (table,) = (each.value for each in tab.dataframe if "hit_orders" in each.value)
    return table.set_index("sku")


def lines(tab: AppTest) -> Any:
    (table,) = (each.value for each in tab.dataframe if "order_number" in each.value)
    return table.set_index("customer")


def cards(tab: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in tab.metric}


def difference(tab: AppTest) -> dict[str, list[str]]:
    """The rows of the table of before and after."""
    (table,) = (text for text in texts(tab) if text.startswith("||"))
    rows = [line.strip("|").replace("*", "").split("|") for line in table.splitlines()[2:]]
    return {label: cells for label, *cells in rows}


def apply(tab: AppTest) -> AppTest:
    tab = tab.button(key="allocation_apply").click().run()
    assert not tab.exception
    return tab


def test_nothing_short_says_so(browser: Browser) -> None:
    browser.sign_in(add_user(browser.database, "manager"))
    tab = browser.open("shortages")
    assert not tab.exception and says(tab, "Nothing is short.")


def test_a_short_product_with_what_it_hits(depot: Depot) -> None:
    depot.order(depot.ann, 4, 2, price=3, product_id=depot.ink)  # of which there is enough
    tab = depot.open()
    table = listed(tab)
    assert table.index.tolist() == ["PEN"]
    row = table.loc["PEN"]
    assert (row["asked"], row["on_hand"], row["missing"]) == (16, 10, 6)
    # Ann holds all eight, Bob two, Cy none
    assert (row["hit_orders"], row["hit_customers"], row["hit_sales"]) == (2, 2, 200)
    assert (row["on_order"], row["expected_on"].date()) == (5, ahead(6))
    assert cards(tab) == {"Short products": "1", "Orders hit": "2", "Customers hit": "2",
                          "Sales that wait": "¥200"}  # fmt: skip


def test_exactly_the_lines_that_wait_with_what_they_hold(depot: Depot) -> None:
    table = lines(depot.open())
    assert set(table.index) == {"Ann Ltd", "Bob Ltd", "Cy Ltd"}
    assert table["held"].to_dict() == {"Ann Ltd": 8, "Bob Ltd": 2, "Cy Ltd": 0}
    assert table["net_sales"].to_dict() == {"Ann Ltd": 80, "Bob Ltd": 180, "Cy Ltd": 20}
    assert table["margin"].to_dict() == {"Ann Ltd": 40, "Bob Ltd": 150, "Cy Ltd": 10}
    assert table.loc["Cy Ltd", "stage"] == ["Received"]


def test_the_proposal_and_what_it_changes(depot: Depot) -> None:
    tab = depot.open()
    table = lines(tab)
    # promised 1, 0.75, 0; margin of a unit 0.2, 1, 0.2; value 80/180, 1, 20/180
    scores = {"Ann Ltd": "66", "Bob Ltd": "88", "Cy Ltd": "8"}
    assert table["why"].to_dict() == scores and table.index[0] == "Bob Ltd"
    # whole lines first: Bob's six, Cy's two; the two that are left for Ann
    assert table["planned"].to_dict() == {"Bob Ltd": 6, "Ann Ltd": 2, "Cy Ltd": 2}
    assert table["lacks"].to_dict() == {"Bob Ltd": 0, "Ann Ltd": 6, "Cy Ltd": 0}
    assert difference(tab) == {
        "Orders served in full": ["1", "2", "+1"],
        # the receipt of five comes after Bob's day and is less than he and Cy lack, or Ann
        "Orders that leave late": ["2", "1", "−1"],
        "Net sales served in full": ["¥80.00", "¥200.00", "+¥120.00"],
        "Margin served in full": ["¥40.00", "¥160.00", "+¥120.00"],
    }
    tab = tab.toggle(key="allocation_whole").set_value(v=False).run()
    assert lines(tab)["planned"].to_dict() == {"Bob Ltd": 6, "Ann Ltd": 4, "Cy Ltd": 0}


def test_the_weights_say_who_comes_first(depot: Depot) -> None:
    tab = depot.open()
    for name in ("margin", "value"):
        tab = tab.slider(key=f"allocation_{name}").set_value(0).run()
    table = lines(tab)
    assert table["why"].to_dict() == {"Ann Ltd": "100", "Bob Ltd": "75", "Cy Ltd": "0"}
    assert table["planned"].to_dict() == {"Ann Ltd": 8, "Bob Ltd": 0, "Cy Ltd": 2}
    apply(tab)
    with depot.database.record.connect() as connection:
        row = connection.execute(select(allocations)).first()
    assert row is not None
    assert (row.promised_weight, row.margin_weight, row.value_weight) == (50, 0, 0)


def test_applied_at_once_and_undone_with_one_click(depot: Depot) -> None:
    tab = depot.open(name="Mo")
    tab.text_input(key="allocation_reason").set_value("The fair opens").run()
    tab = apply(tab)
    assert depot.set_aside() == {depot.of_bob: 6, depot.of_ann: 2, depot.of_cy: 2}
    assert says(tab, "Set aside of PEN: 10; 3 orders changed.")
    assert says(tab, "Set aside by Mo,") and says(tab, "promised date 50, margin 25")
    assert tab.button(key="allocation_apply").disabled
    assert says(tab, "This is what is set aside already.")
    assert lines(tab)["set_aside"].sum() == 10
    tab = tab.button(key="undo").click().run()
    assert not tab.exception and says(tab, "Undone:")
    assert depot.set_aside() == {}
    assert not tab.button(key="allocation_apply").disabled


def test_another_manager_undoes_it_later(depot: Depot) -> None:
    apply(depot.open())
    tab = depot.open()
    (undo,) = (each for each in tab.button if str(each.key).startswith("allocation_undo"))
    tab = undo.click().run()
    assert not tab.exception and depot.set_aside() == {}


def test_it_says_why_it_cannot_be_undone(depot: Depot) -> None:
    tab = apply(depot.open())
    change_promised_date(
        depot.database.writer, depot.admin, depot.of_bob, promised_on=ahead(8), seen_version=3,
        request_id="later",
    )  # fmt: skip
    tab = tab.button(key="undo").click().run()
    assert says(tab, "Ada changed it since, so it can no longer be undone")
    assert says(tab, plain(depot.number(depot.of_bob))) and len(depot.set_aside()) == 3


def test_units_are_set_by_hand_and_the_others_follow(depot: Depot) -> None:
    tab = depot.open()
    assert lines(tab).index[0] == "Bob Ltd"
    (field,) = tab.number_input
    assert (field.min, field.max, field.value) == (0, 6, 6)
    tab = field.set_value(1).run()
    table = lines(tab)
    assert table["planned"].to_dict() == {"Bob Ltd": 1, "Ann Ltd": 8, "Cy Ltd": 1}
    assert table.loc["Bob Ltd", "why"] == "by hand"
    tab = tab.button(key="allocation_anew").click().run()
    assert lines(tab)["planned"].to_dict() == {"Bob Ltd": 6, "Ann Ltd": 2, "Cy Ltd": 2}


def test_more_by_hand_than_there_is_cannot_be_applied(depot: Depot) -> None:
    tab = depot.open()
    found = {row.customer: row for row in _waiting(depot)}
    tab.session_state["allocation_by_hand"] = (
        depot.pens, {found["Ann Ltd"].line_id: 8, found["Bob Ltd"].line_id: 6}
    )  # fmt: skip
    tab = tab.run()
    assert says(tab, "14 units would be set aside, and 10 are there to be divided.")
    assert tab.button(key="allocation_apply").disabled


def _waiting(depot: Depot) -> Any:
    frame = list_stock_lines(depot.database.record, depot.admin, depot.pen, depot.place)
    return frame.itertuples()


def test_who_was_faster_is_told_and_the_lines_are_shown_anew(depot: Depot) -> None:
    tab = depot.open()
    change_promised_date(
        depot.database.writer, depot.admin, depot.of_bob, promised_on=ahead(8), seen_version=2,
        request_id="faster",
    )  # fmt: skip
    tab = apply(tab)
    assert says(tab, f"Ada changed order {plain(depot.number(depot.of_bob))} since you")
    assert says(tab, f"**{plain(str(ahead(8)))}**") and depot.set_aside() == {}
    assert lines(tab).loc["Bob Ltd", "promised_on"].date() == ahead(8)
    apply(tab)
    assert sum(depot.set_aside().values()) == 10


# What each role sees of it


def test_the_warehouse_sees_units_without_money_and_changes_nothing(depot: Depot) -> None:
    tab = depot.open("warehouse")
    shown = [*texts(tab), *cards(tab).values()]
    assert not any("¥" in text or "Margin" in text for text in shown)
    table = lines(tab)
    assert not {"net_sales", "margin", "customer_value", "planned", "why"} & set(table.columns)
    assert table["held"].to_dict() == {"Ann Ltd": 8, "Bob Ltd": 2}
    assert "hit_sales" not in listed(tab).columns
    assert not tab.slider and not tab.number_input
    assert not any(each.key == "allocation_apply" for each in tab.button)


def test_a_lead_sees_their_regions_customers_and_a_sum_of_the_others(depot: Depot) -> None:
    tab = depot.open("sales_lead", region_ids=[depot.south])
    table = lines(tab)
    assert set(table.index) == {"Bob Ltd", "Cy Ltd"}
    unseen = ("Ann Ltd", plain(depot.number(depot.of_ann)))
    assert not any(word in text for word in unseen for text in texts(tab))
    assert says(tab, "**8 more are reserved for orders that you do not see**; what they leave, 2")
    assert listed(tab).loc["PEN", ["asked", "hit_customers"]].tolist() == [16, 2]
    assert cards(tab)["Customers hit"] == "2"
    assert table["planned"].to_dict() == {"Bob Ltd": 0, "Cy Ltd": 2}
    apply(tab)
    assert depot.set_aside() == {depot.of_cy: 2}


def test_a_lead_of_no_region_that_waits_is_told_nothing(depot: Depot) -> None:
    region = add(depot.database.writer, "regions", name="East")
    assert says(depot.open("sales_lead", region_ids=[region]), "Nothing is short.")


def test_an_analyst_looks_and_does_not_apply(depot: Depot) -> None:
    tab = depot.open("analyst")
    assert lines(tab)["planned"].sum() == 10
    assert says(tab, "Sales leads, managers and administrators set units aside.")
    assert not any(each.key == "allocation_apply" for each in tab.button)
    assert not tab.number_input


@pytest.mark.parametrize("role", ["sales_rep", "finance", "support", "partner"])
def test_others_may_not_open_it(depot: Depot, role: str) -> None:
    tab = depot.open(role)
    assert not any("held" in each.value for each in tab.dataframe)
    assert not any("Ann Ltd" in text for text in texts(tab))


# Around it


def test_the_stock_page_leads_to_it(depot: Depot) -> None:
    depot.browser.sign_in(add_user(depot.database, "manager"))
    tab = depot.browser.open("stock")
    assert not tab.exception
    links = [each.proto for each in tab.get("page_link")]
    (link,) = [each for each in links if each.label == "Who gets what there is"]
    assert f"stock={depot.pens}" in link.query_string
    tab = depot.open(query={"stock": str(depot.pens)})
    assert says(tab, "Pen · PEN · Harbour")


def test_the_address_says_which_stock_is_looked_at(depot: Depot) -> None:
    for units in (9, 3):
        depot.order(depot.ann, units, 2, price=3, product_id=depot.ink)
    tab = depot.open()
    assert listed(tab).index.tolist() == ["PEN", "INK"] and says(tab, "Pen · PEN")
    tab = depot.open(query={"stock": str(depot.inks)})
    assert says(tab, "Ink · INK") and lines(tab)["quantity"].sum() == 12
    tab = depot.open(query={"q": "ink"})
    assert listed(tab).index.tolist() == ["INK"]
    assert says(depot.open(query={"q": "no such"}), "No short product fits these filters.")


def test_orders_and_customers_are_a_click_away(depot: Depot) -> None:
    links = {each.proto.label: each.proto.query_string for each in depot.open().get("page_link")}
    number = depot.number(depot.of_bob)
    assert links[f"Order {plain(number)}"] == f"number={number}"
    assert links["Bob Ltd"] == f"customer={depot.bob}"


def test_the_list_leaves_without_money_for_the_warehouse(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = Buttons(monkeypatch)
    depot.open("manager")
    found = read_csv(buttons.click("shortages"))
    assert found.column("SKU") == ["PEN"] and found.column("Sales that wait") == ["200.0"]
    depot.open("warehouse")
    found = read_csv(buttons.click("shortages"))
    assert found.column("Missing") == ["4"] and "Sales that wait" not in found.titles


def test_a_refusal_is_chinese_in_chinese(depot: Depot) -> None:
    depot.browser.sign_in(add_user(depot.database, "manager", language="zh_CN"))
    tab = depot.browser.open("shortages", locale="zh-CN")
    assert not tab.exception and says(tab, "短缺")
    with depot.database.writer.begin() as connection:
        connection.execute(stock.update().where(stock.c.stock_id == depot.pens).values(on_hand=9))
    tab = apply(tab)
    (refusal,) = tab.error
    assert CHINESE.search(refusal.value) and "9" in refusal.value
    assert not re.search(r"[A-Za-z]{3,}", refusal.value)
