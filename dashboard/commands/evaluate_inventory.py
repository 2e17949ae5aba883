"""`python -m dashboard evaluate inventory`: promised service against what held-out demand gave."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import timedelta
from typing import Any, ClassVar

from dashboard import formats
from dashboard.settings import settings
from dashboard.texts import _, _n
from data_access.database import connect
from data_access.errors import Refused
from data_access.refreshing.demand import (
    read_daily_demand,
    read_lead_times,
    read_stated_lead_times,
)
from data_access.schema import need_schema, read_properties

SEED = 7
GRACE_DAYS = 28  # without an order, at the beginning
FEWEST_DAYS, MOST_DAYS = 28, 730  # that are held out
FORECAST_DAYS = 28  # from one forecast to the next; levels are learnt anew each week


class InventoryEvaluationRefused(Refused):
    messages: ClassVar[dict[str, str]] = {
        "short": "The orders are from {first} to {last}: {days} days are needed, of which the last"
        " {held_out} are held out.",
        "no_orders": "There are no orders to learn from.",
    }


def add_inventory_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help="of what is drawn")
    parser.add_argument("--days", type=_held_out, metavar="N", help="held out (default: 200)")
    parser.add_argument("--workers", type=int, metavar="N", help="processes that forecast")
    parser.add_argument("--database", metavar="URL", help="instead of CRM_DATABASE_URL")


def _held_out(text: str) -> int:
    if not (text.isascii() and text.isdigit() and FEWEST_DAYS <= int(text) <= MOST_DAYS):
        raise argparse.ArgumentTypeError(f"a number of days from {FEWEST_DAYS} to {MOST_DAYS}")
    return int(text)


def run_inventory(arguments: argparse.Namespace) -> int:
    from dashboard.analytics.inventory.evaluation import (  # loads scipy
        HELD_OUT_DAYS,
        LEARNT_DAYS,
        demand_by_day,
        evaluate_inventory,
    )
    from dashboard.analytics.inventory.lasting import ranges_from
    from dashboard.analytics.inventory.lead_time import RECEIPTS_DAYS, learn_lead_times
    from dashboard.analytics.inventory.level import outlook_from
    from dashboard.stock_outlook import past_forecasts

    held_out = arguments.days or HELD_OUT_DAYS
    database = connect(arguments.database or settings().database_url)
    try:
        need_schema(database.record)
        days = read_daily_demand(database.record)
        if not len(days):
            raise InventoryEvaluationRefused("no_orders")
        last = days["ordered_on"].max()
        zone = read_properties(database.record).get("time_zone", settings().time_zone)
        first_held = (last - timedelta(days=held_out - 1)).date()
        needed = LEARNT_DAYS + held_out
        since = (last - days["ordered_on"]).dt.days
        first = days.loc[since < needed, "ordered_on"].min()
        if (last - first).days + 1 < needed - GRACE_DAYS:
            raise InventoryEvaluationRefused(
                "short", first=formats.day(first), last=formats.day(last), days=needed,
                held_out=held_out,
            )  # fmt: skip
        receipts = read_lead_times(
            database.record, first_held - timedelta(days=RECEIPTS_DAYS), zone
        )
        stated = read_stated_lead_times(database.record)
        mornings = [first_held + timedelta(days=day) for day in range(0, held_out, FORECAST_DAYS)]
        told_then = past_forecasts(database.record, mornings, workers=arguments.workers)
    finally:
        database.dispose()
    items, units = demand_by_day(days, held_out)
    known = items.merge(stated, on="product_id", how="left")
    leads = learn_lead_times(known, receipts)

    def outlook_of(day: int) -> Any:
        weeks, months = told_then[day // FORECAST_DAYS]
        ranges = ranges_from(months, mornings[day // FORECAST_DAYS])
        return outlook_from(weeks, first_held + timedelta(days=day), ranges)

    told = evaluate_inventory(units, known, leads, outlook_of, seed=arguments.seed)
    lines = [json.dumps(told)] if arguments.json else inventory_lines(told, held_out)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def inventory_lines(told: dict[str, Any], held_out: int) -> list[str]:
    """The report for people."""
    lines = [
        _n("{n} product in a warehouse, learnt anew every week and held to the last {days} days",
           "{n} products in warehouses, learnt anew every week and held to the last {days} days",
           told["items"], days=held_out),
        _("promised  achieved (normal formula)  fill rate  cycles"),
    ]  # fmt: skip
    lines += [_line(formats.rate(row["promised"], 0), row) for row in told["services"]]
    lines.append(_("by class, each at its own level"))
    lines += [
        _line(f"{row['name']} {formats.rate(row['promised'], 0)}", row) for row in told["classes"]
    ]
    out, level = told["stock_outs"], told["demand"]
    lines.append(
        _("day of running out within P10 to P90: {covered} (80% promised; of {n}, {early} before,"
          " {late} after)", covered=formats.rate(out["covered"]), n=formats.number(out["told"]),
          early=formats.number(out["early"]), late=formats.number(out["late"]))
    )  # fmt: skip
    lines.append(
        _("demand in the lead times: {came} units, {expected} were expected",
          came=formats.number(level["came"]), expected=formats.number(level["expected"]))
    )  # fmt: skip
    return lines


def _line(promised: str, row: dict[str, Any]) -> str:
    return (
        f"{promised:>8}  {formats.rate(row['cycle_service']):>8} "
        f"({formats.rate(row['normal_cycle_service'])}){'':>8}  "
        f"{formats.rate(row['fill_rate']):>9}  {formats.number(row['cycles']):>6}"
    )
