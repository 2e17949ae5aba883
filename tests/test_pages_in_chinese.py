"""A page in Chinese is Chinese all over: labels, helps, options, notes, charts and tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from streamlit.testing.v1 import AppTest

from dashboard.menu import PAGES
from data_access.accounts import utc_now
from data_access.database import Database
from data_access.policy import Role
from tests.browsing import Browser
from tests.crm import add, add_order, add_user

# Words that stay as they are in Chinese.
KEPT = re.compile(
    r"OrderScope|English|SKU|ABC|XYZ|TSB|CSV|Excel|https?://\S+|&#\d+;|:[a-z-]+(?=\[)|:material/\w+:|<[^>]*>"
    r"|%\{[^}]*\}|[\w.-]+@[\w.-]+|T-\d+|Chrome|zhang|CNY|XTS"
    r"|`python -m dashboard refresh(?: --what (?:forecasts|stock))?`"
    r"|products-\d+|NOISE-\d+|[Nn]oise(?: region| customer| employee)?"
)
# Fields of Streamlit's messages that people read.
READ = frozenset(
    {"label", "body", "help", "placeholder", "text", "value", "delta", "caption", "options",
     "title", "content", "pageName", "displayText", "formattedOptions", "captions"}
)  # fmt: skip


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


def add_company(database: Database) -> str:
    """A Chinese company with an order of each kind; returns the number of one."""
    writer, today = database.writer, utc_now().date()
    region = add(writer, "regions", name="East", name_zh="华东")
    rep = add(writer, "employees", name="Zhang", name_zh="张伟", region_id=region)
    customer = add(writer, "customers", name="Harbour", name_zh="海港贸易", owner_id=rep,
                   region_id=region)  # fmt: skip
    add(writer, "channels", channel="web", name="Web shop", name_zh="网店")
    category = add(writer, "categories", name="Tea", name_zh="茶叶")
    product = add(writer, "products", name="Green tea", name_zh="绿茶", sku="1001",
                  category_id=category)  # fmt: skip
    house = add(writer, "warehouses", name="Shanghai", name_zh="上海仓")
    add(writer, "stock", warehouse_id=house, product_id=product, on_hand=3, reorder_point=9)
    add(writer, "replenishments", product_id=product, warehouse_id=house, quantity=24,
        state="ordered", cause="T-9001 · 1001", ordered_at=utc_now(), received_quantity=9,
        requested_at=utc_now(), expected_on=today - timedelta(days=2))  # fmt: skip
    for number, stage in enumerate(("received", "confirmed", "shipped", "completed", "cancelled")):
        order_id = add_order(
            database, order_number=f"T-{9000 + number}", stage=stage, customer_id=customer,
            owner_id=rep, region_id=region, warehouse_id=house, due_on=today - timedelta(days=3),
            ordered_on=today - timedelta(days=12 + number),
            lines=[{"product_id": product, "quantity": 9, "discount_rate": Decimal("0.1")}],
        )  # fmt: skip
        add(writer, "payments", order_id=order_id, amount=Decimal(100), paid_on=today)
        add(writer, "shipments", order_id=order_id, warehouse_id=house)
        add(writer, "feedback", order_id=order_id, customer_id=customer, kind="complaint",
            state="new", severity=3, text="包装破损", created_at=utc_now())  # fmt: skip
    return "T-9003"


def read_texts(tab: AppTest) -> Iterator[str]:
    """Everything on the page that people read, figures included."""
    for element in tab.main:
        yield from _texts(element)
    for element in tab.sidebar:
        yield from _texts(element)


def _texts(element: Any) -> Iterator[str]:
    proto = getattr(element, "proto", None)
    if proto is None:
        return
    found = MessageToDict(proto)
    found.pop("labelVisibility", None)
    yield from _fields(found)
    if isinstance(found.get("spec"), str):
        yield from _fields(json.loads(found["spec"]), names=FIGURE)
    if isinstance(found.get("columns"), str):
        yield from _fields(json.loads(found["columns"]))
    if isinstance(getattr(element, "value", None), pd.DataFrame):
        for _name, cells in element.value.items():
            yield from (cell for cell in cells if isinstance(cell, str))


FIGURE = frozenset({"text", "name", "hovertemplate", "ticktext", "customdata"})


def _fields(node: Any, names: frozenset[str] = READ, *, read: bool = False) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _fields(value, names, read=name in names)
    elif isinstance(node, list):
        for value in node:
            yield from _fields(value, names, read=read)
    elif isinstance(node, str) and read:
        yield node


def english_in(text: str) -> list[str]:
    return re.findall(r"[A-Za-z]{3,}", KEPT.sub(" ", text))


@pytest.mark.parametrize("role", [Role.MANAGER, Role.FINANCE, Role.WAREHOUSE])
def test_no_english_is_left(browser: Browser, role: Role) -> None:
    number = add_company(browser.database)
    browser.sign_in(add_user(browser.database, role, name="张三", username="zhang",
                             language="zh_CN"))  # fmt: skip
    for page in PAGES:
        tab = browser.open(page.slug, number=number)
        assert not tab.exception, page.slug
        texts = list(read_texts(tab))
        assert any(re.search(r"[\u4e00-\u9fff]", text) for text in texts), page.slug
        assert [text for text in texts if english_in(text)] == [], page.slug


def test_an_empty_company_is_told_in_chinese(browser: Browser) -> None:
    browser.sign_in(add_user(browser.database, "sales_rep", name="张三", username="zhang",
                             language="zh_CN"))  # fmt: skip
    for page in PAGES:
        tab = browser.open(page.slug)
        assert not tab.exception, page.slug
        assert [text for text in read_texts(tab) if english_in(text)] == [], page.slug


def test_signed_out_it_is_the_browsers_language(browser: Browser) -> None:
    tab = browser.open("orders", locale="zh-CN")
    assert [text for text in read_texts(tab) if english_in(text)] == []


def test_tables_and_figures_are_read_too(browser: Browser) -> None:
    add_company(browser.database)
    browser.sign_in(add_user(browser.database, "manager", language="zh_CN"))
    overview, orders = browser.open("overview"), browser.open("orders")
    assert "本期" in "".join(read_texts(overview))  # a label in a figure
    assert {"订单号", "已发货", "海港贸易"} <= set(read_texts(orders))  # a title and two cells


def test_english_would_be_found() -> None:
    assert english_in("净销售额 Net sales") == ["Net", "sales"]
    assert english_in(":red[▲] 净销售额 &#65; OrderScope") == []
