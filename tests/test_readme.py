"""What the README says is so: its commands run, its paths exist, its tables are the code's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.cli import main
from docs.readme import README, TABLES, filled
from tests.real_data import real_data

ROOT = Path(__file__).parents[1]
TEXT = README.read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
INLINE = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "*_cache", ".hypothesis", "*.sqlite*", "*.duckdb*", "build"
)
SAMPLES = ("northwind.db", "customer_orders.sqlite")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The project in a folder of its own, with the environment that runs this test."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def run(commands: str, folder: Path) -> subprocess.CompletedProcess[str]:
    settings = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    return subprocess.run(
        ["/bin/sh", "-e", "-c", f". .venv/bin/activate\n{commands}"],
        cwd=folder,
        env={**settings, "XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[-1])
def test_every_command_runs(block: str, clone: Path, request: pytest.FixtureRequest) -> None:
    for name in SAMPLES:
        if f" {name} " in block:
            (clone / name).symlink_to(real_data(name))
    # make run and make test are shown whole in a fresh clone; here they would call this test again
    block = re.sub(r"^make ", "make -n ", block, flags=re.MULTILINE)
    if "postgresql://" in block:
        url = request.getfixturevalue("new_postgresql_url")()
        block = re.sub(r"postgresql://\S+", lambda _found: f"'{url}'", block)
    done = run(block, clone)
    assert done.returncode == 0, done.stderr


def test_every_make_target_that_is_named_exists(clone: Path) -> None:
    targets = {
        match[1]
        for command in (*INLINE, *TEXT.splitlines())
        if (match := re.match(r"make ([a-z-]+)", command))
    }
    assert targets >= {"run", "test", "bench", "texts", "docs"}
    for target in targets:
        done = run(f"make -n {target}", clone)
        assert done.returncode == 0, done.stderr


def test_no_command_hides_in_a_sentence() -> None:
    assert [words for words in INLINE if re.match(r"(python|pip|uvicorn|streamlit) ", words)] == []


def test_every_path_exists() -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    named = [words for words in INLINE if re.fullmatch(r"[\w.-]+/[\w./-]*", words)]
    made = {".streamlit/secrets.toml"}  # by whoever needs it
    missing = [
        path for path in (*linked, *named) if path not in made and not (ROOT / path).exists()
    ]
    assert missing == []
    assert "docs/overview.png" in linked
    assert "dashboard/menu.py" in named


def test_the_layout_names_every_folder_of_the_code() -> None:
    folders = {
        f"{path.name}/"
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith((".", "_")) and any(path.rglob("*.py"))
    }
    assert folders - set(INLINE) == set()


def test_options_that_are_named_exist(capsys: pytest.CaptureFixture[str]) -> None:
    options = {words for words in INLINE if words.startswith("--")}
    commands = ("user add", "import", "demo", "verify", "refresh", "evaluate lifetime",
                "evaluate forecast", "evaluate rules", "person erase")  # fmt: skip
    for command in commands:
        with pytest.raises(SystemExit):
            main([*command.split(), "--help"])
    help_of = capsys.readouterr().out
    assert options >= {"--generate", "--allow-refused"}
    assert {option for option in options if option not in help_of} == set()


def test_the_tables_are_the_codes() -> None:
    assert filled(TEXT) == TEXT, "run `make docs`"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_a_place_is_noticed(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        filled(TEXT.replace(f"<!-- /{name} -->", ""))


def test_a_table_that_is_behind_is_brought_in_step() -> None:
    behind = re.sub(r"^\| `manager`.*\n", "", TEXT, flags=re.MULTILINE)
    assert behind != TEXT
    assert filled(behind) == TEXT
