"""How the databases answer: a page of a list walks an index, and no page sorts or reads all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import Engine, event, func, select

from data_access import customers
from data_access.allocating import list_stock_lines
from data_access.care import list_care
from data_access.customer_filter import CustomerFilter
from data_access.customers import find_customer_by_phone, list_customers
from data_access.database import Database, connect
from data_access.demo.building import build_demo
from data_access.demo.plan import Plan
from data_access.effects import Proposed, find_effect
from data_access.filters import OrderFilter
from data_access.inventory import list_waiting_lines
from data_access.orders import OrderSort, list_orders
from data_access.receivables import ReceivableSort, list_receivables
from data_access.schema import upgrade_schema
from data_access.scope import Scope, mint_scope
from data_access.tables import users
from data_access.work_queues import QUEUES, list_queue_orders, sum_work_queues

AS_OF = date(2026, 11, 23)
CNY = OrderFilter(currency="CNY")
ROLES = ("manager", "sales_lead", "sales_rep")
LATE = OrderFilter(currency="CNY", overdue=True)
# by days late only late orders are sorted
SORTS = [sort for sort in get_args(OrderSort) if sort != "days_late"]


def _built(url: str) -> Database:
    database = connect(url)
    upgrade_schema(database.writer)
    build_demo(database.writer, Plan(orders=4_000, seed=5, as_of=AS_OF))
    with database.writer.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    return database


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = _built(f"sqlite:///{tmp_path_factory.mktemp('plans') / Path('crm.sqlite')}")
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def postgresql(new_postgresql_url: Callable[..., str]) -> Iterator[Database]:
    database = _built(new_postgresql_url())
    yield database
    database.dispose()


def _scope(database: Database, role: str) -> Scope:
    with database.record.connect() as connection:
        user_id = connection.scalar(select(func.min(users.c.user_id)).where(users.c.role == role))
    scope = mint_scope(database.record, int(user_id or 0))
    assert scope is not None
    return scope


def _plans(engine: Engine, ask: Callable[[], Any], explain: str) -> list[list[Any]]:
    """The plan of each statement that `ask` runs."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, _m: Any) -> None:
        asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        return [
            list(connection.exec_driver_sql(f"{explain} {statement}", values))
            for statement, values in asked
        ]


def _sqlite_faults(database: Database, ask: Callable[[], Any]) -> list[str]:
    """Steps that read all orders without an index, or sort more than the page itself. A rep's own
    orders, found by index, are few and may be sorted."""
    faults = []
    for plan in _plans(database.record, ask, "EXPLAIN QUERY PLAN"):
        steps = [row[3] for row in plan]
        own = any("customer_id=?" in step and step.startswith("SEARCH orders") for step in steps)
        faults += [step for step in steps if step == "SCAN orders"]
        faults += [row[3] for row in plan if "FOR ORDER BY" in row[3] and row[1] != 0 and not own]
    return faults


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("descending", [True, False])
def test_sqlite_walks_an_index_to_a_page_of_orders(
    sqlite: Database, role: str, sort: Any, descending: bool
) -> None:
    scope = _scope(sqlite, role)

    def ask() -> Any:
        return list_orders(
            sqlite.record, scope, CNY, as_of=AS_OF, sort=sort, descending=descending, limit=25
        )

    assert len(ask()) == 25
    assert _sqlite_faults(sqlite, ask) == []


@pytest.mark.parametrize("role", (*ROLES, "finance"))
@pytest.mark.parametrize("sort", ["due_on", "owed"])
def test_sqlite_walks_an_index_to_a_page_of_receivables(
    sqlite: Database, role: str, sort: Any
) -> None:
    scope = _scope(sqlite, role)
    faults = _sqlite_faults(
        sqlite,
        lambda: list_receivables(sqlite.record, scope, CNY, as_of=AS_OF, sort=sort, limit=25),
    )
    assert faults == []


@pytest.mark.parametrize("role", ROLES)
def test_sqlite_finds_by_index_what_an_edit_would_do(sqlite: Database, role: str) -> None:
    scope = _scope(sqlite, role)
    latest = list_orders(sqlite.record, scope, CNY, as_of=AS_OF, limit=1)
    order_id = int(latest["order_id"].iloc[0])
    plans = _plans(
        sqlite.record,
        lambda: find_effect(sqlite.record, scope, order_id, Proposed("cancel_order"), AS_OF),
        "EXPLAIN QUERY PLAN",
    )
    text = _text(plans)
    assert "USING INDEX ix_orders_open" in text
    assert "SCAN orders" not in text.replace("SCAN orders USING INDEX ix_orders_ordered_at", "")
    assert "SCAN order_lines" not in text


@pytest.mark.parametrize("sort", get_args(ReceivableSort))
def test_no_page_of_receivables_reads_the_orders_that_owe_nothing(
    sqlite: Database, sort: Any
) -> None:
    scope = _scope(sqlite, "finance")
    plans = _plans(
        sqlite.record,
        lambda: list_receivables(sqlite.record, scope, CNY, as_of=AS_OF, sort=sort, limit=25),
        "EXPLAIN QUERY PLAN",
    )
    assert "USING INDEX ix_orders_owing_by" in _text(plans)


def _text(plans: list[list[Any]]) -> str:
    return "\n".join(str(row[-1]) for plan in plans for row in plan)


