"""How much of each owner's customers is filled in: now, and as it was measured before."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Engine, case, func, select

from data_access.dialects import unindexed
from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.scope import Scope

# What is worth knowing about every customer, a company or a person.
FIELDS = (
    "customer_type", "source", "grade", "region_id", "phone", "email", "address", "city", "consent",
)  # fmt: skip


def readable_fields(scope: Scope) -> tuple[str, ...]:
    """Those that this person's role sees unmasked: a mask hides whether anything is beneath."""
    return tuple(name for name in FIELDS if scope.reads("customers", name))


def sum_completeness_by_owner(
    engine: Engine, scope: Scope, fields: tuple[str, ...], language: str = "en"
) -> pd.DataFrame:
    """employee_id, owner, customers, fields (all of them in all these customers), filled: the
    visible customers by owner, without owner last; the most complete first."""
    visible = scope.visible
    customers, employees = visible.customers, visible.employees
    filled = filled_in_all(customers.c, fields)
    of_owner = (
        select(
            customers.c.owner_id,
            func.count().label("customers"),
            filled.label("filled"),
        )
        .group_by(unindexed(customers.c.owner_id))  # all rows are read, best as they lie
        .subquery("of_owner")
    )
    count = len([name for name in fields if name in FIELDS])
    share = of_owner.c.filled * 1.0 / of_owner.c.customers
    statement = (
        select(
            of_owner.c.owner_id.label("employee_id"),
            name_in(language, employees).label("owner"),
            of_owner.c.customers,
            (of_owner.c.customers * count).label("fields"),
            of_owner.c.filled,
        )
        .select_from(of_owner)
        .outerjoin(employees, employees.c.employee_id == of_owner.c.owner_id)
        .order_by(of_owner.c.owner_id.is_(None), share.desc(), of_owner.c.owner_id)
    )
    return read_frame(engine, statement)


def filled_in_all(columns: Any, fields: tuple[str, ...]) -> Any:
    """How many of these fields are filled in all rows together."""
    found: Any = func.count() * 0
    for name in fields:
        if name in FIELDS:
            found += func.count(case((_is_filled(columns[name], name), 1)))
    return found


def _is_filled(column: Any, name: str) -> Any:
    if name == "consent":
        return column != "unknown"
    return column.is_not(None) if name.endswith("_id") else func.trim(column) != ""


def list_completeness(
    engine: Engine, scope: Scope, as_of: date, language: str = "en"
) -> pd.DataFrame:
    """measured_on, employee_id, owner, customers, fields, filled: the measurements up to `as_of`
    that this person sees, the oldest first."""
    measured, employees = scope.visible.completeness, scope.visible.employees
    statement = (
        select(
            measured.c.measured_on,
            measured.c.employee_id,
            name_in(language, employees).label("owner"),
            measured.c.customers,
            measured.c.fields,
            measured.c.filled,
        )
        .select_from(measured)
        .outerjoin(employees, employees.c.employee_id == measured.c.employee_id)
        .where(measured.c.measured_on <= as_of)
        .order_by(measured.c.measured_on, measured.c.completeness_id)
    )
    return read_frame(engine, statement)
