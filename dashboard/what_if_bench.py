"""The workbench of the what-if page: what is asked about, the levers at the left, what comes out at
the right. Moving a lever draws only these anew."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from dashboard.analytics.what_if.simulation import simulate
from dashboard.analytics.what_if.targets import target_between
from dashboard.analytics.what_if.world import SHORTEST, USUAL, World
from dashboard.choices import category_choice, region_choice
from dashboard.reads import read
from dashboard.session import current_scope
from dashboard.texts import _, _n, language
from dashboard.what_if_asked import Question
from dashboard.what_if_levers import (
    Names,
    choose_draft,
    drafts,
    draw_levers,
    product_names,
)
from dashboard.what_if_view import (
    break_even_block,
    fan_block,
    measures_of,
    result_cards,
    side_by_side,
    steps_block,
    stock_block,
    work_out,
)
from dashboard.what_if_words import MEASURE_NAMES
from dashboard.what_if_world import is_of_this_week, world_of
from data_access.filters import OrderFilter, Period
from data_access.scope import Scope
from data_access.what_if import last_monday, list_goods, sum_targets

HORIZONS = (SHORTEST, 8, USUAL, 26)


def asked(scope: Scope, chosen: OrderFilter, as_of: date) -> Question:
    """Draws the product and the horizon."""
    goods = read(list_goods, scope, language(), engine="record")
    if chosen.category_ids:
        goods = goods[goods["category_id"].isin(chosen.category_ids)]
    names = product_names(goods)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="what_if_bar"):
        horizon = st.segmented_control(
            _("Weeks ahead"), HORIZONS, default=USUAL, required=True, key="what_if_horizon",
            persist_state="session",
        )  # fmt: skip
        product_id = st.selectbox(
            _("Product"), [None, *names], key="what_if_product", width=320, persist_state="session",
            format_func=lambda each: _("All products") if each is None else names.get(each, ""),
        )  # fmt: skip
    return Question(chosen, product_id, int(horizon or USUAL), as_of)


def show_world(scope: Scope, question: Question) -> World | None:
    """The world, and while it is put together the first time, that it is."""
    with st.spinner(_("Learning from three years of sales …")):
        return world_of(
            scope, question.as_of, question.chosen, question.product_id, question.horizon,
            question.seed,
        )  # fmt: skip


@st.fragment
def bench(world: World, question: Question, names: Names) -> None:
    scope = current_scope("what-if")
    currency = question.chosen.currency
    left, right = st.columns([4, 8], gap="small")
    with left:
        letter = choose_draft()
        levers = draw_levers(world, letter, names, currency)
    answer = work_out(world, levers)
    with right:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            measure = _measure(measures_of(answer))
            target = _target(scope, question)
        result_cards(answer, currency, target)
        with st.container(border=True, gap="xsmall"):
            steps_block(answer, measure, currency)
        with st.container(border=True, gap="xsmall"):
            fan_block(world, answer, measure, currency)
            _basis(world, question)
        with st.container(gap="xsmall"):
            break_even_block(world, answer, currency)
        compared = {
            each: answer.outcome if each == letter else simulate(world.baseline, world.draws, found)
            for each, found in drafts().items()
            if each == letter or not found.is_at_rest
        }
        if answer.stock is not None:
            with st.container(border=True, gap="xsmall"):
                stock_block(world, answer, names)
        else:
            told = (
                _("Stock is kept for all regions together; look at all of them to see it here.")
                if is_of_this_week(question.as_of)
                else _("Stock is of today; this scenario looks ahead from another week.")
            )
            st.markdown(f":small[:gray[{told}]]")
    with st.container(border=True, gap="xsmall"):
        side_by_side(compared, measures_of(answer), currency)


def names_of(scope: Scope) -> Names:
    goods = read(list_goods, scope, language(), engine="record")
    return Names(
        product_names(goods),
        dict(category_choice(scope).names),
        dict(region_choice(scope).names),
    )


def _measure(known: tuple[str, ...]) -> str:
    chosen = st.segmented_control(
        _("Measure"), known, default=known[0], required=True, key="what_if_measure",
        format_func=lambda each: _(MEASURE_NAMES[each]), persist_state="session",
    )  # fmt: skip
    return str(chosen or known[0])


def _target(scope: Scope, question: Question) -> float:
    """What these weeks should bring: from the targets where every month has one, or typed."""
    start = last_monday(question.as_of)
    known = _known_target(scope, question, start)
    value = st.number_input(
        _("Target for these weeks"), min_value=0.0, value=known, step=10_000.0, format="%.0f",
        key=f"what_if_target_{question.horizon}_{known:.0f}", width=220,
        help=_("0: none. From the targets, where every month of these weeks has one."),
    )  # fmt: skip
    return float(value)


def _known_target(scope: Scope, question: Question, start: date) -> float:
    if question.product_id is not None or question.chosen.category_ids:
        return 0.0
    end = start + timedelta(days=7 * question.horizon - 1)
    found = read(sum_targets, scope, question.chosen, Period(start, end), engine="record")
    return round(target_between(found, start, end), -2)


def _basis(world: World, question: Question) -> None:
    told = _n("{n} simulated course", "{n} simulated courses", world.baseline.shape[0])
    since = _("from Monday {day}", day=str(world.starts_on))
    st.markdown(f":small[:gray[{told} · {since} · {_('an association, not an experiment')}]]")
