"""A process that edits orders, and keeps in a journal what it asked for and was answered."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Row, select

from data_access.database import Database, connect
from data_access.edits import lines, money, moving, terms
from data_access.edits.transaction import Done
from data_access.errors import NotSaved, Refused, StaleVersion
from data_access.scope import Scope, mint_scope
from data_access.tables import order_lines, orders, users

CARRIED_OUT = ("done", "again")
COMMANDS: dict[str, Callable[..., Done]] = {
    "confirm": moving.confirm_order,
    "start": moving.start_processing,
    "ship": moving.ship_order,
    "complete": moving.complete_order,
    "quantity": lines.change_line_quantity,
    "pay": money.take_payment,
    "refund": money.refund_payment,
    "note": terms.change_note,
}
BY_STAGE = {  # what may be done to an order, and how often
    "received": {"confirm": 4, "quantity": 3, "pay": 1, "note": 2},
    "confirmed": {"start": 4, "quantity": 3, "pay": 1, "note": 2},
    "processing": {"ship": 4, "pay": 2, "refund": 1, "note": 3},
    "shipped": {"complete": 1, "pay": 4, "refund": 3, "note": 12},
    "completed": {"pay": 4, "refund": 3, "note": 13},
}


class Journal:
    """What a writer is about to ask for, and what it was answered: survives the writer."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        written = path.read_text("utf-8").split("\n")
        if written[-1]:  # killed in the middle of a line
            os.write(self._file, b"\n")
        self.entries = [entry for line in written if (entry := _entry(line))]

    def write(self, **entry: Any) -> None:
        os.write(self._file, (json.dumps(entry) + "\n").encode())

    def unanswered(self) -> dict[str, Any] | None:
        """The last request, when nobody knows whether it was carried out."""
        asked = [entry for entry in self.entries if "resumed" not in entry]
        return asked[-1] if asked and "arguments" in asked[-1] else None


def _entry(line: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line) if line else {}
    except ValueError:  # cut short: then nothing was asked for yet
        return {}
    return found


def write_edits(url: str, number: int, quota: int, most: int, folder: Path) -> None:
    """One writer: edits orders up to number `most` until `quota` edits are acknowledged or there is
    a file `stop`."""
    database, journal = connect(url), Journal(folder / f"{number}.journal")
    scope = scope_of(database, f"writer-{number}")
    chance = Random(f"{number} {len(journal.entries)}")
    done = sum(entry.get("outcome") in CARRIED_OUT for entry in journal.entries)
    request, asked = journal.unanswered(), len(journal.entries)
    if request is not None:
        journal.write(resumed=request["id"])
    while done < quota and not (request is None and (folder / "stop").exists()):
        if request is None:
            asked += 1
            request = _next_request(database, chance, most, f"{number}-{asked}")
            journal.write(**request)
        started = time.perf_counter()
        outcome = send(database, scope, request)
        took = (time.perf_counter() - started) * 1000
        done += outcome in CARRIED_OUT
        if outcome not in ("busy", "unreachable"):  # then the same is asked again
            journal.write(id=request["id"], outcome=outcome, took=took)
            request = None
    database.dispose()


def scope_of(database: Database, username: str) -> Scope:
    with database.record.connect() as connection:
        user_id = connection.scalars(
            select(users.c.user_id).where(users.c.username == username)
        ).one()
    scope = mint_scope(database.record, user_id)
    assert scope is not None
    return scope


def _next_request(database: Database, chance: Random, most: int, request_id: str) -> dict[str, Any]:
    order_id = chance.randint(1, most)
    with database.record.connect() as connection:
        order = connection.execute(select(orders).where(orders.c.order_id == order_id)).one()
        line_ids = connection.scalars(
            select(order_lines.c.line_id).where(order_lines.c.order_id == order_id)
        ).all()
    weights = BY_STAGE[order.stage]
    action = chance.choices(list(weights), list(weights.values()))[0]
    arguments = {"order_id": order_id, "seen_version": order.version}
    arguments |= _arguments(action, order, chance.choice(line_ids), chance, request_id)
    return {"id": request_id, "action": action, "arguments": arguments}


def _arguments(
    action: str, order: Row[Any], line_id: int, chance: Random, request_id: str
) -> dict[str, Any]:
    amount = f"{chance.randint(1, 300) / 100:.2f}"
    match action:
        case "ship":
            return {"carrier": "SF Express", "tracking_number": request_id}
        case "quantity":
            return {"line_id": line_id, "quantity": chance.randint(1, 5)}
        case "pay":
            return {"amount": amount, "method": "bank"}
        case "refund":
            return {"amount": amount, "method": "bank", "reason": "goodwill"}
        case "note":
            return {"note": f"note {request_id} of {order.order_number}"}
    return {}


def send(database: Database, scope: Scope, request: dict[str, Any]) -> str:
    arguments = dict(request["arguments"])
    if "amount" in arguments:
        arguments["amount"] = Decimal(arguments["amount"])
    try:
        answer = COMMANDS[request["action"]](
            database.writer, scope, request_id=request["id"], **arguments
        )
    except StaleVersion:
        return "conflict"
    except NotSaved as refusal:
        return refusal.reason
    except Refused:
        return "refused"
    return "again" if answer.is_repeat else "done"
