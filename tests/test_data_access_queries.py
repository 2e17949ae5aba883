"""Every query × every role, in random worlds: alike on every engine, and never about a row that
the person does not see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from functools import cached_property
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, make_url, select
from sqlalchemy.pool import StaticPool

from data_access.attention import sum_attention
from data_access.filters import PERIOD_BASES, OrderFilter, Period
from data_access.owing import PAYMENT_STATES
from data_access.pipeline import count_orders
from data_access.receivables import list_receivables
from data_access.sales import sum_sales
from data_access.scope import RELATIONS, Scope, mint_scope
from data_access.tables import STAGES, metadata
from tests.query_cases import CASES, Case, comparable
from tests.role_sheet import Person, World, visible_rows
from tests.worlds import FIRST_DAY, PERSON_ID, crms, fill, new_tables

AS_OF = FIRST_DAY + timedelta(days=3)
HOW: dict[str, Any] = {
    "derandomize": True,
    "database": None,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],  # small worlds need no shrinking, which takes minutes
}
SOME = st.lists(st.sampled_from(CASES), min_size=8, max_size=8, unique_by=lambda case: case.name)


@st.composite
def filters(draw: st.DrawFn) -> OrderFilter:
    """About half of the parts are left out."""
    chance = Random(draw(st.integers(0, 2**32)))

    def some(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(values, k=chance.choice((0, 0, 0, 1, 2))))

    start = FIRST_DAY + timedelta(days=chance.choice((-370, -40, -7, 0)))
    return OrderFilter(
        period=Period(start, start + timedelta(days=chance.choice((0, 6, 45, 370)))),
        stages=some(STAGES),
        channels=some(("web", "store", "gone")),
        region_ids=some((1, 2, 3)),
        owner_ids=some((1, 2, 3)),
        customer_id=chance.choice((None, None, None, 1)),
        category_ids=some((1, 2)),
        amount_from=chance.choice((None, None, None, 0.0)),
        amount_to=chance.choice((None, None, None, 100.0)),
        overdue=chance.random() < 0.1,
        not_on_time=chance.random() < 0.1,
        not_otif=chance.random() < 0.1,
        returned=chance.random() < 0.1,
        past_due=chance.random() < 0.1,
        period_basis=chance.choice(("ordered_on", *PERIOD_BASES)),
        payment_state=chance.choice((None, None, None, *PAYMENT_STATES)),
        currency=chance.choice(("CNY", "CNY", None)),
        search=chance.choice(("", "", "", "%", "_", "a", "王", "138****5678")),
    )


def _engine(url: Any) -> Engine:
    engine = create_engine(url, poolclass=StaticPool)
    new_tables(engine)
    return engine


class Unfiltered:
    """The relations of somebody who sees a whole database as it is."""

    def __getattr__(self, name: str) -> Any:
        relation = select(metadata.tables[name]).subquery(name)
        self.__dict__[name] = relation
        return relation


class Unlimited(Scope):
    """The same person in a database that holds only what they see: no filter, no mask."""

    @cached_property
    def visible(self) -> Any:
        return Unfiltered()


@pytest.fixture(scope="module")
def engines(new_postgresql_url: Any) -> Iterator[dict[str, Engine]]:
    postgresql = make_url(new_postgresql_url()).set(drivername="postgresql+psycopg")
    made = {name: _engine(f"{name}://") for name in ("sqlite", "duckdb")}
    made["postgresql"] = _engine(postgresql)
    yield made
    for engine in made.values():
        engine.dispose()


@pytest.fixture(scope="module")
def sqlite() -> Iterator[tuple[Engine, Engine]]:
    everything, seen = _engine("sqlite://"), _engine("sqlite://")
    yield everything, seen
    everything.dispose()
    seen.dispose()


def _scope(engine: Engine, world: World) -> Scope:
    """Writes the world; mints the Scope of the person in it."""
    fill(engine, world)
    scope = mint_scope(engine, PERSON_ID)
    assert scope is not None
    return scope


def _answers(
    engine: Engine, scope: Scope, chosen: OrderFilter, cases: list[Case]
) -> dict[str, Any]:
    return {case.name: comparable(case.ask(engine, scope, chosen, AS_OF)) for case in cases}


@settings(max_examples=12, **HOW)
@given(crm=crms(), chosen=filters(), cases=SOME)
def test_every_query_answers_from_what_is_visible_alone(
    sqlite: tuple[Engine, Engine], crm: tuple[World, Person], chosen: OrderFilter, cases: list[Case]
) -> None:
    world, person = crm
    everything, seen = sqlite
    scope = _scope(everything, world)
    fill(seen, {name: visible_rows(world, person, name) for name in RELATIONS})
    alone = Unlimited(**{field.name: getattr(scope, field.name) for field in fields(scope)})
    asked = _answers(everything, scope, chosen, cases)
    same = _answers(seen, alone, chosen, cases)
    for name, answer in asked.items():
        assert answer == same[name], f"{person} {chosen.key} {name}"


def test_every_query_answers_alike_on_every_engine(engines: dict[str, Engine]) -> None:
    @settings(max_examples=12, **HOW)
    @given(crm=crms(), chosen=filters(), cases=SOME)
    def holds(crm: tuple[World, Person], chosen: OrderFilter, cases: list[Case]) -> None:
        world, person = crm
        sqlite = engines["sqlite"]
        scope = _scope(sqlite, world)
        expected = _answers(sqlite, scope, chosen, cases)
        for name in ("postgresql", "duckdb"):
            fill(engines[name], world)
            found = _answers(engines[name], scope, chosen, cases)
            for query, answer in found.items():
                assert answer == expected[query], f"{name} {person} {chosen.key} {query}"

    holds()


def _count(engine: Engine, scope: Scope, chosen: OrderFilter, **changes: Any) -> int:
    return count_orders(engine, scope, replace(chosen, **changes), AS_OF)


def _rows_behind(engine: Engine, scope: Scope, chosen: OrderFilter) -> None:
    """Each number of the pages is the number of the rows that it leads to."""
    sums = sum_sales(engine, scope, chosen, AS_OF).iloc[0]
    late = _count(engine, scope, chosen, period_basis="promised_on", not_on_time=True)
    assert late == sums["due_orders"] - sums["on_time_orders"]
    assert _count(engine, scope, chosen, stages=("cancelled",)) == sums["cancelled_orders"]
    kept = tuple(stage for stage in STAGES if stage != "cancelled")
    assert _count(engine, scope, chosen, stages=kept) == sums["orders"]
    returned = replace(chosen, period_basis="shipped_on", returned=True)
    of_returned = sum_sales(engine, scope, replace(chosen, returned=True), AS_OF).iloc[0]
    assert count_orders(engine, scope, returned, AS_OF) == of_returned["shipped_orders"]
    assert _count(engine, scope, chosen, period_basis="shipped_on") >= of_returned["shipped_orders"]
    attention = sum_attention(engine, scope, AS_OF, chosen.currency).iloc[0]
    everything = OrderFilter(currency=chosen.currency)
    owing = list_receivables(engine, scope, replace(everything, past_due=True), as_of=AS_OF)
    if scope.sees("payments", "amount") and scope.sees("orders", "net_sales"):
        assert len(owing) == attention["past_due_orders"]
    assert _count(engine, scope, everything, past_due=True) == len(owing)
    assert _count(engine, scope, everything, overdue=True) == attention["overdue_orders"]


@settings(max_examples=15, **HOW)
@given(crm=crms(), chosen=filters())
def test_the_rows_behind_a_number_are_as_many_as_it_says(
    sqlite: tuple[Engine, Engine], crm: tuple[World, Person], chosen: OrderFilter
) -> None:
    asked = replace(
        chosen, stages=(), overdue=False, not_on_time=False, returned=False, past_due=False,
        payment_state=None, period_basis="ordered_on",
    )  # fmt: skip
    _rows_behind(sqlite[0], _scope(sqlite[0], crm[0]), asked)
