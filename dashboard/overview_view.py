"""The blocks of the overview, each drawn once for the same rights, question and data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import plotly.graph_objects as go

from dashboard.analytics.shares import add_shares
from dashboard.cards import Card
from dashboard.figures.sales_bars import MOST_ROWS, sales_bars
from dashboard.figures.sales_over_time import sales_over_time
from dashboard.kpi_cards import kpi_cards
from dashboard.periods import grain_of
from dashboard.reads import read
from dashboard.recorded import knows_costs
from dashboard.texts import N_, _, language
from data_access.backlog import sum_backlog_by_day
from data_access.dialects import Grain
from data_access.filters import OrderFilter, Period
from data_access.sales import (
    sum_sales_by_category,
    sum_sales_by_channel,
    sum_sales_by_region,
    sum_sales_compared,
    sum_sales_over_time,
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
    backlog = {
        span: read(sum_backlog_by_day, scope, chosen, as_of, days)
        for span, days in _backlog_days(period).items()
    }
    return kpi_cards(
        scope,
        read(sum_sales_compared, scope, chosen, as_of),
        read(sum_sales_over_time, scope, chosen, as_of, grain_of(period)),
        backlog,
        currency=chosen.currency,
        period=period,
        as_of=as_of,
        costs=knows_costs(scope),
    )


def trend(scope: Scope, chosen: OrderFilter, as_of: date, grain: Grain) -> go.Figure:
    """Net sales over time, with the previous period under it."""
    period = period_of_filter(chosen)
    before = replace(chosen, period=period.previous())
    return sales_over_time(
        read(sum_sales_over_time, scope, chosen, as_of, grain),
        read(sum_sales_over_time, scope, before, as_of, grain),
        period=period,
        grain=grain,
        currency=chosen.currency,
    )


def splits(scope: Scope, chosen: OrderFilter, as_of: date) -> list[tuple[str, str, go.Figure]]:
    """Net sales by channel, region and category: which, a note where some are not shown, and the
    bars. What has a single part is not split."""
    drawn = [(by, *_split(scope, chosen, as_of, by)) for by in SPLITS]
    return [(by, note, bars) for by, parts, note, bars in drawn if parts > 1]


def _split(scope: Scope, chosen: OrderFilter, as_of: date, by: str) -> tuple[int, str, go.Figure]:
    shares = add_shares(read(_SUMS[by], scope, chosen, as_of, language()))
    note = _("largest {shown} of {n}", shown=MOST_ROWS, n=len(shares))
    drawn = sales_bars(shares.head(MOST_ROWS), currency=chosen.currency)
    return len(shares), note if len(shares) > MOST_ROWS else "", drawn


def period_of_filter(chosen: OrderFilter) -> Period:
    assert chosen.period is not None  # the overview's bar always has one
    return chosen.period


def _backlog_days(period: Period) -> dict[str, Period]:
    """The period, and the last days of those it is compared with: what stood open at their end."""
    previous, last_year = period.previous(), period.last_year()
    return {
        "now": period,
        "previous": Period(previous.end, previous.end),
        "last_year": Period(last_year.end, last_year.end),
    }
