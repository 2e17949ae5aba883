"""What the page of offers asks: the lists of a customer by any method, and who wants a product."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine, select

from benchmarks.question import Question
from data_access.offered import (
    find_last_offer_run,
    find_offer_list,
    find_offered_product,
    list_most_sold,
    list_offered_products,
)
from data_access.offers import (
    list_bought_with,
    list_offer_evaluations,
    list_offers,
    list_wanting,
)
from data_access.tables import customers, offers, products

_NAMED = 60  # products in the lists of a method, with those that speak for them


def offer_questions(record: Engine, as_of: date) -> list[Question]:
    page = "offers"
    customer_id, product_id, named = _some(record)
    return [
        Question(page, "the last refresh", find_last_offer_run, engine="record"),
        Question(page, "one customer's list", list_offers, (customer_id, as_of), engine="record"),
        Question(page, "one customer's list by a method", find_offer_list, (customer_id,),
                 engine="record"),
        Question(page, "its products", list_offered_products, (customer_id, named, as_of),
                 engine="record"),
        Question(page, "what is sold most", list_most_sold, (as_of,)),
        Question(page, "the product", find_offered_product, (product_id,), engine="record"),
        Question(page, "who wants it", list_wanting, (product_id, as_of), engine="record"),
        Question(page, "what goes with it", list_bought_with, (product_id,), engine="record"),
        Question(page, "how well they do", list_offer_evaluations, engine="record"),
    ]  # fmt: skip


def _some(record: Engine) -> tuple[int, int, tuple[int, ...]]:
    """A customer with offers, one of the products, and as many as a list names."""
    with record.connect() as connection:
        row = connection.execute(
            select(offers.c.customer_id, offers.c.product_id)
            .where(offers.c.kind == "again")
            .limit(1)
        ).one_or_none()
        ids = connection.scalars(
            select(products.c.product_id).order_by(products.c.product_id).limit(_NAMED)
        ).all()
        customer_id = (
            row.customer_id if row else connection.scalar(select(customers.c.customer_id).limit(1))
        )
    product_id = row.product_id if row else (ids[0] if ids else 1)
    return int(customer_id or 1), int(product_id), tuple(int(each) for each in ids)
