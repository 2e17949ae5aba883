"""Where messages leave the house: as files in a folder, or by a mail server."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import ClassVar

from dashboard.settings import MailServer
from data_access.edits.sending import Outgoing
from data_access.errors import Refused

Deliver = Callable[[EmailMessage], None]
TIMEOUT_SECONDS = 20
NOBODY = "orderscope@localhost"  # who a file is from where no address is set
# of one message; the others are still tried
UNDELIVERED = (smtplib.SMTPException, OSError, MessageError, ValueError, UnicodeError)


class MailRefused(Refused):
    """Nothing more is sent; what waits goes on waiting."""

    messages: ClassVar[dict[str, str]] = {
        "folder": "{folder} cannot be written: {detail}",
        "server": "The mail server {host} cannot be used: {detail}",
    }


def compose(message: Outgoing, sender: str, database_id: str, written_at: datetime) -> EmailMessage:
    """The same message always has the same Message-ID, however often it is sent."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, message.email, message.subject
    mail["Date"] = format_datetime(written_at)
    mail["Message-ID"] = f"<{message.message_id}.{database_id}@orderscope>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body)
    return mail


@contextmanager
def into_folder(folder: Path) -> Iterator[Deliver]:
    """One file for each message, whole or not there; only its owner reads it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as error:
        detail = error.strerror or str(error)
        raise MailRefused("folder", folder=folder, detail=detail) from error

    def deliver(mail: EmailMessage) -> None:
        name = str(mail["Message-ID"]).strip("<>").partition("@")[0]
        file, begun = folder / f"{name}.eml", folder / f".{name}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(begun, flags, 0o600), "wb") as part:
            part.write(mail.as_bytes())
            part.flush()
            os.fsync(part.fileno())
        begun.replace(file)

    yield deliver


@contextmanager
def by_server(server: MailServer) -> Iterator[Deliver]:
    """Through one connection, which is made anew when the server ended it. MailRefused when there
    is none to be had."""
    line = _connect(server)

    def deliver(mail: EmailMessage) -> None:
        nonlocal line
        if not _is_open(line):
            line = _connect(server)
        line.send_message(mail)

    try:
        yield deliver
    finally:
        _close(line)


def _connect(server: MailServer) -> smtplib.SMTP:
    try:
        if server.security == "tls":
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )  # fmt: skip
        else:
            line = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        if server.security == "starttls":
            line.starttls(context=ssl.create_default_context())
        if server.user:
            line.login(server.user, server.password or "")
        return line
    except (OSError, smtplib.SMTPException) as error:
        raise MailRefused("server", host=server.host, detail=in_a_line(error)) from error


def _is_open(line: smtplib.SMTP) -> bool:
    try:
        return line.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _close(line: smtplib.SMTP) -> None:
    try:
        line.quit()
    except (OSError, smtplib.SMTPException):
        line.close()


def in_a_line(error: Exception) -> str:
    """What went wrong, as the server or the system says it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return f"{code} {_text(said)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _text(said: bytes | str) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(words.split())
