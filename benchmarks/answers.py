"""Each page's questions: as shipped, as SQL on the CRM database, and with pandas."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from benchmarks.question import Question
from benchmarks.timing import milliseconds, print_table, shown, times
from data_access.scope import Scope

GIVEN_UP = 15_000.0  # milliseconds after which PostgreSQL is told to give a question up


@dataclass
class Measured:
    question: Question
    shipped: float  # on the engine that the app asks
    raw: float | None = None  # on the CRM database; None where that is what is shipped


def measure(
    questions: list[Question], analytics: Engine, record: Engine, scope: Scope, *, raw: bool = True
) -> list[Measured]:
    """Milliseconds of each question with no cache of ours in between."""
    found = []
    for question in questions:
        engine = analytics if question.engine == "analytics" else record
        measured = Measured(question, milliseconds(lambda: question.ask(engine, scope)))  # noqa: B023
        if raw and question.engine == "analytics":
            try:
                measured.raw = milliseconds(lambda: question.ask(record, scope), 3)  # noqa: B023
            except OperationalError:
                measured.raw = GIVEN_UP
        found.append(measured)
    return found


def report(title: str, found: list[Measured], pandas: dict[str, float]) -> None:
    rows = []
    for each in found:
        rival = pandas.get(each.question.name) if each.raw is not None else None
        rows.append(
            [
                f"{each.question.page}: {each.question.name}",
                shown(each.shipped),
                shown(each.raw),
                times(each.raw, each.shipped),
                shown(rival),
                times(rival, each.shipped),
            ]
        )
    heads = ["question", "shipped ms", "SQL on the record ms", "ratio", "pandas ms", "ratio"]
    print_table(title, heads, rows)
    pages = dict.fromkeys(each.question.page for each in found)
    sums = []
    for page in pages:
        own = [each for each in found if each.question.page == page]
        shipped = sum(each.shipped for each in own)
        raw = sum(each.raw if each.raw is not None else each.shipped for each in own)
        sums.append([page, str(len(own)), shown(shipped), shown(raw), times(raw, shipped)])
    print_table(
        f"{title}: all a page asks, nothing cached",
        ["page", "questions", "shipped ms", "SQL on the record ms", "ratio"],
        sums,
    )
