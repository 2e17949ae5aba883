"""Net sales by one thing: channel, region or category."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import BEFORE, NOW, QUIET
from dashboard.figures.template import figure
from dashboard.texts import _

ROW = 34
MOST_ROWS = 8
_LONGEST_NAME = 22
_BAR, _ABOVE = 0.24, 0.3  # of a row: how thick the bar is, how far above it the words stand


def sales_bars(frame: pd.DataFrame, *, currency: str | None) -> go.Figure:
    """`frame` has name, net_sales, share, change and previous_net_sales, most sales first; drawn
    from the top, words above each bar, the value before as a tick on it."""
    rows = frame.iloc[::-1]
    places = list(range(len(rows)))
    names = [_("None") if pd.isna(name) else str(name) for name in rows["name"]]
    highest = float(max(rows["net_sales"].max(), rows["previous_net_sales"].max(), 0)) or 1.0
    drawn = figure(
        ROW * max(len(rows), 3), hovermode="closest", margin={"l": 0, "r": 2, "t": 0, "b": 0}
    )
    drawn.add_bar(
        y=places,
        x=rows["net_sales"].tolist(),
        width=_BAR,
        orientation="h",
        marker={"color": NOW, "cornerradius": 2},
        customdata=[
            _hover(name, row, currency) for name, row in zip(names, rows.itertuples(), strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    drawn.add_scatter(
        y=places,
        x=rows["previous_net_sales"].tolist(),
        mode="markers",
        marker={"symbol": "line-ns", "size": 8, "line": {"width": 2, "color": BEFORE}},
        hoverinfo="skip",
    )
    _add_words(drawn, [_short(name) for name in names], 0.0, "middle right")
    _add_words(drawn, [_label(row, currency) for row in rows.itertuples()], highest, "middle left")
    drawn.update_xaxes(visible=False, range=[0, highest])
    top = len(rows) - 0.3
    drawn.update_yaxes(visible=False, range=[top - max(len(rows), 3), top])
    return drawn


def _add_words(drawn: go.Figure, words: list[str], x: float, position: str) -> None:
    drawn.add_scatter(
        x=[x] * len(words),
        y=[place + _ABOVE + _BAR / 2 for place in range(len(words))],
        mode="text",
        text=words,
        textposition=position,
        textfont={"size": 12, "color": QUIET},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _label(row: tuple[object, ...], currency: str | None) -> str:
    value = formats.compact_money(row.net_sales, currency)  # type: ignore[attr-defined]
    share = formats.rate(row.share, 0)  # type: ignore[attr-defined]
    return f"{value}  {share}  {_arrow(row.change)}"  # type: ignore[attr-defined]


def _arrow(change: float) -> str:
    if pd.isna(change):
        return ""
    arrow = "▲" if change > 0 else "▼" if change < 0 else "="
    return f"{arrow} {formats.change(change).lstrip('+-−')}"


def _hover(name: str, row: tuple[object, ...], currency: str | None) -> str:
    lines = [
        f"<b>{name}</b>",
        formats.money(row.net_sales, currency),  # type: ignore[attr-defined]
        _("Previous period: {amount}", amount=formats.money(row.previous_net_sales, currency)),  # type: ignore[attr-defined]
        _("Share: {share}", share=formats.rate(row.share)),  # type: ignore[attr-defined]
    ]
    return "<br>".join(lines)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
