"""The one filter bar: the period, then at most four more choices, the rest behind one button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.filters import (
    Choice,
    Values,
    choose,
    clear,
    current,
    described,
    first,
    order_filter_from,
    period_from,
    preset_of,
    read_amount,
    show_in_address,
)
from dashboard.periods import ANY, OWN, PERIODS
from dashboard.texts import N_, _, _n, plain
from data_access.filters import OrderFilter

RUNNING_PRESETS = tuple(preset for preset in PERIODS if preset != ANY)
ALL_PRESETS = tuple(PERIODS)
_LONGEST_SEARCH = 100
_MOST_TOLD = 20  # of a choice's values in a file
SWITCHES: dict[str, tuple[str, str]] = {  # part of the filter and address → label, explanation
    "overdue": (N_("Only overdue"), N_("Open, and promised for a day that is over.")),
    "late": (
        N_("Only not on time"),
        N_("Promised for a day that is over, and delivered later or not at all."),
    ),
    "otif": (
        N_("Only not on time in full"),
        N_("Promised for a day that is over, and delivered later, in part or not at all."),
    ),
    "returned": (N_("Only with returns"), N_("Units of the order came back.")),
    "past_due": (N_("Only past due"), N_("Owes something that was due before today.")),
}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What a page lets a person choose."""

    choices: tuple[Choice, ...] = ()
    more: tuple[Choice, ...] = ()
    presets: tuple[str, ...] = RUNNING_PRESETS  # none: the page has no period
    preset: str = "last_30"
    currencies: tuple[str, ...] = ()  # the main one first
    search: str = ""  # what can be searched for; empty: nothing
    amounts: bool = False
    switches: tuple[str, ...] = ()  # of SWITCHES


def filter_bar(bar: Bar, as_of: date) -> OrderFilter:
    """Draws the bar; returns what is chosen."""
    values = current()
    preset = preset_of(values, bar.presets, bar.preset)
    period = period_from(values, preset, as_of)
    currency = _currency(bar, values)
    _draw(bar, values, preset, as_of)
    chosen = order_filter_from(values, (*bar.choices, *bar.more), period=period, currency=currency)
    chosen = replace(
        chosen,
        search=(first(values, "q") or "")[:_LONGEST_SEARCH] if bar.search else "",
        amount_from=read_amount(first(values, "min")) if bar.amounts else None,
        amount_to=read_amount(first(values, "max")) if bar.amounts else None,
        overdue=_is_on(bar, values, "overdue"),
        not_on_time=_is_on(bar, values, "late"),
        not_otif=_is_on(bar, values, "otif"),
        returned=_is_on(bar, values, "returned"),
        past_due=_is_on(bar, values, "past_due"),
    )
    _active(bar, values, chosen)
    show_in_address(values)
    return chosen


def filter_in_words(bar: Bar, chosen: OrderFilter) -> list[str]:
    """The choices in full, as they stand in a file; what is searched for is not among them."""
    told = [_("Period: {period}", period=described(chosen.period))] if bar.presets else []
    if chosen.currency:
        told.append(_("{label}: {values}", label=_("Currency"), values=chosen.currency))
    found = _described(bar, current(), replace(chosen, search=""), shown=str, most=_MOST_TOLD)
    return told + [text for _parameters, text in found]


def _draw(bar: Bar, values: Values, preset: str, as_of: date) -> None:
    grid = st.grid("auto", min_column_width=150, gap="xsmall", key="filter_bar")
    if bar.presets:
        _period(grid, bar, values, preset, as_of)
    if bar.search:
        st.session_state["filter_q"] = first(values, "q") or ""
        grid.text_input(
            _("Search"),
            key="filter_q",
            type="search",
            placeholder=bar.search,
            max_chars=_LONGEST_SEARCH,
            label_visibility="collapsed",
            on_change=_searched,
        )
    for choice in bar.choices:
        _choice(grid, choice, values)
    if len(bar.currencies) > 1:
        st.session_state["filter_currency"] = _currency(bar, values)
        grid.selectbox(
            _("Currency"),
            bar.currencies,
            key="filter_currency",
            label_visibility="collapsed",
            on_change=_picked,
            args=("currency",),
        )
    if bar.more or bar.amounts or bar.switches:
        _more(grid, bar, values)


def _period(grid: Any, bar: Bar, values: Values, preset: str, as_of: date) -> None:
    st.session_state["filter_period"] = preset
    grid.selectbox(
        _("Period"),
        bar.presets,
        key="filter_period",
        format_func=lambda name: _(PERIODS[name]),
        label_visibility="collapsed",
        on_change=_period_picked,
        args=(as_of,),
    )
    if preset == OWN:
        period = period_from(values, OWN, as_of)
        assert period is not None  # own dates fall back to the last 30 days
        st.session_state["filter_dates"] = (period.start, period.end)
        grid.cell(column_span=2).date_input(
            _("From – to"),
            key="filter_dates",
            format="YYYY-MM-DD",
            min_value=date(1970, 1, 1),
            max_value=date(2100, 1, 1),
            label_visibility="collapsed",
            on_change=_dates_picked,
        )


