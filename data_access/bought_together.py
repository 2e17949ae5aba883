"""Rules of two products that orders hold together more often than by chance, as the last refresh
counted them over all orders, and the orders behind a rule that the person sees. Asked of the
record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    Numeric,
    Select,
    Subquery,
    and_,
    cast,
    func,
    or_,
    select,
)

from data_access.columns import Rate
from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.offers import FEWEST_TOLD, MOST, counts_pairs
from data_access.scope import Scope

RuleSort = Literal["lift_low", "lift", "together", "confidence", "q_value"]
ASCENDING = ("q_value",)  # of the sorts: the smallest first


@dataclass(frozen=True, kw_only=True)
class RuleFilter:
    """Which rules. `product_id`: those that lead from it; `category_ids`: one of the two products
    is of them; `fewest` orders with both, `least_confidence` a share."""

    product_id: int | None = None
    category_ids: tuple[int, ...] = ()
    fewest: int = FEWEST_TOLD
    least_confidence: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "category_ids", tuple(sorted(set(self.category_ids))))
        object.__setattr__(self, "fewest", max(self.fewest, FEWEST_TOLD))


def list_rules(
    engine: Engine,
    scope: Scope,
    rule_filter: RuleFilter,
    *,
    rule_sort: RuleSort = "lift_low",
    limit: int = MOST,
    language: str = "en",
) -> pd.DataFrame:
    """product_pair_id, product_id, product, other_product_id, other_product, together (orders with
    both), product_orders, other_orders, orders (all), support, confidence (of the orders with
    product, those with other_product), back_confidence (the other way round), lift, lift_low,
    lift_high (95 %), q_value, as_of_on; at most `limit`.

    Without a product each pair is told once, from the product that leads to the other more often
    (of equals from the first). Who sees only some orders is told no count of all of them (NULL),
    and cannot ask for `fewest`; their confidence is about what it is, their lift is to a half."""
    rules = _rules(scope, rule_filter)
    value = rules.c[rule_sort]
    first = value.asc() if rule_sort in ASCENDING else value.desc()
    product, other = scope.visible.products.alias("product"), scope.visible.products.alias("other")
    statement = (
        select(
            rules.c.product_pair_id,
            rules.c.product_id,
            name_in(language, product).label("product"),
            rules.c.other_product_id,
            name_in(language, other).label("other_product"),
            *(rules.c[name] for name in _COUNTS),
            cast(rules.c.support, Rate).label("support"),
            cast(rules.c.confidence, Rate).label("confidence"),
            cast(rules.c.back_confidence, Rate).label("back_confidence"),
            *(rules.c[name] for name in ("lift", "lift_low", "lift_high", "q_value", "as_of_on")),
        )
        .join_from(rules, product, product.c.product_id == rules.c.product_id)
        .join(other, other.c.product_id == rules.c.other_product_id)
        .order_by(first, rules.c.lift_low.desc(), rules.c.product_pair_id)
        .limit(max(1, min(limit, _MOST_FILED)))
    )
    return read_frame(engine, statement)


def find_rules(engine: Engine, scope: Scope, rule_filter: RuleFilter) -> dict[str, Any]:
    """rules (as `list_rules` tells them, without its limit), products (that they begin with or
    lead to), orders (that were looked at), as_of_on; NULL, and zero rules, where there are none."""
    rules = _rules(scope, rule_filter)
    ends = select(rules.c.product_id).union(select(rules.c.other_product_id)).subquery("ends")
    products = select(func.count()).select_from(ends).scalar_subquery()
    row = read_row(
        engine,
        select(
            func.count().label("rules"),
            products.label("products"),
            func.max(rules.c.orders).label("orders"),
            func.max(rules.c.as_of_on).label("as_of_on"),
        ).select_from(rules),
    )
    return row or {}


def list_rule_products(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """product_id, name: the products that a rule leads from, by name."""
    pairs, products = scope.visible.product_pairs, scope.visible.products
    name = name_in(language, products).label("name")
    leading = select(pairs.c.product_id)
    return read_frame(
        engine,
        select(products.c.product_id, name)
        .where(products.c.product_id.in_(leading))
        .order_by(name, products.c.product_id),
    )


def count_pair_orders(
    engine: Engine, scope: Scope, product_id: int, other_product_id: int, last_on: date
) -> int:
    """The orders that `list_pair_orders` lists."""
    held = _holding(scope, product_id, other_product_id, last_on).subquery("held")
    row = read_row(engine, select(func.count().label("orders")).select_from(held))
    return int(row["orders"]) if row else 0


def list_pair_orders(
    engine: Engine,
    scope: Scope,
    product_id: int,
    other_product_id: int,
    last_on: date,
    *,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """order_id, order_number, ordered_on, customer, channel_name, stage, net_sales (of the order),
    currency, units and other_units (of the two products), the newest first: a page of the orders up
    to `last_on` that the person sees, that are not cancelled and hold both products."""
    orders = scope.visible.orders
    return read_page(
        engine,
        Sort(orders.c.ordered_at, orders.c.order_id, descending=True, has_nulls=False),
        _holding(scope, product_id, other_product_id, last_on),
        lambda page: _shown(scope, page, product_id, other_product_id, language),
        limit=limit,
        after=after,
    )


_COUNTS = ("together", "product_orders", "other_orders", "orders")
_MOST_FILED = 100_001  # of a list that leaves as a file


def _rules(scope: Scope, chosen: RuleFilter) -> Subquery:
    """The chosen rules with their rates as fractions, to be sorted by."""
    pairs, back = scope.visible.product_pairs, scope.visible.product_pairs.alias("back")
    together = cast(pairs.c.together, Numeric(18, 6))
    counted = counts_pairs(scope)
    confidence = together / pairs.c.product_orders if counted else pairs.c.shared_rate
    statement = select(
        *(column for column in pairs.c),
        (together / pairs.c.orders).label("support"),
        confidence.label("confidence"),
        (together / pairs.c.other_orders).label("back_confidence"),
    )
    if counted:
        statement = statement.where(pairs.c.together >= chosen.fewest)
    if chosen.least_confidence > 0:
        statement = statement.where(confidence >= chosen.least_confidence)
    if chosen.category_ids:
        products = scope.visible.products
        inside = select(products.c.product_id).where(
            products.c.category_id.in_(chosen.category_ids)
        )
        statement = statement.where(
            or_(pairs.c.product_id.in_(inside), pairs.c.other_product_id.in_(inside))
        )
    if chosen.product_id is not None:
        return statement.where(pairs.c.product_id == chosen.product_id).subquery("rules")
    reverse = and_(
        back.c.product_id == pairs.c.other_product_id, back.c.other_product_id == pairs.c.product_id
    )
    own, other = (
        (pairs.c.other_orders, pairs.c.product_orders)
        if counted
        else (func.coalesce(pairs.c.shared_rate, 0), func.coalesce(back.c.shared_rate, 0))
    )
    leads = or_(
        back.c.product_pair_id.is_(None),
        own > other,
        and_(own == other, pairs.c.product_id < pairs.c.other_product_id),
    )
    return statement.outerjoin_from(pairs, back, reverse).where(leads).subquery("rules")


def _holding(scope: Scope, product_id: int, other_product_id: int, last_on: date) -> Select[Any]:
    orders = scope.visible.orders
    return select(orders).where(
        orders.c.stage != "cancelled",
        orders.c.ordered_on <= last_on,
        _holds(scope, product_id),
        _holds(scope, other_product_id),
    )


def _holds(scope: Scope, product_id: int) -> ColumnElement[bool]:
    lines, orders = scope.visible.order_lines, scope.visible.orders
    held: ColumnElement[bool] = orders.c.order_id.in_(
        select(lines.c.order_id).where(lines.c.product_id == product_id)
    )
    return held


def _shown(
    scope: Scope, page: Subquery, product_id: int, other_product_id: int, language: str
) -> Select[Any]:
    customers, channels = scope.visible.customers, scope.visible.channels
    return (
        select(
            page.c.order_id,
            page.c.order_number,
            page.c.ordered_on,
            name_in(language, customers).label("customer"),
            func.coalesce(name_in(language, channels), page.c.channel).label("channel_name"),
            page.c.stage,
            page.c.net_sales,
            page.c.currency,
            _units(scope, page, product_id).label("units"),
            _units(scope, page, other_product_id).label("other_units"),
        )
        .select_from(page)
        .outerjoin(customers, customers.c.customer_id == page.c.customer_id)
        .outerjoin(channels, channels.c.channel == page.c.channel)
    )


def _units(scope: Scope, page: Subquery, product_id: int) -> Any:
    lines = scope.visible.order_lines
    return (
        select(func.sum(lines.c.quantity))
        .where(lines.c.order_id == page.c.order_id, lines.c.product_id == product_id)
        .scalar_subquery()
    )
