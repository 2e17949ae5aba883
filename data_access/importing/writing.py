"""Writes a plan in one transaction: everything, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Engine, bindparam, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from data_access.accounts import utc_now
from data_access.audit_chain import record, recorded_as
from data_access.database import bulk_writing, writing
from data_access.importing.cells import Resolved
from data_access.importing.comparing import PlannedRow, TablePlan
from data_access.importing.mapping import Lookup
from data_access.importing.refusals import ImportRefused
from data_access.importing.report import Totals, totals_in
from data_access.tables import imported_rows, orders
from data_access.totals import recount_orders

BULK_ROWS = 50_000  # from here on the analytics copy is cheaper to build anew than to follow
BATCH_ROWS = 5_000
IMPORT = "import"  # the actor
_COUNTED = ("order_lines", "payments")  # an order carries sums of these
Progress = Callable[[str, int], None]  # what is being done, and how many rows of it


def write_plans(
    engine: Engine, source_name: str, plans: Sequence[TablePlan], progress: Progress
) -> list[Totals]:
    """Writes every plan and returns the source's totals as they now stand in the database."""
    rows = sum(plan.rows for plan in plans)
    table, is_bulk, reason = "?", rows > BULK_ROWS, _source(source_name)
    try:
        with (
            bulk_writing(engine, reason) if is_bulk else writing(engine) as connection,
            recorded_as(connection, actor=IMPORT, action=IMPORT, now=utc_now(), reason=reason),
        ):
            writer = _Writer(connection, source_name, progress)
            for plan in plans:
                table = plan.rule.table.name
                writer.write(plan)
            writer.recount()
            _leave_audit(connection, source_name, plans)
            return totals_in(connection, source_name)
    except IntegrityError as error:
        raise ImportRefused("changed_meanwhile", table=table, detail=_first(error)) from error
    except DBAPIError as error:
        raise ImportRefused("not_written", detail=_first(error)) from error


