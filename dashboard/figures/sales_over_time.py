"""Net sales over time against the period before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import BEFORE, NOW
from dashboard.figures.template import direct_label, figure, value_axis
from dashboard.texts import _
from data_access.dialects import Grain
from data_access.filters import Period

HEIGHT = 250
_SHOWN = {"day": formats.day, "week": formats.week, "month": formats.month}


def sales_over_time(
    now: pd.DataFrame,
    before: pd.DataFrame,
    *,
    period: Period,
    grain: Grain,
    currency: str | None,
) -> go.Figure:
    """`now` and `before` have period_on and net_sales, a row for each day, week or month. A last
    step that `period` cuts off is dashed."""
    drawn = figure(HEIGHT)
    shown = _SHOWN[grain]
    solid = len(now) - 1 if _is_cut_off(now, period, grain) else len(now)
    earlier = before.head(len(now))
    days = now["period_on"]
    drawn.add_scatter(
        x=days.head(len(earlier)),
        y=earlier["net_sales"],
        mode="lines",
        line={"color": BEFORE, "width": 1.5, "dash": "dot"},
        customdata=_hover(earlier, shown, currency),
        hovertemplate="%{customdata}<extra></extra>",
    )
    drawn.add_scatter(
        x=days.head(solid),
        y=now["net_sales"].head(solid),
        mode="lines+markers" if len(now) <= 31 else "lines",
        line={"color": NOW, "width": 2.5},
        marker={"size": 5},
        customdata=_hover(now.head(solid), shown, currency),
        hovertemplate="<b>%{customdata}</b><extra></extra>",
    )
    if solid < len(now):
        _add_unfinished(drawn, now, _hover(now, shown, currency), solid)
    _label_axes(drawn, now, before, grain, currency)
    _name_lines(drawn, now, earlier)
    return drawn


def _add_unfinished(drawn: go.Figure, now: pd.DataFrame, hover: list[str], solid: int) -> None:
    last = now.iloc[max(solid - 1, 0) :]
    drawn.add_scatter(
        x=last["period_on"],
        y=last["net_sales"],
        mode="lines+markers",
        line={"color": NOW, "width": 2.5, "dash": "dash"},
        marker={"size": [0] * (len(last) - 1) + [7], "symbol": "circle-open"},
        customdata=[""] * (len(last) - 1) + [f"{hover[-1]} ({_('so far')})"],
        hovertemplate="<b>%{customdata}</b><extra></extra>",
    )


def _hover(frame: pd.DataFrame, shown: Any, currency: str | None) -> list[str]:
    return [
        f"{shown(day)}  {formats.money(value, currency)}"
        for day, value in zip(frame["period_on"], frame["net_sales"], strict=True)
    ]


def _label_axes(
    drawn: go.Figure, now: pd.DataFrame, before: pd.DataFrame, grain: Grain, currency: str | None
) -> None:
    highest = max(now["net_sales"].max(), before["net_sales"].max() if len(before) else 0)
    drawn.update_yaxes(value_axis(highest, lambda value: formats.tick_money(value, currency)))
    every = -(-len(now) // 8)
    days = now["period_on"].iloc[::every]
    names = [f"{day:%m-%d}" if grain != "month" else formats.month(day) for day in days]
    drawn.update_xaxes(
        tickmode="array",
        tickvals=list(days),
        ticktext=names,
        hoverformat=formats.DAY_TICKS,
        unifiedhovertitle={"text": ""},
    )


def _name_lines(drawn: go.Figure, now: pd.DataFrame, before: pd.DataFrame) -> None:
    """Names stand above the plot, on its left, where no line can cross them."""
    names = [
        direct_label(_("This period"), 0, 1, NOW),
        direct_label(_("Previous period"), 0, 1, BEFORE),
    ]
    for place, name in enumerate(names if len(before) else names[:1]):
        name.update(
            xref="paper", yref="paper", yanchor="bottom", xshift=0, yshift=4,
            x=0 if not place else 0.16,
            text=f"{'━' if not place else '┅'} {name['text']}",
        )  # fmt: skip
        drawn.add_annotation(**name)
    drawn.update_layout(margin={"t": 26})


def _is_cut_off(now: pd.DataFrame, period: Period, grain: Grain) -> bool:
    if grain == "day" or now.empty:
        return False
    last = now["period_on"].iloc[-1].date()
    if grain == "week":
        return bool(last + timedelta(days=6) > period.end)
    return (period.end + timedelta(days=1)).day != 1
