"""Measures OrderScope against SQL on the CRM database and against pandas, in one run.

python -m benchmarks [--orders N] [--sqlite-only] [--folder FOLDER] [--parts PART …]
                     [--pages PAGE …]
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import make_url

from benchmarks import worlds
from benchmarks.answers import Measured, measure, report, report_pages
from benchmarks.copying import report_copying
from benchmarks.editing import report_editing
from benchmarks.forecasting import report_forecasting
from benchmarks.plain_pandas import measure_pandas
from benchmarks.questions import page_questions
from benchmarks.recommending import report_recommending
from benchmarks.serving import report_serving
from benchmarks.stock import report_stock
from benchmarks.timing import print_table, shown, times
from benchmarks.what_if import report_what_if
from data_access.analytics_copy import AnalyticsCopy
from data_access.database import connect

PARTS = (
    "copying", "pages", "answers", "serving", "editing", "what_if", "stock", "growth",
    "forecasting", "recommending",
)  # fmt: skip
ON_NO_DATABASE = {"forecasting", "recommending"}
ON_ONE_OF_ITS_OWN = {"stock"}
DAYS = 365  # the period of the pandas answers
SESSIONS = [1, 10, 50]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000, metavar="N")
    parser.add_argument("--sqlite-only", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--folder", type=Path, help="keeps the databases for the next run")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--pages", nargs="+", default=[""], metavar="PAGE",
                        help="only pages whose names begin so")  # fmt: skip
    chosen = parser.parse_args()
    print(f"{chosen.orders:,} orders; Python {platform.python_version()}, {os.cpu_count()} cores,"
          f" load {os.getloadavg()[0]:.1f} at the start")  # fmt: skip
    if "forecasting" in chosen.parts:
        report_forecasting()
    if "recommending" in chosen.parts:
        report_recommending(chosen.folder, sqlite_only=chosen.sqlite_only)
    if set(chosen.parts) <= ON_NO_DATABASE:
        return
    with ExitStack() as stack:
        folder = chosen.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        urls = {"SQLite": worlds.sqlite_url(folder, chosen.orders)}
        small = {"SQLite": worlds.sqlite_url(folder, chosen.orders // 10)}
        shelves = {"SQLite": worlds.sqlite_url(folder, chosen.orders, "stock")}
        if not chosen.sqlite_only:
            server = stack.enter_context(worlds.postgresql_server(folder))
            urls["PostgreSQL"] = worlds.postgresql_url(server, chosen.orders)
            shelves["PostgreSQL"] = worlds.postgresql_url(server, chosen.orders, "stock")
        if "stock" in chosen.parts:
            for name, url in shelves.items():
                report_stock(name, url, _copy_path(url, folder), chosen.orders)
        if set(chosen.parts) <= ON_NO_DATABASE | ON_ONE_OF_ITS_OWN:
            return
        for name, url in urls.items():
            seconds = worlds.fill(url, chosen.orders)
            made = "kept from before" if seconds is None else f"made in {seconds:,.0f} s"
            print(f"{name}: {made}", flush=True)
            _measure(name, url, folder, chosen)
        if "growth" in chosen.parts:
            worlds.fill(small["SQLite"], chosen.orders // 10)
            _report_growth(small["SQLite"], urls["SQLite"], folder)


def _measure(name: str, url: str, folder: Path, chosen: argparse.Namespace) -> None:
    path, parts = _copy_path(url, folder), chosen.parts
    if "copying" in parts:
        report_copying(name, url, path)
    if "pages" in parts:
        report_pages(name, _answers(url, path, chosen.pages, raw=False), chosen.orders)
    if "answers" in parts:
        database = connect(url)
        pandas = measure_pandas(database.record, worlds.AS_OF, DAYS, worlds.CURRENCY)
        database.dispose()
        report(name, _answers(url, path, chosen.pages), pandas)
    if "serving" in parts:
        report_serving(name, url, f"duckdb:///{path}", SESSIONS)
    if "editing" in parts:
        report_editing(name, url, folder)
    if "what_if" in parts:
        report_what_if(name, url, path)


def _answers(
    url: str, path: Path, pages: Sequence[str] = ("",), *, raw: bool = True
) -> list[Measured]:
    database = connect(url)
    worlds.say("bringing the copy in step")
    copied = AnalyticsCopy(database.record, path)
    scope = worlds.scope_named(database.record, "manager")
    asked = page_questions(database.record, worlds.AS_OF, worlds.CURRENCY)
    questions = [each for each in asked if each.page.startswith(tuple(pages))]
    try:
        return measure(questions, copied.engine, database.record, scope, raw=raw)
    finally:
        copied.close()
        database.dispose()


def _report_growth(small_url: str, url: str, folder: Path) -> None:
    small = _answers(small_url, _copy_path(small_url, folder), raw=False)
    large = _answers(url, _copy_path(url, folder), raw=False)
    rows = [
        [
            f"{one.question.page}: {one.question.name}",
            shown(one.shipped),
            shown(ten.shipped),
            times(ten.shipped, one.shipped),
        ]
        for one, ten in zip(small, large, strict=True)
    ]
    heads = ["question, as shipped", "1× ms", "10× ms", "growth"]
    print_table("SQLite: growth from 1× to 10× the orders", heads, rows)


def _copy_path(url: str, folder: Path) -> Path:
    parsed = make_url(url)
    name = Path(parsed.database or "").stem
    return folder / f"{parsed.get_backend_name()}_{name}.duckdb"


if __name__ == "__main__":
    main()
