"""`python -m dashboard send`: files or a mail server, each message once, none in another's way."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from dashboard.cli import main
from data_access.accounts import utc_now
from data_access.database import Database, connect, writing
from data_access.edits.sending import LONGEST_WAIT, MOST_ATTEMPTS, claim_message
from data_access.schema import read_properties
from data_access.tables import audit, customers, messages, properties
from tests.crm import add
from tests.post import PostOffice, post_office

Send = Callable[..., str]
TEXT = "Dear 王伟,\n\nyour order is on its way: " + "ü" * 90 + "\n"


class Outbox:
    """A database with messages that wait, and the command."""

    def __init__(
        self, url: str, monkeypatch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]
    ) -> None:
        self.monkeypatch, self.output = monkeypatch, output
        monkeypatch.setenv("CRM_DATABASE_URL", url)
        monkeypatch.setenv("CRM_MAIL_FROM", "sales@example.com")
        self.database: Database = connect(url)
        self.customer_id = add(self.database.writer, "customers", name="Ada")

    def write(self, *addresses: str, **changed: Any) -> list[int]:
        now = utc_now() - timedelta(minutes=1)
        rows = [
            {"cause": f"order_shipped:order:{place}", "kind": "order_shipped", "email": address,
             "customer_id": self.customer_id, "language": "zh", "subject": "您的订单已发货",
             "body": TEXT, "made_at": now, "state": "waiting", "attempts": 0, "next_try_at": now,
             **changed}
            for place, address in enumerate(addresses)
        ]  # fmt: skip
        with writing(self.database.writer) as connection:
            connection.execute(insert(messages), rows)
        return [row.message_id for row in self.rows()]

    def send(self, code: int = 0, **settings: str) -> str:
        """What it said on the stream that fits the code."""
        with self.monkeypatch.context() as patched:
            for name, value in settings.items():
                patched.setenv(f"CRM_{name}", value)
            ended = main(["send"])
        said, complained = self.output.readouterr()
        assert ended == code, complained
        return (complained if code else said).strip()

    def rows(self) -> list[Any]:
        with self.database.record.connect() as connection:
            return list(connection.execute(select(messages).order_by(messages.c.message_id)))

    def wait(self) -> None:
        """The next try of each has come."""
        with writing(self.database.writer) as connection:
            due = update(messages).where(messages.c.next_try_at.is_not(None))
            connection.execute(due.values(next_try_at=utc_now() - timedelta(seconds=1)))


def text_of(mail: Any) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_outbox(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Outbox:  # fmt: skip
    database = request.getfixturevalue(f"{request.param}_database")
    url = database.record.url.render_as_string(hide_password=False)
    return Outbox(url, monkeypatch, capsys)


@pytest.fixture
def outbox(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Outbox:
    url = sqlite_database.record.url.render_as_string(hide_password=False)
    return Outbox(url, monkeypatch, capsys)


@pytest.fixture
def office() -> Any:
    with post_office() as office:
        yield office


def test_without_a_setting_nothing_is_sent(outbox: Outbox) -> None:
    outbox.write("ada@example.com")
    told = outbox.send()
    assert told.splitlines() == [
        "Nothing is sent: neither CRM_MAIL_FOLDER nor CRM_SMTP_URL is set.",
        "1 message waits.",
    ]
    (row,) = outbox.rows()
    assert (row.state, row.attempts) == ("waiting", 0)


def test_a_folder_gets_one_file_for_each(outbox: Outbox, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "box"
    (message_id,) = outbox.write("ada@example.com")
    assert outbox.send(MAIL_FOLDER=str(folder)) == "1 message sent."
    assert outbox.send(MAIL_FOLDER=str(folder)) == "0 messages sent."
    (file,) = folder.iterdir()
    database_id = read_properties(outbox.database.record)["database_id"]
    assert file.name == f"{message_id}.{database_id}.eml"
    assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    mail: Any = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (mail["To"], mail["From"]) == ("ada@example.com", "sales@example.com")
    assert mail["Subject"] == "您的订单已发货" and text_of(mail) == TEXT
    (row,) = outbox.rows()
    assert (row.state, row.attempts, row.next_try_at) == ("sent", 1, None)
    assert row.sent_at is not None
    with outbox.database.record.connect() as connection:
        logged = connection.execute(select(audit).where(audit.c.action == "send_message")).all()
    assert len(logged) == 2 and all("ada@" not in f"{row.before}{row.after}" for row in logged)


def test_a_folder_that_cannot_be_written_says_so(outbox: Outbox, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    outbox.write("ada@example.com")
    assert "cannot be written" in outbox.send(1, MAIL_FOLDER=str(tmp_path / "file"))
    assert outbox.rows()[0].attempts == 0


def test_one_that_fails_is_tried_again_and_stops_no_other(
    any_outbox: Outbox, office: PostOffice
) -> None:
    office.refuses, office.hangs_up_on = {"gone@example.com"}, {"odd@example.com"}
    addresses = ("gone@example.com", "odd@example.com", "ada@example.com")
    any_outbox.write(*addresses, "line\nbreak@example.com")
    told = any_outbox.send(1, SMTP_URL=office.url)
    assert told == "3 messages could not be delivered; why stands with each."
    gone, odd, ada, broken = any_outbox.rows()
    assert [mail["To"] for mail in office.accepted] == ["ada@example.com"]
    assert text_of(office.accepted[0]) == TEXT
    assert (ada.state, ada.last_error) == ("sent", None)
    assert (gone.state, gone.last_error) == ("failed", "550 nobody of that name")
    assert (odd.state, broken.state) == ("failed", "failed")
    assert any_outbox.send(SMTP_URL=office.url).splitlines() == [
        "0 messages sent.", "3 messages wait.",
    ]  # fmt: skip
    first_id = office.accepted[0]["Message-ID"]
    office.refuses.clear()
    any_outbox.wait()
    any_outbox.send(1, SMTP_URL=office.url)
    gone = any_outbox.rows()[0]
    assert (gone.state, gone.attempts, gone.last_error) == ("sent", 2, None)
    assert len({mail["Message-ID"] for mail in office.accepted} | {first_id}) == 2


def test_the_waits_grow_and_end(outbox: Outbox, office: PostOffice) -> None:
    office.refuses = {"gone@example.com"}
    outbox.write("gone@example.com")
    waits = []
    for _attempt in range(MOST_ATTEMPTS):
        began = utc_now()
        outbox.send(1, SMTP_URL=office.url)
        (row,) = outbox.rows()
        waits.append(row.next_try_at and (row.next_try_at - began).total_seconds() // 60)
        outbox.wait()
    assert waits[:4] == [10, 20, 40, 80] and waits[-1] is None
    assert max(filter(None, waits)) <= LONGEST_WAIT.total_seconds() / 60
    assert outbox.send(SMTP_URL=office.url) == "0 messages sent."
    assert outbox.rows()[0].attempts == MOST_ATTEMPTS


def test_a_server_that_does_not_answer_costs_no_attempt(outbox: Outbox) -> None:
    outbox.write("ada@example.com")
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{taken.getsockname()[1]}"
        told = outbox.send(1, SMTP_URL=url)
    assert told == "The mail server 127.0.0.1 cannot be used: Connection refused"
    assert outbox.rows()[0].attempts == 0


def test_what_was_claimed_and_never_noted_is_sent_after_its_wait(
    outbox: Outbox, office: PostOffice
) -> None:
    outbox.write("ada@example.com")
    assert claim_message(outbox.database.writer, utc_now()) is not None  # and there it crashed
    assert outbox.send(SMTP_URL=office.url).splitlines()[0] == "0 messages sent."
    outbox.wait()
    assert outbox.send(SMTP_URL=office.url) == "1 message sent."
    assert outbox.rows()[0].attempts == 2


def test_who_refused_since_is_not_written_to(outbox: Outbox, office: PostOffice) -> None:
    outbox.write("ada@example.com")
    with writing(outbox.database.writer) as connection:
        mine = customers.c.customer_id == outbox.customer_id
        connection.execute(update(customers).where(mine).values(consent="refused"))
    assert "1 message withdrawn" in outbox.send(SMTP_URL=office.url)
    assert (office.accepted, outbox.rows()[0].state) == ([], "withdrawn")


def test_a_demo_company_writes_to_nobody(
    outbox: Outbox, office: PostOffice, tmp_path: Path
) -> None:
    outbox.write("ada@example.com")
    with writing(outbox.database.writer) as connection:
        facts = [{"name": "demo", "value": "1"}, {"name": "demo_as_of", "value": "2026-06-30"}]
        connection.execute(insert(properties), facts)
    assert "into a folder only" in outbox.send(1, SMTP_URL=office.url)
    assert office.accepted == []
    assert outbox.send(MAIL_FOLDER=str(tmp_path / "outbox")) == "1 message sent."
    assert str(outbox.rows()[0].sent_at).startswith("2026-06-30")