def test_open_and_owing_orders_are_found_by_their_own_indexes(
    sqlite: Database, postgresql: Database
) -> None:
    for database, explain in ((sqlite, "EXPLAIN QUERY PLAN"), (postgresql, "EXPLAIN")):
        record, scope = database.record, _scope(database, "manager")
        late = _plans(
            record,
            lambda: list_orders(record, scope, LATE, as_of=AS_OF, sort="days_late"),  # noqa: B023
            explain,
        )
        assert "ix_orders_open" in _text(late)
        for sort, index in (("due_on", "ix_orders_owing_by_due_on"), ("owed", "by_owed")):
            owing = _plans(
                record,
                lambda: list_receivables(record, scope, CNY, as_of=AS_OF, sort=sort, limit=25),  # noqa: B023
                explain,
            )
            assert index in _text(owing), sort


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("sort", SORTS)
def test_postgresql_reads_no_whole_table_for_a_page(
    postgresql: Database, role: str, sort: Any
) -> None:
    scope = _scope(postgresql, role)
    plans = _plans(
        postgresql.record,
        lambda: list_orders(postgresql.record, scope, CNY, as_of=AS_OF, sort=sort, limit=25),
        "EXPLAIN",
    )
    assert "Index" in _text(plans)
    assert "Seq Scan on orders" not in _text(plans)


@pytest.mark.parametrize("role", (*ROLES, "warehouse", "finance"))
def test_sqlite_finds_what_waits_by_the_indexes_on_few_orders(sqlite: Database, role: str) -> None:
    scope, now = _scope(sqlite, role), datetime.combine(AS_OF, time(10))

    def ask() -> None:
        sum_work_queues(sqlite.record, scope, now, AS_OF)
        for queue in QUEUES if scope.sees("orders", "paid") else QUEUES[:5]:
            list_queue_orders(sqlite.record, scope, queue, now, AS_OF, limit=25)

    steps = [row[3] for plan in _plans(sqlite.record, ask, "EXPLAIN QUERY PLAN") for row in plan]
    few = ("ix_orders_open", "ix_orders_owing", "ix_orders_awaiting", "customer_id=?")
    of_orders = [step for step in steps if step.startswith(("SCAN orders", "SEARCH orders"))]
    assert of_orders and [step for step in of_orders if not any(x in step for x in few)] == []


def _customers_sorted_by(database: Database, scope: Scope, sort: Any, descending: bool) -> Any:
    return list_customers(
        database.record, scope, CustomerFilter(currency="CNY"), as_of=AS_OF, sort=sort,
        descending=descending, limit=25,
    )  # fmt: skip


@pytest.mark.parametrize("role", ["manager", "sales_lead"])
@pytest.mark.parametrize("sort", ["last_order", "net_sales_12m", "silent_90"])
@pytest.mark.parametrize("descending", [True, False])
def test_a_page_of_many_customers_sorts_no_more_than_the_page(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, role: str, sort: Any, descending: bool
) -> None:
    monkeypatch.setattr(customers, "MOST_SORTED", 25)
    scope = _scope(sqlite, role)
    plans = _plans(
        sqlite.record,
        lambda: _customers_sorted_by(sqlite, scope, sort, descending),
        "EXPLAIN QUERY PLAN",
    )
    _are_many, page = [plan for plan in plans if plan][:2]
    steps = [row[3] for row in page]
    assert any(
        ("_ordered_at" if sort == "last_order" else f"ix_customer_scores_{sort}") in step
        for step in steps
        if step.startswith(("SCAN", "SEARCH"))
    )
    assert not any(step.startswith("SCAN customers") for step in steps)
    # within the moment or the amount some have alike; the page itself is sorted at the top
    assert not [row for row in page if row[3].endswith("FOR ORDER BY") and row[1] != 0]


def test_customers_are_found_by_index_by_their_whole_phone(
    sqlite: Database, postgresql: Database
) -> None:
    for database, explain in ((sqlite, "EXPLAIN QUERY PLAN"), (postgresql, "EXPLAIN")):
        for role in ("manager", "sales_lead", "support"):
            record, scope = database.record, _scope(database, role)
            plans = _plans(
                record,
                lambda: find_customer_by_phone(record, scope, "+86 138 1234 5678"),  # noqa: B023
                explain,
            )
            text = _text(plans)
            assert "ix_customers_phone_end" in text and "ix_contacts_phone_end" in text, role


@pytest.mark.parametrize(
    ("cause", "index"),
    [("birthday", "ix_customers_birthday"), ("anniversary", "ix_orders_ordered_on"),
     ("delivered", "ix_orders_completed_on")],
)  # fmt: skip
def test_who_to_care_for_is_found_by_the_day(sqlite: Database, cause: Any, index: str) -> None:
    scope = _scope(sqlite, "manager")
    plans = _plans(
        sqlite.record, lambda: list_care(sqlite.record, scope, cause, AS_OF), "EXPLAIN QUERY PLAN"
    )
    assert index in _text(plans)
    assert "SCAN orders" not in _text(plans) and "SCAN customers" not in _text(plans)


@pytest.mark.parametrize("role", ["manager", "sales_lead", "sales_rep", "warehouse"])
@pytest.mark.parametrize("query", [list_stock_lines, list_waiting_lines])
def test_who_waits_for_a_stock_is_found_by_index(sqlite: Database, role: str, query: Any) -> None:
    scope = _scope(sqlite, role)
    steps = [
        row[3]
        for plan in _plans(
            sqlite.record, lambda: query(sqlite.record, scope, 1, 1), "EXPLAIN QUERY PLAN"
        )
        for row in plan
    ]
    assert [step for step in steps if step in ("SCAN orders", "SCAN bought")] == []
    assert not any(step.startswith("SCAN order_lines") for step in steps)
    assert any("SEARCH order_lines" in step for step in steps)
