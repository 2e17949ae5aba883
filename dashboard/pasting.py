"""Lines pasted from a spreadsheet: two columns, SKU and quantity."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_ROWS = 100
_SEPARATORS = (r"\t", r"\s*;\s*", r"\s*,\s*(?=[^,]*$)", r"\s+(?=\S+$)")
_QUANTITY = re.compile(r"\d{1,3}(?:[, ]\d{3})+|\d{1,7}")


@dataclass(frozen=True)
class PastedRow:
    """`quantity` is None where none was understood."""

    number: int  # of the row, counted from 1
    sku: str
    quantity: int | None


def pasted_rows(text: str) -> list[PastedRow]:
    """The rows that are not empty, without a heading. At most MOST_ROWS and one more, which tells
    that there are more."""
    found: list[PastedRow] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        row = _row(number, line.strip("\r\n"))
        if row.quantity is None and not found and not any(map(str.isdigit, line)):
            continue  # a heading
        found.append(row)
        if len(found) > MOST_ROWS:
            break
    return found


def _row(number: int, line: str) -> PastedRow:
    """Cells apart by a tab, as a spreadsheet copies them; else by ; or , or blanks."""
    for separator in _SEPARATORS:
        cells = [cell.strip() for cell in re.split(separator, line.strip("\t ")) if cell.strip()]
        if len(cells) > 1:
            return PastedRow(number, cells[0], _whole(cells[1]))
    return PastedRow(number, line.strip(), None)


def _whole(cell: str) -> int | None:
    """12, 1,000 and 3.0, as spreadsheets write whole numbers."""
    plain = re.sub(r"\.0+$", "", cell)
    if not plain.isascii() or not _QUANTITY.fullmatch(plain):
        return None
    return int(re.sub(r"[, ]", "", plain)) or None
