"""What comes with and without the scenario, week by week, after what was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import NOW, ORANGE, QUIET
from dashboard.figures.template import direct_label, figure, value_axis
from dashboard.texts import _

HEIGHT = 260


def scenario_fan(
    past: Sequence[tuple[date, float]],
    weeks: Sequence[date],
    baseline: Any,
    scenario: Any,
    *,
    currency: str | None,
) -> go.Figure:
    """`baseline` and `scenario` are (3, weeks): P10, P50, P90."""
    drawn = figure(HEIGHT, margin={"l": 0, "r": 76, "t": 8, "b": 0, "pad": 4})
    days = [str(day) for day, _value in past]
    drawn.add_scatter(
        x=days, y=[value for _day, value in past], mode="lines", name=_("Actual"),
        line={"color": QUIET, "width": 1.5}, customdata=_said([v for _d, v in past], currency),
        hovertemplate=_("Actual") + ": %{customdata}<extra></extra>",
    )  # fmt: skip
    ahead = [str(day) for day in weeks]
    for name, band, colour in (
        (_("Baseline"), baseline, NOW),
        (_("Scenario"), scenario, ORANGE),
    ):
        low, middle, high = (list(map(float, row)) for row in band)
        drawn.add_scatter(
            x=[*ahead, *reversed(ahead)], y=[*high, *reversed(low)], fill="toself", mode="lines",
            fillcolor=colour, opacity=0.14, line={"width": 0}, hoverinfo="skip",
        )  # fmt: skip
        ranges = [
            f"{formats.compact_money(m, currency)} "
            f"({formats.compact_money(lo, currency)}–{formats.compact_money(hi, currency)})"
            for lo, m, hi in zip(low, middle, high, strict=True)
        ]
        drawn.add_scatter(
            x=ahead, y=middle, mode="lines", name=name,
            line={"color": colour, "width": 2, "dash": "dot" if colour == NOW else "solid"},
            customdata=ranges, hovertemplate=f"{name}: %{{customdata}}<extra></extra>",
        )  # fmt: skip
    top = max([value for _day, value in past] + list(map(float, [*baseline[2], *scenario[2]])))
    drawn.update_yaxes(value_axis(top, lambda value: formats.tick_money(value, currency)))
    drawn.update_xaxes(tickformat="%Y-%m", tickangle=0)
    last = float(baseline[1][-1]), float(scenario[1][-1])
    apart = 9 if abs(last[0] - last[1]) < top * 0.08 else 0
    above = 1 if last[0] >= last[1] else -1
    drawn.add_annotation(direct_label(_("Baseline"), ahead[-1], last[0], NOW, yshift=apart * above))
    drawn.add_annotation(
        direct_label(_("Scenario"), ahead[-1], last[1], ORANGE, yshift=-apart * above)
    )
    return drawn


def _said(values: Sequence[float], currency: str | None) -> list[str]:
    return [formats.compact_money(value, currency) for value in values]
