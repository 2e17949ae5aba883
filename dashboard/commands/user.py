"""Adds people, gives them roles and passwords, disables and lists them."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass

from dashboard.formats import moment, use_zone
from dashboard.settings import settings
from dashboard.texts import _
from data_access.accounts import (
    NewUser,
    add_user,
    disable_user,
    list_users,
    set_password,
    set_role,
    utc_now,
)
from data_access.database import Database, connect
from data_access.passwords import (
    PasswordRefused,
    check_new_password,
    hash_password,
    new_password,
)
from data_access.policy import Role
from data_access.schema import read_properties, upgrade_schema

ROLES = ", ".join(Role)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add somebody; asks for the password")
    add.add_argument("username")
    add.add_argument("--role", required=True, help=ROLES)
    add.add_argument("--name", default="", help="the person's name, as others read it")
    add.add_argument("--email")
    add.add_argument("--employee-id", type=int, help="of a sales representative")
    add.add_argument("--region", action="append", default=[], help="code; of a sales lead")
    add.add_argument("--channel", help="of a partner")
    passwd = actions.add_parser("passwd", help="give a new password and end all sessions")
    passwd.add_argument("username")
    for subparser in (add, passwd):
        subparser.add_argument(
            "--generate", action="store_true", help="make a password and print it once"
        )
    role = actions.add_parser("role", help="give another role")
    role.add_argument("username")
    role.add_argument("role", help=ROLES)
    disable = actions.add_parser("disable", help="end all sessions and refuse new ones")
    disable.add_argument("username")
    actions.add_parser("list", help="list everybody")


def run(arguments: argparse.Namespace) -> int:
    database = connect(settings().database_url)
    try:
        upgrade_schema(database.writer, time_zone=settings().time_zone)
        use_zone(read_properties(database.record).get("time_zone", settings().time_zone))
        _ACTIONS[arguments.action](database, arguments)
    finally:
        database.dispose()
    return 0


def _add(database: Database, arguments: argparse.Namespace) -> None:
    password = _new_password(arguments)
    user = NewUser(
        username=arguments.username,
        role=arguments.role,
        name=arguments.name,
        email=arguments.email,
        employee_id=arguments.employee_id,
        region_codes=arguments.region,
        channel=arguments.channel,
    )
    add_user(database.writer, user, password_hash=hash_password(password), now=utc_now())
    _say(_("{username} can sign in now.", username=arguments.username))
    _tell_password(arguments, password)


def _passwd(database: Database, arguments: argparse.Namespace) -> None:
    password = _new_password(arguments)
    set_password(
        database.writer,
        arguments.username,
        password_hash=hash_password(password),
        now=utc_now(),
    )
    _say(_("{username} has a new password and is signed out.", username=arguments.username))
    _tell_password(arguments, password)


def _role(database: Database, arguments: argparse.Namespace) -> None:
    set_role(database.writer, arguments.username, arguments.role, now=utc_now())
    _say(_("{username} has the role {role}.", username=arguments.username, role=arguments.role))


def _disable(database: Database, arguments: argparse.Namespace) -> None:
    disable_user(database.writer, arguments.username, now=utc_now())
    _say(_("{username} can no longer sign in.", username=arguments.username))


def _list(database: Database, _arguments: argparse.Namespace) -> None:
    header = (_("username"), _("role"), _("name"), _("last sign-in"), "")
    rows = [header]
    for user in list_users(database.record):
        marks = [_("demo")] if user["is_demo"] else []
        marks += [] if user["is_active"] else [_("disabled")]
        signed_in = moment(user["signed_in_at"]) if user["signed_in_at"] else "–"
        rows.append((user["username"], user["role"], user["name"], signed_in, ", ".join(marks)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        _say("  ".join(cells).rstrip())


def _new_password(arguments: argparse.Namespace) -> str:
    """From the prompt, or a line of standard input, or made up; never from the command line, where
    every process of the machine can read it."""
    if arguments.generate:
        return new_password()
    if sys.stdin.isatty():
        password = getpass(_("Password: "))
        if getpass(_("Password again: ")) != password:
            raise PasswordRefused("different")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    check_new_password(password, username=arguments.username)
    return password


def _tell_password(arguments: argparse.Namespace, password: str) -> None:
    if arguments.generate:
        _say(_("The password, shown only now: {password}", password=password))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


_ACTIONS = {
    "add": _add,
    "passwd": _passwd,
    "role": _role,
    "disable": _disable,
    "list": _list,
}
