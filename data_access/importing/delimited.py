"""Reads CSV records as text, each with its row number; the header is row 1."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_access.importing.decoding import (
    check_encoding,
    find_delimiter,
    find_encoding,
    open_text,
)
from data_access.importing.refusals import ImportRefused, RowRefused

MOST_COLUMNS = 1000
ROW_COLUMN = "source_row"
csv.field_size_limit(1_000_000)

Record = tuple[int, list[str | None] | RowRefused]


@dataclass(frozen=True)
class Layout:
    """How a text file is to be read."""

    encoding: str
    delimiter: str


def find_layout(path: Path, encoding: str | None, delimiter: str | None) -> Layout:
    """The layout as found in the file, or as a person has said."""
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise ImportRefused("wrong_delimiter", delimiter=delimiter)
    known = check_encoding(path, encoding) if encoding else find_encoding(path)
    return Layout(known, delimiter or find_delimiter(path, known))


def read_records(path: Path, layout: Layout) -> Iterator[Record]:
    """First the header, then each record that is not blank: its fields, or why it is refused.
    Empty fields are None."""
    with open_text(path, layout.encoding) as file:
        reader = csv.reader(file, delimiter=layout.delimiter, strict=True)
        header = _header(reader, path)
        width = len(header)
        yield 1, list(header)
        row = 1
        while True:
            row += 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield row, RowRefused("long_field" if "limit" in str(error) else "quote")
                continue
            if any(record):
                yield row, _fitted(record, width)


def checked_header(names: list[str], file: str, row: int = 1) -> list[str]:
    """Trimmed column names, all present and different; nameless columns at the end are dropped."""
    header = [name.strip() for name in names]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise ImportRefused("empty_file", file=file, row=row)
    if len(header) > MOST_COLUMNS:
        raise ImportRefused("header_long", file=file, row=row, most=MOST_COLUMNS)
    seen: set[str] = set()
    for number, name in enumerate(header, start=1):
        if not name:
            raise ImportRefused("header_missing", file=file, row=row, number=number)
        if "\0" in name or name.casefold() == ROW_COLUMN:
            raise ImportRefused("header_reserved", file=file, row=row, column=name)
        if name.casefold() in seen:
            raise ImportRefused("header_twice", file=file, row=row, column=name)
        seen.add(name.casefold())
    return header


def _header(reader: Iterator[list[str]], path: Path) -> list[str]:
    try:
        return checked_header(next(reader, []), path.name)
    except csv.Error as error:
        raise ImportRefused("damaged", file=path.name, row=1) from error


def _fitted(record: list[str], width: int) -> list[str | None] | RowRefused:
    if len(record) > width and not any(record[width:]):
        record = record[:width]
    if len(record) != width:
        return RowRefused("ragged", found=len(record), expected=width)
    return [cell or None for cell in record]
