"""Hand out, or erase, what is held about one person."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from sqlalchemy import make_url

from dashboard.settings import settings
from dashboard.texts import _, _n
from data_access.analytics_copy import open_analytics
from data_access.database import Database, connect
from data_access.edits.erasing import (
    COMMAND_LINE,
    erase_from_command_line,
    erased_customers,
)
from data_access.edits.exporting_people import everything_about, log_export, people_called
from data_access.errors import NotFound, Refused
from data_access.schema import need_schema
from data_access.scrubbing import scrub


class PersonRefused(Refused):
    """Nothing was handed out or erased."""

    messages: ClassVar[dict[str, str]] = {
        "nobody": "There is no customer {words}.",
        "several": "Several customers are called {words}: name one by number. {names}",
        "confirmation": "This is not the name of the customer. Nobody was erased.",
        "whom": "Say whom to erase, or --again.",
        "file": "{file} cannot be written: {detail}",
        "list": "{file} is not a list of erased customers, as `person erased` writes it.",
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="write everything held about a customer as JSON")
    export.add_argument("customer", help="number, or exact name, phone or mail address")
    export.add_argument("--to", type=Path, required=True, metavar="FILE.json")
    erase = actions.add_parser(
        "erase", help="erase a customer from tables, log, file and analytics copy; totals stay"
    )
    erase.add_argument("customer", nargs="?", help="number, or exact name, phone or mail address")
    erase.add_argument("--confirm", metavar="NAME", help="the customer's name, instead of asking")
    erase.add_argument(
        "--again",
        action="store_true",
        help="erase again everybody who was erased: after a restore, with --list",
    )
    erase.add_argument(
        "--list", type=Path, metavar="FILE", help="with --again: what `person erased` told earlier"
    )
    actions.add_parser("erased", help="list who was erased: keep it outside of the database")


def run(arguments: argparse.Namespace) -> int:
    database = connect(settings().database_url)
    try:
        need_schema(database.record)
        _ACTIONS[arguments.action](database, arguments)
    finally:
        database.dispose()
    return 0


def _export(database: Database, arguments: argparse.Namespace) -> None:
    customer_id, name = _one(database, arguments.customer)
    with database.record.connect() as connection:
        told = everything_about(connection, customer_id)
    log_export(database.writer, COMMAND_LINE, customer_id)
    try:
        with os.fdopen(os.open(arguments.to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
                       encoding="utf-8") as file:  # fmt: skip
            json.dump(told, file, ensure_ascii=False, indent=2)
            file.write("\n")
    except OSError as error:
        detail = error.strerror or str(error)
        raise PersonRefused("file", file=arguments.to, detail=detail) from error
    rows = sum(map(len, told.values()))
    _say(
        _n("{n} row about {name}: {file}", "{n} rows about {name}: {file}", rows, name=name,
           file=arguments.to)
    )  # fmt: skip


def _erase(database: Database, arguments: argparse.Namespace) -> None:
    if arguments.again:
        _erase_again(database, arguments.list)
    elif arguments.customer is None:
        raise PersonRefused("whom")
    else:
        customer_id, name = _one(database, arguments.customer)
        said = arguments.confirm
        if said is None:
            said = input(_("Type the name {name} to erase this person for good: ", name=name))
        if said.strip() != name.strip():
            raise PersonRefused("confirmation")
        erasure_id = erase_from_command_line(database.writer, customer_id)
        _say(_("Erased. What is left is called “Erased customer {number}”.", number=erasure_id))
    _scrub(database)


def _erase_again(database: Database, listed: Path | None) -> None:
    ids = [customer_id for customer_id, _moment in erased_customers(database.record)]
    if listed is not None:
        ids = list(dict.fromkeys([*ids, *_read(listed)]))
    found = 0
    for customer_id in ids:
        try:
            erase_from_command_line(database.writer, customer_id)
            found += 1
        except NotFound:  # the backup is from before that customer came
            continue
    _say(_n("{n} person was erased again.", "{n} people were erased again.", found))


def _read(file: Path) -> list[int]:
    try:
        lines = file.read_text("utf-8").split("\n")
        return [int(line.split()[0]) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise PersonRefused("list", file=file) from error


def _erased(database: Database, _arguments: argparse.Namespace) -> None:
    for customer_id, erased_at in erased_customers(database.record):
        _say(f"{customer_id} {datetime.isoformat(erased_at, ' ', 'seconds')}")


def _scrub(database: Database) -> None:
    """The bytes too: of the database's file and of the analytics copy."""
    clean = scrub(database.writer)
    url = make_url(settings().analytics_url or "none://")
    if url.get_backend_name() == "duckdb" and url.database and Path(url.database).exists():
        open_analytics(database.record, settings().analytics_url).close()
    if not clean:
        _say(
            _(
                "Somebody is reading the database, so its file still holds what was erased:"
                " run `person erase --again` later."
            )
        )


def _one(database: Database, words: str) -> tuple[int, str]:
    found = people_called(database.record, words)
    if not found:
        raise PersonRefused("nobody", words=words)
    if len(found) > 1:
        names = ", ".join(f"{customer_id} {name}" for customer_id, name in found)
        raise PersonRefused("several", words=words, names=names)
    return found[0]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


_ACTIONS = {"export": _export, "erase": _erase, "erased": _erased}
