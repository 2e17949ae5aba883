"""What to offer a customer, who wants a product next, what is bought together, and how well offers
do; as a refresh worked it out, beside what is so now.

Who sees only some customers is told no count of fewer than five over all of them: the policy hides
such a shared_count. How often the customer bought a product is the customer's own."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Numeric,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    or_,
    select,
)

from data_access.columns import Rate
from data_access.consent import refuses
from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.scope import Scope

FEWEST_TOLD = 5
MOST = 200
PairSort = Literal["lift_low", "together"]
_REASON = ("reason", "source_product_id", "orders_since")
_COUNTS = ("own_count", "own_base", "shared_count", "shared_base")


def list_offers(
    engine: Engine, scope: Scope, customer_id: int, as_of: date, *, language: str = "en"
) -> pd.DataFrame:
    """offer_id, product_id, product, sku, category_id, list_price, currency, kind (again, new),
    rank, score, method, reason, source_product_id, orders_since, source_product, own_count,
    own_base, shared_count, shared_base (see the data dictionary; NULL where withheld), available
    (units not reserved, of all warehouses; NULL where no stock is kept), is_refused (1, 0),
    bought_units, returned_units (of this customer), margin_rate (NULL where unknown or hidden),
    as_of_on; by kind and rank. Products no longer sold on `as_of` are left out; what else speaks
    against one `Screen` says of these columns."""
    visible = scope.visible
    offers, products = visible.offers, visible.products
    source = visible.products.alias("source")
    margin = case(
        (products.c.list_price > 0, 1 - cast(products.c.unit_cost, Numeric(18, 6))
         / cast(products.c.list_price, Numeric(18, 6)))
    )  # fmt: skip
    bought, returned = _bought(scope, customer_id), _returned(scope, customer_id)
    return read_frame(
        engine,
        select(
            offers.c.offer_id,
            offers.c.product_id,
            name_in(language, products).label("product"),
            products.c.sku,
            products.c.category_id,
            products.c.list_price,
            products.c.currency,
            *(offers.c[name] for name in ("kind", "rank", "score", "method", *_REASON)),
            name_in(language, source).label("source_product"),
            *(offers.c[name] for name in _COUNTS),
            _available(scope, offers).label("available"),
            _flag(_is_refused(scope, offers)).label("is_refused"),
            func.coalesce(bought.c.units, 0).label("bought_units"),
            func.coalesce(returned.c.units, 0).label("returned_units"),
            cast(margin, Rate).label("margin_rate"),
            offers.c.as_of_on,
        )
        .join_from(offers, products, products.c.product_id == offers.c.product_id)
        .outerjoin(source, source.c.product_id == offers.c.source_product_id)
        .outerjoin(bought, bought.c.product_id == offers.c.product_id)
        .outerjoin(returned, returned.c.product_id == offers.c.product_id)
        .where(offers.c.customer_id == customer_id, _is_sold(products, as_of))
        .order_by(offers.c.kind, offers.c.rank, offers.c.offer_id),
    )


def list_wanting(
    engine: Engine,
    scope: Scope,
    product_id: int,
    *,
    kind: Literal["again", "new"] | None = None,
    limit: int = MOST,
    language: str = "en",
) -> pd.DataFrame:
    """Who is likely to want the product next, the likeliest first: customer_id, customer,
    region_id, owner_id, kind, rank (among what is offered to the customer), score, reason,
    source_product_id, orders_since, and the counts of `list_offers`. Left out: who refused to be
    contacted, or refused the product."""
    offers, customers = scope.visible.offers, scope.visible.customers
    statement = (
        select(
            offers.c.customer_id,
            name_in(language, customers).label("customer"),
            customers.c.region_id,
            customers.c.owner_id,
            *(offers.c[name] for name in ("kind", "rank", "score", *_REASON)),
            *(offers.c[name] for name in _COUNTS),
        )
        .join_from(offers, customers, customers.c.customer_id == offers.c.customer_id)
        .where(
            offers.c.product_id == product_id,
            # what is popular says nothing of a customer who never ordered
            offers.c.method != "popular",
            ~refuses(customers),
            ~_is_refused(scope, offers),
        )
        .order_by(offers.c.score.desc(), offers.c.customer_id)
        .limit(min(limit, MOST))
    )
    return read_frame(engine, statement.where(offers.c.kind == kind) if kind else statement)


def list_bought_with(
    engine: Engine, scope: Scope, product_id: int, *, limit: int = 20, language: str = "en"
) -> pd.DataFrame:
    """As `list_pairs`: what goes with the product, the surest first."""
    pairs = scope.visible.product_pairs
    statement = _pairs(scope, language).where(pairs.c.product_id == product_id)
    return read_frame(engine, _sorted(statement, pairs, "lift_low").limit(min(limit, MOST)))


def list_pairs(
    engine: Engine,
    scope: Scope,
    *,
    sort: PairSort = "lift_low",
    fewest: int = FEWEST_TOLD,
    limit: int = MOST,
    language: str = "en",
) -> pd.DataFrame:
    """product_pair_id, product_id, product, other_product_id, other_product, together (orders with
    both, at least `fewest`), product_orders, other_orders, orders, support, confidence, lift,
    lift_low, lift_high (95 %), q_value: rules of one product to another, of all orders."""
    pairs = scope.visible.product_pairs
    statement = _pairs(scope, language).where(pairs.c.together >= max(fewest, FEWEST_TOLD))
    return read_frame(engine, _sorted(statement, pairs, sort).limit(min(limit, MOST)))


def list_offer_evaluations(engine: Engine, scope: Scope) -> pd.DataFrame:
    """protocol, task, method, measure, list_length, customers, value, low, high, gain (of the blend
    over the method, customer by customer), gain_low, gain_high (95 %), as_of_on."""
    told = scope.visible.offer_evaluations
    return read_frame(
        engine,
        select(*(column for column in told.c if column.name != "offer_evaluation_id")).order_by(
            told.c.offer_evaluation_id
        ),
    )


def _pairs(scope: Scope, language: str) -> Select[Any]:
    pairs = scope.visible.product_pairs
    product, other = scope.visible.products.alias("product"), scope.visible.products.alias("other")
    together = cast(pairs.c.together, Numeric(18, 6))
    return (
        select(
            pairs.c.product_pair_id,
            pairs.c.product_id,
            name_in(language, product).label("product"),
            pairs.c.other_product_id,
            name_in(language, other).label("other_product"),
            *(pairs.c[name] for name in ("together", "product_orders", "other_orders", "orders")),
            cast(together / pairs.c.orders, Rate).label("support"),
            cast(together / pairs.c.product_orders, Rate).label("confidence"),
            *(pairs.c[name] for name in ("lift", "lift_low", "lift_high", "q_value")),
        )
        .join_from(pairs, product, product.c.product_id == pairs.c.product_id)
        .join(other, other.c.product_id == pairs.c.other_product_id)
    )


def _sorted(statement: Select[Any], pairs: FromClause, sort: PairSort) -> Select[Any]:
    return statement.order_by(pairs.c[sort].desc(), pairs.c.product_pair_id)


def _available(scope: Scope, offers: FromClause) -> Any:
    stock = scope.visible.stock
    return (
        select(func.sum(stock.c.on_hand - stock.c.reserved))
        .where(stock.c.product_id == offers.c.product_id)
        .scalar_subquery()
    )


def _is_refused(scope: Scope, offers: FromClause) -> ColumnElement[bool]:
    reminders = scope.visible.reminders
    return (
        select(reminders.c.reminder_id)
        .where(
            reminders.c.customer_id == offers.c.customer_id,
            reminders.c.product_id == offers.c.product_id,
            reminders.c.state == "dismissed",
        )
        .exists()
    )


def _bought(scope: Scope, customer_id: int) -> Subquery:
    """The customer's units of each product that were ordered."""
    orders, lines = scope.visible.orders, scope.visible.order_lines
    return (
        select(lines.c.product_id, func.sum(lines.c.quantity).label("units"))
        .join_from(orders, lines, lines.c.order_id == orders.c.order_id)
        .where(orders.c.customer_id == customer_id, orders.c.stage != "cancelled")
        .group_by(lines.c.product_id)
        .subquery("bought")
    )


def _returned(scope: Scope, customer_id: int) -> Subquery:
    """The customer's units of each product that came back."""
    orders, lines, returns = scope.visible.orders, scope.visible.order_lines, scope.visible.returns
    return (
        select(lines.c.product_id, func.sum(returns.c.quantity).label("units"))
        .join_from(orders, returns, returns.c.order_id == orders.c.order_id)
        .join(lines, lines.c.line_id == returns.c.line_id)
        .where(orders.c.customer_id == customer_id)
        .group_by(lines.c.product_id)
        .subquery("returned")
    )


def _is_sold(products: FromClause, as_of: date) -> ColumnElement[bool]:
    ends = products.c.discontinued_on
    return or_(ends.is_(None), and_(ends > as_of))


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
