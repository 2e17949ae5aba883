"""Reads the cells of one column: value map, reference or conversion, each distinct text once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, String, Table, select
from sqlalchemy.sql.elements import True_

from data_access.importing.formats import Formats
from data_access.importing.mapping import ColumnRule, Lookup, unique_sets
from data_access.importing.refusals import RowRefused
from data_access.importing.values import converter, to_id

_MOST_REMEMBERED = 50_000
# texts that spreadsheets take for numbers
_LIKE_IDS = {"phone", "tracking_number", "reference"}


class Resolved(NamedTuple):
    """A reference whose value is known; a bare text is the source id of a row to be resolved on
    writing, when it has its own id."""

    value: Any


@dataclass
class Known:
    """The rows a reference may point at: imported before, or accepted in this run."""

    connection: Connection
    ids: dict[str, set[str]] = field(default_factory=dict)  # table → source ids
    values: dict[tuple[str, ...], dict[Any, str]] = field(default_factory=dict)

    def resolver(self, lookup: Lookup, table: Table) -> Callable[[str], str | Resolved | None]:
        if lookup.by is not None:
            return lambda text: self._by_value(lookup, text)
        if lookup.table is table:  # to a row that may come later: checked when all are read
            return lambda text: text
        ids = self.ids.setdefault(lookup.table.name, set())
        return lambda text: text if text in ids else None

    def _by_value(self, lookup: Lookup, text: str) -> str | Resolved | None:
        by = lookup.by
        assert by is not None
        if lookup.takes is by and self._stored(by, by, text) is not None:
            return Resolved(text)
        planned = self.values.get((lookup.table.name, by.name), {}).get((text,))
        if planned is not None:
            return Resolved(text) if lookup.takes is by else planned
        stored = self._stored(lookup.takes, by, text)
        return None if stored is None else Resolved(stored)

    def _stored(self, takes: Column[Any], by: Column[Any], text: str) -> Any:
        return self.connection.scalar(select(takes).where(by == text))


class CellReader:
    """text → value for one column; RowRefused when there is none."""

    def __init__(self, rule: ColumnRule, formats: Formats, known: Known) -> None:
        self.rule, self.column = rule, rule.target
        self._name = rule.target.name
        self._convert = converter(rule.target, formats)
        self._default = default_of(rule.target, formats)
        self._is_required = not rule.target.nullable
        self._keeps_spaces = isinstance(rule.target.type, String)
        self._is_id = (self._name,) in unique_sets(rule.target.table) or self._name in _LIKE_IDS
        table = rule.target.table
        self._resolve = known.resolver(rule.lookup, table) if rule.lookup else None
        self._seen: dict[str | None, Any] = {}

    def __call__(self, text: str | None) -> Any:
        try:
            found = self._seen[text]
        except KeyError:
            found = self._try(text)
            if len(self._seen) < _MOST_REMEMBERED:
                self._seen[text] = found
        if isinstance(found, RowRefused):
            raise found.with_traceback(None)
        return found

    def _try(self, text: str | None) -> Any:
        try:
            value = self._read(self._mapped(text))
        except RowRefused as refused:
            return refused
        if value is None:
            value = self._default
        if value is None and self._is_required:
            return RowRefused("required", column=self._name)
        return value

    def _mapped(self, text: str | None) -> str | None:
        rule = self.rule
        text = text if rule.constant is None else rule.constant
        plain = text.strip() if text else ""
        if rule.values is not None:
            if plain in rule.values:
                return rule.values[plain]
            if plain and rule.otherwise is None:
                raise RowRefused("not_mapped", column=self._name, value=plain[:40])
            return rule.otherwise
        return text if plain else rule.otherwise

    def _read(self, text: str | None) -> Any:
        if text is None or not text.strip():
            return None
        if self._resolve is not None:
            return self._reference(text)
        if self._is_id:
            return self._convert(to_id(text) or "")
        return self._convert(text if self._keeps_spaces else text.strip())

    def _reference(self, text: str) -> Any:
        assert self._resolve is not None
        assert self.rule.lookup is not None
        reference = to_id(text)
        found = self._resolve(reference) if reference else None
        if found is None and not self.rule.lookup.may_be_missing:
            table = self.rule.lookup.table.name
            raise RowRefused("unknown_reference", column=self._name, value=text[:40], table=table)
        return found


def default_of(column: Column[Any], formats: Formats) -> Any:
    """What the database would put in an omitted column, for a row that leaves it empty."""
    if column.server_default is None:
        return None
    argument = getattr(column.server_default, "arg", None)
    if isinstance(argument, str):
        return converter(column, formats)(argument)
    return isinstance(argument, True_)
