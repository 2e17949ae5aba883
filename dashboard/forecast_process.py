"""Forecasts are worked out in a process of their own: minutes of work, beside the pages."""

from __future__ import annotations

import subprocess
import sys

from dashboard.settings import ROOT


def begin_forecasting() -> subprocess.Popen[bytes]:
    """`refresh --what forecasts` on the same settings, with one core left to the pages."""
    command = [sys.executable, "-m", "dashboard", "refresh", "--what", "forecasts"]
    return subprocess.Popen(  # noqa: S603  our own command
        [*command, "--workers", "1"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
