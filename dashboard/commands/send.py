"""Send the messages that wait: into a folder, or by a mail server."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager
from datetime import UTC
from functools import partial
from typing import ClassVar

from sqlalchemy import Engine

from dashboard.mailing import (
    NOBODY,
    UNDELIVERED,
    Deliver,
    by_server,
    compose,
    in_a_line,
    into_folder,
)
from dashboard.settings import Settings, settings
from dashboard.texts import _, _n
from data_access.accounts import utc_now
from data_access.database import connect
from data_access.edits.sending import (
    claim_message,
    count_waiting,
    mark_failed,
    mark_sent,
    withdraw_of_refusers,
)
from data_access.errors import Refused
from data_access.schema import need_schema, read_properties


class SendRefused(Refused):
    """Nothing was sent."""

    messages: ClassVar[dict[str, str]] = {
        "demo": "This is the demo company, whose customers never were: its messages go into a"
        " folder only. Set CRM_MAIL_FOLDER.",
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser  # all is said by the settings


def run(arguments: argparse.Namespace) -> int:
    del arguments
    known = settings()
    database = connect(known.database_url)
    try:
        need_schema(database.record)
        facts = read_properties(database.record)
        way = _way(known, is_demo=facts.get("demo") == "1")
        if way is None:
            _say(_("Nothing is sent: neither CRM_MAIL_FOLDER nor CRM_SMTP_URL is set."))
            failed = 0
        else:
            with way as deliver:
                failed = send_waiting(
                    database.writer, deliver, known.mail_from or NOBODY, facts["database_id"]
                )
        _tell_what_waits(database.record)
        return 1 if failed else 0
    finally:
        database.dispose()


def send_waiting(engine: Engine, deliver: Deliver, sender: str, database_id: str) -> int:
    """Each whose time has come, once; returns how many could not be delivered. One that cannot be
    leaves the others alone."""
    began, sent, failed = utc_now(), 0, 0
    withdrawn = withdraw_of_refusers(engine, began)
    for message in iter(partial(claim_message, engine, began), None):
        try:
            written_at = utc_now().replace(tzinfo=UTC)
            deliver(compose(message, sender, database_id, written_at))
        except UNDELIVERED as error:
            mark_failed(engine, message, in_a_line(error), utc_now())
            failed += 1
        else:
            mark_sent(engine, message.message_id, utc_now())
            sent += 1
    _say(_n("{n} message sent.", "{n} messages sent.", sent))
    if withdrawn:
        _say(
            _n("{n} message withdrawn: the customer refused to be contacted.",
               "{n} messages withdrawn: the customers refused to be contacted.", withdrawn)
        )  # fmt: skip
    if failed:
        told = _n("{n} message could not be delivered; why stands with it.",
                  "{n} messages could not be delivered; why stands with each.", failed)  # fmt: skip
        sys.stderr.write(f"{told}\n")
    return failed


def _way(known: Settings, *, is_demo: bool) -> AbstractContextManager[Deliver] | None:
    if known.mail_server is not None:
        if is_demo:
            raise SendRefused("demo")
        return by_server(known.mail_server)
    return into_folder(known.mail_folder) if known.mail_folder is not None else None


def _tell_what_waits(engine: Engine) -> None:
    waiting = count_waiting(engine)
    if waiting:
        _say(_n("{n} message waits.", "{n} messages wait.", waiting))


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
