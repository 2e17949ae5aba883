"""Net sales day by day with what was expected of each day."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import BRICK, NOW, QUIET
from dashboard.figures.template import dates, figure, value_axis
from dashboard.texts import _

HEIGHT = 280
_BAND = "rgba(128,128,128,0.16)"
_ROOM = 1.15  # above the highest sales: a band that reaches higher is cut off there


def expected_sales(days: pd.DataFrame, marked: pd.DataFrame, *, currency: str | None) -> go.Figure:
    """`days` has day_on, net_sales, expected, low and high, in order; `marked` some of them."""
    drawn = figure(HEIGHT, hovermode="x unified")
    on = dates(days["day_on"])
    top = max(float(days["net_sales"].max()), float(days["expected"].max()), 1.0) * _ROOM
    for name in ("high", "low"):
        drawn.add_scatter(
            x=on,
            y=days[name].clip(upper=top).tolist(),
            mode="lines",
            line={"width": 0},
            fill="tonexty" if name == "low" else None,
            fillcolor=_BAND,
            hoverinfo="skip",
        )
    drawn.add_scatter(
        x=on, y=days["expected"].tolist(), mode="lines",
        line={"color": QUIET, "width": 1.5, "dash": "dot"}, hoverinfo="skip",
    )  # fmt: skip
    drawn.add_scatter(
        x=on,
        y=days["net_sales"].tolist(),
        mode="lines+markers" if len(days) <= 62 else "lines",
        line={"color": NOW, "width": 2},
        marker={"size": 4},
        customdata=[_hover(row, currency) for row in days.itertuples()],
        hovertemplate="%{customdata}<extra></extra>",
    )
    drawn.add_scatter(
        x=dates(marked["day_on"]),
        y=marked["net_sales"].tolist(),
        mode="markers",
        marker={"symbol": "diamond", "size": 11, "color": BRICK},
        hoverinfo="skip",
    )
    drawn.update_yaxes(value_axis(top, lambda value: formats.tick_money(value, currency)))
    drawn.update_xaxes(
        hoverformat=formats.DAY_TICKS, tickangle=0, nticks=8,
        tickformat="%m-%d" if len(days) <= 366 else formats.MONTH_TICKS,
        unifiedhovertitle={"text": ""},
    )  # fmt: skip
    return drawn


def _hover(row: object, currency: str | None) -> str:
    day: pd.Timestamp = row.day_on  # type: ignore[attr-defined]
    expected = _(
        "expected {low} to {high}",
        low=formats.compact_money(row.low, currency),  # type: ignore[attr-defined]
        high=formats.compact_money(row.high, currency),  # type: ignore[attr-defined]
    )
    return (
        f"<b>{formats.day(day)}  {formats.money(row.net_sales, currency)}</b>"  # type: ignore[attr-defined]
        f"<br>{expected}"
    )
