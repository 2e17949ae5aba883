"""Who sees what: one table, role → relation → (rows, masked columns).

A relation that a role does not name has no rows, and every column of it is NULL. A mask is part of
the relation, so filters, sorting, grouping, search and exports meet only the masked value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, case, cast, func, literal, null
from sqlalchemy import false as nothing

Mask = Callable[["Column[Any]"], "ColumnElement[Any]"]


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    SALES_LEAD = "sales_lead"
    SALES_REP = "sales_rep"
    ANALYST = "analyst"
    FINANCE = "finance"
    WAREHOUSE = "warehouse"
    SUPPORT = "support"
    PARTNER = "partner"


class Rows(StrEnum):
    """Which rows of a relation a role sees; `scope.py` turns each into a predicate."""

    ALL = "all"
    OWN_REGIONS = "rows of the person's regions"
    OWN = "rows of the person's own customers, or the person"
    OWN_CHANNEL = "orders of the partner's channel"
    TO_SHIP = "orders that are confirmed, in processing or on their way"
    OF_VISIBLE_ORDERS = "rows that belong to an order the person sees"
    OF_VISIBLE_CUSTOMERS = "rows that belong to a customer the person sees"
    OF_VISIBLE_ORDERS_OR_CUSTOMERS = "rows of an order or a customer the person sees"
    NAMED_BY_VISIBLE_ORDERS = "rows that an order the person sees refers to"
    OF_VISIBLE_FORECASTS = "rows that belong to a forecast the person sees"
    OF_VISIBLE_PUBLISHED = "rows that belong to a published forecast the person sees"
    OF_VISIBLE_ALERTS = "rows that belong to a warning the person sees"
    ABOUT_STOCK = "warnings about stock"
    WAITED_FOR = "warnings about stock that an order the person sees waits for"
    LACKED = "warnings about stock that an order the person sees lacks"
    OF_EQUAL_REGIONS = "rows worked out from exactly the person's regions"


def hidden(column: Column[Any]) -> ColumnElement[Any]:
    """NULL of the column's type."""
    return cast(null(), column.type).label(column.name)


def phone(column: Column[Any]) -> ColumnElement[Any]:
    """13812345678 → 138****5678; fewer than seven characters → ****."""
    ends = func.substr(column, 1, 3) + "****" + func.substr(column, func.length(column) - 3)
    return _unless_null(column, case((func.length(column) >= 7, ends), else_=literal("****")))


def initial(column: Column[Any]) -> ColumnElement[Any]:
    """zhang@example.com → z***"""
    return _unless_null(column, func.substr(column, 1, 1) + "***")


def of_own(column: Column[Any]) -> ColumnElement[Any]:
    """A count of a reason to call, unless it is of everybody's customers."""
    is_shared = column.table.c.cause == "new"
    return case((is_shared, cast(null(), column.type)), else_=column).label(column.name)


def half_lift(column: Column[Any]) -> ColumnElement[Any]:
    """How many times as often as by chance, to a half: no count can be got from it."""
    lift = cast(func.round(column.table.c.lift * 2) / 2, column.type)
    return lift.label(column.name)


def whole_weeks(column: Column[Any]) -> ColumnElement[Any]:
    """Units that are enough for 1, 2, 4, … 64 weeks of the row's `daily_demand`, whichever is
    nearest: an economic quantity would tell the price, this one only its order of magnitude."""
    week = column.table.c.daily_demand * 7
    steps = [(column < week * 2**power * _MIDDLE, week * 2**power) for power in range(6)]
    units = case((week <= 0, column), *steps, else_=week * 64)
    return _unless_null(column, cast(func.round(units), column.type))


_MIDDLE = 2**0.5


