"""What every figure of OrderScope has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import CATEGORICAL, QUIET, STRONG

# for st.plotly_chart: no tool bar, no zooming by accident while scrolling on a phone
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}

# what the theme would set anew over a template: its grey words are too faint to read
_WORDS = {"color": QUIET, "size": 12}
_OWN: dict[str, Any] = {
    "margin": {"l": 0, "r": 8, "t": 8, "b": 0, "pad": 4},
    "font": _WORDS,
    "xaxis": {"tickfont": _WORDS},
    "yaxis": {"tickfont": _WORDS},
    "legend": {"font": _WORDS},
    "hoverlabel": {"font": {"color": STRONG, "size": 12}},
}

TEMPLATE = go.layout.Template(
    layout=go.Layout(
        colorway=CATEGORICAL,
        separators=formats.SEPARATORS,
        showlegend=False,
        hovermode="x unified",
        dragmode=False,
        bargap=0.35,
        xaxis={
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
            "fixedrange": True,
            "ticklabeloverflow": "hide past div",
        },
        yaxis={
            "showgrid": True,
            "zeroline": False,
            "rangemode": "tozero",
            "automargin": True,
            "fixedrange": True,
        },
    )
)


def figure(height: int, **layout: Any) -> go.Figure:
    """An empty figure in the house style."""
    return go.Figure(layout={"template": TEMPLATE, "height": height, **_OWN, **layout})


def dates(days: pd.Series[Any]) -> list[str]:
    """Days for an axis. As text, because plotly packs arrays anew each time a figure is sent."""
    return list(days.dt.strftime("%Y-%m-%d"))


def value_axis(highest: float, shown: Callable[[float], str], *, about: int = 4) -> dict[str, Any]:
    """Settings of an axis that starts at zero and ends on a round value, labels by `shown`."""
    settings = formats.ticks(0.0, max(float(highest), 0.0), shown, about=about)
    values = settings.get("tickvals")
    return {**settings, "range": [0, values[-1]]} if values else {}


def direct_label(text: str, x: Any, y: float, colour: str = QUIET, **place: Any) -> dict[str, Any]:
    """A name beside the last point of a line, in place of a legend."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "showarrow": False,
        "xanchor": "left",
        "xshift": 6,
        "font": {"color": colour, "size": 12},
        **place,
    }
