"""`python -m dashboard user …`: accounts from the command line, passwords never on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import select

from dashboard.cli import main
from data_access.database import connect
from data_access.passwords import is_password
from data_access.tables import audit, users

ROOT = Path(__file__).resolve().parent.parent


class CommandLine:
    def __init__(
        self, url: str, monkeypatch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]
    ) -> None:
        self.url, self.monkeypatch, self.output = url, monkeypatch, output
        monkeypatch.setenv("CRM_DATABASE_URL", url)

    def __call__(self, *words: str, typed: str = "", code: int = 0) -> str:
        """Does `python -m dashboard user WORDS`; what it said on the stream that fits the code."""
        self.monkeypatch.setattr(sys, "stdin", StringIO(typed))
        try:
            ended = main(["user", *words])
        except SystemExit as end:  # argparse
            ended = int(end.code or 0)
        said, complained = self.output.readouterr()
        assert ended == code, complained
        return complained.strip() if code else said.strip()

    def password_hash(self, username: str) -> str:
        database = connect(self.url)
        with database.record.connect() as connection:
            found = connection.scalar(
                select(users.c.password_hash).where(users.c.username == username)
            )
        database.dispose()
        return str(found)


@pytest.fixture
def user(
    sqlite_template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    path = shutil.copy(sqlite_template, tmp_path / "crm.sqlite")
    return CommandLine(f"sqlite:///{path}", monkeypatch, capsys)


def test_a_new_database_gets_its_first_administrator(user: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "crm.sqlite").unlink()
    said = user("add", "root", "--role", "admin", "--name", "王伟", typed="一个很长的句子密码\n")
    assert said == "root can sign in now."
    assert is_password("一个很长的句子密码", user.password_hash("root"))
    header, line = user("list").splitlines()
    assert header.split() == ["username", "role", "name", "last", "sign-in"]
    assert line.split() == ["root", "admin", "王伟", "–"]


def test_a_password_can_be_made_up_and_is_shown_once(user: CommandLine) -> None:
    said = user("add", "wang", "--role", "manager", "--generate")
    password = said.split()[-1]
    assert is_password(password, user.password_hash("wang"))
    again = user("passwd", "wang", "--generate").split()[-1]
    assert again != password and is_password(again, user.password_hash("wang"))


def test_role_and_disabling_are_written_and_audited(user: CommandLine) -> None:
    user("add", "wang", "--role", "manager", "--generate")
    assert user("role", "wang", "support") == "wang has the role support."
    assert user("disable", "wang") == "wang can no longer sign in."
    assert user("list").splitlines()[1].split() == ["wang", "support", "wang", "–", "disabled"]
    database = connect(user.url)
    with database.record.connect() as connection:
        actions = connection.execute(
            select(audit.c.actor, audit.c.action).where(audit.c.table_name == "users")
        ).all()
    database.dispose()
    assert [tuple(row) for row in actions] == [
        ("command line", "add_user"),
        ("command line", "set_role"),
        ("command line", "disable_user"),
    ]


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (["add", "x", "--role", "admin"], "1234567\n", "The password needs at least 8 characters."),
        (["add", "x", "--role", "admin"], "", "The password needs at least 8 characters."),
        (["add", "x", "--role", "admin"], "password123\n", "among those tried first"),
        (["add", "x", "--role", "emperor", "--generate"], "", "There is no role emperor."),
        (["add", "x y", "--role", "admin", "--generate"], "", "A username has 1 to 80"),
        (["passwd", "nobody", "--generate"], "", "There is no user nobody."),
        (["role", "nobody", "admin"], "", "There is no user nobody."),
        (["disable", "nobody"], "", "There is no user nobody."),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    user: CommandLine, words: list[str], typed: str, sentence: str
) -> None:
    said = user(*words, typed=typed, code=1)
    assert sentence in said and len(said.splitlines()) == 1
    assert len(user("list").splitlines()) == 1


def test_there_is_no_way_to_put_a_password_on_the_command_line(user: CommandLine) -> None:
    said = user("add", "x", "--role", "admin", "--password", "something long", code=2)
    assert "unrecognized arguments" in said


def test_a_database_that_does_not_answer_is_said_so_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", "user", "list"],
        cwd=ROOT,
        env={**os.environ, "CRM_DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("The database did not answer:") and "secret" not in done.stderr
