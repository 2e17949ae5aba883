"""In a browser: a row opens the orders behind it, a product of the picture filters, and the names
lie apart on a phone."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import delete, insert, select

from data_access.database import connect, replacing
from data_access.demo import PASSWORD
from data_access.tables import product_pairs, products
from tests.browser import click_in, new_context, new_tab, sign_in
from tests.serving import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def paired(marked_demo: str, demo_server: Server) -> Server:
    """The demo with rules of twelve products in two groups."""
    database = connect(marked_demo)
    with replacing(database.writer, "product_pairs") as connection:
        connection.execute(delete(product_pairs))
        ids = connection.scalars(
            select(products.c.product_id).where(products.c.is_goods).order_by(products.c.product_id)
        ).all()[:12]  # fmt: skip
        links = [*pairwise(ids[:8]), (ids[0], ids[4]), *pairwise(ids[8:])]
        for number, (one, other) in enumerate(links):
            counts = {
                "as_of_on": date(2100, 1, 1), "together": 9, "orders": 900, "lift": 3 + number,
                "lift_low": 2 + number, "lift_high": 40, "q_value": Decimal("0.01"),
            }  # fmt: skip
            connection.execute(
                insert(product_pairs),
                [
                    {"product_id": a, "other_product_id": b, "product_orders": m,
                     "other_orders": n, **counts}
                    for a, b, m, n in ((one, other, 30, 60), (other, one, 60, 30))
                ],
            )  # fmt: skip
    database.dispose()
    return demo_server


def test_a_row_opens_its_orders_and_a_product_filters(chrome: Browser, paired: Server) -> None:
    context = new_context(chrome)
    sign_in(context, paired.origin, "manager", PASSWORD)
    tab = new_tab(context, paired.origin).open("/bought-together")
    points = tab.page.locator(".scatterlayer .trace").last.locator(".point")
    expect(points).to_have_count(12)
    box = points.nth(0).bounding_box()
    assert box is not None
    tab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.page.wait_for_url("**product=**")
    tab.settle()
    tab.page.get_by_role("button", name="Clear filters").click()
    tab.page.wait_for_url(lambda url: "product=" not in url)
    table = tab.settle().page.get_by_test_id("stDataFrame").filter(visible=True).first
    expect(table.locator("canvas").first).to_be_visible()
    click_in(table, 60, 50)
    tab.page.wait_for_url(re.compile(r"pair=\d+-\d+"))
    expect(tab.settle().page.get_by_text("a confidence of")).to_be_visible()
    assert tab.complaints == []
    context.close()


def test_names_lie_apart_on_a_phone_in_chinese(chrome: Browser, paired: Server) -> None:
    context = new_context(
        chrome, locale="zh-CN", color_scheme="dark", viewport={"width": 390, "height": 844},
        is_mobile=True, has_touch=True,
    )  # fmt: skip
    sign_in(context, paired.origin, "lead", PASSWORD)
    tab = new_tab(context, paired.origin).open("/bought-together")
    names = tab.page.locator(".ytick text")
    expect(names).to_have_count(12)
    boxes = [box for box in (each.bounding_box() for each in names.all()) if box is not None]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    boxes.sort(key=lambda box: box["y"])
    assert all(one["y"] + one["height"] <= other["y"] for one, other in pairwise(boxes))
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(tab.page.get_by_text("哪些商品相连")).to_be_visible()
    assert not re.search(r"[A-Za-z]{3,}", " ".join(names.all_text_contents()))
    context.close()
