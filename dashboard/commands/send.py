"""Send the messages that wait: into a folder or by a mail server, and to a webhook."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
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
from dashboard.webhook import UNDELIVERED as NOT_POSTED
from dashboard.webhook import Post, to_webhook
from dashboard.webhook import in_a_line as webhook_error
from data_access.accounts import utc_now
from data_access.database import connect
from data_access.edits.alert_messages import withdraw_of_changed
from data_access.edits.sending import (
    Outgoing,
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
        number, failed = facts["database_id"], 0
        way = _way(known, is_demo=facts.get("demo") == "1")
        withdraw(database.writer)
        if known.webhook is not None:
            with to_webhook(known.webhook) as post:
                failed += send_waiting(
                    database.writer, "webhook", partial(_post, post, number), webhook_error
                )
        if way is not None:
            with way as deliver:
                sender = known.mail_from or NOBODY
                failed += send_waiting(
                    database.writer, "mail", partial(_deliver, deliver, sender, number), in_a_line
                )
        elif known.webhook is None:
            _say(_("Nothing is sent: neither CRM_MAIL_FOLDER nor CRM_SMTP_URL is set."))
        _tell_what_waits(database.record)
        return 1 if failed else 0
    finally:
        database.dispose()


def withdraw(engine: Engine) -> None:
    """What nobody is to get any more."""
    now = utc_now()
    refused, changed = withdraw_of_refusers(engine, now), withdraw_of_changed(engine, now)
    if refused:
        _say(
            _n("{n} message withdrawn: the customer refused to be contacted.",
               "{n} messages withdrawn: the customers refused to be contacted.", refused)
        )  # fmt: skip
    if changed:
        _say(
            _n("{n} message withdrawn: who would get it sees other things now, or wants none.",
               "{n} messages withdrawn: who would get them sees other things now, or wants none.",
               changed)
        )  # fmt: skip


def send_waiting(
    engine: Engine, channel: str, send: Callable[[Outgoing], None],
    in_words: Callable[[Exception], str],
) -> int:  # fmt: skip
    """Each of the channel whose time has come, once; returns how many could not be delivered. One
    that cannot be leaves the others alone."""
    began, sent, failed = utc_now(), 0, 0
    for message in iter(partial(claim_message, engine, began, channel), None):
        try:
            send(message)
        except (*UNDELIVERED, *NOT_POSTED) as error:
            mark_failed(engine, message, in_words(error), utc_now())
            failed += 1
        else:
            mark_sent(engine, message.message_id, utc_now())
            sent += 1
    if channel == "webhook":
        _say(_n("{n} message posted.", "{n} messages posted.", sent))
    else:
        _say(_n("{n} message sent.", "{n} messages sent.", sent))
    if failed:
        told = _n("{n} message could not be delivered; why stands with it.",
                  "{n} messages could not be delivered; why stands with each.", failed)  # fmt: skip
        sys.stderr.write(f"{told}\n")
    return failed


def _deliver(deliver: Deliver, sender: str, database_id: str, message: Outgoing) -> None:
    written_at = utc_now().replace(tzinfo=UTC)
    deliver(compose(message, sender, database_id, written_at))


def _post(post: Post, database_id: str, message: Outgoing) -> None:
    at = utc_now().replace(tzinfo=UTC)
    post(f"{message.message_id}.{database_id}", message.body, at)


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
