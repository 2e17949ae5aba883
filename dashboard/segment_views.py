"""The blocks of the segments page: who is in which segment, where they went, what they buy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.segment_sums import add_up_segments, sum_up_movements
from dashboard.analytics.segments import SEGMENTS
from dashboard.cards import Card
from dashboard.charts import clicked_point
from dashboard.figures.segment_bars import segment_bars
from dashboard.figures.template import CONFIG
from dashboard.paging import clicked_row
from dashboard.reads import data_version, draw, read
from dashboard.recorded import knows_two_years
from dashboard.segment_choice import Chosen, code_of, codes_of, say
from dashboard.segment_words import (
    MEASURES,
    WAY_NAMES,
    features_in_words,
    segment_action,
    segment_meaning,
    segment_name,
    stability_in_words,
)
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, in_a_row
from data_access.divisions import WAYS, Division
from data_access.scope import Scope
from data_access.segment_lists import find_what_clusters_are
from data_access.segments import find_segments_day, sum_movements, sum_segments


def segments_of(scope: Scope, division: Division, measure: str) -> pd.DataFrame:
    """The segments as add_up_segments tells them, with the name and the value of each."""
    sums = read(sum_segments, scope, division)
    as_of = read(find_segments_day, scope, division.currency)["as_of_on"]
    if as_of and not knows_two_years(scope, division.currency, as_of):
        sums["net_sales_prior_12m"] = 0.0  # of a part of the year: nothing to compare with
    clusters = int(sums["group_number"].max()) if len(sums) else 0
    order = codes_of(division.by, clusters)
    added = add_up_segments(sums, lambda group: code_of(division.by, group), order, measure)
    return added.assign(
        name=[segment_name(code) for code in added["segment"]], value=added[measure]
    )


def way_bar(chosen: Chosen) -> None:
    """How customers are divided, and which of the three views of value is shown."""
    st.session_state["segments_way"] = chosen.division.by
    st.session_state["segments_measure"] = chosen.measure
    st.segmented_control(
        _("Divide customers by"),
        list(WAYS),
        required=True,
        format_func=lambda way: _(WAY_NAMES[way]),
        key="segments_way",
        label_visibility="collapsed",
        on_change=lambda: say(divide=st.session_state["segments_way"], segment=None, versus=None),
    )
    st.selectbox(
        _("Value"),
        list(MEASURES),
        format_func=lambda measure: _(MEASURES[measure]),
        key="segments_measure",
        label_visibility="collapsed",
        width=230,
        on_change=lambda: say(measure=st.session_state["segments_measure"]),
    )


def segment_cards(segments: pd.DataFrame, currency: str | None, *, margin: bool) -> list[Card]:
    """How many customers, what they bought and will buy, and how much the best part brings."""
    now, before = segments["net_sales_12m"].sum(), segments["net_sales_prior_12m"].sum()
    grown = (now - before) / before if before > 0 else None
    predicted = segments["predicted_value_12m"].sum(min_count=1)
    customers = int(segments["customers"].sum())
    cards = [
        Card(
            key="customers", label=_("Customers"), value=formats.number(customers),
            help=_("Customers who ever ordered, without cancelled orders; of those you may see."),
            note=_n("in {n} segment", "in {n} segments", len(segments)),
        ),
        Card(
            key="net_sales_12m", label=_("Net sales, 12 months"),
            value=formats.compact_money(now, currency),
            help=_("Net sales of the last 365 days, compared with the 365 days before."),
            note=_("{change} against the 12 months before", change=formats.change(grown)),
        ),
    ]  # fmt: skip
    if margin:
        costed = segments["costed_sales_12m"].sum()
        rate = segments["margin_12m"].sum() / costed if costed > 0 else None
        cards.append(
            Card(key="margin_rate", label=_("Gross margin, 12 months"), value=formats.rate(rate),
                 help=_("(Net sales − cost) ÷ net sales of the last 365 days, of the customers "
                        "whose costs are known."),
                 note=_("of net sales"))
        )  # fmt: skip
    cards.append(
        Card(key="predicted", label=_("Expected, next 12 months"),
             value=formats.compact_money(predicted, currency),
             help=_("The sum of what each customer is expected to buy in the next 365 days, by the "
                    "model of the last refresh."),
             note=_("not predicted yet") if pd.isna(predicted) else _("by the model"))
    )  # fmt: skip
    return cards


def bars_block(scope: Scope, chosen: Chosen, segments: pd.DataFrame) -> None:
    """A bar for each segment; a click chooses it, another lets it go."""
    st.markdown(
        f"**{_('Segments')}** :small[:blue[■] {_('share of value')}  :gray[■ "
        f"{_('share of customers')}]]"
    )
    codes = tuple(segments["segment"].iloc[::-1])
    key = f"segment_bars_{data_version()}_{chosen.division.by}_{len(codes)}"
    st.plotly_chart(
        draw(_bars, scope, chosen),
        config=CONFIG,
        alt=_("Share of value and of customers of each segment"),
        key=key,
        on_select=lambda: _bar_clicked(key, codes, chosen.segment),
        selection_mode="points",
    )
    cuts = _("cut points of your own") if chosen.division.has_cuts else _("quintiles")
    if chosen.division.by == "rfm":
        st.markdown(f":small[:gray[{_('Scores by {cuts}.', cuts=cuts)}]]")


def _bars(scope: Scope, chosen: Chosen) -> Any:
    return segment_bars(
        segments_of(scope, chosen.division, chosen.measure),
        chosen=chosen.segment,
        currency=chosen.division.currency,
    )


def _bar_clicked(key: str, codes: tuple[str, ...], segment: str) -> None:
    place = clicked_point(key, len(codes))
    if place is not None:
        code = codes[place]
        say(segment=None if code == segment else code)


def meaning_line(scope: Scope, chosen: Chosen) -> None:
    """What the chosen segment is, and what to do about it."""
    if not chosen.segment:
        return
    if chosen.division.by == "cluster":
        words = _of_cluster(scope, chosen.segment)
    else:
        words = segment_meaning(chosen.segment)
    told = [f"**{segment_name(chosen.segment)}**", words]
    action = segment_action(chosen.segment)
    if action:
        told.append(f":blue[:material/arrow_forward: {action}]")
    st.markdown(" · ".join(part for part in told if part))


def clusters_line(scope: Scope) -> None:
    """How far the clusters can be trusted, and what tells each from the others."""
    profiles = cluster_profiles(scope)
    if not profiles:
        return
    st.markdown(f":small[:gray[{stability_in_words(profiles)}]]")
    lines = [
        f"- **{segment_name(str(each['cluster']))}**: {features_in_words(each['features'])}"
        for each in profiles["clusters"]
    ]
    st.markdown("\n".join(lines))


def cluster_profiles(scope: Scope) -> Mapping[str, Any]:
    """What the last refresh learnt of the clusters; nothing before the first."""
    facts = read(find_what_clusters_are, scope, engine="record")["facts"]
    found: Mapping[str, Any] = json.loads(facts or "{}").get("clusters", {})
    return found


def _of_cluster(scope: Scope, segment: str) -> str:
    for each in cluster_profiles(scope).get("clusters", []):
        if str(each["cluster"]) == segment:
            return features_in_words(each["features"])
    return ""


def segments_table(segments: pd.DataFrame, chosen: Chosen, *, margin: bool, key: str) -> None:
    """All measures of each segment; a click chooses it."""
    codes = tuple(segments["segment"])
    columns = [
        Column("name", _("Segment"), width=150, pinned=True),
        Column("customers", _("Customers"), "count", width=90),
        Column("customer_rate", _("Share"), "rate", help=_("of the customers")),
        Column("value", _(MEASURES[chosen.measure]), "money", width=170),
        Column("value_rate", _("Share"), "rate", help=_("of the value")),
        Column("value_per_customer", _("Per customer"), "money", width=120),
        Column("growth", _("Growth"), "rate",
               help=_("Net sales of the last 12 months against the 12 months before")),
    ]  # fmt: skip
    if margin:
        columns.append(Column("margin_rate", _("Margin"), "rate"))
    columns.append(Column("orders_per_customer", _("Orders a year"), "text", width=110))
    shown = segments.assign(
        orders_per_customer=[formats.number(each, 1) for each in segments["orders_per_customer"]]
    )
    show_table(
        shown,
        columns,
        key=key,
        alt=_("Measures of each segment"),
        currency=chosen.division.currency,
        on_select=lambda: _row_clicked(key, codes),
        selection_mode="single-cell",
    )


def movements_block(scope: Scope, chosen: Chosen) -> None:
    """Where customers went since the end of the last quarter."""
    day = read(find_segments_day, scope, chosen.division.currency)["before_on"]
    st.markdown(
        f"**{_('Movement')}** :small[:gray["
        + (_("since {day}, by quintiles", day=formats.day(day)) if day else "")
        + "]]"
    )
    if day is None:
        st.markdown(f":gray[{_('Segments of an earlier quarter are not known yet.')}]")
        return
    everybody = Division(region_ids=chosen.division.region_ids, currency=chosen.division.currency)
    moves = read(sum_movements, scope, everybody)
    rows = sum_up_movements(moves, SEGMENTS)
    segment = chosen.segment if chosen.segment in SEGMENTS else ""
    if segment:
        st.markdown(_went(moves, segment, day))
    rows = rows.assign(
        name=[segment_name(code) for code in rows["segment"]],
        moved=[f"{'+' if each > 0 else ''}{each:,}" for each in rows["change"]],
    )
    key = f"segment_moves_{data_version()}"
    codes = tuple(rows["segment"])
    show_table(
        rows,
        [
            Column("name", _("Segment"), width=118),
            Column("was", _("Then"), "count", width=50),
            Column("now", _("Now"), "count", width=50),
            Column("moved", _("Net change"), width=82),
            Column("stayed_rate", _("Stayed"), "rate", width=62),
            Column("left", _("Moved out"), "count", width=80),
            Column("came", _("Moved in"), "count", width=72,
                   help=_("From another segment")),
            Column("new", _("New"), "count", width=48,
                   help=_("Ordered for the first time since")),
        ],
        key=key,
        alt=_("Customers of each segment then and now"),
        on_select=lambda: _row_clicked(key, codes, divide="rfm"),
        selection_mode="single-cell",
    )  # fmt: skip


def _went(moves: pd.DataFrame, segment: str, day: Any) -> str:
    """Of the 120 champions of 2026-09-30, 80 stayed; 25 are loyal, 15 at risk."""
    then = moves[moves["was"] == segment]
    whole = int(then["customers"].sum())
    if not whole:
        return f":small[{_('Nobody was in this segment then.')}]"
    stayed = int(then.loc[then["now"] == segment, "customers"].sum())
    others = then[then["now"] != segment].sort_values("customers", ascending=False, kind="stable")
    words = [
        _n(
            "Of {n} customer in **{segment}** then, {stayed} stayed.",
            "Of {n} customers in **{segment}** then, {stayed} stayed.",
            whole,
            segment=segment_name(segment),
            stayed=formats.number(stayed),
        )
    ]
    if len(others):
        parts = [
            f"{segment_name(row['now'])} {formats.number(row['customers'])}"
            for row in others.to_dict("records")
        ]
        words.append(_("The others are now: {segments}.", segments=_(", ").join(parts)))
    return f":small[{in_a_row(words)}]"


def _row_clicked(key: str, codes: tuple[str, ...], **others: str) -> None:
    code = clicked_row(key, codes)
    if code is not None:
        say(segment=code, **others)
