"""Reads the sheets of an XLSX workbook as text, after looking at its size before unpacking it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from data_access.importing.delimited import Record, checked_header
from data_access.importing.refusals import ImportRefused, RowRefused

MOST_BYTES = 50 * 1024**2  # unpacked; openpyxl takes some 15 s for as much
MOST_PARTS = 1000
MOST_ROWS = 200_000
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def sheet_names(path: Path) -> list[str]:
    """The workbook's sheets that hold anything; refuses a file that would not unpack safely."""
    check_workbook(path)
    with _opened(path) as book:
        return [sheet.title for sheet in book.worksheets if _first_row(sheet) is not None]


def check_workbook(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
                raise ImportRefused("too_large", file=path.name, row=1, most="50 MiB")
            for part in parts:
                with archive.open(part) as file:
                    if _DECLARED.search(file.read(4096).replace(b"\0", b"")):
                        raise ImportRefused("unsafe_workbook", file=path.name, row=1)
    except ImportRefused:
        raise
    except Exception as error:  # zipfile lets zlib's, struct's and its own errors through
        raise ImportRefused("damaged", file=path.name, row=1) from error


def read_sheet(path: Path, name: str) -> Iterator[Record]:
    """First the header, then each row that is not blank, as text; dates as ISO text."""
    row = 1
    with _opened(path) as book:
        try:
            sheet = book[name]
            sheet.reset_dimensions()
            header: list[str] = []
            empty = _formula_cells(path, name) if _has_formulas(path) else {}
            for row, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                if row > MOST_ROWS + 1:
                    raise ImportRefused(
                        "too_many_rows", file=path.name, row=row, most=f"{MOST_ROWS:,}"
                    )
                if not header:
                    if any(cell is not None for cell in cells):
                        texts = [text_of(cell) or "" for cell in cells]
                        header = checked_header(texts, path.name, row)
                        yield row, list(header)
                    continue
                fields = _fields(row, cells, len(header), empty)
                if isinstance(fields, RowRefused) or any(field is not None for field in fields):
                    yield row, fields
        except ImportRefused:
            raise
        except Exception as error:  # a damaged part makes openpyxl raise nearly anything
            raise ImportRefused("damaged", file=path.name, row=row) from error


def text_of(cell: Any) -> str | None:
    """A value as the text a person would type: 17850 for 17850.0, ISO for days and moments."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell.total_seconds())
    if isinstance(cell, bytes | memoryview):
        return None  # pictures and the like are not imported
    return str(cell)


def _opened(path: Path, *, formulas: bool = False) -> Any:
    try:
        return _Closing(load_workbook(path, read_only=True, data_only=not formulas))
    except Exception as error:  # as above
        raise ImportRefused("damaged", file=path.name, row=1) from error


class _Closing:
    """openpyxl's workbook as a context: a read-only one keeps its file open until closed."""

    def __init__(self, book: Any) -> None:
        self.book = book

    def __enter__(self) -> Any:
        return self.book

    def __exit__(self, *_: object) -> None:
        self.book.close()


def _first_row(sheet: Any) -> Any:
    try:
        sheet.reset_dimensions()
        rows = sheet.iter_rows(values_only=True, max_row=100)
        return next((row for row in rows if any(cell is not None for cell in row)), None)
    except Exception:  # read_sheet says what is wrong with it
        return ()


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            if part.startswith("xl/worksheets/") and _FORMULA.search(archive.read(part)):
                return True
    return False


def _formula_cells(path: Path, name: str) -> dict[int, set[int]]:
    """Row → columns (from 0) of the cells that are formulas."""
    with _opened(path, formulas=True) as book:
        sheet = book[name]
        sheet.reset_dimensions()
        found: dict[int, set[int]] = {}
        for row, cells in enumerate(sheet.iter_rows(), start=1):
            columns = {at for at, cell in enumerate(cells) if cell.data_type == "f"}
            if columns:
                found[row] = columns
            if row > MOST_ROWS:
                break
        return found


def _fields(
    row: int, cells: tuple[Any, ...], width: int, formulas: dict[int, set[int]]
) -> list[str | None] | RowRefused:
    for at in sorted(formulas.get(row, ())):
        if at < len(cells) and cells[at] is None:
            return RowRefused("formula", cell=f"{get_column_letter(at + 1)}{row}")
    fields = [text_of(cell) for cell in cells]
    extra = [field for field in fields[width:] if field is not None]
    if extra:
        return RowRefused("ragged", found=len(fields), expected=width)
    for at, field in enumerate(fields[:width]):
        if field in _ERRORS:
            return RowRefused("error_cell", cell=f"{get_column_letter(at + 1)}{row}", value=field)
        try:
            (field or "").encode()  # a lone half of a character pair
        except UnicodeEncodeError:
            return RowRefused("not_text")
    return fields[:width] + [None] * (width - len(fields))


_ERRORS = {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"}
