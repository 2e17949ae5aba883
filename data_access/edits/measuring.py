"""Keeps how complete the customers of each owner are, one row per owner and day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, Engine, delete, func, insert, literal, select

from data_access.completeness import FIELDS, filled_in_all
from data_access.database import writing
from data_access.tables import completeness, customers, employees


def measure_completeness(engine: Engine, day: date) -> int:
    """Measures all customers as they are now as those of `day`, in place of an earlier measurement
    of that day; returns the number of owners."""
    with writing(engine) as connection:
        return measure_in(connection, day)


def measure_in(connection: Connection, day: date) -> int:
    """`measure_completeness` within somebody's transaction."""
    of_owner = (
        select(
            customers.c.owner_id,
            func.count().label("customers"),
            filled_in_all(customers.c, FIELDS).label("filled"),
        )
        .group_by(customers.c.owner_id)
        .subquery("of_owner")
    )
    measured = (
        select(
            literal(day, completeness.c.measured_on.type),
            of_owner.c.owner_id,
            employees.c.region_id,
            of_owner.c.customers,
            of_owner.c.customers * len(FIELDS),
            of_owner.c.filled,
        )
        .select_from(of_owner)
        .outerjoin(employees, employees.c.employee_id == of_owner.c.owner_id)
        .order_by(of_owner.c.owner_id)
    )
    names = ["measured_on", "employee_id", "region_id", "customers", "fields", "filled"]
    connection.execute(delete(completeness).where(completeness.c.measured_on == day))
    connection.execute(insert(completeness).from_select(names, measured))
    written = select(func.count()).where(completeness.c.measured_on == day)
    return int(connection.scalar(written) or 0)
