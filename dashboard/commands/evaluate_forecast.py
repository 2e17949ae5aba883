"""`python -m dashboard evaluate forecast`: what the forecasts told against what happened."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from tqdm import tqdm

from dashboard.settings import settings
from dashboard.texts import _
from data_access.accounts import utc_now
from data_access.daily_sales import read_daily_sales
from data_access.database import connect
from data_access.edits.clock import time_of_work
from data_access.errors import Refused
from data_access.importing.series_file import SeriesFile, read_series_file
from data_access.schema import need_schema, read_properties

if TYPE_CHECKING:
    from dashboard.analytics.forecasting.regular import Regular, Rhythm
    from dashboard.analytics.forecasting.rolling import Tried

SEED = 7
ORIGINS = 6
MOST_SLOW = 600  # windows that the slow members forecast if nobody asks for them
MOST_RIVALS = 600  # forecasts of Prophet out of the box; of more, some series are drawn


class ForecastEvaluationRefused(Refused):
    messages: ClassVar[dict[str, str]] = {
        "uneven": "The periods of {count} series are not evenly spaced, such as those of {series}.",
        "short": "No series is long enough to hold {horizon} periods back: the longest has"
        " {longest}. Ask for a shorter horizon.",
        "no_orders": "There are no orders to learn from.",
        "no_match": "No series of {holdout} is in {file}.",
        "not_later": "{file}: the values of series {series} begin at {period}, which is not after"
        " what is learnt from.",
        "other_periods": "{file} and {holdout} do not both have days, or both numbers, as periods.",
        "held_short": "{file} holds nothing within {horizon} periods after what is learnt from.",
    }


@dataclass
class Material:
    """Series of one rhythm, what is held out of each (or None), and what is to be said of them."""

    series: list[Regular]
    rhythm: Rhythm
    held_out: dict[str, np.ndarray] | None = None
    told: dict[str, Any] = field(default_factory=dict)


def add_forecast_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="FILE",
        help="CSV or XLSX with series_id, period_on (day or whole number) and value instead of"
        " the CRM database",
    )  # fmt: skip
    parser.add_argument(
        "--holdout", type=Path, metavar="FILE",
        help="what came after, in the same columns: scored once instead of at rolling origins",
    )  # fmt: skip
    parser.add_argument(
        "--horizon", type=_number(3660), metavar="H",
        help="periods ahead (default: 28 days, 13 weeks, 12 months; all of the holdout)",
    )  # fmt: skip
    parser.add_argument(
        "--season", type=_number(3660), metavar="M",
        help="periods of the season that MASE and seasonal naive go by; 1 for none (default: 7 of"
        " days, 52 of weeks, 12 of months, 1 of numbers)",
    )  # fmt: skip
    parser.add_argument(
        "--origins", type=_number(400), default=ORIGINS, metavar="K", help="default: %(default)s"
    )
    parser.add_argument(
        "--members", choices=["all", "fast"],
        help=f"all is with Prophet and boosting (default: all up to {MOST_SLOW} windows)",
    )  # fmt: skip
    parser.add_argument("--no-prophet", action="store_true",
                        help="leave Prophet out, as a member and as a rival")  # fmt: skip
    parser.add_argument("--gaps", choices=["unknown", "zero"], default="unknown",
                        help="what a missing period is (default: %(default)s)")  # fmt: skip
    parser.add_argument("--sum-duplicates", action="store_true",
                        help="add up values of the same series and period")  # fmt: skip
    parser.add_argument("--processes", type=_number(64), default=os.cpu_count() or 1, metavar="N",
                        help="the result is the same with any (default: %(default)s)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help="of what is drawn")
    parser.add_argument("--database", metavar="URL", help="instead of CRM_DATABASE_URL")
    parser.add_argument("--encoding", help="of the file, when it is not found rightly")
    parser.add_argument("--delimiter", help="of the file, when it is not found rightly")
    parser.add_argument(
        "--date-order", choices=["dmy", "mdy"], help="of days such as 3/4/2025 in the file"
    )


def run_forecast(arguments: argparse.Namespace) -> int:
    from dashboard.forecast_report import report_lines

    if arguments.holdout and not arguments.data:
        sys.stderr.write(_("--holdout needs --data: the part that is learnt from.") + "\n")
        return 2
    if arguments.data:
        found = evaluate_material(_of_file(arguments), arguments)
        parts = [found]
    else:
        days, weeks = _of_database(arguments)
        parts = [evaluate_material(part, arguments) for part in (days, weeks)]
        found = {"source": _("the CRM database"), "daily": parts[0], "weekly": parts[1]}
    if arguments.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
    else:
        lines = [line for part in parts for line in (*report_lines(part), "")]
        sys.stdout.write("\n".join(lines[:-1]) + "\n")
    return 0


def evaluate_material(material: Material, arguments: argparse.Namespace) -> dict[str, Any]:
    from dashboard.analytics.forecasting.evaluation import roll_all, summarise
    from dashboard.analytics.forecasting.regular import USUAL_HORIZON, USUAL_SEASON
    from dashboard.analytics.forecasting.rolling import Task

    step = material.rhythm.step
    held = material.held_out
    horizon = arguments.horizon or (max(map(len, held.values())) if held else USUAL_HORIZON[step])
    season = arguments.season or USUAL_SEASON[step]
    season_of_models = _season_of_models(material, season)
    tried = _tried(material, season_of_models)
    members = _members(len(tried), arguments, season_of_models)
    task = Task(horizon, arguments.origins, members, season, season_of_models, arguments.seed)
    tried = _with_rivals(tried, arguments, 1 if held else arguments.origins)
    with tqdm(total=len(tried), unit=" series", disable=None, file=sys.stderr, leave=False) as bar:
        bar.set_description(_("forecasting"))
        rolled = roll_all(tried, task, processes=arguments.processes, advance=bar.update)
    if not rolled:
        longest = max(len(each.values) for each in material.series)
        raise ForecastEvaluationRefused("short", horizon=horizon, longest=longest)
    return {
        **material.told,
        "step": step,
        "season_of_models": season_of_models,
        "is_holdout": held is not None,
        "series_too_short": len(tried) - len(rolled),
        "series_with_prophet": sum(each.with_prophet for each in tried),
        **summarise(rolled, task, seed=arguments.seed),
    }


def _tried(material: Material, season: int) -> list[Tried]:
    from dashboard.analytics.forecasting.rolling import Tried

    held = material.held_out
    return [
        Tried(
            each.series_id,
            each.history(material.rhythm.step, season),
            None if held is None else held[each.series_id],
        )
        for each in material.series
        if held is None or each.series_id in held
    ]


def _season_of_models(material: Material, season: int) -> int:
    """The season that models may use: the one asked for; where that is 1, the usual one of days,
    weeks or months, or what numbered periods show."""
    from dashboard.analytics.forecasting.regular import USUAL_SEASON, find_common_season

    if season > 1:
        return season
    usual = USUAL_SEASON[material.rhythm.step]
    known = [each.values[np.isfinite(each.values)] for each in material.series]
    return usual if usual > 1 else find_common_season(known)


def _members(series: int, arguments: argparse.Namespace, season: int) -> tuple[str, ...]:
    from dashboard.analytics.forecasting.members import ALL, FAST
    from dashboard.analytics.forecasting.rolling import INNER_ORIGINS

    windows = series * (INNER_ORIGINS + (1 if arguments.holdout else arguments.origins))
    is_slow = arguments.members == "all" or (not arguments.members and windows <= MOST_SLOW)
    return tuple(
        name
        for name in (ALL if is_slow else FAST)
        if not (arguments.no_prophet and "prophet" in name)
        if not (season == 1 and name == "naive")  # which seasonal naive then is
    )


def _with_rivals(
    tried: Sequence[Tried], arguments: argparse.Namespace, origins: int
) -> list[Tried]:
    """Some of the series get Prophet as a rival, all of them where that is quick enough."""
    most = 0 if arguments.no_prophet else max(1, MOST_RIVALS // origins)
    drawn = np.random.default_rng(arguments.seed).permutation(len(tried))[:most]
    chosen = set(drawn.tolist())
    return [replace(each, with_prophet=place in chosen) for place, each in enumerate(tried)]


def _of_file(arguments: argparse.Namespace) -> Material:
    from dashboard.analytics.forecasting.regular import find_rhythm, make_regular

    file = _read(arguments.data, arguments)
    rhythm = find_rhythm(file.values)
    series, uneven = make_regular(file.values, rhythm)
    if uneven:
        raise ForecastEvaluationRefused("uneven", count=len(uneven), series=uneven[0])
    series = [replace(each, values=_closed(each.values, arguments.gaps)) for each in series]
    missing = sum(int((~np.isfinite(each.values)).sum()) for each in series)
    told = {
        "source": arguments.data.name,
        "rows": file.rows,
        "rows_left_out": file.left_out,
        "rows_without_value": file.without_value,
        "periods_missing": missing,
    }
    material = Material(series, rhythm, told=told)
    if arguments.holdout:
        later = _read(arguments.holdout, arguments)
        material.held_out = _held_out(material, later, file, arguments)
    return material


def _read(path: Path, arguments: argparse.Namespace) -> SeriesFile:
    return read_series_file(
        path,
        encoding=arguments.encoding,
        delimiter="\t" if arguments.delimiter in ("\\t", "tab") else arguments.delimiter,
        date_order=arguments.date_order,
        sum_duplicates=arguments.sum_duplicates,
    )


def _closed(values: np.ndarray, gaps: str) -> np.ndarray:
    return np.where(np.isfinite(values), values, 0.0) if gaps == "zero" else values


def _held_out(
    material: Material, later: SeriesFile, file: SeriesFile, arguments: argparse.Namespace
) -> dict[str, np.ndarray]:
    """What came after each series, NaN for periods without a value."""
    from dashboard.analytics.forecasting.regular import places_after

    kinds = {each.values["period"].dtype.kind for each in (later, file)}
    if len(kinds) > 1:
        raise ForecastEvaluationRefused(
            "other_periods", file=arguments.data.name, holdout=arguments.holdout.name
        )
    known = {each.series_id: each for each in material.series}
    held: dict[str, np.ndarray] = {}
    unknown = 0
    for name, rows in later.values.groupby("series_id", sort=True):
        series_id = str(name)
        if series_id not in known:
            unknown += 1
            continue
        places = places_after(known[series_id], rows, material.rhythm)
        if places.min() < 1:
            period = rows["period"].iloc[int(places.argmin())]
            raise ForecastEvaluationRefused(
                "not_later", file=arguments.holdout.name, series=series_id,
                period=f"{period:%Y-%m-%d}" if isinstance(period, pd.Timestamp) else period,
            )  # fmt: skip
        within = places <= (arguments.horizon or places.max())
        if within.any():
            values = np.full(int(places[within].max()), np.nan)
            values[places[within] - 1] = rows["value"].to_numpy(np.float64)[within]
            held[series_id] = _closed(values, arguments.gaps)
    if unknown == later.values["series_id"].nunique():
        raise ForecastEvaluationRefused(
            "no_match", file=arguments.data.name, holdout=arguments.holdout.name
        )
    if not held:
        raise ForecastEvaluationRefused(
            "held_short", file=arguments.holdout.name, horizon=arguments.horizon
        )
    material.told |= {"holdout": arguments.holdout.name, "holdout_series_unknown": unknown}
    return held


def _of_database(arguments: argparse.Namespace) -> tuple[Material, Material]:
    """Days and weeks of net sales and orders, in all and by channel, region and category."""
    from dashboard.analytics.forecasting.regular import Rhythm
    from dashboard.forecast_series import daily_series, weekly_series

    database = connect(arguments.database or settings().database_url)
    try:
        need_schema(database.record)
        today = time_of_work(read_properties(database.record), utc_now()).today
        sales = read_daily_sales(database.record)
    finally:
        database.dispose()
    days = daily_series(sales, today)
    if not days:
        raise ForecastEvaluationRefused("no_orders")
    told = {"source": _("the CRM database"), "rows": len(sales), "rows_left_out": 0,
            "rows_without_value": 0, "periods_missing": 0}  # fmt: skip
    return (
        Material(days, Rhythm("day"), told=told),
        Material(weekly_series(days), Rhythm("week", 7), told=told),
    )


def _number(most: int) -> Any:
    def number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a number from 1 to {most}")
        return int(text)

    return number
