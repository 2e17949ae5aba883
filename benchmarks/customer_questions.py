"""What the pages about customers ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, get_args

from sqlalchemy import Engine, func, select

from benchmarks.question import Question, choices
from benchmarks.what_if import what_if_questions
from dashboard.analytics.segments import cells_of
from data_access import options
from data_access.bought_together import (
    RuleFilter,
    count_pair_orders,
    find_rules,
    list_pair_orders,
    list_rule_products,
    list_rules,
)
from data_access.call_capacities import list_call_capacities
from data_access.call_effects import sum_call_effect
from data_access.calls import (
    list_call_reasons,
    list_call_weeks,
    list_calls,
    sum_calls,
)
from data_access.campaign_trials import (
    list_campaign_customers,
    list_campaigns_to_try,
    list_trials,
    sum_campaign_effect,
)
from data_access.care import list_care, sum_care
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
from data_access.divisions import WAYS, Division
from data_access.erasures import count_erasures, list_erasures
from data_access.filters import OrderFilter, Period
from data_access.going_quiet import (
    QuietFilter,
    find_last_scoring,
    list_going_quiet,
    sum_going_quiet,
    sum_reasons_for_leaving,
)
from data_access.messages import sum_messages
from data_access.rebuys import list_rebuys, sum_rebuys, sum_reminder_effect
from data_access.retention import sum_repurchase, sum_repurchase_by, sum_retention
from data_access.segment_lists import (
    find_what_clusters_are,
    list_missing_categories,
    list_saved_segments,
    list_segment_customers,
)
from data_access.segment_offers import (
    count_segment_offers,
    find_segment_reach,
    list_segment_offers,
    sum_segment_offers,
)
from data_access.segment_spend import sum_segment_spend
from data_access.segments import (
    PivotBy,
    find_cut_points,
    find_segments_day,
    sum_movements,
    sum_next_purchases,
    sum_segments,
    sum_segments_by,
)
from data_access.tables import customers, orders, product_pairs
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


def customer_questions(record: Engine, as_of: date, currency: str) -> list[Question]:
    return [
        *_customers("customers", CustomerFilter(currency=currency), as_of),
        *_customer("customer", record, as_of, currency),
        *_segments("segments", currency, as_of),
        *_quiet("quiet", as_of, currency),
        *_rebuy("rebuy", OrderFilter(), as_of),
        *_calls("calls", OrderFilter(), as_of),
        *_together(record, "bought-together", as_of),
        *_segment_offers("offers for a segment", as_of),
        *_value("value", currency, as_of),
        *what_if_questions("what-if", as_of, currency),
        *_privacy("privacy", record),
    ]


def _segments(page: str, currency: str, as_of: date) -> list[Question]:
    """One way to divide at first; the others, and what stands in other tabs, by a click."""
    clicked = f"{page}, by a click"
    ways = {by: Division(by=by, currency=currency) for by in WAYS}
    cuts = replace(
        ways["rfm"], recency_days=(180, 90, 30, 9), orders=(2, 4, 8, 16),
        net_sales=(100.0, 1_000.0, 5_000.0, 20_000.0),
    )  # fmt: skip
    pivots: tuple[PivotBy, ...] = get_args(PivotBy)
    return [
        Question(page, "day of the scores", find_segments_day, (currency,)),
        *(
            Question(
                page if name == "rfm" else clicked, f"sums by {name}", sum_segments, (division,)
            )
            for name, division in {**ways, "moved cut points": cuts}.items()
        ),
        Question(page, "cut points", find_cut_points, (currency,)),
        Question(page, "movement", sum_movements, (ways["rfm"],)),
        Question(page, "customers", list_segment_customers, (ways["rfm"],), {"limit": 25}),
        *(
            Question(
                clicked,
                f"sales by {pivot}",
                sum_segments_by,
                (ways["rfm"], as_of, pivot),
            )
            for pivot in pivots
        ),
        Question(clicked, "marketing spend", sum_segment_spend, (ways["rfm"], as_of)),
        Question(clicked, "next purchases", sum_next_purchases, (ways["rfm"],)),
        Question(clicked, "not bought yet", list_missing_categories, (ways["rfm"], as_of)),
        Question(page, "saved", list_saved_segments, engine="record"),
        Question(page, "what clusters are", find_what_clusters_are, engine="record"),
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


def _rebuy(page: str, chosen: OrderFilter, as_of: date) -> list[Question]:
    asked, likely = (chosen, as_of, 14), {"sort": "probability_30", "descending": True}
    return [
        *choices(page, reps=True),
        Question(page, "sums of the dues", sum_rebuys, asked),
        Question(
            page, "first page of the dues", list_rebuys, (chosen, as_of, 14), likely, "record"
        ),
        Question(page, "effect of reminding", sum_reminder_effect, (as_of,)),
    ]


def _calls(page: str, chosen: OrderFilter, as_of: date) -> list[Question]:
    week_on = as_of - timedelta(days=as_of.weekday())
    first_page = {"limit": 25}
    return [
        *choices(page, reps=True),
        Question(page, "weeks", list_call_weeks, engine="record"),
        Question(page, "the week in numbers", sum_calls, (chosen, week_on), engine="record"),
        Question(page, "first page", list_calls, (chosen, week_on), first_page, "record"),
        Question(page, "reasons", list_call_reasons, (week_on, (1, 2, 3)), engine="record"),
        Question(page, "effect of the list", sum_call_effect, (as_of,), engine="record"),
        Question(page, "time of the reps", list_call_capacities, engine="record"),
    ]


def _together(record: Engine, page: str, as_of: date) -> list[Question]:
    """And the orders behind the two products that most orders hold together, by a click."""
    everything, clicked = RuleFilter(), f"{page}, by a click"
    pair = _most_together(record)
    return [
        Question(page, "rules in numbers", find_rules, (everything,), engine="record"),
        Question(page, "rules", list_rules, (everything,), engine="record"),
        Question(page, "products", list_rule_products, ("en",), engine="record"),
        Question(clicked, "how many orders", count_pair_orders, (*pair, as_of), engine="record"),
        Question(clicked, "their first page", list_pair_orders, (*pair, as_of), {"limit": 25},
                 "record"),
    ]  # fmt: skip


def _segment_offers(page: str, as_of: date) -> list[Question]:
    """Of the best customers, and of one product of theirs by a click."""
    asked = (Division(groups=cells_of("champions")), as_of)
    return [
        Question(page, "who can be asked", find_segment_reach, asked[:1], engine="record"),
        Question(page, "next best offers", sum_segment_offers, asked, engine="record"),
        Question(page, "how many customers", count_segment_offers, asked, engine="record"),
        Question(page, "customers, first page", list_segment_offers, asked, {"limit": 25},
                 "record"),
        Question("campaign trials", "trials", list_trials, engine="record"),
        Question("campaign trials", "campaigns to try", list_campaigns_to_try, (as_of,),
                 engine="record"),
        Question("campaign trials", "customers of one", list_campaign_customers, (1,),
                 engine="record"),
        Question("campaign trials", "what they count", sum_campaign_effect, (as_of,),
                 engine="record"),
    ]  # fmt: skip


def _most_together(record: Engine) -> tuple[int, int]:
    """Of the pairs that were worked out; without one, two products."""
    pairs = select(product_pairs.c.product_id, product_pairs.c.other_product_id)
    with record.connect() as connection:
        row = connection.execute(pairs.order_by(product_pairs.c.together.desc()).limit(1)).first()
    return (int(row[0]), int(row[1])) if row else (1, 2)


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
        Question(page, "options", list_customer_options, ("en",)),
        Question(page, "customers found", count_customers, (chosen,), engine="record"),
        Question(page, "list, by name", list_customers, (chosen,), first_page, "record"),
        Question(clicked, "care, how many", sum_care, (as_of,), engine="record"),
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


def _privacy(page: str, record: Engine) -> list[Question]:
    with record.connect() as connection:
        customer_id = connection.scalar(select(func.min(customers.c.customer_id)))
    clicked = f"{page}, by a click"
    return [
        Question(page, "consent", sum_consents, engine="record"),
        Question(page, "messages", sum_messages, engine="record"),
        Question(page, "erasures found", count_erasures, engine="record"),
        Question(page, "erasures", list_erasures, engine="record"),
        Question(clicked, "consent of one", find_consent, (customer_id,), engine="record"),
        Question(clicked, "its history", list_consents, (customer_id,), engine="record"),
    ]
