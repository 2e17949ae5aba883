"""`python -m dashboard import`: what it prints, what it answers, what it writes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dashboard.cli import main
from data_access.database import connect
from data_access.schema import read_properties
from data_access.tables import imported_rows, orders
from tests.importing import FILES, SHOP, write_files

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.toml").write_text(SHOP, encoding="utf-8")
    return write_files(tmp_path / "files")


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    monkeypatch.setenv("CRM_DATABASE_URL", url)
    monkeypatch.setenv("CRM_TIME_ZONE", "Europe/Berlin")
    return url


def call(shop: Path, *words: str) -> int:
    return main(["import", str(shop), "--mapping", str(shop.parent / "shop.toml"), *words])


def order_count(url: str) -> int:
    database = connect(url)
    try:
        with database.record.connect() as connection:
            return connection.scalar(select(func.count()).select_from(orders)) or 0
    finally:
        database.dispose()


def test_the_command_runs_as_documented(shop: Path, url: str) -> None:
    command = [sys.executable, "-m", "dashboard", "import", str(shop), "--mapping",
               str(shop.parent / "shop.toml")]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ}, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "orders: 3 new" in lines
    assert "shop, CNY: 3 orders, 4 lines, gross sales ¥26.50, net sales ¥26.50" in lines
    assert lines[-1].startswith("Imported. Run python -m dashboard refresh")
    assert any(line.startswith("orders.csv: encoding utf-8, delimiter ,, 3 rows") for line in lines)
    assert order_count(url) == 3


def test_a_new_database_keeps_the_configured_zone(shop: Path, url: str) -> None:
    assert call(shop) == 0
    database = connect(url)
    assert read_properties(database.record)["time_zone"] == "Europe/Berlin"
    database.dispose()


def test_a_dry_run_writes_nothing(shop: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(shop, "--dry-run") == 0
    out = capsys.readouterr().out
    assert "order_lines: 4 new" in out
    assert "Dry run: nothing was written." in out
    assert order_count(url) == 0


def test_refused_rows_are_named_and_stop_the_import(
    shop: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = FILES["lines.csv"] + "".join(f"O1,{n},A,many,1\n" for n in range(10, 40))
    write_files(shop, lines=bad)
    assert call(shop) == 1
    told = capsys.readouterr()
    assert (
        "refused: lines.csv, row 6 (order_lines O1/10): quantity is not a whole number: many"
        in told.out
    )
    assert "… and 10 more; --json lists all" in told.out
    assert "Nothing was imported: 30 rows are refused." in told.err
    assert order_count(url) == 0
    assert call(shop, "--dry-run") == 1
    assert call(shop, "--allow-refused") == 0
    assert order_count(url) == 3


def test_the_whole_report_comes_as_json(
    shop: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = FILES["lines.csv"] + "".join(f"O1,{n},A,many,1\n" for n in range(10, 40))
    write_files(shop, lines=bad)
    assert call(shop, "--dry-run", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert len(report["refused"]) == 30
    assert report["refused"][0] == {
        "table": "order_lines",
        "file": "lines.csv",
        "row": 6,
        "source_id": "O1/10",
        "reason": "quantity is not a whole number: many",
    }
    assert report["totals"][0]["net_sales"] == "26.5000"


def test_encoding_delimiter_and_name_can_be_given(
    shop: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in shop.iterdir():
        text = path.read_text("utf-8").replace(",", "\t").replace("王伟", "Grün")
        path.write_text(text.replace("李娜", "Bär"), encoding="cp1252")
    assert call(shop) == 1
    assert "--encoding" in capsys.readouterr().err
    assert call(shop, "--encoding", "cp1252", "--delimiter", "tab", "--source", "branch") == 0
    database = connect(url)
    with database.record.connect() as connection:
        assert connection.scalars(select(imported_rows.c.source).distinct()).all() == ["branch"]
    database.dispose()


def test_another_database_can_be_named(shop: Path, url: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    assert call(shop, "--database", other) == 0
    assert order_count(other) == 3
    assert not (tmp_path / "new.sqlite").exists()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("nowhere.csv", "There is no file, folder or database nowhere.csv."),
        ("sqlite:///nowhere.db", "There is no file, folder or database nowhere.db."),
        ("klingon://x/y", "No driver is installed for klingon databases."),
        ("postgresql://me:secret@127.0.0.1:1/x", "cannot be read"),
    ],
)
def test_a_source_that_is_not_there_is_one_sentence(
    shop: Path, url: str, source: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["import", source, "--mapping", str(shop.parent / "shop.toml")]
    assert main(words) == 1
    told = capsys.readouterr().err.strip()
    assert sentence in told
    assert "secret" not in told
    assert not re.search("Traceback|sqlalche", told)


def test_nothing_is_imported_into_a_demo_database(
    shop: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--orders", "200"]) == 0
    before = order_count(url)
    assert call(shop) == 1
    assert "demo database" in capsys.readouterr().err
    assert order_count(url) == before
