"""How complete each owner's customers are, measured by hand and by the query."""

from __future__ import annotations

from datetime import date

from data_access.completeness import (
    FIELDS,
    list_completeness,
    readable_fields,
    sum_completeness_by_owner,
)
from data_access.database import Database
from data_access.edits.measuring import measure_completeness
from tests.crm import add, scope_of

WHOLE = {
    "customer_type": "person", "source": "web", "grade": "A", "phone": "1", "email": "a@b.example",
    "address": "1 Road", "city": "Lyon", "consent": "refused",
}  # fmt: skip
DAY = date(2026, 11, 23)


def test_completeness_is_what_is_filled(database: Database) -> None:
    writer = database.writer
    region = add(writer, "regions", name="North")
    ada, bo = (add(writer, "employees", name=name, region_id=region) for name in ("Ada", "Bo"))
    add(writer, "customers", owner_id=bo, region_id=region, **WHOLE)
    add(writer, "customers", owner_id=bo, region_id=region, **{**WHOLE, "phone": " ", "city": None})
    add(writer, "customers", owner_id=ada, region_id=region, **WHOLE)
    add(writer, "customers", region_id=region)
    lead = scope_of(database, "sales_lead", region_ids=[region])
    frame = sum_completeness_by_owner(database.record, lead, readable_fields(lead))
    rows = frame[["owner", "customers", "fields", "filled"]].values.tolist()
    assert rows == [["Ada", 1, 9, 9], ["Bo", 2, 18, 16], [None, 1, 9, 1]]
    assert measure_completeness(writer, DAY) == 4  # with the noise
    assert measure_completeness(writer, DAY) == 4
    measure_completeness(writer, date(2026, 10, 23))
    history = list_completeness(database.record, lead, DAY)
    assert history["owner"].tolist() == ["Ada", "Bo"] * 2
    assert history["filled"].tolist() == [9, 16] * 2
    assert history["measured_on"].dt.month.tolist() == [10, 10, 11, 11]
    rep = scope_of(database, "sales_rep", employee_id=ada)
    assert list_completeness(database.record, rep, DAY)["owner"].tolist() == ["Ada"] * 2
    assert len(list_completeness(database.record, scope_of(database, "manager"), DAY)) == 8


def test_masked_fields_are_not_judged(sqlite_database: Database) -> None:
    fields = readable_fields(scope_of(sqlite_database, "analyst"))
    assert set(FIELDS) - set(fields) == {"phone", "email", "address"}
    assert readable_fields(scope_of(sqlite_database, "manager")) == FIELDS


def test_nobody_has_nothing(sqlite_database: Database) -> None:
    rep = scope_of(sqlite_database, "sales_rep", employee_id=None)
    assert sum_completeness_by_owner(sqlite_database.record, rep, FIELDS).empty
    assert list_completeness(sqlite_database.record, rep, DAY).empty