class _Writer:
    """One import's way into the database: the ids given so far and the orders touched."""

    def __init__(self, connection: Connection, source_name: str, progress: Progress) -> None:
        self.connection, self.source, self.progress = connection, source_name, progress
        self._ids: dict[str, dict[str, Any]] = {}
        self._new_orders: set[int] = set()
        self._touched: set[int] = set()

    def write(self, plan: TablePlan) -> None:
        name = plan.rule.table.name
        ids = _new_ids(self.connection, plan.rule.table, len(plan.new))
        new = [row._replace(row_id=row_id) for row, row_id in zip(plan.new, ids, strict=True)]
        resolve = {at: self._resolver(lookup, new, plan) for at, lookup in plan.lookups.items()}
        key = next(iter(plan.rule.table.primary_key.columns))
        for batch in _batches(new):
            rows = [self._row(plan, row, resolve) | {key.name: row.row_id} for row in batch]
            self.connection.execute(insert(plan.rule.table), rows)
            self._remember(name, batch)
            self._note(name, rows, is_new=True)
            self.progress(name, len(batch))
        for batch in _batches(plan.existing):
            self._remember(name, batch)
            self.progress(name, len(batch))
        for batch in _batches(plan.changed):
            self._change(plan, key, batch, resolve)
            self.progress(name, len(batch))

    def recount(self) -> None:
        """Totals of every order touched; a new version of those that were there before."""
        touched = sorted(self._touched)
        for batch in _batches(touched):
            recount_orders(self.connection, batch)
        for batch in _batches(sorted(self._touched - self._new_orders)):
            self.connection.execute(
                update(orders)
                .where(orders.c.order_id.in_(batch))
                .values(version=orders.c.version + 1)
            )

    def _change(
        self, plan: TablePlan, key: Column[Any], batch: Sequence[PlannedRow],
        resolve: dict[int, Callable[[Any], Any]],
    ) -> None:  # fmt: skip
        name = plan.rule.table.name
        rows = [self._row(plan, row, resolve) | {"changed_id": row.row_id} for row in batch]
        if name in _COUNTED:  # a line may leave an order, whose totals then change too
            ids = [row.row_id for row in batch]
            left = select(plan.rule.table.c.order_id).where(key.in_(ids))
            self._touched.update(self.connection.scalars(left))
        statement = update(plan.rule.table).where(key == bindparam("changed_id"))
        self.connection.execute(statement, rows)
        self.connection.execute(
            update(imported_rows)
            .where(
                imported_rows.c.source == self.source,
                imported_rows.c.table_name == name,
                imported_rows.c.source_id == bindparam("of"),
            )
            .values(row_hash=bindparam("now")),
            [{"of": row.source_id, "now": row.row_hash} for row in batch],
        )
        self._note(name, rows, is_new=False)

    def _row(
        self, plan: TablePlan, row: PlannedRow, resolve: dict[int, Callable[[Any], Any]]
    ) -> dict[str, Any]:
        return {
            column.name: resolve[at](value) if at in resolve else value
            for at, (column, value) in enumerate(zip(plan.columns, row.values, strict=True))
        }

    def _resolver(
        self, lookup: Lookup, new: list[PlannedRow], plan: TablePlan
    ) -> Callable[[Any], Any]:
        ids = self._values_of(lookup)
        if lookup.table is plan.rule.table:
            ids |= {row.source_id: row.row_id for row in (*plan.existing, *new)}

        def resolve(value: Any) -> Any:
            if isinstance(value, Resolved):
                return value.value
            if value is not None and value not in ids:  # its row was deleted here meanwhile
                raise ImportRefused("changed_meanwhile", table=lookup.table.name, detail=value)
            return None if value is None else ids[value]

        return resolve

    def _values_of(self, lookup: Lookup) -> dict[str, Any]:
        """Source id → what a reference to that row stores; the rows are already written."""
        name, table = str(lookup.takes), lookup.table
        if name not in self._ids:
            key = next(iter(table.primary_key.columns))
            statement = select(imported_rows.c.source_id, lookup.takes).where(
                imported_rows.c.source == self.source,
                imported_rows.c.table_name == table.name,
                imported_rows.c.row_id == key,
            )
            self._ids[name] = {row[0]: row[1] for row in self.connection.execute(statement)}
        return self._ids[name]

    def _remember(self, table_name: str, rows: Sequence[PlannedRow]) -> None:
        values = [
            {
                "source": self.source,
                "table_name": table_name,
                "source_id": row.source_id,
                "row_id": row.row_id,
                "row_hash": row.row_hash,
            }
            for row in rows
        ]
        self.connection.execute(insert(imported_rows), values)

    def _note(self, name: str, rows: list[dict[str, Any]], *, is_new: bool) -> None:
        if name in ("orders", *_COUNTED):
            ids = {int(row.get("order_id") or row["changed_id"]) for row in rows}
            self._touched |= ids
            if name == "orders" and is_new:
                self._new_orders |= ids


def _new_ids(connection: Connection, table: Any, count: int) -> Sequence[int]:
    """Ids for rows not yet written, so that rows can refer to one another before they are."""
    if count == 0:
        return []
    key = next(iter(table.primary_key.columns))
    if connection.dialect.name == "postgresql":
        statement = text(
            "SELECT nextval(pg_get_serial_sequence(:table, :key)) FROM generate_series(1, :count)"
        )
        values = {"table": table.name, "key": key.name, "count": count}
        return list(connection.scalars(statement, values))
    last = int(connection.scalar(select(func.coalesce(func.max(key), 0))) or 0)
    return range(last + 1, last + 1 + count)


def _leave_audit(connection: Connection, source_name: str, plans: Sequence[TablePlan]) -> None:
    counts = {plan.rule.table.name: [plan.counts.new, plan.counts.changed] for plan in plans}
    record(
        connection, actor=IMPORT, action=IMPORT, now=utc_now(), table_name="*",
        reason=_source(source_name), after={"new, changed": counts},
    )  # fmt: skip


def _source(name: str) -> str:
    return f"source {name}"[:300]


def _batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), BATCH_ROWS):
        yield rows[start : start + BATCH_ROWS]


def _first(error: DBAPIError) -> str:
    lines = str(error.orig or error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
