"""How the pages look to a browser: in both themes, on a phone, and in Chinese all over."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import select

from dashboard.menu import PAGES
from data_access.database import connect
from data_access.demo import ACCOUNTS, PASSWORD
from data_access.tables import orders
from tests.browser import Tab, new_context, new_tab, sign_in
from tests.canaries import MARKDOWN, SCRIPT
from tests.serving import Server

pytestmark = pytest.mark.browser
ADDRESSES = [f"/{page.slug}" for page in PAGES if page.slug != "order"] + [
    "/order?number=SO-20261123-00003"
]
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
# Everything that can be read on the page, charts and tables included; names of icons are drawn
# as pictures, and Streamlit's own words for screen readers are always English.
READ_TEXTS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  const skipped = 'script,style,title,noscript,[data-testid=stIconMaterial],[translate=no]';
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    const itself = text === 'Skip to main content' || /^\\w+ icon$/.test(text);
    if (text && !parent.closest(skipped) && !itself) found.push(text);
  }
  return found;
}"""
# What stays as it is in Chinese: names, numbers of orders, units, and people's own words.
KEPT = re.compile(
    r"OrderScope|English|[A-Z]{3}-\d{4}|[A-Z]{2,4}\d{6,}|SO-\d+-\d+|(?:NAME|SHIP|NOTE|MAIL)\d+x\S*|CNY|SKU|ABC|XYZ|TSB|URL|API|IP|\S*@\S+"
    r"|[A-Z][a-z]+ [A-Z][a-z]+ (?=[\u4e00-\u9fff])|Chrome|Linux|DHL"
    r"|python -m dashboard refresh"
)


def open_as(context: BrowserContext, server: Server, username: str) -> Tab:
    sign_in(context, server.origin, username, PASSWORD)
    return new_tab(context, server.origin)


@pytest.fixture
def phone(chrome: Browser, demo_server: Server) -> Iterator[Tab]:
    context = new_context(chrome, color_scheme="dark", **PHONE)
    yield open_as(context, demo_server, "manager")
    context.close()


def test_a_phone_shows_what_the_page_is_for(phone: Tab) -> None:
    phone.open("/orders")
    box = phone.page.get_by_test_id("stMain").locator("h1").first.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert not phone.scrolls_sideways()
    assert phone.complaints == []


def brightness(colour: str) -> float:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_are_the_browsers_choice(
    chrome: Browser, demo_server: Server, theme: str
) -> None:
    context = new_context(chrome, color_scheme=theme)
    tab = open_as(context, demo_server, "manager").open("/overview")
    style = (
        "element => [getComputedStyle(element).backgroundColor, getComputedStyle(element).color]"
    )
    back, text = tab.page.get_by_test_id("stApp").evaluate(style)
    assert (brightness(back) > 0.5) == (theme == "light")
    assert abs(brightness(back) - brightness(text)) > 0.6
    assert tab.complaints == []
    context.close()


# People's own words and names, and commands, which stand as they were written.
OWN_WORDS = [
    MARKDOWN,
    SCRIPT,
    "System administrator",
    "python -m dashboard refresh --what forecasts",
    "python -m dashboard refresh --what stock",
    PASSWORD,
    *sorted((account.username for account in ACCOUNTS), key=len, reverse=True),
]

# What Streamlit's own date field says unseen, in English whatever the page's language.
TO_SCREEN_READERS = "Selected Date: "


@pytest.fixture(scope="module")
def telling_orders(marked_demo: str) -> list[str]:
    """The newest order of each stage that has most to tell."""
    database = connect(marked_demo)
    with database.record.connect() as connection:
        numbers = [
            connection.scalars(
                select(orders.c.order_number)
                .where(orders.c.stage == stage)
                .order_by(orders.c.ordered_at.desc())
            ).first()
            for stage in ("completed", "cancelled", "returned")
        ]
    database.dispose()
    return [number for number in numbers if number]


def test_in_chinese_no_english_is_left(
    chrome: Browser, demo_server: Server, telling_orders: list[str]
) -> None:
    context = new_context(chrome, locale="zh-CN")
    left = {"signed out": english_of(new_tab(context, demo_server.origin).open("/"))}
    tab = open_as(context, demo_server, "manager")
    alike = ("/customer", *(f"/order?number={number}" for number in telling_orders))
    for address in ADDRESSES:
        if address not in alike:
            left[address] = english_of(tab.go(address))
    for address in alike:  # their titles tell nobody that another page is there
        left[address] = english_of(tab.open(address))
    assert {address: words for address, words in left.items() if words} == {}
    assert "订单" in tab.text
    context.close()


def english_of(tab: Tab) -> list[str]:
    texts = [text.replace("\u2060", "") for text in tab.page.evaluate(READ_TEXTS)]
    for word in OWN_WORDS:
        texts = [text.replace(word, "") for text in texts]
    texts = [text for text in texts if not text.startswith(TO_SCREEN_READERS)]
    return [text for text in texts if re.search(r"[A-Za-z]{2,}", KEPT.sub("", text))]
