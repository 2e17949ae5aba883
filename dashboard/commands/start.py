"""Starts OrderScope on this machine, building a demo CRM first where there is no database yet."""

from __future__ import annotations

import argparse
import socket
import sys
from contextlib import suppress
from typing import ClassVar

from click.exceptions import Abort
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from tqdm import tqdm

from dashboard.commands import demo, refresh
from dashboard.forecast_process import begin_forecasting
from dashboard.settings import ROOT, settings
from dashboard.texts import _
from data_access.accounts import list_demo_users, list_users
from data_access.database import connect
from data_access.demo import PASSWORD, DemoRefused, refuse_unfit
from data_access.errors import Refused
from data_access.refreshing.runs import find_last_done
from data_access.schema import read_properties

HOST, PORT = "127.0.0.1", 8501


class PortTaken(Refused):
    messages: ClassVar[dict[str, str]] = {
        "taken": "Port {port} is in use: stop what uses it, or choose another, such as"
        " make run PORT=8600.",
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"default {PORT}")


def run(arguments: argparse.Namespace) -> int:
    _refuse_taken(arguments.port)
    is_new = _is_nothing(settings().database_url)
    if is_new:
        _build_a_demo()
    _bring_copy_in_step()
    _say(_("OrderScope answers on {address} (Ctrl-C ends it).",
           address=f"http://{HOST}:{arguments.port}"))  # fmt: skip
    if not is_new:  # the demo has told them
        _tell_accounts()
    from streamlit.web.cli import main  # in this process, which has loaded everything

    options = {
        "server.address": HOST,
        "server.port": str(arguments.port),
        "logger.hideWelcomeMessage": "true",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    from dashboard.alerting_beside import alerting_beside

    if _wants_forecasts():
        begin_forecasting()  # beside the app, which leaves one core to the pages
    with suppress(Abort), alerting_beside():  # Ctrl-C
        main(["run", str(ROOT / "dashboard" / "app.py"), *flags], standalone_mode=False)
    return 0


def _refuse_taken(port: int) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((HOST, port))
        except OSError as error:
            raise PortTaken("taken", port=port) from error


def _is_nothing(url: str) -> bool:
    """Whether this is a SQLite file that is missing or empty: a server's database is not ours to
    fill unasked."""
    if make_url(url).get_backend_name() != "sqlite":
        return False
    database = connect(url)
    try:
        refuse_unfit(database.writer, replace=False)
    except DemoRefused:
        return False
    finally:
        database.dispose()
    return True


def _build_a_demo() -> None:
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    demo.run(parser.parse_args([]))
    parser = argparse.ArgumentParser()
    refresh.add_arguments(parser)
    refresh.run(parser.parse_args(["--without", "ahead"]))


def _wants_forecasts() -> bool:
    """Whether this is a demo that never was forecast: what is not done when the app ends is done
    beside the next."""
    database = connect(settings().database_url)
    try:
        is_demo = read_properties(database.record).get("demo") == "1"
        return is_demo and find_last_done(database.record, "forecasts") is None
    except DBAPIError:
        return False
    finally:
        database.dispose()


def _bring_copy_in_step() -> None:
    from dashboard.connection import database  # loads Streamlit

    with tqdm(total=100, unit="%", disable=None, file=sys.stderr, leave=False) as bar:
        bar.set_description(_("building the analytics copy"))

        def advance(share: float) -> None:
            bar.update(round(share * 100) - bar.n)

        # a database that does not answer yet is waited for by the app, which says so
        with suppress(OperationalError):
            database(advance)


def _tell_accounts() -> None:
    database = connect(settings().database_url)
    try:
        names = [user["username"] for user in list_demo_users(database.record)]
        if names:
            _say(_("Sign in as {names} with the password {password}.",
                   names=", ".join(names), password=PASSWORD))  # fmt: skip
        elif not list_users(database.record):
            _say(_("Nobody can sign in yet: python -m dashboard user add NAME --role admin."))
    except OperationalError:
        return
    finally:
        database.dispose()


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
