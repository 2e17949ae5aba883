"""Customers as points: how long ago each ordered, and what they bought."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import NOW
from dashboard.figures.template import figure
from dashboard.texts import _

HEIGHT = 360
_DAYS = (0, 1, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1460)


def segment_points(frame: pd.DataFrame, *, currency: str | None) -> go.Figure:
    """`frame` has customer, segment_name, silent_days, net_sales_12m (more than 0) and silent_90, a
    row for each point. Both axes are logarithmic: few buy a hundred times what most do."""
    drawn = figure(HEIGHT, hovermode="closest", clickmode="event+select")
    drawn.add_scatter(
        x=[int(days) + 1 for days in frame["silent_days"]],
        y=frame["net_sales_12m"].astype(float).tolist(),
        mode="markers",
        marker={"color": NOW, "size": 9, "opacity": 0.55},
        customdata=[_hover(row, currency) for row in frame.to_dict("records")],
        hovertemplate="%{customdata}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0.55}},
    )
    longest = int(frame["silent_days"].max())
    shown = [days for days in _DAYS if days <= max(longest, 1)]
    drawn.update_xaxes(
        type="log",
        title={"text": _("Days since the last order"), "font": {"size": 12}},
        tickvals=[days + 1 for days in shown],
        ticktext=[formats.number(days) for days in shown],
    )
    drawn.update_yaxes(type="log", **_money_ticks(frame["net_sales_12m"], currency))
    return drawn


def _money_ticks(amounts: pd.Series[Any], currency: str | None) -> dict[str, Any]:
    """1, 2 and 5 of each power of ten within what is drawn, or the ends where that is too few."""
    low, high = float(amounts.min()), float(amounts.max())
    steps = [step * 10.0**power for power in range(-2, 13) for step in (1, 2, 5)]
    inside = [step for step in steps if low <= step <= high]
    values = inside if len(inside) > 1 else sorted({low, high})
    return {
        "tickvals": values,
        "ticktext": [formats.compact_money(value, currency) for value in values],
    }


def _hover(row: dict[Any, Any], currency: str | None) -> str:
    lines = [
        f"<b>{escape(str(row['customer']))}</b>",
        row["segment_name"],
        _("Last order: {day}", day=formats.day(row["last_ordered_on"])),
        _("Net sales, 12 months: {amount}", amount=formats.money(row["net_sales_12m"], currency)),
    ]
    if not pd.isna(row["silent_90"]):
        lines.append(_("Silent 90 d: {chance}", chance=formats.rate(row["silent_90"], 0)))
    return "<br>".join(lines)
