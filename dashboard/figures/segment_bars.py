"""Segments beside each other: how much of the value each brings, and how many of the customers."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import NOW, QUIET, SEQUENTIAL
from dashboard.figures.template import figure
from dashboard.texts import _, _n

ROW = 46
_BAR, _ABOVE = 0.22, 0.3  # of a row: how thick a bar is, how far above it the words stand


def segment_bars(frame: pd.DataFrame, *, chosen: str, currency: str | None) -> go.Figure:
    """`frame` has segment, name, customers, customer_rate, value, value_rate, margin_rate and
    growth, a row for each from the top; the one `chosen` is drawn darker."""
    rows = list(frame.iloc[::-1].to_dict("records"))
    places = list(range(len(rows)))
    highest = max([0.01, *(_drawn(row[name]) for row in rows for name in _RATES)])
    drawn = figure(
        ROW * max(len(rows), 2), hovermode="closest", margin={"l": 0, "r": 2, "t": 0, "b": 0}
    )
    for name, shift, colours in (
        ("value_rate", 0.0, (NOW, SEQUENTIAL[8])),
        ("customer_rate", -_BAR * 1.1, (QUIET, QUIET)),
    ):
        drawn.add_bar(
            y=[place + shift for place in places],
            x=[_drawn(row[name]) for row in rows],
            width=_BAR,
            orientation="h",
            marker={
                "color": [colours[row["segment"] == chosen] for row in rows],
                "cornerradius": 2,
            },
            customdata=[_hover(row, currency) for row in rows],
            hovertemplate="%{customdata}<extra></extra>",
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
        )
    _add_words(drawn, [str(row["name"]) for row in rows], 0.0, "middle right")
    _add_words(drawn, [_label(row, currency) for row in rows], highest, "middle left")
    drawn.update_xaxes(visible=False, range=[0, highest])
    drawn.update_yaxes(
        visible=False, range=[len(rows) - 0.35 - max(len(rows), 2), len(rows) - 0.35]
    )
    drawn.update_layout(barmode="overlay")
    return drawn


_RATES = ("value_rate", "customer_rate")


def _drawn(rate: Any) -> float:
    return 0.0 if pd.isna(rate) else max(float(rate), 0.0)


def _add_words(drawn: go.Figure, words: list[str], x: float, position: str) -> None:
    drawn.add_scatter(
        x=[x] * len(words),
        y=[place + _ABOVE for place in range(len(words))],
        mode="text",
        text=words,
        textposition=position,
        textfont={"size": 12, "color": QUIET},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _label(row: dict[Any, Any], currency: str | None) -> str:
    value = formats.compact_money(row["value"], currency)
    return (
        f"{formats.compact_number(row['customers'])} · {value} {formats.rate(row['value_rate'], 0)}"
    )


def _hover(row: dict[Any, Any], currency: str | None) -> str:
    lines = [
        f"<b>{row['name']}</b>",
        _n("{n} customer", "{n} customers", int(row["customers"]))
        + f" · {formats.rate(row['customer_rate'])}",
        f"{formats.money(row['value'], currency)} · {formats.rate(row['value_rate'])}",
        _("Growth: {change}", change=formats.change(row["growth"])),
    ]
    if not pd.isna(row["margin_rate"]):
        lines.append(_("Margin: {rate}", rate=formats.rate(row["margin_rate"])))
    return "<br>".join(lines)
