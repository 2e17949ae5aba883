"""The log as a person may read it: who changed what, when and why. Asked of the record alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Column, ColumnElement, Engine, Select, Subquery, func, select

from data_access.dialects import ZONE
from data_access.filters import Period, name_in
from data_access.frames import read_frame
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.row_images import Difference, differences, read_image, stored_value
from data_access.scope import RELATIONS, Scope
from data_access.sealing import digests_in, open_image

# Columns that refer to a row with a name, and where the name stands.
NAMED_IN = {
    "customer_id": ("customers", "customer_id"),
    "owner_id": ("employees", "employee_id"),
    "region_id": ("regions", "region_id"),
    "warehouse_id": ("warehouses", "warehouse_id"),
    "product_id": ("products", "product_id"),
    "campaign_id": ("campaigns", "campaign_id"),
    "supplier_id": ("suppliers", "supplier_id"),
    "employee_id": ("employees", "employee_id"),
}
_SAY_NOTHING = ("version", "order_id", "line_id", "replenishment_id", "user_id")


@dataclass(frozen=True)
class ChangeFilter:
    """Which changes of the log; empty: all."""

    period: Period | None = None  # business days
    order_number: str = ""
    actor: str = ""
    action: str = ""
    table_name: str = ""
    request_id: str = ""


def list_changes(
    engine: Engine,
    scope: Scope,
    change_filter: ChangeFilter,
    *,
    zone: str = ZONE,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """A page of the log, newest first; `keyset.next_page(frame)` is the `after` of the next one.

    audit_id, happened_at, actor, actor_name, action, table_name, row_id, order_id, order_number,
    product, warehouse, customer (which the row is about), reason, changes (tuple of Difference:
    field, before, after, with names for ids; empty where the role may not read them; what was
    erased stands sealed), request_id, undoes, undone_by (the request that undid this one)
    """
    return _page(
        engine, scope, _predicates(scope, change_filter, zone), after, limit, language
    )  # fmt: skip


def count_changes(
    engine: Engine, scope: Scope, change_filter: ChangeFilter, *, zone: str = ZONE
) -> int:
    """How many rows `list_changes` has, all pages together."""
    audit = scope.visible.audit
    predicates = _predicates(scope, change_filter, zone)
    statement = select(func.count().label("rows")).select_from(audit).where(*predicates)
    return int(read_frame(engine, statement)["rows"].iloc[0])


def list_order_changes(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """The log of one order and of what belongs to it; a page as `list_changes` has it."""
    predicate = scope.visible.audit.c.order_id == order_id
    return _page(engine, scope, [predicate], after, limit, language)


def list_actors(engine: Engine, scope: Scope) -> pd.DataFrame:
    """actor, actor_name: who is in the log, by name."""
    audit = scope.visible.audit.c
    name = func.max(audit.actor_name).label("actor_name")
    statement = select(audit.actor, name).group_by(audit.actor).order_by(name, audit.actor)
    return read_frame(engine, statement)


def list_actions(engine: Engine, scope: Scope) -> pd.DataFrame:
    """action, table_name: what is in the log."""
    audit = scope.visible.audit.c
    pair = (audit.action, audit.table_name)
    return read_frame(engine, select(*pair).distinct().order_by(*pair))


def _predicates(scope: Scope, change_filter: ChangeFilter, zone: str) -> list[ColumnElement[bool]]:
    audit, orders = scope.visible.audit.c, scope.visible.orders.c
    found: list[ColumnElement[bool]] = [
        audit[name] == getattr(change_filter, name)
        for name in ("actor", "action", "table_name", "request_id")
        if getattr(change_filter, name)
    ]
    if change_filter.order_number:
        of_number = select(orders.order_id).where(orders.order_number == change_filter.order_number)
        found.append(audit.order_id.in_(of_number))
    if change_filter.period:
        period = change_filter.period
        found.append(audit.happened_at >= _midnight(period.start, zone))
        found.append(audit.happened_at < _midnight(period.end + timedelta(days=1), zone))
    return found


def _midnight(day: date, zone: str) -> datetime:
    """The moment in UTC at which the business day begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def _page(
    engine: Engine, scope: Scope, predicates: Iterable[ColumnElement[bool]],
    after: Cursor | None, limit: int, language: str,
) -> pd.DataFrame:  # fmt: skip
    audit = scope.visible.audit
    frame = read_page(
        engine,
        Sort(audit.c.audit_id, audit.c.audit_id, descending=True, has_nulls=False),
        select(audit).where(*predicates),
        lambda page: _shown(scope, page),
        limit=limit,
        after=after,
    )
    return _described(engine, scope, frame, language)


