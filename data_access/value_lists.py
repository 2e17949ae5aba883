"""Customers one by one: those of a cohort, and what is known of each as a table to take away."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import ColumnElement, Engine, Select, Subquery, func, select

from data_access.consent import only_refusals, without_refusals
from data_access.filters import Period, in_period, name_in
from data_access.frames import read_frame, read_row
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.scope import Scope
from data_access.value import ValueFilter, chosen_customers, with_scores

CohortSort = Literal["net_sales", "net_sales_12m", "predicted_value", "last_on"]
# of customer_scores, in the order of the file
FEATURES = (
    "as_of_on", "orders", "orders_12m", "first_ordered_on", "last_ordered_on", "usual_gap_days",
    "net_sales", "net_sales_12m", "net_sales_prior_12m", "margin_12m", "currency",
    "discount_share", "categories", "enquiries_90", "enquiries_prior_90", "recency_score",
    "frequency_score", "monetary_score", "segment", "rule_segment", "cluster", "silent_30",
    "silent_90", "silent_180", "expected_orders_12m", "predicted_value_12m", "predicted_low",
    "predicted_high", "value_at_risk_90",
)  # fmt: skip
ABOUT = ("customer_type", "industry", "grade", "source", "city", "country")
CONTACT = ("phone", "email")


def list_cohort_customers(
    engine: Engine,
    scope: Scope,
    value_filter: ValueFilter,
    first_order: Period,
    *,
    as_of: date,
    sort: CohortSort = "net_sales",
    descending: bool = True,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """A page of the customers whose first order is of these days; `keyset.next_page(frame)` is the
    `after` of the next.

    customer_id, customer, rep, region, first_on, last_on, orders, net_sales, net_sales_12m,
    predicted_value, predicted_low, predicted_high, silent_90 (NULL: not scored)
    """
    found = with_scores(scope, value_filter, as_of)
    return read_page(
        engine,
        Sort(found.c[sort], found.c.customer_id, descending),
        select(found).where(in_period(found.c.first_on, first_order)),
        lambda page: _shown(scope, page, language),
        limit=limit,
        after=after,
    )


def list_customer_features(
    engine: Engine,
    scope: Scope,
    value_filter: ValueFilter,
    *,
    for_contact: bool,
    limit: int,
    language: str = "en",
) -> pd.DataFrame:
    """customer_id, the columns ABOUT the customer, rep, region, preferred_category and FEATURES, a
    row for each scored customer, the most valuable first. `for_contact`, also customer (the name)
    and the columns of CONTACT as the person may read them, and without those who refuse it."""
    customers, scores = scope.visible.customers, scope.visible.customer_scores
    named = [_name(scope, language, *each) for each in _NAMED]
    person = [name_in(language, customers).label("customer")] if for_contact else []
    contact = [customers.c[name] for name in CONTACT] if for_contact else []
    statement = (
        _scored(scope, value_filter)
        .with_only_columns(
            customers.c.customer_id,
            *person,
            *contact,
            *(customers.c[name] for name in ABOUT),
            *named,
            *(scores.c[name] for name in FEATURES),
        )
        .order_by(func.coalesce(scores.c.predicted_value_12m, 0).desc(), customers.c.customer_id)
        .limit(limit)
    )
    return read_frame(engine, without_refusals(statement, customers) if for_contact else statement)


def count_customer_features(engine: Engine, scope: Scope, value_filter: ValueFilter) -> int:
    """The scored customers whom the filter chooses."""
    statement = _scored(scope, value_filter).with_only_columns(func.count().label("customers"))
    return int(read_frame(engine, statement)["customers"].iloc[0])


def count_refusals(engine: Engine, scope: Scope, value_filter: ValueFilter) -> int:
    """Of those, the customers who refuse contact."""
    statement = only_refusals(_scored(scope, value_filter), scope.visible.customers)
    row = read_row(engine, statement)
    return int(row["left_out"]) if row else 0


def _scored(scope: Scope, value_filter: ValueFilter) -> Select[Any]:
    customers, scores = scope.visible.customers, scope.visible.customer_scores
    return (
        select(customers.c.customer_id)
        .join_from(scores, customers, customers.c.customer_id == scores.c.customer_id)
        .where(scores.c.currency == value_filter.currency, *chosen_customers(scope, value_filter))
    )


# relation, its key, the relation and column that refer to it, and how the name is called
_NAMED = (
    ("employees", "employee_id", "customers", "owner_id", "rep"),
    ("regions", "region_id", "customers", "region_id", "region"),
    ("categories", "category_id", "customer_scores", "preferred_category_id", "preferred_category"),
)


def _name(
    scope: Scope, language: str, named: str, key: str, of: str, by: str, label: str
) -> ColumnElement[Any]:
    relation, refers = getattr(scope.visible, named), getattr(scope.visible, of)
    found = select(name_in(language, relation)).where(relation.c[key] == refers.c[by])
    return found.correlate(refers).scalar_subquery().label(label)


def _shown(scope: Scope, page: Subquery, language: str) -> Select[Any]:
    customers, employees, regions = (
        scope.visible.customers, scope.visible.employees, scope.visible.regions
    )  # fmt: skip
    return (
        select(
            page.c.customer_id,
            name_in(language, customers).label("customer"),
            name_in(language, employees).label("rep"),
            name_in(language, regions).label("region"),
            page.c.first_on,
            page.c.last_on,
            page.c.orders,
            page.c.net_sales,
            page.c.net_sales_12m,
            page.c.predicted_value,
            page.c.predicted_low,
            page.c.predicted_high,
            page.c.silent_90,
        )
        .join_from(page, customers, customers.c.customer_id == page.c.customer_id)
        .outerjoin(employees, employees.c.employee_id == customers.c.owner_id)
        .outerjoin(regions, regions.c.region_id == customers.c.region_id)
    )
