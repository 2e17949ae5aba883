"""Reads a mapping's document and says, with table and key, what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Table

from data_access.importing.formats import Formats
from data_access.importing.mapping import (
    MOMENT_OF_DAY,
    TABLES,
    ColumnRule,
    Expression,
    Lookup,
    Mapping,
    TableRule,
    settable_columns,
    unique_sets,
)
from data_access.importing.refusals import MappingRefused, RowRefused
from data_access.importing.values import converter
from data_access.importing.workbooks import text_of
from data_access.tables import metadata


def parse_mapping(document: dict[str, Any]) -> Mapping:
    _keys(document, "file", {"source", "title", "time_zone", "numbers_and_dates", "tables"})
    source = document.get("source")
    if not isinstance(source, str) or not 0 < len(source.strip()) <= 120:
        raise MappingRefused("no_source")
    tables = _section(document.get("tables", {}), "tables")
    if not tables:
        raise MappingRefused("no_tables")
    for name in tables:
        if name not in TABLES:
            known = ", ".join(sorted(TABLES))
            raise MappingRefused("unknown_table", where=f"tables.{name}", names=known)
    formats = _formats(document)
    rules = [_table(TABLES[name], tables[name], set(tables), formats) for name in tables]
    order = [table.name for table in metadata.sorted_tables]
    rules.sort(key=lambda rule: order.index(rule.table.name))
    return Mapping(source.strip(), str(document.get("title", source)), formats, tuple(rules))


def _formats(document: dict[str, Any]) -> Formats:
    where = "numbers_and_dates"
    given = _section(document.get(where, {}), where)
    _keys(given, where, {"decimal_comma", "date_order", "dates_1904"})
    for key in ("decimal_comma", "dates_1904"):
        _kind(given, where, key, bool, "true or false")
    if given.get("date_order") not in (None, "dmy", "mdy"):
        raise MappingRefused("wrong_kind", where=f"{where}.date_order", kind='"dmy" or "mdy"')
    zone = document.get("time_zone")
    try:
        return Formats(zone=ZoneInfo(zone) if zone is not None else None, **given)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise MappingRefused("zone", found=zone) from error


def _table(table: Table, given: Any, mapped: set[str], formats: Formats) -> TableRule:
    where = f"tables.{table.name}"
    section = _section(given, where)
    _keys(section, where, {"from", "select", "rows", "id", "columns", "existing", "optional"})
    if sum(key in section for key in ("from", "select", "rows")) != 1:
        raise MappingRefused("one_origin", where=where)
    for key in ("from", "select"):
        _kind(section, where, key, str, "text")
    _kind(section, where, "optional", bool, "true or false")
    if section.get("existing", "refuse") not in ("use", "refuse"):
        raise MappingRefused("wrong_kind", where=f"{where}.existing", kind='"use" or "refuse"')
    if "rows" in section:
        columns, rows = _constant_rows(table, where, section["rows"], mapped, formats)
        identity: tuple[Expression, ...] = (Expression(column="id"),)
    else:
        columns, rows = _columns(table, where, section.get("columns", {}), mapped, formats), ()
        identity = _identity(where, section.get("id"))
    _require(table, where, columns)
    return TableRule(
        table, where, tuple(columns), section.get("from"), section.get("select"), rows, identity,
        section.get("existing") == "use", section.get("optional", False),
    )  # fmt: skip


def _constant_rows(
    table: Table, where: str, given: Any, mapped: set[str], formats: Formats
) -> tuple[list[ColumnRule], tuple[dict[str, str], ...]]:
    if not isinstance(given, list) or not given:
        raise MappingRefused("wrong_kind", where=f"{where}.rows", kind="a list of rows")
    rows = []
    for number, row in enumerate(given, start=1):
        texts = {key: text_of(cell) or "" for key, cell in _section(row, where).items()}
        if not texts.get("id"):
            raise MappingRefused("no_id", where=f"{where}.rows[{number}]")
        rows.append(texts)
    names = dict.fromkeys(name for row in rows for name in row if name != "id")
    rules = [
        replace(rule, expression=Expression(column=name), constant=None)
        for name in names
        for rule in [_column(table, f"{where}.rows", name, {"column": name}, mapped, formats)]
    ]
    return rules, tuple(rows)


def _columns(
    table: Table, where: str, given: Any, mapped: set[str], formats: Formats
) -> list[ColumnRule]:
    section = _section(given, f"{where}.columns")
    return [
        _column(table, f"{where}.columns", name, rule, mapped, formats)
        for name, rule in section.items()
    ]


def _column(
    table: Table, where: str, name: str, given: Any, mapped: set[str], formats: Formats
) -> ColumnRule:
    where = f"{where}.{name}"
    settable = settable_columns(table)
    if name not in settable:
        raise MappingRefused("unknown_column", where=where, names=", ".join(settable))
    target = settable[name]
    section = {"column": given} if isinstance(given, str) else _section(given, where)
    _keys(section, where, _COLUMN_KEYS)
    if sum(key in section for key in ("column", "sql", "value")) != 1:
        raise MappingRefused("one_way", where=where)
    for key in ("column", "sql", "lookup", "by"):
        _kind(section, where, key, str, "text")
    _kind(section, where, "optional", bool, "true or false")
    rule = ColumnRule(
        target,
        where,
        Expression(section.get("column"), section.get("sql")) if "value" not in section else None,
        text_of(section["value"]) if "value" in section else None,
        _value_map(section, where),
        (text_of(section["otherwise"]) or "") if "otherwise" in section else None,
        _lookup(target, section, where, mapped),
        bool(section.get("optional", False)),
    )
    _check_values(rule, formats)
    return rule


_COLUMN_KEYS = {
    "column", "sql", "value", "map", "otherwise", "lookup", "by", "missing", "optional",
}  # fmt: skip


def _value_map(section: dict[str, Any], where: str) -> dict[str, str] | None:
    if "map" not in section:
        return None
    given = _section(section["map"], f"{where}.map")
    return {key.strip(): text_of(value) or "" for key, value in given.items()}


def _lookup(
    target: Column[Any], section: dict[str, Any], where: str, mapped: set[str]
) -> Lookup | None:
    key = next(iter(target.foreign_keys), None)
    wanted = section.get("lookup")
    if key is None:
        if wanted is not None:
            raise MappingRefused("unknown_key", where=where, key="lookup")
        return None
    table = key.column.table
    if wanted is None:
        if not key.column.primary_key:  # orders.channel holds a name: it can be looked up by that
            return Lookup(table, key.column, key.column)
        raise MappingRefused("needs_lookup", where=where, table=table.name)
    if wanted != table.name:
        raise MappingRefused("wrong_lookup", where=where, found=wanted, table=table.name)
    if section.get("missing", "refuse") not in ("null", "refuse"):
        raise MappingRefused("wrong_kind", where=f"{where}.missing", kind='"null" or "refuse"')
    if "by" not in section and wanted not in mapped:
        raise MappingRefused("lookup_unmapped", where=where, table=wanted)
    by = _unique_column(table, section["by"], where) if "by" in section else None
    return Lookup(table, key.column, by, section.get("missing") == "null")


def _unique_column(table: Table, name: str, where: str) -> Column[Any]:
    names = [columns[0] for columns in unique_sets(table) if len(columns) == 1]
    if name not in names:
        raise MappingRefused("lookup_by", where=where, column=name, names=", ".join(names) or "–")
    return table.c[name]


def _check_values(rule: ColumnRule, formats: Formats) -> None:
    """A constant that no row could take is refused here rather than once per row."""
    if rule.lookup:
        return
    convert = converter(rule.target, formats)
    texts = [rule.constant, rule.otherwise, *(rule.values or {}).values()]
    for text in texts:
        try:
            if text:
                convert(text)
        except RowRefused as error:
            raise MappingRefused("bad_value", where=rule.where, value=text, detail=error) from error


def _identity(where: str, given: Any) -> tuple[Expression, ...]:
    if isinstance(given, str) and given:
        return (Expression(column=given),)
    if isinstance(given, list) and given and all(isinstance(name, str) for name in given):
        return tuple(Expression(column=name) for name in given)
    if isinstance(given, dict) and set(given) == {"sql"} and isinstance(given["sql"], str):
        return (Expression(sql=given["sql"]),)
    if given is None:
        raise MappingRefused("no_id", where=where)
    kind = 'a column, a list of columns, or { sql = "…" }'
    raise MappingRefused("wrong_kind", where=f"{where}.id", kind=kind)


def _require(table: Table, where: str, columns: list[ColumnRule]) -> None:
    given = {rule.target.name for rule in columns}
    for day, moment in MOMENT_OF_DAY.items():
        if day == "ordered_on" and {day, moment} <= given:  # lists find the day by the moment
            raise MappingRefused("day_and_moment", where=where, day=day, moment=moment)
        if given & {day, moment}:
            given |= {day, moment}
    for name, column in settable_columns(table).items():
        if not column.nullable and column.server_default is None and name not in given:
            raise MappingRefused("missing_column", where=where, column=name)


def _section(given: Any, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise MappingRefused("wrong_kind", where=where, kind="a table of keys")
    return given


def _keys(section: dict[str, Any], where: str, known: set[str]) -> None:
    for key in section:
        if key not in known:
            raise MappingRefused("unknown_key", where=where, key=key)


def _kind(section: dict[str, Any], where: str, key: str, kind: type, words: str) -> None:
    if key in section and not isinstance(section[key], kind):
        raise MappingRefused("wrong_kind", where=f"{where}.{key}", kind=words)
