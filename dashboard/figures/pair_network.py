"""Products bought together, as arcs between lines of names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from dashboard.analytics.recommending.pair_network import Network
from dashboard.figures.colours import CATEGORICAL, QUIET
from dashboard.figures.template import figure

LINE = 21  # pixels from one name to the next
LONGEST_NAME = 24  # of Latin letters; a Chinese one is as wide as two
_STEPS = 24
_WIDTHS = (1.2, 2.4, 3.8, 5.6)


def pair_network(
    network: Network, *, names: Sequence[str], told: Sequence[str], strengths: Sequence[float],
    chosen: int | None = None,
) -> go.Figure:  # fmt: skip
    """`names` of the products from the top down; `told` (what hovering says) and `strengths` (which
    set the width) of the links; the place of the `chosen` product."""
    drawn = figure(int(network.lines * LINE) + 16, hovermode="closest", clickmode="event+select")
    widths = [_WIDTHS[step] for step in widths_of(strengths)]
    for (first, second, _row), width in zip(network.links, widths, strict=True):
        colour = CATEGORICAL[network.groups[first] % len(CATEGORICAL)]
        x, y = arc(network.line_of(first), network.line_of(second))
        faint = chosen is not None and chosen not in (first, second)
        drawn.add_scatter(
            x=x, y=y, mode="lines", hoverinfo="skip", opacity=0.25 if faint else 0.75,
            line={"color": colour, "width": width},
        )  # fmt: skip
    _hovers(drawn, network, told)
    _products(drawn, network, names, chosen)
    lines = [network.line_of(place) for place in range(len(names))]
    drawn.update_yaxes(
        tickvals=lines, ticktext=[escape(shortened(name)) for name in names],
        range=[network.lines - 0.4, -0.6], showgrid=False, rangemode="normal", ticks="",
    )  # fmt: skip
    drawn.update_xaxes(range=[-0.05, 1.08], visible=False)
    return drawn


def arc(first: float, second: float, most: float = 1.0) -> tuple[list[float], list[float]]:
    """Half an ellipse from the one line to the other, wider the farther they are apart, never wider
    than `most`."""
    reach = most * (1 - math.exp(-abs(second - first) / 6))
    middle, half = (first + second) / 2, (second - first) / 2
    turns = [math.pi * step / _STEPS for step in range(_STEPS + 1)]
    return [reach * math.sin(each) for each in turns], [middle - half * math.cos(each)
                                                        for each in turns]  # fmt: skip


def widths_of(strengths: Sequence[float]) -> list[int]:
    """0 (thin) to 3: by quarters between the weakest and the strongest, on a logarithmic scale.

    >>> widths_of([1.0, 2.0, 16.0]), widths_of([3.0])
    ([0, 1, 3], [3])
    """
    logs = [math.log(max(each, 1e-9)) for each in strengths]
    low, high = min(logs, default=0.0), max(logs, default=0.0)
    if high == low:
        return [len(_WIDTHS) - 1] * len(logs)
    return [min(int(len(_WIDTHS) * (each - low) / (high - low)), len(_WIDTHS) - 1) for each in logs]


def shortened(name: str, most: int = LONGEST_NAME) -> str:
    """With … where it is too wide.

    >>> shortened("Gongfu Teapot"), shortened("Cotton Bedding Set Premium"), shortened("茶" * 12)
    ('Gongfu Teapot', 'Cotton Bedding Set Pre…', '茶茶茶茶茶茶茶茶茶茶茶茶')
    """
    width = 0
    for place, letter in enumerate(name):
        width += 1 if ord(letter) < 0x2E80 else 2
        if width > most:
            return name[: place - 1].rstrip() + "…"
    return name


def _hovers(drawn: go.Figure, network: Network, told: Sequence[str]) -> None:
    """A point at the top of each arc, and two on its way, that tell of it."""
    x: list[float] = []
    y: list[float] = []
    texts: list[str] = []
    for (first, second, _row), words in zip(network.links, told, strict=True):
        across, down = arc(network.line_of(first), network.line_of(second))
        for step in (_STEPS // 4, _STEPS // 2, 3 * _STEPS // 4):
            x.append(across[step])
            y.append(down[step])
            texts.append(words)
    drawn.add_scatter(
        x=x, y=y, mode="markers", marker={"size": 14, "opacity": 0, "color": QUIET},
        customdata=texts, hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _products(drawn: go.Figure, network: Network, names: Sequence[str], chosen: int | None) -> None:
    places = range(len(names))
    sizes: list[Any] = [15 if place == chosen else 11 for place in places]
    colours = [CATEGORICAL[network.groups[place] % len(CATEGORICAL)] for place in places]
    drawn.add_scatter(
        x=[0.0] * len(names),
        y=[network.line_of(place) for place in places],
        mode="markers",
        marker={"size": sizes, "color": colours, "opacity": 1},
        customdata=[escape(name) for name in names],
        hovertemplate="<b>%{customdata}</b><extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
