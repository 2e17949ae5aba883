"""A table whose cells are shaded: the darker, the more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.colours import SEQUENTIAL, STRONG
from dashboard.figures.template import figure

HEAD = 30
_SIZE = 11  # of words: the narrowest cells stand on a phone
# the words in the cells are the colour of text, so the darkest shades are left out
_SHADES = [[place / 4, colour] for place, colour in enumerate(SEQUENTIAL[:5])]
Cells = Sequence[Sequence[Any]]  # by row, from the top


def heat_map(
    columns: Sequence[str],
    rows: Sequence[str],
    *,
    shades: Cells,
    texts: Cells,
    hovers: Cells,
    row_height: int,
    gap: int,
) -> go.Figure:
    """The names of `columns` above, those of `rows` at the left; a cell without a shade is
    blank."""
    drawn = figure(HEAD + row_height * max(len(rows), 1), hovermode="closest")
    drawn.add_heatmap(
        x=list(columns),
        y=list(range(len(rows))),
        z=shades,
        text=texts,
        customdata=hovers,
        texttemplate="%{text}",
        textfont={"size": _SIZE, "color": STRONG},
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        colorscale=_SHADES,
        zmin=0,
        showscale=False,
        xgap=gap,
        ygap=gap,
    )
    drawn.update_xaxes(
        side="top", type="category", showgrid=False, ticks="", tickangle=0, tickfont_size=_SIZE
    )
    drawn.update_yaxes(
        autorange="reversed",
        showgrid=False,
        ticks="",
        tickfont_size=_SIZE,
        tickmode="array",
        tickvals=list(range(len(rows))),
        ticktext=list(rows),
    )
    return drawn
