"""`make run` is `python -m dashboard start`: from nothing to a demo that answers, and back."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from dashboard.cli import main
from data_access.database import connect
from data_access.demo import ACCOUNTS, PASSWORD
from data_access.schema import read_properties, upgrade_schema
from data_access.tables import refreshes
from tests.crm import add_user
from tests.serving import ROOT, Server, free_port, wait_until_it_answers


@contextmanager
def started(url: str, folder: Path, ended_by: signal.Signals = signal.SIGINT) -> Iterator[Server]:
    """The app as `make run` starts it, ended as Ctrl-C or a service manager ends it: by then no
    process is left that it began."""
    port, log = free_port(), folder / "start.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "start", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "CRM_DATABASE_URL": url, "CRM_ANALYTICS_URL": ""},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(port, process, log)
    try:
        wait_until_it_answers(server)
        yield server
    finally:
        process.send_signal(ended_by)
        try:
            process.wait(30)
            assert is_gone(process.pid)
        finally:
            process.kill()


def is_gone(group: int) -> bool:
    """Whether no process of the group is left, in a moment: what a process that was broken off had
    begun itself ends a little later."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
    return False


def forecast_runs(url: str) -> list[str]:
    """How each run of the forecasts stands."""
    database = connect(url)
    try:
        with database.record.connect() as connection:
            runs = select(refreshes.c.state).where(refreshes.c.what == "forecasts")
            return list(connection.scalars(runs.order_by(refreshes.c.refresh_id)))
    finally:
        database.dispose()


def test_from_nothing_to_a_demo_and_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    # built, and there already
    for times, ended_by in ((1, signal.SIGINT), (2, signal.SIGTERM)):
        with started(url, tmp_path, ended_by) as server:
            assert server.get("/readyz").status == 200
            # a demo is forecast beside the app until it is done
            for _ in range(600):
                if len(forecast_runs(url)) == times:
                    break
                time.sleep(0.1)
        assert forecast_runs(url)[times - 1] in ("failed", "running", "done")
        said = server.log.read_text()
        assert server.process.returncode in (0, -ended_by), said
        assert f"http://127.0.0.1:{server.port}" in said
        assert said.count(PASSWORD) == 1
        assert all(account.username in said for account in ACCOUNTS)
        assert "Traceback" not in said
    database = connect(url)
    assert read_properties(database.record)["demo"] == "1"
    database.dispose()


def test_a_database_with_an_account_is_left_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    database = connect(url)
    upgrade_schema(database.writer)
    add_user(database, "admin", username="somebody")
    with started(url, tmp_path) as server:
        assert server.get("/readyz").status == 200
    assert "demo" not in read_properties(database.record)
    assert PASSWORD not in server.log.read_text()
    database.dispose()


def test_a_taken_port_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["start", "--port", str(port)]) == 1
    assert f"Port {port} is in use" in capsys.readouterr().err