def _shown(scope: Scope, page: Subquery) -> Select[Any]:
    orders, audit = scope.visible.orders.c, scope.visible.audit.c
    number = select(orders.order_number).where(orders.order_id == page.c.order_id)
    undoing = select(func.min(audit.request_id)).where(audit.undoes == page.c.request_id)
    return select(
        page.c.audit_id,
        page.c.happened_at,
        page.c.actor,
        page.c.actor_name,
        page.c.action,
        page.c.table_name,
        page.c.row_id,
        page.c.order_id,
        number.scalar_subquery().label("order_number"),
        page.c.reason,
        page.c.before,
        page.c.after,
        page.c.request_id,
        page.c.undoes,
        undoing.scalar_subquery().label("undone_by"),
    )


def _described(engine: Engine, scope: Scope, frame: pd.DataFrame, language: str) -> pd.DataFrame:
    """The page with what changed, in words and numbers, in place of the JSON."""
    images: _Images = [
        (table, _image(before), _image(after))
        for table, before, after in zip(
            frame["table_name"], frame["before"], frame["after"], strict=True
        )
    ]
    images = _opened(engine, scope, images)
    names = _names(engine, scope, images, language)
    changes = [_changes(scope, *image, names) for image in images]
    for subject, key in _SUBJECTS.items():
        frame[subject] = pd.Series(
            [
                names.get((key, (after or before).get(key)))
                if key != "customer_id" or table in _OF_CUSTOMERS
                else None
                for table, before, after in images
            ],
            index=frame.index,
            dtype="object",
        )
    frame["changes"] = pd.Series(changes, index=frame.index, dtype="object")
    return frame[list(_COLUMNS)]


def _image(text: str | None) -> dict[str, Any]:
    """Nothing where it is hidden, or is not what a trigger wrote."""
    try:
        image = read_image(text)
    except ValueError:
        return {}
    return image if isinstance(image, dict) else {}


def _opened(engine: Engine, scope: Scope, images: _Images) -> _Images:
    """With the personal values in place of their digests, as far as they are still there."""
    digests = {
        digest for table, *both in images for image in both for digest in digests_in(table, image)
    }
    if not digests:
        return images
    sealed = scope.visible.sealed_values.c
    statement = select(sealed.digest, sealed.value).where(sealed.digest.in_(sorted(digests)))
    frame = read_frame(engine, statement)
    values = dict(zip(frame["digest"], frame["value"], strict=True))
    return [
        (table, open_image(table, before, values), open_image(table, after, values))
        for table, before, after in images
    ]


_COLUMNS = (
    "audit_id", "happened_at", "actor", "actor_name", "action", "table_name", "row_id", "order_id",
    "order_number", "product", "warehouse", "customer", "reason", "changes", "request_id", "undoes",
    "undone_by",
)  # fmt: skip
_SUBJECTS = {"product": "product_id", "warehouse": "warehouse_id", "customer": "customer_id"}
_OF_CUSTOMERS = ("customers", "contacts", "interactions", "consents")
_Images = Sequence[tuple[str, dict[str, Any], dict[str, Any]]]
_Names = Mapping[tuple[str, Any], str | None]


def _names(engine: Engine, scope: Scope, images: _Images, language: str) -> _Names:
    """(column, id) → name, as far as the person may see it."""
    wanted: dict[str, set[int]] = {}
    for _, before, after in images:
        for image in (before, after):
            for column in NAMED_IN.keys() & image.keys():
                if isinstance(image[column], int):
                    wanted.setdefault(column, set()).add(image[column])
    found: dict[tuple[str, Any], str | None] = {}
    for column, ids in sorted(wanted.items()):
        relation = getattr(scope.visible, NAMED_IN[column][0])
        key = relation.c[NAMED_IN[column][1]]
        statement = select(key.label("id"), name_in(language, relation).label("name"))
        frame = read_frame(engine, statement.where(key.in_(sorted(ids))))
        found |= {(column, key): name for key, name in zip(frame["id"], frame["name"], strict=True)}
    return found


def _changes(
    scope: Scope, table: str, before: dict[str, Any], after: dict[str, Any], names: _Names
) -> tuple[Difference, ...]:
    if not before and not after:
        return ()
    columns = getattr(scope.visible, table).c if table in RELATIONS else {}
    return tuple(
        Difference(
            field,
            _value(field, old, columns, names),
            _value(field, new, columns, names),
        )
        for field, old, new in differences(before, after)
        if field not in _SAY_NOTHING
    )


def _value(field: str, value: Any, columns: Mapping[str, Column[Any]], names: _Names) -> Any:
    """The value as the column keeps it; a name for the id of something that has one."""
    if value is None or field not in columns:
        return value
    if field in NAMED_IN:
        return names.get((field, value))
    try:
        return stored_value(columns[field].type, value)
    except (ValueError, TypeError, ArithmeticError):
        return value
