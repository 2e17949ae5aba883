"""An order's life in a real browser, from the rep who writes it to the manager who undoes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from data_access.audit import list_order_changes
from data_access.database import Database, connect
from data_access.demo import PASSWORD
from data_access.scope import Scope, mint_scope
from data_access.tables import customers, orders, payments, products, stock, users
from tests.browser import Tab, click_in, new_context, new_tab, sign_in
from tests.canaries import build_marked_demo
from tests.serving import Server, serving

pytestmark = pytest.mark.browser
Open = Callable[[str], Any]


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Database]]:
    """A server of its own, since these tests write."""
    folder: Path = tmp_path_factory.mktemp("life")
    url = build_marked_demo(folder / "crm.sqlite")
    database = connect(url)
    with serving(url, folder) as server:
        yield server, database
    database.dispose()


@pytest.fixture
def as_person(chrome: Browser, crm: tuple[Server, Database]) -> Open:
    @contextmanager
    def open_tab(username: str) -> Iterator[Tab]:
        context = new_context(chrome)
        sign_in(context, crm[0].origin, username, PASSWORD)
        tab = new_tab(context, crm[0].origin)
        yield tab
        assert tab.complaints == []
        context.close()

    return open_tab


def click(tab: Tab, key: str) -> None:
    tab.page.locator(f".st-key-{key} button").first.click()
    tab.settle()


def choose(tab: Tab, key: str, words: str) -> None:
    """The option of these words, in the box of this key."""
    tab.page.locator(f".st-key-{key} input").click()
    tab.page.get_by_role("option").filter(has_text=words).first.click()
    tab.settle()


def write(tab: Tab, key: str, words: str) -> None:
    tab.page.locator(f".st-key-{key} input, .st-key-{key} textarea").first.fill(words)


def begin(tab: Tab, number: str, action: str, *, more: bool = False) -> None:
    """The dialog of the action."""
    tab.open(f"/order?number={number}")
    if more:
        click(tab, "more_actions")
    click(tab, f"do_{action}")
    expect(tab.page.get_by_role("dialog")).to_be_visible()


def save(tab: Tab, told: str) -> None:
    click(tab, "edit_save")
    expect(tab.page.locator(".st-key-notice")).to_contain_text(told)
    expect(tab.page.get_by_role("dialog")).to_have_count(0)


def ask(database: Database, statement: Any) -> Any:
    with database.record.connect() as connection:
        return connection.execute(statement).first()


def person(database: Database, username: str) -> Scope:
    user = ask(database, select(users.c.user_id).where(users.c.username == username))
    scope = mint_scope(database.record, user.user_id)
    assert scope is not None
    return scope


def goods_for(database: Database, rep: Scope) -> tuple[str, str]:
    """The mark of a customer of the rep, and the SKU of what lies ready in every warehouse."""
    customer = ask(
        database,
        select(customers.c.name)
        .where(customers.c.owner_id == rep.employee_id)
        .order_by(customers.c.customer_id),
    )
    scarce = select(stock.c.product_id).where(stock.c.on_hand - stock.c.reserved < 3)
    product = ask(
        database,
        select(products.c.sku)
        .join(stock, stock.c.product_id == products.c.product_id)
        .where(products.c.discontinued_on.is_(None), products.c.product_id.not_in(scarce))
        .order_by(products.c.product_id),
    )
    return customer.name.split()[0], product.sku


def create_order(tab: Tab, customer: str, sku: str) -> str:
    tab.open("/orders")
    click(tab, "new_order")
    write(tab, "new_order_search", customer)
    tab.page.keyboard.press("Enter")
    tab.settle()
    choose(tab, "new_order_customer", customer)
    write(tab, "new_order_words", sku)
    tab.page.keyboard.press("Enter")
    tab.settle()
    choose(tab, "new_order_product", sku)
    click_twice(tab, "create_order")
    heading = tab.page.get_by_test_id("stMain").locator("h1").first
    expect(heading).to_contain_text("SO-")
    return tab.settle().heading


def click_twice(tab: Tab, key: str) -> None:
    tab.page.locator(f".st-key-{key} button").first.dblclick()
    tab.settle()


def test_an_order_from_its_writing_to_an_undone_step_and_the_log_tells_it(
    as_person: Open, crm: tuple[Server, Database]
) -> None:
    database = crm[1]
    with as_person("rep") as tab:
        number = create_order(tab, *goods_for(database, person(database, "rep")))
        expect(tab.page.locator(".st-key-notice")).to_contain_text("is created")
    with as_person("lead") as tab:
        begin(tab, number, "confirm_order")
        save(tab, "is confirmed")
    with as_person("warehouse") as tab:
        begin(tab, number, "start_processing")
        save(tab, "is in processing")
        begin(tab, number, "ship_order")
        choose(tab, "edit_ship_order_carrier", "SF Express")
        write(tab, "edit_ship_order_tracking_number", "SF-4711")
        save(tab, "is shipped")
    with as_person("finance") as tab:
        begin(tab, number, "take_payment")
        choose(tab, "edit_take_payment_method", "Bank transfer")
        click_twice(tab, "edit_save")
        expect(tab.page.locator(".st-key-notice")).to_contain_text("is booked")
    with as_person("support") as tab:
        begin(tab, number, "complete_order")
        save(tab, "is completed")
        begin(tab, number, "register_return")
        tab.page.get_by_label("Came back").first.fill("1")
        choose(tab, "edit_register_return_reason", "Wrong item")
        save(tab, "The return")
    with as_person("manager") as tab:
        begin(tab, number, "refund_payment")
        choose(tab, "edit_refund_payment_method", "Bank transfer")
        write(tab, "edit_refund_payment_reason", "Goods came back")
        save(tab, "is refunded")
        click(tab, "undo")
        expect(tab.page.locator(".st-key-notice")).to_contain_text("Undone")
    order = ask(database, select(orders).where(orders.c.order_number == number))
    assert order.stage == "returned"
    assert ask(database, select(payments).where(payments.c.order_id == order.order_id)) is not None
    assert story(database, order.order_id) == [
        ("rep", "create_order"),
        ("lead", "confirm_order"),
        ("warehouse", "start_processing"),
        ("warehouse", "ship_order"),
        ("finance", "take_payment"),
        ("support", "complete_order"),
        ("support", "register_return"),
        ("manager", "refund_payment"),
        ("manager", "undo_change"),
    ]


def story(database: Database, order_id: int) -> list[tuple[str, str]]:
    """Who did what, one after the other, as the log has it."""
    frame = list_order_changes(
        database.record, person(database, "manager"), order_id, limit=200, language="en"
    )
    steps = {row.request_id: (row.actor, row.action) for row in frame[::-1].itertuples()}
    return list(steps.values())


def test_two_people_change_one_order_and_nothing_typed_is_lost(
    as_person: Open, crm: tuple[Server, Database]
) -> None:
    database = crm[1]
    lead = person(database, "lead")
    order = ask(
        database,
        select(orders)
        .where(orders.c.region_id.in_(lead.region_ids))
        .order_by(orders.c.ordered_at.desc()),
    )
    with as_person("manager") as mine, as_person("lead") as theirs:
        begin(mine, order.order_number, "change_note", more=True)
        field = mine.page.locator(".st-key-edit_change_note_note textarea")
        field.fill("")
        field.press_sequentially("half ty")
        begin(theirs, order.order_number, "change_note", more=True)
        write(theirs, "edit_change_note_note", "Ring twice")
        save(theirs, "is changed")
        dialog = mine.page.get_by_role("dialog")
        expect(dialog).to_contain_text("Changed by")
        expect(field).to_have_value("half ty")
        field.press_sequentially("ped")
        click(mine, "edit_save")
        expect(dialog.locator(".st-key-conflict")).to_contain_text("Ring twice")
        expect(dialog.locator(".st-key-conflict")).to_contain_text("half typed")
        expect(field).to_have_value("half typed")
        expect(mine.page.locator(".st-key-edit_save")).to_contain_text("Apply mine on top")
        save(mine, "is changed")
    note = select(orders.c.note).where(orders.c.order_id == order.order_id)
    assert ask(database, note).note == "half typed"


def test_orders_that_are_ticked_are_moved_together(
    as_person: Open, crm: tuple[Server, Database]
) -> None:
    with as_person("warehouse") as tab:
        tab.open("/orders?stage=confirmed")
        numbers = []
        for row in range(2):
            numbers.append(tab.page.get_by_test_id(f"glide-cell-1-{row}").first.inner_text())
            table = tab.page.get_by_test_id("stDataFrame").first
            click_in(table, 18, 35 + 32 * (row + 0.5))
            expect(tab.page.locator(".st-key-bulk_bar")).to_contain_text(f"{row + 1} order")
            tab.settle()
        click(tab, "bulk_processing")
        expect(tab.page.get_by_role("dialog")).to_contain_text("2 of 2 can be moved")
        click(tab, "bulk_save")
        expect(tab.page.locator(".st-key-notice")).to_contain_text("2 orders are now: Processing")
    for number in numbers:
        stage = select(orders.c.stage).where(orders.c.order_number == number)
        assert ask(crm[1], stage).stage == "processing"
