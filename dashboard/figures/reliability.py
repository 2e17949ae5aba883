"""What was said against what happened."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import NOW, QUIET
from dashboard.figures.template import direct_label, figure
from dashboard.texts import _

HEIGHT = 260
_SMALLEST, _LARGEST = 7, 26
_TICKS = [0.0, 0.25, 0.5, 0.75, 1.0]


def reliability(
    frame: pd.DataFrame,
    *,
    predicted: str = "",
    happened: str = "",
    beside: pd.DataFrame | None = None,
) -> go.Figure:
    """`frame` has from_rate, to_rate, predictions, mean_rate and happened_rate. On the dotted line
    just as many happen as was said; larger points are of more predictions. `predicted` and
    `happened` say of what (else: of orders to be late); `beside` is a rival, drawn in grey."""
    predicted = predicted or _("Predicted chance to be late")
    happened = happened or _("Actually late")
    drawn = figure(HEIGHT, hovermode="closest", margin={"l": 0, "r": 12, "t": 14, "b": 0})
    drawn.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip",
        line={"color": QUIET, "width": 1.5, "dash": "dot"},
    )  # fmt: skip
    if beside is not None:
        drawn.add_scatter(
            x=beside["mean_rate"], y=beside["happened_rate"], mode="lines+markers",
            line={"color": QUIET, "width": 1}, marker={"size": _SMALLEST, "color": QUIET},
            cliponaxis=False, hoverinfo="skip",
        )  # fmt: skip
    most = float(frame["predictions"].max() or 1)
    sizes = _SMALLEST + (_LARGEST - _SMALLEST) * (frame["predictions"] / most) ** 0.5
    drawn.add_scatter(
        x=frame["mean_rate"],
        y=frame["happened_rate"],
        mode="lines+markers",
        line={"color": NOW, "width": 1.5},
        marker={"size": sizes, "color": NOW},
        cliponaxis=False,
        customdata=[_hover(row, happened) for row in frame.itertuples()],
        hovertemplate="%{customdata}<extra></extra>",
    )
    words = [formats.rate(tick, 0) for tick in _TICKS]
    axis = {"tickmode": "array", "tickvals": _TICKS, "ticktext": words, "range": [-0.02, 1.04]}
    drawn.update_xaxes(axis, title={"text": predicted, "font": {"size": 12}})
    drawn.update_yaxes(axis, title={"text": happened, "font": {"size": 12}})
    drawn.add_annotation(
        direct_label(f"┅ {_('as predicted')}", 1, 0.04, QUIET, xshift=0, xanchor="right")
    )
    return drawn


def _hover(row: object, happened: str) -> str:
    told = _(
        "Predicted {low}–{high}",
        low=formats.number(row.from_rate * 100),  # type: ignore[attr-defined]
        high=formats.rate(row.to_rate, 0),  # type: ignore[attr-defined]
    )
    share = formats.rate(row.happened_rate, 0)  # type: ignore[attr-defined]
    counted = formats.number(row.predictions)  # type: ignore[attr-defined]
    return "<br>".join(
        (
            f"<b>{told}</b>",
            _("{what}: {share}", what=happened, share=share),
            _("Predictions: {n}", n=counted),
        )
    )
