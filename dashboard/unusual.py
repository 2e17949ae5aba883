"""Which days were unusual, and which of them nobody has explained yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from dashboard.analytics.calendar_events import events_that_count
from dashboard.analytics.unusual_days import Judged, judge_days
from dashboard.calendar_frames import country_of, find_calendar
from dashboard.connection import facts
from dashboard.reads import draw, read
from data_access.filters import OrderFilter, Period
from data_access.scope import Scope
from data_access.unusual import HISTORY, about, list_day_notes, sum_net_sales_by_day

LATELY = 7  # days


def judged_days(scope: Scope, chosen: OrderFilter, as_of: date) -> Judged:
    """How usual each day before today was, of the orders that are chosen, whatever the period."""
    judged: Judged = draw(_judge, scope, replace(chosen, period=None), as_of)
    return judged


def _judge(scope: Scope, chosen: OrderFilter, as_of: date) -> Judged:
    sales = read(sum_net_sales_by_day, scope, chosen, as_of)
    events = read(
        find_calendar, scope, country_of(facts()), as_of - HISTORY, as_of, engine="record"
    )
    return judge_days(sales, events_that_count(events), as_of - timedelta(days=1))


def unusual_in(judged: Judged, period: Period, beyond: float) -> pd.DataFrame:
    """Those of the period further than `beyond` from what is expected, the furthest first."""
    days = judged.days
    inside = days["day_on"].between(pd.Timestamp(period.start), pd.Timestamp(period.end))
    found = days[inside & (days["z"].abs() > beyond)]
    return found.sort_values("z", key=abs, ascending=False, kind="stable").reset_index(drop=True)


def notes_of(scope: Scope, chosen: OrderFilter) -> pd.DataFrame:
    """The notes about days; `explains`: written by somebody who looked at the orders that are
    chosen."""
    notes = read(list_day_notes, scope, chosen.currency, engine="record")
    same = (notes["about"] == about(chosen)) & (notes["is_of_all"] == scope.sees_all("orders"))
    return notes.assign(explains=same.astype(bool))


def unexplained_lately(scope: Scope, currency: str | None, as_of: date) -> pd.DataFrame:
    """The unusual days of the last LATELY days that nobody has explained."""
    everything = OrderFilter(currency=currency)
    judged = judged_days(scope, everything, as_of)
    unusual = judged.unusual
    found = unusual[unusual["day_on"] >= pd.Timestamp(as_of - timedelta(days=LATELY))]
    if not len(found):
        return found
    notes = notes_of(scope, everything)
    return found[~found["day_on"].isin(notes.loc[notes["explains"], "day_on"])]
