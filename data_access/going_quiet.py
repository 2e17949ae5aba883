"""Who goes quiet: customers who ordered in the last 365 days, by the score that a refresh worked
out and by the plain rule, what is at stake, and what went before.

A customer who has ordered since the refresh is left out: the score knows nothing of that order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    distinct,
    func,
    null,
    or_,
    select,
)

from data_access.dialects import ZONE, day_after_minutes, days_between, minutes_ahead
from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.scope import Scope
from data_access.stages import OPEN_STAGES

QuietView = Literal["score", "rule", "enquiries", "done", "all"]
QuietSort = Literal["value_at_risk", "chance", "last_ordered_on", "net_sales_12m"]
HORIZONS = (30, 90, 180)
REMEMBERED_DAYS = 30  # that a customer stays off the list after something was done
ABOUT_DAYS = 30  # around an order, in which a complaint is about it
_YEARS_DAYS = 730  # of last orders that reasons are looked for in
_FEWEST_ENQUIRIES = 2  # before, for fewer to be called falling
_SORTED_BY = {
    "value_at_risk": "value_at_risk_90",
    "chance": "chance",
    "last_ordered_on": "last_ordered_on",
    "net_sales_12m": "net_sales_12m",
}
_LISTED = ("customer_id", "currency", "orders", "orders_12m", "last_ordered_on", "usual_gap_days",
           "net_sales_12m", "enquiries_90", "enquiries_prior_90", "value_at_risk_90", "segment",
           "drivers")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class QuietFilter:
    """Which customers, and when one counts as quiet."""

    horizon_days: int = 90  # one of HORIZONS
    chance_from: float = 0.7  # of no order in so many days
    threshold_days: int = 90  # without an order: the plain rule
    region_ids: tuple[int, ...] = ()
    owner_ids: tuple[int, ...] = ()
    currency: str | None = None

    @property
    def key(self) -> str:
        return repr(self)


def sum_going_quiet(
    engine: Engine, scope: Scope, as_of: date, quiet_filter: QuietFilter
) -> pd.DataFrame:
    """One row: customers (who ordered in the last 365 days), likely (by the score), ruled (by the
    rule), both, falling (fewer enquiries), done (acted upon in the last 30 days), likely_open,
    ruled_open, falling_open (the same, not acted upon), expected (sum of the chances),
    value_at_risk, likely_value_at_risk (NULL over several currencies), scored_on (the oldest day
    of a score)."""
    rows = _scored(scope, as_of, quiet_filter).subquery("scored").c
    is_open = rows.is_done == 0
    counts = {
        "likely": rows.is_likely == 1,
        "ruled": rows.is_ruled == 1,
        "both": and_(rows.is_likely == 1, rows.is_ruled == 1),
        "falling": rows.is_falling == 1,
        "done": rows.is_done == 1,
        "likely_open": and_(rows.is_likely == 1, is_open),
        "ruled_open": and_(rows.is_ruled == 1, is_open),
        "falling_open": and_(rows.is_falling == 1, is_open),
    }
    one_currency = func.count(distinct(rows.currency)) <= 1
    at_risk = func.coalesce(func.sum(rows.value_at_risk_90), 0)
    of_likely = func.coalesce(func.sum(case((rows.is_likely == 1, rows.value_at_risk_90))), 0)
    columns: list[ColumnElement[Any]] = [
        func.count().label("customers"),
        *(_count(condition).label(name) for name, condition in counts.items()),
        func.coalesce(func.sum(rows.chance), 0).label("expected"),
        case((one_currency, at_risk), else_=null()).label("value_at_risk"),
        case((one_currency, of_likely), else_=null()).label("likely_value_at_risk"),
        func.min(rows.as_of_on).label("scored_on"),
    ]
    return read_frame(engine, select(*columns))


def list_going_quiet(
    engine: Engine,
    scope: Scope,
    as_of: date,
    quiet_filter: QuietFilter,
    *,
    view: QuietView = "score",
    sort: QuietSort = "value_at_risk",
    descending: bool = True,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """customer_id, customer, customer_type, consent, rep, region, currency, orders, orders_12m,
    last_ordered_on, days_silent, usual_gap_days, chance, value_at_risk_90, net_sales_12m,
    enquiries_90, enquiries_prior_90, segment, drivers, done_action, done_state, done_at (the last
    that was recorded). All views but done and all leave out who was acted upon."""
    rows = _scored(scope, as_of, quiet_filter).subquery("scored")
    chosen = select(rows)
    conditions: dict[str, ColumnElement[bool]] = {
        "score": rows.c.is_likely == 1,
        "rule": rows.c.is_ruled == 1,
        "enquiries": rows.c.is_falling == 1,
        "done": rows.c.is_done == 1,
    }
    if view in conditions:
        chosen = chosen.where(conditions[view])
    if view not in ("done", "all"):
        chosen = chosen.where(rows.c.is_done == 0)
    return read_page(
        engine,
        Sort(rows.c[_SORTED_BY[sort]], rows.c.customer_id, descending),
        chosen,
        lambda page: _shown(scope, page, language),
        limit=limit,
        after=after,
    )


def sum_reasons_for_leaving(
    engine: Engine, scope: Scope, as_of: date, quiet_filter: QuietFilter, zone: str = ZONE
) -> pd.DataFrame:
    """state (active, quiet: no order for `threshold_days`), customers, late, returned, complained,
    any_reason: of how many the last order came late or had a return, and how many complained within
    30 days of it. Of customers with two orders or more, the last of which is from 30 days to two
    years old; complained is NULL for who does not see feedback."""
    base = _last_orders(scope, as_of, quiet_filter).subquery("last_orders")
    troubles = _troubles(scope, as_of, base).subquery("troubles")
    complaints = _complaints(scope, as_of, base, zone).subquery("complaints")
    late = func.coalesce(troubles.c.late, 0) == 1
    returned = func.coalesce(troubles.c.returned, 0) == 1
    complained = complaints.c.customer_id.is_not(None)
    shown = scope.sees("feedback", "kind")
    return read_frame(
        engine,
        select(
            base.c.state,
            func.count().label("customers"),
            _count(late).label("late"),
            _count(returned).label("returned"),
            (_count(complained) if shown else func.max(null())).label("complained"),
            _count(or_(late, returned, complained)).label("any_reason"),
        )
        .select_from(base)
        .outerjoin(troubles, troubles.c.customer_id == base.c.customer_id)
        .outerjoin(complaints, complaints.c.customer_id == base.c.customer_id)
        .group_by(base.c.state)
        .order_by(base.c.state),
    )


def find_last_scoring(engine: Engine, scope: Scope) -> dict[str, Any]:
    """as_of_on, finished_at and facts (JSON) of the last refresh of the scores that was done; empty
    before there is one. Only for who sees every customer the facts have counts."""
    refreshes = scope.visible.refreshes
    found = read_row(
        engine,
        select(
            refreshes.c.as_of_on,
            refreshes.c.finished_at,
            func.coalesce(refreshes.c.details, refreshes.c.facts).label("facts"),
        )
        .where(refreshes.c.what == "scores", refreshes.c.state == "done")
        .order_by(refreshes.c.refresh_id.desc()),
    )
    return found or {}


def _scored(scope: Scope, as_of: date, quiet: QuietFilter) -> Select[Any]:
    """The customers with their scores, and by which of the ways each is quiet (1 or 0)."""
    scores, customers = scope.visible.customer_scores, scope.visible.customers
    since = _orders_since(scope)
    chance = scores.c[f"silent_{quiet.horizon_days}"]
    ruled = scores.c.last_ordered_on <= as_of - timedelta(days=quiet.threshold_days)
    falling = and_(
        scores.c.enquiries_prior_90 >= _FEWEST_ENQUIRIES,
        scores.c.enquiries_90 < scores.c.enquiries_prior_90,
    )
    return (
        select(
            *(scores.c[name] for name in _LISTED),
            scores.c.as_of_on,
            customers.c.owner_id,
            customers.c.region_id,
            customers.c.customer_type,
            customers.c.consent,
            chance.label("chance"),
            days_between(scores.c.last_ordered_on, as_of).label("days_silent"),
            _flag(chance >= quiet.chance_from).label("is_likely"),
            _flag(ruled).label("is_ruled"),
            _flag(falling).label("is_falling"),
            _flag(
                or_(
                    scores.c.customer_id.in_(_acted_upon(scope, as_of)),
                    scores.c.customer_id.in_(_called(scope, as_of)),
                )
            ).label("is_done"),
        )
        .join_from(scores, customers, customers.c.customer_id == scores.c.customer_id)
        .outerjoin(since, since.c.customer_id == scores.c.customer_id)
        .where(
            scores.c.orders_12m > 0,
            or_(since.c.ordered_on.is_(None), since.c.ordered_on <= scores.c.as_of_on),
            *_chosen(customers, scores, quiet),
        )
    )


def _chosen(
    customers: FromClause, scores: FromClause, quiet: QuietFilter
) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if quiet.region_ids:
        chosen.append(customers.c.region_id.in_(quiet.region_ids))
    if quiet.owner_ids:
        chosen.append(customers.c.owner_id.in_(quiet.owner_ids))
    if quiet.currency:
        chosen.append(scores.c.currency == quiet.currency)
    return chosen


def _orders_since(scope: Scope) -> Subquery:
    """The last order of each customer who has ordered since the oldest score."""
    orders, scores = scope.visible.orders, scope.visible.customer_scores
    scored_on = select(func.min(scores.c.as_of_on)).scalar_subquery()
    return (
        select(orders.c.customer_id, func.max(orders.c.ordered_on).label("ordered_on"))
        .where(orders.c.ordered_on > scored_on, orders.c.stage != "cancelled")
        .group_by(orders.c.customer_id)
        .subquery("orders_since")
    )


def _acted_upon(scope: Scope, as_of: date) -> Select[Any]:
    reminders = scope.visible.reminders
    since = datetime.combine(as_of - timedelta(days=REMEMBERED_DAYS), time())
    return select(reminders.c.customer_id).where(
        reminders.c.cause == "silent", reminders.c.recorded_at >= since
    )


def _called(scope: Scope, as_of: date) -> Select[Any]:
    """From the list of calls, whatever came of it."""
    marks = scope.visible.call_marks
    since = datetime.combine(as_of - timedelta(days=REMEMBERED_DAYS), time())
    return select(marks.c.customer_id).where(
        marks.c.product_id.is_(None), marks.c.marked_at >= since
    )


def _shown(scope: Scope, page: Subquery, language: str) -> Select[Any]:
    visible = scope.visible
    customers, employees, regions = visible.customers, visible.employees, visible.regions

    def name(relation: FromClause, condition: ColumnElement[bool], label: str) -> Any:
        return select(name_in(language, relation)).where(condition).scalar_subquery().label(label)

    last = _last_reminders(scope)
    statement = select(
        page.c.customer_id,
        name(customers, customers.c.customer_id == page.c.customer_id, "customer"),
        page.c.customer_type,
        page.c.consent,
        name(employees, employees.c.employee_id == page.c.owner_id, "rep"),
        name(regions, regions.c.region_id == page.c.region_id, "region"),
        *(page.c[column] for column in _LISTED if column != "customer_id"),
        page.c.chance,
        page.c.days_silent,
        last.c.done_action,
        last.c.done_state,
        last.c.done_at,
    )
    return statement.join_from(page, last, last.c.customer_id == page.c.customer_id, isouter=True)


def _last_reminders(scope: Scope) -> Subquery:
    """The last of each customer; identities grow with time."""
    reminders = scope.visible.reminders
    last = (
        select(func.max(reminders.c.reminder_id).label("reminder_id"))
        .where(reminders.c.cause == "silent")
        .group_by(reminders.c.customer_id)
        .subquery("last_ids")
    )
    return (
        select(
            reminders.c.customer_id,
            reminders.c.action.label("done_action"),
            reminders.c.state.label("done_state"),
            reminders.c.recorded_at.label("done_at"),
        )
        .join(last, last.c.reminder_id == reminders.c.reminder_id)
        .subquery("last_reminders")
    )


def _last_orders(scope: Scope, as_of: date, quiet: QuietFilter) -> Select[Any]:
    scores, customers = scope.visible.customer_scores, scope.visible.customers
    is_quiet = scores.c.last_ordered_on <= as_of - timedelta(days=quiet.threshold_days)
    return (
        select(
            scores.c.customer_id,
            scores.c.last_ordered_on,
            case((is_quiet, "quiet"), else_="active").label("state"),
        )
        .join_from(scores, customers, customers.c.customer_id == scores.c.customer_id)
        .where(
            scores.c.orders > 1,
            scores.c.last_ordered_on > as_of - timedelta(days=_YEARS_DAYS),
            scores.c.last_ordered_on <= as_of - timedelta(days=ABOUT_DAYS),
            *_chosen(customers, scores, quiet),
        )
    )


def _troubles(scope: Scope, as_of: date, base: Subquery) -> Select[Any]:
    orders = scope.visible.orders
    late = or_(
        orders.c.completed_on > orders.c.promised_on,
        and_(orders.c.stage.in_(OPEN_STAGES), orders.c.promised_on < as_of),
    )
    return (
        select(
            orders.c.customer_id,
            func.max(_flag(late)).label("late"),
            func.max(_flag(orders.c.returned_units > 0)).label("returned"),
        )
        .join_from(base, orders, orders.c.customer_id == base.c.customer_id)
        .where(
            orders.c.stage != "cancelled",
            orders.c.ordered_on == base.c.last_ordered_on,
        )
        .group_by(orders.c.customer_id)
    )


def _complaints(scope: Scope, as_of: date, base: Subquery, zone: str) -> Select[Any]:
    feedback = scope.visible.feedback
    day = day_after_minutes(feedback.c.created_at, minutes_ahead(as_of, zone))
    return (
        select(feedback.c.customer_id)
        .distinct()
        .join_from(base, feedback, feedback.c.customer_id == base.c.customer_id)
        .where(
            feedback.c.kind == "complaint",
            days_between(day, base.c.last_ordered_on).between(-ABOUT_DAYS, ABOUT_DAYS),
        )
    )


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(_flag(condition)), 0)
