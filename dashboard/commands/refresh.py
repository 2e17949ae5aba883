"""Work out anew what pages show: scores and segments of customers, who is due to buy again,
forecasts, and when to order how much of what is in stock."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from typing import TYPE_CHECKING

from tqdm import tqdm

from dashboard.formats import day
from dashboard.settings import settings
from dashboard.texts import N_, _, _n
from data_access.accounts import utc_now
from data_access.analytics_copy import open_analytics
from data_access.database import Database, connect
from data_access.edits.clock import time_of_work
from data_access.refreshing.history import count_orders_of_nobody
from data_access.schema import (
    has_schema,
    need_schema,
    read_properties,
    schema_is_current,
    upgrade_schema,
)

if TYPE_CHECKING:
    from dashboard.refreshing import Outcome

CHOICES = ("all", "customers", "ahead", "scores", "segments", "rebuy", "offers", "calls",
           "completeness", "forecasts", "stock", "what_if")  # fmt: skip
PART_NAMES = {
    "scores": N_("customer scores"),
    "segments": N_("segment history"),
    "rebuy": N_("due to rebuy"),
    "offers": N_("offers"),
    "calls": N_("lists of calls"),
    "completeness": N_("completeness of customers"),
    "forecasts": N_("forecasts"),
    "stock": N_("plan of stock"),
    "what_if": N_("what moves sales"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--what", choices=CHOICES, default="all", help="default: all")
    parser.add_argument("--without", choices=CHOICES[2:], metavar="PART", help="all but this")
    parser.add_argument(
        "--as-of",
        type=date.fromisoformat,
        metavar="DATE",
        help="as known on the evening of this day (default: today; of a demo its last day)",
    )
    parser.add_argument(
        "--workers",
        type=_processes,
        metavar="N",
        help="processes that forecast (default: one for each core; 1: no others than this)",
    )
    parser.add_argument(
        "--dask", metavar="ADDRESS", help="forecast on the Dask cluster of this scheduler instead"
    )
    parser.add_argument("--database", metavar="URL", help="instead of CRM_DATABASE_URL")


def run(arguments: argparse.Namespace) -> int:
    url = arguments.database or settings().database_url
    database = connect(url)
    try:
        if has_schema(database.writer) and not schema_is_current(database.writer):
            upgrade_schema(database.writer, time_zone=settings().time_zone)
        need_schema(database.record)
        copy_url = None if arguments.database else settings().analytics_url
        outcomes = refresh_parts(
            database, arguments.what, arguments.as_of, copy_url, without=arguments.without,
            workers=arguments.workers, dask=arguments.dask,
        )  # fmt: skip
    finally:
        database.dispose()
    return 1 if any(outcome.state == "failed" for outcome in outcomes) else 0


def _processes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError("a number of processes from 1 to 1024")
    return int(text)


def refresh_parts(
    database: Database,
    what: str,
    as_of: date | None,
    copy_url: str | None,
    *,
    without: str | None = None,
    workers: int | None = None,
    dask: str | None = None,
) -> list[Outcome]:
    """Works out the parts behind a progress bar, and says how each ended."""
    from dashboard.demo_buying import buy_as_planned
    from dashboard.refreshing import ASKED, refresh, source_of  # loads scikit-learn

    as_of = as_of or time_of_work(read_properties(database.record), utc_now()).today
    with tqdm(total=100, unit="%", disable=None, file=sys.stderr, leave=False) as bar:
        bar.set_description(_("reading orders"))
        analytics = open_analytics(database.record, copy_url or _in_memory(database))
        try:
            analytics.refresh()
            source = source_of(
                database.record, database.writer, analytics.engine, as_of,
                workers=workers, dask=dask,
            )  # fmt: skip
            left_out = ASKED[without] if without else ()
            parts = tuple(part for part in ASKED[what] if part not in left_out)

            def advance(part: str, share: float) -> None:
                bar.set_description(_(PART_NAMES[part]))
                bar.update(round(100 * (parts.index(part) + share) / len(parts)) - bar.n)

            outcomes = refresh(source, parts, advance)
            of_customers = not set(parts) <= set(ASKED["ahead"])
            nobody = count_orders_of_nobody(analytics.engine, as_of) if of_customers else 0
        finally:
            analytics.close()
    if any((each.part, each.state) == ("stock", "done") for each in outcomes):
        buy_as_planned(database, as_of)
    _tell(outcomes, as_of, nobody)
    return outcomes


def _in_memory(database: Database) -> str | None:
    """A copy for this once; a database in memory, which nobody else can read, answers itself."""
    return "duckdb://" if database.record.url.database else None


def _tell(outcomes: list[Outcome], as_of: date, nobody: int) -> None:
    for outcome in outcomes:
        name = _(PART_NAMES[outcome.part])
        if outcome.state == "done":
            rows = _n("{n} row", "{n} rows", outcome.rows)
            sys.stdout.write(_("{part}: {rows} as of {day}", part=name, rows=rows, day=day(as_of)))
            if outcome.message:
                told = _("{part}: not everything went well ({message})", part=name,
                         message=outcome.message)  # fmt: skip
                sys.stderr.write(f"{told}\n")
        elif outcome.state == "skipped":
            sys.stdout.write(_("{part}: nothing has changed, skipped", part=name))
        else:
            sys.stderr.write(_("{part}: failed ({message})", part=name, message=outcome.message))
            sys.stderr.write("\n")
            continue
        sys.stdout.write("\n")
    if nobody:
        told = _n(
            "{n} order names no customer and is left out.",
            "{n} orders name no customer and are left out.",
            nobody,
        )
        sys.stdout.write(f"{told}\n")
