"""Lists in a real browser: opened by a click, sorted by a head, and true while others work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from data_access.database import Database, connect, writing
from data_access.demo import PASSWORD
from data_access.tables import orders
from data_access.totals import recount_orders
from tests.browser import Tab, click_in, new_context, new_tab, sign_in
from tests.canaries import build_marked_demo
from tests.serving import Server, serving

pytestmark = pytest.mark.browser
HEAD, ROW = 35, 32  # pixels
NUMBER = 1  # the column of the order's number, behind the ticks


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Database]]:
    """A server of its own, since these tests write."""
    folder: Path = tmp_path_factory.mktemp("lists")
    url = build_marked_demo(folder / "crm.sqlite")
    database = connect(url)
    with serving(url, folder) as server:
        yield server, database
    database.dispose()


@pytest.fixture
def tab(chrome: Browser, crm: tuple[Server, Database]) -> Iterator[Tab]:
    context = new_context(chrome)
    sign_in(context, crm[0].origin, "manager", PASSWORD)
    yield new_tab(context, crm[0].origin)
    context.close()


def click_in_table(tab: Tab, x: float, y: float) -> None:
    click_in(tab.page.get_by_test_id("stDataFrame").first, x, y)


def cell(tab: Tab, column: int, row: int) -> str:
    return str(tab.page.get_by_test_id(f"glide-cell-{column}-{row}").first.inner_text())


def test_a_click_opens_the_order_and_back_finds_the_list_as_it_was(tab: Tab) -> None:
    address = "/orders?period=any&stage=completed&sort=oldest&page=2"
    tab.open(address)
    number = cell(tab, NUMBER, 2)
    click_in_table(tab, 60, HEAD + 2.5 * ROW)
    expect(tab.page.get_by_test_id("stMain").locator("h1").first).to_have_text(number)
    assert urlsplit(tab.page.url).path == "/order"
    tab.settle().page.go_back()
    expect(tab.page.get_by_test_id("stMain").locator("h1").first).to_have_text("Orders")
    tab.settle()
    for part in ("stage=completed", "sort=oldest", "page=2"):
        assert part in tab.page.url
    assert "number=" not in tab.page.url
    assert cell(tab, NUMBER, 2) == number


def test_a_click_on_a_risk_opens_the_order_and_one_on_a_queue_its_orders(tab: Tab) -> None:
    tab.open("/delivery?sort=promised")
    number = cell(tab, 0, 0)
    click_in_table(tab, 60, HEAD + 0.5 * ROW)
    expect(tab.page.get_by_test_id("stMain").locator("h1").first).to_have_text(number)
    tab.settle().page.get_by_test_id("stMain").get_by_role("link", name="Delivery").click()
    expect(tab.page.get_by_test_id("stMain").locator("h1").first).to_have_text("Delivery")
    assert "sort=promised" in tab.settle().page.url
    tab.page.locator(".st-key-waits_table summary").click()
    # of its own block: before it is drawn, the last table of the page is another
    queue_rows = tab.page.locator(".st-key-waits_table").get_by_test_id("stDataFrame")
    expect(queue_rows.get_by_test_id("glide-cell-1-0")).to_be_attached()
    click_in(queue_rows, 200, HEAD + 0.5 * ROW)
    tab.page.wait_for_url("**/orders?**stage=received**")


def test_a_click_on_a_head_sorts_by_it(tab: Tab) -> None:
    tab.open("/orders?period=any")
    click_in_table(tab, 60, HEAD / 2)
    tab.page.wait_for_url("**sort=number*")
    tab.settle()
    first_rows = [cell(tab, NUMBER, row) for row in range(5)]
    assert first_rows == sorted(first_rows)


def test_a_change_of_another_is_seen_without_losing_what_is_half_typed(
    chrome: Browser, crm: tuple[Server, Database], tab: Tab
) -> None:
    server, database = crm
    elsewhere = new_context(chrome)
    sign_in(elsewhere, server.origin, "admin", PASSWORD)
    overview = new_tab(elsewhere, server.origin).open("/overview?period=last_365")
    tab.open("/orders?period=any&sort=newest")
    number = cell(tab, NUMBER, 0)
    typed = tab.page.locator(".st-key-filter_q input")
    typed.press_sequentially("half ty")
    sales = overview.page.locator(".st-key-card_net_sales").get_by_test_id("stMetricValue").first
    before = sales.inner_text()
    with writing(database.writer) as connection:
        chosen = orders.c.order_number == number
        connection.execute(update(orders).where(chosen).values(stage="cancelled"))
        connection.execute(
            update(orders).where(orders.c.stage == "completed").values(stage="cancelled")
        )
        recount_orders(connection)
    expect(tab.page.get_by_test_id(f"glide-cell-{NUMBER + 1}-0").first).to_contain_text("Cancelled")
    expect(typed).to_have_value("half ty")
    expect(sales).not_to_have_text(before)
    elsewhere.close()
