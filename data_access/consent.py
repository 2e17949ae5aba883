"""What customers said to being contacted, and lists that leave out those who refused.

A customer who was never asked may be on a list; one who refused or withdrew may not.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, FromClause, Select, func, select

from data_access.frames import read_frame, read_row
from data_access.scope import Scope

STATES = ("granted", "refused", "withdrawn")
MOST_CONSENTS = 200


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


def list_consents(engine: Engine, scope: Scope, customer_id: int) -> pd.DataFrame:
    """The history of one customer, newest first.

    consent_id, state, purpose, text_version, decided_on, recorded_by, recorded_at
    """
    consents = scope.visible.consents.c
    return read_frame(
        engine,
        select(
            consents.consent_id,
            consents.state,
            consents.purpose,
            consents.text_version,
            consents.decided_on,
            consents.recorded_by,
            consents.recorded_at,
        )
        .where(consents.customer_id == customer_id)
        .order_by(consents.consent_id.desc())
        .limit(MOST_CONSENTS),
    )


def find_consent(engine: Engine, scope: Scope, customer_id: int) -> dict[str, Any] | None:
    """customer_id, name, name_zh, consent, consent_on, consent_purpose: how it stands now; None
    without such a customer."""
    customers = scope.visible.customers.c
    return read_row(
        engine,
        select(
            customers.customer_id,
            customers.name,
            customers.name_zh,
            customers.consent,
            customers.consent_on,
            customers.consent_purpose,
        ).where(customers.customer_id == customer_id),
    )


def sum_consents(engine: Engine, scope: Scope) -> pd.DataFrame:
    """consent, purpose, customers: how many customers granted or refused what, or were not asked;
    the most first."""
    customers = scope.visible.customers.c
    count = func.count().label("customers")
    purpose = customers.consent_purpose
    return read_frame(
        engine,
        select(customers.consent, purpose.label("purpose"), count)
        .group_by(customers.consent, purpose)
        # engines differ in where they put what is not known
        .order_by(count.desc(), customers.consent, purpose.is_(None), purpose),
    )
