"""`python -m dashboard alert`, and `send` after it: each cause once, whatever runs how often, and
to each person what they see."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import delete, func, insert, select, update

from dashboard.alert_digest import write_digests
from dashboard.alerting import PART
from dashboard.alerting_beside import alerting_beside
from dashboard.cli import main
from data_access.accounts import set_role, utc_now
from data_access.database import Database, writing
from data_access.edits.alert_messages import (
    AlertSettings,
    Digest,
    choose_alert_settings,
    list_readers,
    write_digest,
)
from data_access.edits.alerting import Waiting
from data_access.edits.alerts import acknowledge_alerts, snooze_alerts
from data_access.edits.transaction import new_request_id
from data_access.tables import (
    alert_orders,
    alert_tellings,
    alerts,
    messages,
    orders,
    refreshes,
    replenishments,
    stock,
    users,
)
from tests.post import PostOffice, post_office
from tests.receiving import Receiver, receiver
from tests.warned import WarnedShop, open_warned_shop

ROOT = Path(__file__).resolve().parents[1]
SECRET = "a secret of ours, long enough"
Run = Callable[..., str]


class Company:
    """The warned shop, its pens as its orders have them, and the commands."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch, output: Any) -> None:
        self.monkeypatch, self.output, self.database = monkeypatch, output, database
        self.url = database.writer.url.render_as_string(hide_password=False)
        monkeypatch.setenv("CRM_DATABASE_URL", self.url)
        monkeypatch.setenv("CRM_ANALYTICS_URL", "off")
        monkeypatch.setenv("CRM_MAIL_FROM", "crm@example.com")
        monkeypatch.setenv("CRM_PUBLIC_URL", "https://crm.example.com")
        st.cache_data.clear()
        st.cache_resource.clear()
        self.warned: WarnedShop = open_warned_shop(database)
        self.shop = self.warned.shop
        self.set_stock(self.shop.pen, reserved=10)

    def set_stock(self, product_id: int, **values: int) -> None:
        with writing(self.database.writer) as connection:
            mine = stock.c.product_id == product_id
            connection.execute(update(stock).where(mine).values(**values))

    def call(self, command: str, code: int = 0, **settings: str) -> str:
        with self.monkeypatch.context() as patched:
            for name, value in settings.items():
                patched.setenv(f"CRM_{name}", value)
            ended = main([command])
        said, complained = self.output.readouterr()
        assert ended == code, complained
        return str(complained if code else said).strip()

    def ask(self, role: str, digest: str = "at_once", **changed: Any) -> int:
        """Somebody wants to be told; returns the user_id."""
        user_id = self.shop.scopes[role].user_id
        address = update(users).where(users.c.user_id == user_id)
        with writing(self.database.writer) as connection:
            connection.execute(address.values(email=f"{role}@example.com"))
        self.choose(user_id, digest, **changed)
        return user_id

    def choose(self, user_id: int, digest: str, **changed: Any) -> None:
        chosen = AlertSettings(digest, **changed)
        choose_alert_settings(self.database.writer, user_id, chosen, now=utc_now())

    def told(self) -> list[Any]:
        return self.shop.rows(select(messages).order_by(messages.c.message_id))

    def everything(self, *left_out: str) -> list[Sequence[Any]]:
        """All that the command writes, but for what is not the same in another database."""
        tables = (alerts, alert_orders, messages, alert_tellings, refreshes)
        return [
            tuple(value for name, value in row._mapping.items() if name not in left_out)
            for table in tables
            for row in self.shop.rows(select(table).order_by(*table.primary_key.columns))
            if not (table is refreshes and row.state != "done" and left_out)
        ]

    def open(self) -> dict[str, Any]:
        rows = self.shop.rows(select(alerts).where(alerts.c.ended_at.is_(None)))
        return {row.kind: row for row in rows}


