"""How many calls each rep has time for in a week."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Engine, func, select

from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.scope import Scope

USUAL_CALLS = 25  # a week: five a day, of a rep without a number of their own


def list_call_capacities(engine: Engine, scope: Scope, *, language: str = "en") -> pd.DataFrame:
    """employee_id, rep, calls_a_week, version (0: it is the usual number), customers: of each rep
    who has customers."""
    visible = scope.visible
    employees, capacities, customers = (
        visible.employees, visible.call_capacities, visible.customers,
    )  # fmt: skip
    owned = (
        select(customers.c.owner_id, func.count().label("customers"))
        .group_by(customers.c.owner_id)
        .subquery("owned")
    )
    rep = name_in(language, employees)
    return read_frame(
        engine,
        select(
            employees.c.employee_id,
            rep.label("rep"),
            func.coalesce(capacities.c.calls_a_week, USUAL_CALLS).label("calls_a_week"),
            func.coalesce(capacities.c.version, 0).label("version"),
            owned.c.customers,
        )
        .join_from(employees, owned, owned.c.owner_id == employees.c.employee_id)
        .outerjoin(capacities, capacities.c.employee_id == employees.c.employee_id)
        .order_by(rep, employees.c.employee_id),
    )
