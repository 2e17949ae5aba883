"""Figures and theme: one figure for both themes, bars from zero, colours anybody can tell apart."""

from __future__ import annotations

import tomllib
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.ages import open_orders_by_age, owed_by_age, payments_over_time
from dashboard.figures.colours import (
    CATEGORICAL,
    QUIET,
    SEQUENTIAL,
    STAGE,
    STAGE_NAME,
    STRONG,
    channel_colour,
)
from dashboard.figures.reliability import reliability
from dashboard.figures.sales_bars import sales_bars
from dashboard.figures.sales_over_time import sales_over_time
from dashboard.figures.stage_waits import cycle_parts, stage_heat
from dashboard.texts import in_language
from data_access.filters import Period
from data_access.stages import STAGES

CONFIG = Path(__file__).resolve().parent.parent / ".streamlit" / "config.toml"
THEME = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
THEMES = ("light", "dark")
TEXT_COLOURS = (
    "textColor", "linkColor", "redTextColor", "orangeTextColor", "yellowTextColor",
    "blueTextColor", "greenTextColor", "violetTextColor", "grayTextColor",
)  # fmt: skip
# how colours look without one kind of cone (Machado et al. 2009, severity 1.0), on linear RGB
SIGHTS = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
    ),
    "protanopia": np.array(
        [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]
    ),
    "tritanopia": np.array(
        [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]
    ),
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", TEXT_COLOURS)
def test_text_stands_out_from_both_backgrounds(theme: str, colour: str) -> None:
    colours = THEME[theme]
    for background in ("backgroundColor", "secondaryBackgroundColor"):
        assert contrast(colours[colour], colours[background]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["red", "orange", "yellow", "blue", "green", "violet", "gray"])
