"""Compares the source's rows with what was imported before, table by table: which are new,
changed, unchanged or refused. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, select

from data_access.importing.asking import (
    Question,
    SourceRow,
    answers,
    ask,
    constant_rows,
)
from data_access.importing.cells import CellReader, Known
from data_access.importing.deriving import derived_columns
from data_access.importing.formats import Formats
from data_access.importing.hashing import canonical, hash_of
from data_access.importing.mapping import (
    Lookup,
    TableRule,
    settable_columns,
    unique_sets,
)
from data_access.importing.refusals import ImportRefused, RowRefused
from data_access.importing.report import RefusedRow, TableCounts
from data_access.importing.source_tables import Source
from data_access.importing.values import to_id
from data_access.tables import imported_rows

CHUNK_ROWS = 5_000
EXISTING = "existing"  # stands for the hash of a row that was there already and is never changed


class PlannedRow(NamedTuple):
    source_id: str
    row: int
    values: tuple[Any, ...]
    row_hash: str
    row_id: int | None = None  # of the row it changes


@dataclass
class TablePlan:
    """What is to be written into one table."""

    rule: TableRule
    columns: list[Column[Any]]
    lookups: dict[int, Lookup]  # position among the columns → reference
    counts: TableCounts
    file: str = ""
    new: list[PlannedRow] = field(default_factory=list)
    changed: list[PlannedRow] = field(default_factory=list)
    existing: list[PlannedRow] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.new) + len(self.changed) + len(self.existing)


Watch = Callable[[TablePlan, list[PlannedRow]], None]  # sees the rows accepted, by and by


def compare_table(
    connection: Connection,
    source: Source,
    source_name: str,
    rule: TableRule,
    formats: Formats,
    known: Known,
    watch: Watch,
) -> TablePlan | None:
    """The plan for one table, or None when the source may and does lack it. Accepted rows are
    made known to the tables that follow, and shown to `watch`."""
    if rule.rows:
        question, rows = constant_rows(rule)
        found: Iterable[SourceRow] = rows
    else:
        asked = ask(source, rule)
        if asked is None:
            known.ids[rule.table.name] = set(_imported(connection, source_name, rule.table.name))
            return None
        question, found = asked, answers(source, rule, asked)
    return _Comparison(connection, source_name, rule, formats, known, question).run(found, watch)


class _Comparison:
    """One table's comparison; the state its rows share."""

    def __init__(
        self, connection: Connection, source_name: str, rule: TableRule, formats: Formats,
        known: Known, question: Question,
    ) -> None:  # fmt: skip
        self.connection, self.rule, self.known = connection, rule, known
        self.readers = [CellReader(column, formats, known) for column in question.rules]
        self.constants = [
            CellReader(column, formats, known)
            for column in rule.columns
            if column.expression is None
        ]
        mapped = [reader.column.name for reader in (*self.readers, *self.constants)]
        self.derived = derived_columns(rule, mapped, formats)
        names = [*mapped, *(name for name, _, _ in self.derived)]
        _require(rule, names)
        columns = [rule.table.c[name] for name in names]
        lookups = {
            at: reader.rule.lookup
            for at, reader in enumerate((*self.readers, *self.constants))
            if reader.rule.lookup
        }
        self.plan = TablePlan(rule, columns, lookups, TableCounts(rule.table.name), question.file)
        self.before = _imported(connection, source_name, rule.table.name)
        self.rows_of_ids: dict[str, int] = {}
        self.uniques = [
            (key, [names.index(name) for name in key])
            for key in unique_sets(rule.table)
            if set(key) <= set(names)
        ]
        self.used: dict[tuple[str, ...], dict[Any, int]] = {key: {} for key, _ in self.uniques}
        known.ids[rule.table.name] = set(self.before)  # those gone from the source are kept

    def run(self, rows: Iterable[SourceRow], watch: Watch) -> TablePlan:
        chunks = _chunks(self._read(rows))
        own = next((at for at, it in self.plan.lookups.items() if self._is_own(it)), None)
        if own is not None:  # parents may stand below their children
            everything = [row for chunk in chunks for row in chunk]
            chunks = iter([self._parents_first(everything, own)])
        for chunk in chunks:
            accepted: list[PlannedRow] = []
            for row in self._accept(chunk):
                self._sort_in(row)
                accepted.append(row)
            watch(self.plan, accepted)
        counts, refused = self.plan.counts, self.plan.refused
        counts.new, counts.changed = len(self.plan.new), len(self.plan.changed)
        counts.existing, counts.refused = len(self.plan.existing), len(refused)
        counts.gone = len(self.before.keys() - self.rows_of_ids.keys())
        return self.plan

    def _is_own(self, lookup: Lookup) -> bool:
        return lookup.table is self.rule.table and lookup.by is None

    def _read(self, rows: Iterable[SourceRow]) -> Iterator[PlannedRow]:
        """The rows that can be read; each of the others is noted with its reason."""
        for row in rows:
            source_id = None
            try:
                source_id = _identity(row)
                if source_id in self.rows_of_ids:
                    raise RowRefused("same_id", row=self.rows_of_ids[source_id])
                self.rows_of_ids[source_id] = row.row
                values = self._values(row)
            except RowRefused as reason:
                self._refuse(row.row, source_id, reason)
                continue
            yield PlannedRow(source_id, row.row, values, "")

    def _values(self, row: SourceRow) -> tuple[Any, ...]:
        values = [read(cell) for read, cell in zip(self.readers, row.cells, strict=True)]
        values += [read(None) for read in self.constants]
        values += [
            None if values[at] is None else derive(values[at]) for _, at, derive in self.derived
        ]
        return tuple(values)

    def _accept(self, rows: list[PlannedRow]) -> Iterator[PlannedRow]:
        """The rows of a chunk that break no rule of the table, with hash and the row's id."""
        taken = self._taken(rows)
        there = self._still_there(rows)
        for row in rows:
            row_hash = hash_of(self.plan.columns, row.values)
            row_id, _ = self.before.get(row.source_id, (None, ""))
            row = row._replace(row_hash=row_hash, row_id=row_id)
            try:
                row = self._checked(row, taken)
                if row.row_id is not None and row.row_id not in there and self._differs(row):
                    raise RowRefused("deleted")
            except RowRefused as reason:
                self._refuse(row.row, row.source_id, reason)
                continue
            self.known.ids[self.rule.table.name].add(row.source_id)
            yield row

    def _checked(self, row: PlannedRow, taken: dict[tuple[str, ...], dict[Any, int]]) -> PlannedRow:
        for key, positions in self.uniques:
            value = tuple(row.values[at] for at in positions)
            if None in value:
                continue
            first = self.used[key].setdefault(value, row.row)
            shown = {"column": ", ".join(key), "value": _shown(value)}
            if first != row.row:
                raise RowRefused("not_unique_here", row=first, **shown)
            owner = taken.get(key, {}).get(value[0])
            if owner is not None and owner != row.row_id:
                if row.row_id is not None or not self.rule.uses_existing:
                    raise RowRefused("not_unique", **shown)
                row = row._replace(row_id=owner, row_hash=EXISTING)
            if len(key) == 1:
                planned = self.known.values.setdefault((self.rule.table.name, *key), {})
                planned[value] = row.source_id
        return row

    def _sort_in(self, row: PlannedRow) -> None:
        if row.source_id not in self.before:
            (self.plan.existing if row.row_hash == EXISTING else self.plan.new).append(row)
        elif self._differs(row):
            self.plan.changed.append(row)
        else:
            self.plan.counts.unchanged += 1

    def _differs(self, row: PlannedRow) -> bool:
        _, row_hash = self.before.get(row.source_id, (0, EXISTING))
        return row_hash not in (row.row_hash, EXISTING)

    def _taken(self, rows: list[PlannedRow]) -> dict[tuple[str, ...], dict[Any, int]]:
        """Unique column → value → id of the row that has it in the database now."""
        key_column = next(iter(self.rule.table.primary_key.columns))
        taken: dict[tuple[str, ...], dict[Any, int]] = {}
        for key, positions in self.uniques:
            if len(key) > 1:
                continue  # left to the database, within one source they are compared above
            column = self.rule.table.c[key[0]]
            values = {row.values[positions[0]] for row in rows}
            statement = select(column, key_column).where(column.in_(values))
            taken[key] = {row[0]: row[1] for row in self.connection.execute(statement)}
        return taken

    def _still_there(self, rows: list[PlannedRow]) -> set[int]:
        key = next(iter(self.rule.table.primary_key.columns))
        ids = [self.before[row.source_id][0] for row in rows if row.source_id in self.before]
        return set(self.connection.scalars(select(key).where(key.in_(ids)))) if ids else set()

    def _parents_first(self, rows: list[PlannedRow], own: int) -> list[PlannedRow]:
        """Rows whose parents are known, each after its parent; the rest is refused."""
        lookup, name = self.plan.lookups[own], self.plan.columns[own].name
        placed = {row_id for row_id in self.before if row_id not in self.rows_of_ids}
        ordered, waiting = [], list(rows)
        while waiting:
            ids = {row.source_id for row in waiting}
            ready = [row for row in waiting if row.values[own] not in ids]
            if not ready:
                for row in waiting:
                    self._refuse(row.row, row.source_id, RowRefused("circle", column=name))
                break
            waiting = [row for row in waiting if row.values[own] in ids]
            for row in ready:
                parent = row.values[own]
                if parent is not None and parent not in placed:
                    if not lookup.may_be_missing:
                        values = {"column": name, "value": parent, "table": lookup.table.name}
                        reason = RowRefused("unknown_reference", **values)
                        self._refuse(row.row, row.source_id, reason)
                        continue
                    cells = (*row.values[:own], None, *row.values[own + 1 :])
                    row = row._replace(values=cells)
                placed.add(row.source_id)
                ordered.append(row)
        return ordered

    def _refuse(self, row: int, source_id: str | None, reason: RowRefused) -> None:
        reason.__traceback__ = reason.__context__ = reason.__cause__ = None  # they hold frames
        refused = RefusedRow(self.rule.table.name, self.plan.file, row, source_id, reason)
        self.plan.refused.append(refused)


def _identity(row: SourceRow) -> str:
    parts = [to_id(part) for part in row.identity]
    if None in parts:
        raise RowRefused("no_id")
    return to_id("/".join(part for part in parts if part is not None)) or ""


def _shown(value: tuple[Any, ...]) -> str:
    return ", ".join(canonical(part) for part in value)[:80]


def _imported(
    connection: Connection, source_name: str, table_name: str
) -> dict[str, tuple[int, str]]:
    table = imported_rows.c
    statement = select(table.source_id, table.row_id, table.row_hash).where(
        table.source == source_name, table.table_name == table_name
    )
    return {
        source_id: (row_id, row_hash)
        for source_id, row_id, row_hash in connection.execute(statement)
    }


def _require(rule: TableRule, names: list[str]) -> None:
    for name, column in settable_columns(rule.table).items():
        if not column.nullable and column.server_default is None and name not in names:
            where = f"{rule.where}.columns.{name}"
            table = rule.origin or "select"
            raise ImportRefused("no_column", where=where, table=table, column=name, names="–")


def _chunks(rows: Iterator[PlannedRow]) -> Iterator[list[PlannedRow]]:
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk
