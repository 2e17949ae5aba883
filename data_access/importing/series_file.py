"""Reads series from any file with the columns series_id, period_on (day or number) and value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from data_access.errors import Refused
from data_access.importing.purchase_file import is_missing, read_cells, read_days, read_values

COLUMNS = ("series_id", "period_on", "value")
_NUMBER = r"[+-]?[0-9]{1,15}(?:\.0+)?"
_DAY_AS_NUMBER = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_MONTH = r"(?:19|20)[0-9]{2}-?(?:0[1-9]|1[0-2])"


class SeriesRefused(Refused):
    """The file cannot be read as series; nothing was worked out."""

    messages: ClassVar[dict[str, str]] = {
        "no_file": "There is no file {file}.",
        "no_column": "{file} has no column {column}. It needs series_id, period_on and value;"
        " it has {names}.",
        "several_sheets": "{file} has several sheets; save the one with the series as CSV.",
        "no_days": "{file}: the column period_on holds neither days that can be read, such as"
        " 2026-03-31, nor whole numbers; it has {example}.",
        "ambiguous_days": "{file}: days such as {example} may be day/month or month/day. Say which"
        " with --date-order dmy or --date-order mdy.",
        "no_rows": "{file} holds no values.",
        "duplicates": "{file}: series {series} has more than one value for {period}"
        " ({count} such periods in all). Add them up with --sum-duplicates, or mend the file.",
    }


@dataclass(frozen=True)
class SeriesFile:
    """`values` has series_id (text), period (datetime64 or int64) and value (NaN where there was
    no number), sorted by series and period."""

    values: pd.DataFrame
    rows: int
    left_out: int  # rows without a series or a period
    without_value: int


def read_series_file(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    date_order: str | None = None,
    sum_duplicates: bool = False,
) -> SeriesFile:
    """CSV, CSV.GZ, TSV or XLSX; encoding, delimiter and the order of days are found out."""
    if not path.is_file():
        raise SeriesRefused("no_file", file=str(path))
    cells = read_cells(path, COLUMNS, encoding, delimiter, SeriesRefused)
    if not len(cells):
        raise SeriesRefused("no_rows", file=path.name)
    series = cells["series_id"].where(~is_missing(cells["series_id"]))
    period = _read_periods(cells["period_on"], path.name, date_order)
    value = _read_numbers(cells["value"])
    whole = series.notna() & period.notna()
    if not (whole & value.notna()).any():
        raise SeriesRefused("no_rows", file=path.name)
    found = pd.DataFrame({"series_id": series, "period": period, "value": value})[whole]
    if found["period"].dtype.kind == "f":
        found["period"] = found["period"].astype("int64")
    found = found.sort_values(["series_id", "period"], kind="stable", ignore_index=True)
    return SeriesFile(
        values=_without_duplicates(found, path.name, sum_duplicates=sum_duplicates),
        rows=len(cells),
        left_out=int((~whole).sum()),
        without_value=int((whole & value.isna()).sum()),
    )


def _read_periods(cells: pd.Series, file: str, date_order: str | None) -> pd.Series:
    """float64 where all are whole numbers that are no days or months, else datetime64; missing is
    NaN."""
    known = cells[~is_missing(cells)]
    if len(known) and known.str.fullmatch(_MONTH).astype(bool).all():
        months = cells.where(~is_missing(cells)).str.replace("-", "")
        return pd.to_datetime(months, format="%Y%m", errors="coerce")
    are_numbers = known.str.fullmatch(_NUMBER).astype(bool)
    are_days = known.str.fullmatch(_DAY_AS_NUMBER).astype(bool)
    if len(known) and are_numbers.all() and not are_days.all():
        return pd.to_numeric(cells.where(~is_missing(cells)), errors="coerce")
    return read_days(cells, file, date_order, SeriesRefused)


def _read_numbers(cells: pd.Series) -> pd.Series:
    plain = pd.to_numeric(cells.where(~is_missing(cells)), errors="coerce").astype("float64")
    if plain.notna().sum() < (~is_missing(cells)).sum():
        plain = read_values(cells)
    return plain.where(np.isfinite(plain))


def _without_duplicates(found: pd.DataFrame, file: str, *, sum_duplicates: bool) -> pd.DataFrame:
    again = found.duplicated(["series_id", "period"])
    if not again.any():
        return found
    if not sum_duplicates:
        first = found[again].iloc[0]
        period = first["period"]
        raise SeriesRefused(
            "duplicates", file=file, series=first["series_id"], count=int(again.sum()),
            period=f"{period:%Y-%m-%d}" if isinstance(period, pd.Timestamp) else period,
        )  # fmt: skip
    keys = ["series_id", "period"]
    return found.groupby(keys, sort=True)["value"].sum(min_count=1).reset_index()
