"""The benchmark measures what the pages ask, and its arithmetic is right."""

from __future__ import annotations

import ast
import time
from datetime import date
from pathlib import Path

import pytest

from benchmarks.answers import Measured, report_pages
from benchmarks.forecasting import report_forecasting
from benchmarks.question import Question
from benchmarks.questions import page_questions
from benchmarks.timing import percentile, shown, time_taken, times
from data_access.database import Database
from data_access.offered import find_last_offer_run, find_offer_list
from data_access.orders import list_orders
from data_access.what_if_learnt import find_learnt
from tests.crm import add_order, scope_of

ROOT = Path(__file__).resolve().parent.parent
# asked where there is nothing to show, and for a code that somebody types
LEFT_OUT = {
    "find_data_span", "find_coupon", "find_last_done", "find_last_rebuy_run",
    "find_last_call_run",
    "list_published_values",  # the scores of the ledger ask it for each
}  # fmt: skip
NOTHING_YET = (find_learnt, find_last_offer_run, find_offer_list)  # before a refresh


def queries_of_pages() -> set[str]:
    """The queries over a Scope that pages and their blocks import."""
    files = [*(ROOT / "pages").glob("*.py"), *(ROOT / "dashboard").glob("*.py")]
    names = {
        alias.name
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("data_access.")
        if node.module not in ("data_access.accounts", "data_access.sessions")
        if not (node.module or "").startswith("data_access.edits.")  # asked by commands
        for alias in node.names
    }
    return {name for name in names if name.split("_")[0] in ("list", "sum", "count", "find")}


def test_every_query_of_the_pages_is_measured(sqlite_database: Database) -> None:
    add_order(sqlite_database)
    questions = page_questions(sqlite_database.record, date(2026, 11, 23), "CNY")
    measured = {question.query.__name__ for question in questions}
    assert len(queries_of_pages()) > 15
    assert queries_of_pages() - LEFT_OUT <= measured


def test_every_question_is_answered(database: Database) -> None:
    add_order(database)
    scope = scope_of(database, "manager")
    for question in page_questions(database.record, date(2026, 11, 23), "CNY"):
        answer = question.ask(database.record, scope)
        assert answer is not None or question.query in NOTHING_YET


def test_percentiles_and_ratios() -> None:
    assert [percentile([5, 1, 4, 2, 3], share) for share in (0, 0.5, 0.95, 1)] == [1, 3, 5, 5]
    assert (shown(1234.5), shown(12.34), shown(None)) == ("1,234", "12.3", "–")
    assert (times(300.0, 10.0), times(None, 1.0)) == ("30.0×", "–")


def test_who_waits_takes_time_on_the_clock_and_not_of_processors() -> None:
    taken = time_taken(lambda: time.sleep(0.02), 2)
    assert taken.clock >= 20 > taken.cores


@pytest.mark.parametrize(
    "page",
    [
        "overview",
        "orders",
        "order",
        "new-order",
        "customers",
        "customer",
        "delivery",
        "receivables",
        "work",
        "changes",
        "privacy",
        "rebuy",
        "segments",
        "forecast",
    ],
)
def test_each_page_is_there(sqlite_database: Database, page: str) -> None:
    add_order(sqlite_database)
    questions = page_questions(sqlite_database.record, date(2026, 11, 23), "CNY")
    assert any(question.page.split(",")[0] == page for question in questions)


def test_a_page_is_held_to_its_aim(capsys: pytest.CaptureFixture[str]) -> None:
    def found(page: str, *taken: float) -> list[Measured]:
        return [Measured(Question(page, "of it", list_orders), each, 1.0) for each in taken]

    pages = found("quick", 40, 59) + found("slow", 40, 61) + found("slow, by a click", 70, 80)
    report_pages("SQLite", pages + found("slow, learnt", 900), 1_000_000)
    rows = [line.split("|")[1:] for line in capsys.readouterr().out.splitlines() if "|" in line]
    told = {cells[0].strip(): (cells[2].strip(), cells[4].strip()) for cells in rows[2:]}
    assert told == {
        "quick": ("99.0", "under 100"), "slow": ("101", "NOT under 100"),
        "slow, by a click": ("80.0", "under 100"), "slow, learnt": ("900", "–"),
    }  # fmt: skip


def test_forecasts_are_measured_against_prophet(capsys: pytest.CaptureFixture[str]) -> None:
    report_forecasting(series=4, sample=2)
    said = capsys.readouterr().out
    assert "4 products, 730 days" in said and "Prophet timed on 2 and scaled" in said
    assert "default of all fast members" in said and "Within the 80 % interval" in said
