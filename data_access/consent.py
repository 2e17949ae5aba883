"""What customers said to being contacted, and lists that leave out those who refused.

A customer who was never asked may be on a list; one who refused or withdrew may not.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, select


def refuses(customers: FromClause) -> ColumnElement[bool]:
    """Whether the customer of this relation may not be contacted."""
    return customers.c.consent == "refused"


def without_refusals(statement: Select[Any], customers: FromClause) -> Select[Any]:
    """The list for contact without customers who may not be contacted. `customers` is the relation
    in the statement that has `consent`: `scope.visible.customers`."""
    return statement.where(~refuses(customers))


def only_refusals(statement: Select[Any], customers: FromClause) -> Select[Any]:
    """Of the same list, how many customers `without_refusals` leaves out, as `left_out`."""
    refused = statement.where(refuses(customers)).with_only_columns(customers.c.customer_id)
    ids = refused.order_by(None).limit(None).offset(None).distinct().subquery()
    return select(func.count().label("left_out")).select_from(ids)
