"""A forecast: what happened, what is expected, and the ranges that hold 80 and 95 % of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import BEFORE, NOW, ORANGE, STRONG
from dashboard.figures.template import dates, direct_label, figure
from dashboard.texts import _

HEIGHT = 330
_LONG = 250  # days, from which on an axis tells months
_INNER, _OUTER = 0.22, 0.13  # how much of the colour a range has
Shown = Callable[[Any], str]


def forecast_band(
    history: pd.DataFrame,
    periods: pd.DataFrame,
    *,
    shown: Shown,
    tick: Callable[[float], str],
    name_of: Shown,
    is_adjusted: bool,
    today: str,
    marked: Sequence[tuple[str, str]] = (),
) -> go.Figure:
    """`history` has period_on and value; `periods` period_on, value, low_80, high_80, low_95,
    high_95, adjusted. `shown` says an amount, `tick` the same on the axis, `name_of` a period;
    `today` is the last day that was learnt from; the first and last days of events are
    `marked` beneath the lines."""
    drawn = figure(HEIGHT)
    after = _from_the_last_known(history, periods)
    for low, high, opacity in (("low_95", "high_95", _OUTER), ("low_80", "high_80", _INNER)):
        drawn.add_scatter(
            x=[*dates(after["period_on"]), *dates(after["period_on"])[::-1]],
            y=[*after[high].tolist(), *after[low].tolist()[::-1]],
            mode="lines", line={"width": 0, "color": NOW}, fill="toself", fillcolor=NOW,
            opacity=opacity, hoverinfo="skip",
        )  # fmt: skip
    drawn.add_scatter(
        x=dates(history["period_on"]), y=history["value"].tolist(), mode="lines",
        line={"color": STRONG, "width": 1.6},
        customdata=[f"{name_of(day)}  {shown(value)}"
                    for day, value in zip(history["period_on"], history["value"], strict=True)],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    drawn.add_scatter(
        x=dates(after["period_on"]), y=after["value"].tolist(), mode="lines",
        line={"color": NOW, "width": 2.2, "dash": "dash"},
        customdata=_hover(after, shown, name_of),
        hovertemplate="<b>%{customdata}</b><extra></extra>",
    )  # fmt: skip
    if is_adjusted:
        drawn.add_scatter(
            x=dates(periods["period_on"]), y=periods["adjusted"].tolist(), mode="lines",
            line={"color": ORANGE, "width": 2},
            customdata=[f"{_('Adjusted')}  {shown(value)}" for value in periods["adjusted"]],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    _axes(drawn, history, periods, tick)
    for first, last in marked:
        drawn.add_shape(type="rect", xref="x", yref="paper", x0=first, x1=last, y0=0, y1=1,
                        layer="below", line={"width": 1, "color": BEFORE}, fillcolor=BEFORE,
                        opacity=0.18)  # fmt: skip
    drawn.add_shape(type="line", xref="x", yref="paper", x0=today, x1=today, y0=0, y1=1,
                    line={"color": BEFORE, "width": 1, "dash": "dot"})  # fmt: skip
    _legend(drawn, is_adjusted)
    return drawn


def _from_the_last_known(history: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """The forecast begins where history ends, so that no gap stands between them."""
    before = history[history["period_on"] < periods["period_on"].min()].tail(1)
    if not len(before):
        return periods
    ends = ("low_80", "high_80", "low_95", "high_95")
    joint: pd.DataFrame = before.assign(**dict.fromkeys(ends, before["value"]))
    joined: pd.DataFrame = pd.concat([joint, periods], ignore_index=True)
    return joined


def _hover(after: pd.DataFrame, shown: Shown, name_of: Shown) -> list[str]:
    return [
        _("{period}  {value}, 80%: {low} – {high}", period=name_of(row.period_on),
          value=shown(row.value), low=shown(row.low_80), high=shown(row.high_80))
        for row in after.itertuples()
    ]  # fmt: skip


def _axes(
    drawn: go.Figure, history: pd.DataFrame, periods: pd.DataFrame, tick: Callable[[float], str]
) -> None:
    highest = max(periods["high_95"].max(), periods["adjusted"].max(),
                  history["value"].max() if len(history) else 0.0, 0.0)  # fmt: skip
    lowest = min(periods["low_95"].min(), periods["adjusted"].min(),
                 history["value"].min() if len(history) else 0.0, 0.0)  # fmt: skip
    settings = formats.ticks(float(lowest), float(highest), tick, about=5)
    values: Sequence[float] = settings.get("tickvals") or ()
    if len(values):
        settings["range"] = [min(values[0], lowest), max(values[-1], highest * 1.02)]
    drawn.update_yaxes(settings)
    first = history["period_on"].min() if len(history) else periods["period_on"].min()
    span = (periods["period_on"].max() - first).days
    drawn.update_xaxes(
        hoverformat=formats.DAY_TICKS, unifiedhovertitle={"text": ""},
        tickformat=formats.MONTH_TICKS if span > _LONG else "%m-%d", nticks=9,
    )  # fmt: skip


def _legend(drawn: go.Figure, is_adjusted: bool) -> None:
    """Names stand above the plot, where no line can cross them."""
    names = [(f"━ {_('Happened')}", STRONG), (f"┅ {_('Expected (80%, 95%)')}", NOW)]
    if is_adjusted:
        names.append((f"━ {_('Adjusted')}", ORANGE))
    shift = 0
    for text, colour in names:
        label = direct_label(text, 0, 1, colour)
        label.update(xref="paper", yref="paper", yanchor="bottom", xshift=shift, yshift=6)
        drawn.add_annotation(**label)
        shift += 26 + sum(13 if ord(character) > 0x2E80 else 7 for character in text)
    drawn.update_layout(margin={"t": 28})