def _unless_null(column: Column[Any], masked: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((column.is_(None), cast(null(), column.type)), else_=masked).label(column.name)


@dataclass(frozen=True)
class Rule:
    rows: Rows = Rows.ALL
    masks: Mapping[str, Mask] = field(default_factory=dict)


def _hide(*columns: str) -> dict[str, Mask]:
    return dict.fromkeys(columns, hidden)


ALL = Rule()
CONTACT: dict[str, Mask] = {
    "phone": phone,
    "email": initial,
    "contact_name": initial,
    "address": hidden,
    "ship_address": hidden,
    "born_on": hidden,
}
CONTACT_PERSON: dict[str, Mask] = {**CONTACT, "name": initial}
MARGIN = _hide("cost", "unit_cost", "margin_12m")
PRICES = _hide(
    "cost", "unit_cost", "list_price", "unit_price", "discount_rate", "gross_sales",
    "returns_value", "net_sales",
)  # fmt: skip
MONEY = {**PRICES, **_hide("amount", "paid", "budget", "coupon_code", "due_on")}
CONTENTS = _hide(
    "units", "returned_units", "coupon_code", "note", "ship_address", "campaign_id", "warehouse_id"
)

BUSINESS = (
    "regions", "channels", "employees", "customers", "contacts", "suppliers", "categories",
    "products", "warehouses", "stock", "stock_movements", "replenishments", "campaigns", "orders",
    "order_lines", "payments", "shipments", "returns", "feedback", "interactions", "targets",
    "opportunities", "comments", "mentions", "stage_rules", "discount_limits", "customer_scores",
    "segment_history", "rebuy_dues", "stock_plans", "reminders", "saved_segments", "refreshes",
    "consents", "customer_merges", "completeness", "messages", "forecasts", "forecast_values",
    "forecast_backtests", "forecast_components", "forecast_adjustments", "published_forecasts",
    "published_forecast_values", "calendar_events", "scenarios", "scenario_shares", "anomaly_notes",
    "allocations", "alerts", "alert_orders", "alert_answers",
    "calls", "call_reasons", "call_marks", "call_capacities",
    "what_if_learnt",
    "offers", "offer_lists", "product_pairs", "offer_evaluations",
    "campaign_trials", "campaign_customers",
)  # fmt: skip
CATALOGUE = {"channels": ALL, "categories": ALL, "products": ALL, "campaigns": ALL}
STOCK = {"warehouses": ALL, "stock": ALL}
_OF_ORDERS = ("order_lines", "payments", "shipments", "returns", "allocations")
# The log of an order tells who did what, when and why; what stood in a row before and after may be
# masked for a role, and JSON cannot be masked by column.
LOG = Rule(
    Rows.OF_VISIBLE_ORDERS,
    _hide("before", "after", "request_id", "undoes", "previous_hash", "hash"),
)
# The whole log, with the personal values in it, and who was erased from it.
WHOLE_LOG = {"audit": ALL, "sealed_values": ALL, "erasures": ALL}
TALK = {"comments": Rule(Rows.OF_VISIBLE_ORDERS), "mentions": Rule(Rows.OF_VISIBLE_ORDERS)}
# Whom a comment can call: colleagues by name, role, and which orders are theirs.
COLLEAGUES = {
    "users": Rule(
        masks=_hide(
            "email", "password_hash", "channel", "language", "is_demo", "created_at",
            "password_changed_at",
        )
    ),
    "user_regions": ALL,
}  # fmt: skip
LIMITS = {"stage_rules": ALL, "discount_limits": ALL}
# Of the regions a lead has: the company's total would tell what the other regions are to sell.
FORECASTS = {
    **dict.fromkeys(
        ("forecasts", "forecast_adjustments", "published_forecasts"), Rule(Rows.OWN_REGIONS)
    ),
    **dict.fromkeys(
        ("forecast_values", "forecast_backtests", "forecast_components"),
        Rule(Rows.OF_VISIBLE_FORECASTS),
    ),
    "published_forecast_values": Rule(Rows.OF_VISIBLE_PUBLISHED),
}
ALERTS = {
    "alerts": Rule(Rows.ABOUT_STOCK),
    "alert_orders": Rule(Rows.OF_VISIBLE_ORDERS),
    "alert_answers": Rule(Rows.OF_VISIBLE_ALERTS),
}
# What everybody orders is not for who sees some of the orders.
_DEMAND = _hide("demand_facts")
_OF_CUSTOMERS = (
    "contacts", "interactions", "opportunities", "customer_scores", "segment_history", "rebuy_dues",
    "reminders", "consents", "messages", "calls", "call_reasons", "call_marks",
    "campaign_customers",
)  # fmt: skip

# What a merge keeps of both customers is for the command that brings one back, for nobody to read.
_RECORD = _hide("record")
# How many customers there are in all is not for who sees some of them.
_COUNTS = _hide("row_count", "details")
# Neither are counts over everybody: less those that the person sees they would tell of few others.
# A share in round numbers tells no count, of however many it is the same.
_SHARED = _hide("shared_count", "shared_base")
_PAIRS: dict[str, Mask] = {
    **_hide("together", "product_orders", "other_orders", "orders", "lift_high", "q_value"),
    "lift": half_lift,
    "lift_low": half_lift,
}
_everything = {**dict.fromkeys(BUSINESS, ALL), "customer_merges": Rule(masks=_RECORD)}
_masked_everything = {
    **{name: Rule(masks=CONTACT_PERSON if name == "contacts" else CONTACT) for name in BUSINESS},
    "customer_merges": Rule(masks=_RECORD),
    "messages": Rule(masks={**CONTACT, **_hide("subject", "body", "last_error")}),
}


def _sales(rows: Rows) -> dict[str, Rule]:
    return {
        **CATALOGUE,
        **STOCK,
        **TALK,
        **COLLEAGUES,
        **LIMITS,
        "audit": LOG,
        **{name: Rule(Rows.OF_VISIBLE_ORDERS) for name in _OF_ORDERS},
        "regions": Rule(rows),
        "employees": Rule(rows),
        "customers": Rule(rows),
        "orders": Rule(rows),
        "targets": Rule(rows),
        **{name: Rule(Rows.OF_VISIBLE_CUSTOMERS) for name in _OF_CUSTOMERS},
        "offers": Rule(Rows.OF_VISIBLE_CUSTOMERS, _SHARED),
        "offer_lists": Rule(Rows.OF_VISIBLE_CUSTOMERS, _hide("late_orders", "counts")),
        "call_reasons": Rule(Rows.OF_VISIBLE_CUSTOMERS, {"counted": of_own, "counted_of": of_own}),
        "customer_merges": Rule(Rows.OF_VISIBLE_CUSTOMERS, _RECORD),
        "completeness": Rule(rows),
        "product_pairs": Rule(masks=_PAIRS),
        "offer_evaluations": Rule(masks=_hide("customers")),
        "saved_segments": ALL,
        "calendar_events": ALL,  # what explains unusual days explains them to everybody
        "anomaly_notes": Rule(Rows.OWN),
        "call_capacities": ALL,
        "campaign_trials": ALL,
        "refreshes": Rule(masks=_COUNTS),
        "feedback": Rule(Rows.OF_VISIBLE_ORDERS_OR_CUSTOMERS),
    }


POLICY: Mapping[Role, Mapping[str, Rule]] = {
    Role.ADMIN: {
        **_everything,
        "users": Rule(masks=_hide("password_hash")),
        "user_regions": ALL,
        **WHOLE_LOG,
    },
    Role.MANAGER: {**_everything, **COLLEAGUES, **WHOLE_LOG},
    Role.ANALYST: {**_masked_everything, "audit": LOG, "users": COLLEAGUES["users"]},
    Role.SALES_LEAD: {
        **_sales(Rows.OWN_REGIONS),
        "replenishments": ALL,
        "stock_plans": ALL,
        **FORECASTS,
        # what somebody saved holds the numbers of regions that are not the lead's
        "scenarios": Rule(masks=_hide("result")),
        "scenario_shares": ALL,
        **ALERTS,
        "alerts": Rule(Rows.WAITED_FOR, _DEMAND),
        "what_if_learnt": Rule(Rows.OF_EQUAL_REGIONS),
    },
    Role.SALES_REP: {
        **_sales(Rows.OWN),
        **ALERTS,
        "alerts": Rule(Rows.LACKED, _DEMAND),
    },
    Role.FINANCE: {
        "regions": ALL,
        "channels": ALL,
        "employees": Rule(masks=CONTACT),
        "customers": Rule(masks=CONTACT),
        "orders": Rule(masks={**MARGIN, **CONTENTS}),
        "payments": ALL,
        "stage_rules": ALL,
        "audit": LOG,
    },
    Role.WAREHOUSE: {
        **STOCK,
        "regions": ALL,
        "channels": ALL,
        "categories": ALL,
        "products": Rule(masks=PRICES),
        "suppliers": ALL,
        "stock_movements": ALL,
        # by its share of the value, or by what is economic to order, a price could be told
        "stock_plans": Rule(masks={**_hide("value_share"), "order_quantity": whole_weeks}),
        "replenishments": Rule(masks=PRICES),
        "orders": Rule(Rows.TO_SHIP, MONEY),
        "order_lines": Rule(Rows.OF_VISIBLE_ORDERS, PRICES),
        "shipments": Rule(Rows.OF_VISIBLE_ORDERS),
        "allocations": Rule(Rows.OF_VISIBLE_ORDERS),
        **TALK,
        **COLLEAGUES,
        "stage_rules": ALL,
        **ALERTS,
        "audit": LOG,
        "customers": Rule(
            Rows.NAMED_BY_VISIBLE_ORDERS, {"phone": phone, "email": hidden, "born_on": hidden}
        ),
    },
    Role.SUPPORT: {
        "regions": ALL,
        "channels": ALL,
        "categories": ALL,
        "employees": Rule(masks=CONTACT),
        "products": Rule(masks=MARGIN),
        "customers": ALL,
        "contacts": ALL,
        "orders": Rule(masks={**MARGIN, **_hide("paid")}),
        "order_lines": Rule(masks=MARGIN),
        "shipments": ALL,
        "returns": ALL,
        "feedback": ALL,
        "interactions": ALL,
        "consents": ALL,
        "customer_scores": Rule(masks=MARGIN),
        "segment_history": ALL,
        "rebuy_dues": ALL,
        "reminders": ALL,
        "offers": ALL,
        "product_pairs": ALL,
        "offer_evaluations": ALL,
        "messages": Rule(Rows.OF_VISIBLE_CUSTOMERS),  # not those that tell others of warnings
        "refreshes": ALL,
        **TALK,
        **COLLEAGUES,
        **LIMITS,
        "audit": LOG,
    },
    Role.PARTNER: {
        "regions": Rule(Rows.NAMED_BY_VISIBLE_ORDERS),
        "channels": Rule(Rows.OWN_CHANNEL),
        "categories": ALL,
        "products": Rule(masks=MARGIN),
        "customers": Rule(Rows.NAMED_BY_VISIBLE_ORDERS, CONTACT),
        "orders": Rule(Rows.OWN_CHANNEL, {**MARGIN, **_hide("note")}),
        "order_lines": Rule(Rows.OF_VISIBLE_ORDERS, MARGIN),
        "payments": Rule(Rows.OF_VISIBLE_ORDERS),
        "shipments": Rule(Rows.OF_VISIBLE_ORDERS),
        "returns": Rule(Rows.OF_VISIBLE_ORDERS),
    },
}

NO_ROWS = nothing()
