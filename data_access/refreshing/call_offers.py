"""What to offer on a call that is made anyway, and how likely it is taken, as it was measured."""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import Engine, Float, and_, case, cast, exists, func, null, or_, select

from data_access.frames import read_frame
from data_access.refreshing.calls import of_reps
from data_access.tables import (
    customer_scores,
    customers,
    offer_evaluations,
    offers,
    products,
    rebuy_dues,
    reminders,
    stock,
)

FEWEST_TOLD = 5  # a count over everybody's customers below this tells nobody


def read_offers(engine: Engine, as_of: date) -> pd.DataFrame:
    """As `calls.read_silent`, with rank (of the customer and kind), counted, counted_of,
    source_product_id and taken_rate: what to offer beside another reason. counted: in how many of
    their orders the customer had the product (again), how many of those who bought the source
    bought it too (new; five at least). taken_rate: of such offers the share that was in the next
    order, at least, as the last evaluation measured it; probability: that × the chance of an order
    in 90 days; value: a pack at list price. Left out: what is not there, is not sold any more or
    was set aside, and offers whose counts are not told."""
    told, scores, measured = offers.c, customer_scores.c, offer_evaluations.c
    is_again = and_(told.kind == "again", told.reason == "bought", told.own_count > 0)
    is_new = and_(
        told.kind == "new", told.reason == "together", told.shared_count >= FEWEST_TOLD,
        told.shared_base >= told.shared_count,
    )  # fmt: skip
    taken = cast(measured.value, Float) / measured.list_length
    price = case((products.c.currency == scores.currency, products.c.list_price))
    quantity = products.c.pack_size
    set_aside = exists().where(
        reminders.c.customer_id == told.customer_id,
        reminders.c.product_id == told.product_id,
        reminders.c.state == "dismissed",
    )
    kept = select(func.sum(stock.c.on_hand - stock.c.reserved)).where(
        stock.c.product_id == told.product_id
    )
    names = ("orders", "last_ordered_on", "usual_gap_days", "expected_on")
    nothing = [cast(null(), rebuy_dues.c[name].type).label(name) for name in names]
    statement = of_reps(
        select(
            told.customer_id,
            customers.c.owner_id.label("employee_id"),
            scores.currency,
            scores.last_ordered_on.label("customer_ordered_on"),
            told.kind.label("cause"),
            told.product_id,
            ((1.0 - cast(scores.silent_90, Float)) * taken).label("probability"),
            func.coalesce(cast(price, Float) * quantity, 0.0).label("value"),
            quantity.label("quantity"),
            *nothing,
            told.rank,
            case((is_again, told.own_count), else_=told.shared_count).label("counted"),
            case((is_again, told.own_base), else_=told.shared_base).label("counted_of"),
            case((is_new, told.source_product_id)).label("source_product_id"),
            taken.label("taken_rate"),
        )
        .join_from(offers, customers, customers.c.customer_id == told.customer_id)
        .join(products, products.c.product_id == told.product_id)
        .join(customer_scores, scores.customer_id == told.customer_id)
        .join(offer_evaluations, measured.task == told.kind),
        as_of,
    ).where(
        or_(is_again, is_new),
        measured.protocol == "last_order_out",
        measured.method == "blend",
        measured.measure == "hit",
        scores.silent_90.is_not(None),
        or_(products.c.discontinued_on.is_(None), products.c.discontinued_on > as_of),
        func.coalesce(kept.correlate(offers).scalar_subquery(), 1) > 0,
        ~set_aside,
    )
    return read_frame(engine, statement.order_by(told.customer_id, told.product_id))
