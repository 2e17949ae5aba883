"""What is installed is what requirements.txt asks for: pip found it without going back."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]


def requirements(file: str) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in (ROOT / file).read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-r")]


APP = requirements("requirements.txt")
EVERY = [*APP, *requirements("tests/requirements.txt")]


@pytest.mark.parametrize("requirement", EVERY, ids=lambda requirement: requirement.name)
def test_the_installed_version_is_the_one_asked_for(requirement: Requirement) -> None:
    assert requirement.specifier.contains(version(requirement.name))


@pytest.mark.parametrize("requirement", EVERY, ids=lambda requirement: requirement.name)
def test_every_range_has_a_floor_and_a_ceiling(requirement: Requirement) -> None:
    floors = [part.version for part in requirement.specifier if part.operator == ">="]
    assert len(floors) == 1
    # an installer that goes back for one package ends far above or below these
    installed, floor = Version(version(requirement.name)), Version(floors[0])
    assert installed.major == floor.major
    if requirement.name != "tzdata":  # numbered by year
        assert any(part.operator == "<" for part in requirement.specifier)


def test_nothing_that_is_installed_contradicts_anything_else() -> None:
    check = subprocess.run(
        [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (check.returncode, check.stdout.strip()) == (0, "No broken requirements found.")


def test_the_app_does_not_install_what_only_tests_need() -> None:
    names = {requirement.name for requirement in APP}
    assert names.isdisjoint({requirement.name for requirement in EVERY[len(APP) :]})
    assert names.isdisjoint({"pytest", "playwright", "hypothesis", "mypy", "ruff"})
