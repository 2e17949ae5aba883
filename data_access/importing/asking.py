"""Turns a mapping's table into one SELECT for the source, and its answer into rows of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from data_access.importing.delimited import ROW_COLUMN
from data_access.importing.mapping import ColumnRule, Expression, Mapping, TableRule
from data_access.importing.refusals import ImportRefused
from data_access.importing.source_tables import Row, Source, SourceTable, quoted


@dataclass(frozen=True)
class Question:
    """What the source is asked for one of our tables: identity first, then the columns in the
    order of `rules`, then the row number where the source has one."""

    statement: str
    rules: tuple[ColumnRule, ...]
    id_width: int
    file: str  # where the rows stand, for the report
    has_row_number: bool


@dataclass(frozen=True)
class SourceRow:
    row: int
    identity: Row
    cells: Row


def ask(source: Source, rule: TableRule) -> Question | None:
    """The question, or None when the mapping lets the table be absent and it is."""
    found = _origin(source, rule)
    if found is None:
        return None
    origin, file = found
    columns = {name.strip().casefold(): name for name in source.columns_of(origin, rule.where)}
    has_row_number = ROW_COLUMN in columns
    asked = [_expression(part, columns, rule, f"{rule.where}.id") for part in rule.id]
    rules: list[ColumnRule] = []
    for column in rule.columns:
        if column.expression is None:
            continue
        name = column.expression.column
        if column.is_optional and name and name.strip().casefold() not in columns:
            continue
        asked.append(_expression(column.expression, columns, rule, column.where))
        rules.append(column)
    if has_row_number:
        asked.append(ROW_COLUMN)
    statement = f"SELECT {', '.join(asked)} FROM {origin} AS origin"  # noqa: S608
    if has_row_number:
        statement += f" ORDER BY {ROW_COLUMN}"
    return Question(statement, tuple(rules), len(rule.id), file, has_row_number)


def answers(source: Source, rule: TableRule, question: Question) -> Iterator[SourceRow]:
    width = question.id_width + len(question.rules)
    number = 0
    for batch in source.rows_of(question.statement, rule.where):
        for cells in batch:
            number = int(cells[-1] or 0) if question.has_row_number else number + 1
            identity, rest = cells[: question.id_width], cells[question.id_width : width]
            yield SourceRow(number, identity, rest)


def constant_rows(rule: TableRule) -> tuple[Question, list[SourceRow]]:
    """The rows that stand in the mapping itself."""
    names = [column.expression.column or "" for column in rule.columns if column.expression]
    rows = [
        SourceRow(number, (row["id"],), tuple(row.get(name) or None for name in names))
        for number, row in enumerate(rule.rows, start=1)
    ]
    return Question("", rule.columns, 1, "mapping", False), rows


def _origin(source: Source, rule: TableRule) -> tuple[str, str] | None:
    if rule.select is not None:
        return f"({rule.select.strip().rstrip(';')})", _file_of(source, rule.select)
    assert rule.origin is not None
    table = source.tables.get(rule.origin.casefold())
    if table is not None:
        return quoted(table.name), table.file or table.name
    if rule.is_optional:
        return None
    raise ImportRefused("no_table", where=rule.where, table=rule.origin, names=_names(source))


def is_there(source: Source, rule: TableRule) -> bool:
    return rule.origin is None or rule.origin.casefold() in source.tables


def unused_names(source: Source, mapping: Mapping) -> dict[str, list[str]]:
    """Table of the source → its columns that the mapping never names; all of them when it never
    names the table. With optional tables and columns a slip of the pen would else pass unseen."""
    rules = mapping.tables
    named = {rule.origin.casefold() for rule in rules if rule.origin}
    sql = " ".join(rule.select or "" for rule in rules).casefold()
    parts = [part for rule in rules for part in rule.id]
    parts += [it.expression for rule in rules for it in rule.columns if it.expression]
    named |= {part.column.strip().casefold() for part in parts if part.column}
    sql += " ".join(part.sql or "" for part in parts).casefold()
    words = named | set(re.findall(r"\w+", sql))
    whole = {table.name: table.name.casefold() in words or table.name.casefold() in sql
             or "source" in words for table in distinct_tables(source)}  # fmt: skip
    return {
        table.name: [
            name
            for name in table.columns
            if not whole[table.name]
            or (name.casefold() not in words and f'"{name.casefold()}"' not in sql)
        ]
        for table in distinct_tables(source)
    }


def _file_of(source: Source, select: str) -> str:
    files = {table.file for table in distinct_tables(source) if table.file}
    return files.pop() if len(files) == 1 else "select"


def distinct_tables(source: Source) -> list[SourceTable]:
    return list({id(table): table for table in source.tables.values()}.values())


def _expression(
    expression: Expression, columns: dict[str, str], rule: TableRule, where: str
) -> str:
    if expression.sql is not None:
        return f"({expression.sql})"
    assert expression.column is not None
    name = columns.get(expression.column.strip().casefold())
    if name is None:
        raise ImportRefused(
            "no_column",
            where=where,
            table=rule.origin or "select",
            column=expression.column,
            names=", ".join(columns.values()),
        )
    return quoted(name)


def _names(source: Source) -> str:
    return ", ".join(table.name for table in distinct_tables(source)) or "none"
