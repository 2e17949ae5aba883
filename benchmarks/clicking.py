"""A stage change in a real browser: from the click that saves it until the page shows it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect
from sqlalchemy import Engine, Row, select

from benchmarks.serving import PERSON, serving
from benchmarks.timing import percentile, shown
from data_access.database import connect
from data_access.demo import PASSWORD
from data_access.tables import orders
from tests.browser import Tab, chromium, new_context, new_tab, sign_in

NEXT = {"confirmed": "start_processing", "shipped": "complete_order"}  # need nothing typed
MOVES = 40  # the first does not count
# The click is timed where the browser hears it; the answer when the notice of the saved change is
# there, the dialog is gone, and the browser has had a frame to draw both.
WATCH = """
() => {
  window.timed = {};
  const press = document.querySelector('.st-key-edit_save button');
  press.addEventListener('click', () => { window.timed.clicked = performance.now(); }, true);
  const watcher = new MutationObserver(() => {
    if (document.querySelector('[role=dialog]') || !document.querySelector('.st-key-notice'))
      return;
    watcher.disconnect();
    requestAnimationFrame(() => { window.timed.shown = performance.now(); });
  });
  watcher.observe(document.body, {childList: true, subtree: true});
}
"""


def stage_changes(url: str, analytics_url: str) -> list[str]:
    """A row of the table: what, how often, and the milliseconds of half of them and of p95."""
    database = connect(url)
    rows = _open_orders(database.record)
    database.dispose()
    with serving(url, analytics_url) as (port, _process), chromium() as browser:
        origin = f"http://127.0.0.1:{port}"
        context = new_context(browser)
        sign_in(context, origin, PERSON, PASSWORD)
        tab = new_tab(context, origin)
        taken = [_move(tab, row) for row in rows][1:]
        context.close()
    halves = shown(percentile(taken, 0.5)), shown(percentile(taken, 0.95))
    return ["start processing, complete", str(len(taken)), *halves]


def _open_orders(record: Engine) -> list[Row[Any]]:
    chosen = (
        select(orders.c.order_number, orders.c.stage)
        .where(orders.c.stage.in_(NEXT))
        .order_by(orders.c.order_id.desc())
        .limit(MOVES)
    )
    with record.connect() as connection:
        return list(connection.execute(chosen).all())


def _move(tab: Tab, order: Row[Any]) -> float:
    """Milliseconds from the click on Save to the changed page."""
    tab.open(f"/order?number={order.order_number}")
    tab.page.locator(f".st-key-do_{NEXT[order.stage]} button").first.click()
    save = tab.page.locator(".st-key-edit_save button")
    expect(save).to_be_enabled()
    tab.settle()
    tab.page.evaluate(WATCH)
    save.click()
    expect(tab.page.locator(".st-key-notice")).to_contain_text(order.order_number)
    expect(tab.page.get_by_role("dialog")).to_have_count(0)
    tab.settle()
    return float(tab.page.evaluate("() => window.timed.shown - window.timed.clicked"))
