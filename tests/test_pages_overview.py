"""The overview and the receivables: the numbers, what they are compared with, what needs care."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.cards import verdict
from dashboard.periods import PERIODS, grain_of, is_cut_off, period_of
from data_access.database import Database, writing
from data_access.filters import Period
from data_access.tables import order_lines, payments
from data_access.totals import recount_orders
from tests.browsing import Browser, says, texts
from tests.crm import add, add_order, add_user


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


def days_ago(days: int) -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=days)


def sold(browser: Browser, amount: int, days: int, **values: Any) -> int:
    lines = [{"unit_price": Decimal(amount), "unit_cost": Decimal(amount) / 2}]
    return add_order(browser.database, ordered_on=days_ago(days), lines=lines, **values)


def as_manager(browser: Browser, slug: str, **query: Any) -> AppTest:
    browser.sign_in(add_user(browser.database, "manager"))
    return browser.open(slug, currency="CNY", **query)


def values(tab: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in tab.metric if metric.value}


def test_the_cards_hold_the_numbers_of_the_period(browser: Browser) -> None:
    sold(browser, 300, 2)
    sold(browser, 100, 3)
    sold(browser, 900, 4, stage="cancelled")
    tab = as_manager(browser, "overview")
    assert not tab.exception
    shown = values(tab)
    assert (shown["Net sales"], shown["Orders"]) == ("¥400", "2")
    assert shown["Average order value"] == "¥200.00"
    assert shown["Gross margin"] == "50.0%"
    assert shown["Cancellation rate"] == "33.3%"


def test_a_card_says_better_or_worse_in_words_and_against_what(browser: Browser) -> None:
    sold(browser, 300, 2)
    sold(browser, 200, 32)
    sold(browser, 600, 367)
    sold(browser, 5, 500)
    said = texts(as_manager(browser, "overview"))
    better = ":small[:green[▲ +50.0%] :gray[better vs previous]]"
    assert f"{better}  \n:small[:red[▼ -50.0%] :gray[worse vs last year]]" in said


def test_nothing_is_compared_with_days_that_the_orders_do_not_cover(browser: Browser) -> None:
    sold(browser, 300, 2)
    sold(browser, 200, 32)
    sold(browser, 600, 367)  # the first that is there, some days after the period last year began
    said = texts(as_manager(browser, "overview"))
    better = ":small[:green[▲ +50.0%] :gray[better vs previous]]"
    assert f"{better}  \n:small[:gray[no value last year]]" in said
    sold(browser, 1, 500)
    assert says(as_manager(browser, "overview"), "worse vs last year")


def test_no_change_of_a_part_is_told_from_days_that_are_not_covered(browser: Browser) -> None:
    for amount, days in ((300, 2), (200, 32)):
        sold(browser, amount, days, channel="web")
        sold(browser, 100, days, channel="store")
    told = drawn(as_manager(browser, "overview", period="last_30"))
    assert "75%" in told and "50.0%" not in told
    sold(browser, 1, 500)
    assert "▲ 50.0%" in drawn(as_manager(browser, "overview", period="last_30"))


def test_a_hundredth_of_a_period_may_be_without_orders(browser: Browser) -> None:
    sold(browser, 300, 2)
    sold(browser, 200, 725)  # the period before began 729 days ago, and a hundredth are 3 days
    assert not says(as_manager(browser, "overview", period="last_365"), "+50.0%")
    sold(browser, 100, 726)
    said = texts(as_manager(browser, "overview", period="last_365"))
    assert any("= 0.0%" in text and "as in previous" in text for text in said)


def drawn(tab: AppTest) -> str:
    """What the bars by channel say."""
    specs = (json.loads(chart.proto.spec) for chart in tab.get("plotly_chart"))
    words = [str(trace.get("text")) for spec in specs for trace in spec["data"]]
    return " ".join(each for each in words if "%" in each)


def test_the_filter_narrows_the_numbers(browser: Browser) -> None:
    sold(browser, 300, 2, channel="web")
    sold(browser, 100, 2, channel="store")
    assert values(as_manager(browser, "overview", channel="store"))["Net sales"] == "¥100"


def follow(browser: Browser, tab: AppTest, words: str) -> AppTest:
    """The page that the link with these words (or this explanation) leads to, in a new tab."""
    (link,) = (
        link.proto
        for link in tab.get("page_link")
        if words in f"{link.proto.label} {link.proto.help}"
    )
    return browser.open(link.page, **parse_qs(link.query_string))


def listed(tab: AppTest) -> list[str]:
    assert not tab.exception
    return [n for table in tab.dataframe for n in table.value["order_number"]]


def test_what_needs_attention_leads_to_its_rows_whatever_was_looked_at(browser: Browser) -> None:
    sold(browser, 70, 99, stage="processing", promised_on=days_ago(91), order_number="LATE-1")
    sold(browser, 30, 200, stage="received", promised_on=None, order_number="WAITS-1")
    sold(browser, 30, 2, stage="completed", order_number="OWES-1", due_on=days_ago(1))
    sold(browser, 30, 2, stage="completed", order_number="DUE-LATER", due_on=days_ago(-9))
    tab = as_manager(browser, "overview", period="last_30")
    assert listed(follow(browser, tab, "1 order past its promised day")) == ["LATE-1"]
    assert listed(follow(browser, tab, "1 order waiting for confirmation")) == ["WAITS-1"]
    owing = follow(browser, tab, "1 order unpaid past its due day")
    assert listed(owing) == ["OWES-1"]
    owing.button(key="drop_past_due").click().run()
    assert "DUE-LATER" in listed(owing)


def test_a_number_leads_to_exactly_the_rows_behind_it(browser: Browser) -> None:
    late, back = days_ago(5), [{"quantity": 2, "returned_quantity": 1}]
    sold(browser, 10, 90, promised_on=late, completed_on=late, order_number="IN-TIME")
    sold(browser, 10, 90, promised_on=late, completed_on=days_ago(4), order_number="DAY-LATE")
    sold(browser, 10, 90, promised_on=late, stage="shipped", order_number="STILL-OUT")
    sold(browser, 10, 90, promised_on=late, stage="cancelled", order_number="CANCELLED")
    add_order(browser.database, ordered_on=days_ago(90), promised_on=None, lines=back,
              shipped_on=days_ago(3), order_number="CAME-BACK")  # fmt: skip
    sold(browser, 10, 3, promised_on=None, order_number="NEW")
    sold(browser, 10, 3, promised_on=None, stage="cancelled", order_number="GONE")
    # what was chosen for a list before does not narrow what a number counts
    tab = as_manager(browser, "overview", q="no such words", stage="confirmed", rep="1")
    assert values(tab)["On-time rate"] == "33.3%"
    late_ones = follow(browser, tab, "orders that were not on time")
    assert sorted(listed(late_ones)) == ["DAY-LATE", "STILL-OUT"]
    assert {"drop_by", "drop_late"} <= {button.key for button in late_ones.button}
    assert listed(follow(browser, tab, "orders of which units came back")) == ["CAME-BACK"]
    assert listed(follow(browser, tab, "cancelled orders")) == ["GONE"]
    late_ones.button(key="clear_filters").click().run()
    assert sorted(listed(late_ones)) == ["GONE", "NEW"]


def test_the_overview_asks_nobody_to_look_at_what_is_fine(browser: Browser) -> None:
    order_id = sold(browser, 30, 2, completed_on=days_ago(1))
    add(browser.database.writer, "payments", order_id=order_id, amount=Decimal(30))
    assert says(as_manager(browser, "overview"), "Nothing is late, unpaid or running out.")


def low_on_tea(browser: Browser, **values: Any) -> None:
    sold(browser, 30, 2, **values)
    warehouse = add(browser.database.writer, "warehouses", name="Shanghai")
    product = add(browser.database.writer, "products", name="Green tea")
    add(browser.database.writer, "stock", warehouse_id=warehouse, product_id=product,
        on_hand=5, reserved=2, reorder_point=4)  # fmt: skip


def test_stock_to_reorder_leads_to_the_page_of_stock(browser: Browser) -> None:
    low_on_tea(browser)
    tab = as_manager(browser, "overview")
    assert "attention_low_stock" not in {button.key for button in tab.button}
    stock = follow(browser, tab, "1 stock at or below its reorder point as set")
    assert values(stock)["At or below reorder point"] == "1"


def test_stock_to_reorder_is_shown_in_a_dialog_to_who_may_not_open_stock(browser: Browser) -> None:
    employee = add(browser.database.writer, "employees", name="Rae")
    customer = add(browser.database.writer, "customers", owner_id=employee)
    low_on_tea(browser, customer_id=customer)
    browser.sign_in(add_user(browser.database, "sales_rep", employee_id=employee))
    tab = browser.open("overview")
    tab.button(key="attention_low_stock").click().run()
    (rows,) = (table.value for table in tab.dataframe if "lacking" in table.value)
    assert rows[["product", "available", "lacking"]].values.tolist() == [["Green tea", 3, 1]]


def test_receivables_are_owed_by_age_and_oldest_first(browser: Browser) -> None:
    sold(browser, 100, 50, due_on=days_ago(40), order_number="OLD-1")
    half_paid = sold(browser, 80, 9, due_on=days_ago(-3), order_number="NEW-1")
    add(browser.database.writer, "payments", order_id=half_paid, amount=Decimal(30))
    tab = as_manager(browser, "receivables")
    assert not tab.exception
    assert values(tab)["Owed"] == "¥150"
    assert values(tab)["Past due"] == "¥100"
    (rows,) = (table.value for table in tab.dataframe)
    assert rows["order_number"].tolist() == ["OLD-1", "NEW-1"]
    assert rows["owed"].tolist() == [100.0, 50.0]


def test_finance_sees_debts_and_opens_the_orders_behind_them(browser: Browser) -> None:
    sold(browser, 100, 50, due_on=days_ago(40), order_number="OLD-1")
    browser.sign_in(add_user(browser.database, "finance"))
    tab = browser.open("receivables", currency="CNY")
    assert not tab.exception and values(tab)["Owed"] == "¥100"
    assert says(tab, "Click a row to open it")
    order = browser.open("order", number="OLD-1")
    assert says(order, "OLD&#45;1") and "Lines" not in [title.value for title in order.subheader]


@pytest.mark.parametrize(
    ("change", "better", "words"),
    [
        (0.1, "higher", "better"),
        (-0.1, "higher", "worse"),
        (0.1, "lower", "worse"),
        (-0.1, "lower", "better"),
        (0.0001, "higher", "same"),
        (0.3, "neither", "moved"),
        (float("nan"), "higher", "unknown"),
        (None, "higher", "unknown"),
    ],
)
def test_a_change_is_judged_by_what_is_good(change: Any, better: Any, words: str) -> None:
    assert verdict(change, better) == words


MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("preset", "start", "previous", "last_year"),
    [
        ("today", "11-23", ("2026-11-22", "2026-11-22"), ("2025-11-23", "2025-11-23")),
        ("this_week", "11-23", ("2026-11-16", "2026-11-16"), ("2025-11-24", "2025-11-24")),
        ("this_month", "11-01", ("2026-10-01", "2026-10-23"), ("2025-11-01", "2025-11-23")),
        ("this_quarter", "10-01", ("2026-07-01", "2026-08-23"), ("2025-10-01", "2025-11-23")),
        ("this_year", "01-01", ("2025-01-01", "2025-11-23"), ("2025-01-01", "2025-11-23")),
        ("last_30", "10-25", ("2026-09-25", "2026-10-24"), ("2025-10-25", "2025-11-23")),
    ],
)
def test_a_period_is_compared_with_as_much_of_the_one_before(
    preset: str, start: str, previous: tuple[str, str], last_year: tuple[str, str]
) -> None:
    period = period_of(preset, MONDAY)
    assert period is not None
    assert (str(period.start), period.end) == (f"2026-{start}", MONDAY)
    before, earlier = period.previous(), period.last_year()
    assert (str(before.start), str(before.end)) == previous
    assert (str(earlier.start), str(earlier.end)) == last_year


def test_every_preset_but_two_is_a_period() -> None:
    without = [preset for preset in PERIODS if period_of(preset, MONDAY) is None]
    assert without == ["own", "any"]


@pytest.mark.parametrize(
    ("grain", "first_on", "cut"),
    [
        ("day", date(2026, 11, 5), False),
        ("week", date(2026, 11, 2), True),
        ("week", date(2026, 11, 9), False),
        ("week", date(2026, 11, 23), True),
        ("month", date(2026, 11, 1), True),
    ],
)
def test_a_step_that_leaves_the_period_is_cut_off(grain: Any, first_on: date, cut: bool) -> None:
    assert is_cut_off(first_on, Period(date(2026, 11, 5), MONDAY), grain) == cut


def test_a_longer_period_is_drawn_in_larger_steps() -> None:
    def grain(days: int) -> str:
        return grain_of(Period(MONDAY - timedelta(days=days - 1), MONDAY))

    assert [grain(days) for days in (30, 90, 365)] == ["day", "week", "month"]


def without_payments_and_costs(browser: Browser) -> None:
    """As a database is that came from elsewhere and knows of neither."""
    with writing(browser.database.writer) as connection:
        connection.execute(payments.delete())
        connection.execute(order_lines.update().values(unit_cost=None))
        recount_orders(connection)


def test_what_is_not_recorded_is_not_shown_as_nothing(browser: Browser) -> None:
    sold(browser, 300, 2, order_number="BOUGHT-1")
    without_payments_and_costs(browser)
    tab = as_manager(browser, "overview")
    assert values(tab)["Gross margin"] == "–"
    assert says(tab, "No costs are recorded")
    receivables = browser.open("receivables", currency="CNY")
    assert says(receivables, "No payments are recorded.") and not receivables.dataframe
    orders = browser.open("orders", currency="CNY")
    assert listed(orders) == ["BOUGHT-1"]
    assert "payment_state" not in orders.dataframe[0].value
    order = browser.open("order", number="BOUGHT-1")
    assert not order.exception
    assert not says(order, "Owed") and not says(order, "Gross margin")


def test_an_unpaid_order_with_a_due_day_is_a_debt(browser: Browser) -> None:
    sold(browser, 300, 2, order_number="OWES-1", due_on=days_ago(-5))
    without_payments_and_costs(browser)
    assert listed(as_manager(browser, "receivables")) == ["OWES-1"]
