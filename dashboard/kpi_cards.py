"""The cards of the overview: each KPI with its sentence, its course and the way to its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.analytics.kpis import KPIS, add_kpis, compare_kpis
from dashboard.cards import ORDERS_BEHIND, Card
from dashboard.filters import OF_LISTS
from dashboard.periods import grain_of, is_cut_off
from dashboard.texts import N_, _
from data_access.dialects import Grain
from data_access.filters import Period
from data_access.scope import Scope
from data_access.stages import STAGES

LABELS: dict[str, str] = {
    "net_sales": N_("Net sales"),
    "orders": N_("Orders"),
    "average_order_value": N_("Average order value"),
    "gross_margin_rate": N_("Gross margin"),
    "on_time_rate": N_("On-time rate"),
    "cancellation_rate": N_("Cancellation rate"),
    "return_rate": N_("Return rate"),
    "backlog": N_("Open backlog"),
}
HELP: dict[str, str] = {
    "net_sales": N_(
        "Quantity × list price − discounts − returns, without tax and shipping. By order date; "
        "cancelled orders are left out."
    ),
    "orders": N_("Orders received and not cancelled, by order date."),
    "average_order_value": N_("Net sales ÷ orders that were not cancelled, both by order date."),
    "gross_margin_rate": N_(
        "(Net sales − cost of the units kept) ÷ net sales. The cost is that of the day of the "
        "order. By order date; cancelled orders are left out."
    ),
    "on_time_rate": N_(
        "Orders delivered on or before the promised day ÷ orders promised for a day that is over. "
        "By promised date; cancelled orders are left out, what is late and still open counts as "
        "not on time."
    ),
    "cancellation_rate": N_("Cancelled orders ÷ all orders received, both by order date."),
    "return_rate": N_(
        "Returned units ÷ shipped units, by shipment date. The newest shipments can still come "
        "back."
    ),
    "backlog": N_(
        "Value of orders confirmed and not yet shipped at the end of the period, whenever they "
        "were ordered."
    ),
}
_SAID_IN_FULL = 100_000
_MOST_POINTS = 60  # of a sparkline; more are too narrow to be seen
_NEEDS = {"gross_margin_rate": "cost", "net_sales": "net_sales", "average_order_value": "net_sales"}
_NOT_CANCELLED = [stage for stage in STAGES if stage != "cancelled"]
_ROWS_TOLD: dict[str, str] = {  # where they are not simply the orders that were counted
    "on_time_rate": N_("Show the orders that were not on time"),
    "cancellation_rate": N_("Show the cancelled orders"),
    "return_rate": N_("Show the orders of which units came back"),
    "backlog": N_("Show the orders confirmed and not yet shipped"),
}
_ROWS: dict[str, dict[str, str | Sequence[str]]] = {  # how the rows behind a number are listed
    "net_sales": {"stage": _NOT_CANCELLED, "sort": "largest"},
    "orders": {"stage": _NOT_CANCELLED},
    "average_order_value": {"stage": _NOT_CANCELLED, "sort": "largest"},
    "gross_margin_rate": {"stage": _NOT_CANCELLED, "sort": "largest"},
    "on_time_rate": {"by": "promised", "late": "1", "sort": "late"},
    "cancellation_rate": {"stage": ["cancelled"]},
    "return_rate": {"by": "shipped", "returned": "1"},
    "backlog": {
        "period": "any",
        "from": "",
        "to": "",
        "stage": ["confirmed", "processing"],
        "sort": "promised",
    },
}


def kpi_cards(
    scope: Scope,
    spans: pd.DataFrame,
    over_time: pd.DataFrame,
    backlog: Mapping[str, pd.DataFrame],
    *,
    currency: str | None,
    period: Period,
    as_of: date,
    costs: bool,
) -> list[Card]:
    """`spans` is add_up_periods, `over_time` add_up_over_time, `backlog` for each span
    sum_backlog_by_day, both without the spans that are not known; `costs`: whether the database
    has any."""
    compared = compare_kpis(spans).set_index("kpi").to_dict("index")
    grain = grain_of(period)
    courses = add_kpis(whole_steps(over_time, period, grain))
    days = {"period": "own", "from": str(period.start), "to": str(period.end)}
    cards = []
    for name in LABELS:
        if not scope.sees("orders", _NEEDS.get(name, "stage")):
            continue
        rows = {**dict.fromkeys(OF_LISTS, ""), **days, **_ROWS[name]}
        if name == "backlog":
            # the orders know their stage of today, not the one at the end of another day
            ends_today = period.end >= as_of
            cards.append(_backlog_card(backlog, currency, rows if ends_today else None))
        elif name == "gross_margin_rate" and not costs:
            unknown = Card(key=name, label=_(LABELS[name]), value=formats.MISSING,
                           help=_(HELP[name]), note=_("No costs are recorded"))  # fmt: skip
            cards.append(unknown)
        else:
            cards.append(_card(name, compared[name], _course(courses[name]), currency, rows))
    return cards


def _card(
    name: str,
    row: Mapping[Any, Any],
    values: list[float],
    currency: str | None,
    rows: Mapping[str, str | Sequence[str]],
) -> Card:
    kpi = KPIS[name]
    return Card(
        key=name,
        label=_(LABELS[name]),
        value=_shown(name, currency)(row["now"]),
        help=_(HELP[name]),
        previous=row["since_previous"],
        last_year=row["since_last_year"],
        is_rate=kpi.kind == "rate",
        better="higher" if kpi.more_is_better else "lower",
        values=values,
        rows=rows,
        rows_told=_rows_told(name),
    )


def _backlog_card(
    backlog: Mapping[str, pd.DataFrame],
    currency: str | None,
    rows: Mapping[str, str | Sequence[str]] | None,
) -> Card:
    now = backlog["now"]["net_sales"]
    return Card(
        key="backlog",
        label=_(LABELS["backlog"]),
        value=formats.compact_money(_last(now), currency),
        help=_(HELP["backlog"]),
        previous=_since(backlog, "previous"),
        last_year=_since(backlog, "last_year"),
        better="neither",
        values=_course(now),
        rows=rows,
        rows_told=_rows_told("backlog"),
    )


def _rows_told(name: str) -> str:
    return _(_ROWS_TOLD.get(name, ORDERS_BEHIND))


def _shown(name: str, currency: str | None) -> Callable[[Any], str]:
    kind = KPIS[name].kind
    if name == "average_order_value":
        return lambda value: formats.money(value, currency)
    if kind == "money":
        return lambda value: formats.compact_money(value, currency)
    return formats.rate if kind == "rate" else _count


def _count(value: Any) -> str:
    return formats.number(value) if value < _SAID_IN_FULL else formats.compact_number(value)


def _course(values: pd.Series[Any]) -> list[float]:
    known = [float(value) for value in values.dropna()]
    every = -(-len(known) // _MOST_POINTS) or 1
    return known[::-every][::-1]  # always with the last


def whole_steps(over_time: pd.DataFrame, period: Period, grain: Grain) -> pd.DataFrame:
    """Without the weeks or months that the period cuts off: they would look like a fall."""
    cut = [is_cut_off(day.date(), period, grain) for day in over_time["period_on"]]
    return over_time[[not each for each in cut]] if cut.count(False) > 1 else over_time


def _last(values: pd.Series[Any]) -> float:
    return float(values.iloc[-1]) if len(values) else float("nan")


def _since(backlog: Mapping[str, pd.DataFrame], span: str) -> float:
    if span not in backlog:
        return float("nan")
    now, before = _last(backlog["now"]["net_sales"]), _last(backlog[span]["net_sales"])
    return (now - before) / before if before > 0 else float("nan")
