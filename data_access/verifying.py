"""Verifies the log: that its chain is whole, and that the tables hold what it says.

Each row of the log is hashed anew, then the log is replayed: what a row showed before must be what
was logged of it last, and what was logged last must stand in the table. Rows that were loaded in
bulk and never edited since are in no log; of those only their number is known. Personal values are
told by their digests (sealing.py): those that are still there must fit, those that are gone must
be of a person whose erasure the log tells.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, RowMapping, Table, func, select, text

from data_access.audit_chain import HASHED, chain_hash
from data_access.row_images import (
    Difference,
    differences,
    differences_from,
    read_image,
    stored_value,
)
from data_access.sealing import opener
from data_access.tables import AUDITED_TABLES, audit, data_version, orders, products
from data_access.tampering import Head, Tampered
from data_access.verifying_values import Values

SEALING = "seal_log"  # tells that earlier rows were written anew, once, by an upgrade
PEOPLE, ERASING = "people", "erase_person"
BEGINNINGS = ("begin_log", "bulk_load")  # tell what is there without a log
_CHUNK = 500
_UNREADABLE = (ValueError, TypeError, ArithmeticError)
_OF_LOG = {
    "sqlite": ("audit_not_replaced", "audit_sealed", "audit_not_changed", "audit_not_deleted"),
    "postgresql": ("audit_sealed", "audit_kept", "audit_not_emptied"),
}
_OF_TABLE = {"sqlite": ("_logged_insert", "_logged_update", "_logged_delete"),
             "postgresql": ("_logged",)}  # fmt: skip


class Verified(NamedTuple):
    head: Head
    erased: int  # rows whose personal values in the log were erased


def verify_log(engine: Engine, kept: Head | None = None) -> Head:
    """The head of a log that is whole. Raises Tampered at the first thing that is not so."""
    return verify(engine, kept).head


def verify(engine: Engine, kept: Head | None = None) -> Verified:
    """As `verify_log`, and how much was erased."""
    seen: Head | None = None
    with _one_moment(engine) as connection:
        _check_switched_on(connection)
        replay = _Replay(connection)
        for row in _stored_rows(connection):
            replay.follow(row)
            if kept is not None and kept.audit_id == replay.head.audit_id:
                seen = replay.head
        if kept is not None and seen not in (None, kept) and kept != replay.head_before_sealing:
            raise replay.other_head(kept)
        if not replay.head.audit_id:
            raise Tampered("empty")
        if kept is not None and not 0 < kept.audit_id <= replay.head.audit_id:
            raise Tampered("cut_off", audit_id=kept.audit_id, last=replay.head.audit_id)
        replay.values.check()
        replay.check_tables()
    return Verified(replay.head, replay.values.erased)


class _Last(NamedTuple):
    """What the log said last of a row."""

    audit_id: int
    digest: bytes  # of the image after; empty where the row was deleted


class _Replay:
    """The log up to a row, and what the tables must hold by then."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.head = Head(0, "")
        self.head_before_sealing: Head | None = None
        self.values = Values(connection, self._name)
        self._last: dict[tuple[str, int], _Last] = {}
        self._held: dict[str, list[int]] = {}  # table → rows without a log, and their last id
        self._added: dict[str, int] = {}  # table → rows added since, less deleted ones

    def follow(self, row: RowMapping) -> None:
        audit_id = row["audit_id"]
        if audit_id != self.head.audit_id + 1 or row["previous_hash"] != self.head.hash:
            raise Tampered("unlinked", audit_id=audit_id)
        found = chain_hash(self.head.hash, *(row[name] for name in HASHED))
        if found != row["hash"]:
            raise self._rewritten(row)
        self.head = Head(audit_id, found)
        try:
            self._apply(row)
        except _UNREADABLE as error:
            raise self._rewritten(row) from error

    def _apply(self, row: RowMapping) -> None:
        table_name, row_id = row["table_name"], row["row_id"]
        if table_name == "*" and row["action"] in BEGINNINGS:
            self._held = json.loads(row["after"])
            self._last.clear()
            self._added.clear()
        elif table_name == "*" and row["action"] == SEALING:
            self._note_sealing(json.loads(row["after"]))
        elif table_name == PEOPLE and row["action"] == ERASING:
            self.values.note_erasure(json.loads(row["after"]))
        elif table_name in _AUDITED:
            self.values.look_for(row)
            self._check_before(row)
            self._last[table_name, row_id] = _Last(row["audit_id"], _digest(row["after"]))
            change = (row["before"] is None) - (row["after"] is None)
            self._added[table_name] = self._added.get(table_name, 0) + change

    def _note_sealing(self, told: dict[str, Any]) -> None:
        self._held |= told["held"]
        sealed = told["sealed"]
        if sealed["broken_at"] is not None:
            raise Tampered("broken_before", audit_id=sealed["broken_at"])
        self.head_before_sealing = Head(sealed["rows"], sealed["head"])

    def other_head(self, kept: Head) -> Tampered:
        """Why the head that was kept is no more, but for the one that the log had when it was
        sealed."""
        before = self.head_before_sealing
        since = before is not None and kept.audit_id <= before.audit_id
        return Tampered("sealed_since" if since else "other_head", audit_id=kept.audit_id)

    def _check_before(self, row: RowMapping) -> None:
        table_name, row_id, before = row["table_name"], row["row_id"], row["before"]
        last = self._last.get((table_name, row_id))
        if last is None:
            if before is not None and row_id > self._held.get(table_name, (0, 0))[1]:
                name = self._name(table_name, row_id, read_image(before))
                raise Tampered("added", table=table_name, row_id=row_id, name=name)
        elif _digest(before) != last.digest:
            found = self._differences(table_name, self._image(last.audit_id), before)
            if found or bool(before) != bool(last.digest):
                raise Tampered(
                    "before", table=table_name, row_id=row_id, changed=found,
                    audit_id=row["audit_id"], name=self._name(table_name, row_id),
                )  # fmt: skip

    def check_tables(self) -> None:
        """Raises for the row whose log ends first, then for rows that the log does not know."""
        ends = sorted((last.audit_id, *key) for key, last in self._last.items())
        for start in range(0, len(ends), _CHUNK):
            chunk = ends[start : start + _CHUNK]
            images = self._images([audit_id for audit_id, *_ in chunk])
            rows = {
                name: self._rows(_AUDITED[name], [i for _, table, i in chunk if table == name])
                for name in {table for _, table, _ in chunk}
            }
            for audit_id, name, row_id in chunk:
                self._check_row(audit_id, name, row_id, images[audit_id], rows[name].get(row_id))
        for name in self._held:
            if name in _AUDITED:
                self._check_unlogged(_AUDITED[name])

    def _check_row(
        self, audit_id: int, table_name: str, row_id: int,
        image: dict[str, Any], row: Mapping[str, Any] | None,
    ) -> None:  # fmt: skip
        known: dict[str, Any] = {
            "table": table_name, "row_id": row_id, "audit_id": audit_id,
            "name": self._name(table_name, row_id, image),
        }  # fmt: skip
        if row is None and image:
            raise Tampered("deleted", **known)
        if row is not None and not image:
            raise Tampered("back", **known)
        if row is not None:
            found = differences_from(_AUDITED[table_name].c, image, row)
            if found:
                raise Tampered("changed", changed=tuple(found), **known)

    def _check_unlogged(self, table: Table) -> None:
        count, last_id = self._held[table.name]
        key = next(iter(table.primary_key.columns))
        newer = self._connection.scalars(select(key).where(key > last_id).order_by(key))
        for row_id in newer:
            if (table.name, row_id) not in self._last:
                name = self._name(table.name, row_id)
                raise Tampered("added", table=table.name, row_id=row_id, name=name)
        expected = count + self._added.get(table.name, 0)
        found = self._connection.scalar(select(func.count()).select_from(table))
        if found != expected:
            raise Tampered("count", table=table.name, count=found, expected=expected)

    def _rows(self, table: Table, ids: list[int]) -> dict[int, Mapping[str, Any]]:
        """The rows as they stand; as they are stored where a value is none of its column."""
        key = next(iter(table.primary_key.columns))
        statement = select(table).where(key.in_(ids))
        try:
            rows = self._connection.execute(statement).mappings().all()
        except _UNREADABLE:
            ids_in_sql = ", ".join(map(str, ids))
            stored = f"SELECT * FROM {table.name} WHERE {key.name} IN ({ids_in_sql})"  # noqa: S608
            found = self._connection.execute(text(stored)).mappings().all()
            return {row[key.name]: _typed(table, row) for row in found}
        return {row[key.name]: dict(row) for row in rows}

    def _image(self, audit_id: int) -> dict[str, Any]:
        return self._images([audit_id])[audit_id]

    def _differences(
        self, table_name: str, last: dict[str, Any], before: str | None
    ) -> tuple[Difference, ...]:
        opened = opener(self._connection, [(table_name, before)])
        return _differences(table_name, last, opened(table_name, read_image(before)))

    def _images(self, audit_ids: list[int]) -> dict[int, dict[str, Any]]:
        """The rows as these rows of the log left them, personal values opened."""
        statement = select(audit).where(audit.c.audit_id.in_(audit_ids))
        rows = self._connection.execute(statement).mappings().all()
        opened = opener(self._connection, [(row["table_name"], row["after"]) for row in rows])
        images: dict[int, dict[str, Any]] = {}
        for row in rows:
            try:
                images[row["audit_id"]] = opened(row["table_name"], read_image(row["after"]))
            except _UNREADABLE as error:
                raise self._rewritten(row) from error
        return images

    def _rewritten(self, row: RowMapping) -> Tampered:
        table, row_id = row["table_name"], row["row_id"]
        name = self._name(table, row_id)
        return Tampered(
            "rewritten", table=table, row_id=row_id, audit_id=row["audit_id"], name=name
        )

    def _name(
        self, table_name: str, row_id: int | None, image: Mapping[str, Any] | None = None
    ) -> str:
        """The row as people call it: by the number of its order or the code of its product."""
        known = image or self._ids_of(table_name, row_id)
        number = select(orders.c.order_number).where(orders.c.order_id == known.get("order_id"))
        sku = select(products.c.sku).where(products.c.product_id == known.get("product_id"))
        of = known.get("order_number") or self._connection.scalar(number)
        of = of or self._connection.scalar(sku)
        return f"{table_name} {row_id} ({of})" if of else f"{table_name} {row_id}"

    def _ids_of(self, table_name: str, row_id: int | None) -> Mapping[str, Any]:
        """What the row in the table is about."""
        if table_name not in _AUDITED:
            return {}
        table = _AUDITED[table_name]
        ids = [table.c[name] for name in ("order_id", "product_id") if name in table.c]
        key = next(iter(table.primary_key.columns))
        row = self._connection.execute(select(key, *ids).where(key == row_id)).mappings().first()
        return dict(row) if row else {}


