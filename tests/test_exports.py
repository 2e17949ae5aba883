"""What leaves the app: safe cells, the whole list as the person sees it, and a row in the log."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import func, insert, select, update

from dashboard import exports
from dashboard.export_files import Sheet, sheet_of, to_csv, to_xlsx
from dashboard.exports import ExportRefused, _offered
from dashboard.tables import Column
from dashboard.texts import in_language
from data_access.accounts import utc_now
from data_access.audit_chain import chain_hash
from data_access.database import Database, writing
from data_access.edits import transaction
from data_access.edits.exporting import record_export
from data_access.edits.transaction import new_request_id
from data_access.errors import NotSaved
from data_access.sessions import end_session
from data_access.tables import audit, data_version, orders, sessions, users
from tests.browsing import Browser, says, texts
from tests.crm import add, add_order, add_user, scope_of
from tests.exported import MARK, Buttons, read_csv, read_xlsx
from tests.test_pages_quiet import score

FORMULAS = (
    "=1+1", "=HYPERLINK(\"http://x\")", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1",
    "＝1+1", "＋1", "－1", "＠x", "\x00=1", "\u202e=1", "\u3000=1",
)  # fmt: skip
PLAIN = ("Ada", "王伟", "a=b", "1+1", 'say "hi", Bob; ok', "🙂👩\u200d👧", "O'Neil", "007", "")


def sheet(*values: Any) -> Sheet:
    return Sheet(("Name",), ("text",), ([*values],))


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_begins_a_formula(text: str) -> None:
    made = sheet_of(pd.DataFrame({"name": [text]}), [Column("name", text)])
    written = read_csv(to_csv(made, [(text, text)]))
    for cell in (written.titles[0], written.rows[0][0], *written.facts.items()):
        for part in [cell] if isinstance(cell, str) else cell:
            assert part.startswith("'") and "\t" not in part and "\r" not in part
    in_cells = read_xlsx(to_xlsx(made, [(text, text)]))  # which looks for formulas
    assert in_cells.rows[0][0].lstrip()[0] in "=+-@＝＋－＠"


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert read_csv(to_csv(sheet(text), [])).rows == [[text]]
    assert read_xlsx(to_xlsx(sheet(text, "x"), [])).rows[0] == [text or None]


def test_what_no_file_can_hold_is_taken_out() -> None:
    text = pd.Series(["a\x00b\x1f\x85\ud800\uffff\u202ec\nd"], dtype="object")
    made = sheet_of(pd.DataFrame({"name": text}), [Column("name", "Name")])
    assert read_csv(to_csv(made, [])).rows == [["abc d"]]
    assert read_xlsx(to_xlsx(made, [])).rows == [["abc d"]]
    longest = read_xlsx(to_xlsx(sheet_of(pd.DataFrame({"name": ["x" * 40_000]}),
                                         [Column("name", "Name")]), []))  # fmt: skip
    assert len(longest.rows[0][0]) == 32_767


def test_numbers_days_and_money_are_what_they_are() -> None:
    frame = pd.DataFrame(
        {
            "amount": [-1234.5678, None],
            "currency": ["EUR", "CNY"],
            "share": [0.934, None],
            "units": pd.array([-3, None], dtype="Int64"),
            "due_on": pd.to_datetime(["2026-11-23", None]),
            "stage": ["shipped", None],
            "late": [2.0, None],
            "at": pd.to_datetime(["2026-11-23 16:30", None]),
            "sure": [True, None],
        }
    )
    columns = [
        Column("amount", "Owed", "money"), Column("share", "Share", "rate"),
        Column("units", "Units", "count"), Column("due_on", "Due", "day"),
        Column("stage", "Stage", "stage"), Column("late", "Late", "lateness"),
        Column("at", "At", "moment"), Column("sure", "Sure"), Column("gone", "Gone"),
    ]  # fmt: skip
    with in_language("zh_CN"):
        made = sheet_of(frame, columns)
    titles = ["Owed", "币种", "Share", "Units", "Due", "Stage", "Late（天）", "At", "Sure"]
    written, cells = read_csv(to_csv(made, [])), read_xlsx(to_xlsx(made, []))
    assert written.titles == cells.titles == titles
    assert written.rows[0] == ["-1234.57", "EUR", "0.934", "-3", "2026-11-23", "已发货", "2.0",
                               "2026-11-24 00:30", "是"]  # fmt: skip
    assert b'\r\n-1234.57,"EUR",' in to_csv(made, [])  # a number is not quoted
    day = datetime(2026, 11, 23)
    assert cells.rows[0] == [-1234.57, "EUR", 0.934, -3, day, "已发货", 2, "2026-11-24 00:30", "是"]
    assert cells.rows[1] == [None, "CNY", *[None] * 7]
    assert written.rows[1][0] == "" and written.rows[1][3] == ""


def test_money_without_a_currency_of_its_own_is_in_that_of_the_list() -> None:
    made = sheet_of(pd.DataFrame({"a": [1.0], "b": [2.0]}),
                    [Column("a", "A", "money"), Column("b", "B", "money")], "USD")  # fmt: skip
    assert read_csv(to_csv(made, [])).rows == [["1.0", "2.0", "USD"]]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def buttons(monkeypatch: pytest.MonkeyPatch) -> Buttons:
    return Buttons(monkeypatch)


def log_of(database: Database) -> list[Any]:
    with database.record.connect() as connection:
        return list(connection.execute(select(audit).where(audit.c.action == "export")))


def add_orders(database: Database, count: int, **values: Any) -> None:
    with writing(database.writer) as connection:
        connection.execute(
            insert(orders),
            [
                {"order_number": f"MANY-{number:03}", "channel": "web", "stage": "shipped",
                 "currency": "CNY", "net_sales": Decimal(number), "ordered_on": today(),
                 "ordered_at": utc_now() - timedelta(minutes=number), **values}
                for number in range(count)
            ],
        )  # fmt: skip


def rep_with_orders(browser: Browser, count: int) -> int:
    """A rep with so many orders of one customer; somebody else has one more."""
    add(browser.database.writer, "channels", channel="web", name="Web")
    rep = add(browser.database.writer, "employees", name="Rep")
    mine = add(browser.database.writer, "customers", name="=cmd|' /C calc'!A0", owner_id=rep)
    theirs = add(browser.database.writer, "customers", name="Not mine")
    add_orders(browser.database, count, customer_id=mine, owner_id=rep)
    add_order(browser.database, order_number="THEIRS", customer_id=theirs, ordered_on=today())
    return add_user(browser.database, "sales_rep", employee_id=rep, name="Li Lei", username="li")


def test_the_whole_list_leaves_as_the_person_sees_it(browser: Browser, buttons: Buttons) -> None:
    browser.sign_in(rep_with_orders(browser, 530))
    tab = browser.open("orders", currency="CNY", stage="shipped", sort="smallest")
    assert not tab.exception
    found = read_csv(buttons.click("orders"))
    assert found.column("Order") == [f"MANY-{number:03}" for number in range(530)]
    assert set(found.column("Customer")) == {"'=cmd|' /C calc'!A0"}
    assert found.facts["Rows"] == "530"
    assert found.facts["Exported by"] == "Li Lei (li)"
    assert found.facts["As of"] == today().isoformat()
    assert "Stage: Shipped" in found.facts["Filter"] and "Currency: CNY" in found.facts["Filter"]
    cells = read_xlsx(buttons.click("orders", "xlsx"))
    assert cells.column("Net sales") == list(range(530))
    assert cells.facts["Rows"] == 530


def test_each_export_is_in_the_log_without_what_was_searched_for(
    browser: Browser, buttons: Buttons
) -> None:
    user_id = rep_with_orders(browser, 3)
    browser.sign_in(user_id)
    browser.open("orders", currency="CNY", q="MANY")
    version = select(func.max(data_version.c.version))
    with browser.database.record.connect() as connection:
        before = connection.scalar(version)
    assert "Search: MANY" in read_csv(buttons.click("orders")).facts["Filter"]
    (row,) = log_of(browser.database)
    assert (row.user_id, row.actor, row.actor_name) == (user_id, "li", "Li Lei")
    assert (row.table_name, row.reason, row.order_id) == ("exports", "orders", None)
    said = json.loads(row.after)
    assert (said["rows"], said["file_format"]) == (3, "csv")
    assert "MANY" not in row.after and "a search" in said["filter"]
    with browser.database.record.connect() as connection:
        assert connection.scalar(version) == before  # nobody's page is drawn anew for it
    browser.sign_in(add_user(browser.database, "manager"))
    tab = browser.open("changes")
    assert not tab.exception
    (told,) = (each.label for each in tab.expander if "exported a list" in each.label)
    assert "Li Lei" in told and "Orders" in told and "Rows: 3" in told


def test_who_may_not_open_the_page_gets_no_file(browser: Browser, buttons: Buttons) -> None:
    """The button was drawn; then the role changed, or the session ended."""
    user_id = rep_with_orders(browser, 3)
    token = browser.sign_in(user_id)
    browser.open("orders", currency="CNY")
    with writing(browser.database.writer) as connection:
        connection.execute(update(users).where(users.c.user_id == user_id).values(role="finance"))
    with pytest.raises(ExportRefused):
        buttons.click("orders")
    with writing(browser.database.writer) as connection:
        connection.execute(update(users).where(users.c.user_id == user_id).values(role="sales_rep"))
    assert read_csv(buttons.click("orders")).facts["Rows"] == "3"
    end_session(browser.database.writer, token, now=utc_now())
    with pytest.raises(ExportRefused, match="no longer signed in"):
        buttons.click("orders")
    assert len(log_of(browser.database)) == 1


def test_the_file_is_of_what_the_person_may_see_when_it_is_made(
    browser: Browser, buttons: Buttons
) -> None:
    user_id = rep_with_orders(browser, 3)
    browser.sign_in(user_id)
    browser.open("orders", currency="CNY")
    with writing(browser.database.writer) as connection:  # the rep is somebody else's now
        connection.execute(update(users).where(users.c.user_id == user_id).values(employee_id=None))
    assert read_csv(buttons.click("orders")).rows == []


def test_a_button_is_no_way_in_without_a_session(browser: Browser) -> None:
    rep_with_orders(browser, 1)
    export = exports.Export(
        slug="orders", name="orders", columns=[], as_of=today(),
        rows=lambda scope, most: pytest.fail("asked for nobody"),
    )  # fmt: skip
    for token in (None, "", "made up"):
        with pytest.raises(ExportRefused):
            exports.make_file(export, "csv", token)
    assert log_of(browser.database) == []


def test_what_is_not_logged_is_not_handed_out(
    browser: Browser, buttons: Buttons, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in(rep_with_orders(browser, 2))
    tab = browser.open("orders", currency="CNY")
    monkeypatch.setattr(transaction, "BUSY_SECONDS", 0.1)
    with writing(browser.database.writer) as connection:
        connection.execute(update(sessions).values(client="somebody writes just now"))
        with pytest.raises(NotSaved):
            buttons.click("orders")
    assert log_of(browser.database) == []
    tab.run()
    assert "Somebody else is saving just now." in " ".join(texts(tab))
    tab.run()
    assert "Somebody else is saving just now." not in " ".join(texts(tab))


def test_a_long_list_is_cut_and_says_so(
    browser: Browser, buttons: Buttons, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    browser.sign_in(rep_with_orders(browser, 3))
    tab = browser.open("orders", currency="CNY", locale="zh-CN")
    assert says(tab, "文件只含前 2 行")
    found = read_csv(buttons.click("orders"))
    assert len(found.rows) == 2
    assert found.facts["不完整"] == "只含前 2 行。"


def test_refusals_of_contact_are_counted_on_the_page(sqlite_database: Database) -> None:
    export = exports.Export(
        slug="orders", name="orders", columns=[], as_of=today(), left_out=2,
        rows=lambda scope, most: pd.DataFrame(),
    )  # fmt: skip
    assert "2 customers who refuse contact are left out." in _offered(export, 5)


def test_receivables_leave_too(browser: Browser, buttons: Buttons) -> None:
    customer_id = add(browser.database.writer, "customers", name="Owes")
    order_id = add_order(browser.database, order_number="OWED", customer_id=customer_id,
                         due_on=today() - timedelta(days=4))  # fmt: skip
    add(browser.database.writer, "payments", order_id=order_id, amount=Decimal("40.25"))
    browser.sign_in(add_user(browser.database, "finance"))
    tab = browser.open("receivables", currency="CNY")
    assert not tab.exception
    found = read_xlsx(buttons.click("receivables", "xlsx"))
    assert (found.column("Order"), found.column("Owed")) == (["OWED"], [59.75])
    assert found.column("Late (days)") == [4]
    assert found.column("Currency") == ["CNY"]


def test_who_refuses_contact_is_not_on_the_list_of_those_who_go_quiet(
    browser: Browser, buttons: Buttons
) -> None:
    score(browser.database, "Overdue Ltd", last=80, value_at_risk_90=1500)
    score(browser.database, "Shy Ltd", last=120, customer={"consent": "refused"})
    browser.sign_in(add_user(browser.database, "manager"))
    tab = browser.open("quiet")
    assert not tab.exception
    found = read_csv(buttons.click("going_quiet"))
    assert found.column("Customer") == ["Overdue Ltd"]
    assert found.column("Why")[0].startswith("silent for 80 d")
    assert found.facts["Left out"] == "1 customer who refuses contact is left out."
    assert json.loads(log_of(browser.database)[0].after)["left_out"] == 1


@pytest.mark.parametrize(
    ("role", "names", "phones"),
    [
        ("manager", ["Ann", "Bob"], ["138 1234 5678", ""]),
        ("sales_rep", ["Ann"], ["138 1234 5678"]),
        ("analyst", ["Ann", "Bob"], ["138****5678", ""]),
    ],
)
def test_the_list_of_customers_leaves_for_contact(
    browser: Browser, buttons: Buttons, role: str, names: list[str], phones: list[str]
) -> None:
    writer = browser.database.writer
    rep = add(writer, "employees", name="Ding")
    add(writer, "customers", name="Ann", phone="138 1234 5678", owner_id=rep, source="Referral",
        customer_type="company", consent="granted")  # fmt: skip
    add(writer, "customers", name="Bob", source="Referral")
    add(writer, "customers", name="Filtered out", owner_id=rep, source="Search")
    for owner_id in (rep, None):
        add(writer, "customers", name="Shy", owner_id=owner_id, consent="refused", grade="A",
            source="Referral")  # fmt: skip
    browser.sign_in(
        add_user(browser.database, role, employee_id=rep if role == "sales_rep" else None)
    )
    tab = browser.open("customers", source="Referral")
    assert not tab.exception and says(tab, "Who refuses contact is left out")
    found = read_csv(buttons.click("customers"))
    assert (found.column("Customer"), found.column("Phone")) == (names, phones)
    assert (found.column("Kind")[0], found.column("Consent")[0]) == ("Company", "Granted")
    assert found.column("Sales rep")[0] == "Ding"
    left_out = 1 if role == "sales_rep" else 2
    assert found.facts["Left out"].startswith(f"{left_out} customer")
    (row,) = log_of(browser.database)
    said = json.loads(row.after)
    assert (row.reason, said["rows"], said["left_out"]) == ("customers", len(names), left_out)
    assert "Won through: Referral" in said["filter"]


def test_the_same_export_is_logged_once_for_a_request(database: Database) -> None:
    scope = scope_of(database, "manager")
    request_id = new_request_id()
    for _time in range(2):
        record_export(database.writer, scope, "orders", file_format="csv", rows=7, left_out=1,
                      told="all", request_id=request_id)  # fmt: skip
    (row,) = log_of(database)
    assert json.loads(row.after) == {"rows": 7, "file_format": "csv", "filter": "all",
                                     "left_out": 1}  # fmt: skip
    assert row.request_id == request_id
    assert len(row.hash) == len(chain_hash("")) == 64


def test_the_mark_of_utf_8_stands_first() -> None:
    assert to_csv(sheet("王"), []).startswith(MARK)
    assert not to_csv(sheet("王"), [])[3:].startswith(MARK)
