"""A bar of the bridge opens what stands behind it, and a click on an order leads there and back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from data_access.demo import PASSWORD
from tests.browser import Tab, click_in, new_context, new_tab, sign_in
from tests.serving import Server

pytestmark = pytest.mark.browser


def click_bar(tab: Tab, number: int) -> None:
    box = tab.page.locator(".barlayer .point path").nth(number).bounding_box()
    assert box is not None
    tab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_bar_opens_its_orders(chrome: Browser, demo_server: Server) -> None:
    context = new_context(chrome)
    sign_in(context, demo_server.origin, "manager", PASSWORD)
    tab = new_tab(context, demo_server.origin).open("/why?period=last_365")
    expect(tab.page.locator(".barlayer .point path").first).to_be_attached()
    click_bar(tab, 2)
    tab.page.wait_for_url("**part=volume**")
    expect(tab.page.get_by_text("Orders behind it")).to_be_visible()
    table = tab.settle().page.get_by_test_id("stDataFrame").filter(visible=True).last
    expect(table.locator("canvas").first).to_be_visible()
    click_in(table, 60, 50)
    tab.page.wait_for_url("**/order?number=**")
    tab.page.go_back()
    tab.page.wait_for_url(re.compile("/why.*part=volume"))
    expect(tab.page.get_by_text("Orders behind it")).to_be_visible()
    assert tab.complaints == []
    context.close()
