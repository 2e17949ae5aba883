"""What to offer a customer, who wants a product next, what is bought together, and how well offers
do; as a refresh worked it out, beside what is so now.

Who sees only some customers is told no count over all of them: less those that they see, it would
tell of few others. The policy hides shared_count and shared_base, and what a pair counts; they read
shared_rate, about what share it is, where at least five are counted. How often the customer bought
a product is the customer's own."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import ColumnElement, Engine, FromClause, Numeric, Select, cast, func, select

from data_access.columns import Rate
from data_access.consent import refuses
from data_access.dialects import unindexed
from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.offered import is_refused, is_sold, with_facts
from data_access.scope import Scope

FEWEST_TOLD = 5
MOST = 200
PairSort = Literal["lift_low", "together"]
_REASON = ("reason", "source_product_id", "orders_since")
_COUNTS = ("own_count", "own_base", "shared_count", "shared_base", "shared_rate")


def list_offers(
    engine: Engine, scope: Scope, customer_id: int, as_of: date, *, language: str = "en"
) -> pd.DataFrame:
    """offer_id, product_id, kind (again, new), rank, score, method, reason, source_product_id,
    orders_since, source_product, own_count, own_base, shared_count, shared_base, shared_rate
    (see the data dictionary; NULL where withheld), as_of_on, and FACTS as of
    `list_offered_products`; by kind and rank. Products no longer sold on `as_of` are left out; what
    else speaks against one `Screen` says of these columns."""
    visible = scope.visible
    offers, products = visible.offers, visible.products
    source = visible.products.alias("source")
    statement = (
        select(
            offers.c.offer_id,
            offers.c.product_id,
            *(offers.c[name] for name in ("kind", "rank", "score", "method", *_REASON)),
            name_in(language, source).label("source_product"),
            *(offers.c[name] for name in _COUNTS),
            offers.c.as_of_on,
        )
        .join_from(offers, products, products.c.product_id == offers.c.product_id)
        .outerjoin(source, source.c.product_id == offers.c.source_product_id)
        .where(offers.c.customer_id == customer_id, is_sold(products, as_of))
        .order_by(offers.c.kind, offers.c.rank, offers.c.offer_id)
    )
    return read_frame(engine, with_facts(statement, scope, products, customer_id, as_of, language))


def list_wanting(
    engine: Engine,
    scope: Scope,
    product_id: int,
    as_of: date,
    *,
    kind: Literal["again", "new"] | None = None,
    limit: int = MOST,
    language: str = "en",
) -> pd.DataFrame:
    """Who is likely to want the product next, the likeliest first: customer_id, customer, phone,
    consent, region, rep, kind, rank (among what is offered to the customer), score, method, reason,
    source_product_id, source_product, orders_since, the counts of `list_offers`, last_bought_on (of
    the product; NULL where never), last_ordered_on. Left out: who refused to be contacted, or
    refused the product."""
    visible = scope.visible
    offers, customers, employees, regions = (
        visible.offers, visible.customers, visible.employees, visible.regions,
    )  # fmt: skip
    source = visible.products.alias("source")
    wanting = (
        select(offers)
        .join_from(offers, customers, customers.c.customer_id == offers.c.customer_id)
        .where(
            offers.c.product_id == product_id,
            # what is popular says nothing of a customer who never ordered
            offers.c.method != "popular",
            ~refuses(customers),
            ~is_refused(scope, offers.c.customer_id, offers.c.product_id, as_of),
            *([offers.c.kind == kind] if kind else []),
        )
        .order_by(offers.c.score.desc(), offers.c.customer_id)
        .limit(min(limit, MOST))
        .subquery("wanting")
    )
    statement = (
        select(
            wanting.c.customer_id,
            name_in(language, customers).label("customer"),
            customers.c.phone,
            customers.c.consent,
            name_in(language, regions).label("region"),
            name_in(language, employees).label("rep"),
            *(wanting.c[name] for name in ("kind", "rank", "score", "method", *_REASON)),
            name_in(language, source).label("source_product"),
            *(wanting.c[name] for name in _COUNTS),
            _last_order(scope, wanting.c.customer_id, product_id).label("last_bought_on"),
            _last_order(scope, wanting.c.customer_id).label("last_ordered_on"),
        )
        .join_from(wanting, customers, customers.c.customer_id == wanting.c.customer_id)
        .outerjoin(regions, regions.c.region_id == customers.c.region_id)
        .outerjoin(employees, employees.c.employee_id == customers.c.owner_id)
        .outerjoin(source, source.c.product_id == wanting.c.source_product_id)
        .order_by(wanting.c.score.desc(), wanting.c.customer_id)
    )
    return read_frame(engine, statement)


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
    both, at least `fewest`), product_orders, other_orders, orders, support, confidence (about, of
    who sees only some orders, to whom no counts are told), lift, lift_low, lift_high (95 %),
    q_value: rules of one product to another, of all orders."""
    pairs = scope.visible.product_pairs
    statement = _pairs(scope, language)
    if counts_pairs(scope):
        statement = statement.where(pairs.c.together >= max(fewest, FEWEST_TOLD))
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


def counts_pairs(scope: Scope) -> bool:
    """Whether this person is told how many orders hold a pair."""
    return scope.reads("product_pairs", "together")


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
            cast(
                together / pairs.c.product_orders if counts_pairs(scope) else pairs.c.shared_rate,
                Rate,
            ).label("confidence"),
            *(pairs.c[name] for name in ("lift", "lift_low", "lift_high", "q_value")),
        )
        .join_from(pairs, product, product.c.product_id == pairs.c.product_id)
        .join(other, other.c.product_id == pairs.c.other_product_id)
    )


def _sorted(statement: Select[Any], pairs: FromClause, sort: PairSort) -> Select[Any]:
    return statement.order_by(pairs.c[sort].desc(), pairs.c.product_pair_id)


def _last_order(
    scope: Scope, customer_id: ColumnElement[int], product_id: int | None = None
) -> Any:
    """The day of the customer's last order, of the product where there is one."""
    orders, lines = scope.visible.orders, scope.visible.order_lines
    statement = select(func.max(orders.c.ordered_on)).where(
        orders.c.customer_id == customer_id, orders.c.stage != "cancelled"
    )
    if product_id is not None:  # of the few orders of the customer, not of all with the product
        statement = statement.join(lines, lines.c.order_id == orders.c.order_id).where(
            unindexed(lines.c.product_id) == product_id
        )
    return statement.scalar_subquery()
