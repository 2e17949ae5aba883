"""`python -m dashboard evaluate lifetime`: on files as people have them, and on a CRM database."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import insert

from dashboard.cli import main
from data_access.database import Database, bulk_writing
from data_access.importing.purchase_file import PurchasesRefused, read_purchase_file
from data_access.purchasing import read_purchases
from data_access.tables import orders
from tests.crm import add, add_order
from tests.test_analytics_lifetime import cdnow, regular_orders

FIRST = date(2024, 1, 1)


def told(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main(["evaluate", "lifetime", *map(str, words), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def refusal(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["evaluate", "lifetime", *map(str, words)]) == 1
    said = capsys.readouterr()
    assert not said.out and "Traceback" not in said.err
    return said.err.strip()


@pytest.fixture(scope="module")
def cdnow_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cdnow") / "cdnow.csv"
    cdnow().to_csv(path, index=False)
    return path


def test_cdnow_is_told_as_published(cdnow_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--data", cdnow_file, "--calibration-end", "1997-09-30", "--horizon-days", 273)
    found = told(capsys, *words)
    by_name = {each["name"]: each for each in found["models"]}
    assert by_name["bg_nbd"]["parameters"] == pytest.approx(
        {"r": 0.24259, "alpha": 4.4135, "a": 0.7929, "b": 2.4258}, rel=0.005
    )
    assert by_name["bg_nbd"]["log_likelihood"] == pytest.approx(-9582.43, abs=0.01)
    assert by_name["bg_nbd"]["bias"] == pytest.approx(-0.12, abs=0.01)
    assert by_name["pareto_nbd"]["log_likelihood"] == pytest.approx(-9595.0, abs=0.05)
    spend = found["gamma_gamma"]
    assert (spend["p"], spend["q"], spend["v"]) == pytest.approx((6.25, 3.74, 15.45), rel=0.005)
    assert found["customers"] == 2357 and found["stages"] == 1
    assert main(["evaluate", "lifetime", *map(str, words)]) == 0
    printed = capsys.readouterr().out
    for words_printed in ("BG/NBD", "r 0.2426", "-9,582.43", "silence score", "0.155", "0.191"):
        assert words_printed in printed


def test_regular_gaps_are_found_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "grocery.csv"
    regular_orders(2).assign(value="").to_csv(path, index=False)
    found = told(capsys, "--data", path, "--horizon-days", 28)
    assert (found["chosen"], found["stages"]) == ("mbg_cnbd", 2)
    assert found["silence"]["scores"]["score"]["auc"] > found["silence"]["scores"]["recency"]["auc"]
    assert not found["gamma_gamma"]["is_fitted"]
    assert found["rows_without_value"] == found["rows"]


def rows(count: int = 400) -> pd.DataFrame:
    """Orders of forty customers in 2024, some on the same day."""
    chance = np.random.default_rng(5)
    days = [FIRST + timedelta(days=int(each)) for each in chance.integers(0, 360, count)]
    return pd.DataFrame(
        {"customer_id": [f"C{each % 40:03d}" for each in range(count)], "ordered_on": days,
         "value": chance.integers(100, 900, count) / 4}
    )  # fmt: skip


WRITINGS: dict[str, tuple[str, str, str, str]] = {
    "with a mark": ("utf-8-sig", ",", "%Y-%m-%d", "."),
    "UTF-16 and tabs": ("utf-16", "\t", "%Y/%m/%d", "."),
    "semicolons and commas": ("utf-8", ";", "%d.%m.%Y", ","),
    "months first": ("utf-8", ",", "%m/%d/%Y", "."),
    "short years": ("utf-8", ",", "%d/%m/%y", "."),
    "months spelled": ("utf-8", ",", "%d-%b-%Y", "."),
    "moments": ("utf-8", ",", "%Y-%m-%d 23:30:00", "."),
    "Chinese": ("gb18030", ",", "%Y年%m月%d日", "."),
}


@pytest.mark.parametrize("writing", WRITINGS.values(), ids=WRITINGS.keys())
def test_files_are_read_as_people_write_them(
    writing: tuple[str, str, str, str], tmp_path: Path
) -> None:
    encoding, delimiter, form, mark = writing
    written = rows()
    path = tmp_path / "orders.csv"
    header = delimiter.join(["Customer ID", "ordered_on", "备注", "VALUE"])
    lines = [
        delimiter.join([each.customer_id, each.ordered_on.strftime(form), "客户",
                        f"{each.value:.2f}".replace(".", mark)])
        for each in written.itertuples()
    ]  # fmt: skip
    path.write_text("\n".join([header, *lines]), encoding=encoding)
    read = read_purchase_file(path).orders
    assert read["customer_id"].tolist() == written["customer_id"].tolist()
    assert read["ordered_on"].dt.date.tolist() == written["ordered_on"].tolist()
    assert read["value"].tolist() == written["value"].tolist()


def test_rows_that_miss_something_are_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "orders.csv"
    rows().to_csv(path, index=False)
    with path.open("a", encoding="utf-8") as file:
        file.write(",2024-03-01,5\nNA,2024-03-01,5\nC001,,5\nC001,someday,5\nC001,2024-03-02,n/a\n")
    found = told(capsys, "--data", path, "--horizon-days", 60)
    assert found["rows"] == 405
    assert (found["rows_without_customer"], found["rows_without_day"]) == (2, 2)
    assert found["rows_without_value"] == 1


REFUSED = {
    "no column": ("customer_id,day,value\nA,2024-01-01,1\n", (), "no column ordered_on"),
    "no rows": ("customer_id,ordered_on,value\n", (), "holds no orders"),
    "empty": ("", (), "the file is empty"),
    "no days": ("customer_id,ordered_on,value\nA,soon,1\nB,later,2\n", (), "no days that can"),
    "ambiguous": ("customer_id,ordered_on,value\nA,3/4/2024,1\nB,5/6/2024,2\n", (),
                  "--date-order dmy"),
    "one day": ("customer_id,ordered_on,value\nA,2024-01-01,1\nB,2024-01-01,2\n", (),
                "too short to hold a part back"),
    "few": ("customer_id,ordered_on,value\nA,2024-01-01,1\nB,2024-03-01,2\n", (),
            "Too little to learn from"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_teaches_nothing_is_refused_in_a_sentence(
    case: tuple[str, tuple[str, ...], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, words, said = case
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    assert said in refusal(capsys, "--data", path, *words)
    assert "There is no file" in refusal(capsys, "--data", tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--calibration-end", "2024-06-30", "--horizon-days", "400"), "Ask for at most 1"),
        (("--horizon-days", "3000"), "Ask for at most"),
        (("--calibration-end", "2031-01-01"), "must end on a day from 2024-01-02"),
        (("--calibration-end", "2019-01-01"), "must end on a day from 2024-01-02"),
    ],
)
def test_a_part_that_is_not_there_is_refused(
    words: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "orders.csv"
    rows().to_csv(path, index=False)
    assert said in refusal(capsys, "--data", path, *words)


def test_days_that_may_be_read_both_ways_are_read_as_told(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,ordered_on,value\nA,3/4/2024,1\n", encoding="utf-8")
    with pytest.raises(PurchasesRefused, match="day/month or month/day"):
        read_purchase_file(path)
    read = read_purchase_file(path, date_order="dmy").orders
    assert read["ordered_on"].dt.date.tolist() == [date(2024, 4, 3)]


def test_a_database_is_evaluated(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = database.writer.url.render_as_string(hide_password=False)
    ids = [add(database.writer, "customers") for _each in range(40)]
    add_order(database, customer_id=ids[0], ordered_on=FIRST)
    with bulk_writing(database.writer, "a load") as connection:
        connection.execute(
            insert(orders),
            [
                {"order_number": f"B-{place}", "customer_id": ids[place % 40], "channel": "web",
                 "stage": "cancelled" if place % 50 == 0 else "completed", "currency": "CNY",
                 "net_sales": Decimal(str(row.value)), "ordered_on": row.ordered_on,
                 "ordered_at": pd.Timestamp(row.ordered_on).to_pydatetime()}
                for place, row in enumerate(rows().itertuples())
            ],
        )  # fmt: skip
    add_order(database, customer_id=ids[1], ordered_on=FIRST, currency="EUR")
    read = read_purchases(database.record)
    ours = read[read["customer_id"].isin(ids)]
    assert len(ours) == 2 + 400 - 8
    assert ours["value"].isna().sum() == 1
    found = told(capsys, "--database", url, "--calibration-end", "2024-10-01",
                 "--horizon-days", 60)  # fmt: skip
    assert found["customers"] >= 40 and found["silence"]["customers"] == found["customers"]
