"""A frame as a file: CSV for any program, XLSX for people. No cell of either is ever a formula.

Numbers stay numbers, days are days, money has its currency in a column beside it. A text that a
spreadsheet would take for a formula gets an apostrophe before it in CSV; in XLSX its cell is marked
as text, which keeps the text itself as it was.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from dashboard import formats
from dashboard.filters import PAYMENT_STATE_NAMES, STAGE_NAMES
from dashboard.tables import Column, Kind, badge_names
from dashboard.texts import _
from dashboard.vocabulary import in_words

Facts = Sequence[tuple[str, Any]]  # what a file says about itself: label, value
BYTE_ORDER_MARK = "\ufeff"  # tells Excel that the file is UTF-8
LONGEST_CELL = 32_767  # that XLSX takes
DAYS: tuple[Kind, ...] = ("lateness", "age", "duration", "time_left")
DAY_FORMAT, MONEY_FORMAT, RATE_FORMAT = "yyyy-mm-dd", "#,##0.00", "0.0%"
_WIDEST, _NARROWEST = 60, 10
_SPACES = re.compile(r"[\t\r\n\u2028\u2029]+")
# control characters, those that turn the direction of writing, and what no file can hold
_NOT_WRITTEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_BEGINS_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")


@dataclass(frozen=True)
class Sheet:
    """The columns of a file, ready to be written: titles, kinds and cells."""

    titles: tuple[str, ...]
    kinds: tuple[Kind, ...]
    columns: tuple[list[Any], ...]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        return zip(*self.columns, strict=True)


def sheet_of(frame: pd.DataFrame, columns: Sequence[Column], currency: str | None = None) -> Sheet:
    """The columns of the frame in their order, in words of the person's language; with money comes
    a column that says its currency: the frame's own, or `currency`."""
    shown = [column for column in columns if column.name in frame]
    kinds: list[Kind] = [
        "money" if column.kind == "compact_money" else column.kind for column in shown
    ]
    titles = [_title(column) for column in shown]
    cells = [
        _cells(frame[column.name], column, kind) for column, kind in zip(shown, kinds, strict=True)
    ]
    if "money" in kinds and "currency" not in {column.name for column in shown}:
        place = len(kinds) - kinds[::-1].index("money")
        known = frame["currency"] if "currency" in frame else [currency] * len(frame)
        kinds.insert(place, "text")
        titles.insert(place, _("Currency"))
        cells.insert(place, [_text(each) for each in known])
    return Sheet(tuple(map(clean, titles)), tuple(kinds), tuple(cells))


def to_csv(sheet: Sheet, facts: Facts) -> bytes:
    """UTF-8 with a byte order mark: the titles, the rows, an empty line and the facts."""
    written = StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([harmless(title) for title in sheet.titles])
    writer.writerows([_in_csv(cell) for cell in row] for row in sheet.rows())
    written.write("\r\n")
    writer.writerows([harmless(clean(label)), _in_csv(_fact(value))] for label, value in facts)
    return (BYTE_ORDER_MARK + written.getvalue()).encode("utf-8")


def to_xlsx(sheet: Sheet, facts: Facts) -> bytes:
    """A workbook of two sheets: the rows under their titles, and the facts."""
    book = Workbook(write_only=True)
    table = book.create_sheet(_("Rows"))
    table.freeze_panes = "A2"
    for place, width in enumerate(_widths(sheet), start=1):
        table.column_dimensions[get_column_letter(place)].width = width
    table.append([_bold(table, title) for title in sheet.titles])
    styled = [_styled(table, kind) for kind in sheet.kinds]
    for row in sheet.rows():
        table.append([_filled(table, cell, like) for cell, like in zip(row, styled, strict=True)])
    about = book.create_sheet(_("About this file"))
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 24, 80
    for label, value in facts:
        like = _styled(about, "day" if _is_day(value) else "text")
        about.append([_bold(about, clean(label)), _filled(about, _fact(value), like)])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def clean(text: str) -> str:
    """One line without control characters, as long as a cell may be."""
    return _NOT_WRITTEN.sub("", _SPACES.sub(" ", text))[:LONGEST_CELL]


