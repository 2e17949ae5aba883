"""Reads the lines of orders from any file with order_id and product_id, and more where it is asked
for: customer_id, ordered_on (day or running number), and what is known of products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd

from data_access.errors import Refused
from data_access.importing.purchase_file import is_missing, read_cells, read_days, read_values

OF_ORDERS = ("order_id", "product_id")
OF_CUSTOMERS = ("customer_id", "order_id", "ordered_on", "product_id")
ATTRIBUTES = ("category", "supplier", "price", "name")
_NUMBER = r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,6})?"
_DAY_AS_NUMBER = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_WHOLE = r"[0-9]{1,18}"


class LinesRefused(Refused):
    """The file cannot be read as lines of orders; nothing was worked out."""

    messages: ClassVar[dict[str, str]] = {
        "no_file": "There is no file {file}.",
        "no_column": "{file} has no column {column}. It needs {needed}; it has {names}.",
        "several_sheets": "{file} has several sheets; save the one with the orders as CSV.",
        "no_days": "{file}: the column ordered_on holds neither days that can be read, such as"
        " 2026-03-31, nor numbers; it has {example}.",
        "ambiguous_days": "{file}: days such as {example} may be day/month or month/day. Say which"
        " with --date-order dmy or --date-order mdy.",
        "no_lines": "{file} holds no lines of orders.",
    }


@dataclass(frozen=True)
class LinesFile:
    """`lines` has the columns asked for, without rows that miss one: identities as text (order_id
    as numbers where all are), ordered_on as days or numbers. `attributes` has product_id and those
    of ATTRIBUTES that the file has, the first known of each product."""

    lines: pd.DataFrame
    attributes: pd.DataFrame
    rows: int
    left_out: int


def read_lines_file(
    path: Path,
    *,
    columns: Sequence[str] = OF_CUSTOMERS,
    encoding: str | None = None,
    delimiter: str | None = None,
    date_order: str | None = None,
) -> LinesFile:
    """CSV, CSV.GZ, TSV or XLSX; encoding, delimiter and the order of days are found out."""
    if not path.is_file():
        raise LinesRefused("no_file", file=str(path))
    also = ("customer_id",) if "customer_id" not in columns else ATTRIBUTES
    cells = read_cells(path, columns, encoding, delimiter, _refused(columns), also)
    found = {
        name: cells[name].where(~is_missing(cells[name])) for name in cells if name != "ordered_on"
    }
    if not len(cells):
        raise LinesRefused("no_lines", file=path.name)
    if "ordered_on" in columns:
        found["ordered_on"] = _read_when(cells["ordered_on"], path.name, date_order)
    read = pd.DataFrame(found)
    whole = read[list(columns)].notna().all(axis=1)
    if not whole.any():
        raise LinesRefused("no_lines", file=path.name)
    lines = read[whole].reset_index(drop=True)
    lines["order_id"] = _numbers_where_all(lines["order_id"])
    return LinesFile(
        lines=lines.drop(columns=[name for name in ATTRIBUTES if name in lines]),
        attributes=_attributes(lines),
        rows=len(cells),
        left_out=int((~whole).sum()),
    )


def _refused(columns: Sequence[str]) -> type[Refused]:
    class Missing(LinesRefused):
        def __init__(self, reason: str, **values: object) -> None:
            super().__init__(reason, needed=", ".join(columns), **values)

    return Missing


def _read_when(cells: pd.Series, file: str, date_order: str | None) -> pd.Series:
    """Numbers where all are numbers and not all days written as 20260331."""
    missing = is_missing(cells)
    known = cells[~missing]
    are_numbers = known.str.fullmatch(_NUMBER).astype(bool)
    are_days = known.str.fullmatch(_DAY_AS_NUMBER).astype(bool)
    if len(known) and are_numbers.all() and not are_days.all():
        return pd.to_numeric(cells.where(~missing), errors="coerce").astype("float64")
    return read_days(cells, file, date_order, LinesRefused)


def _numbers_where_all(texts: pd.Series) -> pd.Series:
    """So that order 10 follows order 9."""
    if not texts.str.fullmatch(_WHOLE).all():
        return texts
    numbers = pd.to_numeric(texts)
    # 007 and 7 are two orders
    return numbers if numbers.nunique() == texts.nunique() else texts


def _attributes(lines: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in ATTRIBUTES if name in lines]
    found = lines[["product_id", *names]].groupby("product_id", sort=True).first().reset_index()
    if "price" in names:
        found["price"] = read_values(found["price"].astype("object"))
    return found
