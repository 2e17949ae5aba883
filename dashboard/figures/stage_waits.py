"""Where orders spend their time: a heat map of stages, and the parts of the cycle time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import QUIET, STAGE
from dashboard.figures.heat import heat_map
from dashboard.figures.template import figure
from dashboard.texts import _

ROW = 32
_LONGEST_NAME = 15
_BARS = 118


def stage_heat(
    frame: pd.DataFrame, *, names: Sequence[str], stage_names: Mapping[str, str]
) -> go.Figure:
    """`frame` has stage, name, shade (a number, more is darker), cell (what stands in it) and
    hover, a row for each cell; `names` are the rows of the map from the top."""
    stages = list(stage_names)
    by_place = {(row["name"], row["stage"]): row for row in frame.to_dict("records")}

    def cells(part: str, empty: Any) -> list[list[Any]]:
        return [
            [
                by_place[name, stage][part] if (name, stage) in by_place else empty
                for stage in stages
            ]
            for name in names
        ]

    return heat_map(
        [stage_names[stage] for stage in stages],
        [_short(name) for name in names],
        shades=cells("shade", None),
        texts=cells("cell", ""),
        hovers=cells("hover", ""),
        row_height=ROW,
        gap=3,
    )


def cycle_parts(frame: pd.DataFrame, *, stage_names: Mapping[str, str]) -> go.Figure:
    """Stacked bars of the mean days in each stage, this period above the previous one. `frame` has
    span, stage, days and share."""
    labels = {"now": _("This period"), "previous": _("Previous period")}
    spans = [span for span in ("previous", "now") if span in set(frame["span"])]
    drawn = figure(_BARS, barmode="stack", hovermode="closest", showlegend=False, bargap=0.3)
    totals = dict.fromkeys(spans, 0.0)
    for stage, name in stage_names.items():
        of_stage = {row["span"]: row for row in frame[frame["stage"] == stage].to_dict("records")}
        days = [float(of_stage[span]["days"]) for span in spans]
        drawn.add_bar(
            y=[labels[span] for span in spans],
            x=days,
            orientation="h",
            marker={"color": STAGE[stage]},
            customdata=[_part(labels[span], name, of_stage[span]) for span in spans],
            hovertemplate="%{customdata}<extra></extra>",
        )
        totals = {span: totals[span] + part for span, part in zip(spans, days, strict=True)}
    _add_totals(drawn, [labels[span] for span in spans], list(totals.values()))
    return drawn


def _add_totals(drawn: go.Figure, labels: list[str], totals: list[float]) -> None:
    drawn.add_scatter(
        y=labels,
        x=totals,
        mode="text",
        text=[f" {formats.duration(total)}" for total in totals],
        textposition="middle right",
        textfont={"size": 12, "color": QUIET},
        cliponaxis=False,
        hoverinfo="skip",
    )
    drawn.update_xaxes(visible=False, range=[0, (max(totals, default=0.0) or 1.0) * 1.18])
    drawn.update_yaxes(showgrid=False)


def _part(span: str, stage: str, row: Mapping[Any, Any]) -> str:
    share = formats.rate(row["share"], 0)
    return f"<b>{stage}</b> · {span}<br>{formats.duration(row['days'])} ({share})"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
