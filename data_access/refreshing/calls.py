"""What the lists of calls are made of, and where they are kept: one list for each rep and week.

Left out here: who refused to be contacted, who belongs to no rep (or to one who has left), what was
done about them lately, and what they have bought since.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    Float,
    Select,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
)

from data_access.database import note_change, replacing
from data_access.dialects import day_after_minutes, minutes_ahead
from data_access.frames import read_frame
from data_access.going_quiet import REMEMBERED_DAYS
from data_access.holding_out import call_experiment
from data_access.refreshing.runs import Run, finish_run
from data_access.tables import (
    call_capacities,
    call_marks,
    call_reasons,
    calls,
    customer_scores,
    customers,
    employees,
    order_lines,
    orders,
    products,
    rebuy_dues,
    reminders,
)

SILENT_FROM = 0.7  # the chance of no order in 90 days from which a customer is likely silent
DUE_AHEAD_DAYS = 13  # after the Monday: products expected to be needed until the next Sunday
LONGEST_HOLD_DAYS = 400  # marks older than this stand against nothing


def read_silent(engine: Engine, as_of: date) -> pd.DataFrame:
    """customer_id, employee_id, currency, customer_ordered_on, cause, product_id (NULL),
    probability (of no order in 90 days), value (what 90 days bring at the pace of the last 365),
    quantity (NULL), orders, last_ordered_on, usual_gap_days, expected_on (NULL)."""
    scores = customer_scores.c
    since = datetime.combine(as_of - timedelta(days=REMEMBERED_DAYS), time())
    acted_upon = exists().where(
        reminders.c.customer_id == scores.customer_id,
        reminders.c.cause == "silent",
        reminders.c.recorded_at >= since,
    )
    value = cast(scores.value_at_risk_90, Float) / cast(scores.silent_90, Float)
    statement = of_reps(
        select(
            scores.customer_id,
            customers.c.owner_id.label("employee_id"),
            scores.currency,
            scores.last_ordered_on.label("customer_ordered_on"),
            literal("silent").label("cause"),
            cast(null(), products.c.product_id.type).label("product_id"),
            scores.silent_90.label("probability"),
            cast(func.coalesce(value, 0), Float).label("value"),
            cast(null(), call_reasons.c.quantity.type).label("quantity"),
            scores.orders,
            scores.last_ordered_on,
            scores.usual_gap_days,
            cast(null(), rebuy_dues.c.expected_on.type).label("expected_on"),
        ).join_from(customer_scores, customers, customers.c.customer_id == scores.customer_id),
        as_of,
    ).where(
        scores.orders_12m > 0,
        scores.silent_90 >= SILENT_FROM,
        scores.value_at_risk_90 > 0,
        ~acted_upon,
        ~exists().where(*_ordered_since(scores.customer_id, scores.as_of_on)),
    )
    return read_frame(engine, statement.order_by(scores.customer_id))


def read_due(engine: Engine, as_of: date, week_on: date) -> pd.DataFrame:
    """As `read_silent`, one row for each customer and product that is due: probability (of a
    purchase within 30 days), value (the usual quantity at list price; 0 where that is not known in
    the customer's currency), orders (days with a purchase), last_ordered_on (of the product)."""
    dues, scores = rebuy_dues.c, customer_scores.c
    currency = func.coalesce(scores.currency, products.c.currency)
    price = case((products.c.currency == currency, products.c.list_price))
    acted_upon = exists().where(
        reminders.c.customer_id == dues.customer_id,
        reminders.c.product_id == dues.product_id,
        reminders.c.cause == "rebuy",
        reminders.c.state != "held_out",
        reminders.c.recorded_at >= dues.last_ordered_on,
    )
    bought = (
        exists()
        .where(
            *_ordered_since(dues.customer_id, dues.as_of_on),
            order_lines.c.order_id == orders.c.order_id,
            order_lines.c.product_id == dues.product_id,
        )
        .correlate(rebuy_dues)
    )
    statement = of_reps(
        select(
            dues.customer_id,
            customers.c.owner_id.label("employee_id"),
            currency.label("currency"),
            func.coalesce(scores.last_ordered_on, dues.last_ordered_on).label(
                "customer_ordered_on"
            ),
            literal("rebuy").label("cause"),
            dues.product_id,
            dues.probability_30.label("probability"),
            func.coalesce(cast(price, Float) * dues.suggested_quantity, 0.0).label("value"),
            dues.suggested_quantity.label("quantity"),
            dues.orders,
            dues.last_ordered_on,
            dues.usual_gap_days,
            dues.expected_on,
        )
        .join_from(rebuy_dues, customers, customers.c.customer_id == dues.customer_id)
        .join(products, products.c.product_id == dues.product_id)
        .outerjoin(customer_scores, scores.customer_id == dues.customer_id),
        as_of,
    ).where(
        dues.expected_on <= week_on + timedelta(days=DUE_AHEAD_DAYS),
        ~dues.is_held_out,  # or reminding could not be told from not reminding
        or_(products.c.discontinued_on.is_(None), products.c.discontinued_on > as_of),
        ~acted_upon,
        ~bought,
    )
    return read_frame(engine, statement.order_by(dues.customer_id, dues.product_id))


def read_marks(engine: Engine, as_of: date, zone: str) -> pd.DataFrame:
    """customer_id, product_id, mark, marked_on."""
    since = datetime.combine(as_of - timedelta(days=LONGEST_HOLD_DAYS), time())
    marked_on = day_after_minutes(call_marks.c.marked_at, minutes_ahead(as_of, zone))
    return read_frame(
        engine,
        select(
            call_marks.c.customer_id,
            call_marks.c.product_id,
            call_marks.c.mark,
            marked_on.label("marked_on"),
        )
        .where(call_marks.c.marked_at >= since)
        .order_by(call_marks.c.call_mark_id),
    )


def read_week(engine: Engine, week_on: date) -> pd.DataFrame:
    """customer_id, employee_id, rank, is_held_out: who is on the lists of the week already."""
    return read_frame(
        engine,
        select(
            calls.c.customer_id, calls.c.employee_id, calls.c.rank,
            case((calls.c.is_held_out, 1), else_=0).label("is_held_out"),
        )
        .where(calls.c.week_on == week_on)
        .order_by(calls.c.call_id),
    )  # fmt: skip


def read_capacities(engine: Engine) -> dict[int, int]:
    """employee_id → calls a week, of those whose number is not the usual one."""
    statement = select(call_capacities.c.employee_id, call_capacities.c.calls_a_week)
    with engine.connect() as connection:
        return {row.employee_id: row.calls_a_week for row in connection.execute(statement)}


def add_calls(
    engine: Engine, run: Run, week_on: date, lines: pd.DataFrame, reasons: pd.DataFrame
) -> None:
    """Keeps the `lines` (employee_id, customer_id, currency, expected_value, is_held_out, rank)
    beside those of the week, and the `reasons` of those that are listed."""
    of_list = {"week_on": week_on, "as_of_on": run.as_of, "experiment": call_experiment(week_on)}
    names = ("employee_id", "customer_id", "currency", "expected_value", "is_held_out", "rank")
    told = ("customer_id", "cause", "product_id", "probability", "value", "expected_value",
            "quantity", "orders", "last_ordered_on", "usual_gap_days", "expected_on", "counted",
            "counted_of", "source_product_id", "taken_rate")  # fmt: skip
    with replacing(engine, calls.name) as connection:
        if len(lines):
            connection.execute(
                insert(calls), [{**of_list, **row} for row in _plain_rows(lines, names)]
            )
        if len(reasons):
            connection.execute(
                insert(call_reasons),
                [{"week_on": week_on, **row} for row in _plain_rows(reasons, told)],
            )
            note_change(connection, call_reasons.name)
        finish_run(connection, run, len(lines), {})


def of_reps(statement: Select[Any], as_of: date) -> Select[Any]:
    """Only customers who may be called, by a rep who is there."""
    return statement.join(employees, employees.c.employee_id == customers.c.owner_id).where(
        customers.c.consent != "refused",
        or_(employees.c.left_on.is_(None), employees.c.left_on > as_of),
    )


def _ordered_since(
    customer_id: ColumnElement[int], day: ColumnElement[date]
) -> tuple[ColumnElement[bool], ...]:
    return (
        orders.c.customer_id == customer_id,
        orders.c.ordered_on > day,
        orders.c.stage != "cancelled",
    )


def _plain_rows(frame: pd.DataFrame, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """As the drivers take them: no number or day that is none, nothing of numpy."""
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True)}
        for row in frame[list(names)].itertuples(index=False, name=None)
    ]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    return value.item() if hasattr(value, "item") else value
