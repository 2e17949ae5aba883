"""The steps of a change, one after another, from what was to what is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.figures.colours import BRICK, GREEN, QUIET
from dashboard.figures.template import figure

ROW = 40
_BAR, _ABOVE = 0.28, 0.32  # of a row: how thick a bar is, how far above it the words stand
_LONGEST_NAME = 30


@dataclass(frozen=True)
class Rung:
    """A row of the picture: `said` stands at its right, `hover` when it is pointed at."""

    name: str
    amount: float
    said: str
    hover: str


def waterfall(rungs: Sequence[Rung], total: Rung, *, chosen: int | None = None) -> go.Figure:
    """Bars from the top, each from where the one before it ends, then the `total` from zero; the
    `chosen` one is drawn full, the others faint."""
    rows = [*rungs, total]
    starts = [sum(each.amount for each in rungs[:place]) for place in range(len(rungs))]
    ends = [start + each.amount for start, each in zip(starts, rungs, strict=True)]
    low, high = min(0.0, *ends, total.amount), max(0.0, *ends, total.amount)
    if high == low:
        high = low + 1.0
    places = [len(rows) - 1 - place for place in range(len(rows))]
    faint = [1.0 if chosen in (None, place) else 0.4 for place in range(len(rows))]
    drawn = figure(
        ROW * max(len(rows), 3), hovermode="closest", margin={"l": 0, "r": 2, "t": 0, "b": 0}
    )
    drawn.add_bar(
        y=places,
        x=[each.amount for each in rows],
        base=[*starts, 0.0],
        width=_BAR,
        orientation="h",
        marker={
            "color": [*(GREEN if each.amount >= 0 else BRICK for each in rungs), QUIET],
            "opacity": faint,
            "cornerradius": 2,
        },
        customdata=[each.hover for each in rows],
        hovertemplate="%{customdata}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0.4}},
    )
    for end, place in zip(ends, places, strict=False):
        drawn.add_shape(
            type="line", x0=end, x1=end, y0=place - _BAR / 2, y1=place - 1 + _BAR / 2,
            line={"color": QUIET, "width": 1}, opacity=0.3, layer="below",
        )  # fmt: skip
    _add_words(drawn, places, [_short(each.name) for each in rows], low, "middle right")
    _add_words(drawn, places, [each.said for each in rows], high, "middle left")
    drawn.update_xaxes(visible=False, range=[low, high])
    drawn.update_yaxes(visible=False, range=[len(rows) - 0.4 - max(len(rows), 3), len(rows) - 0.4])
    return drawn


def _add_words(
    drawn: go.Figure, places: list[int], words: list[str], x: float, position: str
) -> None:
    drawn.add_scatter(
        x=[x] * len(words),
        y=[place + _ABOVE for place in places],
        mode="text",
        text=words,
        textposition=position,
        textfont={"size": 12, "color": QUIET},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
