"""Messages about warnings: for each person who asked, what is new to them, of what they see."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from sqlalchemy import Engine

from dashboard.alert_words import (
    KIND_NAMES,
    SEVERITY_NAMES,
    about,
    facts_of,
    link_of,
    sees_for_all,
    sentence,
)
from dashboard.menu import may_open
from dashboard.texts import LANGUAGES, _, _n, in_language
from data_access.alerts import list_alert_orders, list_alerts
from data_access.database import Database
from data_access.edits.alert_messages import (
    Digest,
    Reader,
    is_due,
    list_readers,
    list_told,
    local_time,
    write_digest,
)
from data_access.schema import read_properties
from data_access.scope import Scope, mint_scope

MOST_TOLD = 50  # warnings of one message; the others stand on the page
MOST_NAMED = 5  # orders of one warning


def write_digests(database: Database, now: datetime, public_url: str | None) -> int:
    """How many messages were written. Each in a transaction of its own: broken off, the next run
    writes the others."""
    today, local = local_time(read_properties(database.record), now)
    return sum(
        _write(database, reader, now, today, local, public_url)
        for reader in list_readers(database.record)
    )


def _write(
    database: Database, reader: Reader, now: datetime, today: date, local: time,
    public_url: str | None,
) -> bool:  # fmt: skip
    scope = mint_scope(database.record, reader.user_id)
    if scope is None or not is_due(database.record, reader, today, local):
        return False
    code = reader.language if reader.language in LANGUAGES else "en"
    with in_language(str(code)):
        found = new_to(database.record, scope, reader, today, str(code))
        if not len(found):
            return False
        digest = compose(database.record, scope, reader, found, now, public_url, str(code)[:2])
    return write_digest(database.writer, scope, reader, digest, now=now)


def new_to(
    engine: Engine, scope: Scope, reader: Reader, today: date, language: str
) -> pd.DataFrame:
    """The rows of `list_alerts` that the person sees, has not been told of, and that nobody is on
    and they have not snoozed."""
    found = list_alerts(
        engine, scope, reader.user_id, today, unusual_days=reader.settings.unusual_days,
        language=language,
    )  # fmt: skip
    waits = found["acknowledged_by"].isna() & found["snoozed_until"].isna()
    return found[waits & ~found["alert_id"].isin(list_told(engine, reader.user_id))]


def compose(
    engine: Engine, scope: Scope, reader: Reader, found: pd.DataFrame, now: datetime,
    public_url: str | None, language: str,
) -> Digest:  # fmt: skip
    """The message in the current language."""
    orders = list_alert_orders(engine, scope)
    of_all = sees_for_all(scope)
    rows: Any = found.head(MOST_TOLD).itertuples()
    told = [_told(scope, row, orders, public_url, of_all=of_all) for row in rows]
    count = len(found)
    subject = _n("{n} new warning", "{n} new warnings", count)
    urgent = int((found["severity"] == "high").sum())
    if urgent:
        subject += " · " + _n("{n} urgent", "{n} urgent", urgent)
    text = _as_text(told, count - len(told), public_url)
    body = text
    if reader.settings.channel == "webhook":
        body = _as_json(reader, scope, told, subject, text, now, language)
    alert_ids = tuple(int(each) for each in found["alert_id"])
    return Digest(alert_ids, language, subject, body)


def _told(
    scope: Scope, row: Any, orders: pd.DataFrame, public_url: str | None, *, of_all: bool
) -> dict[str, Any]:
    facts = facts_of(row)
    mine = orders[orders["alert_id"] == row.alert_id]
    lacking = mine[mine["lacking"] > 0]
    named = () if of_all else tuple((lacking if len(lacking) else mine)["order_number"])
    first = named[0] if named and not may_open(scope.role, "stock") else None
    slug, said = link_of(row, facts, first)
    return {
        "alert_id": int(row.alert_id),
        "kind": row.kind,
        "severity": row.severity,
        "since": f"{row.first_seen_at:%Y-%m-%dT%H:%M:%SZ}",
        "sku": row.sku,
        "product": row.product,
        "warehouse": row.warehouse,
        "about": about(row, facts),
        "text": sentence(row, facts, of_all=of_all),
        "orders": list(named[:MOST_NAMED]),
        "more_orders": max(len(named) - MOST_NAMED, 0),
        "url": f"{public_url}/{slug}?{urlencode(said)}" if public_url else None,
    }


def _as_text(told: list[dict[str, Any]], more: int, public_url: str | None) -> str:
    parts = [_paragraph(each) for each in told]
    if more:
        parts.append(_n("{n} more stands in My work.", "{n} more stand in My work.", more))
    work = f"\n{public_url}/work" if public_url else ""
    parts.append(
        _("You get this because you asked for it: Account, Warnings. Who is on it or wants to be"
          " reminded later says so in My work.") + work
    )  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _paragraph(each: dict[str, Any]) -> str:
    kind, severity = _(KIND_NAMES[each["kind"]]), _(SEVERITY_NAMES[each["severity"]])
    name = f"{each['about']} ({each['sku']})" if each["sku"] else each["about"]
    lines = [f"[{severity}] {kind}: {name}", each["text"]]
    if each["orders"]:
        more = f" + {each['more_orders']}" if each["more_orders"] else ""
        lines.append(", ".join(each["orders"]) + more)
    if each["url"]:
        lines.append(each["url"])
    return "\n".join(lines)


def _as_json(
    reader: Reader, scope: Scope, told: list[dict[str, Any]], subject: str, text: str,
    now: datetime, language: str,
) -> str:  # fmt: skip
    payload = {
        "type": "alerts.new",
        "timestamp": now.replace(tzinfo=UTC).isoformat(),
        "data": {
            "recipient": {
                "username": reader.username, "name": reader.name, "role": scope.role,
            },
            "language": language,
            "subject": subject,
            "text": text,
            "alerts": told,
        },
    }  # fmt: skip
    return json.dumps(payload, ensure_ascii=False, allow_nan=False)
