"""What to offer to a segment of customers next: the products that are among the best for most of
those who may be contacted, and for each customer the best with what they bought last. Asked of the
record, where offers are.

An offer counts if it is among the BEST of its kind for the customer, is still sold, in stock (or of
no stock that is kept), and not one the customer refused. What it is worth: the chance of an order
in 90 days × the share of such offers that was in the next order where it was measured × a pack at
list price, as in the list of calls."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    Float,
    FromClause,
    Numeric,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    select,
)

from data_access.columns import Rate
from data_access.consent import refuses
from data_access.divisions import Division, divided_customers
from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.offered import available, is_refused, is_sold
from data_access.offers import MOST
from data_access.scope import Scope

OfferKind = Literal["again", "new"]
BEST = 5
_BOTH = (("", "en"), ("_zh", "zh_CN"))  # the ending of a name's column, and its language


def find_segment_reach(engine: Engine, scope: Scope, division: Division) -> dict[str, Any]:
    """customers of the segment, and of these refusing (to be contacted)."""
    people, customers = divided_customers(scope, division), scope.visible.customers
    row = read_row(
        engine,
        select(
            func.count().label("customers"),
            func.coalesce(func.sum(case((refuses(customers), 1), else_=0)), 0).label("refusing"),
        ).join_from(people, customers, customers.c.customer_id == people.c.customer_id),
    )
    return row or {"customers": 0, "refusing": 0}


def sum_segment_offers(
    engine: Engine,
    scope: Scope,
    division: Division,
    as_of: date,
    *,
    kind: OfferKind | None = None,
    limit: int = MOST,
    language: str = "en",
) -> pd.DataFrame:
    """product_id, product, sku, customers (who may be contacted and for whom it is among the best),
    again and new (of these by kind), expected_units and expected_value (NULL where nothing was
    measured or the price is hidden), list_price, currency, margin_rate (NULL where not known or
    hidden), available (units not reserved; NULL where no stock is kept); what is worth the most
    first, then what most customers have; at most `limit`."""
    visible = scope.visible
    products = visible.products
    best = _best(scope, division, as_of, kind)
    chance = (1.0 - cast(best.c.silent_90, Float)) * best.c.taken
    units = func.sum(chance * products.c.pack_size)
    value = units * cast(products.c.list_price, Float)
    margin = case(
        (products.c.list_price > 0, 1 - cast(products.c.unit_cost, Numeric(18, 6))
         / cast(products.c.list_price, Numeric(18, 6)))
    )  # fmt: skip
    kinds = [
        func.sum(case((best.c.kind == each, 1), else_=0)).label(each) for each in ("again", "new")
    ]
    columns = ("product_id", "sku", "list_price", "currency", "unit_cost", "pack_size", "name",
               "name_zh")  # fmt: skip
    return read_frame(
        engine,
        select(
            products.c.product_id,
            name_in(language, products).label("product"),
            products.c.sku,
            func.count().label("customers"),
            *kinds,
            units.label("expected_units"),
            value.label("expected_value"),
            products.c.list_price,
            products.c.currency,
            cast(margin, Rate).label("margin_rate"),
            available(scope, products.c.product_id).label("available"),
        )
        .join_from(best, products, products.c.product_id == best.c.product_id)
        .group_by(*(products.c[name] for name in columns))
        .order_by(func.coalesce(value, 0).desc(), func.count().desc(), products.c.product_id)
        .limit(max(1, min(limit, MOST))),
    )


def list_segment_offers(
    engine: Engine,
    scope: Scope,
    division: Division,
    as_of: date,
    *,
    kind: OfferKind | None = None,
    product_id: int | None = None,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """customer_id, customer and customer_zh, rep, phone, consent, kind, rank, reason, product_id,
    product and product_zh, source and source_zh (of "together"), list_price, currency,
    last_ordered_on, last_product and last_product_zh (of the last order, its first goods),
    net_sales_12m: a page of the customers who may be contacted, with the offer that is best for
    each (of the wanted product), who buys most first. Names are in English and Chinese, for a
    letter in either; `rep` is in `language`."""
    people, customers = divided_customers(scope, division), scope.visible.customers
    wanted = _eligible(scope, as_of, people, kind, product_id)
    chosen = (
        select(people.c.customer_id, people.c.last_ordered_on, people.c.net_sales_12m)
        .join_from(people, customers, customers.c.customer_id == people.c.customer_id)
        .where(~refuses(customers), wanted.correlate(people).exists())
    )
    return read_page(
        engine,
        Sort(people.c.net_sales_12m, people.c.customer_id, descending=True, has_nulls=False),
        chosen,
        lambda page: _shown(scope, page, as_of, kind, product_id, language),
        limit=limit,
        after=after,
    )


def count_segment_offers(
    engine: Engine,
    scope: Scope,
    division: Division,
    as_of: date,
    *,
    kind: OfferKind | None = None,
    product_id: int | None = None,
) -> int:
    """The customers that `list_segment_offers` lists."""
    people, customers = divided_customers(scope, division), scope.visible.customers
    wanted = _eligible(scope, as_of, people, kind, product_id)
    row = read_row(
        engine,
        select(func.count().label("customers"))
        .join_from(people, customers, customers.c.customer_id == people.c.customer_id)
        .where(~refuses(customers), wanted.correlate(people).exists()),
    )
    return int(row["customers"]) if row else 0


def _best(scope: Scope, division: Division, as_of: date, kind: OfferKind | None) -> Subquery:
    """The offers that count, with silent_90 of the customer and taken (the share of such offers
    that was in the next order; NULL where it was not measured)."""
    people, customers = divided_customers(scope, division), scope.visible.customers
    offers, measured = scope.visible.offers, scope.visible.offer_evaluations
    statement = (
        select(
            offers.c.product_id,
            offers.c.kind,
            people.c.silent_90,
            (cast(measured.c.value, Float) / measured.c.list_length).label("taken"),
        )
        .join_from(people, customers, customers.c.customer_id == people.c.customer_id)
        .join(offers, offers.c.customer_id == people.c.customer_id)
        .outerjoin(
            measured,
            and_(
                measured.c.task == offers.c.kind,
                measured.c.protocol == "last_order_out",
                measured.c.method == "blend",
                measured.c.measure == "hit",
            ),
        )
        .where(~refuses(customers), *_counts(scope, offers, as_of, kind))
    )
    return statement.subquery("best")


def _counts(
    scope: Scope, offers: FromClause, as_of: date, kind: OfferKind | None
) -> list[ColumnElement[bool]]:
    """What makes an offer one that counts."""
    products = scope.visible.products.alias("sold")
    # a set that is made once, not looked up for each offer
    sold = select(products.c.product_id).where(
        is_sold(products, as_of),
        func.coalesce(available(scope, products.c.product_id), 1) > 0,
    )
    refused = is_refused(scope, offers.c.customer_id, offers.c.product_id, as_of)
    found = [offers.c.rank <= BEST, offers.c.product_id.in_(sold), ~refused]
    return [*found, offers.c.kind == kind] if kind else found


def _eligible(
    scope: Scope, as_of: date, people: FromClause, kind: OfferKind | None, product_id: int | None
) -> Select[Any]:
    """The offers of the customer of `people` that count, the best first, of whichever kind."""
    offers = scope.visible.offers.alias("wanted")
    statement = (
        select(offers.c.offer_id)
        .where(offers.c.customer_id == people.c.customer_id, *_counts(scope, offers, as_of, kind))
        .order_by(offers.c.score.desc(), offers.c.offer_id)
    )
    return statement if product_id is None else statement.where(offers.c.product_id == product_id)


def _shown(
    scope: Scope, page: Subquery, as_of: date, kind: OfferKind | None, product_id: int | None,
    language: str,
) -> Select[Any]:  # fmt: skip
    visible = scope.visible
    customers, employees, offers = visible.customers, visible.employees, visible.offers
    products, source, last = (
        visible.products.alias(name) for name in ("product", "source", "last_product")
    )
    best = _eligible(scope, as_of, page, kind, product_id).limit(1)
    return (
        select(
            page.c.customer_id,
            *_names(customers, "customer"),
            name_in(language, employees).label("rep"),
            customers.c.phone,
            customers.c.consent,
            *(offers.c[name] for name in ("kind", "rank", "reason", "product_id")),
            *_names(products, "product"),
            *_names(source, "source"),
            products.c.list_price,
            products.c.currency,
            page.c.last_ordered_on,
            *_names(last, "last_product"),
            page.c.net_sales_12m,
        )
        .join_from(page, customers, customers.c.customer_id == page.c.customer_id)
        .join(offers, offers.c.offer_id == best.correlate(page).scalar_subquery())
        .join(products, products.c.product_id == offers.c.product_id)
        .outerjoin(source, source.c.product_id == offers.c.source_product_id)
        .outerjoin(last, last.c.product_id == _last_product(scope, page))
        .outerjoin(employees, employees.c.employee_id == customers.c.owner_id)
    )


def _last_product(scope: Scope, page: Subquery) -> Any:
    """The first goods of the customer's last order that is not cancelled."""
    orders, lines = scope.visible.orders.alias("their_orders"), scope.visible.order_lines
    goods = scope.visible.products.alias("goods")
    return (
        select(lines.c.product_id)
        .join_from(orders, lines, lines.c.order_id == orders.c.order_id)
        .join(goods, goods.c.product_id == lines.c.product_id)
        .where(
            orders.c.customer_id == page.c.customer_id, orders.c.stage != "cancelled",
            goods.c.is_goods,
        )
        .order_by(orders.c.ordered_at.desc(), orders.c.order_id.desc(), lines.c.line_number)
        .limit(1)
        .correlate(page)
        .scalar_subquery()
    )  # fmt: skip


def _names(relation: FromClause, name: str) -> list[Any]:
    return [name_in(each, relation).label(f"{name}{ending}") for ending, each in _BOTH]
