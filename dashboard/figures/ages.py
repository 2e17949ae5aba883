"""How old things are: open orders by stage and age, debts by age, payments over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import NOW, QUIET, SEQUENTIAL, STAGE
from dashboard.figures.template import figure, value_axis
from dashboard.texts import _

HEIGHT = 210


def open_orders_by_age(
    frame: pd.DataFrame, *, stage_names: Mapping[str, str], ages: Sequence[tuple[int, int | None]]
) -> go.Figure:
    """Stacked bars of open orders by days since they were ordered. `frame` has stage, days_from
    and orders; `ages` are all the (from, to) there can be."""
    drawn = figure(HEIGHT, barmode="stack", hovermode="x unified", showlegend=True)
    names = [age_range(start, end) for start, end in ages]
    starts = [start for start, _end in ages]
    totals = [0] * len(ages)
    for stage, name in stage_names.items():
        orders = _by_start(frame[frame["stage"] == stage], starts, "orders")
        totals = [total + int(count) for total, count in zip(totals, orders, strict=True)]
        drawn.add_bar(
            x=names,
            y=orders,
            name=name,
            marker={"color": STAGE[stage]},
            customdata=[formats.number(count) for count in orders],
            hovertemplate="%{customdata}",
        )
    drawn.update_yaxes(value_axis(max(totals, default=0), formats.tick_number, about=3))
    drawn.update_xaxes(type="category")
    drawn.update_layout(
        margin={"t": 28},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
    )
    return drawn


def owed_by_age(
    frame: pd.DataFrame, *, age_names: Mapping[str, str], currency: str | None
) -> go.Figure:
    """Bars of what is owed. `frame` has age, owed and orders, in order; what is not due yet is
    lighter, what is due grows darker with age."""
    drawn = figure(HEIGHT, hovermode="closest")
    shades = (SEQUENTIAL[3], SEQUENTIAL[5], SEQUENTIAL[6], SEQUENTIAL[7], SEQUENTIAL[9])
    drawn.add_bar(
        x=[age_names[age] for age in frame["age"]],
        y=frame["owed"].tolist(),
        marker={"color": [shades[min(place, 4)] for place in range(len(frame))], "cornerradius": 2},
        text=[formats.compact_money(owed, currency) for owed in frame["owed"]],
        textposition="outside",
        textfont={"size": 12, "color": QUIET},
        cliponaxis=False,
        customdata=[
            "<br>".join((formats.money(owed, currency), _("Orders: {n}", n=formats.number(orders))))
            for owed, orders in zip(frame["owed"], frame["orders"], strict=True)
        ],
        hovertemplate="%{x}<br><b>%{customdata}</b><extra></extra>",
    )
    drawn.update_xaxes(type="category")
    drawn.update_yaxes(
        value_axis(frame["owed"].max(), lambda value: formats.tick_money(value, currency), about=3)
    )
    drawn.update_layout(margin={"t": 20})
    return drawn


def payments_over_time(frame: pd.DataFrame, *, currency: str | None, unfinished: bool) -> go.Figure:
    """Bars of what was paid each month. `frame` has period_on and amount; an `unfinished` last
    month is hatched."""
    drawn = figure(HEIGHT, hovermode="closest")
    names = [formats.month(day) for day in frame["period_on"]]
    hatched = [""] * (len(frame) - 1) + ["/" if unfinished else ""]
    drawn.add_bar(
        x=names,
        y=frame["amount"].tolist(),
        marker={"color": NOW, "cornerradius": 2, "pattern": {"shape": hatched[-len(frame) :]}},
        customdata=[
            f"{name}{' (' + _('so far') + ')' if shape else ''}<br>"
            f"<b>{formats.money(amount, currency)}</b>"
            for name, shape, amount in zip(
                names, hatched[-len(frame) :], frame["amount"], strict=True
            )
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    drawn.update_xaxes(type="category", nticks=8)
    drawn.update_yaxes(
        value_axis(
            frame["amount"].max(), lambda value: formats.tick_money(value, currency), about=3
        )
    )
    return drawn


def age_range(start: int, end: int | None) -> str:
    """0–1 d, 31 d and more"""
    if end is None:
        return _("{n} d and more", n=start)
    return _("{start}–{end} d", start=start, end=end)


def _by_start(frame: pd.DataFrame, starts: Sequence[int], column: str) -> list[float]:
    found = dict(zip(frame["days_from"], frame[column], strict=True))
    return [float(found.get(start, 0)) for start in starts]
