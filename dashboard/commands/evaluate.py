"""Measure what the models tell against what happened, on the CRM database or on a file."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from dashboard.commands.evaluate_forecast import add_forecast_arguments, run_forecast
from dashboard.commands.evaluate_inventory import add_inventory_arguments, run_inventory
from dashboard.commands.evaluate_recommend import add_recommend_arguments, run_recommend
from dashboard.commands.evaluate_rules import add_rules_arguments, run_rules
from dashboard.lifetime_report import report_lines
from dashboard.settings import settings
from dashboard.texts import _
from data_access.database import connect
from data_access.errors import Refused
from data_access.importing.purchase_file import read_purchase_file
from data_access.purchasing import read_purchases
from data_access.schema import need_schema

SEED = 7
LONGEST_DEFAULT = 365  # days of the horizon where none is asked for
GRACE_DAYS = 7  # that a horizon may end after the last order


class EvaluationRefused(Refused):
    messages: ClassVar[dict[str, str]] = {
        "no_orders": "There are no orders to learn from.",
        "too_few": "Too little to learn from until {end}: {customers} customers, {repeaters} of"
        " whom ordered again. At least {least} and {least_repeaters} are needed.",
        "short": "The orders are from {first} to {last}: too short to hold a part back.",
        "end": "The calibration must end on a day from {first} to {last}, not on {end}.",
        "horizon": "The {days} days after {end} go to {until}, but the last order is of {last}."
        " Ask for at most {most} days, or let the calibration end earlier.",
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    add_forecast_arguments(
        what.add_parser("forecast", help="sales to come, or any series, by every model")
    )
    add_inventory_arguments(
        what.add_parser("inventory", help="promised service against what held-out demand gave")
    )
    add_recommend_arguments(
        what.add_parser("recommend", help="what would have been offered against what was ordered")
    )
    add_rules_arguments(what.add_parser("rules", help="what is bought together, by exact counts"))
    lifetime = what.add_parser("lifetime", help="who orders again, how often, for how much")
    lifetime.add_argument(
        "--data", type=Path, metavar="FILE",
        help="CSV or XLSX with customer_id, ordered_on and value instead of the CRM database",
    )  # fmt: skip
    lifetime.add_argument(
        "--calibration-end", type=date.fromisoformat, metavar="DATE",
        help="the last day that is learnt from (default: what leaves the horizon)",
    )  # fmt: skip
    lifetime.add_argument(
        "--horizon-days", type=_days, metavar="N",
        help="how many days after it are foretold (default: the rest; without an end, a third of"
        " all days and at most a year)",
    )  # fmt: skip
    lifetime.add_argument("--json", action="store_true", help="everything, as JSON")
    lifetime.add_argument("--seed", type=int, default=SEED, metavar="S", help="of what is drawn")
    lifetime.add_argument("--database", metavar="URL", help="instead of CRM_DATABASE_URL")
    lifetime.add_argument("--encoding", help="of the file, when it is not found rightly")
    lifetime.add_argument("--delimiter", help="of the file, when it is not found rightly")
    lifetime.add_argument(
        "--date-order", choices=["dmy", "mdy"], help="of days such as 3/4/2025 in the file"
    )


def run(arguments: argparse.Namespace) -> int:
    runs = {
        "forecast": run_forecast,
        "inventory": run_inventory,
        "lifetime": run_lifetime,
        "recommend": run_recommend,
        "rules": run_rules,
    }
    return runs[arguments.what](arguments)


def run_lifetime(arguments: argparse.Namespace) -> int:
    from dashboard.analytics.lifetime_evaluation import evaluate_lifetime  # loads scipy
    from dashboard.analytics.purchases import clean_orders

    orders, source = _orders(arguments)
    if not len(orders):
        raise EvaluationRefused("no_orders")
    first, last = orders["ordered_on"].min().date(), orders["ordered_on"].max().date()
    days = clean_orders(orders, last)
    end, horizon = choose_split(first, last, arguments.calibration_end, arguments.horizon_days)
    _refuse_too_few(days, end)
    found = evaluate_lifetime(days, end, horizon, seed=arguments.seed)
    found = {**source, "first_day": first.isoformat(), "last_day": last.isoformat(), **found}
    if arguments.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
    else:
        sys.stdout.write("\n".join(report_lines(found)) + "\n")
    return 0


def choose_split(
    first: date, last: date, end: date | None, horizon_days: int | None
) -> tuple[date, int]:
    """The last day that is learnt from, and the days after it; what is not given follows."""
    if (last - first).days < 2:
        raise EvaluationRefused("short", first=first, last=last)
    if end is None:
        horizon_days = horizon_days or min(LONGEST_DEFAULT, max((last - first).days // 3, 1))
        end = last - timedelta(days=horizon_days)
        if end <= first:
            most = (last - first).days - 1
            raise EvaluationRefused("horizon", days=horizon_days, end=first, last=last, most=most,
                                    until=first + timedelta(days=horizon_days))  # fmt: skip
    if not first < end < last:
        raise EvaluationRefused("end", end=end, first=first + timedelta(days=1),
                                last=last - timedelta(days=1))  # fmt: skip
    most = (last - end).days
    horizon_days = horizon_days or most
    if horizon_days > most + GRACE_DAYS:
        raise EvaluationRefused("horizon", days=horizon_days, end=end, last=last, most=most,
                                until=end + timedelta(days=horizon_days))  # fmt: skip
    return end, horizon_days


def _refuse_too_few(days: pd.DataFrame, end: date) -> None:
    from dashboard.analytics.lifetime import FEWEST_CUSTOMERS, FEWEST_REPEATERS, can_fit
    from dashboard.analytics.purchases import summarise_days

    summary = summarise_days(days, end)
    if not can_fit(summary):
        raise EvaluationRefused(
            "too_few", end=end, customers=len(summary),
            repeaters=int((summary["repeats"] > 0).sum()) if len(summary) else 0,
            least=FEWEST_CUSTOMERS, least_repeaters=FEWEST_REPEATERS,
        )  # fmt: skip


def _orders(arguments: argparse.Namespace) -> tuple[pd.DataFrame, dict[str, Any]]:
    if arguments.data:
        file = read_purchase_file(
            arguments.data,
            encoding=arguments.encoding,
            delimiter="\t" if arguments.delimiter in ("\\t", "tab") else arguments.delimiter,
            date_order=arguments.date_order,
        )
        told = {
            "source": arguments.data.name,
            "rows": file.rows,
            "rows_without_customer": file.without_customer,
            "rows_without_day": file.without_day,
            "rows_without_value": file.without_value,
        }
        return file.orders, told
    database = connect(arguments.database or settings().database_url)
    try:
        need_schema(database.record)
        orders = read_purchases(database.record)
    finally:
        database.dispose()
    told = {
        "source": _("the CRM database"),
        "rows": len(orders),
        "rows_without_customer": int(orders["customer_id"].isna().sum()),
        "rows_without_day": 0,
        "rows_without_value": int(orders["value"].isna().sum()),
    }
    return orders, told


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 3660:
        raise argparse.ArgumentTypeError("a number of days from 1 to 3660")
    return int(text)
