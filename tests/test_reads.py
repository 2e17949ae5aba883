"""The cache never gives one person another's answer, one question another's, or an old number."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from random import Random
from threading import Barrier, Lock
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from pandas.testing import assert_frame_equal
from sqlalchemy import Engine, event, func, select, update
from streamlit.testing.v1 import AppTest

from dashboard import connection, reads
from data_access.analytics_copy import AnalyticsCopy, LiveAnalytics, copy
from data_access.database import Database, bulk_writing, writing
from data_access.filters import OrderFilter, Period
from data_access.frames import read_frame
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import customers, orders
from tests.crm import add, add_order, scope_of

asked: list[str] = []
asking = Lock()


def list_orders(engine: Engine, scope: Scope, channel: str | None = None) -> pd.DataFrame:
    with asking:
        asked.append(scope.username)
    relation = scope.visible.orders
    statement = select(relation.c.order_number, relation.c.net_sales, relation.c.cost)
    if channel is not None:
        statement = statement.where(relation.c.channel == channel)
    return read_frame(engine, statement.order_by(relation.c.order_number))


def sum_orders(engine: Engine, scope: Scope, channel: str | None = None) -> pd.DataFrame:
    relation = scope.visible.orders
    statement = select(func.count().label("orders"), func.sum(relation.c.net_sales).label("sales"))
    if channel is not None:
        statement = statement.where(relation.c.channel == channel)
    return read_frame(engine, statement)


def name_engine(engine: Engine, scope: Scope, *words: Any, **more: Any) -> tuple[Any, ...]:
    return engine.dialect.name, words, tuple(sorted(more.items()))


def refuse(engine: Engine, scope: Scope) -> pd.DataFrame:
    asked.append("refused")
    raise LookupError("no such thing")


@pytest.fixture(params=["copy", "no copy"])
def connected(
    request: pytest.FixtureRequest,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Database]:
    """The configured database, as a page meets it: with the copy and without."""
    url = f"duckdb:///{tmp_path / 'copy.duckdb'}" if request.param == "copy" else "off"
    yield from _connect(database, url, monkeypatch)


@pytest.fixture
def on_sqlite(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """One is enough where no answer depends on the database."""
    yield from _connect(sqlite_database, "off", monkeypatch)


def _connect(
    database: Database, analytics_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    url = database.record.url.render_as_string(hide_password=False)
    monkeypatch.setenv("CRM_DATABASE_URL", url)
    monkeypatch.setenv("CRM_ANALYTICS_URL", analytics_url)
    st.cache_data.clear()
    st.cache_resource.clear()
    asked.clear()
    yield connection.database()
    st.cache_resource.clear()


@pytest.fixture
def people(connected: Database) -> dict[str, Scope]:
    """A person of each role, with orders that each sees differently."""
    regions = [add(connected.writer, "regions") for _ in range(2)]
    reps = [add(connected.writer, "employees", region_id=region) for region in regions]
    for region, rep, channel in zip(regions, reps, ("web", "store"), strict=True):
        customer_id = add(connected.writer, "customers", owner_id=rep, region_id=region)
        for stage in ("completed", "confirmed"):
            add_order(
                connected,
                customer_id=customer_id,
                owner_id=rep,
                region_id=region,
                channel=channel,
                stage=stage,
            )
    rights: dict[Role, dict[str, Any]] = {
        Role.SALES_LEAD: {"region_ids": [regions[0]]},
        Role.SALES_REP: {"employee_id": reps[1]},
        Role.PARTNER: {"channel": "store"},
    }
    scopes = {str(role): scope_of(connected, role, **rights.get(role, {})) for role in Role}
    scopes["another rep"] = scope_of(connected, Role.SALES_REP, employee_id=reps[0])
    scopes["another lead"] = scope_of(connected, Role.SALES_LEAD, region_ids=[regions[1]])
    scopes["nobody's role"] = scope_of(connected, "owner")
    return scopes


def test_nobody_is_given_anothers_answer_in_any_order_of_asking(
    connected: Database, people: dict[str, Scope]
) -> None:
    calls = [
        (query, scope, arguments)
        for query in (list_orders, sum_orders)
        for scope in people.values()
        for arguments in ((), ("web",), ("store",))
    ]
    right = [query(connected.record, scope, *arguments) for query, scope, arguments in calls]
    order = list(range(len(calls)))
    Random(3).shuffle(order)
    st.cache_data.clear()
    for place in order + order:
        query, scope, arguments = calls[place]
        for engine in ("analytics", "record"):
            answer = reads.read(query, scope, *arguments, engine=engine)  # type: ignore[arg-type]
            assert_frame_equal(answer, right[place])


def test_the_same_rights_share_an_answer_and_other_rights_do_not(
    connected: Database, people: dict[str, Scope]
) -> None:
    asked.clear()
    for scope in (*people.values(), *people.values()):
        reads.read(list_orders, scope)
    assert len(asked) == len({scope.key for scope in people.values()}) == len(people)


@pytest.mark.parametrize(
    "calls",
    [
        [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc")],
        [("1",), (1,), (1.0,), (True,), (Decimal(1),)],
        [(), (None,), ("None",), ((),), ("()",), ("",)],
        [(("a", "b"),), ("a", "b"), (("a",), "b"), (("a", ("b",)),)],
        [(date(2026, 1, 1),), (datetime(2026, 1, 1),), ("2026-01-01",)],
        [("x:str:1:y",), ("x", "y"), ("str:1:x",)],
        [(frozenset({"a"}),), (("a",),), (frozenset({"a", "b"}),)],
        [(Role.ADMIN,), ("admin",), ("ADMIN",)],
        [
            (Period(date(2026, 1, 1), date(2026, 1, 2)),),
            (date(2026, 1, 1), date(2026, 1, 2)),
            (Period(date(2026, 1, 1), date(2026, 1, 3)),),
        ],
        [
            (OrderFilter(search="a;stages=('b',)"),),
            (OrderFilter(search="a", stages=("b",)),),
            (OrderFilter(),),
            (OrderFilter(region_ids=(1,)),),
            (OrderFilter(owner_ids=(1,)),),
        ],
    ],
)
def test_different_arguments_never_share_an_answer(
    on_sqlite: Database, calls: list[tuple[Any, ...]]
) -> None:
    scope = scope_of(on_sqlite, "admin")
    for order in permutations(calls) if len(calls) < 5 else (calls, calls[::-1]):
        st.cache_data.clear()
        for arguments in order:
            assert reads.read(name_engine, scope, *arguments)[1] == arguments
            assert [type(word) for word in reads.read(name_engine, scope, *arguments)[1]] == [
                type(word) for word in arguments
            ]


def test_a_named_argument_is_not_a_positional_one(on_sqlite: Database) -> None:
    scope = scope_of(on_sqlite, "admin")
    answers = {
        reads.read(name_engine, scope, "limit", 5)[1:],
        reads.read(name_engine, scope, limit=5)[1:],
        reads.read(name_engine, scope, 5, limit=5)[1:],
        reads.read(name_engine, scope, after=5)[1:],
    }
    assert len(answers) == 4


def test_random_argument_lists_have_keys_of_their_own() -> None:
    chance = Random(7)

    def some(depth: int = 0) -> Any:
        if depth < 3 and chance.random() < 0.4:
            return tuple(some(depth + 1) for _ in range(chance.randrange(4)))
        return chance.choice(("", "a", ":", "1:a", "str:0:", "tuple:0:", "none", 1, 11, None))

    found: dict[str, Any] = {}
    for _ in range(5_000):
        arguments = (some(), some())
        assert repr(found.setdefault(reads.canonical(arguments), arguments)) == repr(arguments)


@dataclass
class Mutable:
    word: str


@pytest.mark.parametrize("argument", [[1], {"a": 1}, {1}, pd.DataFrame(), Mutable("a"), object()])
def test_what_can_change_is_no_argument(on_sqlite: Database, argument: Any) -> None:
    with pytest.raises(TypeError, match="cannot be part of a cache key"):
        reads.read(name_engine, scope_of(on_sqlite, "admin"), argument)


def test_a_scope_is_no_argument_and_a_nameless_function_no_query(on_sqlite: Database) -> None:
    scope = scope_of(on_sqlite, "admin")
    with pytest.raises(TypeError, match="cannot be part of a cache key"):
        reads.read(name_engine, scope, scope)
    with pytest.raises(TypeError, match="has no name of its own"):
        reads.read(lambda engine, scope: 1, scope)


def test_ones_own_edit_shows_in_the_next_answer(connected: Database) -> None:
    scope = scope_of(connected, "admin")
    order_id = add_order(connected)
    for engine in ("analytics", "record"):
        before = reads.read(sum_orders, scope, engine=engine)  # type: ignore[arg-type]
        version = reads.data_version()
        with writing(connected.writer) as changing:
            changing.execute(
                update(orders)
                .where(orders.c.order_id == order_id)
                .values(net_sales=orders.c.net_sales + 1)
            )
        after = reads.read(sum_orders, scope, engine=engine)  # type: ignore[arg-type]
        assert after["sales"][0] == before["sales"][0] + 1
        assert reads.data_version() == version + 1


def test_the_caller_may_change_what_it_was_given(connected: Database) -> None:
    scope = scope_of(connected, "admin")
    add_order(connected)
    for _ in range(3):
        answer = reads.read(list_orders, scope)
        assert (answer["net_sales"] > 0).all()
        answer["net_sales"] = -1.0
    assert asked == [scope.username]


def test_many_asking_at_once_ask_the_database_once(connected: Database) -> None:
    scope = scope_of(connected, "admin")
    reads.data_version()
    together = Barrier(12)

    def ask() -> pd.DataFrame:
        together.wait()
        return reads.read(list_orders, scope)

    with ThreadPoolExecutor(12) as pool:
        answers = [answer.result() for answer in [pool.submit(ask) for _ in range(12)]]
    assert asked == [scope.username]
    assert len({id(answer) for answer in answers}) == 12


def test_a_refusal_is_not_kept(connected: Database) -> None:
    scope = scope_of(connected, "admin")
    for _ in range(2):
        with pytest.raises(LookupError):
            reads.read(refuse, scope)
    assert asked == ["refused", "refused"]


def test_sums_go_to_the_copy_and_lists_to_the_record(connected: Database) -> None:
    scope = scope_of(connected, "admin")
    record = connected.record.dialect.name
    analytics = "duckdb" if connected.analytics is not connected.record else record
    assert reads.read(name_engine, scope)[0] == analytics
    assert reads.read(name_engine, scope, engine="record")[0] == record


def test_another_database_starts_with_no_answers(
    connected: Database, new_postgresql_url: Any, postgresql_template: str, monkeypatch: Any
) -> None:
    scope = scope_of(connected, "admin")
    reads.read(list_orders, scope)
    monkeypatch.setenv("CRM_DATABASE_URL", new_postgresql_url(postgresql_template))
    monkeypatch.setenv("CRM_ANALYTICS_URL", "duckdb:///:memory:")
    st.cache_resource.clear()
    asked.clear()
    reads.read(list_orders, scope)
    assert asked == [scope.username]


def test_a_copy_that_cannot_come_into_step_leaves_the_record_to_answer(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_DATABASE_URL", f"sqlite:///{tmp_path / 'crm.sqlite'}")
    monkeypatch.setenv("CRM_ANALYTICS_URL", f"duckdb:///{tmp_path / 'copy.duckdb'}")
    monkeypatch.setattr(copy, "SMALL_RECORD", 0)
    st.cache_resource.clear()
    scope = scope_of(connection.database(), "admin")
    assert reads.read(name_engine, scope)[0] == "duckdb"
    with bulk_writing(sqlite_database.writer) as changing:
        changing.execute(customers.insert().values(name="too big", phone="x" * 10))
    monkeypatch.setattr("data_access.analytics_copy.snapshot.READER", tmp_path / "no reader.py")
    assert reads.read(name_engine, scope)[0] == "sqlite"
    assert reads.read(list_orders, scope)["order_number"].tolist() == ["NOISE-1"]
    monkeypatch.undo()
    st.cache_resource.clear()


def page() -> None:
    """A run of a page that asks three times, writes, and asks again."""
    import streamlit as st

    from dashboard import connection, reads
    from data_access.scope import mint_scope
    from data_access.tables import orders
    from tests.test_reads import sum_orders

    scope = mint_scope(connection.database().record, st.session_state["user_id"])
    for _ in range(3):
        st.text(f"{reads.read(sum_orders, scope)['sales'][0]:.0f}")
    with connection.database().writer.begin() as changing:
        changing.execute(orders.update().values(net_sales=orders.c.net_sales + 1))
    st.text(f"{reads.read(sum_orders, scope)['sales'][0]:.0f}")


def test_a_run_asks_for_the_version_once_and_again_after_its_own_edit(
    connected: Database,
) -> None:
    add_order(connected)
    scope = scope_of(connected, "admin")
    questions: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        questions.append(statement)

    event.listen(connected.record, "before_cursor_execute", listen)
    tab = AppTest.from_function(page)
    tab.session_state["user_id"] = scope.user_id
    first = [int(text.value) for text in tab.run().text]
    assert first == [first[0]] * 3 + [first[0] + 2]
    asked_for_version = "SELECT data_version.version \nFROM data_version"
    assert questions.count(asked_for_version) == 2
    add_order(connected)
    second = [int(text.value) for text in tab.run().text]
    assert second == [first[3] + 100] * 3 + [first[3] + 103]


def test_both_kinds_of_analytics_are_met(connected: Database) -> None:
    kinds = {True: AnalyticsCopy, False: LiveAnalytics}
    is_copied = connected.analytics is not connected.record
    assert type(connection._connected().analytics) is kinds[is_copied]
