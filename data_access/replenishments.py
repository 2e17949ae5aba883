"""Requests to replenish: how many there are in each state, and each with what became of it. Asked
of the record, which alone knows the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
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
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from data_access.columns import Money
from data_access.dialects import ZONE, day_after_minutes, days_between, holds, minutes_ahead
from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.scope import Scope

RequestState = Literal["proposed", "approved", "ordered", "received", "closed", "rejected"]
REQUEST_STATES: tuple[RequestState, ...] = (
    "proposed", "approved", "ordered", "received", "closed", "rejected",
)  # fmt: skip
RequestSort = Literal["requested_at", "expected_on", "needed_by", "quantity", "value"]
OPEN_STATES = ("proposed", "approved", "ordered")
POINT, BY_HAND = "Below the reorder point", "By hand"  # causes as they are stored
OF_AN_ORDER = "An order"  # the cause, where it is an order that the person does not see
_PEOPLE = {
    "requested_by": "requester",
    "decided_by": "decider",
    "ordered_by": "orderer",
    "received_by": "receiver",
    "closed_by": "closer",
}


@dataclass(frozen=True)
class RequestFilter:
    """Which requests; empty: all. `search` is part of a SKU, a product, a supplier or a cause."""

    states: tuple[str, ...] = ()
    warehouse_ids: tuple[int, ...] = ()
    supplier_ids: tuple[int, ...] = ()
    category_ids: tuple[int, ...] = ()
    replenishment_ids: tuple[int, ...] = ()
    search: str = ""


def count_replenishments(
    engine: Engine, scope: Scope, request_filter: RequestFilter, as_of: date
) -> pd.DataFrame:
    """state, requests, part_received (some of it came), late (on order, and expected before
    `as_of`), units (still to come), value (NULL where costs are hidden, or the currencies are
    several), currency: one row for each state that occurs, whatever states the filter names."""
    wanted = _chosen(scope, replace(request_filter, states=())).subquery("wanted").c
    one = func.count(wanted.currency.distinct()) <= 1
    is_late = (wanted.state == "ordered") & (wanted.expected_on < as_of)
    return read_frame(
        engine,
        select(
            wanted.state,
            func.count().label("requests"),
            func.sum(case((wanted.received_quantity > 0, 1), else_=0)).label("part_received"),
            func.sum(case((is_late, 1), else_=0)).label("late"),
            func.sum(wanted.open_units).label("units"),
            case((one, func.sum(wanted.value, type_=Money))).label("value"),
            case((one, func.min(wanted.currency))).label("currency"),
        )
        .group_by(wanted.state)
        .order_by(wanted.state),
    )


def list_replenishments(
    engine: Engine,
    scope: Scope,
    request_filter: RequestFilter,
    *,
    as_of: date,
    sort: RequestSort = "requested_at",
    descending: bool = False,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
    zone: str = ZONE,
) -> pd.DataFrame:
    """A page of requests; `keyset.next_page(frame)` is the `after` of the next.

    replenishment_id, version, state, product_id, sku, product, warehouse_id, warehouse, category,
    supplier_id, supplier, quantity, received_quantity, open_units (still to come),
    requested_quantity, cause, order_number (of the order that it is for, if the person sees it),
    age_days (since it was asked for), days_late (of what is ordered and expected before `as_of`),
    needed_by, expected_on, lead_days (as stated for the product, else the supplier), note, reason,
    unit_cost (as ordered, else as listed), value (units × that), currency, and who did what when:
    requester, requested_at, decider, decided_at, orderer, ordered_at, receiver, received_at,
    closer, closed_at. A name is NULL where the role does not see it, or it is not known.
    """
    chosen = _chosen(scope, request_filter).subquery("requests")
    return read_page(
        engine,
        Sort(chosen.c[sort], chosen.c.replenishment_id, descending),
        select(chosen),
        lambda page: _shown(scope, page, as_of, language, zone),
        limit=limit,
        after=after,
    )


def list_request_receipts(engine: Engine, scope: Scope, replenishment_id: int) -> pd.DataFrame:
    """moved_at, quantity (below zero: undone), note: what came in for the request, oldest first."""
    moves = scope.visible.stock_movements.c
    return read_frame(
        engine,
        select(moves.moved_at, moves.quantity, moves.note)
        .where(moves.replenishment_id == replenishment_id)
        .order_by(moves.moved_at, moves.movement_id),
    )


def list_open_requests(engine: Engine, scope: Scope) -> pd.DataFrame:
    """product_id, warehouse_id, state, cause, quantity: what is proposed, approved or ordered."""
    refills = scope.visible.replenishments
    names = ("product_id", "warehouse_id", "state", "cause", "quantity")
    return read_frame(
        engine,
        select(*(refills.c[name] for name in names))
        .where(refills.c.state.in_(OPEN_STATES))
        .order_by(refills.c.replenishment_id),
    )


def list_warehouses(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """warehouse_id, name; in the order of their names."""
    return _named(engine, scope.visible.warehouses, "warehouse_id", language)


def list_suppliers(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """supplier_id, name; in the order of their names."""
    return _named(engine, scope.visible.suppliers, "supplier_id", language)


def _named(engine: Engine, relation: FromClause, key: str, language: str) -> pd.DataFrame:
    name = name_in(language, relation).label("name")
    return read_frame(engine, select(relation.c[key], name).order_by(name, relation.c[key]))


def _chosen(scope: Scope, request_filter: RequestFilter) -> Select[Any]:
    """The requests that fit, with `open_units`, `cost`, `value` and the product's currency."""
    visible = scope.visible
    refills, products = visible.replenishments, visible.products
    cost = func.coalesce(refills.c.unit_cost, products.c.unit_cost)
    left = refills.c.quantity - refills.c.received_quantity
    may_come = refills.c.state.in_(OPEN_STATES) & (left > 0)
    return (
        select(
            *(column for column in refills.c if column.name not in ("unit_cost", "cause")),
            _cause_as_seen(scope).label("cause"),
            cast(cost, Money).label("unit_cost"),
            cast(cost * refills.c.quantity, Money).label("value"),
            case((may_come, left), else_=0).label("open_units"),
            products.c.currency,
        )
        .join_from(refills, products, products.c.product_id == refills.c.product_id)
        .where(*_predicates(scope, refills, products, request_filter))
    )


