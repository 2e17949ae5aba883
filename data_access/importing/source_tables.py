"""What every source is: tables, and the answer to a SELECT as rows of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from data_access.importing.delimited import Layout
from data_access.importing.refusals import RowRefused
from data_access.importing.workbooks import text_of

BATCH_ROWS = 20_000
Row = tuple[str | None, ...]


@dataclass
class SourceTable:
    """A table of the source: its name there, the file it is, and what was wrong with its rows."""

    name: str
    columns: list[str]
    file: str = ""
    layout: Layout | None = None
    rows: int = 0
    first_row: list[str | None] = field(default_factory=list)
    refused: list[tuple[int, RowRefused]] = field(default_factory=list)


class Source(Protocol):
    tables: dict[str, SourceTable]  # by name in small letters

    def columns_of(self, origin: str, where: str) -> list[str]: ...

    def rows_of(self, statement: str, where: str) -> Iterator[list[Row]]: ...

    def close(self) -> None: ...


def quoted(identifier: str) -> str:
    """Double quotes name a column on SQLite, PostgreSQL and DuckDB alike."""
    return '"' + identifier.replace('"', '""') + '"'


def as_text(cell: Any) -> str | None:
    return cell if type(cell) is str or cell is None else text_of(cell)


def first_line(error: Exception) -> str:
    """The driver's own first line, without SQLAlchemy's address of its manual."""
    cause = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
