"""Every setting: read here and nowhere else, each with a sentence when it is missing or wrong.

The environment wins over `.streamlit/secrets.toml` (of the checkout, then of the home folder),
where a setting stands under its own name, and the database also as `[connections.crm] url`,
Streamlit's own convention. A setting that is absent or empty has its default.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from data_access.errors import Refused
from data_access.letters import is_address

ROOT = Path(__file__).resolve().parent.parent
SECRETS = (ROOT / ".streamlit" / "secrets.toml", Path.home() / ".streamlit" / "secrets.toml")


class SettingWrong(Refused):
    """A setting cannot be used; the sentence says which one and what it must be."""

    messages: ClassVar[dict[str, str]] = {
        "url": "{name} is not a database URL such as sqlite:///crm.sqlite or"
        " postgresql://user:password@host/database.",
        "backend": "{name} must name a SQLite or a PostgreSQL database, not {found}.",
        "zone": "{name} must be a time zone such as Asia/Shanghai, not {found}.",
        "currency": "{name} must be a currency of three letters such as CNY, not {found}.",
        "count": "{name} must be a whole number from 1 to {most}, not {found}.",
        "public_url": "{name} must be the address people open, such as"
        " https://crm.example.com, not {found}.",
        "switch": "{name} must be yes or no, not {found}.",
        "smtp_url": "{name} is not the address of a mail server such as"
        " smtp://user:password@mail.example.com:587?starttls.",
        "smtp_plain": "{name} would send its password unencrypted: add ?starttls, or begin with"
        " smtps.",
        "mail_both": "Set CRM_MAIL_FOLDER or CRM_SMTP_URL, not both.",
        "mail_from": "{name} must be the mail address that messages come from, such as"
        " sales@example.com.",
        "webhook_url": "{name} must be an address such as https://chat.example.com/hooks/crm, or"
        " http on this machine, without a password in it.",
        "webhook_secret": "{name} must have at least {least} characters.",
        "secrets": "{name} cannot be read: it is not TOML.",
    }


@dataclass(frozen=True)
class Setting:
    """A row of the table of settings, which the README repeats."""

    name: str
    default: str
    meaning: str


TABLE: tuple[Setting, ...] = (
    Setting(
        "CRM_DATABASE_URL",
        "sqlite:///orderscope.sqlite in the checkout",
        "The CRM database: SQLite or PostgreSQL.",
    ),
    Setting(
        "CRM_ANALYTICS_URL",
        "a DuckDB file beside a SQLite database, else in the cache folder (~/.cache)",
        "Where the analytics copy lives; off answers everything from the CRM database.",
    ),
    Setting(
        "CRM_TIME_ZONE",
        "Asia/Shanghai",
        "The zone business days are counted in; a database keeps the zone it was made with.",
    ),
    Setting("CRM_CURRENCY", "CNY", "The currency that numbers are shown in at first."),
    Setting(
        "CRM_PUBLIC_URL",
        "none",
        "The address people open when a proxy stands in front, such as https://crm.example.com.",
    ),
    Setting(
        "CRM_ALLOW_PLAIN_HTTP",
        "no",
        "yes lets the app answer other machines without TLS.",
    ),
    Setting("CRM_SESSION_IDLE_MINUTES", "30", "Minutes without an action until sign-out."),
    Setting("CRM_SESSION_HOURS", "8", "Hours after sign-in until sign-out in any case."),
    Setting(
        "CRM_MAIL_FOLDER",
        "none",
        "The folder that `send` writes messages into, as .eml files.",
    ),
    Setting(
        "CRM_SMTP_URL",
        "none",
        "The mail server that `send` hands messages to, such as"
        " smtp://user:password@mail.example.com:587?starttls.",
    ),
    Setting(
        "CRM_MAIL_FROM",
        "none",
        "The address messages come from; a mail server needs it.",
    ),
    Setting(
        "CRM_WEBHOOK_URL",
        "none",
        "The address that `send` posts warnings to, as JSON, for people who chose the webhook.",
    ),
    Setting(
        "CRM_WEBHOOK_SECRET",
        "none",
        "Signs what is posted, as standardwebhooks.com has it (HMAC-SHA256).",
    ),
)
NAMES = tuple(setting.name for setting in TABLE)


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    security: str  # tls, starttls, none
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Webhook:
    url: str = field(repr=False)  # it may hold a token
    secret: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True)
class Settings:
    database_url: str
    analytics_url: str | None  # None: no copy
    time_zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    public_url: str | None = None
    allow_plain_http: bool = False
    session_idle: timedelta = timedelta(minutes=30)
    session_lifetime: timedelta = timedelta(hours=8)
    mail_folder: Path | None = None
    mail_server: MailServer | None = None
    mail_from: str | None = None
    webhook: Webhook | None = None


def settings() -> Settings:
    """The settings as the environment and the secrets file have them."""
    return _read_once(tuple((name, os.environ.get(name)) for name in NAMES))


@lru_cache(maxsize=8)
def _read_once(environment: tuple[tuple[str, str | None], ...]) -> Settings:
    given = {name: value for name, value in environment if value}
    return read_settings(given, read_secrets(SECRETS))


def read_settings(environment: Mapping[str, str], secrets: Mapping[str, Any]) -> Settings:
    """Settings from these two sources; SettingWrong for the first that cannot be used."""

    def value(name: str, default: str = "") -> str:
        return str(environment.get(name) or secrets.get(name) or default).strip()

    url = value("CRM_DATABASE_URL") or _connection_secret(secrets)
    database_url = _database_url("CRM_DATABASE_URL", url or f"sqlite:///{ROOT}/orderscope.sqlite")
    return Settings(
        database_url=database_url,
        analytics_url=_analytics_url(value("CRM_ANALYTICS_URL"), make_url(database_url)),
        time_zone=_zone("CRM_TIME_ZONE", value("CRM_TIME_ZONE", "Asia/Shanghai")),
        currency=_currency("CRM_CURRENCY", value("CRM_CURRENCY", "CNY")),
        public_url=_public_url("CRM_PUBLIC_URL", value("CRM_PUBLIC_URL")),
        allow_plain_http=_switch("CRM_ALLOW_PLAIN_HTTP", value("CRM_ALLOW_PLAIN_HTTP", "no")),
        session_idle=timedelta(
            minutes=_count("CRM_SESSION_IDLE_MINUTES", value("CRM_SESSION_IDLE_MINUTES", "30"), 480)
        ),
        session_lifetime=timedelta(
            hours=_count("CRM_SESSION_HOURS", value("CRM_SESSION_HOURS", "8"), 24)
        ),
        **_mail(value("CRM_MAIL_FOLDER"), value("CRM_SMTP_URL"), value("CRM_MAIL_FROM")),
        webhook=_webhook(value("CRM_WEBHOOK_URL"), value("CRM_WEBHOOK_SECRET")),
    )


def read_secrets(paths: tuple[Path, ...]) -> dict[str, Any]:
    """What the secrets files say, the first file winning; nothing where there is none."""
    secrets: dict[str, Any] = {}
    for path in reversed(paths):
        try:
            secrets.update(tomllib.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, PermissionError):
            continue
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingWrong("secrets", name=".streamlit/secrets.toml") from error
    return secrets


def _connection_secret(secrets: Mapping[str, Any]) -> str:
    connections = secrets.get("connections", {})
    crm = connections.get("crm", {}) if isinstance(connections, Mapping) else {}
    return str(crm.get("url", "")) if isinstance(crm, Mapping) else ""


def _database_url(name: str, text: str) -> str:
    # The refusal never repeats the URL: it may hold a password.
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise SettingWrong("url", name=name) from error
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql", "postgres"):
        raise SettingWrong("backend", name=name, found=backend)
    return text


def _analytics_url(text: str, database_url: URL) -> str | None:
    if text.lower() == "off":
        return None
    if text:
        try:
            make_url(text)
        except (ArgumentError, ValueError) as error:
            raise SettingWrong("url", name="CRM_ANALYTICS_URL") from error
        return text
    database = database_url.database or ""
    if database_url.get_backend_name() == "sqlite" and database not in ("", ":memory:"):
        return f"duckdb:///{Path(database).resolve().with_suffix('.duckdb')}"
    where = f"{database_url.host or 'local'}_{database or 'memory'}"
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "orderscope"
    return f"duckdb:///{folder / re.sub(r'[^A-Za-z0-9]+', '_', where)}.duckdb"


def _zone(name: str, text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ValueError, OSError, KeyError) as error:
        raise SettingWrong("zone", name=name, found=text) from error


def _currency(name: str, text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise SettingWrong("currency", name=name, found=text)
    return text.upper()


def _count(name: str, text: str, most: int) -> int:
    if not (re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= most):
        raise SettingWrong("count", name=name, most=most, found=text)
    return int(text)


def _public_url(name: str, text: str) -> str | None:
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise SettingWrong("public_url", name=name, found=text)
    return f"{parts.scheme}://{parts.netloc}"


def _mail(folder: str, url: str, sender: str) -> dict[str, Any]:
    if folder and url:
        raise SettingWrong("mail_both")
    if (sender or url) and not is_address(sender):
        raise SettingWrong("mail_from", name="CRM_MAIL_FROM")
    return {
        "mail_folder": Path(folder) if folder else None,
        "mail_server": _mail_server("CRM_SMTP_URL", url) if url else None,
        "mail_from": sender or None,
    }


_LOOPBACK = ("localhost", "127.0.0.1", "::1")
SHORTEST_SECRET = 16
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


def _mail_server(name: str, text: str) -> MailServer:
    # The refusal never repeats the URL: it may hold a password.
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingWrong("smtp_url", name=name) from error
    is_known = parts.scheme in ("smtp", "smtps") and parts.query in ("", "starttls")
    if not (is_known and host and parts.path in ("", "/")):
        raise SettingWrong("smtp_url", name=name)
    security = "tls" if parts.scheme == "smtps" else parts.query or "none"
    if parts.password and security == "none" and host not in _LOOPBACK:
        raise SettingWrong("smtp_plain", name=name)
    user, password = (unquote(each) if each else None for each in (parts.username, parts.password))
    return MailServer(host, port or _PORTS[security], security, user, password)


def _webhook(url: str, secret: str) -> Webhook | None:
    # The refusal never repeats the URL: it may hold a token.
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingWrong("webhook_url", name="CRM_WEBHOOK_URL") from error
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    is_plain = host and not parts.username and not parts.fragment and url.isprintable()
    if not (is_safe and is_plain and " " not in url and url.isascii()):
        raise SettingWrong("webhook_url", name="CRM_WEBHOOK_URL")
    if secret and len(secret) < SHORTEST_SECRET:
        raise SettingWrong("webhook_secret", name="CRM_WEBHOOK_SECRET", least=SHORTEST_SECRET)
    return Webhook(url, secret or None)


_SWITCHES: dict[str, bool] = {"yes": True, "true": True, "1": True, "on": True,
                              "no": False, "false": False, "0": False, "off": False}  # fmt: skip


def _switch(name: str, text: str) -> bool:
    if text.lower() not in _SWITCHES:
        raise SettingWrong("switch", name=name, found=text)
    return _SWITCHES[text.lower()]
