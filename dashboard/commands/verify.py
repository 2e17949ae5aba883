"""Check that nobody changed an order, a payment or the log behind OrderScope's back."""

from __future__ import annotations

import argparse
import re
import sys

from dashboard.settings import settings
from dashboard.texts import _, _n
from data_access.database import connect
from data_access.schema import need_schema
from data_access.tampering import Head
from data_access.verifying import verify

HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--head",
        type=_head,
        metavar="ROW:HASH",
        help="the end of the log as this command told it earlier, from where you kept it: finds a"
        " log that was cut off or rewritten as a whole",
    )
    parser.add_argument("--database", metavar="URL", help="instead of CRM_DATABASE_URL")


def run(arguments: argparse.Namespace) -> int:
    database = connect(arguments.database or settings().database_url)
    try:
        need_schema(database.record)
        head, erased = verify(database.record, arguments.head)
    finally:
        database.dispose()
    sys.stdout.write(_("The log is whole, and the tables are as it says.") + "\n")
    if erased:
        sys.stdout.write(
            _n(
                "Personal values of {n} row were erased from the log.",
                "Personal values of {n} rows were erased from the log.",
                erased,
            )
            + "\n"
        )
    sys.stdout.write(f"{head.audit_id}:{head.hash}\n")
    return 0


def _head(words: str) -> Head:
    found = HEAD.fullmatch(words.strip())
    if found is None:
        raise argparse.ArgumentTypeError("a row and its hash, as in 4711:0f3a…")
    return Head(int(found[1]), found[2])
