"""Builds a demo CRM: three years of orders up to today, with an account for each role."""

from __future__ import annotations

import argparse
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tqdm import tqdm

from dashboard.formats import number
from dashboard.settings import settings
from dashboard.texts import _
from data_access.database import connect
from data_access.demo import ACCOUNTS, PASSWORD, Plan, build_demo, refuse_unfit, write_truth
from data_access.schema import read_properties, upgrade_schema

ORDERS, SEED = 20_000, 7
CLOSING_TIME = time(18, 0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--orders", type=int, default=ORDERS, metavar="N", help=f"how many (default {ORDERS:,})"
    )
    parser.add_argument(
        "--seed", type=int, default=SEED, metavar="S", help="the same seed makes the same rows"
    )
    parser.add_argument(
        "--as-of",
        type=date.fromisoformat,
        metavar="DATE",
        help="the last day, which ends at 18:00 (default: today, as far as it has come)",
    )
    parser.add_argument(
        "--truth", type=Path, metavar="FILE", help="write what the demo was made with, as JSON"
    )
    parser.add_argument("--database", metavar="URL", help="instead of CRM_DATABASE_URL")
    parser.add_argument(
        "--replace", action="store_true", help="build an existing demo database anew"
    )


def run(arguments: argparse.Namespace) -> int:
    database = connect(arguments.database or settings().database_url)
    try:
        refuse_unfit(database.writer, replace=arguments.replace)
        upgrade_schema(database.writer, time_zone=settings().time_zone)
        time_zone = read_properties(database.writer).get("time_zone", settings().time_zone)
        plan = make_plan(arguments.orders, arguments.seed, arguments.as_of, time_zone)
        with tqdm(unit=" rows", unit_scale=True, disable=None, file=sys.stderr) as bar:
            bar.set_description(_("building the demo"))

            def advance(written: int, total: int) -> None:
                bar.total = total
                bar.update(written - bar.n)

            truth = build_demo(database.writer, plan, replace=arguments.replace, progress=advance)
    finally:
        database.dispose()
    if arguments.truth:
        write_truth(truth, arguments.truth)
    _tell(truth)
    return 0


def make_plan(orders: int, seed: int, as_of: date | None, time_zone: str) -> Plan:
    """Up to 18:00 of `as_of`; up to this minute of today where none is given."""
    if as_of is not None:
        return Plan(orders, seed, as_of, time_zone, CLOSING_TIME)
    now = datetime.now(ZoneInfo(time_zone))
    return Plan(orders, seed, now.date(), time_zone, time(now.hour, now.minute))


def _tell(truth: dict[str, Any]) -> None:
    lines = [
        _(
            "A demo CRM with {orders} orders from {first} to {last} is ready.",
            orders=number(truth["orders"]),
            first=truth["first_day"],
            last=truth["as_of"],
        ),
        _(
            "Sign in as {names} with the password {password}.",
            names=", ".join(account.username for account in ACCOUNTS),
            password=PASSWORD,
        ),
    ]
    for line in lines:
        sys.stdout.write(f"{line}\n")
