"""Delivery: are orders on time, which open ones will be late and why, where do they wait."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from dashboard.late_orders import explain_risk
from dashboard.texts import in_language
from data_access.database import Database, writing
from data_access.tables import orders
from tests.browsing import Browser, says, texts
from tests.crm import add, add_order, add_user

SHANGHAI = timedelta(hours=8)
MOMENTS = ("ordered", "confirmed", "processing", "shipped", "completed")


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def day(days_ago: int) -> date:
    return today() - timedelta(days=days_ago)


def noon(days_ago: int) -> datetime:
    return datetime.combine(day(days_ago), datetime.min.time()) + timedelta(hours=12) - SHANGHAI


def moments(*days_ago: int) -> dict[str, Any]:
    """The moments of the stages that were reached so many days ago, and the days of them."""
    found: dict[str, Any] = {}
    for name, days in zip(MOMENTS, days_ago, strict=False):
        found[f"{name}_at"] = noon(days)
        if name not in ("confirmed", "processing"):
            found[f"{name}_on"] = day(days)
    return found


def add_history(database: Database, count: int = 240) -> None:
    """Orders of half a year: a day in processing, two or four on the way, promised for four days;
    one in six stays long in processing."""
    chance = Random(7)
    rows = []
    with writing(database.writer) as connection:
        for number in range(count):
            start = 20 + chance.randrange(170)
            held = chance.choice((1, 1, 1, 1, 1, 6))
            shipped = start - held
            delivered = shipped - chance.choice((2, 2, 4))
            rows.append(
                {"order_number": f"H-{number}", "channel": "web", "stage": "completed",
                 "currency": "CNY", "promised_on": day(start - 5),
                 **moments(start, start, start, shipped, delivered)}
            )  # fmt: skip
        connection.execute(insert(orders), rows)


def open_order(browser: Browser, number: str, *days_ago: int, **values: Any) -> int:
    stage = ("received", "confirmed", "processing", "shipped")[len(days_ago) - 1]
    return add_order(browser.database, order_number=number, stage=stage,
                     **moments(*days_ago), **values)  # fmt: skip


@pytest.fixture
def company(browser: Browser) -> Browser:
    """A history, and four open orders: late, held, fine and large, and new."""
    add_order(browser.database, channel="web", ordered_on=day(1), stage="cancelled")
    add_history(browser.database)
    open_order(browser, "LATE-1", 9, 9, 9, promised_on=day(3))
    open_order(browser, "HELD-1", 4, 4, 4, promised_on=day(-1))
    large = [{"unit_price": Decimal(900), "quantity": 2}]
    open_order(browser, "FINE-1", 1, 1, 1, 0, promised_on=day(-8), lines=large)
    open_order(browser, "NEW-1", 0, promised_on=day(-5))
    return browser


def as_role(browser: Browser, role: str = "manager", slug: str = "delivery", **query: Any) -> Any:
    browser.sign_in(add_user(browser.database, role))
    return browser.open(slug, **({"currency": "CNY"} if role != "warehouse" else {}), **query)


def values(tab: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in tab.metric if metric.value}


def rows(tab: AppTest) -> Any:
    (table,) = (each.value for each in tab.dataframe if "why" in each.value)
    return table


def follow(browser: Browser, tab: AppTest, words: str) -> list[str]:
    """The orders that the link with these words or this explanation leads to."""
    (link,) = (
        each.proto for each in tab.get("page_link") if words in (each.proto.label, each.proto.help)
    )
    found = browser.open(link.page, **parse_qs(link.query_string))
    assert not found.exception
    return sorted(n for table in found.dataframe for n in table.value["order_number"])


def test_each_number_leads_to_exactly_the_orders_behind_it(browser: Browser) -> None:
    for number, completed in (("IN-TIME", 6), ("WRONG", 6), ("LATE", 3)):
        order_id = add_order(browser.database, order_number=number,
                             promised_on=day(5), **moments(9, 9, 8, 7, completed))  # fmt: skip
        if number == "WRONG":
            with browser.database.record.connect() as connection:
                line = connection.exec_driver_sql(
                    f"SELECT line_id FROM order_lines WHERE order_id = {order_id}"
                ).scalar()
            add(browser.database.writer, "returns", order_id=order_id, line_id=line, quantity=1,
                amount=100, reason="Wrong item")  # fmt: skip
    open_order(browser, "OPEN", 9, 9, promised_on=day(5))
    add_order(browser.database, order_number="GONE", stage="cancelled", promised_on=day(5))
    tab = as_role(browser)
    assert not tab.exception
    shown = values(tab)
    assert (shown["On-time rate"], shown["OTIF"]) == ("50.0%", "25.0%")
    assert shown["Cycle time, median"] == "3.0 d"
    assert follow(browser, tab, "Show the orders that were not on time in full") == [
        "LATE",
        "OPEN",
        "WRONG",
    ]
    assert follow(browser, tab, "Show the orders that were not on time") == ["LATE", "OPEN"]
    assert follow(browser, tab, "Show the orders delivered in the period") == [
        "IN-TIME",
        "LATE",
        "WRONG",
    ]
    assert follow(browser, tab, ":blue[Show the orders that wait there]") == ["OPEN"]


def test_open_orders_stand_by_risk_times_money_with_their_reasons(company: Browser) -> None:
    tab = as_role(company)
    assert not tab.exception
    table = rows(tab)
    # held long in the warehouse, the small order is likelier late than the large one is dear
    assert table["order_number"].tolist()[0] == "HELD-1"
    assert set(table["order_number"]) == {"HELD-1", "FINE-1", "NEW-1"}
    chances = dict(zip(table["order_number"], table["late_rate"], strict=True))
    assert chances["HELD-1"] > 80 > 20 > chances["NEW-1"] > chances["FINE-1"]
    reasons = dict(zip(table["order_number"], table["why"], strict=True))
    assert reasons["FINE-1"] == "8 d left; half of such orders need 2 d"
    money = table.set_index("order_number").loc["FINE-1"]
    assert money["at_risk"] == pytest.approx(1800 * money["late_rate"] / 100, abs=0.01)
    assert values(tab)["Orders at risk"] == "1"
    note = next(text for text in texts(tab) if "still in time" in text)
    said = re.search(r"of 3 still in time · ¥(\S+)  \n1 more is late already · ¥100\b", note)
    assert said and float(said[1]) == pytest.approx(table["at_risk"].sum(), rel=0.01)


def test_those_that_are_late_already_stand_apart(company: Browser) -> None:
    tab = as_role(company, sort="promised")
    tab.get_by_key("risk_view_True").set_value("late").run()
    assert rows(tab)[["order_number", "late_rate"]].values.tolist() == [["LATE-1", 100.0]]
    assert rows(tab)["why"].iloc[0] == "3 d late · 9 d in Processing; 9 of 10 leave within 6 d"
    tab.get_by_key("risk_view_True").set_value("all").run()
    assert rows(tab)["order_number"].tolist() == ["LATE-1", "HELD-1", "NEW-1", "FINE-1"]
    tab.selectbox(key="risk_sorting").set_value("risk").run()
    assert rows(tab)["order_number"].tolist()[:2] == ["LATE-1", "HELD-1"]


def test_the_filter_narrows_the_orders_and_not_what_is_learnt(company: Browser) -> None:
    open_order(company, "SHOP-1", 4, 4, 4, promised_on=day(-1), channel="store")
    tab = as_role(company, channel="store")
    assert rows(tab)["order_number"].tolist() == ["SHOP-1"]
    assert rows(tab)["late_rate"].iloc[0] > 80
    assert says(tab, "The longest queue: **Processing** holds 1 order, the oldest for 4 d.")


def test_how_far_to_trust_it_is_told(company: Browser) -> None:
    tab = as_role(company)
    assert not says(tab, "Brier score")
    tab.session_state["risk_trust"] = True
    tab.run()
    assert not tab.exception
    assert says(tab, "Brier score (mean squared error of the chance, 0 is best)")
    assert says(tab, "% less error.")
    (table,) = (each.value for each in tab.dataframe if "happened_rate" in each.value)
    assert table["predictions"].sum() > 50 and table["told"].iloc[0] == "0–10%"


def test_the_same_numbers_stand_in_a_table(company: Browser) -> None:
    tab = as_role(company)
    tab.session_state["waits_table"] = True
    tab.run()
    assert not tab.exception
    (table,) = (each.value for each in tab.dataframe if "waiting" in each.value)
    waiting = {stage[0]: n for stage, n in zip(table["stage"], table["waiting"], strict=True)}
    assert waiting == {"Received": 1, "Confirmed": 0, "Processing": 2, "Shipped": 1}


def test_the_warehouse_sees_what_waits_and_no_money(company: Browser) -> None:
    tab = as_role(company, "warehouse")
    assert not tab.exception
    assert rows(tab)["order_number"].tolist() == ["NOISE-1", "LATE-1", "HELD-1", "FINE-1"]
    assert not {"net_sales", "at_risk", "late_rate"} & set(rows(tab).columns)
    assert says(tab, "learnt from delivered orders, which are not among those your role sees")
    assert values(tab) == {
        "Open orders": "4", "Past their promised day": "2", "Due within 2 d": "1",
    }  # fmt: skip
    assert not any("¥" in text for text in texts(tab))


def test_stock_that_is_short_is_a_reason(company: Browser) -> None:
    house = add(company.database.writer, "warehouses")
    product = add(company.database.writer, "products")
    add(company.database.writer, "stock", warehouse_id=house, product_id=product, on_hand=1,
        reserved=3)  # fmt: skip
    open_order(company, "SHORT-1", 2, 2, 2, promised_on=day(-2), warehouse_id=house,
               lines=[{"product_id": product, "quantity": 3}, {}])  # fmt: skip
    reasons = dict(rows(as_role(company))[["order_number", "why"]].values)
    assert reasons["SHORT-1"].startswith("Not enough stock for 1 of 2 lines")
    tab = as_role(company, "warehouse")
    assert values(tab)["Short of stock"] == "1"


def test_a_lead_learns_from_their_own_region_alone(company: Browser) -> None:
    region = add(company.database.writer, "regions", code="n", name="North")
    open_order(company, "MINE-1", 4, 4, 4, promised_on=day(-1), region_id=region)
    company.sign_in(add_user(company.database, "sales_lead", region_ids=[region]))
    tab = company.open("delivery", currency="CNY")
    assert not tab.exception
    assert rows(tab)["order_number"].tolist() == ["MINE-1"]
    assert says(tab, "Too few orders have been delivered to learn from yet")
    assert values(tab)["On-time rate"] == "–"


def test_who_has_no_orders_is_told_so(browser: Browser) -> None:
    region = add(browser.database.writer, "regions", code="n", name="North")
    browser.sign_in(add_user(browser.database, "sales_lead", region_ids=[region]))
    assert says(browser.open("delivery"), "There are no orders for you yet.")


def test_what_is_delivered_leaves_nothing_open(browser: Browser) -> None:
    add_order(browser.database, promised_on=day(5), **moments(9, 9, 8, 7, 6))
    tab = as_role(browser)
    assert says(tab, "No order with a promised day is open.") and says(tab, "No order is open.")
    long_ago = as_role(browser, period="own", **{"from": "2020-01-01", "to": "2020-01-31"})
    assert says(long_ago, "No order fits these filters.")


def risk(**values: Any) -> dict[str, Any]:
    return {
        "days_left": 3, "age_days": 1, "stage": "processing", "short_lines": None, "lines": 2,
        "usual_days": 2.0, "expected_days": 4.0,
    } | values  # fmt: skip


@pytest.mark.parametrize(
    ("row", "english", "chinese"),
    [
        ({}, "3 d left; half of such orders need 4 d", "剩 3 天，半数同类订单需要 4 天"),
        ({"age_days": 14, "usual_days": 6.0}, "14 d in Processing; 9 of 10 leave within 6 d",
         "“处理中”已 14 天，九成 6 天内离开"),
        ({"age_days": 2, "usual_days": 0.0}, "2 d in Processing; 9 of 10 leave it the same day",
         "“处理中”已 2 天，九成当天离开"),
        ({"short_lines": 2, "lines": 3}, "Not enough stock for 2 of 3 lines",
         "3 个明细中 2 个缺货"),
        ({"days_left": -6, "short_lines": 1, "lines": 1},
         "6 d late · Not enough stock for 1 of 1 line", "逾期 6 天 · 1 个明细中 1 个缺货"),
        ({"days_left": 0}, "Due today; half of such orders need 4 d",
         "今天到期，半数同类订单需要 4 天"),
        ({"expected_days": 90.0}, "3 d left; half of such orders need more than 89 d",
         "剩 3 天，半数同类订单需要 89 天以上"),
        ({"usual_days": float("nan"), "expected_days": float("nan")}, "3 d left", "剩 3 天"),
    ],
)  # fmt: skip
def test_the_reason_is_told_in_words(row: dict[str, Any], english: str, chinese: str) -> None:
    with in_language("en"):
        assert explain_risk(risk(**row)) == english
    with in_language("zh_CN"):
        assert explain_risk(risk(**row)) == chinese