@pytest.fixture(params=["sqlite", "postgresql"])
def any_company(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Company:  # fmt: skip
    return Company(request.getfixturevalue(f"{request.param}_database"), monkeypatch, capsys)


@pytest.fixture
def company(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Company:
    return Company(sqlite_database, monkeypatch, capsys)


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as hook:
        yield hook


def test_stocks_are_warned_of_as_the_page_of_stock_judges_them(any_company: Company) -> None:
    """7 pens lie there: MINE (6, promised first) is served, LATE (4) gets 1, FOREIGN (2, not yet
    confirmed) none; the ink is at 0 with a reorder point of 1, then 1 of 1, then covered."""
    company, ink = any_company, any_company.shop.ink
    company.set_stock(ink, on_hand=0)
    assert company.call("alert") == "Warnings: 2 new, 0 changed, 0 over, 2 open."
    found = company.open()
    facts = json.loads(found["short_order"].facts)
    assert (facts["on_hand"], facts["reserved"], facts["lacking"]) == (7, 10, 5)
    lacking = {
        row.order_id: (row.quantity, row.lacking) for row in company.shop.rows(select(alert_orders))
    }
    warned = company.warned
    assert lacking == {warned.mine: (6, 0), warned.late: (4, 3), warned.foreign: (2, 2)}
    assert found["out_of_stock"].severity == "high"
    company.set_stock(ink, on_hand=1)
    company.call("alert")
    assert set(company.open()) == {"short_order", "reorder"}
    refill = {"product_id": ink, "warehouse_id": company.shop.warehouse_id, "quantity": 5,
              "state": "ordered", "received_quantity": 0, "requested_at": utc_now()}  # fmt: skip
    with writing(company.database.writer) as connection:
        connection.execute(insert(replenishments).values(**refill))
    company.call("alert")
    assert set(company.open()) == {"short_order"}
    company.set_stock(company.shop.pen, on_hand=12)
    assert company.call("alert") == "Warnings: 0 new, 0 changed, 1 over, 0 open."


def test_twice_changes_nothing_and_works_nothing_out(any_company: Company) -> None:
    company = any_company
    company.ask("manager")
    assert "1 message written" in company.call("alert")
    before = company.everything()
    assert company.call("alert") == "Nothing has changed: 1 warning is open."
    assert company.everything() == before
    of_run = ("refresh_id", "version", "started_at", "finished_at")
    alike = company.everything(*of_run)
    with writing(company.database.writer) as connection:  # as if it had never run
        connection.execute(delete(refreshes).where(refreshes.c.what == PART))
    assert company.call("alert") == "Warnings: 0 new, 0 changed, 0 over, 1 open."
    assert company.everything(*of_run) == alike


def test_two_at_the_same_time_tell_once(any_company: Company) -> None:
    company = any_company
    company.set_stock(company.shop.ink, on_hand=0)
    for role in ("manager", "warehouse", "sales_lead"):
        company.ask(role)
    company.warned.warn(company.warned.pens(), company.warned.ink())
    with ThreadPoolExecutor(4) as pool:
        written = pool.map(
            lambda _place: write_digests(company.database, utc_now(), None), range(4)
        )
        assert sum(written) == 3
    told = company.shop.rows(select(alert_tellings))
    assert len(told) == len({(row.alert_id, row.user_id) for row in told}) == 5


def test_who_was_told_of_one_is_not_told_of_it_with_others(company: Company) -> None:
    company.ask("manager")
    company.warned.warn(company.warned.pens(), company.warned.ink())
    first, second = (row.alert_id for row in company.warned.rows())
    (reader,), writer = list_readers(company.database.record), company.database.writer
    scope = company.shop.scopes["manager"]
    assert write_digest(writer, scope, reader, Digest((second,), "en", "One", "-"), now=utc_now())
    both = Digest((first, second), "en", "Two", "-")
    assert not write_digest(writer, scope, reader, both, now=utc_now())
    assert [row.subject for row in company.told()] == ["One"]


def begin(url: str) -> subprocess.Popen[bytes]:
    settings = {**os.environ, "CRM_DATABASE_URL": url, "CRM_ANALYTICS_URL": "off"}
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard", "alert"], cwd=ROOT, env=settings,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("moment", ["working", "telling"])
def test_killed_in_the_middle_it_leaves_nothing_half_done(
    any_company: Company, moment: str
) -> None:
    """While it works out what to warn of, and when the warnings are written and people are being
    told: afterwards all is as if it had not been killed."""
    company = any_company
    company.set_stock(company.shop.ink, on_hand=0)
    for role in ("manager", "warehouse", "sales_lead", "sales_rep", "admin"):
        company.ask(role)
    waited = {
        "working": select(func.count()).select_from(refreshes).where(refreshes.c.what == PART),
        "telling": select(func.count()).select_from(messages),
    }[moment]
    process = begin(company.url)
    try:
        deadline = time.monotonic() + 120
        while not company.shop.row(waited)[0]:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    halfway = company.shop.rows(select(alerts))
    if moment == "working":
        assert halfway == [] and company.told() == []
    else:
        assert len(halfway) == 2
    company.call("alert")
    assert sorted(company.open()) == ["out_of_stock", "short_order"]
    assert sorted(row.email for row in company.told()) == sorted(
        f"{role}@example.com"
        for role in ("manager", "warehouse", "sales_lead", "sales_rep", "admin")
    )
    assert company.shop.row(select(func.count()).select_from(alert_tellings))[0] == 8
    before = company.everything()
    company.call("alert")
    assert company.everything() == before


def test_each_gets_what_they_see_and_nobody_a_price(company: Company, office: PostOffice) -> None:
    company.set_stock(company.shop.ink, on_hand=0)
    for role in ("manager", "warehouse", "sales_lead", "sales_rep"):
        company.ask(role)
    company.call("alert")
    assert company.call("send", SMTP_URL=office.url) == "4 messages sent."
    mails = {str(mail["To"]).partition("@")[0]: mail for mail in office.accepted}
    text = {role: str(mail.get_content()).replace("\r\n", "\n") for role, mail in mails.items()}
    assert mails["manager"]["Subject"] == "2 new warnings · 2 urgent"
    assert mails["sales_rep"]["Subject"] == "1 new warning · 1 urgent"
    assert "Sold out: Ink" in text["manager"] and "Sold out: Ink" in text["warehouse"]
    assert "https://crm.example.com/stock?q=PEN-1" in text["warehouse"]
    assert "5 units missing · 2 orders lack it" in text["manager"]
    for role in ("sales_lead", "sales_rep"):
        assert "Ink" not in text[role] and "FOREIGN" not in text[role] and "LATE" in text[role]
        assert "1 order of yours lacks 3 units" in text[role]
    assert "https://crm.example.com/order?number=LATE" in text["sales_rep"]
    for words in text.values():
        assert not {"¥", "CNY", "100.00", "60.00", "Customer"} & set(words.replace(",", "").split())
        assert "¥" not in words and "CNY" not in words
    assert company.call("send", SMTP_URL=office.url) == "0 messages sent."
    far = company.shop.foreign["sales_lead"].user_id
    with writing(company.database.writer) as connection:
        mine = users.c.user_id == far
        connection.execute(update(users).where(mine).values(email="far@example.com"))
    company.choose(far, "at_once")
    company.call("alert")
    company.call("send", SMTP_URL=office.url)
    words = str(office.accepted[-1].get_content())
    assert office.accepted[-1]["To"] == "far@example.com" and "FOREIGN" in words
    assert "LATE" not in words and "MINE" not in words and "lacks 2 units" in words


def test_it_is_written_in_the_language_of_the_reader(company: Company) -> None:
    user_id = company.ask("warehouse")
    with writing(company.database.writer) as connection:
        mine = users.c.user_id == user_id
        connection.execute(update(users).where(mine).values(language="zh_CN"))
    company.call("alert")
    (message,) = company.told()
    assert (message.language, message.subject) == ("zh", "1 条新预警 · 1 条紧急")
    assert "订单缺货：钢笔" in message.body.replace(": ", "：") and "缺 5 件" in message.body
    assert "Pen" not in message.body and "warning" not in message.body


def test_what_somebody_is_on_or_has_put_off_is_not_told(company: Company) -> None:
    company.set_stock(company.shop.ink, on_hand=0)
    company.call("alert")
    ids = {kind: row.alert_id for kind, row in company.open().items()}
    writer, scopes = company.database.writer, company.shop.scopes
    acknowledge_alerts(
        writer, scopes["warehouse"], [ids["short_order"]], request_id=new_request_id()
    )
    snooze_alerts(
        writer, scopes["manager"], [ids["out_of_stock"]], reason="Comes on Monday",
        until_on=utc_now().date() + timedelta(days=3), request_id=new_request_id(),
    )  # fmt: skip
    company.ask("manager")
    company.call("alert")
    assert company.told() == []
    company.ask("warehouse")  # who has put nothing off
    company.call("alert")
    (message,) = company.told()
    assert "Ink" in message.body and "Pen" not in message.body


def test_under_each_warning_stand_its_own_orders(company: Company) -> None:
    warned = company.warned
    ink = replace(warned.ink(kind="short_order"), orders=(Waiting(warned.mine, 1, 1),))
    warned.warn(warned.pens(), ink)
    company.ask("sales_rep")
    assert write_digests(company.database, utc_now(), None) == 1
    (message,) = company.told()
    under = {("Pen" if "Pen" in part else "Ink"): part for part in message.body.split("\n\n")[:2]}
    assert "LATE" in under["Pen"] and "MINE" not in under["Pen"]
    assert "MINE" in under["Ink"] and "LATE" not in under["Ink"]


def test_who_sees_other_things_by_the_time_of_writing_is_not_written_to(company: Company) -> None:
    company.call("alert")
    company.ask("manager")
    (reader,) = list_readers(company.database.record)
    ids = tuple(row.alert_id for row in company.open().values())
    digest, scope = Digest(ids, "en", "Of before", "Of before"), company.shop.scopes["manager"]
    set_role(company.database.writer, "manager", "sales_rep", now=utc_now())
    assert not write_digest(company.database.writer, scope, reader, digest, now=utc_now())
    assert company.told() == []


def test_once_a_day_there_is_one_message(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.ask("warehouse", "daily")
    morning, now = utc_now().replace(hour=0), {}

    def at(hours: float) -> str:
        now["is"] = morning + timedelta(hours=hours)
        monkeypatch.setattr("dashboard.commands.alert.utc_now", lambda: now["is"])
        return company.call("alert")

    at(-2)  # 06:00 in Shanghai, of a day that is over before the day of the test
    assert company.told() == []
    at(0)
    assert len(company.told()) == 1
    company.set_stock(company.shop.ink, on_hand=0)
    at(5)
    assert len(company.told()) == 1 and "out_of_stock" in company.open()
    at(24)
    first, second = company.told()
    assert "Pen" in first.body and "Ink" not in first.body
    assert "Ink" in second.body and "Pen" not in second.body


def test_who_sees_other_things_now_does_not_get_what_waits(
    company: Company, office: PostOffice
) -> None:
    company.ask("manager")
    company.set_stock(company.shop.ink, on_hand=0)
    company.call("alert")
    set_role(company.database.writer, "manager", "sales_rep", now=utc_now())
    said = company.call("send", SMTP_URL=office.url)
    assert "1 message withdrawn: who would get it sees other things now" in said
    assert office.accepted == []
    set_role(company.database.writer, "manager", "warehouse", now=utc_now())
    company.call("alert")
    assert company.call("send", SMTP_URL=office.url) == "1 message sent."
    company.choose(company.shop.scopes["manager"].user_id, "none")
    company.set_stock(company.shop.ink, on_hand=50)
    company.call("alert")
    assert len(company.told()) == 1


def test_a_webhook_is_posted_signed_json_of_one_person(
    company: Company, hook: Receiver, tmp_path: Path
) -> None:
    company.ask("sales_rep", channel="webhook")
    company.call("alert")
    (message,) = company.told()
    assert (message.channel, message.email) == ("webhook", None)
    assert "Nothing is sent" in company.call("send").splitlines()[0]
    folder = tmp_path / "mail"  # is of mails only
    assert company.call("send", MAIL_FOLDER=str(folder)).startswith("0 messages sent.")
    said = company.call("send", WEBHOOK_URL=hook.url, WEBHOOK_SECRET=SECRET)
    assert said == "1 message posted."
    ((headers, body),) = hook.posted
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert headers["content-type"].startswith("application/json")
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    told = json.loads(body)
    assert told["type"] == "alerts.new" and told["data"]["recipient"]["role"] == "sales_rep"
    (alert,) = told["data"]["alerts"]
    assert (alert["kind"], alert["severity"], alert["sku"]) == ("short_order", "high", "PEN-1")
    assert alert["orders"] == ["LATE"] and "FOREIGN" not in body.decode()
    company.call("send", WEBHOOK_URL=hook.url)
    assert len(hook.posted) == 1


def test_a_webhook_that_fails_is_tried_again_later(company: Company, hook: Receiver) -> None:
    company.ask("manager", channel="webhook")
    company.call("alert")
    hook.status = 503
    told = company.call("send", 1, WEBHOOK_URL=hook.url)
    assert told == "1 message could not be delivered; why stands with it."
    (failed,) = company.told()
    assert (failed.state, failed.attempts, failed.last_error) == (
        "failed", 1, "503 Service Unavailable",
    )  # fmt: skip
    company.call("send", WEBHOOK_URL=hook.url)
    assert len(hook.posted) == 1  # its time has not come
    hook.status, hook.location = 302, f"http://127.0.0.1:{hook.port}/elsewhere"
    _due(company)
    company.call("send", 1, WEBHOOK_URL=hook.url)
    assert company.told()[0].last_error == "302 Found"
    assert all(body != b"followed" for _headers, body in hook.posted)
    hook.status, hook.location = 200, ""
    _due(company)
    first_id = hook.posted[0][0]["webhook-id"]
    assert "1 message posted." in company.call("send", WEBHOOK_URL=hook.url)
    assert {headers["webhook-id"] for headers, _body in hook.posted} == {first_id}
    assert (company.told()[0].state, company.told()[0].attempts) == ("sent", 3)


def test_where_nobody_listens_the_address_is_not_told(company: Company, hook: Receiver) -> None:
    company.ask("manager", channel="webhook")
    company.call("alert")
    company.call("send", 1, WEBHOOK_URL="http://127.0.0.1:9/hooks/token-of-ours")
    (failed,) = company.told()
    assert failed.last_error == "Connection refused" and failed.next_try_at is not None


def _due(company: Company) -> None:
    with writing(company.database.writer) as connection:
        waiting = update(messages).where(messages.c.next_try_at.is_not(None))
        connection.execute(waiting.values(next_try_at=utc_now() - timedelta(seconds=1)))


def test_where_nobody_sees_everything_nobody_is_warned(company: Company) -> None:
    heads = users.c.role.in_(("admin", "manager"))
    with writing(company.database.writer) as connection:
        connection.execute(update(users).where(heads).values(is_active=False))
    assert "nobody is warned" in company.call("alert")
    assert company.shop.rows(select(orders.c.order_id)) and company.open() == {}


def test_beside_the_app_it_looks_at_once_and_again(company: Company) -> None:
    company.ask("manager")
    with alerting_beside(0.2):
        _wait_for(lambda: bool(company.told()))
        company.set_stock(company.shop.ink, on_hand=0)
        _wait_for(lambda: len(company.told()) == 2)
    assert set(company.open()) == {"short_order", "out_of_stock"}


def _wait_for(come: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not come():
        assert time.monotonic() < deadline
        time.sleep(0.05)
