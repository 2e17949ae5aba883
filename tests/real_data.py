"""Data made by others, which is never part of the checkout: it lies beside it where there is any.
Set REAL_DATA=required to let its absence fail instead of being skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def real_data(name: str) -> Path:
    """The file, or a skip that says what is absent."""
    path = FOLDER / name
    if not path.exists():
        if os.environ.get("REAL_DATA") == "required":
            pytest.fail(f"real data is required, and {path} is absent")
        pytest.skip(f"real data absent: {name}")
    return path
