"""What a person is answered is what they may see, whatever the data and whatever the question.

Random small CRMs, random people: docs/roles.md, read as plain Python, says which rows and masked
values a person sees. Every relation must be exactly that; and every question, asked by the person
of the whole database, must be answered as it is by a database that holds nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, make_url, select
from sqlalchemy.pool import StaticPool

from data_access.scope import RELATIONS, Scope, mint_scope
from data_access.tables import metadata
from tests.questions import ask
from tests.role_sheet import Person, World, visible_rows
from tests.worlds import PERSON_ID, crms, fill, new_tables

HOW = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # small worlds need no shrinking, which takes minutes
)
QUESTIONS = st.lists(st.integers(0, 2**32), min_size=8, max_size=8)


@dataclass(frozen=True)
class Databases:
    everything: Engine
    seen: Engine  # holds only what one person sees


def _in_memory(url: str) -> Engine:
    engine = create_engine(url, poolclass=StaticPool)
    new_tables(engine)
    return engine


@pytest.fixture(scope="module")
def sqlite() -> Databases:
    return Databases(_in_memory("sqlite://"), _in_memory("sqlite://"))


@pytest.fixture(scope="module")
def duckdb() -> Databases:
    return Databases(_in_memory("duckdb://"), _in_memory("duckdb://"))


@pytest.fixture(scope="module")
def postgresql(new_postgresql_url: Any) -> Iterator[Databases]:
    engines = [
        create_engine(make_url(new_postgresql_url()).set(drivername="postgresql+psycopg"))
        for _ in range(2)
    ]
    for engine in engines:
        new_tables(engine)
    yield Databases(*engines)
    for engine in engines:
        engine.dispose()


class Unfiltered:
    """The relations of somebody who sees a whole database as it is."""

    def __init__(self) -> None:
        self._relations: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in self._relations:
            self._relations[name] = select(metadata.tables[name]).subquery(name)
        return self._relations[name]


class Unlimited(Scope):
    """The same person in a database that holds only what they see: no filter, no mask."""

    @cached_property
    def visible(self) -> Any:
        return Unfiltered()


def the_scope(databases: Databases, world: World) -> Scope:
    """Writes the world; mints the Scope of the person in it."""
    fill(databases.everything, world)
    scope = mint_scope(databases.everything, PERSON_ID)
    assert scope is not None
    return scope


def unlimited(databases: Databases, world: World, person: Person, scope: Scope) -> Scope:
    fill(databases.seen, {name: visible_rows(world, person, name) for name in RELATIONS})
    return Unlimited(**{field.name: getattr(scope, field.name) for field in fields(scope)})


def check_every_relation(databases: Databases, world: World, person: Person) -> None:
    scope = the_scope(databases, world)
    with databases.everything.connect() as connection:
        for relation in RELATIONS:
            rows = connection.execute(select(getattr(scope.visible, relation))).mappings()
            found = _counted(tuple(row.items()) for row in rows)
            expected = _counted(tuple(row.items()) for row in visible_rows(world, person, relation))
            if found != expected:
                pytest.fail(f"{person} and {relation}: {_difference(found, expected)}")


def check_questions(
    databases: Databases, world: World, person: Person, questions: list[int]
) -> None:
    scope = the_scope(databases, world)
    reader = unlimited(databases, world, person, scope)
    with databases.everything.connect() as everything, databases.seen.connect() as seen:
        for question in questions:
            asked, same = ask(scope.visible, question), ask(reader.visible, question)
            found = _counted(everything.execute(asked))
            expected = _counted(seen.execute(same))
            if found != expected:
                pytest.fail(f"{person} asks {asked}: {_difference(found, expected)}")


def _counted(rows: Any) -> Counter[Any]:
    return Counter(tuple(_comparable(cell) for cell in row) for row in rows)


def _difference(found: Counter[Any], expected: Counter[Any]) -> str:
    # said here, because pytest's own comparison of large values takes minutes
    return f"answered beyond the role sheet {found - expected}, missing {expected - found}"


def _comparable(cell: Any) -> Any:
    if isinstance(cell, tuple):
        return tuple(_comparable(part) for part in cell)
    return round(float(cell), 6) if isinstance(cell, Decimal | float) else cell


@settings(HOW, max_examples=400)
@given(crm=crms())
def test_every_relation_holds_what_the_role_sheet_says(
    sqlite: Databases, crm: tuple[World, Person]
) -> None:
    check_every_relation(sqlite, *crm)


@settings(HOW, max_examples=300)
@given(crm=crms(), questions=QUESTIONS)
def test_every_question_is_answered_from_what_is_visible(
    sqlite: Databases, crm: tuple[World, Person], questions: list[int]
) -> None:
    check_questions(sqlite, *crm, questions)


@pytest.mark.parametrize("engine", ["postgresql", "duckdb"])
def test_the_same_holds_on_the_other_engines(engine: str, request: pytest.FixtureRequest) -> None:
    databases = request.getfixturevalue(engine)

    @settings(HOW, max_examples=40)
    @given(crm=crms(), questions=QUESTIONS)
    def holds(crm: tuple[World, Person], questions: list[int]) -> None:
        check_every_relation(databases, *crm)
        check_questions(databases, *crm, questions)

    holds()
