"""Stock: what to look at first, what to order and why, who waits, and what each role sees of it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import insert, update
from streamlit.testing.v1 import AppTest

from dashboard.paging import PAGE_ROWS
from dashboard.refreshing import refresh, source_of
from dashboard.stock_view import CHOSEN
from data_access.database import Database, writing
from data_access.importing import import_source, open_source, read_mapping
from data_access.tables import order_lines, orders, stock
from tests.browsing import Browser, says, texts
from tests.crm import add, add_order, add_user
from tests.exported import Buttons, read_csv
from tests.real_data import real_data

ZONE = ZoneInfo("Asia/Shanghai")


def today() -> date:
    return datetime.now(ZONE).date()


def plan_stock(database: Database) -> None:
    """As the refresh of a night does."""
    source = source_of(database.record, database.writer, database.record, today())
    (outcome,) = refresh(source, ["stock"], lambda part, share: None)
    assert outcome.state in ("done", "skipped"), outcome.message


def ago(days: int) -> date:
    return today() - timedelta(days=days)


class Stores:
    """Pens, sold three a day and nearly gone; ink, of which far too much lies there; paper, which
    nobody buys; glue, which is discontinued."""

    def __init__(self, browser: Browser) -> None:
        self.browser, writer = browser, browser.database.writer
        self.north, self.south = (add(writer, "regions", name=name) for name in ("North", "South"))
        self.place = add(writer, "warehouses", name="Harbour")
        self.category = add(writer, "categories", name="Desk")
        self.ann = add(writer, "customers", name="Ann Ltd", region_id=self.north)
        self.bob = add(writer, "customers", name="Bob Ltd", region_id=self.south)
        self.pen, self.ink, self.paper, self.glue = (
            add(writer, "products", name=name, sku=name.upper(), unit_cost=cost, pack_size=12,
                category_id=self.category, lead_time_days=10, discontinued_on=gone)
            for name, cost, gone in (("Pen", 2, None), ("Ink", 50, None), ("Paper", 1, None),
                                     ("Glue", 1, ago(50)))
        )  # fmt: skip
        for product_id, on_hand, reserved, point in (
            (self.pen, 20, 12, 5), (self.ink, 4_000, 0, 5), (self.paper, 30, 0, None),
            (self.glue, 0, 0, 0),
        ):  # fmt: skip
            add(writer, "stock", product_id=product_id, warehouse_id=self.place, on_hand=on_hand,
                reserved=reserved, reorder_point=point)  # fmt: skip
        self.order(self.ann, self.pen, 12, "processing", promised_on=ago(1))
        self.order(self.bob, self.pen, 15, "received", promised_on=ago(-3))
        self._sell(self.pen, 3)
        self._sell(self.ink, 1)

    def plan(self) -> None:
        plan_stock(self.browser.database)

    def _sell(self, product_id: int, units: int) -> None:
        """So many each day of a year, all of them delivered and booked."""
        writer = self.browser.database.writer
        with writing(writer) as connection:
            number = 100_000 * product_id
            moments = [datetime.combine(ago(day), time(2)) for day in range(1, 365)]
            row = {
                "channel": "web", "stage": "completed", "currency": "CNY",
                "warehouse_id": self.place, "customer_id": self.ann, "region_id": self.north,
            }  # fmt: skip
            connection.execute(
                insert(orders),
                [{**row, "order_id": number + day, "order_number": f"S-{number + day}",
                  "ordered_at": at, "ordered_on": at.date(), "net_sales": 5 * units,
                  "units": units} for day, at in enumerate(moments)],
            )  # fmt: skip
            connection.execute(
                insert(order_lines),
                [{"order_id": number + day, "line_number": 1, "product_id": product_id,
                  "quantity": units, "unit_price": 5, "unit_cost": 2}
                 for day in range(len(moments))],
            )  # fmt: skip
        for at in (moments[0], moments[200]):
            add(writer, "stock_movements", product_id=product_id, warehouse_id=self.place,
                quantity=-units, kind="shipment", moved_at=at)  # fmt: skip

    def order(
        self, customer_id: int, product_id: int, units: int, stage: str, **values: Any
    ) -> None:
        region = self.north if customer_id == self.ann else self.south
        row = {"warehouse_id": self.place, "region_id": region, "currency": "CNY",
               "ordered_on": today(), **values}  # fmt: skip
        line = {"product_id": product_id, "quantity": units, "unit_price": 7, "unit_cost": 2}
        add_order(self.browser.database, customer_id=customer_id, stage=stage, lines=[line], **row)

    def open(self, role: str = "manager", **values: Any) -> AppTest:
        self.plan()
        self.browser.sign_in(add_user(self.browser.database, role, **values))
        tab = self.browser.open("stock")
        assert not tab.exception
        return tab


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def stores(browser: Browser) -> Stores:
    return Stores(browser)


def listed(tab: AppTest) -> Any:
    (table,) = (each.value for each in tab.dataframe if "available" in each.value)
    return table.set_index("sku")


def waiting(tab: AppTest) -> Any:
    (table,) = (each.value for each in tab.dataframe if "order_number" in each.value)
    return table


def replayed(tab: AppTest) -> Any:
    (table,) = (each.value for each in tab.dataframe if "fill_rate" in each.value)
    return table.set_index("policy")


def cards(tab: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in tab.metric}


def in_view(tab: AppTest, view: str) -> AppTest:
    tab.session_state["stock_view"] = view
    return tab.run()


def test_no_stock_says_so(browser: Browser) -> None:
    browser.sign_in(add_user(browser.database, "manager"))
    tab = browser.open("stock", q="nothing of this name")
    assert not tab.exception
    assert says(tab, "No stock is kept yet.") or says(tab, "No stock fits these filters.")


def test_what_runs_out_stands_first_with_what_to_order(stores: Stores) -> None:
    tab = stores.open()
    table = listed(tab)
    pen = table.loc["PEN"]
    assert pen["severity"] == ["Will run out"]
    # 3 a day for 10 days, and up to 2 more that the day of ordering takes
    assert (pen["available"], pen["reorder_point"]) == (8, 32)
    # √(2 · 50 · 1095 ÷ 0.5) = 468, in packs of 12
    assert pen["to_order"] == 468
    assert pen["chance_out"] == 100 and pen["days_left"] == "3 d"
    assert pen["hit_orders"] == 2 and "INK" not in table.index


def test_the_arithmetic_is_printed(stores: Stores) -> None:
    tab = stores.open()
    told = unescape(next(text for text in texts(tab) if "How it is worked out" in text))
    for words in (
        "class B: covers 95% of them, as met when ordering", "364 days seen",
        "level from the last year, not yet from a forecast", "as stated for the product",
        "20 on hand + 0 on order − 12 reserved", "at least 1, packs of 12", "32 − 30.0",
        "projected 8 ≤ reorder point 32", "**Order 468**".replace(" ", "\u00a0"),
    ):  # fmt: skip
        assert words in told, words
    assert "3.00 × 10.0 + " in told  # the normal formula


def test_what_is_ordered_for_orders_that_wait_is_said(stores: Stores) -> None:
    with writing(stores.browser.database.writer) as connection:
        connection.execute(
            update(stock).where(stock.c.product_id == stores.pen).values(reserved=612)
        )
    tab = stores.open()
    told = unescape(next(text for text in texts(tab) if "How it is worked out" in text))
    # 592 are lacking, and 32 + 1 lift it above the reorder point: 625, in packs of 12
    assert "one order quantity does not lift it above · 592 of it for orders that wait" in told
    assert listed(tab).loc["PEN", "to_order"] == 636


def test_before_a_refresh_the_reorder_points_are_those_that_are_set(stores: Stores) -> None:
    stores.browser.sign_in(add_user(stores.browser.database, "manager"))
    tab = in_view(stores.browser.open("stock"), "all")
    assert not tab.exception and says(tab, "dashboard refresh --what stock")
    assert listed(tab).loc["PEN", "reorder_point"] == 5
    assert cards(tab)["Expected stock-outs"] == "–" and "to_order" not in listed(tab)


def test_when_it_runs_out_and_what_a_shortage_hits(stores: Stores) -> None:
    pen = listed(stores.open()).loc["PEN"]
    # 8 are free, of which 3 go a day: nothing is left on the third
    days = [pen[name].date() for name in ("out_p10_on", "out_p50_on", "out_p90_on")]
    assert days == [ago(-2)] * 3
    assert pen["chance_before_receipt"] == 100 and pen["projected"] == 8
    assert (pen["hit_orders"], pen["hit_customers"]) == (2, 2)


def test_how_old_what_lies_there_is(stores: Stores) -> None:
    writer = stores.browser.database.writer
    moved = {"warehouse_id": stores.place, "kind": "receipt"}
    for days, units in ((20, 1_000), (120, 500)):
        at = datetime.combine(ago(days), time(4))
        add(writer, "stock_movements", product_id=stores.ink, quantity=units, moved_at=at, **moved)
    (table,) = (each.value for each in stores.open().dataframe if "share" in each.value)
    # 4,000 of ink at 50: 1,000 of this month, 500 more of the last 180 days, the rest is older; 20
    # pens at 2 that came in a year ago or before; of the paper no movement is known
    assert table["name"].tolist() == [
        "0 to 30 days", "31 to 90 days", "91 to 180 days", "more than 180 days", "not known"
    ]  # fmt: skip
    assert table["units"].tolist() == [1_000, 0, 500, 2_500 + 20, 30]
    assert table["value"].tolist() == [50_000, 0, 25_000, 125_000 + 40, 30]


def test_everybody_reads_the_same_plan(stores: Stores) -> None:
    told = ["reorder_point", "chance_out", "class_name", "projected"]
    whole = [
        listed(in_view(stores.open(role, **values), "all")).sort_index()
        for role, values in (("manager", {}), ("warehouse", {}),
                             ("sales_lead", {"region_ids": [stores.south]}))
    ]  # fmt: skip
    for each in whole[1:]:
        pd.testing.assert_frame_equal(each[told], whole[0][told])
    # how much: to the unit, but for who does not see the costs that it is economic by
    amounts = [each["to_order"].fillna(0) for each in whole]
    assert amounts[0].equals(amounts[2])
    assert ((amounts[0] > 0) == (amounts[1] > 0)).all() and amounts[0].any()
    assert not amounts[0].equals(amounts[1])


def test_overstock_and_dead_stock(stores: Stores) -> None:
    tab = in_view(stores.open(), "over")
    assert listed(tab).index.tolist() == ["INK"]
    assert cards(tab)["Stock value"].startswith("¥200")
    tab = in_view(tab, "dead")
    assert listed(tab).index.tolist() == ["PAPER"]
    assert cards(tab)["Dead stock"] == "¥30.00"


def test_the_reorder_points_that_are_set_can_be_the_rule(stores: Stores) -> None:
    tab = stores.open()
    assert cards(tab)["At or below reorder point"] == "1"
    tab.session_state["stock_basis"] = "set"
    tab = tab.run()
    assert not tab.exception
    # glue, with 0 of 0; the pens are above their 5
    assert cards(tab)["At or below reorder point"] == "1"
    assert says(tab, "1 of them discontinued")
    assert listed(in_view(tab, "all")).loc["PEN", "reorder_point"] == 5


def test_an_address_asks_for_the_reorder_points_that_are_set(stores: Stores) -> None:
    stores.plan()
    stores.browser.sign_in(add_user(stores.browser.database, "manager"))
    tab = in_view(stores.browser.open("stock", points="set"), "all")
    assert listed(tab).loc["PEN", "reorder_point"] == 5
    tab.segmented_control(key="stock_basis").set_value("suggested").run()
    assert not tab.exception and "points" not in tab.query_params
    assert listed(tab).loc["PEN", "reorder_point"] == 32


def test_who_waits_and_gets_what(stores: Stores) -> None:
    table = waiting(stores.open())
    assert table["customer"].tolist() == ["Ann Ltd", "Bob Ltd"]
    assert table["allocated"].tolist() == [12, 8] and table["short"].tolist() == [0, 7]
    assert table["net_sales"].tolist() == [84, 105]


def test_search_and_filters(stores: Stores) -> None:
    stores.plan()
    stores.browser.sign_in(add_user(stores.browser.database, "manager"))
    tab = in_view(stores.browser.open("stock", q="ink"), "all")
    assert listed(tab).index.tolist() == ["INK"]
    tab = stores.browser.open("stock", q="no such thing")
    assert says(tab, "No stock fits these filters.")


def test_the_list_is_turned_to_its_end_and_a_row_of_another_page_stays_chosen(
    stores: Stores,
) -> None:
    writer, cups = stores.browser.database.writer, []
    for number in range(30):
        product = add(writer, "products", name=f"Cup {number}", sku=f"CUP-{number:02}")
        cups.append(
            add(writer, "stock", product_id=product, warehouse_id=stores.place, on_hand=1,
                reorder_point=5)
        )  # fmt: skip
    tab = stores.open()
    tab.segmented_control(key="stock_view").set_value("all").run()
    assert len(listed(tab)) == PAGE_ROWS and "CUP-00" in listed(tab).index
    tab.session_state[CHOSEN] = cups[0]
    tab.button(key="next_stock").click().run()
    assert not tab.exception
    assert len(listed(tab)) == 34 - PAGE_ROWS and "CUP-00" not in listed(tab).index
    assert tab.button(key="next_stock").disabled
    assert any("· CUP" in each.value and "00" in each.value for each in tab.markdown)


def test_the_warehouse_sees_no_money(stores: Stores) -> None:
    tab = stores.open("warehouse")
    assert not any("¥" in text for text in [*texts(tab), *cards(tab).values()])
    assert not {"stock_value", "hit_sales"} & set(listed(tab).columns)
    table = waiting(tab)
    assert table["customer"].tolist() == ["Ann Ltd"] and "net_sales" not in table
    assert cards(tab)["Units in stock"] == "4,050"


def test_a_lead_sees_the_orders_of_their_regions_alone(stores: Stores) -> None:
    tab = stores.open("sales_lead", region_ids=[stores.south])
    # the plan is the same for everybody
    assert cards(tab)["Expected stock-outs"] == "1.0"
    tab = in_view(tab, "all")
    assert listed(tab).loc["PEN", "reorder_point"] == 32
    tab.session_state["stock_chosen"] = int(
        stores.browser.database.record.connect()
        .exec_driver_sql(f"select stock_id from stock where product_id = {stores.pen}")
        .scalar_one()
    )
    tab = tab.run()
    assert waiting(tab)["customer"].tolist() == ["Bob Ltd"]
    assert "allocated" not in waiting(tab)


def test_a_stock_leads_to_who_may_want_the_product(stores: Stores) -> None:
    def leads_to(role: str) -> list[str]:
        links = [each.proto for each in stores.open(role).get("page_link")]
        return [each.query_string for each in links if each.label == "Who may want it next"]

    assert leads_to("manager") == [f"view=product&product={stores.pen}"]
    assert leads_to("warehouse") == []  # may not open the offers


def test_the_list_leaves_as_a_file_with_words_and_no_money_for_the_warehouse(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = Buttons(monkeypatch)
    stores.open("manager")
    found = read_csv(buttons.click("stock"))
    assert found.column("SKU") == ["PEN"] and found.column("State") == ["Will run out"]
    assert found.column("To order") == ["468"] and found.column("Stock value") == ["40.0"]
    stores.open("warehouse")
    found = read_csv(buttons.click("stock"))
    assert found.column("SKU") == ["PEN"] and "Stock value" not in found.titles


def test_a_rep_may_not_open_it(stores: Stores) -> None:
    stores.browser.sign_in(add_user(stores.browser.database, "sales_rep"))
    tab = stores.browser.open("stock")
    assert not any("available" in each.value for each in tab.dataframe)


def test_cut_points_move_products_between_classes(stores: Stores) -> None:
    tab = stores.open()
    assert says(tab, "A makes the first 80.0% of the value") or says(tab, "first 80%")
    tab = tab.number_input(key="stock_service_A").set_value(50.0).run()
    assert not tab.exception
    assert listed(in_view(tab, "all")).loc["INK", "class_name"] == "AX"


def test_last_year_is_played_again(stores: Stores) -> None:
    tab = stores.open()
    table = replayed(tab)
    assert table.index.tolist() == [
        "Reorder points as set", "Suggested reorder points", "All at 95.0%"
    ]  # fmt: skip
    # 26 pens lay there a year ago: 23 in the evening, for the 30 of the 10 days until the first
    # receipt; from then on a point of 32 is enough for 3 a day and 10 days, and one of 5 is not
    asked = 364 * (3 + 1)
    assert table.loc["Suggested reorder points", "fill_rate"] == pytest.approx(
        100 * (asked - 7) / asked
    )
    assert table.loc["Reorder points as set", "fill_rate"] < 100
    assert table.loc["Reorder points as set", "stock_out_days"] > 0
    tab = tab.slider(key="stock_replay_level").set_value(80.0).run()
    assert not tab.exception and "All at 80.0%" in replayed(tab).index


def test_it_reads_in_chinese(stores: Stores) -> None:
    stores.plan()
    stores.browser.sign_in(add_user(stores.browser.database, "manager", language="zh_CN"))
    tab = stores.browser.open("stock", locale="zh-CN")
    assert not tab.exception
    assert "库存金额" in cards(tab) and listed(tab).loc["PEN", "severity"] == ["即将缺货"]
    joined = [text.replace("\u2060", "") for text in texts(tab)]
    told = next(text for text in joined if "计算步骤" in text)
    assert "安全库存" in told and "on hand" not in told


def test_northwind_warns_of_what_is_at_or_below_its_own_level(browser: Browser) -> None:
    source = open_source(str(real_data("northwind.db")))
    try:
        assert import_source(browser.database, source, read_mapping("northwind")).is_written
    finally:
        source.close()
    browser.sign_in(add_user(browser.database, "manager"))
    tab = browser.open("stock")
    assert not tab.exception
    assert cards(tab)["At or below reorder point"] == "22"
    assert says(tab, "4 of them discontinued")
    # of the others, two are not covered by what is on order, and one has nothing left
    found = [each for row in listed(tab)["severity"] for each in row]
    assert len(found) + len(listed(in_view(tab, "coming"))) == 22 - 4
