"""Who is signed in follows from the cookie and the database, on every run and in every tab."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from streamlit.testing.v1 import AppTest

from dashboard.cookies import COOKIE, SECURE_COOKIE
from dashboard.menu import PAGES, landing
from dashboard.security_log import LOGGER, record_event
from dashboard.session import check_password
from dashboard.sign_in import DEMO_PASSWORD
from data_access.accounts import disable_user, set_password, set_role, utc_now
from data_access.database import Database, writing
from data_access.demo.accounts import PASSWORD
from data_access.passwords import hash_password
from data_access.policy import Role
from data_access.sessions import end_session, end_sessions, hash_token, new_token
from data_access.tables import properties, sessions, users
from tests.browsing import Browser, says, texts
from tests.crm import add_user

QUICK = 4  # bcrypt rounds


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def security_log() -> Iterator[list[dict[str, object]]]:
    """What is written to the security log, read back from its JSON lines."""
    events: list[dict[str, object]] = []

    class Reader(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert "\n" not in record.getMessage()
            events.append(json.loads(record.getMessage()))

    reader, level = Reader(), LOGGER.level
    LOGGER.addHandler(reader)
    LOGGER.setLevel(logging.INFO)
    yield events
    LOGGER.removeHandler(reader)
    LOGGER.setLevel(level)


def person(browser: Browser, role: str = "manager", **values: object) -> int:
    return add_user(browser.database, role, **{"username": f"the-{role}", **values})


def is_sign_in_page(tab: AppTest) -> bool:
    return says(tab, 'action="/auth/login"') and not says(tab, 'action="/auth/logout"')


def test_signed_out_every_address_shows_the_sign_in_form_and_keeps_the_way(
    browser: Browser,
) -> None:
    for slug in ("", *(page.slug for page in PAGES)):
        tab = browser.open(slug, number="A&B")
        assert not tab.exception and is_sign_in_page(tab), slug
        assert says(tab, f'name="next" value="/{slug}?number=A%26B"')


@pytest.mark.parametrize("role", Role)
def test_a_page_opens_for_its_roles_alone(browser: Browser, role: Role) -> None:
    browser.sign_in(person(browser, role))
    for page in PAGES:
        tab = browser.open(page.slug)
        assert says(tab, 'action="/auth/logout"'), page.slug
        assert not tab.exception, page.slug
        assert "nan" not in " ".join(texts(tab)).lower().split(), page.slug
        refused = says(tab, "This page is not for your role")
        assert refused == (role not in page.roles), page.slug


def test_a_refused_page_is_one_line_in_the_security_log(
    browser: Browser, security_log: list[dict[str, object]]
) -> None:
    browser.sign_in(person(browser, "warehouse"))
    tab = browser.open("receivables")
    tab.run()
    assert [
        (event["user"], event["action"], event["target"], event["outcome"])
        for event in security_log
    ] == [("the-warehouse", "open_page", "receivables", "refused")]


def test_an_unknown_role_opens_nothing_but_the_account(browser: Browser) -> None:
    browser.sign_in(person(browser, "emperor"))
    for page in PAGES:
        refused = says(browser.open(page.slug), "This page is not for your role")
        assert refused == (page.slug != "account")


def test_every_role_lands_on_a_page_it_may_open() -> None:
    for role in Role:
        assert role in next(page for page in PAGES if page.slug == landing(role)).roles


FORGED = [
    "", " ", "x", "None", "null", "true", "0", "admin", "{}", '{"user":"admin"}',
    "eyJhbGciOiJub25lIn0.eyJ1c2VybmFtZSI6ImFkbWluIn0.", "' OR 1=1 --", "../../etc/passwd",
    "\x00" * 43, "a" * 42, "a" * 44, "a" * 1_000_000, "密" * 43, "🙂" * 43, "%00" * 14 + "a",
    "A" * 43, "\r\nSet-Cookie: a=b",
]  # fmt: skip


@pytest.mark.parametrize("cookie", FORGED, ids=range(len(FORGED)))
def test_a_forged_cookie_leads_to_the_sign_in_page(browser: Browser, cookie: str) -> None:
    person(browser)
    browser.cookies[COOKIE] = cookie
    tab = browser.open("account")
    assert not tab.exception and is_sign_in_page(tab)


def test_the_hash_of_a_token_and_a_cut_or_changed_token_sign_nobody_in(browser: Browser) -> None:
    token = browser.sign_in(person(browser))
    for forged in (hash_token(token), token[:-1], token[::-1], token.swapcase(), token + " "):
        browser.cookies[COOKIE] = forged
        assert is_sign_in_page(browser.open("account")), forged


def test_the_token_itself_is_not_in_the_database(browser: Browser) -> None:
    token = browser.sign_in(person(browser))
    with browser.database.record.connect() as connection:
        row = connection.execute(select(sessions)).one()
    assert token not in str(row) and row.token_hash == hash_token(token)


def test_over_tls_only_the_host_cookie_counts(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = browser.sign_in(person(browser))
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://crm.example.com")
    assert is_sign_in_page(browser.open("account"))
    browser.cookies[SECURE_COOKIE] = token
    assert not is_sign_in_page(browser.open("account"))


END = {
    "log-out": lambda db, user_id, token: end_session(db.writer, token, now=utc_now()),
    "log out everywhere": lambda db, user_id, token: end_sessions(
        db.writer, user_id, now=utc_now()
    ),
    "a new password": lambda db, user_id, token: set_password(
        db.writer, "the-manager", password_hash=hash_password("anything at all", rounds=QUICK),
        now=utc_now(),
    ),
    "disabling": lambda db, user_id, token: disable_user(db.writer, "the-manager", now=utc_now()),
}  # fmt: skip


@pytest.mark.parametrize("end", END.values(), ids=END.keys())
def test_a_stolen_cookie_is_dead_after(browser: Browser, end) -> None:
    user_id = person(browser)
    token = browser.sign_in(user_id)
    first, second = browser.open("account"), browser.open("account")
    end(browser.database, user_id, token)
    for tab in (first.run(), second.run(), browser.open("account")):
        assert is_sign_in_page(tab)


def age_session(database: Database, **values: object) -> None:
    with writing(database.writer) as connection:
        connection.execute(update(sessions).values(**values))


def test_an_idle_session_ends_within_an_open_tab(browser: Browser) -> None:
    browser.sign_in(person(browser))
    tab = browser.open("account")
    age_session(browser.database, seen_at=utc_now() - timedelta(minutes=29))
    assert not is_sign_in_page(tab.run())  # an action, so the 30 minutes begin anew
    age_session(browser.database, seen_at=utc_now() - timedelta(minutes=31))
    assert is_sign_in_page(tab.run())


def test_a_session_ends_after_eight_hours_whatever_one_does(browser: Browser) -> None:
    browser.sign_in(person(browser))
    tab = browser.open("account")
    with browser.database.record.connect() as connection:
        row = connection.execute(select(sessions)).one()
    assert row.expires_at - row.created_at == timedelta(hours=8)
    age_session(browser.database, expires_at=utc_now() - timedelta(seconds=1))
    assert is_sign_in_page(tab.run())


def test_another_role_counts_from_the_next_click_in_every_tab(browser: Browser) -> None:
    browser.sign_in(person(browser))
    tabs = [browser.open("receivables"), browser.open("receivables")]
    assert not any(says(tab, "not for your role") for tab in tabs)
    set_role(browser.database.writer, "the-manager", "support", now=utc_now())
    for tab in tabs:
        assert says(tab.run(), "This page is not for your role") and says(tab, "Support")


def test_the_next_person_in_the_tab_meets_nothing_of_the_last(browser: Browser) -> None:
    browser.sign_in(person(browser))
    tab = browser.open("account")
    tab.session_state["half_typed"] = "a secret of the manager"
    browser.sign_in(person(browser, "finance"))
    tab.run()
    assert says(tab, "the-finance") and "half_typed" not in tab.session_state
    browser.cookies.clear()
    tab.session_state["half_typed"] = "a secret of finance"
    tab.run()
    assert is_sign_in_page(tab) and "half_typed" not in tab.session_state


def test_a_demo_account_works_on_a_demo_database_alone(browser: Browser) -> None:
    browser.sign_in(person(browser, is_demo=True))
    assert is_sign_in_page(browser.open("account"))
    with writing(browser.database.writer) as connection:
        connection.execute(insert(properties).values(name="demo", value="1"))
    tab = browser.open("account")
    assert not is_sign_in_page(tab)
    assert says(tab, "The password of a demo account stays as it is.")


def test_demo_accounts_are_offered_on_a_demo_database_alone(browser: Browser) -> None:
    person(browser, is_demo=True, name="<b>Eve & Co</b>")
    assert not says(browser.open(), DEMO_PASSWORD)
    with writing(browser.database.writer) as connection:
        connection.execute(insert(properties).values(name="demo", value="1"))
    tab = browser.open()
    assert says(tab, f'name="password" value="{DEMO_PASSWORD}"') and says(tab, "Manager")
    assert says(tab, "&lt;b&gt;Eve &amp; Co&lt;/b&gt;") and not says(tab, "<b>Eve")
    assert DEMO_PASSWORD == PASSWORD


def test_without_accounts_the_page_says_how_to_make_one(browser: Browser) -> None:
    tab = browser.open()
    assert says(tab, "Nobody has an account yet")
    assert "user add" in tab.code[0].value


def test_the_language_is_kept_with_the_account(browser: Browser) -> None:
    user_id = person(browser)
    browser.sign_in(user_id)
    tab = browser.open("account")
    tab.get_by_key("language_choice").set_value("zh_CN").run()
    assert says(tab, "个人资料")
    assert says(browser.open("account"), "个人资料")
    with browser.database.record.connect() as connection:
        language = select(users.c.language).where(users.c.user_id == user_id)
        assert connection.scalar(language) == "zh_CN"


def test_the_first_language_is_the_browsers(browser: Browser) -> None:
    assert says(browser.open(locale="zh-CN"), "用户名")
    assert says(browser.open(locale="fr-FR"), "Username")
    assert says(browser.open(language="zh_CN"), 'name="language" value="zh_CN"')


def change(tab: AppTest, current: str, new: str, repeated: str) -> None:
    """Fills and sends the password form of the account page."""
    tab.text_input(key="current_password").set_value(current)
    tab.text_input(key="new_password").set_value(new)
    tab.text_input(key="repeated_password").set_value(repeated)
    next(button for button in tab.button if button.label == "Change password").click().run()


def test_the_account_page_changes_the_password_and_signs_out(browser: Browser) -> None:
    old, new = "the old sentence", "新的密码🙂 of any script"
    browser.sign_in(person(browser, password_hash=hash_password(old, rounds=QUICK)))
    tab = browser.open("account")
    change(tab, old, new, new)
    assert is_sign_in_page(tab) and says(tab, "The password is changed")
    with browser.database.record.connect() as connection:
        password_hash = connection.scalar(select(users.c.password_hash))
    assert check_password(new, password_hash) and not check_password(old, password_hash)


@pytest.mark.parametrize(
    ("current", "new", "repeated", "sentence"),
    [
        ("not the old one", "a new sentence", "a new sentence", "The current password is not"),
        ("the old sentence", "a new sentence", "another one", "are not the same"),
        ("the old sentence", "1234567", "1234567", "at least 8"),
        ("the old sentence", "x" * 129, "x" * 129, "at most 128"),
        ("the old sentence", "Password1", "Password1", "among those tried first"),
        ("the old sentence", "the-manager", "the-manager", "may not be the username"),
        ("the old sentence", "the old sentence", "the old sentence", "the same as the current"),
    ],
)
def test_a_bad_new_password_is_refused_in_a_sentence(
    browser: Browser, current: str, new: str, repeated: str, sentence: str
) -> None:
    old = hash_password("the old sentence", rounds=QUICK)
    browser.sign_in(person(browser, password_hash=old))
    tab = browser.open("account")
    change(tab, current, new, repeated)
    assert sentence in tab.error[0].value and not is_sign_in_page(tab)
    with browser.database.record.connect() as connection:
        assert connection.scalar(select(users.c.password_hash)) == old


def test_guessing_the_current_password_is_delayed(browser: Browser) -> None:
    old = hash_password("the old sentence", rounds=QUICK)
    browser.sign_in(person(browser, password_hash=old))
    tab = browser.open("account")
    for _ in range(5):
        change(tab, "a wrong sentence", "a new sentence", "a new sentence")
    change(tab, "the old sentence", "a new sentence", "a new sentence")
    assert "Too many failed attempts" in tab.error[0].value


def test_my_sessions_can_be_ended_one_by_one_and_all_at_once(browser: Browser) -> None:
    user_id = person(browser)
    browser.sign_in(user_id)
    other_token = browser.cookies[COOKIE]
    token = browser.sign_in(user_id)
    tab = browser.open("account")
    ends = [button.key for button in tab.button if button.label == "Sign out"]
    assert len(ends) == 2
    tab.button(key=ends[1]).click().run()
    assert not is_sign_in_page(tab)
    browser.cookies[COOKIE] = other_token
    assert is_sign_in_page(browser.open("account"))
    browser.cookies[COOKIE] = token
    tab.button(key="end_all").click().run()
    assert is_sign_in_page(tab)


def test_a_click_in_a_tab_left_open_does_nothing_after_logging_out(browser: Browser) -> None:
    user_id = person(browser)
    token = browser.sign_in(user_id)
    tab = browser.open("account")
    elsewhere = browser.sign_in(user_id)
    end_session(browser.database.writer, token, now=utc_now())
    browser.cookies[COOKIE] = token
    tab.get_by_key("language_choice").set_value("zh_CN")
    tab.button(key="end_all").click().run()
    assert is_sign_in_page(tab)
    with browser.database.record.connect() as connection:
        assert connection.scalar(select(users.c.language)) is None
    browser.cookies[COOKIE] = elsewhere
    assert not is_sign_in_page(browser.open("account"))


def test_a_database_that_is_away_is_said_so_and_comes_back(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in(person(browser))
    here = browser.database.writer.url.render_as_string(hide_password=False)
    monkeypatch.setenv("CRM_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    tab = browser.open("account")
    assert not tab.exception and says(tab, "The database does not answer")
    assert not says(tab, "secret")
    monkeypatch.setenv("CRM_DATABASE_URL", here)
    assert says(tab.run(), "the-manager")


def test_new_tokens_hold_256_bits_and_never_repeat() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000 and all(len(token) == 43 for token in tokens)


def test_a_line_of_the_security_log_stays_one_line(
    security_log: list[dict[str, object]],
) -> None:
    record_event("sign_in", "wrong", user="x\r\n{}\u2028", target="y" * 999, session="ab" * 32)
    (event,) = security_log
    assert event["user"] == "x\r\n{}\u2028" and event["session"] == "abababab"
    assert len(str(event["target"])) == 200
