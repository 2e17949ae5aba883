"""`python -m dashboard evaluate recommend` and `rules`: on files as people have them, and on a CRM
database."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.cli import main
from data_access.database import Database
from tests.crm import add, add_order
from tests.shopping import habits


def told(capsys: pytest.CaptureFixture[str], what: str, *words: object) -> dict[str, Any]:
    assert main(["evaluate", what, *map(str, words), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def refusal(capsys: pytest.CaptureFixture[str], what: str, *words: object) -> str:
    assert main(["evaluate", what, *map(str, words)]) == 1
    said = capsys.readouterr()
    assert not said.out and "Traceback" not in said.err
    return said.err.strip()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(habits(120)["ordered_on"], unit="D")
    habits(120).assign(ordered_on=days.dt.strftime("%Y-%m-%d")).to_csv(path, index=False)
    return path


def test_both_protocols_and_every_method_are_told(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, "recommend", "--data", file, "--k", 5)
    assert set(found["protocols"]) == {"last_order_out", "time_cut"} and found["k"] == 5
    for protocol in found["protocols"].values():
        assert set(protocol["tasks"]) == {"all", "again", "new"}
        for task in protocol["tasks"].values():
            assert set(task["methods"]) == {
                "popularity", "frequency", "cosine", "ease", "content", "personal", "blend"
            }  # fmt: skip
            for measured in task["methods"].values():
                for name in ("recall", "ndcg", "hit"):
                    own = measured[name]
                    assert 0 <= own["low"] <= own["mean"] <= own["high"] <= 1
    assert main(["evaluate", "recommend", "--data", str(file), "--k", "5"]) == 0
    printed = capsys.readouterr().out
    for words in ("last order out", "learnt until 2025-", "personal frequency", "NDCG at 5"):
        assert words in printed


def test_the_same_orders_in_running_numbers_are_told_the_same(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbered = tmp_path / "numbered.csv"
    habits(120).sample(frac=1, random_state=1).to_csv(numbered, index=False)
    by_day = told(capsys, "recommend", "--data", file)["protocols"]
    by_number = told(capsys, "recommend", "--data", numbered)["protocols"]
    assert by_day["last_order_out"] == by_number["last_order_out"]
    assert by_day["time_cut"]["tasks"] == by_number["time_cut"]["tasks"]
    assert by_number["time_cut"]["cut"] == (
        date.fromisoformat(by_day["time_cut"]["cut"]) - date(2025, 1, 1)
    ) // timedelta(days=1)


def test_a_cut_of_ones_own(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "recommend", "--data", file, "--cut", "2025-03-31")
    assert found["protocols"]["time_cut"]["cut"] == "2025-03-31"
    for wrong, words in (("2031-01-01", "must lie between"), ("soon", "--cut must be a day")):
        assert words in refusal(capsys, "recommend", "--data", file, "--cut", wrong)


def test_a_file_without_attributes_says_nothing_of_content(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "orders.csv"
    habits(60).drop(columns="category").to_csv(path, index=False)
    methods = told(capsys, "recommend", "--data", path)["protocols"]["last_order_out"]["tasks"]
    assert "content" not in methods["all"]["methods"]


def test_few_customers_are_measured_without_learning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,order_id,ordered_on,product_id\nA,1,1,x\nA,2,2,x\nB,3,1,y\n")
    found = told(capsys, "recommend", "--data", path)["protocols"]["last_order_out"]
    assert (found["customers"], found["learnt_from"]) == (1, 0)
    assert found["tasks"]["all"]["methods"]["blend"]["recall"]["mean"] == 1.0
    assert found["tasks"]["new"] == {"customers": 0, "methods": {}, "differences": {}}


HEAD = "customer_id,order_id,ordered_on,product_id\n"
REFUSED = {
    "no file": (None, "There is no file"),
    "no column": ("customer_id,order_id,product_id\nA,1,x\n", "has no column ordered_on"),
    "no rows": (HEAD, "holds no lines"),
    "empty": ("", "the file is empty"),
    "only missing": (HEAD + "A,1,2026-01-01,\n,2,2026-01-01,x\n", "holds no lines"),
    "no days": (HEAD + "A,1,soon,x\nA,2,later,x\n", "neither days"),
    "ambiguous": (HEAD + "A,1,3/4/2024,x\nB,2,5/6/2024,x\n", "--date-order dmy"),
    "one order each": (HEAD + "A,1,2026-01-01,x\nB,2,2026-01-02,x\n", "No customer has two orders"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_teaches_nothing_is_refused_in_a_sentence(
    case: tuple[str | None, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, words = case
    path = tmp_path / "orders.csv"
    if content is not None:
        path.write_text(content)
    assert words in refusal(capsys, "recommend", "--data", path)


def test_rows_that_miss_something_are_left_out_and_counted(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(file.read_text() + ",9,2025-02-01,3,0\nNA,9,2025-02-01,3,0\n5,9,,3,0\n")
    found, plain = (told(capsys, "recommend", "--data", each) for each in (path, file))
    assert (found["rows_left_out"], plain["rows_left_out"]) == (3, 0)
    assert found["protocols"] == plain["protocols"]


def test_a_crm_database_is_asked_for_goods_that_were_not_cancelled(
    sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = sqlite_database.writer
    goods = [add(writer, "products") for _each in range(4)]
    fee = add(writer, "products", is_goods=False)
    chance = np.random.default_rng(1)
    ids = [add(writer, "customers") for _each in range(6)]
    for customer in ids:
        for day in range(3):
            chosen = {*chance.choice(goods, 2).tolist(), fee}
            add_order(
                sqlite_database, customer_id=customer, ordered_on=date(2026, 5, 1 + day),
                lines=[{"product_id": product} for product in chosen],
            )  # fmt: skip
    add_order(sqlite_database, customer_id=ids[0], stage="cancelled", ordered_on=date(2026, 6, 1),
              lines=[{"product_id": fee}])  # fmt: skip
    url = sqlite_database.record.url.render_as_string(hide_password=False)
    found = told(capsys, "recommend", "--database", url)
    assert found["protocols"]["last_order_out"]["customers"] >= 6
    rules = told(capsys, "rules", "--database", url, "--min-support", "1")
    named = {item for rule in rules["rules"] for item in (*rule["if"], *rule["then"])}
    assert fee not in named and {*goods} <= named


def test_rules_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "orders.csv"
    orders = [["tea", "cup"]] * 8 + [["tea"]] * 2 + [["cup"]] * 2 + [["lamp"]] * 8
    lines = [f"{number},{item}" for number, own in enumerate(orders) for item in own * 2]
    path.write_text("\n".join(["Order ID,Product-ID", *lines]))
    found = told(capsys, "rules", "--data", path, "--min-support", "0.4", "--min-confidence",
                 "0.8", "--itemsets")  # fmt: skip
    assert (found["orders"], found["products"], found["least_orders"]) == (20, 3, 8)
    assert found["itemsets_by_length"] == {"1": 3, "2": 1}
    rule = next(each for each in found["rules"] if each["if"] == ["tea"])
    assert (rule["then"], rule["together"], rule["if_orders"], rule["then_orders"]) == (
        ["cup"], 8, 10, 10,
    )  # fmt: skip
    assert (rule["support"], rule["confidence"], rule["lift"]) == (0.4, 0.8, 1.6)
    assert {tuple(each["products"]): each["orders"] for each in found["itemsets"]} == {
        ("cup",): 10, ("lamp",): 8, ("tea",): 10, ("cup", "tea"): 8,
    }  # fmt: skip
    assert main(["evaluate", "rules", "--data", str(path), "--min-support", "8"]) == 0
    assert "tea → cup" in capsys.readouterr().out


def test_rules_refuse_what_they_cannot_work_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("product_id,amount\nx,1\n")
    assert "no column order_id" in refusal(capsys, "rules", "--data", path)
    path.write_text("order_id,product_id\n")
    assert "holds no lines" in refusal(capsys, "rules", "--data", path)
    for words in (("--min-support", "0"), ("--min-support", "1.5"), ("--min-confidence", "2")):
        with pytest.raises(SystemExit):
            main(["evaluate", "rules", "--data", str(path), *words])
        assert "Traceback" not in capsys.readouterr().err
    many = [f"{order},{item}" for order in range(2) for item in range(25)]
    path.write_text("\n".join(["order_id,product_id", *many]))
    assert "--min-support" in refusal(capsys, "rules", "--data", path, "--min-support", "2")
