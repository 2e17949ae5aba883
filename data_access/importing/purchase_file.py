"""Reads orders from any file with the columns customer_id, ordered_on and value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import ClassVar, TypeVar
from zoneinfo import ZoneInfo

import pandas as pd

from data_access.columns import ExactDecimal
from data_access.errors import Refused
from data_access.importing.files import FileSource
from data_access.importing.formats import Formats
from data_access.importing.moments import to_day
from data_access.importing.numbers import to_decimal
from data_access.importing.refusals import ImportRefused, RowRefused
from data_access.importing.source_tables import quoted

Found = TypeVar("Found")
COLUMNS = ("customer_id", "ordered_on", "value")
_MOST_UNREAD = 0.5  # of the rows
_MISSING = {"", "na", "n/a", "nan", "nat", "null", "none", "-", "?"}
_AMOUNT = ExactDecimal(18, 4)
_AS_WRITTEN = Formats(zone=ZoneInfo("UTC"), business_zone=ZoneInfo("UTC"))  # keeps the day
_SHORT_YEAR = re.compile(r"^([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{2})(?=$|[ T])")


class PurchasesRefused(Refused):
    """The file cannot be read as orders; nothing was worked out."""

    messages: ClassVar[dict[str, str]] = {
        "no_file": "There is no file {file}.",
        "no_column": "{file} has no column {column}. It needs customer_id, ordered_on and value;"
        " it has {names}.",
        "several_sheets": "{file} has several sheets; save the one with the orders as CSV.",
        "no_days": "{file}: the column ordered_on holds no days that can be read, such as"
        " 2026-03-31; it has {example}.",
        "ambiguous_days": "{file}: days such as {example} may be day/month or month/day. Say which"
        " with --date-order dmy or --date-order mdy.",
        "no_orders": "{file} holds no orders.",
    }


@dataclass(frozen=True)
class PurchaseFile:
    """`orders` has customer_id (text), ordered_on and value; NaN where there was no number."""

    orders: pd.DataFrame
    rows: int
    without_customer: int
    without_day: int
    without_value: int


def read_purchase_file(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    date_order: str | None = None,
) -> PurchaseFile:
    """CSV, CSV.GZ, TSV or XLSX; encoding, delimiter and the order of days are found out."""
    if not path.is_file():
        raise PurchasesRefused("no_file", file=str(path))
    cells = read_cells(path, COLUMNS, encoding, delimiter, PurchasesRefused)
    if not len(cells):
        raise PurchasesRefused("no_orders", file=path.name)
    customer = cells["customer_id"].where(~is_missing(cells["customer_id"]))
    day = read_days(cells["ordered_on"], path.name, date_order, PurchasesRefused)
    value = read_values(cells["value"])
    whole = customer.notna() & day.notna()
    if not whole.any():
        raise PurchasesRefused("no_orders", file=path.name)
    orders = pd.DataFrame({"customer_id": customer, "ordered_on": day, "value": value})
    return PurchaseFile(
        orders=orders[whole].reset_index(drop=True),
        rows=len(cells),
        without_customer=int(customer.isna().sum()),
        without_day=int((customer.notna() & day.isna()).sum()),
        without_value=int((whole & value.isna()).sum()),
    )


def read_cells(
    path: Path,
    columns: Sequence[str],
    encoding: str | None,
    delimiter: str | None,
    refused: type[Refused],
    optional: Sequence[str] = (),
) -> pd.DataFrame:
    """The columns as text, None where there is nothing; of `optional` those that are there."""
    source = FileSource([path], encoding, delimiter)
    try:
        if "source" not in source.tables:
            raise refused("several_sheets", file=path.name)
        table = source.tables["source"]
        named = {_plain(name): name for name in reversed(table.columns)}
        for column in columns:
            if column not in named:
                names = ", ".join(table.columns)
                raise refused("no_column", file=path.name, column=column, names=names)
        columns = [*columns, *(column for column in optional if column in named)]
        chosen = ", ".join(quoted(named[column]) for column in columns)
        batches = source.rows_of(f"SELECT {chosen} FROM source", path.name)  # noqa: S608
        rows = [row for batch in batches for row in batch]
    finally:
        source.close()
    cells = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pd.DataFrame(
        {
            name: pd.Series(own, dtype="object").str.strip()
            for name, own in zip(columns, cells, strict=True)
        }
    )


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", name.strip().casefold()).strip("_")


def is_missing(cells: pd.Series) -> pd.Series:
    return cells.isna() | cells.str.casefold().isin(_MISSING)


def read_days(
    cells: pd.Series, file: str, date_order: str | None, refused: type[Refused]
) -> pd.Series:
    known = cells[~is_missing(cells)]
    texts = pd.Series(known.unique(), dtype="object")
    orders = (date_order,) if date_order else ("dmy", "mdy")
    readings = [_days_of(texts, order) for order in orders]
    best = max(readings, key=len)
    if len(readings) == 2 and len(readings[0]) == len(readings[1]) and readings[0] != readings[1]:
        example = next(text for text in texts if readings[0].get(text) != readings[1].get(text))
        raise refused("ambiguous_days", file=file, example=example)
    found = cells.map(best)
    if not len(known) or found.notna().sum() < (1 - _MOST_UNREAD) * len(known):
        unread = next((text for text in texts if text not in best), "")
        raise refused("no_days", file=file, example=str(unread)[:40])
    return pd.to_datetime(found).dt.as_unit("s")


def _days_of(texts: Iterable[str], order: str) -> dict[str, date]:
    """The texts that can be read, as days."""
    formats = replace(_AS_WRITTEN, date_order=order)
    return _read(texts, lambda text: _day(text, formats))


def _day(text: str, formats: Formats) -> date:
    try:
        return to_day("ordered_on", _SHORT_YEAR.sub(_with_century, text), formats)
    except RowRefused:
        spelled = pd.to_datetime(text, errors="coerce") if re.search("[A-Za-z]{3}", text) else None
        if spelled is None or pd.isna(spelled):
            raise
        return date(spelled.year, spelled.month, spelled.day)


def _with_century(match: re.Match[str]) -> str:
    first, mark, second, year = match.groups()
    return f"{first}{mark}{second}{mark}{'19' if int(year) >= 70 else '20'}{year}"


def read_values(cells: pd.Series) -> pd.Series:
    """The numbers; with a decimal comma where more of them can be read so."""
    texts = cells[~is_missing(cells)].unique()
    readings = [_numbers_of(texts, Formats(decimal_comma=comma)) for comma in (False, True)]
    return cells.map(max(readings, key=len)).astype("float64")


def _numbers_of(texts: Iterable[str], formats: Formats) -> dict[str, float]:
    return _read(
        texts, lambda text: float(to_decimal("value", text, _AMOUNT, formats, share=False))
    )


def _read(texts: Iterable[str], reader: Callable[[str], Found]) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for text in texts:
        try:
            found[text] = reader(text)
        except (RowRefused, ImportRefused):
            continue
    return found
