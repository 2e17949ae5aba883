"""How wrong models were, by how far ahead they forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import BLUE, GREEN, ORANGE, PLUM, QUIET
from dashboard.figures.template import figure

HEIGHT = 260
NAIVE = "seasonal_naive"
_COLOURS = (BLUE, ORANGE, PLUM, GREEN)


def errors_by_distance(
    frame: pd.DataFrame,
    *,
    members: Sequence[str],
    names: Mapping[str, str],
    distances: Sequence[str],
    unit: str,
) -> go.Figure:
    """`frame` has member, first_step and wape; a line for each of `members`, naive in grey."""
    drawn = figure(HEIGHT, showlegend=True)
    colours = iter(_COLOURS)
    highest = 0.0
    for member in members:
        own = frame[frame["member"] == member].sort_values("first_step")
        is_naive = member == NAIVE
        colour = QUIET if is_naive else next(colours)
        highest = max(highest, float(own["wape"].max()) if len(own) else 0.0)
        drawn.add_scatter(
            x=list(distances), y=[None if pd.isna(each) else each for each in own["wape"]],
            mode="lines+markers", name=names[member], marker={"size": 6},
            line={"color": colour, "width": 2, "dash": "dot" if is_naive else "solid"},
            customdata=[f"{names[member]}: {formats.rate(each)}" for each in own["wape"]],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    settings = formats.ticks(0.0, highest or 1.0, lambda value: formats.rate(value, 0), about=4)
    drawn.update_yaxes(settings)
    drawn.update_xaxes(title={"text": unit, "font": {"color": QUIET, "size": 12}})
    drawn.update_layout(
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}, margin={"t": 30}
    )
    return drawn
