"""Accounts and passwords: who may sign in, and that every change is audited."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from data_access.accounts import (
    AccountRefused,
    NewUser,
    add_user,
    disable_user,
    list_demo_users,
    list_users,
    set_password,
    set_role,
)
from data_access.database import Database
from data_access.passwords import (
    PasswordRefused,
    check_new_password,
    common_passwords,
    hash_password,
    is_hash,
    is_password,
    new_password,
    prepare_password,
)
from data_access.scope import mint_scope
from data_access.sessions import find_session, open_session
from data_access.tables import audit, users
from tests.crm import NOW, add

QUICK = 4  # bcrypt rounds
IDLE = timedelta(minutes=30)

ACCEPTED = [
    "rK7#mn2p",  # 8
    "fifteen letters",  # 15
    "l" + "o" * 62 + "g",  # 64
    "x" * 127 + "y",  # 128
    "一二三四五六七八",
    "密码" * 64,  # 384 bytes
    "🙂🙃" * 4,
    " spaces  kept verbatim ",
    "nul\x00and\x00more",
]


@pytest.mark.parametrize("password", ACCEPTED, ids=len)
def test_passwords_of_8_to_128_characters_of_any_script_work(password: str) -> None:
    check_new_password(password)
    password_hash = hash_password(password, rounds=QUICK)
    assert is_hash(password_hash) and is_password(password, password_hash)
    for other in (password[:-1], password + "x", password.swapcase() + "!", password[:71]):
        assert other == password or not is_password(other, password_hash)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "short"),
        ("1234567", "short"),
        ("🙂" * 7, "short"),
        ("x" * 129, "long"),
        ("password", "common"),
        ("PassWord1", "common"),
        ("88888888", "common"),
        ("woaini1314", "common"),
        ("Some.Body", "username"),
    ],
)
def test_a_bad_new_password_is_refused(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefused) as refusal:
        check_new_password(password, username="some.body")
    assert refusal.value.reason == reason


def test_bcrypt_is_given_64_plain_characters_whatever_was_typed() -> None:
    for password in ACCEPTED:
        prepared = prepare_password(password)
        assert len(prepared) == 64 and prepared.isascii() and "\x00" not in prepared


def test_made_up_passwords_pass_and_never_repeat() -> None:
    made = {new_password() for _ in range(500)}
    assert len(made) == 500
    for password in made:
        check_new_password(password)


def test_three_thousand_common_passwords_are_known() -> None:
    assert len(common_passwords()) == 3000
    assert all(len(word) >= 8 and word == word.lower() for word in common_passwords())


def new_user(database: Database, username: str = "wang.wei", role: str = "manager") -> int:
    return add_user(database.writer, NewUser(username, role), password_hash="!", now=NOW)


def audited(database: Database) -> list[tuple[str, str, object, object]]:
    with database.record.connect() as connection:
        rows = connection.execute(
            select(audit).where(audit.c.table_name == "users").order_by(audit.c.audit_id)
        ).all()
    return [
        (row.actor, row.action, *(json.loads(text or "null") for text in (row.before, row.after)))
        for row in rows
    ]


def test_a_new_user_has_what_the_role_needs(database: Database) -> None:
    region_id = add(database.writer, "regions", code="north", name="North")
    user = NewUser("  Wang.Wei ", "sales_lead", name="王伟", region_codes=["north", "north"])
    user_id = add_user(database.writer, user, password_hash="!", now=NOW)
    scope = mint_scope(database.record, user_id)
    assert scope is not None
    assert (scope.username, scope.name) == ("wang.wei", "王伟")
    assert scope.region_ids == (region_id,)


def test_every_change_of_an_account_is_audited_without_a_password(database: Database) -> None:
    new_user(database)
    new_user(database, "li.na", "admin")
    set_role(database.writer, "wang.wei", "support", now=NOW)
    set_password(database.writer, "wang.wei", password_hash="$2b$new", now=NOW, actor="wang.wei")
    disable_user(database.writer, "wang.wei", now=NOW)
    rows = audited(database)
    assert [(actor, action) for actor, action, *_ in rows] == [
        ("command line", "add_user"),
        ("command line", "add_user"),
        ("command line", "set_role"),
        ("wang.wei", "set_password"),
        ("command line", "disable_user"),
    ]
    assert rows[2][2:] == ({"role": "manager"}, {"role": "support"})
    assert "$2b$" not in str(rows) and "password_hash" not in str(rows)


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (NewUser("WANG.WEI", "manager"), "user_exists"),
        (NewUser("ｗａｎｇ．ｗｅｉ", "manager"), "user_exists"),
        (NewUser("", "manager"), "username"),
        (NewUser("two words", "manager"), "username"),
        (NewUser("x" * 81, "manager"), "username"),
        (NewUser("line\nbreak", "manager"), "username"),
        (NewUser("x", "emperor"), "role"),
        (NewUser("x", "sales_rep", employee_id=999_999), "no_employee"),
        (NewUser("x", "sales_lead", region_codes=["nowhere"]), "no_region"),
        (NewUser("x", "partner", channel="nowhere"), "no_channel"),
    ],
)
def test_a_user_that_cannot_be_is_refused_and_nothing_is_written(
    database: Database, user: NewUser, reason: str
) -> None:
    new_user(database)
    with pytest.raises(AccountRefused) as refusal:
        add_user(database.writer, user, password_hash="!", now=NOW)
    assert refusal.value.reason == reason
    assert len(list_users(database.record)) == 1 and len(audited(database)) == 1


def test_the_only_administrator_stays_one(database: Database) -> None:
    new_user(database, "root", "admin")
    for change in (
        lambda: set_role(database.writer, "root", "manager", now=NOW),
        lambda: disable_user(database.writer, "root", now=NOW),
    ):
        with pytest.raises(AccountRefused, match="only administrator"):
            change()
    new_user(database, "root2", "admin")
    set_role(database.writer, "root", "manager", now=NOW)


def test_nobody_is_found_who_is_not_there(database: Database) -> None:
    with pytest.raises(AccountRefused, match="There is no user nobody"):
        set_role(database.writer, "nobody", "manager", now=NOW)


def test_the_list_names_everybody_and_shows_no_hash(database: Database) -> None:
    user_id = new_user(database)
    new_user(database, "an.na")
    open_session(database.writer, user_id, now=NOW, lifetime=timedelta(hours=8))
    people = list_users(database.record)
    assert [person["username"] for person in people] == ["an.na", "wang.wei"]
    assert [person["signed_in_at"] for person in people] == [None, NOW]
    assert not any("hash" in name for name in people[0])


def test_demo_accounts_are_listed_while_active(database: Database) -> None:
    for name in ("one", "two"):
        add_user(
            database.writer, NewUser(name, "manager", is_demo=True), password_hash="!", now=NOW
        )
    disable_user(database.writer, "one", now=NOW)
    assert [user["username"] for user in list_demo_users(database.record)] == ["two"]


def test_a_new_password_and_disabling_end_every_session_of_that_person(database: Database) -> None:
    people = {name: new_user(database, name) for name in ("one", "two", "three")}
    tokens = {
        name: open_session(database.writer, user_id, now=NOW, lifetime=timedelta(hours=8))
        for name, user_id in people.items()
    }
    set_password(database.writer, "one", password_hash="!!", now=NOW)
    disable_user(database.writer, "two", now=NOW)
    living = {
        name
        for name, token in tokens.items()
        if find_session(database.record, token, now=NOW, idle=IDLE)
    }
    assert living == {"three"}


def test_the_password_of_a_demo_account_is_changed_by_the_command_line_alone(
    database: Database,
) -> None:
    user = NewUser("demo", "manager", is_demo=True)
    add_user(database.writer, user, password_hash="!", now=NOW)
    with pytest.raises(AccountRefused, match="stays as it is"):
        set_password(database.writer, "demo", password_hash="?", now=NOW, actor="demo")
    set_password(database.writer, "demo", password_hash="?", now=NOW)
    with database.record.connect() as connection:
        assert connection.scalar(select(users.c.password_hash)) == "?"
