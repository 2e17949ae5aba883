"""What price, promotions and marketing did to what a person sees: learnt from three years of
sales, or taken from what a refresh has stored of the same sales."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import Engine

from dashboard.analytics.what_if.learning import learn_effects
from dashboard.analytics.what_if.storing import Known, pack, unpack
from dashboard.analytics.what_if.world import USUAL, foresee_everything
from dashboard.menu import PAGES
from data_access.filters import OrderFilter
from data_access.refreshing import series
from data_access.refreshing import what_if as stored
from data_access.refreshing.runs import Run, read_input_version
from data_access.scope import Scope
from data_access.what_if import (
    last_monday,
    list_campaign_spans,
    sum_category_days,
    sum_product_weeks,
)
from data_access.what_if_learnt import find_learnt

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.refreshing import Source

ALSO_READ = ("campaigns", "customer_scores", "stock", "replenishments", "suppliers")


def version_of(record: Engine) -> int:
    """The last change of what everything about what-if rests on."""
    return read_input_version(record, ALSO_READ)


def learn_from_sales(
    engine: Engine, scope: Scope, day: date, currency: str | None, version: int
) -> tuple[Known, pd.DataFrame]:
    """What is learnt of all that the person sees, and the weeks of products it was learnt from."""
    everything, end = OrderFilter(currency=currency), last_monday(day)
    weeks = sum_product_weeks(engine, scope, everything, day)
    learnt = learn_effects(
        weeks,
        sum_category_days(engine, scope, everything, day),
        list_campaign_spans(engine, scope, everything, day),
        end,
        str(version),
    )
    return Known(learnt, {}), weeks


def find_known(record: Engine, scope: Scope, day: date, currency: str | None) -> Known | None:
    """What a refresh has stored of the weeks before this one; None where there is nothing, or where
    newer data matter."""
    row = None if currency is None else find_learnt(record, scope, currency)
    if row is None:
        return None
    end: date = row["end_on"]
    if end != last_monday(day):
        return None
    if stored.is_outdated(record, int(row["data_version"]), end, int(row["orders"])):
        return None
    try:
        return unpack(json.loads(row["learnt"]))
    except ValueError:
        return None


def refresh_what_if(source: Source, run: Run, advance: Callable[[float], None]) -> int:
    """Learns for each set of rights of those who may open what-if, in each currency."""
    roles = next(page.roles for page in PAGES if page.slug == "what-if")
    scopes = stored.list_scopes(source.record, roles)
    currencies = list(series.read_currencies(source.analytics, source.as_of)["currency"])
    asked = [(scope, currency) for scope in scopes for currency in currencies]
    rows = []
    for place, (scope, currency) in enumerate(asked, start=1):
        row = _row(source, run, scope, currency)
        rows += [row] if row is not None else []
        advance(0.95 * place / len(asked))
    stored.replace_learnt(source.writer, run, rows, {})
    return len(rows)


def _row(source: Source, run: Run, scope: Scope, currency: str) -> dict[str, Any] | None:
    """None where nothing was sold."""
    known, weeks = learn_from_sales(source.analytics, scope, source.as_of, currency, run.version)
    if not len(weeks):
        return None
    end = last_monday(source.as_of)
    course = foresee_everything(weeks, end, USUAL)
    known = Known(known.learnt, {} if course is None else {USUAL: course})
    return {
        "rights": scope.rights_to_orders,
        "currency": currency,
        "end_on": end,
        "data_version": run.version,
        "orders": int(weeks["sold"].sum()),
        "learnt": json.dumps(pack(known), allow_nan=False),
    }
