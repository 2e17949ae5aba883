"""The blocks of the overview, each drawn once for the same rights, question and data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
import plotly.graph_objects as go

from dashboard.analytics.shares import add_shares
from dashboard.analytics.unusual_days import UNUSUAL_Z
from dashboard.cards import Card
from dashboard.figures.sales_bars import MOST_ROWS, sales_bars
from dashboard.figures.sales_over_time import sales_over_time
from dashboard.kpi_cards import kpi_cards
from dashboard.periods import grain_of
from dashboard.reads import read
from dashboard.recorded import covers, knows_costs
from dashboard.texts import N_, _, language
from dashboard.unusual import judged_days, unusual_in
from data_access.backlog import sum_backlog_by_day
from data_access.days import add_up_over_time, add_up_periods, compared_periods
from data_access.dialects import Grain
from data_access.filters import OrderFilter, Period
from data_access.sales import (
    sum_sales_by_category,
    sum_sales_by_channel,
    sum_sales_by_day,
    sum_sales_by_region,
)
from data_access.scope import Scope

SPLITS: dict[str, str] = {
    "channel": N_("By channel"),
    "region": N_("By region"),
    "category": N_("By category"),
}
_SUMS = {
    "channel": sum_sales_by_channel,
    "region": sum_sales_by_region,
    "category": sum_sales_by_category,
}


def cards(scope: Scope, chosen: OrderFilter, as_of: date) -> list[Card]:
    """The KPIs of the period against the previous one and last year."""
    period = period_of_filter(chosen)
    days = read(sum_sales_by_day, scope, chosen, as_of)
    spans = _known_spans(scope, chosen)
    sums = add_up_periods(days, period)
    return kpi_cards(
        scope,
        sums[sums["span"].isin(spans)],
        add_up_over_time(days, period, grain_of(period)),
        _backlog(scope, chosen, as_of, spans),
        currency=chosen.currency,
        period=period,
        as_of=as_of,
        costs=knows_costs(scope),
    )


def trend(scope: Scope, chosen: OrderFilter, as_of: date, grain: Grain) -> go.Figure:
    """Net sales over time, with the previous period under it."""
    period = period_of_filter(chosen)
    days = read(sum_sales_by_day, scope, chosen, as_of)
    judged = judged_days(scope, chosen, as_of) if grain == "day" else None
    return sales_over_time(
        add_up_over_time(days, period, grain),
        add_up_over_time(days, period.previous(), grain),
        period=period,
        grain=grain,
        currency=chosen.currency,
        unusual=unusual_in(judged, period, UNUSUAL_Z) if judged else None,
    )


def splits(scope: Scope, chosen: OrderFilter, as_of: date) -> list[tuple[str, str, go.Figure]]:
    """Net sales by channel, region and category: which, a note where some are not shown, and the
    bars. What has a single part is not split."""
    drawn = [(by, *_split(scope, chosen, as_of, by)) for by in SPLITS]
    return [(by, note, bars) for by, parts, note, bars in drawn if parts > 1]


def _split(scope: Scope, chosen: OrderFilter, as_of: date, by: str) -> tuple[int, str, go.Figure]:
    sums = read(_SUMS[by], scope, chosen, as_of, language())
    if "previous" not in _known_spans(scope, chosen):
        sums = sums.assign(previous_net_sales=float("nan"))
    shares = add_shares(sums)
    note = _("largest {shown} of {n}", shown=MOST_ROWS, n=len(shares))
    drawn = sales_bars(shares.head(MOST_ROWS), currency=chosen.currency)
    return len(shares), note if len(shares) > MOST_ROWS else "", drawn


def period_of_filter(chosen: OrderFilter) -> Period:
    assert chosen.period is not None  # the overview's bar always has one
    return chosen.period


def _known_spans(scope: Scope, chosen: OrderFilter) -> dict[str, Period]:
    """The period, and those before it that the orders cover: what they do not is not compared."""
    return {
        name: span
        for name, span in compared_periods(period_of_filter(chosen)).items()
        if name == "now" or covers(scope, chosen.currency, span)
    }


def _backlog(
    scope: Scope, chosen: OrderFilter, as_of: date, spans: Mapping[str, Period]
) -> dict[str, pd.DataFrame]:
    """The backlog of each day of the period, and of the last days of those it is compared with."""
    wanted = {
        name: span if name == "now" else Period(span.end, span.end) for name, span in spans.items()
    }
    days = read(sum_backlog_by_day, scope, chosen, as_of, tuple(wanted.values()))
    return {
        name: days[days["day_on"].between(pd.Timestamp(span.start), pd.Timestamp(span.end))]
        for name, span in wanted.items()
    }
