"""Who comes back: a heat map of cohorts, the repurchase rate over time, and who buys how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import formats
from dashboard.figures.colours import BEFORE, NOW, QUIET
from dashboard.figures.heat import heat_map
from dashboard.figures.template import dates, figure, value_axis
from dashboard.texts import _

ROW = 26
HEIGHT = 210
NOT_OVER = "*"  # beside a rate of a month that is not over
_RATE_ROW = 34
_BESIDE = 1.35  # of the longest bar: where its number ends
_EVERY = 4  # quarters have one label on the axis


def retention_heat(
    frame: pd.DataFrame, *, cohorts: Sequence[int], names: Sequence[str], most: int
) -> go.Figure:
    """`frame` has cohort, month_number, rate, customers, members and is_complete;
    `cohorts` are the rows from the top, and `names` say them."""
    cells = {(row.cohort, row.month_number): row for row in frame.itertuples()}
    numbers = list(range(1, most + 1))
    shown = [
        [(cells.get((cohort, number)), name) for number in numbers]
        for cohort, name in zip(cohorts, names, strict=True)
    ]
    return heat_map(
        [str(number) for number in numbers],
        names,
        shades=[[cell.rate if cell else None for cell, _name in row] for row in shown],
        texts=[[_cell(cell) for cell, _name in row] for row in shown],
        hovers=[[_hover(cell, name) for cell, name in row] for row in shown],
        row_height=ROW,
        gap=2,
    )


def repurchase_over_time(frame: pd.DataFrame) -> go.Figure:
    """A line of the rate of the 365 days up to each day. `frame` has end_on, rate, customers and
    repeaters, in order."""
    drawn = figure(HEIGHT, hovermode="x unified")
    drawn.add_scatter(
        x=dates(frame["end_on"]),
        y=[None if pd.isna(rate) else rate for rate in frame["rate"]],
        mode="lines+markers",
        line={"color": NOW, "width": 2},
        marker={"size": 6, "color": NOW},
        cliponaxis=False,
        customdata=[
            _("{rate}: {repeaters} of {customers} customers", rate=formats.rate(row.rate),
              repeaters=formats.number(row.repeaters), customers=formats.number(row.customers))
            for row in frame.itertuples()
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    highest = frame["rate"].max()
    drawn.update_yaxes(value_axis(0.0 if pd.isna(highest) else highest, _percent, about=3))
    told = dates(frame["end_on"])[::-_EVERY]
    drawn.update_xaxes(tickmode="array", tickvals=told, tickformat="%Y-%m", tickangle=0)
    return drawn


def repurchase_bars(frame: pd.DataFrame) -> go.Figure:
    """`frame` has name, rate, previous_rate, customers and repeaters, drawn from the top; the rate
    of the year before as a tick on each bar."""
    rows = frame.iloc[::-1]
    names = [_("None") if pd.isna(name) or name == "" else str(name) for name in rows["name"]]
    drawn = figure(_RATE_ROW * max(len(rows), 3), hovermode="closest")
    places = list(range(len(rows)))
    drawn.add_bar(
        y=places,
        x=[0.0 if pd.isna(rate) else rate for rate in rows["rate"]],
        orientation="h",
        marker={"color": NOW, "cornerradius": 2},
        customdata=[
            _rate_hover(name, row) for name, row in zip(names, rows.itertuples(), strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    drawn.add_scatter(
        y=places,
        x=[None if pd.isna(rate) else rate for rate in rows["previous_rate"]],
        mode="markers",
        marker={"symbol": "line-ns", "size": 10, "line": {"width": 2, "color": BEFORE}},
        hoverinfo="skip",
    )
    highest = max(rows["rate"].max(), rows["previous_rate"].fillna(0.0).max()) or 1.0
    drawn.add_scatter(
        y=places,
        x=[highest * _BESIDE] * len(rows),
        mode="text",
        text=[formats.rate(rate) for rate in rows["rate"]],
        textposition="middle left",
        textfont={"size": 12, "color": QUIET},
        hoverinfo="skip",
    )
    drawn.update_xaxes(visible=False, range=[0, highest * _BESIDE])
    drawn.update_yaxes(
        showgrid=False,
        tickmode="array",
        tickvals=places,
        ticktext=[_short(name) for name in names],
        range=[-0.6, max(len(rows), 3) - 0.4],
    )
    return drawn


def sales_by_tenth(frame: pd.DataFrame, *, currency: str | None) -> go.Figure:
    """Bars of what each tenth of the customers bought, the best first. `frame` has tenth,
    customers, net_sales and share."""
    drawn = figure(HEIGHT, hovermode="closest")
    drawn.add_bar(
        x=[str(tenth) for tenth in frame["tenth"]],
        y=frame["share"].tolist(),
        marker={"color": [NOW if tenth == 1 else BEFORE for tenth in frame["tenth"]],
                "cornerradius": 2},
        text=[formats.rate(share, 0) for share in frame["share"]],
        textposition="outside",
        textfont={"size": 12, "color": QUIET},
        cliponaxis=False,
        customdata=[
            "<br>".join((
                _("Tenth {n} of the customers", n=row.tenth),
                formats.money(row.net_sales, currency),
                _("Customers: {n}", n=formats.number(row.customers)),
            ))
            for row in frame.itertuples()
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    highest = float(frame["share"].max()) if len(frame) else 0.0
    drawn.update_yaxes(value_axis(highest * 1.1, _percent, about=3))
    drawn.update_xaxes(type="category")
    return drawn


def _percent(value: float) -> str:
    return formats.rate(value, 0)


def _cell(cell: Any) -> str:
    if cell is None or pd.isna(cell.rate):
        return ""
    return formats.number(cell.rate * 100) + ("" if cell.is_complete else NOT_OVER)


def _hover(cell: Any, name: str) -> str:
    if cell is None or pd.isna(cell.rate):
        return ""
    lines = [
        f"<b>{name}</b>",
        _("Month {n}: {rate} ordered again", n=cell.month_number, rate=formats.rate(cell.rate)),
        _("{part} of {whole} customers", part=formats.number(cell.customers),
          whole=formats.number(cell.members)),
    ]  # fmt: skip
    if not cell.is_complete:
        lines.append(_("This month is not over for all of them."))
    return "<br>".join(lines)


def _rate_hover(name: str, row: Any) -> str:
    return "<br>".join(
        (
            f"<b>{name}</b>",
            _("{rate}: {repeaters} of {customers} customers", rate=formats.rate(row.rate),
              repeaters=formats.number(row.repeaters), customers=formats.number(row.customers)),
            _("Year before: {rate}", rate=formats.rate(row.previous_rate)),
        )
    )  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= 15 else f"{name[:14]}…"
