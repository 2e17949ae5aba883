"""Makes two records of one customer into one, and takes that back.

Everything that belongs to the customer who goes moves to the one who stays; what brings the record
back is kept in `customer_merges.record`. What a refresh had worked out for the one who goes is
removed: the next refresh works it out of the orders anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, Row, Table, delete, insert, select, update

from data_access.customer_pairs import seen_of
from data_access.edits.fields import Fields
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused, NotFound
from data_access.policy import Role
from data_access.row_images import stored_value
from data_access.scope import Scope
from data_access.tables import (
    RESULTS_OF_CUSTOMERS,
    audit,
    customer_merges,
    customers,
    erasures,
    imported_rows,
    metadata,
    orders,
    sealed_values,
)

MAY_MERGE = (Role.ADMIN, Role.MANAGER, Role.SALES_LEAD)
CONSENT = ("consent", "consent_on", "consent_purpose")
CHOSEN = (
    "name", "name_zh", "customer_type", "industry", "grade", "source", "owner_id", "region_id",
    "phone", "email", "address", "city", "country", "born_on", "consent",
)  # fmt: skip
_BATCH = 5_000


class MergeRefused(EditRefused):
    """The two were not merged, or not parted again; nothing was written."""

    messages: ClassVar[dict[str, str]] = {
        "role": "Your role may not merge customers. Ask your sales lead or a manager.",
        "same": "This is one and the same customer.",
        "changed": "One of the two was changed meanwhile. Look at both again.",
        "consent": (
            "One of the two refused to be contacted. A merge does not turn a refusal into consent."
        ),
        "unknown": "There is no such merge, or it is not yours to take back.",
        "unmerged": "This merge was taken back already.",
        "erased": "The customer was erased since, so the record cannot come back.",
    }


def may_merge(scope: Scope) -> bool:
    return scope.role in MAY_MERGE


def merge_customers(
    engine: Engine,
    scope: Scope,
    kept_id: int,
    merged_id: int,
    *,
    taken: Iterable[str],
    seen: str,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """The second customer becomes part of the first. `taken`: the fields (of CHOSEN) whose value
    comes from the one who goes; `seen`: of find_customer_pair. `values` of the answer: `merge_id`,
    and `moved`, the number of rows of each table. Refused with MergeRefused, NotFound or
    FieldsRefused."""
    names = tuple(sorted(map(str, taken)))

    def work(edit: Edit) -> Done:
        if not may_merge(scope):
            raise MergeRefused("role")
        _check_fields(names)
        kept, merged = _lock_both(edit, kept_id, merged_id)
        if seen != seen_of(dict(kept._mapping), dict(merged._mapping)):
            raise MergeRefused("changed")
        values = _chosen(kept, merged, names)
        record = {
            "merged": dict(merged._mapping),
            "kept": {name: kept._mapping[name] for name in values},
            "set": values,
            **_move(edit, merged.customer_id, kept.customer_id),
        }
        _remove(edit, merged.customer_id)
        if values:
            _set(edit, kept.customer_id, values)
        merge_id = _remember(edit, kept.customer_id, merged, record)
        return _done(edit, merge_id, record["moved"])

    return carry_out(
        engine, scope, "merge_customers", work, request_id=request_id,
        details=(kept_id, merged_id, names, seen), now=now,
    )  # fmt: skip


def unmerge_customers(
    engine: Engine, scope: Scope, merge_id: int, *, request_id: str, now: datetime | None = None
) -> Done:
    """Brings the record back that a merge took away, with those of its rows that still belong to
    the customer it went to; a field that was changed since stays as it is. `values` as those of a
    merge. Refused with MergeRefused."""

    def work(edit: Edit) -> Done:
        if not may_merge(scope):
            raise MergeRefused("role")
        merge, record = _lock_merge(edit, merge_id)
        restored_id = _bring_back(edit, record["merged"])
        moved = _move_back(edit, record, merge.customer_id, restored_id)
        _set_back(edit, merge.customer_id, record)
        statement = update(customer_merges).where(customer_merges.c.merge_id == merge.merge_id)
        edit.connection.execute(statement.values(unmerged_at=edit.now))
        return _done(edit, merge.merge_id, moved, undoes=_request_of(edit, merge.merge_id))

    return carry_out(
        engine, scope, "unmerge_customers", work, request_id=request_id, details=(merge_id,),
        now=now,
    )  # fmt: skip


# Merging


def _check_fields(names: Iterable[str]) -> None:
    fields = Fields()
    if not set(names) <= set(CHOSEN):
        fields.refuse("taken", "unknown")
    fields.check()


def _lock_both(edit: Edit, kept_id: int, merged_id: int) -> tuple[Row[Any], Row[Any]]:
    fields = Fields()
    ids = [fields.id("customer_id", each) for each in (kept_id, merged_id)]
    if fields.refused:
        raise NotFound("customer")
    if ids[0] == ids[1]:
        raise MergeRefused("same")
    found = _lock(edit, ids)
    if len(found) != len(ids):
        raise NotFound("customer")
    return found[ids[0]], found[ids[1]]


def _lock(edit: Edit, customer_ids: Iterable[int]) -> dict[int, Row[Any]]:
    """The customers among these that the person sees, as they are stored."""
    visible = edit.scope.visible.customers
    is_visible = select(1).where(visible.c.customer_id == customers.c.customer_id)
    statement = (
        select(customers)
        .where(customers.c.customer_id.in_(list(customer_ids)))
        .where(is_visible.correlate(customers).exists())
        .order_by(customers.c.customer_id)
        .with_for_update(of=customers)
    )
    return {row.customer_id: row for row in edit.connection.execute(statement)}


def _chosen(kept: Row[Any], merged: Row[Any], names: Iterable[str]) -> dict[str, Any]:
    """What changes in the record that stays."""
    wanted = [each for name in names for each in (CONSENT if name == "consent" else (name,))]
    values = {name: merged._mapping[name] for name in wanted}
    if "refused" in (kept.consent, merged.consent) and values.get("consent", kept.consent) != (
        "refused"
    ):
        raise MergeRefused("consent")
    created = [each for each in (kept.created_at, merged.created_at) if each is not None]
    if created:
        values["created_at"] = min(created)
    return {name: value for name, value in values.items() if value != kept._mapping[name]}


def _move(edit: Edit, from_id: int, to_id: int) -> dict[str, Any]:
    """Every row that belongs to one customer now belongs to the other."""
    moved: dict[str, list[Any]] = {}
    for table in _belonging():
        key = _key(table)
        ids = edit.connection.scalars(select(key).where(table.c.customer_id == from_id)).all()
        if ids:
            _give(edit, table, table.c.customer_id == from_id, to_id)
            moved[table.name] = sorted(ids)
    names_them = imported_rows.c.table_name == customers.name
    of_source = select(imported_rows.c.imported_row_id).where(
        names_them, imported_rows.c.row_id == from_id
    )
    imported = sorted(edit.connection.scalars(of_source))
    edit.connection.execute(
        update(imported_rows)
        .where(names_them, imported_rows.c.row_id == from_id)
        .values(row_id=to_id)
    )
    return {"moved": moved, "imported": imported}


def _belonging() -> list[Table]:
    """The tables whose rows belong to a customer, but for what a refresh works out, and what tells
    whose something was at the time."""
    staying = (customers, *RESULTS_OF_CUSTOMERS, sealed_values, erasures)
    return [
        table
        for table in metadata.sorted_tables
        if "customer_id" in table.c and table not in staying
    ]


def _key(table: Table) -> Any:
    return next(iter(table.primary_key.columns))


def _give(edit: Edit, table: Table, these: Any, to_id: int) -> int:
    values: dict[str, Any] = {"customer_id": to_id}
    if table is orders:  # who has one of them open learns that it changed
        values["version"] = orders.c.version + 1
    return edit.connection.execute(update(table).where(these).values(**values)).rowcount


def _remove(edit: Edit, customer_id: int) -> None:
    for table in (*RESULTS_OF_CUSTOMERS, customers):
        edit.connection.execute(delete(table).where(table.c.customer_id == customer_id))


def _set(edit: Edit, customer_id: int, values: Mapping[str, Any]) -> None:
    statement = update(customers).where(customers.c.customer_id == customer_id)
    edit.connection.execute(statement.values(**values))


def _remember(edit: Edit, kept_id: int, merged: Row[Any], record: Mapping[str, Any]) -> int:
    key = edit.connection.execute(
        insert(customer_merges).values(
            customer_id=kept_id,
            merged_id=merged.customer_id,
            merged_name=merged.name,
            user_id=edit.scope.user_id,
            merged_at=edit.now,
            record=json.dumps(record, ensure_ascii=False, default=str),
        )
    ).inserted_primary_key
    assert key is not None
    return int(key[0])


def _done(
    edit: Edit, merge_id: int, moved: Mapping[str, list[Any]], undoes: str | None = None
) -> Done:
    """Writes the log, which says what moved and no personal data."""
    counts = {name: len(ids) for name, ids in moved.items()}
    edit.connection.execute(
        insert(audit).values(
            happened_at=edit.now,
            user_id=edit.scope.user_id,
            actor=edit.scope.username,
            actor_name=edit.scope.name,
            action=edit.action,
            table_name=customer_merges.name,
            row_id=merge_id,
            after=json.dumps(counts),
            request_id=edit.request_id,
            undoes=undoes,
        )
    )
    return Done(values={"merge_id": merge_id, "moved": counts})


# Taking it back


def _lock_merge(edit: Edit, merge_id: int) -> tuple[Row[Any], dict[str, Any]]:
    fields = Fields()
    chosen = fields.id("merge_id", merge_id)
    statement = select(customer_merges).where(customer_merges.c.merge_id == chosen)
    merge = edit.connection.execute(statement.with_for_update()).one_or_none()
    if fields.refused or merge is None or not _lock(edit, [merge.customer_id]):
        raise MergeRefused("unknown")
    if merge.unmerged_at is not None:
        raise MergeRefused("unmerged")
    record = json.loads(merge.record or "{}")
    if not record:
        raise MergeRefused("erased")
    is_elsewhere = record["merged"]["region_id"] not in edit.scope.region_ids
    if edit.scope.role is Role.SALES_LEAD and is_elsewhere:
        raise MergeRefused("unknown")
    return merge, record


def _bring_back(edit: Edit, image: Mapping[str, Any]) -> int:
    """The record as it was; under a new identity where another customer has its own by now."""
    values = _stored(image)
    is_taken = select(customers.c.customer_id).where(
        customers.c.customer_id == values["customer_id"]
    )
    if edit.connection.scalar(is_taken) is not None:
        del values["customer_id"]
    key = edit.connection.execute(insert(customers).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _stored(image: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: stored_value(customers.c[name].type, value)
        for name, value in image.items()
        if name in customers.c
    }


def _move_back(
    edit: Edit, record: Mapping[str, Any], from_id: int, to_id: int
) -> dict[str, list[Any]]:
    moved: dict[str, list[Any]] = {}
    for table in _belonging():
        ids = record["moved"].get(table.name, [])
        here = (
            select(_key(table)).where(_key(table).in_(batch), table.c.customer_id == from_id)
            for batch in _batches(ids)
        )
        moved[table.name] = [each for some in here for each in edit.connection.scalars(some)]
        for batch in _batches(moved[table.name]):
            _give(edit, table, _key(table).in_(batch), to_id)
    for batch in _batches(record["imported"]):
        edit.connection.execute(
            update(imported_rows)
            .where(imported_rows.c.imported_row_id.in_(batch), imported_rows.c.row_id == from_id)
            .values(row_id=to_id)
        )
    return {name: ids for name, ids in moved.items() if ids}


def _batches(ids: list[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]


def _set_back(edit: Edit, kept_id: int, record: Mapping[str, Any]) -> None:
    """The fields of the record that stayed, as far as they are as the merge left them."""
    statement = select(customers).where(customers.c.customer_id == kept_id)
    kept = edit.connection.execute(statement).one()._mapping
    written, before = _stored(record["set"]), _stored(record["kept"])
    values = {name: before[name] for name in before if kept[name] == written[name]}
    if values:
        _set(edit, kept_id, values)


def _request_of(edit: Edit, merge_id: int) -> str | None:
    statement = select(audit.c.request_id).where(
        audit.c.table_name == customer_merges.name,
        audit.c.row_id == merge_id,
        audit.c.action == "merge_customers",
    )
    found: str | None = edit.connection.scalar(statement)
    return found
