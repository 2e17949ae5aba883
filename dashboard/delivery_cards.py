"""The cards of the delivery page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.analytics.delivery import DAY, compare_delivery
from dashboard.cards import Card
from dashboard.filters import OF_LISTS
from dashboard.kpi_cards import whole_steps
from dashboard.late_orders import LIKELY, OpenOrders, open_orders
from dashboard.periods import grain_of
from dashboard.reads import read
from dashboard.stage_strip import stages_seen
from dashboard.texts import N_, _, _n
from data_access.delivery import (
    sum_cycle_times,
    sum_cycle_times_over_time,
    sum_punctuality,
    sum_punctuality_over_time,
)
from data_access.filters import OrderFilter, Period
from data_access.scope import Scope

SOON_DAYS = 2
_LABELS: dict[str, str] = {
    "on_time_rate": N_("On-time rate"),
    "otif_rate": N_("OTIF"),
    "cycle_days": N_("Cycle time, median"),
}
_HELP: dict[str, str] = {
    "on_time_rate": N_(
        "Orders delivered on or before the promised day ÷ orders promised for a day that is over. "
        "By promised date; cancelled orders are left out, what is late and still open counts as "
        "not on time."
    ),
    "otif_rate": N_(
        "On time in full: orders delivered on or before the promised day and in full ÷ orders "
        "promised for a day that is over. The record holds no delivered quantities: an order is in "
        "full unless one of its parcels has arrived and another has not, or something came back as "
        "the wrong item."
    ),
    "cycle_days": N_(
        "From the moment of the order to its delivery, of orders delivered in the period: half of "
        "them took no longer. Cancelled orders are left out, and those whose moments are missing "
        "or contradict each other."
    ),
}
_ROWS: dict[str, Mapping[str, str | Sequence[str]]] = {
    "on_time_rate": {"by": "promised", "late": "1", "sort": "late"},
    "otif_rate": {"by": "promised", "otif": "1", "sort": "late"},
    "cycle_days": {"by": "delivered", "stage": ["completed", "returned"]},
}
_ROWS_TOLD: dict[str, str] = {
    "on_time_rate": N_("Show the orders that were not on time"),
    "otif_rate": N_("Show the orders that were not on time in full"),
    "cycle_days": N_("Show the orders delivered in the period"),
}


def sees_delivered(scope: Scope) -> bool:
    """Whether delivered orders are among those this role sees; without, nothing is known of
    punctuality and of how long orders take."""
    return "completed" in stages_seen(scope)


def cards(scope: Scope, chosen: OrderFilter, as_of: date) -> list[Card]:
    """How punctual deliveries are, and what is at risk."""
    found = open_orders(scope, chosen, as_of)
    first = _past_cards(scope, chosen, as_of) if sees_delivered(scope) else []
    if not found.can_tell:
        return [*first, *_plain_cards(found)]
    return [*first, _risk_card(scope, found, chosen.currency)]


def _past_cards(scope: Scope, chosen: OrderFilter, as_of: date) -> list[Card]:
    assert chosen.period is not None  # the bar of this page always has one
    compared = compare_delivery(
        read(sum_punctuality, scope, chosen, as_of), read(sum_cycle_times, scope, chosen, as_of)
    )
    by_kpi = {str(row["kpi"]): row for row in compared.to_dict("records")}
    courses = _courses(scope, chosen, as_of, chosen.period)
    days = {"period": "own", "from": str(chosen.period.start), "to": str(chosen.period.end)}
    return [
        Card(
            key=name,
            label=_(label),
            value=_shown(name, by_kpi[name]["now"]),
            help=_(_HELP[name]),
            previous=by_kpi[name]["since_previous"],
            last_year=by_kpi[name]["since_last_year"],
            is_rate=name != "cycle_days",
            better="lower" if name == "cycle_days" else "higher",
            values=courses[name],
            rows={**dict.fromkeys(OF_LISTS, ""), **days, **_ROWS[name]},
            rows_told=_(_ROWS_TOLD[name]),
        )
        for name, label in _LABELS.items()
    ]


def _shown(name: str, value: Any) -> str:
    return formats.duration(value) if name == "cycle_days" else formats.rate(value)


def _courses(
    scope: Scope, chosen: OrderFilter, as_of: date, period: Period
) -> dict[str, list[float]]:
    grain = grain_of(period)
    due = read(sum_punctuality_over_time, scope, chosen, as_of, grain)
    cycle = read(sum_cycle_times_over_time, scope, chosen, as_of, grain)
    due, cycle = (whole_steps(frame, period, grain) for frame in (due, cycle))
    return {
        "on_time_rate": list((due["on_time_orders"] / due["due_orders"]).astype(float)),
        "otif_rate": list((due["otif_orders"] / due["due_orders"]).astype(float)),
        "cycle_days": list(cycle["cycle_median"].astype(float) / DAY),
    }


def _risk_card(scope: Scope, found: OpenOrders, currency: str | None) -> Card:
    in_time = _("of {n} still in time", n=formats.number(len(found.in_time)))
    late = _n("{n} more is late already", "{n} more are late already", len(found.late))
    explained = _(
        "Open orders whose promised day is still to come, with a chance of {share} or more to miss "
        "it.",
        share=formats.rate(LIKELY, 0),
    )
    if scope.sees("orders", "net_sales"):
        at_risk, lost = _total(found.in_time["at_risk"]), _total(found.late["at_risk"])
        in_time += " · " + formats.compact_money(at_risk, currency)
        late += " · " + formats.compact_money(lost, currency)
        explained += " " + _(
            "The amounts: chance to be late × net sales, added up over the orders still in time; "
            "net sales of those that are late already."
        )
    return Card(
        key="orders_at_risk",
        label=_("Orders at risk"),
        value=formats.number(len(found.likely_late)),
        help=explained,
        note=f"{in_time}  \n{late}",
    )


def _plain_cards(found: OpenOrders) -> list[Card]:
    """Where nothing is known of the past: what is open, late, and soon to be."""
    orders = found.orders
    soon = orders["days_left"].between(0, SOON_DAYS)
    short = (orders["short_lines"].fillna(0) > 0).sum()
    rows = [
        ("open_orders", _("Open orders"), len(orders),
         _("Orders with a promised day that are not delivered yet.")),
        ("late_orders", _("Past their promised day"), len(found.late),
         _("Open, and promised for a day that is over.")),
        ("due_soon", _("Due within {days}", days=formats.age(SOON_DAYS)), int(soon.sum()),
         _("Open, and promised for today or the days right after.")),
    ]  # fmt: skip
    if orders["short_lines"].notna().any():
        explained = _("Open orders with a line for which too little is in stock.")
        rows.append(("short_orders", _("Short of stock"), int(short), explained))
    of_open = _("of {n} open", n=formats.number(len(orders)))
    in_time = _("{n} still in time", n=formats.number(len(found.in_time)))
    return [
        Card(key=key, label=label, value=formats.number(count), help=explained,
             note=in_time if key == "open_orders" else of_open)
        for key, label, count, explained in rows
    ]  # fmt: skip


def _total(amounts: pd.Series) -> float:
    return float(amounts.sum()) if amounts.notna().all() else float("nan")