def harmless(text: str) -> str:
    """The text, which no spreadsheet takes for a formula."""
    return f"'{text}"[:LONGEST_CELL] if _BEGINS_FORMULA.match(text) else text


def _title(column: Column) -> str:
    label = column.label or column.name
    return _("{column} (days)", column=label) if column.kind in DAYS else label


def _cells(values: pd.Series[Any], column: Column, kind: Kind) -> list[Any]:
    if column.words:
        return [_text(in_words(column.words, value)) for value in values]
    match kind:
        case "stage":
            return [_worded(value, STAGE_NAMES) for value in values]
        case "payment_state":
            return [_worded(value, PAYMENT_STATE_NAMES) for value in values]
        case "badge":
            return [_worded(value, badge_names(column)) for value in values]
        case "moment":
            return ["" if pd.isna(value) else formats.moment(value) for value in values]
        case "day":
            return [None if pd.isna(value) else _day(value) for value in values]
    return [_plain(value, kind) for value in values]


def _plain(value: Any, kind: Kind) -> Any:
    """A number as Python has it, rounded to what it is known to; any other value as text."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return _("Yes") if value else _("No")
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, date):
        return _day(value)
    number = value.item() if hasattr(value, "item") else value
    if not isinstance(number, int | float):
        return _text(number)
    if isinstance(number, float) and abs(number) == float("inf"):
        return None
    return round(number, 2) if kind == "money" else number


def _text(value: Any) -> str:
    return "" if value is None or value != value else clean(str(value))


def _worded(value: Any, names: dict[str, str]) -> str:
    return "" if pd.isna(value) else _(names[value]) if value in names else _text(value)


def _day(value: Any) -> date:
    found: date = value.date() if isinstance(value, datetime) else value
    return found


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _fact(value: Any) -> Any:
    if isinstance(value, datetime):
        return formats.moment(value)
    return clean(value) if isinstance(value, str) else value


def _in_csv(cell: Any) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    return harmless(cell) if isinstance(cell, str) else cell


_NUMBER_FORMATS: dict[Kind, str] = {
    "money": MONEY_FORMAT,
    "rate": RATE_FORMAT,
    "chance": RATE_FORMAT,
    "day": DAY_FORMAT,
}


def _styled(table: Any, kind: Kind) -> Any:
    """A cell with the number format of the kind, to be filled and written once for each row; None
    for a kind without one."""
    if kind not in _NUMBER_FORMATS:
        return None
    cell: Any = WriteOnlyCell(table)
    cell.number_format = _NUMBER_FORMATS[kind]
    return cell


def _filled(table: Any, value: Any, like: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _as_text(table, value) if _BEGINS_FORMULA.match(value) else value
    if like is None:
        return value
    like.value = value
    return like


def _as_text(table: Any, text: str) -> Any:
    cell: Any = WriteOnlyCell(table, text)
    cell.data_type = "s"  # "=1+1" would be a formula
    cell.quotePrefix = True  # and stays text when somebody edits it
    return cell


def _bold(table: Any, text: str) -> Any:
    cell = _as_text(table, text)
    cell.quotePrefix = _BEGINS_FORMULA.match(text) is not None
    cell.font = Font(bold=True)
    return cell


def _widths(sheet: Sheet) -> list[int]:
    """As wide as the title and the first rows need; Chinese characters take two places."""
    return [
        min(_WIDEST, max(_NARROWEST, *(_places(cell) for cell in (title, *column[:200]))) + 2)
        for title, column in zip(sheet.titles, sheet.columns, strict=True)
    ]


def _places(cell: Any) -> int:
    text = "" if cell is None else f"{cell:,.2f}" if isinstance(cell, float) else str(cell)
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
