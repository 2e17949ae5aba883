"""What a person is answered is what they may see, whatever the data and whatever the question.

Random small CRMs, random people: docs/roles.md, read as plain Python, says which rows and masked
values a person sees. Every relation must be exactly that; and every question, asked by the person
of the whole database, must be answered as it is by a database that holds nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, make_url, select

from data_access.scope import RELATIONS, Scope
from tests.questions import ask
from tests.role_sheet import Person, World, visible_rows
from tests.scoping import HOW, Databases, counted, difference, two_databases
from tests.worlds import EVERYBODY, crms

SeenBy = tuple[World, Person]
QUESTIONS = st.lists(st.integers(0, 2**32), min_size=8, max_size=8)


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Databases]:
    databases = two_databases("sqlite://", "sqlite://")
    yield databases
    databases.dispose()


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Databases]:
    databases = two_databases("duckdb://", "duckdb://")
    yield databases
    databases.dispose()


@pytest.fixture(scope="module")
def postgresql(new_postgresql_url: Callable[..., str]) -> Iterator[Databases]:
    databases = two_databases(
        *(make_url(new_postgresql_url()).set(drivername="postgresql+psycopg") for _ in range(2))
    )
    yield databases
    databases.dispose()


def check_every_relation(engine: Engine, scope: Scope, world: World, person: Person) -> None:
    with engine.connect() as connection:
        for relation in RELATIONS:
            rows = connection.execute(select(getattr(scope.visible, relation))).mappings()
            found = counted(tuple(row.items()) for row in rows)
            expected = counted(tuple(row.items()) for row in visible_rows(world, person, relation))
            if found != expected:
                pytest.fail(f"{person} and {relation}: {difference(found, expected)}")


def check_questions(
    databases: Databases, scope: Scope, unlimited: Scope, questions: list[int]
) -> None:
    with databases.everything.connect() as everything, databases.seen.connect() as seen:
        for question in questions:
            asked, same = ask(scope.visible, question), ask(unlimited.visible, question)
            found, expected = counted(everything.execute(asked)), counted(seen.execute(same))
            if found != expected:
                pytest.fail(f"{scope} asks {asked}: {difference(found, expected)}")


@pytest.mark.parametrize("role", EVERYBODY)
def test_every_relation_holds_what_the_role_sheet_says(sqlite: Databases, role: str) -> None:
    @settings(HOW, max_examples=25)
    @given(crm=crms(role))
    def holds(crm: SeenBy) -> None:
        scope, _ = sqlite.write(*crm)
        check_every_relation(sqlite.everything, scope, *crm)

    holds()


@pytest.mark.parametrize("role", EVERYBODY)
def test_every_question_is_answered_from_what_is_visible(sqlite: Databases, role: str) -> None:
    @settings(HOW, max_examples=15)
    @given(crm=crms(role), questions=QUESTIONS)
    def holds(crm: SeenBy, questions: list[int]) -> None:
        check_questions(sqlite, *sqlite.write(*crm), questions)

    holds()


@pytest.mark.parametrize("engine", ["postgresql", "duckdb"])
def test_the_same_holds_on_the_other_engines(engine: str, request: pytest.FixtureRequest) -> None:
    databases: Databases = request.getfixturevalue(engine)

    @settings(HOW, max_examples=15)
    @given(crm=crms(), questions=QUESTIONS)
    def holds(crm: SeenBy, questions: list[int]) -> None:
        scope, unlimited = databases.write(*crm)
        check_every_relation(databases.everything, scope, *crm)
        check_questions(databases, scope, unlimited, questions)

    holds()
