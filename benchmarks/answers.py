"""Each page's questions: as shipped, as SQL on the CRM database, and with pandas."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from benchmarks.question import Question
from benchmarks.timing import kept, milliseconds, print_table, shown, time_taken, times
from benchmarks.worlds import say
from data_access.scope import Scope

PAGE_MS, PAGE_MS_OF_MANY = 100, 300  # what the data of a page may take
MANY_ORDERS = 1_000_000  # more are many
BY_CLICK = "by a click"
LEARNT = (
    "learnt"  # kept for an hour whatever changes (`dashboard.reads.learn`): no page's usual wait
)
GIVEN_UP = 15_000.0  # milliseconds after which PostgreSQL is told to give a question up


@dataclass
class Measured:
    question: Question
    shipped: float  # on the engine that the app asks
    cores: float  # of that, what this process works; the rest is a database server's, or waiting
    raw: float | None = None  # on the CRM database; None where that is what is shipped


def measure(
    questions: list[Question], analytics: Engine, record: Engine, scope: Scope, *, raw: bool = True
) -> list[Measured]:
    """Milliseconds of each question with no cache of ours in between."""
    found: list[Measured] = []
    for question in questions:
        if not found or found[-1].question.page != question.page:
            say(f"asking {question.page}")
        engine = analytics if question.engine == "analytics" else record
        taken = time_taken(lambda: question.ask(engine, scope))  # noqa: B023
        measured = Measured(question, taken.clock, taken.cores)
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


def report_pages(title: str, found: list[Measured], orders: int) -> None:
    """What each page asks when it is opened, added up; clicks are asked one by one, so of these it
    is the longest."""
    limit = PAGE_MS if orders <= MANY_ORDERS else PAGE_MS_OF_MANY
    rows = []
    for page in dict.fromkeys(each.question.page for each in found):
        own = [each for each in found if each.question.page == page]
        many = max if page.endswith(BY_CLICK) else sum
        shipped, cores = many(each.shipped for each in own), many(each.cores for each in own)
        judged = "–" if page.endswith(LEARNT) else kept(shipped, limit)
        rows.append([page, str(len(own)), shown(shipped), shown(cores), judged])
    print_table(
        f"{title}: all a page asks, nothing cached",
        ["page", "questions", "ms", "CPU ms", f"aim {limit} ms"],
        rows,
    )
