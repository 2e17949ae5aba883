"""What colleagues hand over is there without a click, and takes nothing away that is half typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from data_access.database import Database, connect
from data_access.demo import PASSWORD
from data_access.edits.commenting import comment_on_order
from data_access.edits.moving import start_processing
from data_access.edits.terms import change_note
from data_access.scope import Scope, mint_scope
from data_access.tables import orders, users
from tests.browser import Tab, new_context, new_tab, sign_in
from tests.canaries import build_marked_demo
from tests.serving import Server, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Database]]:
    folder: Path = tmp_path_factory.mktemp("work")
    url = build_marked_demo(folder / "crm.sqlite")
    database = connect(url)
    with serving(url, folder) as server:
        yield server, database
    database.dispose()


def scope_named(database: Database, username: str) -> Scope:
    with database.record.connect() as connection:
        user_id = connection.scalar(select(users.c.user_id).where(users.c.username == username))
    scope = mint_scope(database.record, int(user_id or 0))
    assert scope is not None
    return scope


def open_as(chrome: Browser, server: Server, username: str, address: str) -> Tab:
    context = new_context(chrome)
    sign_in(context, server.origin, username, PASSWORD)
    return new_tab(context, server.origin).open(address)


def test_a_hand_over_and_a_mention_are_there_without_a_click(
    chrome: Browser, crm: tuple[Server, Database]
) -> None:
    server, database = crm
    chosen = select(orders).where(orders.c.stage == "confirmed").order_by(orders.c.order_id)
    with database.record.connect() as connection:
        order = connection.execute(chosen.limit(1)).one()
    warehouse = open_as(chrome, server, "warehouse", "/work?queue=to_ship")
    rows = warehouse.page.locator(".st-key-work_toolbar")
    before = int(rows.inner_text().split(" of ")[1].split()[0])
    start_processing(
        database.writer, scope_named(database, "manager"), order.order_id,
        seen_version=order.version, request_id="hand over",
    )  # fmt: skip
    expect(rows).to_contain_text(f" of {before + 1} orders")

    manager = open_as(chrome, server, "manager", f"/order?number={order.order_number}")
    manager.page.locator(".st-key-comment_thread textarea").fill("Please @warehouse **today**")
    manager.page.get_by_role("button", name="Comment", exact=True).click()
    expect(manager.page.locator(".st-key-comment_thread")).to_contain_text("**today**")
    expect(manager.page.locator(".st-key-comment_thread textarea")).to_have_value("")
    mentions = warehouse.page.locator(".st-key-queue_mentions")
    expect(warehouse.page.locator(".st-key-queues")).to_contain_text(re.compile(r"Mentions\s*1"))
    mentions.get_by_role("button").click()
    told = warehouse.page.get_by_test_id("stMain")
    expect(told).to_contain_text("Please @warehouse **today**")
    warehouse.page.get_by_role("button", name="Open order").click()
    expect(warehouse.page.get_by_test_id("stMain").locator("h1").first).to_have_text(
        order.order_number
    )
    expect(warehouse.page.locator(".st-key-order_log")).to_contain_text("started processing")
    assert not warehouse.complaints and not manager.complaints
    for tab in (warehouse, manager):
        tab.page.context.close()


def test_a_half_typed_comment_survives_what_others_do(
    chrome: Browser, crm: tuple[Server, Database]
) -> None:
    server, database = crm
    chosen = select(orders).where(orders.c.stage == "shipped").order_by(orders.c.order_id)
    with database.record.connect() as connection:
        order = connection.execute(chosen.limit(1)).one()
    tab = open_as(chrome, server, "support", f"/order?number={order.order_number}")
    typed = tab.page.locator(".st-key-comment_thread textarea")
    typed.press_sequentially("half a sen")
    lead = scope_named(database, "manager")
    comment_on_order(
        database.writer, lead, order.order_id, text="Called the customer", request_id="talk"
    )
    expect(tab.page.locator(".st-key-comment_thread")).to_contain_text("Called the customer")
    expect(typed).to_have_value("half a sen")
    change_note(
        database.writer, lead, order.order_id, note="Ring twice", seen_version=order.version,
        request_id="note",
    )  # fmt: skip
    expect(tab.page.locator(".st-key-order_facts")).to_contain_text("Ring twice")
    expect(tab.page.locator(".st-key-order_log")).to_contain_text("changed the note")
    expect(typed).to_have_value("half a sen")
    typed.press_sequentially("tence")
    tab.page.get_by_role("button", name="Comment", exact=True).click()
    expect(tab.page.locator(".st-key-comment_thread")).to_contain_text("half a sentence")
    tab.page.context.close()
