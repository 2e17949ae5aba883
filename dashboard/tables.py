"""Tables: one look for each kind of value, everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.figures.colours import PAYMENT_STATE_NAME, STAGE_NAME
from dashboard.filters import PAYMENT_STATE_NAMES, STAGE_NAMES
from dashboard.texts import _
from dashboard.vocabulary import in_words

Kind = Literal[
    "text", "count", "money", "rate", "chance", "day", "moment", "lateness", "age", "duration",
    "stage", "payment_state", "time_left", "compact_money", "decimal", "badge", "told_number",
]  # fmt: skip
ROW_HEIGHT = 32
_WIDTHS: dict[Kind, int] = {
    "count": 80, "rate": 80, "chance": 120, "day": 105, "moment": 145, "lateness": 105, "age": 80,
    "duration": 90, "time_left": 120,
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of the frame and how it reads. `width` is in pixels."""

    name: str
    label: str
    kind: Kind = "text"
    width: int | None = None
    help: str | None = None
    pinned: bool = False
    words: str = ""  # the column of the vocabulary that says its values
    badges: Mapping[str, tuple[str, str]] | None = None  # of a badge: value → msgid, colour


def show_table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    key: str,
    alt: str,
    currency: str | None = None,
    height: int | Literal["content", "auto"] = "content",
    on_select: Callable[[], None] | Literal["ignore"] = "ignore",
    selection_mode: Any = "single-row",
    selected_rows: Sequence[int] = (),
) -> None:
    """The columns of the frame, formatted; nothing else of it leaves the server. `selected_rows`
    are ticked when the table is first drawn under its key."""
    shown = [column for column in columns if column.name in frame]
    ticked: Any = {"selection": {"rows": list(selected_rows)}} if selected_rows else None
    listener: Any = on_select
    data = pd.DataFrame(
        {column.name: _cells(frame[column.name], column, currency) for column in shown}
    )
    st.dataframe(
        data,
        height=height,
        hide_index=True,
        row_height=ROW_HEIGHT,
        placeholder="",
        key=key,
        alt=alt,
        column_config={
            column.name: _config(column, currency, frame[column.name], data[column.name])
            for column in shown
        },
        on_select=listener,
        selection_mode=selection_mode,
        selection_default=ticked,
    )


def _cells(
    values: pd.Series[Any], column: Column, currency: str | None
) -> pd.Series[Any] | list[Any]:
    if column.words:
        return [in_words(column.words, value) for value in values]
    match column.kind:
        case "stage":
            return _words(values, STAGE_NAMES)
        case "payment_state":
            return _words(values, PAYMENT_STATE_NAMES)
        case "badge":
            return _words(values, badge_names(column))
        case "lateness":
            return ["" if pd.isna(days) else formats.days_late(days) for days in values]
        case "age":
            return ["" if pd.isna(days) else formats.age(days) for days in values]
        case "duration":
            return ["" if pd.isna(days) else formats.duration(days) for days in values]
        case "time_left":
            return [[] if pd.isna(days) else [formats.time_left(days)] for days in values]
        case "moment":
            return ["" if pd.isna(at) else formats.moment(at) for at in values]
        case "compact_money":
            return [formats.compact_money(amount, currency) for amount in values]
        case "money" if (values < 0).any():  # the browser would write ¥-5.00
            return pd.Series([formats.money(amount, currency) for amount in values], dtype=object)
        case "rate" | "chance":
            return values.astype("float64") * 100
    return values


def badge_names(column: Column) -> dict[str, str]:
    """What each value of a badge is called, as a msgid."""
    return {value: name for value, (name, _colour) in (column.badges or {}).items()}


def _words(values: pd.Series[Any], names: Mapping[str, str]) -> list[Any]:
    """One coloured word in each cell."""
    return [[] if pd.isna(value) else [_(names[value])] for value in values]


def _config(
    column: Column, currency: str | None, values: pd.Series[Any], cells: pd.Series[Any]
) -> Any:
    common: dict[str, Any] = {
        "help": column.help,
        "width": column.width or _WIDTHS.get(column.kind),
        "pinned": column.pinned or None,
    }
    config = st.column_config
    match column.kind:
        case "count":
            return config.NumberColumn(column.label, format=formats.COUNT_COLUMN, **common)
        case "decimal":
            return config.NumberColumn(column.label, format=formats.DECIMAL_COLUMN, **common)
        case "money" if cells.dtype != object:
            pattern = formats.money_column(currency)
            return config.NumberColumn(column.label, format=pattern, **common)
        case "rate":
            return config.NumberColumn(column.label, format=formats.RATE_COLUMN, **common)
        case "chance":
            return config.ProgressColumn(
                column.label, format=formats.CHANCE_COLUMN, min_value=0, max_value=100, **common
            )
        case "day":
            return config.DateColumn(column.label, format=formats.DAY_COLUMN, **common)
        case "money" | "compact_money" | "lateness" | "age" | "duration" | "told_number":
            return config.TextColumn(column.label, alignment="right", **common)
        case "stage":
            return _coloured(column, STAGE_NAMES, STAGE_NAME, common)
        case "payment_state":
            return _coloured(column, PAYMENT_STATE_NAMES, PAYMENT_STATE_NAME, common)
        case "badge":
            colours = {value: colour for value, (_name, colour) in (column.badges or {}).items()}
            return _coloured(column, badge_names(column), colours, common)
        case "time_left":
            return _in_time_or_late(column, values, common)
    return config.TextColumn(column.label, **common)


def _coloured(
    column: Column, names: Mapping[str, str], colours: Mapping[str, str], common: dict[str, Any]
) -> Any:
    return st.column_config.MultiselectColumn(
        column.label,
        options=[_(name) for name in names.values()],
        color=[colours[value] for value in names],
        **common,
    )


def _in_time_or_late(column: Column, values: pd.Series[Any], common: dict[str, Any]) -> Any:
    """What is over in red, what is to come in grey; the words say which."""
    colours = {
        formats.time_left(days): "red" if days < 0 else "gray"
        for days in values
        if not pd.isna(days)
    }
    return st.column_config.MultiselectColumn(
        column.label, options=list(colours), color=list(colours.values()), **common
    )
