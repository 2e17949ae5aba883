"""Two customers side by side, the customers that are compared with each other, and past merges."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Engine, func, select

from data_access.errors import NotFound
from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.scope import Scope

MOST_MATCHED = 200_000
MOST_MERGES = 200
COUNTED = ("orders", "contacts", "interactions", "feedback", "opportunities")


def list_customers_to_match(
    engine: Engine, scope: Scope, limit: int = MOST_MATCHED
) -> pd.DataFrame:
    """customer_id, name, name_zh, customer_type, phone, email, address, city: the customers this
    person sees, as they see them, by identity; at most `limit`."""
    customers = scope.visible.customers.c
    names = ("customer_id", "name", "name_zh", "customer_type", "phone", "email", "address", "city")
    statement = select(*(customers[name] for name in names)).order_by(customers.customer_id)
    return read_frame(engine, statement.limit(max(1, min(limit, MOST_MATCHED))))


def list_customer_names(
    engine: Engine, scope: Scope, customer_ids: tuple[int, ...], language: str = "en"
) -> pd.DataFrame:
    """customer_id, customer: those of these customers that the person sees, by identity."""
    customers = scope.visible.customers
    statement = select(customers.c.customer_id, name_in(language, customers).label("customer"))
    of_these = customers.c.customer_id.in_(customer_ids)
    return read_frame(engine, statement.where(of_these).order_by(customers.c.customer_id))


def find_customer_pair(
    engine: Engine, scope: Scope, first_id: int, second_id: int, language: str = "en"
) -> dict[str, Any]:
    """first, second: every column of each customer, with `owner` and `region` by name, the numbers
    of their orders, contacts, interactions, feedback and opportunities, and last_ordered_on; and
    `seen`, which a merge compares with what stands there then. Refused with NotFound."""
    first, second = (_find(engine, scope, each, language) for each in (first_id, second_id))
    names = scope.visible.customers.c.keys()
    rows = [{name: each[name] for name in names} for each in (first, second)]
    return {"first": first, "second": second, "seen": seen_of(*rows)}


def _find(engine: Engine, scope: Scope, customer_id: int, language: str) -> dict[str, Any]:
    visible = scope.visible
    customers, employees, regions = visible.customers, visible.employees, visible.regions
    counts = []
    for name in COUNTED:
        of = getattr(visible, name)
        counted = select(func.count()).select_from(of).where(of.c.customer_id == customer_id)
        counts.append(counted.scalar_subquery().label(name))
    orders = visible.orders.c
    last = select(func.max(orders.ordered_on)).where(orders.customer_id == customer_id)
    found = read_row(
        engine,
        select(
            *customers.c,
            name_in(language, employees).label("owner"),
            name_in(language, regions).label("region"),
            last.scalar_subquery().label("last_ordered_on"),
            *counts,
        )
        .select_from(customers)
        .outerjoin(employees, employees.c.employee_id == customers.c.owner_id)
        .outerjoin(regions, regions.c.region_id == customers.c.region_id)
        .where(customers.c.customer_id == customer_id),
    )
    if found is None:
        raise NotFound("customer")
    return found


def seen_of(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """Stands for the values of two rows, whichever comes first."""
    said = sorted(json.dumps(dict(row), default=str, sort_keys=True) for row in (first, second))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def list_merges(
    engine: Engine, scope: Scope, language: str = "en", limit: int = MOST_MERGES
) -> pd.DataFrame:
    """merge_id, customer_id, customer (who was kept), merged_name, person, merged_at,
    unmerged_at: the merges of customers this person sees, the latest first; at most `limit`."""
    visible = scope.visible
    merges, customers, users = visible.customer_merges, visible.customers, visible.users
    statement = (
        select(
            merges.c.merge_id,
            merges.c.customer_id,
            name_in(language, customers).label("customer"),
            merges.c.merged_name,
            users.c.name.label("person"),
            merges.c.merged_at,
            merges.c.unmerged_at,
        )
        .select_from(merges)
        .outerjoin(customers, customers.c.customer_id == merges.c.customer_id)
        .outerjoin(users, users.c.user_id == merges.c.user_id)
        .order_by(merges.c.merge_id.desc())
        .limit(max(1, min(limit, MOST_MERGES)))
    )
    return read_frame(engine, statement)