def _choice(place: Any, choice: Choice, values: Values, *, labelled: bool = False) -> None:
    key = f"filter_{choice.parameter}"
    chosen = choice.read(values)
    settings: dict[str, Any] = {
        "key": key,
        "format_func": lambda value: choice.names[value],
        "placeholder": choice.everything,
        "label_visibility": "visible" if labelled else "collapsed",
        "on_change": _picked,
        "args": (choice.parameter,),
    }
    if choice.many:
        st.session_state[key] = list(chosen)
        place.multiselect(choice.label, list(choice.names), wrap=False, **settings)
    else:
        st.session_state[key] = next(iter(chosen), None)
        place.selectbox(choice.label, list(choice.names), index=None, **settings)


def _more(grid: Any, bar: Bar, values: Values) -> None:
    names = [choice.parameter for choice in bar.more]
    names += ["min", "max"] * bar.amounts + [*bar.switches]
    count = sum(name in values for name in names)
    label = _n("More filters ({n})", "More filters ({n})", count) if count else _("More filters")
    with grid.popover(label, icon=":material/tune:", width="stretch", key="filter_more"):
        for choice in bar.more:
            _choice(st, choice, values, labelled=True)
        if bar.amounts:
            left, right = st.columns(2)
            _amount(left, "min", _("Amount from"), values)
            _amount(right, "max", _("Amount to"), values)
        for name in bar.switches:
            label, explained = SWITCHES[name]
            st.session_state[f"filter_{name}"] = _is_on(bar, values, name)
            st.toggle(
                _(label),
                key=f"filter_{name}",
                help=_(explained),
                on_change=_switched,
                args=(name,),
            )


def _amount(place: Any, name: str, label: str, values: Values) -> None:
    st.session_state[f"filter_{name}"] = read_amount(first(values, name))
    place.number_input(
        label,
        min_value=0.0,
        value=None,
        step=100.0,
        format="%.2f",
        key=f"filter_{name}",
        on_change=_picked,
        args=(name,),
    )


def _active(bar: Bar, values: Values, chosen: OrderFilter) -> None:
    """The filters at work, each taken away by a click, and all of them by another."""
    active = _described(bar, values, chosen)
    if not active:
        return
    with st.container(
        horizontal=True, gap="xxsmall", vertical_alignment="center", key="active_filters"
    ):
        for parameters, text in active:
            st.button(
                text,
                key=f"drop_{parameters[0]}",
                icon=":material/close:",
                icon_position="right",
                on_click=_drop,
                args=(parameters,),
            )
        st.button(
            _("Clear filters"),
            key="clear_filters",
            type="tertiary",
            icon=":material/filter_alt_off:",
            on_click=clear,
        )


def _described(
    bar: Bar,
    values: Values,
    chosen: OrderFilter,
    *,
    shown: Callable[[object], str] = plain,
    most: int = 2,
) -> list[tuple[tuple[str, ...], str]]:
    found: list[tuple[tuple[str, ...], str]] = []
    for choice in (*bar.choices, *bar.more):
        names = [shown(choice.names[value]) for value in choice.read(values)]
        if names:
            told = ", ".join(names[:most]) + (f" +{len(names) - most}" * (len(names) > most))
            text = _("{label}: {values}", label=choice.label, values=told)
            found.append(((choice.parameter,), text))
    if chosen.search:
        found.append((("q",), _("Search: {words}", words=shown(chosen.search))))
    if chosen.amount_from is not None or chosen.amount_to is not None:
        low = formats.number(chosen.amount_from or 0)
        high = "∞" if chosen.amount_to is None else formats.number(chosen.amount_to)
        found.append((("min", "max"), _("Amount: {low} – {high}", low=low, high=high)))
    found += [((name,), _(SWITCHES[name][0])) for name in bar.switches if _is_on(bar, values, name)]
    return found


def _is_on(bar: Bar, values: Values, switch: str) -> bool:
    return switch in bar.switches and first(values, switch) == "1"


def _currency(bar: Bar, values: Values) -> str | None:
    said = first(values, "currency")
    return said if said in bar.currencies else next(iter(bar.currencies), None)


def _drop(parameters: Sequence[str]) -> None:
    choose(**dict.fromkeys(parameters, None))


def _picked(parameter: str) -> None:
    said = st.session_state[f"filter_{parameter}"]
    several = said if isinstance(said, list | tuple) else [] if said is None else [said]
    choose(**{parameter: [str(value) for value in several]})


def _period_picked(as_of: date) -> None:
    preset = st.session_state["filter_period"]
    if preset != OWN:
        choose(period=[preset], **{"from": None, "to": None})
        return
    values = current()
    period = period_from(values, first(values, "period") or "last_30", as_of)
    days = (period.start, period.end) if period else (as_of, as_of)
    choose(period=[OWN], **{"from": [str(days[0])], "to": [str(days[1])]})


def _dates_picked() -> None:
    picked = st.session_state["filter_dates"]
    if len(picked) == 2:  # with one day picked, the other is still to come
        choose(period=[OWN], **{"from": [str(picked[0])], "to": [str(picked[1])]})


def _searched() -> None:
    words = " ".join(st.session_state["filter_q"].split())
    choose(q=[words] if words else None)


def _switched(name: str) -> None:
    choose(**{name: ["1"] if st.session_state[f"filter_{name}"] else None})


__all__ = ["ALL_PRESETS", "RUNNING_PRESETS", "Bar", "described", "filter_bar", "filter_in_words"]