def test_a_badge_can_be_read(theme: str, name: str) -> None:
    colours = THEME[theme]
    assert contrast(colours[f"{name}TextColor"], colours[f"{name}BackgroundColor"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_marks_in_charts_stand_out_from_the_background(theme: str) -> None:
    colours = THEME[theme]
    for colour in colours["chartCategoricalColors"]:
        assert contrast(colour, colours["backgroundColor"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_words_in_charts_can_be_read(theme: str) -> None:
    colours = THEME[theme]
    words = colours["chartCategoricalColors"][int(QUIET[1:]) - 1]
    assert contrast(words, colours["backgroundColor"]) >= 4.5
    figure = sales_bars(shares("Web shop"), currency="CNY")
    assert figure.data[2].textfont.color == figure.layout.xaxis.tickfont.color == QUIET


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", SIGHTS)
def test_series_are_told_apart_with_any_sight(theme: str, sight: str) -> None:
    palette = THEME[theme]["chartCategoricalColors"][: len(CATEGORICAL)]
    seen = [lab(SIGHTS[sight] @ linear(colour)) for colour in palette]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) >= 15


def test_every_stage_has_one_colour_and_one_name_for_it() -> None:
    assert set(STAGE) == set(STAGE_NAME) == set(STAGES)
    assert len(set(STAGE.values())) == len(STAGES)


def test_a_channel_keeps_its_colour_whatever_else_is_shown() -> None:
    assert channel_colour("web") == channel_colour("web")
    assert channel_colour("a channel nobody has heard of") in CATEGORICAL


def over_time(days: int, start: str = "2026-11-01", freq: str = "D") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "period_on": pd.date_range(start, periods=days, freq=freq),
            "net_sales": [100.0 * (place + 1) for place in range(days)],
        }
    )


def test_sales_over_time_begin_at_zero_and_end_on_a_round_value() -> None:
    figure = sales_over_time(
        over_time(23),
        over_time(23, "2026-10-01"),
        period=Period(date(2026, 11, 1), date(2026, 11, 23)),
        grain="day",
        currency="CNY",
    )
    assert list(figure.layout.yaxis.range) == [0, 3000]
    assert figure.layout.yaxis.ticktext[-1] == "¥3K"


def test_the_previous_period_lies_under_this_one() -> None:
    before = over_time(30, "2026-09-01")
    figure = sales_over_time(
        over_time(23),
        before,
        period=Period(date(2026, 11, 1), date(2026, 11, 23)),
        grain="day",
        currency="CNY",
    )
    earlier = figure.data[0]
    assert len(earlier.x) == 23
    assert pd.Timestamp(earlier.x[0]) == pd.Timestamp("2026-11-01")
    assert "2026-09-01" in earlier.customdata[0]
    assert earlier.line.dash == "dot"


def test_a_month_that_is_not_over_is_dashed_and_says_so() -> None:
    figure = sales_over_time(
        over_time(3, "2026-09-01", "MS"),
        over_time(3, "2026-06-01", "MS"),
        period=Period(date(2026, 9, 1), date(2026, 11, 23)),
        grain="month",
        currency="CNY",
    )
    unfinished = figure.data[-1]
    assert unfinished.line.dash == "dash"
    assert "so far" in unfinished.customdata[-1]
    assert len(figure.data[1].x) == 2


def test_a_first_month_that_is_cut_off_is_dashed_too() -> None:
    figure = sales_over_time(
        over_time(3, "2026-08-01", "MS"),
        over_time(3, "2026-05-01", "MS"),
        period=Period(date(2026, 8, 20), date(2026, 10, 31)),
        grain="month",
        currency="CNY",
    )
    first = figure.data[-1]
    assert first.line.dash == "dash" and "in part" in first.customdata[0]
    assert len(figure.data[1].x) == 2


def test_a_month_that_is_over_is_not_dashed() -> None:
    figure = sales_over_time(
        over_time(2, "2026-09-01", "MS"),
        over_time(0, "2026-06-01", "MS"),
        period=Period(date(2026, 9, 1), date(2026, 10, 31)),
        grain="month",
        currency="CNY",
    )
    assert all(line.line.dash != "dash" for line in figure.data)


def shares(*names: str | None) -> pd.DataFrame:
    sales = [100.0 / (place + 1) for place in range(len(names))]
    return pd.DataFrame(
        {
            "name": list(names),
            "net_sales": sales,
            "previous_net_sales": [50.0] * len(names),
            "share": [value / sum(sales) for value in sales],
            "change": [value / 50 - 1 for value in sales],
        }
    )


def test_bars_say_amount_share_and_change_and_begin_at_zero() -> None:
    figure = sales_bars(shares("Web shop", "Store"), currency="CNY")
    _bars, _before, names, values = figure.data
    assert list(names.text) == ["Store", "Web shop"]
    assert list(values.text) == ["¥50.00  33%  = 0.0%", "¥100  67%  ▲ 100.0%"]
    assert figure.layout.xaxis.range[0] == 0


def test_a_long_name_is_cut_above_the_bar_and_whole_in_the_hover_text() -> None:
    name = "Accessories for professional kitchens"
    figure = sales_bars(shares(name), currency="CNY")
    assert figure.data[2].text[0].endswith("…")
    assert name in figure.data[0].customdata[0]


def test_what_has_no_name_is_called_none() -> None:
    assert sales_bars(shares(None), currency=None).data[2].text == ("None",)


def test_open_orders_are_stacked_by_stage_in_stage_colours() -> None:
    frame = pd.DataFrame({"stage": ["received", "shipped"], "days_from": [0, 2], "orders": [3, 4]})
    figure = open_orders_by_age(
        frame,
        stage_names={"received": "Received", "shipped": "Shipped"},
        ages=((0, 1), (2, None)),
    )
    received, shipped = figure.data
    assert (list(received.y), list(shipped.y)) == ([3, 0], [0, 4])
    assert received.marker.color == STAGE["received"]
    assert list(received.x) == ["0–1 d", "2 d and more"]


def test_debts_are_written_in_the_units_of_the_language() -> None:
    ages = pd.DataFrame(
        {"age": ["not_due", "1-30"], "orders": [2, 1], "owed": [1_243_000.0, 20_000.0]}
    )
    names = {"not_due": "a", "1-30": "b"}
    assert owed_by_age(ages, age_names=names, currency="CNY").data[0].text[0] == "¥1.24M"
    with in_language("zh_CN"):
        assert owed_by_age(ages, age_names=names, currency="CNY").data[0].text[0] == "¥124.3万"


def test_the_month_that_is_not_over_is_hatched() -> None:
    months = pd.DataFrame(
        {"period_on": pd.date_range("2026-10-01", periods=2, freq="MS"), "amount": [5.0, 3.0]}
    )
    figure = payments_over_time(months, currency="CNY", unfinished=True)
    assert list(figure.data[0].marker.pattern.shape) == ["", "/"]
    finished = payments_over_time(months, currency="CNY", unfinished=False)
    assert list(finished.data[0].marker.pattern.shape) == ["", ""]


def test_a_stage_without_orders_is_an_empty_cell() -> None:
    cells = pd.DataFrame(
        {"stage": ["received", "shipped"], "name": ["Web", "Web"], "shade": [1.0, 4.0],
         "cell": ["1.0 d", "4.0 d▲"], "hover": ["a", "b"]}
    )  # fmt: skip
    stages = {"received": "Received", "processing": "Processing", "shipped": "Shipped"}
    (heat,) = stage_heat(cells, names=["Web", "Store"], stage_names=stages).data
    assert [list(row) for row in heat.z] == [[1.0, None, 4.0], [None, None, None]]
    assert [list(row) for row in heat.text] == [["1.0 d", "", "4.0 d▲"], ["", "", ""]]
    assert list(heat.x) == ["Received", "Processing", "Shipped"]


@pytest.mark.parametrize("theme", THEMES)
def test_words_in_the_heat_map_can_be_read_on_every_shade(theme: str) -> None:
    colours = THEME[theme]
    cells = pd.DataFrame([{"stage": "a", "name": "b", "shade": 1.0, "cell": "c", "hover": "d"}])
    (heat,) = stage_heat(cells, names=["b"], stage_names={"a": "A"}).data
    assert heat.textfont.color == STRONG  # nearly the colour of text
    for _place, shade in heat.colorscale:
        place = int(shade[1:]) - int(SEQUENTIAL[0][1:])
        assert contrast(colours["textColor"], colours["chartSequentialColors"][place]) >= 4.5


def test_the_parts_of_the_cycle_time_are_stacked_to_the_whole() -> None:
    parts = pd.DataFrame(
        {"span": ["now", "now", "previous", "previous"], "stage": ["received", "shipped"] * 2,
         "days": [0.5, 2.0, 1.0, 2.0], "share": [0.2, 0.8, 1 / 3, 2 / 3]}
    )  # fmt: skip
    names = {"received": "Received", "shipped": "Shipped"}
    received, shipped, totals = cycle_parts(parts, stage_names=names).data
    assert (list(received.x), list(shipped.x)) == ([1.0, 0.5], [2.0, 2.0])
    assert shipped.marker.color == STAGE["shipped"]
    assert [text.strip() for text in totals.text] == ["3.0 d", "2.5 d"]


def test_reliability_is_drawn_against_the_line_of_as_predicted() -> None:
    table = pd.DataFrame(
        {"from_rate": [0.0, 0.9], "to_rate": [0.1, 1.0], "predictions": [90, 10],
         "mean_rate": [0.05, 0.95], "happened_rate": [0.1, 0.8]}
    )  # fmt: skip
    line, points = reliability(table).data
    assert (list(line.x), list(line.y)) == ([0, 1], [0, 1])
    assert points.customdata[1] == (
        "<b>Predicted 90–100%</b><br>Actually late: 80%<br>Predictions: 10"
    )
    assert points.marker.size[0] > points.marker.size[1]


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast."""
    dark, light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (first, second))
    return (light + 0.05) / (dark + 0.05)


def linear(colour: str) -> Any:
    values = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: Any) -> Any:
    """CIELAB of linear sRGB."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
