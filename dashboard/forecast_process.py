"""Forecasts are worked out in a process of their own: minutes of work, beside the pages. A server
has one such process at a time; of those of several servers, the last that began writes."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from threading import Lock

from dashboard.settings import ROOT

ENDING_SECONDS = 10  # in which it may end by itself
_one_at_a_time = Lock()
_begun: list[subprocess.Popen[bytes]] = []  # the last one


def begin_forecasting() -> subprocess.Popen[bytes]:
    """`refresh --what ahead` (forecasts, and what is worked out of them) on the same settings, with
    one core left to the pages; the process that is at work, if one is."""
    command = [sys.executable, "-m", "dashboard", "refresh", "--what", "ahead"]
    with _one_at_a_time:
        if not is_forecasting():
            _begun[:] = [
                subprocess.Popen(  # noqa: S603  our own command
                    [*command, "--workers", "1"],
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            ]
        return _begun[0]


def is_forecasting() -> bool:
    """Whether the process that this server began is at work."""
    return bool(_begun) and _begun[0].poll() is None


def last_went_well() -> bool:
    """Whether the last process that this server began, and that has ended, did what it should."""
    return bool(_begun) and _begun[0].poll() == 0


def end_forecasting() -> None:
    """Breaks it off, where one is at work; the next goes on where it stopped."""
    for process in _begun:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDING_SECONDS)
        process.kill()
