"""The stock of one product in one warehouse: what it was, and where it goes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import BRICK, NOW, QUIET
from dashboard.figures.template import dates, figure
from dashboard.texts import _

HEIGHT = 270


def projected_stock(
    past: pd.DataFrame, coming: pd.DataFrame, *, reorder_point: float | None, today: pd.Timestamp
) -> go.Figure:
    """`past` has day, on_hand; `coming` day, median, low_80, high_80 and received; units. The stock
    of the past is solid, what is expected dashed, with a band that holds 80 of 100 ways."""
    drawn = figure(HEIGHT)
    if len(past):
        drawn.add_scatter(
            x=dates(past["day"]), y=past["on_hand"].tolist(), mode="lines",
            line={"color": NOW, "width": 2, "shape": "hv"},
            customdata=[f"{formats.day(day)}  {formats.number(units)}"
                        for day, units in zip(past["day"], past["on_hand"], strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    days = dates(coming["day"])
    drawn.add_scatter(
        x=days + days[::-1], y=[*coming["high_80"], *coming["low_80"][::-1]], mode="lines",
        line={"width": 0, "color": NOW}, fill="toself", fillcolor=NOW, opacity=0.18,
        hoverinfo="skip",
    )  # fmt: skip
    drawn.add_scatter(
        x=days, y=coming["median"].tolist(), mode="lines",
        line={"color": NOW, "width": 2, "dash": "dash"},
        customdata=[_hover(row) for row in coming.itertuples()],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    receipts = coming[coming["received"] > 0]
    drawn.add_scatter(
        x=dates(receipts["day"]), y=receipts["median"].tolist(), mode="markers",
        marker={"symbol": "triangle-up", "size": 10, "color": NOW}, hoverinfo="skip",
    )  # fmt: skip
    if reorder_point is not None and reorder_point == reorder_point:
        drawn.add_hline(
            y=reorder_point, line={"color": BRICK, "width": 1.5, "dash": "dot"},
            annotation={"text": f"{_('Reorder point')} {formats.number(reorder_point)}",
                        "font": {"color": BRICK, "size": 12}, "xanchor": "right", "x": 1,
                        "yanchor": "bottom"},
        )  # fmt: skip
    drawn.add_vline(x=f"{today:%Y-%m-%d}", line={"color": QUIET, "width": 1})
    drawn.update_yaxes(rangemode="normal", zeroline=True, zerolinecolor=QUIET, zerolinewidth=1)
    drawn.update_xaxes(hoverformat=formats.DAY_TICKS, unifiedhovertitle={"text": ""},
                       tickformat="%m-%d")  # fmt: skip
    drawn.update_layout(margin={"t": 14})
    return drawn


def _hover(row: Any) -> str:
    units = row.received
    low, high = formats.number(row.low_80), formats.number(row.high_80)
    told = f"{formats.day(row.day)}  {formats.number(row.median)} ({low} – {high})"
    return told + (_("; {n} come in", n=formats.number(units)) if units else "")
