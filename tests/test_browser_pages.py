"""Each role in a real browser: the pages it may open, the rows it may see, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from dashboard.menu import MOST_WITHOUT_SECTIONS, PAGES, SECTIONS, landing, may_open
from dashboard.texts import _, in_language
from data_access.database import Database, connect
from data_access.demo import ACCOUNTS, PASSWORD
from data_access.policy import Role
from data_access.tables import orders
from tests.browser import PATIENCE, Tab, new_context, new_tab, sign_in
from tests.canaries import MARK, MARKDOWN, SCRIPT, marks_seen_by
from tests.serving import Server

pytestmark = pytest.mark.browser
ROLES = {account.username: account.role for account in ACCOUNTS}
# Every order there ever was, in every list.
EVERY = {"orders": "?period=any", "receivables": "?period=any", "overview": "?period=last_365"}


@pytest.fixture(scope="module")
def record(marked_demo: str) -> Iterator[Database]:
    database = connect(marked_demo)
    yield database
    database.dispose()


@dataclass(frozen=True)
class Visit:
    username: str
    tab: Tab
    landed: str
    shown: dict[str, str]  # page → its text
    wide: list[str]  # pages that scroll sideways on a phone


@pytest.fixture(scope="module", params=ROLES)
def visit(
    request: pytest.FixtureRequest, chrome: Browser, demo_server: Server, record: Database
) -> Iterator[Visit]:
    """The person goes to every page that is open to them and to one that is not (the others:
    `test_session`), and opens the orders of everybody. The manager takes a phone, too."""
    context = new_context(chrome)
    sign_in(context, demo_server.origin, request.param, PASSWORD)
    tab = new_tab(context, demo_server.origin).open("/")
    tab.page.wait_for_url(re.compile(r"/\w+"), timeout=PATIENCE)
    landed, shown, wide = tab.page.url, {}, []
    with record.record.connect() as connection:
        numbers = connection.scalars(select(orders.c.order_number)).all()
    role = ROLES[request.param]
    closed = next((page for page in PAGES if not may_open(role, page.slug)), None)
    for page in PAGES:
        if page is not closed and not may_open(role, page.slug):
            continue
        address = f"/{page.slug}{EVERY.get(page.slug, '')}"
        here = page.slug == landing(role)
        shown[page.slug] = (tab.open if here else tab.go)(address).text
        if role == Role.MANAGER and tab.is_wide_on_a_phone():
            wide.append(page.slug)
    for number in (numbers[0], *numbers[-3:]):
        shown[number] = tab.open(f"/order?number={quote(number)}").text
    yield Visit(request.param, tab, landed, shown, wide)
    context.close()


def refusal() -> str:
    with in_language("en"):
        return _("This page is not for your role")


def test_the_menu_and_the_address_agree_on_the_role(visit: Visit) -> None:
    role = ROLES[visit.username]
    links = visit.tab.page.get_by_test_id("stSidebarNavLink")
    addresses = {str(link.get_attribute("href")).split("/")[-1] for link in links.all()}
    assert addresses == {p.slug for p in PAGES if p.in_menu and may_open(role, p.slug)}
    for slug in {page.slug for page in PAGES} & set(visit.shown):
        assert (refusal() in visit.shown[slug]) != may_open(role, slug), slug


def test_a_long_menu_has_sections_and_a_short_one_none(visit: Visit) -> None:
    role = ROLES[visit.username]
    open_to = [
        (title, len([p for p in pages if p.in_menu and may_open(role, p.slug)]))
        for title, pages in SECTIONS
    ]
    is_long = sum(number for _title, number in open_to) > MOST_WITHOUT_SECTIONS
    titles = [title for title, number in open_to if title and number and is_long]
    heads = visit.tab.page.get_by_test_id("stNavSectionHeader").all_inner_texts()
    with in_language("en"):
        assert [head.strip() for head in heads] == [_(title) for title in titles]


def test_each_role_starts_at_its_own_page(visit: Visit) -> None:
    assert urlsplit(visit.landed).path == f"/{landing(ROLES[visit.username])}"


def test_nothing_is_sent_that_the_person_may_not_see(visit: Visit, record: Database) -> None:
    seen, hidden = marks_seen_by(record.record, visit.username)
    sent = visit.tab.everything_sent().decode("utf-8", "replace") + "".join(visit.shown.values())
    found = set(MARK.findall(sent))
    assert found & hidden == set()
    assert found & seen, "the marks this person may see were not found either: nothing was searched"


def test_the_browser_has_nothing_to_complain_of(visit: Visit) -> None:
    assert visit.tab.complaints == []
    assert visit.tab.page.get_by_test_id("stException").count() == 0


def test_nothing_scrolls_sideways_on_a_phone(visit: Visit) -> None:
    assert visit.wide == []


def test_somebody_elses_order_reads_as_one_that_does_not_exist(visit: Visit) -> None:
    if not may_open(ROLES[visit.username], "order"):
        return
    nothing = visit.tab.open("/order?number=NO-SUCH-ORDER").text
    others = [text for number, text in visit.shown.items() if number[:3] == "SO-"]
    unseen = [text for text in others if "NAME" not in text]
    assert all(text == nothing for text in unseen)
    everything = visit.username in ("admin", "manager", "analyst", "support", "finance")
    assert not unseen if everything else unseen


def test_names_are_shown_as_they_are_and_never_run(visit: Visit) -> None:
    page = visit.tab.page
    assert page.locator("img[src*='evil'], img[src='x'], a[href*='evil']").count() == 0
    if visit.username == "admin":
        said = "".join(visit.shown.values()).replace("\u2060", "")  # an invisible joiner
        assert SCRIPT in said
        assert MARKDOWN in said
