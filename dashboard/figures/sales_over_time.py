"""Net sales over time against the period before."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import BEFORE, BRICK, NOW
from dashboard.figures.template import dates, direct_label, figure, value_axis
from dashboard.periods import is_cut_off
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
    unusual: pd.DataFrame | None = None,
) -> go.Figure:
    """`now` and `before` have period_on and net_sales, a row for each day, week or month. A first
    or last step that `period` cuts off is dashed. The days of `unusual`, which has day_on,
    net_sales, low and high, are marked."""
    drawn = figure(HEIGHT)
    shown = _SHOWN[grain]
    cut = [is_cut_off(day.date(), period, grain) for day in now["period_on"]]
    solid = len(now) - 1 if cut and cut[-1] else len(now)
    start = 1 if cut and cut[0] and solid > 1 else 0
    earlier = before.head(len(now))
    days = now["period_on"]
    drawn.add_scatter(
        x=dates(days.head(len(earlier))),
        y=earlier["net_sales"].tolist(),
        mode="lines",
        line={"color": BEFORE, "width": 1.5, "dash": "dot"},
        customdata=_hover(earlier, shown, currency),
        hovertemplate="%{customdata}<extra></extra>",
    )
    drawn.add_scatter(
        x=dates(days.iloc[start:solid]),
        y=now["net_sales"].iloc[start:solid].tolist(),
        mode="lines+markers" if len(now) <= 31 else "lines",
        line={"color": NOW, "width": 2.5},
        marker={"size": 5},
        customdata=_hover(now.iloc[start:solid], shown, currency),
        hovertemplate="<b>%{customdata}</b><extra></extra>",
    )
    hover = _hover(now, shown, currency)
    if solid < len(now):
        _add_part(drawn, now.iloc[max(solid - 1, 0) :], f"{hover[-1]} ({_('so far')})", -1)
    if start:
        _add_part(drawn, now.iloc[:2], f"{hover[0]} ({_('in part')})", 0)
    if unusual is not None and len(unusual):
        _mark_unusual(drawn, unusual, currency)
    _label_axes(drawn, now, before, grain, currency)
    _name_lines(drawn, now, earlier)
    return drawn


def _add_part(drawn: go.Figure, points: pd.DataFrame, hover: str, place: int) -> None:
    """Dashes between a whole step and the one in `place` (first or last), which is not whole."""
    sizes, words = [0] * len(points), [""] * len(points)
    sizes[place], words[place] = 7, hover
    drawn.add_scatter(
        x=dates(points["period_on"]),
        y=points["net_sales"].tolist(),
        mode="lines+markers",
        line={"color": NOW, "width": 2.5, "dash": "dash"},
        marker={"size": sizes, "symbol": "circle-open"},
        customdata=words,
        hovertemplate="<b>%{customdata}</b><extra></extra>",
    )


def _mark_unusual(drawn: go.Figure, days: pd.DataFrame, currency: str | None) -> None:
    words = [
        _(
            "unusual: expected {low} to {high}",
            low=formats.compact_money(row.low, currency),
            high=formats.compact_money(row.high, currency),
        )
        for row in days.itertuples()
    ]
    drawn.add_scatter(
        x=dates(days["day_on"]),
        y=days["net_sales"].tolist(),
        mode="markers",
        marker={"symbol": "diamond", "size": 11, "color": BRICK},
        customdata=words,
        hovertemplate="%{customdata}<extra></extra>",
    )
    name = direct_label(f"◆ {_('Unusual')}", 1, 1, BRICK)
    drawn.add_annotation(
        **{**name, "xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom",
           "xshift": 0, "yshift": 4}
    )  # fmt: skip


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
    shift = 0.0
    for place, name in enumerate(names if len(before) else names[:1]):
        text = f"{'━' if not place else '┅'} {name['text']}"
        name.update(xref="paper", yref="paper", yanchor="bottom", xshift=shift, yshift=4, text=text)
        drawn.add_annotation(**name)
        shift += sum(13 if ord(each) > 0x2E80 else 6 for each in text) + 10  # pixels it takes
    drawn.update_layout(margin={"t": 26})
