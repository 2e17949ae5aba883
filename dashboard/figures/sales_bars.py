"""Net sales by one thing: channel, region or category."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import BEFORE, NOW
from dashboard.figures.template import figure
from dashboard.texts import _

ROW = 26
MOST_ROWS = 8
_LONGEST_NAME = 18


def sales_bars(frame: pd.DataFrame, *, currency: str | None) -> go.Figure:
    """`frame` has name, net_sales, share, change and previous_net_sales, most sales first; drawn
    from the top, the value before as a tick."""
    rows = frame.iloc[::-1]
    places = list(range(len(rows)))
    names = [_("None") if pd.isna(name) else str(name) for name in rows["name"]]
    drawn = figure(ROW * max(len(rows), 3) + 8, hovermode="closest", bargap=0.4)
    drawn.add_bar(
        y=places,
        x=rows["net_sales"],
        orientation="h",
        marker={"color": NOW, "cornerradius": 2},
        text=[_label(row, currency) for row in rows.itertuples()],
        textposition="outside",
        cliponaxis=False,
        constraintext="none",
        customdata=[
            _hover(name, row, currency) for name, row in zip(names, rows.itertuples(), strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    drawn.add_scatter(
        y=places,
        x=rows["previous_net_sales"],
        mode="markers",
        marker={"symbol": "line-ns", "size": 12, "line": {"width": 2, "color": BEFORE}},
        hoverinfo="skip",
    )
    highest = max(rows["net_sales"].max(), rows["previous_net_sales"].max(), 0)
    drawn.update_xaxes(visible=False, range=[0, highest * 1.75 or 1])
    drawn.update_yaxes(
        showgrid=False, tickmode="array", tickvals=places, ticktext=[_short(name) for name in names]
    )
    return drawn


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
