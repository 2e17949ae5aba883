"""Signing in and out as people do it: with tabs, reloads, the back button and kept links."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from data_access.demo import PASSWORD
from tests.browser import Tab, new_context, new_tab, sign_in
from tests.serving import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def context(chrome: Browser) -> Iterator[BrowserContext]:
    context = new_context(chrome)
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext, demo_server: Server) -> Tab:
    return new_tab(context, demo_server.origin)


def fill_form(tab: Tab, username: str, password: str) -> None:
    tab.page.get_by_label("Username").fill(username)
    tab.page.get_by_label("Password", exact=True).fill(password)
    tab.page.get_by_role("button", name="Sign in", exact=True).click()


def has_form(tab: Tab) -> bool:
    return tab.page.get_by_label("Password", exact=True).count() == 1


def test_a_kept_link_is_open_after_signing_in(tab: Tab) -> None:
    tab.open("/orders?stage=completed&period=any")
    assert has_form(tab)
    fill_form(tab, "manager", PASSWORD)
    expect(tab.page.get_by_test_id("stMain").locator("h1").first).to_have_text("Orders")
    address = urlsplit(tab.page.url)
    assert address.path == "/orders"
    assert "stage=completed" in address.query


def test_the_cookie_is_out_of_reach_of_scripts(tab: Tab) -> None:
    sign_in(tab.page.context, tab.origin, "manager", PASSWORD)
    tab.open("/account")
    (cookie,) = (c for c in tab.page.context.cookies() if "orderscope" in c["name"])
    assert cookie["httpOnly"]
    assert cookie["sameSite"] in ("Lax", "Strict")
    assert cookie["value"] not in tab.page.evaluate("document.cookie")
    assert cookie["value"].encode() not in tab.everything_sent()


def test_a_wrong_password_is_said_in_a_sentence(tab: Tab) -> None:
    tab.open("/receivables")
    fill_form(tab, "nobody-of-this-name", "not the password")
    expect(tab.page.get_by_text("Username or password is not right.")).to_be_visible()
    assert has_form(tab.settle())
    assert urlsplit(tab.page.url).path == "/receivables"


def test_a_demo_account_is_one_click_away(tab: Tab) -> None:
    tab.open("/")
    tab.page.get_by_role("button", name="Finance").click()
    expect(tab.page.get_by_test_id("stMain").locator("h1").first).to_have_text("Receivables")


def test_a_reload_keeps_person_page_and_filter(tab: Tab) -> None:
    sign_in(tab.page.context, tab.origin, "manager", PASSWORD)
    tab.open("/orders?stage=completed&period=any")
    before = tab.page.url
    tab.page.reload(wait_until="commit")
    tab.settle()
    assert tab.page.url == before
    assert tab.heading == "Orders"


def test_the_back_button_goes_back_a_page(tab: Tab) -> None:
    sign_in(tab.page.context, tab.origin, "manager", PASSWORD)
    tab.open("/overview")
    tab.page.get_by_test_id("stSidebarNavLink").filter(has_text="Orders").click()
    expect(tab.page.get_by_test_id("stMain").locator("h1").first).to_have_text("Orders")
    tab.settle().page.go_back()
    expect(tab.page.get_by_test_id("stMain").locator("h1").first).to_have_text("Overview")
    assert urlsplit(tab.page.url).path == "/overview"


def test_logging_out_ends_every_tab_at_its_next_step(tab: Tab) -> None:
    context = tab.page.context
    sign_in(context, tab.origin, "manager", PASSWORD)
    other = new_tab(context, tab.origin).open("/account")
    tab.open("/orders")
    tab.page.get_by_role("button", name="Log out", exact=True).click()
    expect(tab.page.get_by_label("Password", exact=True)).to_be_visible()
    other.page.get_by_test_id("stSidebarNavLink").filter(has_text="Orders").click()
    expect(other.page.get_by_label("Password", exact=True)).to_be_visible()


def test_a_tab_left_open_notices_by_itself(tab: Tab) -> None:
    context = tab.page.context
    sign_in(context, tab.origin, "manager", PASSWORD)
    tab.open("/orders")
    context.request.post(f"{tab.origin}/auth/logout", headers={"Origin": tab.origin})
    expect(tab.page.get_by_label("Password", exact=True)).to_be_visible()


def test_the_language_is_switched_at_once_and_stays(tab: Tab) -> None:
    sign_in(tab.page.context, tab.origin, "support", PASSWORD)
    tab.open("/orders")
    tab.page.get_by_role("radio", name="简体中文").or_(
        tab.page.get_by_role("button", name="简体中文")
    ).first.click()
    heading = tab.page.get_by_test_id("stMain").locator("h1").first
    expect(heading).to_have_text("订单")
    tab.open("/account")
    expect(tab.page.get_by_test_id("stSidebarNavLink").filter(has_text="订单")).to_be_visible()
    tab.page.get_by_role("radio", name="English").or_(
        tab.page.get_by_role("button", name="English")
    ).first.click()
    expect(tab.page.get_by_test_id("stSidebarNavLink").filter(has_text="Orders")).to_be_visible()
