"""`python -m dashboard evaluate forecast`: what the forecasts told against what happened."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from dashboard.texts import _

if TYPE_CHECKING:
    from dashboard.analytics.forecasting.evaluation import Sums
    from dashboard.analytics.forecasting.rolling import Tried
    from dashboard.forecast_evaluation import Material

SEED = 7
ORIGINS = 6
MOST_SLOW = 600  # windows that the slow members forecast if nobody asks for them
MOST_RIVALS = 600  # forecasts of Prophet out of the box; of more, some series are drawn


def add_forecast_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="FILE", nargs="+", action="extend",
        help="CSV or XLSX with series_id, period_on (day or whole number) and value instead of"
        " the CRM database; of several, what they tell together too",
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
    from dashboard.analytics.forecasting.evaluation import pool
    from dashboard.forecast_evaluation import of_database, of_file
    from dashboard.forecast_report import pooled_lines, report_lines

    if arguments.holdout and not arguments.data:
        sys.stderr.write(_("--holdout needs --data: the part that is learnt from.") + "\n")
        return 2
    if arguments.holdout and len(arguments.data) > 1:
        sys.stderr.write(_("--holdout goes with one file of --data.") + "\n")
        return 2
    materials = (
        [of_file(path, arguments) for path in arguments.data]
        if arguments.data
        else of_database(arguments)
    )
    parts, sums = zip(*(evaluate_material(each, arguments) for each in materials), strict=True)
    found = dict(parts[0])
    if len(parts) > 1:
        pooled = pool(sums, seed=arguments.seed)
        found = (
            {"files": list(parts), "pooled": pooled}
            if arguments.data
            else {"source": _("the CRM database"), "daily": parts[0], "weekly": parts[1],
                  "pooled": pooled}
        )  # fmt: skip
    if arguments.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
    else:
        lines = [line for part in parts for line in (*report_lines(part), "")]
        lines += [*pooled_lines(found["pooled"]), ""] if len(parts) > 1 else []
        sys.stdout.write("\n".join(lines[:-1]) + "\n")
    return 0


def evaluate_material(
    material: Material, arguments: argparse.Namespace
) -> tuple[dict[str, Any], Sums]:
    from dashboard.analytics.forecasting.evaluation import Sums, roll_all, summarise
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
        from dashboard.forecast_evaluation import ForecastEvaluationRefused

        longest = max(len(each.values) for each in material.series)
        raise ForecastEvaluationRefused("short", horizon=horizon, longest=longest)
    told = {
        **material.told,
        "step": step,
        "season_of_models": season_of_models,
        "is_holdout": held is not None,
        "series_too_short": len(tried) - len(rolled),
        "series_with_prophet": sum(each.with_prophet for each in tried),
        **summarise(rolled, task, seed=arguments.seed),
    }
    return told, Sums.of_rolled(rolled, task)


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


def _number(most: int) -> Any:
    def number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a number from 1 to {most}")
        return int(text)

    return number
