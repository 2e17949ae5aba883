"""Guessing passwords is slow for everybody but the person who knows theirs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from data_access.accounts import NewUser, add_user, disable_user, set_password
from data_access.database import Database, connect, writing
from data_access.passwords import hash_password, is_hash, is_password
from data_access.sessions import (
    end_session,
    end_sessions,
    find_session,
    has_stray_demo_users,
    hash_token,
    list_sessions,
    open_session,
    touch_session,
)
from data_access.signing_in import (
    NOBODYS_HASH,
    SignedIn,
    SignInRefused,
    check_own_password,
    delay_after,
    sign_in,
)
from data_access.tables import properties, sessions, sign_in_failures, users
from tests.crm import NOW

RIGHT = "the right sentence"
HASH = hash_password(RIGHT, rounds=4)
LIFETIME, IDLE = timedelta(hours=8), timedelta(minutes=30)
SECOND = timedelta(seconds=1)


@pytest.fixture
def people(database: Database) -> Database:
    for name in ("wang", "li"):
        add_user(database.writer, NewUser(name, "manager"), password_hash=HASH, now=NOW)
    return database


def attempt(
    database: Database,
    username: str = "wang",
    password: str = RIGHT,
    *,
    address: str = "10.0.0.1",
    now: datetime = NOW,
    check: Callable[[str, str], bool] = is_password,
    old_token: str | None = None,
) -> SignedIn:
    return sign_in(
        database.writer, username, password, address=address, now=now, lifetime=LIFETIME,
        check=check, old_token=old_token,
    )  # fmt: skip


def refused(database: Database, *arguments: str, **values: object) -> str:
    with pytest.raises(SignInRefused) as refusal:
        attempt(database, *arguments, **values)
    return refusal.value.reason


def fail(database: Database, times: int, username: str = "wang", address: str = "10.0.0.1") -> None:
    for number in range(times):
        place = address if address else f"10.1.0.{number}"
        assert refused(database, username, "wrong", address=place) == "wrong"


def test_the_right_password_opens_a_session(people: Database) -> None:
    person = attempt(people, "  WANG ")
    session = find_session(people.record, person.token, now=NOW, idle=IDLE)
    assert session is not None and session.username == person.username == "wang"


def test_the_old_cookie_is_dead_after_signing_in_again(people: Database) -> None:
    first = attempt(people)
    second = attempt(people, "li", old_token=first.token)
    assert first.token != second.token
    assert find_session(people.record, first.token, now=NOW, idle=IDLE) is None
    assert find_session(people.record, second.token, now=NOW, idle=IDLE) is not None


def test_after_five_failures_even_the_right_password_waits(people: Database) -> None:
    fail(people, 4)
    attempt(people)  # and forgets the four
    fail(people, 4, address="")
    assert refused(people, password="wrong", address="10.0.0.2") == "wrong"  # the fifth
    assert refused(people, address="10.0.0.3") == "wait"
    with pytest.raises(SignInRefused, match="Try again in 2 seconds"):
        attempt(people, address="10.0.0.3", now=NOW + timedelta(seconds=0.5))
    attempt(people, address="10.0.0.3", now=NOW + 2 * SECOND)


def test_the_delay_doubles_up_to_fifteen_minutes() -> None:
    seconds = [int(delay_after(failures).total_seconds()) for failures in range(4, 16)]
    assert seconds == [0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert delay_after(10_000) == timedelta(minutes=15)


def test_attempts_during_the_delay_do_not_lengthen_it(people: Database) -> None:
    fail(people, 5)
    for _ in range(20):
        assert refused(people, password="wrong", address="10.0.0.2") == "wait"
    attempt(people, address="10.0.0.2", now=NOW + 2 * SECOND)


def test_other_people_sign_in_while_one_is_delayed(people: Database) -> None:
    fail(people, 5)
    attempt(people, "li", address="10.0.0.2")


def test_one_address_that_tries_many_usernames_is_delayed(people: Database) -> None:
    for number in range(5):
        assert refused(people, f"guess-{number}", "wrong") == "wrong"
    assert refused(people, "li") == "wait"
    attempt(people, "li", address="10.0.0.2")


def test_many_addresses_that_try_one_username_are_delayed(people: Database) -> None:
    fail(people, 5, address="")
    assert refused(people, address="10.9.9.9") == "wait"


def test_the_count_survives_a_restart(people: Database) -> None:
    fail(people, 5)
    url = people.writer.url.render_as_string(hide_password=False)
    people.dispose()
    restarted = connect(url)
    assert refused(restarted, address="10.0.0.2") == "wait"
    restarted.dispose()


def test_parallel_guesses_are_all_counted(people: Database) -> None:
    def guess(number: int) -> str:
        return refused(people, password="wrong", address=f"10.2.0.{number}")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(8)))
    assert answers.count("wrong") == 5 and answers.count("wait") == 3


def test_failures_are_forgotten_after_an_hour_of_peace(people: Database) -> None:
    fail(people, 4)
    later = NOW + timedelta(hours=1, seconds=1)
    assert refused(people, password="wrong", now=later) == "wrong"
    attempt(people, now=later)


def test_old_sessions_and_failures_are_cleared_away_at_a_sign_in(people: Database) -> None:
    old, later = attempt(people), NOW + timedelta(days=31)
    assert refused(people, "guess", "wrong") == "wrong"
    young = attempt(people, "li", now=later - timedelta(days=2))
    new = attempt(people, now=later)
    with people.record.connect() as connection:
        kept = connection.scalars(select(sessions.c.token_hash)).all()
        failures = connection.scalar(select(func.count()).select_from(sign_in_failures))
    assert set(kept) == {hash_token(young.token), hash_token(new.token)} and failures == 0
    assert hash_token(old.token) not in kept


def test_a_clock_put_back_does_not_lock_anybody_out(people: Database) -> None:
    fail(people, 5)
    with pytest.raises(SignInRefused) as refusal:
        attempt(people, now=NOW - timedelta(days=1))
    assert refusal.value.values["seconds"] <= 901


def test_known_and_unknown_people_cost_the_same_work(people: Database) -> None:
    disable_user(people.writer, "li", now=NOW)
    add_user(people.writer, NewUser("nohash", "manager"), password_hash="!", now=NOW)
    work: dict[str, list[str]] = {}
    for number, name in enumerate(["wang", "li", "nohash", "nobody", "", "x" * 500, "a\x00b"]):
        calls: list[str] = []

        def count(password: str, password_hash: str, calls: list[str] = calls) -> bool:
            calls.append(password_hash)
            return is_password(password, HASH) and password_hash != NOBODYS_HASH

        assert refused(people, name, "wrong", check=count, address=f"10.3.0.{number}") == "wrong"
        work[name] = calls
    assert [len(calls) for calls in work.values()] == [1] * 7
    assert work.pop("wang") == [HASH]
    assert all(calls == [NOBODYS_HASH] for calls in work.values())
    with people.record.connect() as connection:
        counted = connection.scalar(select(func.count()).select_from(sign_in_failures))
    assert counted == 14  # each of seven names, each of seven addresses


def test_nobodys_hash_costs_what_a_real_one_costs() -> None:
    assert is_hash(NOBODYS_HASH)
    assert NOBODYS_HASH[:7] == hash_password("anything")[:7] == "$2b$12$"


def test_a_disabled_person_is_refused_in_the_same_words(people: Database) -> None:
    disable_user(people.writer, "wang", now=NOW)
    assert refused(people) == "wrong"


def test_a_demo_account_signs_in_on_a_demo_database_alone(database: Database) -> None:
    user = NewUser("demo", "manager", is_demo=True)
    add_user(database.writer, user, password_hash=HASH, now=NOW)
    assert has_stray_demo_users(database.record)
    assert refused(database, "demo") == "wrong"
    with writing(database.writer) as connection:
        connection.execute(insert(properties).values(name="demo", value="1"))
    assert not has_stray_demo_users(database.record)
    attempt(database, "demo", now=NOW + 2 * SECOND)
    with writing(database.writer) as connection:
        connection.execute(update(properties).where(properties.c.name == "demo").values(value="0"))
    assert refused(database, "demo", now=NOW + 2 * SECOND) == "wrong"


def test_disabled_demo_accounts_may_stand_anywhere(database: Database) -> None:
    user = NewUser("demo", "manager", is_demo=True)
    add_user(database.writer, user, password_hash=HASH, now=NOW)
    disable_user(database.writer, "demo", now=NOW)
    assert not has_stray_demo_users(database.record)


def test_a_password_changed_while_it_is_checked_opens_nothing(people: Database) -> None:
    def change_meanwhile(password: str, password_hash: str) -> bool:
        set_password(people.writer, "wang", password_hash=hash_password("new", rounds=4), now=NOW)
        return is_password(password, password_hash)

    assert refused(people, check=change_meanwhile) == "wrong"
    with people.record.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(sessions)) == 0


def test_a_password_typed_as_username_is_kept_nowhere(people: Database) -> None:
    refused(people, "my secret password", "")
    with people.record.connect() as connection:
        subjects = connection.scalars(select(sign_in_failures.c.subject)).all()
    assert subjects and not any("secret" in subject for subject in subjects)


def test_ones_own_password_is_guessed_as_slowly(people: Database) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused, match="not right"):
            check_own_password(people.writer, "wang", "wrong", now=NOW)
    with pytest.raises(SignInRefused, match="Try again"):
        check_own_password(people.writer, "wang", RIGHT, now=NOW)
    check_own_password(people.writer, "wang", RIGHT, now=NOW + 2 * SECOND)


def test_a_session_lives_while_it_is_used_and_at_most_its_lifetime(people: Database) -> None:
    token = attempt(people).token
    now = NOW
    while now < NOW + LIFETIME:
        session = find_session(people.record, token, now=now, idle=IDLE)
        assert session is not None, now
        touch_session(people.writer, session, now=now)
        now += timedelta(minutes=29)
    assert find_session(people.record, token, now=NOW + LIFETIME, idle=IDLE) is None


def test_an_unused_session_ends(people: Database) -> None:
    token = attempt(people).token
    assert find_session(people.record, token, now=NOW + IDLE - SECOND, idle=IDLE) is not None
    assert find_session(people.record, token, now=NOW + IDLE, idle=IDLE) is None


def test_looking_at_a_session_does_not_prolong_it(people: Database) -> None:
    token = attempt(people).token
    for minutes in (10, 20, 29):
        find_session(people.record, token, now=NOW + timedelta(minutes=minutes), idle=IDLE)
    assert find_session(people.record, token, now=NOW + IDLE, idle=IDLE) is None


def test_an_action_is_written_at_most_once_a_minute(people: Database) -> None:
    token = attempt(people).token
    session = find_session(people.record, token, now=NOW, idle=IDLE)
    assert session is not None
    for seconds, seen in ((59, NOW), (60, NOW + timedelta(seconds=60))):
        touch_session(people.writer, session, now=NOW + timedelta(seconds=seconds))
        with people.record.connect() as connection:
            assert connection.scalar(select(sessions.c.seen_at)) == seen


def test_only_ones_own_sessions_are_listed_and_ended(people: Database) -> None:
    with people.record.connect() as connection:
        wang, li = connection.scalars(select(users.c.user_id).order_by(users.c.user_id)).all()
    tokens = [
        open_session(people.writer, user_id, now=NOW, lifetime=LIFETIME, client="Firefox/1")
        for user_id in (wang, wang, li)
    ]
    mine = list_sessions(people.record, wang, now=NOW, idle=IDLE)
    theirs = list_sessions(people.record, li, now=NOW, idle=IDLE)
    assert (len(mine), len(theirs)) == (2, 1) and list(mine["client"]) == ["Firefox/1"] * 2
    end_sessions(people.writer, wang, now=NOW, session_id=int(theirs["session_id"][0]))
    assert find_session(people.record, tokens[2], now=NOW, idle=IDLE) is not None
    end_sessions(people.writer, wang, now=NOW, session_id=int(mine["session_id"][0]))
    end_sessions(people.writer, wang, now=NOW)
    assert len(list_sessions(people.record, wang, now=NOW, idle=IDLE)) == 0


def test_ending_a_session_of_nobody_is_no_mistake(people: Database) -> None:
    for token in (None, "", "x", "A" * 43):
        end_session(people.writer, token, now=NOW)
