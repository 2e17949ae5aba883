"""Offers in a real browser, in English and in Chinese: a click on a product says why, and what
somebody wrote as a name stays a name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dashboard.cookies import COOKIE
from dashboard.settings import settings
from data_access.accounts import utc_now
from data_access.database import connect
from data_access.schema import upgrade_schema
from data_access.sessions import open_session
from tests.browser import Tab, click_in, new_context, new_tab
from tests.offered import HOSTILE, Offered, open_offers
from tests.serving import Server, serving

pytestmark = pytest.mark.browser
HEAD, ROW = 35, 32  # pixels


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Offered]]:
    folder: Path = tmp_path_factory.mktemp("offers")
    url = f"sqlite:///{folder / 'crm.sqlite'}"
    database = connect(url)
    upgrade_schema(database.writer)
    made = open_offers(database)
    with serving(url, folder) as server:
        yield server, made
    database.dispose()


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        (
            "en-GB",
            ("Offers", "Buy again", "About 90% of all customers who bought Pen also bought this.",
             "Not interested", "Who may want it next"),
        ),
        (
            "zh-CN",
            ("推荐", "再次购买", "买过 钢笔 的全部客户中，约 90% 也买过它。",
             "不感兴趣", "谁可能接下来想要"),
        ),
    ],
)  # fmt: skip
def test_a_click_on_a_product_says_why(
    chrome: Browser, offered: tuple[Server, Offered], locale: str, words: tuple[str, ...]
) -> None:
    server, made = offered
    title, again, why, refuse, wanting = words
    context = new_context(chrome, locale=locale)
    user_id = made.shop.scopes["sales_rep"].user_id
    token = open_session(
        made.shop.writer, user_id, now=utc_now(), lifetime=settings().session_lifetime
    )
    context.add_cookies([{"name": COOKIE, "value": token, "url": server.origin}])
    tab = new_tab(context, server.origin)
    tab.open(f"/offers?customer={made.shop.customer_id}&method=cosine")
    assert tab.heading == title
    expect(tab.page.get_by_text(again, exact=True)).to_be_visible()
    click_first(tab, "offers_new")
    panel = tab.page.locator(".st-key-offer_panel")
    expect(panel.get_by_text(why)).to_be_visible()
    expect(panel.get_by_role("button", name=refuse)).to_be_visible()
    tab.open(f"/offers?customer={made.cold}")
    expect(tab.page.get_by_text(HOSTILE, exact=True).first).to_be_visible()
    tab.open(f"/offers?view=product&product={made.shop.pen}")
    expect(tab.page.get_by_text(wanting, exact=True)).to_be_visible()
    click_first(tab, "offers_wanting")
    tab.page.wait_for_url(f"**customer={made.shop.customer_id}**")
    expect(tab.settle().page.locator(".st-key-offers_again")).to_be_visible()
    assert tab.page.locator("img[src='x']").count() == 0
    assert tab.complaints == [] and not tab.scrolls_sideways()
    context.close()


def click_first(tab: Tab, key: str) -> None:
    table = tab.page.locator(f".st-key-{key}").get_by_test_id("stDataFrame").first
    expect(table.locator("canvas").first).to_be_visible()
    click_in(table, 120, HEAD + 0.5 * ROW)
    tab.settle()
