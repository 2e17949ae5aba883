"""Every question that a page asks, with the arguments it asks it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from benchmarks.calendar_questions import calendar_questions
from benchmarks.cause_questions import cause_questions
from benchmarks.customer_questions import customer_questions
from benchmarks.forecast_questions import forecast_questions
from benchmarks.offer_questions import offer_questions
from benchmarks.question import Question, choices
from benchmarks.stock_questions import stock_questions
from data_access import options
from data_access.alerts import (
    find_last_alert_run,
    list_alert_orders,
    list_alerts,
    sum_waiting_by_order,
)
from data_access.attention import sum_attention
from data_access.attention_rows import list_low_stock, list_open_complaints
from data_access.audit import (
    ChangeFilter,
    count_changes,
    list_actions,
    list_actors,
    list_changes,
    list_order_changes,
)
from data_access.backlog import sum_backlog_by_day
from data_access.comments import list_comments, list_people_to_mention
from data_access.completeness import FIELDS, list_completeness, sum_completeness_by_owner
from data_access.customer_pairs import (
    find_customer_pair,
    list_customer_names,
    list_customers_to_match,
    list_merges,
)
from data_access.days import compared_periods
from data_access.delivery import (
    sum_cycle_times,
    sum_cycle_times_over_time,
    sum_punctuality,
    sum_punctuality_over_time,
)
from data_access.dwelling import sum_dwell_times, sum_queues
from data_access.effects import Proposed, find_effect
from data_access.filters import OrderFilter, Period
from data_access.late_orders import list_open_orders, list_stage_histories
from data_access.messages import list_failed_messages, list_order_messages
from data_access.new_order import (
    NewLine,
    find_customer_for_order,
    find_discount_limit,
    find_preview,
    list_owners,
    list_products_for_order,
    list_warehouses,
)
from data_access.order_details import (
    list_order_events,
    list_order_lines,
    list_order_payments,
    list_order_returns,
    list_order_shipments,
)
from data_access.orders import find_order, list_orders
from data_access.pipeline import count_orders, sum_open_orders_by_age, sum_orders_by_stage
from data_access.quality import list_quality_rows, sum_quality
from data_access.quality_rules import BY_CODE
from data_access.receivables import (
    list_receivables,
    sum_payments_over_time,
    sum_receivables_by_age,
)
from data_access.rules import list_discount_limits, list_stage_rules
from data_access.sales import (
    sum_sales_by_category,
    sum_sales_by_channel,
    sum_sales_by_day,
    sum_sales_by_region,
)
from data_access.tables import customers, orders, products
from data_access.unusual import sum_net_sales_by_day
from data_access.work_queues import Queue, list_mentions, list_queue_orders, sum_work_queues


def page_questions(record: Engine, as_of: date, currency: str) -> list[Question]:
    days = {f"{n} days": Period(as_of - timedelta(days=n - 1), as_of) for n in (30, 365)}
    found = []
    for name, period in days.items():
        chosen = OrderFilter(period=period, currency=currency)
        found += _overview(f"overview, {name}", chosen, period, as_of)
        found += cause_questions(f"why, {name}", chosen, as_of)
    quarter = Period(as_of - timedelta(days=89), as_of)
    found += _orders("orders, 90 days", OrderFilter(period=quarter, currency=currency), as_of)
    found += _order("order", record, as_of)
    month = OrderFilter(period=days["30 days"], currency=currency)
    found += _delivery("delivery, 30 days", month, as_of)
    found += _new_order("new-order", record, as_of)
    found += _receivables("receivables", OrderFilter(currency=currency), as_of)
    found += _work("work", as_of)
    found += _quality("quality", record, as_of)
    found += _changes("changes", Period(as_of - timedelta(days=29), as_of))
    found += customer_questions(record, as_of, currency)
    found += offer_questions(record, as_of)
    found += calendar_questions(as_of, currency)
    found += forecast_questions(record, as_of, currency)
    found += stock_questions(record, as_of)
    return found


def _overview(page: str, chosen: OrderFilter, period: Period, as_of: date) -> list[Question]:
    compared = compared_periods(period).values()
    days = (period, *(Period(each.end, each.end) for each in compared if each != period))
    return [
        *choices(page),
        Question(page, "orders found", count_orders, (chosen, as_of)),
        Question(page, "sales by day, 3 periods", sum_sales_by_day, (chosen, as_of)),
        Question(page, "backlog by day, 3 periods", sum_backlog_by_day, (chosen, as_of, days)),
        *(
            Question(page, f"sales by {by}", query, (chosen, as_of, "en"))
            for by, query in (
                ("channel", sum_sales_by_channel),
                ("region", sum_sales_by_region),
                ("category", sum_sales_by_category),
            )
        ),
        Question(page, "attention", sum_attention, (as_of, chosen.currency)),
        Question(page, "sales by day, 3 years", sum_net_sales_by_day, (chosen, as_of)),
    ]


def _orders(page: str, chosen: OrderFilter, as_of: date) -> list[Question]:
    """What the page asks at first, and apart from it what it is asked for by a click."""
    first_page = {"as_of": as_of, "language": "en"}
    clicked = f"{page}, by a click"
    sorts = (("promised_on", False), ("net_sales", True), ("days_late", True))
    return [
        *choices(page, reps=True),
        Question(page, "orders by stage", sum_orders_by_stage, (chosen, as_of)),
        Question(page, "orders found", count_orders, (chosen, as_of)),
        Question(page, "list, newest first", list_orders, (chosen,), first_page, "record"),
        Question(clicked, "open orders by age", sum_open_orders_by_age, (chosen, as_of)),
        *(
            Question(
                clicked,
                f"list by {sort}",
                list_orders,
                (replace(chosen, overdue=sort == "days_late"),),
                {**first_page, "sort": sort, "descending": descending},
                "record",
            )
            for sort, descending in sorts
        ),
        Question(
            clicked,
            "list found by a name",
            list_orders,
            (replace(chosen, search="zhang"),),
            first_page,
            "record",
        ),
        Question(clicked, "low stock", list_low_stock, ("en",), engine="record"),
        Question(clicked, "complaints", list_open_complaints, ("en",), engine="record"),
    ]


def _order(page: str, record: Engine, as_of: date) -> list[Question]:
    with record.connect() as connection:
        first = select(orders.c.order_id, orders.c.order_number).order_by(orders.c.order_id)
        order_id, number = connection.execute(first.limit(1)).one()
    details = {
        "lines": list_order_lines,
        "payments": list_order_payments,
        "shipments": list_order_shipments,
        "returns": list_order_returns,
        "timeline": list_order_events,
        "comments": list_comments,
        "messages": list_order_messages,
        "people to mention": list_people_to_mention,
        "log": list_order_changes,
    }
    clicked = f"{page}, by a click"
    confirmed = (order_id, Proposed("confirm_order"), as_of, "en")
    return [
        Question(page, "order", find_order, (number, as_of, "en"), engine="record"),
        *(
            Question(page, name, query, (order_id,), engine="record")
            for name, query in details.items()
        ),
        Question(clicked, "effect of an edit", find_effect, confirmed, engine="record"),
        Question(clicked, "last change", list_order_changes, (order_id,), {"limit": 1}, "record"),
    ]


def _delivery(page: str, chosen: OrderFilter, as_of: date) -> list[Question]:
    asked = (chosen, as_of)
    return [
        *choices(page),
        Question(page, "punctuality, 3 periods", sum_punctuality, asked),
        Question(page, "punctuality by day", sum_punctuality_over_time, (*asked, "day")),
        Question(page, "cycle times, 3 periods", sum_cycle_times, asked),
        Question(page, "cycle times by day", sum_cycle_times_over_time, (*asked, "day")),
        Question(f"{page}, learnt", "stage histories", list_stage_histories, (as_of,)),
        Question(page, "open orders", list_open_orders, (replace(chosen, period=None), as_of)),
        Question(page, "time in a stage", sum_dwell_times, (*asked, "stage"),
                 {"stages": ("processing",)}),
        Question(page, "time by channel", sum_dwell_times, (*asked, "channel")),
        *(Question(page, f"queues by {by}", sum_queues, (*asked, by))
          for by in ("stage", "channel", "region")),
    ]  # fmt: skip


def _new_order(page: str, record: Engine, as_of: date) -> list[Question]:
    with record.connect() as connection:
        customer_id = connection.scalar(select(func.min(customers.c.customer_id)))
        ids = connection.scalars(
            select(products.c.product_id).order_by(products.c.product_id).limit(5)
        ).all()
    lines = tuple(NewLine(product_id, 3) for product_id in ids)
    asked: tuple[tuple[str, Callable[..., Any], tuple[Any, ...]], ...] = (
        ("customers of a name", options.list_customers_named, ("li", "en")),
        ("chosen customer", find_customer_for_order, (customer_id, "en")),
        ("products of a name", list_products_for_order, ("tea", as_of)),
        ("discount limit", find_discount_limit, ()),
        ("totals of 5 lines", find_preview, (lines, as_of)),
        ("sales reps", list_owners, (as_of, "en")),
        ("warehouses", list_warehouses, ("en",)),
    )
    return [Question(page, name, query, values, engine="record") for name, query, values in asked]


def _receivables(page: str, chosen: OrderFilter, as_of: date) -> list[Question]:
    first_on = (as_of.replace(day=1) - timedelta(days=330)).replace(day=1)
    a_year = replace(chosen, period=Period(first_on, as_of))
    return [
        Question(page, "owed by age", sum_receivables_by_age, (chosen, as_of)),
        Question(page, "payments by month", sum_payments_over_time, (a_year, as_of, "month")),
        Question(
            page,
            "list by due day",
            list_receivables,
            (chosen,),
            {"as_of": as_of, "language": "en"},
            "record",
        ),
    ]


def _work(page: str, as_of: date) -> list[Question]:
    evening = datetime.combine(as_of, time(10))
    queues: tuple[Queue, ...] = ("late", "to_ship", "unpaid")
    rules = {"rules": list_stage_rules, "discount limits": list_discount_limits}
    return [
        Question(page, "queues", sum_work_queues, (evening, as_of), engine="record"),
        Question(page, "mentions", list_mentions, (1,), engine="record"),
        Question(page, "warnings", list_alerts, (1, as_of), engine="record"),
        Question(f"{page}, by a click", "orders of a warning", list_alert_orders, (1,),
                 engine="record"),
        Question(f"{page}, for warnings", "who waits", sum_waiting_by_order),
        Question(page, "last run of warnings", find_last_alert_run, engine="record"),
        *(
            Question(page, f"orders {queue}", list_queue_orders, (queue, evening, as_of),
                     {"limit": 25}, "record")
            for queue in queues
        ),
        *(Question(page, name, query, engine="record") for name, query in rules.items()),
    ]  # fmt: skip


def _quality(page: str, record: Engine, as_of: date) -> list[Question]:
    with record.connect() as connection:
        ids = select(customers.c.customer_id).order_by(customers.c.customer_id).limit(2)
        pair = tuple(connection.scalars(ids).all())
    clicked = f"{page}, by a click"
    rows = (as_of, "en")
    of_people = tuple(code for code in BY_CODE if code.startswith(("customers.", "contacts.")))
    others = tuple(code for code in BY_CODE if code not in of_people)
    return [
        Question(page, "rows that break rules of people", sum_quality, (as_of, of_people),
                 engine="record"),
        Question(page, "rows that break other rules", sum_quality, (as_of, others)),
        Question(page, "rows of a rule", list_quality_rows, ("customers.no_email", *rows),
                 engine="record"),
        Question(f"{page}, learnt", "customers to match", list_customers_to_match, engine="record"),
        Question(page, "names of likely pairs", list_customer_names, (tuple(range(1, 2_000)),),
                 engine="record"),
        Question(page, "merges", list_merges, ("en",), engine="record"),
        Question(page, "completeness by owner", sum_completeness_by_owner, (FIELDS, "en"),
                 engine="record"),
        Question(page, "completeness before", list_completeness, rows, engine="record"),
        Question(clicked, "two customers", find_customer_pair, (pair[0], pair[-1], "en"),
                 engine="record"),
    ]  # fmt: skip


def _changes(page: str, period: Period) -> list[Question]:
    chosen = ChangeFilter(period=period)
    return [
        Question(page, "people", list_actors, engine="record"),
        Question(page, "actions", list_actions, engine="record"),
        Question(page, "changes found", count_changes, (chosen,), engine="record"),
        Question(page, "list", list_changes, (chosen,), {"limit": 25}, "record"),
        Question("privacy", "messages that failed", list_failed_messages, engine="record"),
    ]