_AUDITED = {table.name: table for table in AUDITED_TABLES}


def _digest(image: str | None) -> bytes:
    return hashlib.blake2b(image.encode(), digest_size=8).digest() if image else b""


def _differences(
    table_name: str, after: dict[str, Any], before: dict[str, Any]
) -> tuple[Difference, ...]:
    """Between two images of a row; columns that only one of them knows are not compared."""
    columns = _AUDITED[table_name].c
    both = [name for name in after if name in before and name in columns]
    found = [
        {name: stored_value(columns[name].type, image[name]) for name in both}
        for image in (after, before)
    ]
    return tuple(differences(*found))


def _typed(table: Table, row: RowMapping) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, value in row.items():
        try:
            typed[name] = stored_value(table.c[name].type, value)
        except _UNREADABLE:
            typed[name] = value
    return typed


@contextmanager
def _one_moment(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see the same state."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _stored_rows(connection: Connection) -> Iterator[RowMapping]:
    """The log in its order, each field as it is stored."""
    fields = [*HASHED, "previous_hash", "hash"]
    if connection.dialect.name == "postgresql":
        moment = "to_char(happened_at, 'YYYY-MM-DD HH24:MI:SS.US') AS happened_at"
        fields = [moment if name == "happened_at" else name for name in fields]
    statement = text(f"SELECT {', '.join(fields)} FROM audit ORDER BY audit_id")  # noqa: S608
    rows = connection.execute(statement, execution_options={"yield_per": 2_000})
    return iter(rows.mappings())


def _check_switched_on(connection: Connection) -> None:
    engine = connection.dialect.name
    triggers = set(connection.scalars(text(_TRIGGERS[engine])))
    for name in (*_OF_LOG[engine], *(f"{t}{end}" for t in _AUDITED for end in _OF_TABLE[engine])):
        if name not in triggers:
            raise Tampered("switched_off", name=name)
    if connection.scalar(select(data_version.c.is_bulk)):
        raise Tampered("bulk")


_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')",
}
