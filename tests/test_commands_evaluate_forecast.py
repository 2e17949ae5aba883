"""`python -m dashboard evaluate forecast`: on files as people have them, and on a CRM database."""

from __future__ import annotations

import argparse
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
from dashboard.forecast_evaluation import of_database
from data_access.database import Database, bulk_writing
from data_access.importing.series_file import SeriesRefused, read_series_file
from data_access.tables import orders
from tests.crm import add, add_order
from tests.forecasting import noisy_days

FIRST = date(2025, 1, 6)
QUICK = ("--no-prophet", "--members", "fast", "--processes", "1")


def told(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main(["evaluate", "forecast", *map(str, words), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def refusal(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["evaluate", "forecast", *map(str, words)]) == 1
    said = capsys.readouterr()
    assert not said.out and "Traceback" not in said.err
    return said.err.strip()


def days(count: int = 200, series: int = 3) -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame(
            {"series_id": f"shop {seed}", "value": noisy_days(seed, count + seed).round(3),
             "period_on": [FIRST + timedelta(days=each) for each in range(count + seed)]}
        )
        for seed in range(series)
    )  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shops.csv"
    days().to_csv(path, index=False)
    return path


def models_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {model["name"]: model for model in found["models"]}


def test_a_file_is_evaluated(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "--data", file, "--horizon", 14, "--origins", 4, *QUICK)
    assert (found["series"], found["origins"], found["horizon"]) == (3, 4, 14)
    assert (found["step"], found["season"], found["season_of_models"]) == ("day", 7, 7)
    models = models_of(found)
    assert set(models) >= {"default", "seasonal_naive", "theta", "damped", "mean", "weighted"}
    assert "prophet_default" not in models and "prophet_log" not in models
    default = models["default"]
    assert default["mase"] < 0.9 * models["seasonal_naive"]["mase"]
    assert default["wape"] < 0.9 * models["seasonal_naive"]["wape"]
    assert 0.6 < default["coverage_80"] < 0.95 < default["coverage_95"] + 0.1
    assert [part["last_step"] for part in default["by_step"]] == [4, 7, 10, 14]
    assert sum(found["chosen"].values()) == 12
    gap = found["differences"]["default_minus_seasonal_naive"]["mase"]
    assert gap["value"] == pytest.approx(default["mase"] - models["seasonal_naive"]["mase"])
    assert main(["evaluate", "forecast", "--data", str(file), "--horizon", "14", *QUICK]) == 0
    printed = capsys.readouterr()
    for words in ("shops.csv: 3 series, 14 days ahead", "seasonal naive", "Theta", "by step",
                  "the default was:", "default less seasonal naive"):  # fmt: skip
        assert words in printed.out
    assert "Traceback" not in printed.err


def test_prophet_is_tried_as_member_and_out_of_the_box(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.csv"
    days(120, 2).to_csv(path, index=False)
    found = told(capsys, "--data", path, "--horizon", 7, "--origins", 1, "--processes", 2)
    models = models_of(found)
    assert {"prophet_log", "prophet_default"} <= set(models)
    assert models["prophet_default"]["coverage_80"] is not None
    assert found["series_with_prophet"] == 2
    assert "default_minus_prophet_default" in found["differences"]


def test_a_holdout_is_scored_once(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = days()
    cut = whole.groupby("series_id").cumcount(ascending=False)
    known, later = tmp_path / "known.csv", tmp_path / "later.csv"
    whole[cut >= 14].to_csv(known, index=False)
    held = whole[cut < 14]
    stray = held[held["series_id"] == "shop 0"].assign(series_id="unknown")
    held = pd.concat([held, stray])
    held.to_csv(later, index=False)
    found = told(capsys, "--data", known, "--holdout", later, *QUICK)
    rolling = told(capsys, "--data", file, "--horizon", 14, "--origins", 1, *QUICK)
    assert found["is_holdout"] and not rolling["is_holdout"]
    assert (found["horizon"], found["origins"], found["series"]) == (14, 1, 3)
    assert found["holdout_series_unknown"] == 1
    assert models_of(found)["default"] == models_of(rolling)["default"]
    assert "not after what is learnt from" in refusal(capsys, "--data", file, "--holdout", later)
    stray.to_csv(later, index=False)
    assert "No series of later.csv is in known.csv" in refusal(
        capsys, "--data", known, "--holdout", later
    )


def test_numbered_weeks_with_a_season_that_nobody_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = np.random.default_rng(1)
    cycle = np.sin(2 * np.pi * np.arange(260) / 52)
    rows = [
        (f"W{each}", place + 1, 1000 + 300 * cycle[place] + chance.normal(0, 30))
        for each in range(4)
        for place in range(260 - 20 * each)
    ]
    path = tmp_path / "weeks.csv"
    pd.DataFrame(rows, columns=["series_id", "period_on", "value"]).to_csv(path, index=False)
    found = told(capsys, "--data", path, "--horizon", 13, "--season", 1, *QUICK)
    assert (found["step"], found["season"], found["season_of_models"]) == ("number", 1, 52)
    models = models_of(found)
    assert models["default"]["mase"] < 0.6 * models["seasonal_naive"]["mase"]
    named = told(capsys, "--data", path, "--horizon", 13, "--season", 52, *QUICK)
    assert models_of(named)["default"]["smape"] == pytest.approx(models["default"]["smape"])
    assert named["season"] == 52


WRITINGS: dict[str, tuple[str, str, str, str]] = {
    "with a mark": ("utf-8-sig", ",", "%Y-%m-%d", "."),
    "semicolons and commas": ("utf-16", ";", "%d.%m.%Y", ","),
    "Chinese": ("gb18030", "\t", "%Y年%m月%d日", "."),
    "digits only": ("utf-8", ",", "%Y%m%d", "."),
}


@pytest.mark.parametrize("writing", WRITINGS.values(), ids=WRITINGS.keys())
def test_files_are_read_as_people_write_them(
    writing: tuple[str, str, str, str], tmp_path: Path
) -> None:
    encoding, delimiter, form, mark = writing
    written = days(20, 2).round({"value": 2})
    path = tmp_path / "series.csv"
    header = delimiter.join(["Series ID", "备注", "Period on", "VALUE"])
    lines = [
        delimiter.join([each.series_id, "店", each.period_on.strftime(form),
                        f"{each.value:.2f}".replace(".", mark)])
        for each in written.itertuples()
    ]  # fmt: skip
    path.write_text("\n".join([header, *reversed(lines)]), encoding=encoding)
    read = read_series_file(path).values
    assert read["series_id"].tolist() == written["series_id"].tolist()
    assert read["period"].dt.date.tolist() == written["period_on"].tolist()
    assert read["value"].tolist() == written["value"].tolist()


@pytest.mark.parametrize(
    ("start", "step", "season"),
    [("2020-01-31", "ME", 12), ("2020-01-01", "MS", 12), ("2018-01-01", "QS", 4),
     ("2021-03-05", "7D", 52), ("2000-12-31", "YE", 1)],
)  # fmt: skip
def test_the_step_is_found(
    start: str, step: str, season: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    periods = pd.date_range(start, periods=48, freq=step).strftime("%Y-%m-%d")
    path = tmp_path / "steps.csv"
    values = 100 + 2.5 * np.arange(48)
    pd.DataFrame({"series_id": "a", "period_on": periods, "value": values}).to_csv(
        path, index=False
    )
    found = told(capsys, "--data", path, "--horizon", 4, *QUICK)
    names = {12: "month", 4: "quarter", 52: "week", 1: "year"}
    assert (found["step"], found["season"]) == (names[season], season)
    assert found["periods_missing"] == 0
    assert models_of(found)["default"]["wape"] == pytest.approx(0, abs=1e-6)


def test_gaps_unequal_lengths_and_short_series_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = days(150, 4)
    rows = rows[~((rows["series_id"] == "shop 1") & (rows["period_on"] == date(2025, 3, 3)))]
    short = rows[rows["series_id"] == "shop 0"].head(9).assign(series_id="short")
    empty = pd.DataFrame({"series_id": ["nothing"], "period_on": [FIRST], "value": [None]})
    path = tmp_path / "gaps.csv"
    pd.concat([rows, short, empty]).to_csv(path, index=False)
    with path.open("a", encoding="utf-8") as file:
        file.write(",2025-01-06,5\nshop 0,someday,5\n")
    # columns are in another order in that line, so it is the series and the period that are amiss
    found = told(capsys, "--data", path, "--horizon", 14, *QUICK)
    assert (found["series"], found["series_too_short"]) == (4, 2)
    assert found["periods_missing"] == 2 and found["rows_without_value"] >= 1
    as_zero = told(capsys, "--data", path, "--horizon", 14, "--gaps", "zero", *QUICK)
    assert as_zero["periods_missing"] == 0


HEAD = "series_id,period_on,value\n"


def test_several_files_are_told_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sums over sums, means over all series, and ratios: by hand from each file alone."""
    paths = [tmp_path / f"{name}.csv" for name in ("days", "months")]
    days(150, 2).to_csv(paths[0], index=False)
    months = pd.date_range("2016-01-01", periods=96, freq="MS").strftime("%Y-%m")
    values = noisy_days(5, 96).round(2)
    pd.DataFrame({"series_id": "shop 0", "period_on": months, "value": values}).to_csv(
        paths[1], index=False
    )
    found = told(capsys, "--data", *paths, *QUICK)
    assert [each["source"] for each in found["files"]] == ["days.csv", "months.csv"]
    assert [each["step"] for each in found["files"]] == ["day", "month"]
    single = [told(capsys, "--data", path, *QUICK) for path in paths]
    assert found["files"] == single
    pooled = models_of(found["pooled"])
    assert found["pooled"]["series"] == 3 == pooled["default"]["series"]
    for name in ("default", "seasonal_naive"):
        own = [models_of(each)[name] for each in single]
        assert pooled[name]["mase"] == pytest.approx((2 * own[0]["mase"] + own[1]["mase"]) / 3)
        low, high = sorted(each["wape"] for each in own)
        assert low <= pooled[name]["wape"] <= high
        low, high = sorted(each["coverage_80"] for each in own)
        assert low <= pooled[name]["coverage_80"] <= high
    ratios = found["pooled"]["ratios"]["seasonal_naive"]
    for measure in ("wape", "mase"):
        ratio = pooled["default"][measure] / pooled["seasonal_naive"][measure]
        assert ratios[measure] == pytest.approx(ratio)
    assert main(["evaluate", "forecast", "--data", *map(str, paths), *QUICK]) == 0
    said = capsys.readouterr().out
    assert "together: 3 series" in said and "default ÷ seasonal naive: WAPE" in said
    words = ["evaluate", "forecast", "--data", *map(str, paths), "--holdout", str(paths[0])]
    assert main(words) == 2
    assert "goes with one file" in capsys.readouterr().err


NUMBERS = {
    "from a thousand on": lambda place: 1000 + place,
    "below nothing": lambda place: place - 30,
    "milliseconds": lambda place: 1_700_000_000_000 + 86_400_000 * place,
    "by fives": lambda place: 5 * place,
    "with a fraction of nothing": lambda place: f"{place}.0",
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbered_periods_may_begin_anywhere(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "numbers.csv"
    values = noisy_days(4, 90).round(2)
    rows = [f"A,{NUMBERS[name](place)},{value}" for place, value in enumerate(values)]
    text = "\ufeff" + HEAD.strip() + "\r\n" + "\r\n".join(reversed(rows)) + "\r\n"
    path.write_bytes(text.encode())
    found = told(capsys, "--data", path, "--horizon", 7, "--season", 1, *QUICK)
    assert (found["step"], found["rows"], found["periods_missing"]) == ("number", 90, 0)
    assert models_of(found)["default"]["wape"] is not None


@pytest.mark.parametrize("form", ["%Y-%m", "%Y%m"])
def test_months_may_be_written_without_a_day(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "months.csv"
    months = pd.date_range("2018-01-01", periods=60, freq="MS").strftime(form)
    pd.DataFrame({"series_id": "a", "period_on": months, "value": range(60)}).to_csv(
        path, index=False
    )
    found = told(capsys, "--data", path, *QUICK)
    assert (found["step"], found["season"], found["periods_missing"]) == ("month", 12, 0)
    assert models_of(found)["default"]["wape"] == pytest.approx(0, abs=1e-9)


ODD: dict[str, list[float]] = {
    "all nothing": [0.0] * 90,
    "below nothing": [-5.0 - place % 7 for place in range(90)],
    "one at the end": [0.0] * 89 + [9.0],
    "one at the beginning": [9.0] + [0.0] * 89,
    "beyond all measure": [1e300 * (1 + place % 7) for place in range(90)],
    "next to nothing": [1e-300 * (1 + place % 7) for place in range(90)],
}


@pytest.mark.filterwarnings("ignore:overflow|invalid:RuntimeWarning")
@pytest.mark.parametrize("name", ODD)
def test_odd_values_are_answered(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.csv"
    periods = [FIRST + timedelta(days=place) for place in range(90)]
    pd.DataFrame({"series_id": "a", "period_on": periods, "value": ODD[name]}).to_csv(
        path, index=False
    )
    found = told(capsys, "--data", path, "--horizon", 14, *QUICK)
    default = models_of(found)["default"]
    if name in ("all nothing", "below nothing"):
        assert default["smape"] == pytest.approx(0, abs=1e-6)
    assert main(["evaluate", "forecast", "--data", str(path), "--horizon", "14", *QUICK]) == 0


def test_a_long_gap_is_not_taken_for_a_season(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = days(420, 1)
    gap = (rows["period_on"] > date(2025, 3, 10)) & (rows["period_on"] < date(2026, 1, 5))
    path = tmp_path / "gap.csv"
    rows[~gap].to_csv(path, index=False)
    found = told(capsys, "--data", path, "--horizon", 7, "--origins", 3, *QUICK)
    default = models_of(found)["default"]
    assert found["periods_missing"] == gap.sum() == 300
    assert default["coverage_95"] > 0.6 and default["width_80"] > 0.1


def test_uneven_series_are_left_out_and_counted(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "some_uneven.csv"
    odd = "".join(f"odd,1,{day}\n" for day in ("2025-01-06", "2031-01-01", "2060-02-07"))
    path.write_text(file.read_text(encoding="utf-8") + odd, encoding="utf-8")
    found = told(capsys, "--data", path, *QUICK)
    assert (found["series"], found["series_uneven"]) == (3, 1)
    assert main(["evaluate", "forecast", "--data", str(path), *QUICK]) == 0
    assert "left out: 1 series whose periods are not evenly spaced" in capsys.readouterr().out


REFUSED = {
    "no column": ("series_id,day,value\nA,2024-01-01,1\n", (), "no column period_on"),
    "no rows": (HEAD, (), "holds no values"),
    "empty": ("", (), "the file is empty"),
    "no numbers": (HEAD + "A,2024-01-01,x\n", (), "holds no values"),
    "no days": (HEAD + "A,soon,1\nB,later,2\n", (), "neither days that can be read"),
    "ambiguous": (HEAD + "A,3/4/2024,1\nA,5/6/2024,2\n", (), "--date-order dmy"),
    "duplicates": (HEAD + "A,2024-01-01,1\nA,2024-01-01,2\nA,2024-01-02,2\n", (),
                   "series A has more than one value for 2024-01-01 (1 such periods in all)"),
    "same number": (HEAD + "A,1,1\nA,1,2\n", (), "more than one value for 1"),
    "short": (HEAD + "A,1,1\nA,2,2\nA,3,2\n", ("--horizon", "4"), "the longest has 3"),
    "uneven": (HEAD + "A,1,1\nA,3,2\nA,5,2\nA,6,1\nA,8,1\n", (), "not evenly spaced"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_tells_nothing_is_refused_in_a_sentence(
    case: tuple[str, tuple[str, ...], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, words, said = case
    path = tmp_path / "series.csv"
    path.write_text(text, encoding="utf-8")
    assert said in refusal(capsys, "--data", path, *words, *QUICK)
    assert "There is no file" in refusal(capsys, "--data", tmp_path / "none.csv")


def test_duplicates_are_added_up_when_told_so(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text(HEAD + "A,2024-01-01,1\nA,2024-01-01,2\nA,2024-01-02,4\n", encoding="utf-8")
    with pytest.raises(SeriesRefused, match="--sum-duplicates"):
        read_series_file(path)
    assert read_series_file(path, sum_duplicates=True).values["value"].tolist() == [3, 4]


def test_a_holdout_needs_what_it_comes_after(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "forecast", "--holdout", str(file)]) == 2
    assert "--holdout needs --data" in capsys.readouterr().err


def test_a_database_is_evaluated(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = database.writer.url.render_as_string(hide_password=False)
    region = add(database.writer, "regions", name="North")
    customer = add(database.writer, "customers")
    add_order(database, customer_id=customer, ordered_on=FIRST)
    chance = np.random.default_rng(3)
    per_day = chance.poisson(noisy_days(1, 300) / 25)
    with bulk_writing(database.writer, "a load") as connection:
        connection.execute(
            insert(orders),
            [
                {"order_number": f"F-{day}-{each}", "customer_id": customer, "channel": "web",
                 "stage": "cancelled" if each == 5 else "completed", "currency": "CNY",
                 "region_id": region, "net_sales": Decimal("100.25"),
                 "ordered_on": FIRST + timedelta(days=day),
                 "ordered_at": pd.Timestamp(FIRST + timedelta(days=day)).to_pydatetime()}
                for day, count in enumerate(per_day)
                for each in range(count)
            ],
        )  # fmt: skip
    days, weeks = of_database(argparse.Namespace(database=url))
    series = {each.series_id: each for each in days.series}
    kept = np.minimum(per_day, 5) + (per_day > 6) * (per_day - 6)  # the sixth was cancelled
    north = series[f"net_sales by day, region {region}, total"]
    assert north.starts is not None
    first = (north.starts.date() - FIRST).days
    assert not kept[:first].any() and first + len(north.values) >= len(kept)
    assert north.values[: len(kept) - first] == pytest.approx(100.25 * kept[first:])
    assert not north.values[len(kept) - first :].any()
    of_company = [name for name in series if "company" in name]
    assert [name for name in of_company if "total" in name] == [
        "orders by day, company, total", "net_sales by day, company, total",
    ]  # fmt: skip
    assert any("channel web" in name for name in of_company)
    assert not any("units" in name or "margin" in name for name in series)
    assert not any("region" in name and "total" not in name for name in series)
    orders_in_all = series["orders by day, company, total"].values.sum()
    assert orders_in_all >= kept.sum() + 1  # and what is somebody else's
    in_weeks = {each.series_id: each for each in weeks.series}
    week = in_weeks[f"net_sales by week, region {region}, total"]
    assert week.starts is not None
    skipped = (week.starts.date() - FIRST).days  # FIRST is a Monday
    assert skipped % 7 == 0 and len(week.values) > 30
    whole = np.pad(kept[skipped:], (0, 7 * len(kept)))[: 7 * len(week.values)]
    assert week.values == pytest.approx(100.25 * whole.reshape(-1, 7).sum(axis=1))
    found = told(capsys, "--database", url, "--horizon", 7, "--origins", 2, *QUICK)
    assert found["daily"]["step"] == "day" and found["weekly"]["step"] == "week"
    assert found["daily"]["series"] >= 4
    assert models_of(found["daily"])["default"]["mase"] < 1
