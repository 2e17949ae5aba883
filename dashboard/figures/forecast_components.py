"""Small pictures of what a forecast is made of: trend, seasons, events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import BLUE, BRICK, GREEN
from dashboard.figures.template import dates, figure

HEIGHT = 150
Shown = Callable[[Any], str]


def trend_line(part: pd.DataFrame, *, shown: Shown) -> go.Figure:
    """`part` has period_on and value."""
    drawn = figure(HEIGHT)
    drawn.add_scatter(
        x=dates(part["period_on"]), y=part["value"].tolist(), mode="lines",
        line={"color": BLUE, "width": 2},
        customdata=[shown(value) for value in part["value"]],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    _label(drawn, part["value"].tolist(), shown)
    drawn.update_xaxes(hoverformat=formats.DAY_TICKS, tickformat=formats.MONTH_TICKS, nticks=6)
    return drawn


def turning(effects: Sequence[float], names: Sequence[str]) -> go.Figure:
    """What each weekday or month adds to the usual, or takes away, as a share of it."""
    drawn = figure(HEIGHT)
    drawn.add_bar(
        x=list(names), y=list(effects), marker={"color": _colours(effects)},
        customdata=[f"{each:+.0%}" for each in effects],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    _label(drawn, effects, _percent)
    drawn.update_xaxes(tickangle=0)
    return drawn


def event_bars(part: pd.DataFrame) -> go.Figure:
    """`part` has period_on and value: what events add in each period, as a share of the usual."""
    drawn = figure(HEIGHT)
    effects = part["value"].tolist()
    drawn.add_bar(
        x=dates(part["period_on"]), y=effects, marker={"color": _colours(effects)},
        customdata=[f"{each:+.0%}" for each in effects],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    _label(drawn, effects, _percent)
    drawn.update_xaxes(hoverformat=formats.DAY_TICKS, tickformat=formats.MONTH_TICKS, nticks=6)
    return drawn


def _percent(value: Any) -> str:
    return f"{value:+.0%}" if value else "0%"


def _colours(values: Sequence[float]) -> list[str]:
    return [GREEN if value >= 0 else BRICK for value in values]


def _label(drawn: go.Figure, values: Sequence[float], shown: Shown) -> None:
    low, high = min(0.0, *values), max(0.0, *values)
    settings = formats.ticks(float(low), float(high), shown, about=3)
    ends = settings.get("tickvals") or [low, high]
    drawn.update_yaxes({**settings, "range": [ends[0], ends[-1]]})