def _cause_as_seen(scope: Scope) -> ColumnElement[Any]:
    """Of a request and its product: the number of an order only where the person sees the order, in
    lists, searches and files alike. What cannot be told to be of such an order is not told."""
    refills, orders = scope.visible.replenishments.c, scope.visible.orders.c
    if scope.sees_all("orders"):
        return refills.cause
    products = scope.visible.products
    may_be_of_order = and_(refills.cause.like("% · %"), refills.cause.not_like(f"{POINT}%"))
    number = func.replace(refills.cause, literal(" · ") + products.c.sku, "")
    is_seen = exists().where(orders.order_number == number).correlate(refills.cause.table, products)
    return case((and_(may_be_of_order, ~is_seen), OF_AN_ORDER), else_=refills.cause)


def _predicates(
    scope: Scope, refills: FromClause, products: FromClause, wanted: RequestFilter
) -> list[ColumnElement[bool]]:
    lists: Sequence[tuple[ColumnElement[Any], tuple[Any, ...]]] = (
        (refills.c.state, wanted.states),
        (refills.c.warehouse_id, wanted.warehouse_ids),
        (refills.c.supplier_id, wanted.supplier_ids),
        (products.c.category_id, wanted.category_ids),
        (refills.c.replenishment_id, wanted.replenishment_ids),
    )
    found: list[ColumnElement[bool]] = [column.in_(values) for column, values in lists if values]
    suppliers = scope.visible.suppliers
    for word in wanted.search.split():
        supplied = select(suppliers.c.supplier_id).where(
            or_(holds(suppliers.c.name, word), holds(suppliers.c.name_zh, word))
        )
        texts = (products.c.sku, products.c.name, products.c.name_zh, _cause_as_seen(scope))
        found.append(
            or_(*(holds(text, word) for text in texts), refills.c.supplier_id.in_(supplied))
        )
    return found


def _shown(scope: Scope, page: Subquery, as_of: date, language: str, zone: str) -> Select[Any]:
    visible = scope.visible
    products, categories, suppliers = visible.products, visible.categories, visible.suppliers
    warehouses, orders = visible.warehouses, visible.orders
    asked_on = day_after_minutes(page.c.requested_at, minutes_ahead(as_of, zone))
    late = days_between(page.c.expected_on, as_of)
    of_cause = func.replace(page.c.cause, literal(" · ") + products.c.sku, "")
    number = select(orders.c.order_number).where(orders.c.order_number == of_cause)
    kept = (
        "replenishment_id", "version", "state", "product_id", "warehouse_id", "supplier_id",
        "quantity", "received_quantity", "open_units", "requested_quantity", "cause", "needed_by",
        "expected_on", "note", "reason", "unit_cost", "value", "currency", "requested_at",
        "decided_at", "ordered_at", "received_at", "closed_at",
    )  # fmt: skip
    return (
        select(
            *(page.c[name] for name in kept),
            products.c.sku,
            name_in(language, products).label("product"),
            name_in(language, warehouses).label("warehouse"),
            name_in(language, categories).label("category"),
            name_in(language, suppliers).label("supplier"),
            number.correlate(page, products).scalar_subquery().label("order_number"),
            days_between(asked_on, as_of).label("age_days"),
            case(((page.c.state == "ordered") & (late > 0), late)).label("days_late"),
            func.coalesce(products.c.lead_time_days, suppliers.c.lead_time_days).label("lead_days"),
            *(_name_of(scope, page.c[column]).label(label) for column, label in _PEOPLE.items()),
        )
        .select_from(page)
        .join(products, products.c.product_id == page.c.product_id)
        .outerjoin(categories, categories.c.category_id == products.c.category_id)
        .outerjoin(suppliers, suppliers.c.supplier_id == page.c.supplier_id)
        .outerjoin(warehouses, warehouses.c.warehouse_id == page.c.warehouse_id)
    )


def _name_of(scope: Scope, user_id: ColumnElement[Any]) -> Any:
    users = scope.visible.users
    return select(users.c.name).where(users.c.user_id == user_id).scalar_subquery()
