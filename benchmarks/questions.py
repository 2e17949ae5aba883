"""Every question that a page asks, with the arguments it asks it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import Engine, func, select

from data_access import options
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
from data_access.care import list_care, sum_care
from data_access.comments import list_comments, list_people_to_mention
from data_access.consent import find_consent, list_consents, sum_consents
from data_access.customer_details import (
    find_customer_concerns,
    find_customer_scores,
    list_customer_contacts,
    list_customer_segments,
    sum_customer_categories,
    sum_customer_value,
)
from data_access.customer_filter import CustomerFilter
from data_access.customer_timeline import count_customer_events, list_customer_events
from data_access.customers import (
    count_customers,
    find_customer,
    find_customer_by_phone,
    list_customer_options,
    list_customers,
)
from data_access.days import compared_periods
from data_access.delivery import (
    sum_cycle_times,
    sum_cycle_times_over_time,
    sum_punctuality,
    sum_punctuality_over_time,
)
from data_access.divisions import WAYS, Division
from data_access.dwelling import sum_dwell_times, sum_queues
from data_access.effects import Proposed, find_effect
from data_access.erasures import count_erasures, list_erasures
from data_access.filters import OrderFilter, Period
from data_access.going_quiet import (
    QuietFilter,
    find_last_scoring,
    list_going_quiet,
    sum_going_quiet,
    sum_reasons_for_leaving,
)
from data_access.late_orders import list_open_orders, list_stage_histories
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
from data_access.rebuys import (
    find_last_rebuy_run,
    list_rebuys,
    sum_rebuys,
    sum_reminder_effect,
)
from data_access.receivables import (
    list_receivables,
    sum_payments_over_time,
    sum_receivables_by_age,
)
from data_access.retention import sum_repurchase, sum_repurchase_by, sum_retention
from data_access.rules import list_discount_limits, list_stage_rules
from data_access.sales import (
    sum_sales_by_category,
    sum_sales_by_channel,
    sum_sales_by_day,
    sum_sales_by_region,
)
from data_access.scope import Scope
from data_access.segment_lists import (
    find_what_clusters_are,
    list_missing_categories,
    list_saved_segments,
    list_segment_customers,
)
from data_access.segments import (
    PivotBy,
    find_cut_points,
    find_segments_day,
    sum_movements,
    sum_next_purchases,
    sum_segments,
    sum_segments_by,
)
from data_access.tables import customers, orders, products
from data_access.value import (
    ValueFilter,
    find_shared_error,
    list_sources,
    sum_sales_by_tenth,
    sum_value_by_cohort,
)
from data_access.value_lists import (
    count_customer_features,
    count_refusals,
    list_cohort_customers,
    list_customer_features,
)
from data_access.work_queues import Queue, list_mentions, list_queue_orders, sum_work_queues


@dataclass(frozen=True)
class Question:
    page: str
    name: str
    query: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    engine: Literal["analytics", "record"] = "analytics"

    def ask(self, engine: Engine, scope: Scope) -> Any:
        return self.query(engine, scope, *self.arguments, **self.named)


def page_questions(record: Engine, as_of: date, currency: str) -> list[Question]:
    days = {f"{n} days": Period(as_of - timedelta(days=n - 1), as_of) for n in (30, 365)}
    found = []
    for name, period in days.items():
        chosen = OrderFilter(period=period, currency=currency)
        found += _overview(f"overview, {name}", chosen, period, as_of)
    quarter = Period(as_of - timedelta(days=89), as_of)
    found += _orders("orders, 90 days", OrderFilter(period=quarter, currency=currency), as_of)
    found += _order("order", record, as_of)
    month = OrderFilter(period=days["30 days"], currency=currency)
    found += _delivery("delivery, 30 days", month, as_of)
    found += _new_order("new-order", record, as_of)
    found += _receivables("receivables", OrderFilter(currency=currency), as_of)
    found += _rebuy("rebuy", OrderFilter(), as_of)
    found += _value("value", currency, as_of)
    found += _customers("customers", CustomerFilter(currency=currency), as_of)
    found += _customer("customer", record, as_of, currency)
    found += _work("work", as_of)
    found += _quiet("quiet", as_of, currency)
    found += _segments("segments", currency, as_of)
    found += _changes("changes", Period(as_of - timedelta(days=29), as_of))
    found += _privacy("privacy", record)
    return found


def _overview(page: str, chosen: OrderFilter, period: Period, as_of: date) -> list[Question]:
    compared = compared_periods(period).values()
    days = (period, *(Period(each.end, each.end) for each in compared if each != period))
    return [
        *_choices(page),
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
    ]


def _choices(page: str, *, reps: bool = False) -> list[Question]:
    named = {
        "channels": options.list_channels,
        "regions": options.list_regions,
        "categories": options.list_categories,
        **({"reps": options.list_reps} if reps else {}),
    }
    return [
        Question(page, "orders by option", options.count_orders_by_option),
        *(
            Question(page, f"names of {name}", query, ("en",), engine="record")
            for name, query in named.items()
        ),
        Question(page, "what is recorded", options.find_what_is_recorded, engine="record"),
    ]


def _orders(page: str, chosen: OrderFilter, as_of: date) -> list[Question]:
    """What the page asks at first, and apart from it what it is asked for by a click."""
    first_page = {"as_of": as_of, "language": "en"}
    clicked = f"{page}, by a click"
    sorts = (("promised_on", False), ("net_sales", True), ("days_late", True))
    return [
        *_choices(page, reps=True),
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
        *_choices(page),
        Question(page, "punctuality, 3 periods", sum_punctuality, asked),
        Question(page, "punctuality by day", sum_punctuality_over_time, (*asked, "day")),
        Question(page, "cycle times, 3 periods", sum_cycle_times, asked),
        Question(page, "cycle times by day", sum_cycle_times_over_time, (*asked, "day")),
        Question(page, "stage histories", list_stage_histories, (as_of,)),
        Question(page, "open orders", list_open_orders, (replace(chosen, period=None), as_of)),
        *(
            Question(page, f"{name} by {by}", query, (*asked, by))
            for name, query in (("time", sum_dwell_times), ("queues", sum_queues))
            for by in ("stage", "channel")
        ),
    ]


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


def _rebuy(page: str, chosen: OrderFilter, as_of: date) -> list[Question]:
    asked, likely = (chosen, as_of, 14), {"sort": "probability_30", "descending": True}
    return [
        *_choices(page, reps=True),
        Question(page, "sums of the dues", sum_rebuys, asked),
        Question(
            page, "first page of the dues", list_rebuys, (chosen, as_of, 14), likely, "record"
        ),
        Question(page, "effect of reminding", sum_reminder_effect, (as_of,)),
        Question(f"{page}, nothing due", "last refresh", find_last_rebuy_run, engine="record"),
    ]


def _value(page: str, currency: str, as_of: date) -> list[Question]:
    """What the page asks at first, and what it is asked for by a click."""
    everybody, clicked = ValueFilter(currency=currency), f"{page}, by a click"
    asked = (everybody, as_of)
    ends = tuple(as_of - timedelta(days=91 * step) for step in reversed(range(10)))
    quarter = Period(as_of - timedelta(days=455), as_of - timedelta(days=365))
    first_page = {"as_of": as_of, "limit": 25}
    features = {"for_contact": True, "limit": 100_000}
    return [
        Question(page, "sources", list_sources),
        Question(page, "value by cohort", sum_value_by_cohort, asked),
        Question(page, "retention", sum_retention, asked),
        Question(page, "repurchase rate over time", sum_repurchase, (everybody, ends)),
        Question(page, "repurchase rate by channel", sum_repurchase_by, (*asked, "channel")),
        Question(page, "sales by tenth", sum_sales_by_tenth, asked),
        Question(page, "shared error", find_shared_error, engine="record"),
        Question(page, "scored customers", count_customer_features, (everybody,)),
        Question(clicked, "repurchase rate by region", sum_repurchase_by, (*asked, "region")),
        Question(clicked, "customers of a cohort", list_cohort_customers, (everybody, quarter),
                 first_page),
        Question(clicked, "refusals", count_refusals, (everybody,)),
        Question(clicked, "features to export", list_customer_features, (everybody,), features),
    ]  # fmt: skip


def _customers(page: str, chosen: CustomerFilter, as_of: date) -> list[Question]:
    first_page: dict[str, Any] = {"as_of": as_of, "limit": 25}
    clicked, year = f"{page}, by a click", Period(as_of - timedelta(days=364), as_of)
    searched = replace(chosen, search="ann")
    by_phone = replace(chosen, search="138 1234")
    idle = replace(chosen, bought=False, period=year)
    return [
        Question(page, "options", list_customer_options, ("en",), engine="record"),
        Question(page, "customers found", count_customers, (chosen,), engine="record"),
        Question(page, "list, by name", list_customers, (chosen,), first_page, "record"),
        Question(page, "care, how many", sum_care, (as_of,), engine="record"),
        *(
            Question(clicked, f"list, {name}", list_customers, (wanted,),
                     {**first_page, **more}, "record")
            for name, wanted, more in (
                ("last order first", chosen, {"sort": "last_order", "descending": True}),
                ("part of a name", searched, {}),
                ("part of a phone", by_phone, {}),
                ("not bought in a year", idle, {}),
            )
        ),
        Question(clicked, "not bought in a year, found", count_customers, (idle,), engine="record"),
        Question(clicked, "whole phone", find_customer_by_phone, ("13812345678",), engine="record"),
        *(
            Question(clicked, f"care, {cause}", list_care, (cause, as_of), {"limit": 20}, "record")
            for cause in ("birthday", "anniversary", "delivered")
        ),
    ]  # fmt: skip


def _customer(page: str, record: Engine, as_of: date, currency: str) -> list[Question]:
    """A customer of some orders, where there is one."""
    with record.connect() as connection:
        bought = select(orders.c.customer_id).where(orders.c.customer_id.is_not(None)).limit(1)
        customer_id = connection.scalar(bought) or connection.scalar(
            select(customers.c.customer_id).limit(1)
        )
    if customer_id is None:
        return []
    of_day = {"concerns": find_customer_concerns, "value": sum_customer_value}
    plain = {
        "customer": find_customer, "contacts": list_customer_contacts,
        "scores": find_customer_scores, "segments": list_customer_segments,
        "events found": count_customer_events, "timeline": list_customer_events,
    }  # fmt: skip
    return [
        *(Question(page, name, query, (customer_id, as_of), engine="record")
          for name, query in of_day.items()),
        *(Question(page, name, query, (customer_id,), engine="record")
          for name, query in plain.items()),
        Question(page, "categories", sum_customer_categories, (customer_id, as_of, currency),
                 engine="record"),
    ]  # fmt: skip


def _work(page: str, as_of: date) -> list[Question]:
    evening = datetime.combine(as_of, time(10))
    queues: tuple[Queue, ...] = ("late", "to_ship", "unpaid")
    rules = {"rules": list_stage_rules, "discount limits": list_discount_limits}
    return [
        Question(page, "queues", sum_work_queues, (evening, as_of), engine="record"),
        Question(page, "mentions", list_mentions, (1,), engine="record"),
        *(
            Question(page, f"orders {queue}", list_queue_orders, (queue, evening, as_of),
                     {"limit": 25}, "record")
            for queue in queues
        ),
        *(Question(page, name, query, engine="record") for name, query in rules.items()),
    ]  # fmt: skip


def _privacy(page: str, record: Engine) -> list[Question]:
    with record.connect() as connection:
        customer_id = connection.scalar(select(func.min(customers.c.customer_id)))
    clicked = f"{page}, by a click"
    return [
        Question(page, "consent", sum_consents, engine="record"),
        Question(page, "erasures found", count_erasures, engine="record"),
        Question(page, "erasures", list_erasures, engine="record"),
        Question(clicked, "consent of one", find_consent, (customer_id,), engine="record"),
        Question(clicked, "its history", list_consents, (customer_id,), engine="record"),
    ]


def _quiet(page: str, as_of: date, currency: str) -> list[Question]:
    quiet = QuietFilter(currency=currency)
    return [
        Question(page, "names of reps", options.list_reps, ("en",), engine="record"),
        Question(page, "who goes quiet, in numbers", sum_going_quiet, (as_of, quiet)),
        Question(page, "list", list_going_quiet, (as_of, quiet), {"limit": 25}),
        Question(page, "what went before", sum_reasons_for_leaving, (as_of, quiet)),
        Question(page, "the last scoring", find_last_scoring, engine="record"),
    ]


def _changes(page: str, period: Period) -> list[Question]:
    chosen = ChangeFilter(period=period)
    return [
        Question(page, "people", list_actors, engine="record"),
        Question(page, "actions", list_actions, engine="record"),
        Question(page, "changes found", count_changes, (chosen,), engine="record"),
        Question(page, "list", list_changes, (chosen,), {"limit": 25}, "record"),
    ]


def _segments(page: str, currency: str, as_of: date) -> list[Question]:
    ways = {by: Division(by=by, currency=currency) for by in WAYS}
    cuts = replace(
        ways["rfm"], recency_days=(180, 90, 30, 9), orders=(2, 4, 8, 16),
        net_sales=(100.0, 1_000.0, 5_000.0, 20_000.0),
    )  # fmt: skip
    pivots: tuple[PivotBy, ...] = get_args(PivotBy)
    return [
        Question(page, "day of the scores", find_segments_day, (currency,)),
        *(
            Question(page, f"sums by {name}", sum_segments, (division,))
            for name, division in {**ways, "moved cut points": cuts}.items()
        ),
        Question(page, "cut points", find_cut_points, (currency,)),
        Question(page, "movement", sum_movements, (ways["rfm"],)),
        Question(page, "customers", list_segment_customers, (ways["rfm"],), {"limit": 25}),
        *(
            Question(page, f"sales by {pivot}", sum_segments_by, (ways["rfm"], as_of, pivot))
            for pivot in pivots
        ),
        Question(page, "next purchases", sum_next_purchases, (ways["rfm"],)),
        Question(page, "not bought yet", list_missing_categories, (ways["rfm"], as_of)),
        Question(page, "saved", list_saved_segments, engine="record"),
        Question(page, "what clusters are", find_what_clusters_are, engine="record"),
    ]
