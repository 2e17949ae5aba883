"""The blocks of the calendar: what comes next, the table of events, and how sure the dates are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st
from babel import Locale

from dashboard import formats
from dashboard.analytics.calendar_days import official_until
from dashboard.analytics.calendar_events import WEEKS_AROUND
from dashboard.calendar_dialogs import open_event
from dashboard.calendar_frames import YEARS_BACK, country_of, find_calendar
from dashboard.calendar_reads import COMING_DAYS, Asked, effects_of, find_events
from dashboard.calendar_words import effect_in_words, event_name, kind_name
from dashboard.cards import Card
from dashboard.choices import currencies
from dashboard.connection import facts
from dashboard.exports import Export, title_and_export
from dashboard.paging import clicked_row
from dashboard.reads import data_version, read
from dashboard.session import current_scope
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n, language
from data_access.edits.calendar_events import EVENT_KINDS
from data_access.edits.rights import may_change_calendar
from data_access.scope import Scope

YEARS_AHEAD = 2
_ROWS_SEEN = 14
_ALL = ""
_UPCOMING = N_("Upcoming")
_MEASURES = {"orders": N_("Orders"), "net_sales": N_("Net sales")}


def chosen_country() -> str:
    """The code of the country whose holidays count."""
    return country_of(facts())


def country_name(code: str) -> str:
    """In the person's language."""
    return str(Locale.parse(language()).territories.get(code, code))


def asked_at_first(scope: Scope, as_of: date) -> Asked:
    """What comes, measured as the person chose."""
    measure = st.session_state.get("calendar_measure")
    return Asked(
        as_of=as_of,
        country=chosen_country(),
        currency=next(iter(currencies(scope)), None),
        measure=measure if measure in _MEASURES else "orders",
        first_on=as_of,
        last_on=as_of + timedelta(days=COMING_DAYS),
    )


def events_bar(coming: Asked) -> Asked:
    """Draws what to look at; returns what is asked."""
    as_of = coming.as_of
    years = range(as_of.year + YEARS_AHEAD, as_of.year - YEARS_BACK, -1)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="cal_bar"):
        view = st.segmented_control(
            _("Show"), [_UPCOMING, *map(str, years[: YEARS_AHEAD + 4])],
            default=_UPCOMING, required=True,
            format_func=lambda each: _(each) if each == _UPCOMING else each,
            key="calendar_view", persist_state="session",
        )  # fmt: skip
        kind = st.selectbox(
            _("Kind"), [_ALL, *EVENT_KINDS], width=170, key="calendar_kind",
            format_func=lambda each: kind_name(each) if each else _("All kinds"),
            persist_state="session",
        )  # fmt: skip
        st.segmented_control(
            _("Effect on"), list(_MEASURES), default="orders", required=True,
            format_func=lambda each: _(_MEASURES[each]), key="calendar_measure",
            persist_state="session",
        )  # fmt: skip
    asked = replace(coming, kind=kind or "")
    if view in (None, _UPCOMING):
        return asked
    return replace(asked, first_on=date(int(view), 1, 1), last_on=date(int(view), 12, 31))


def columns() -> list[Column]:
    return [
        Column("event", _("Event"), width=190),
        Column("first_on", _("First day"), "day", width=100),
        Column("last_on", _("Last day"), "day", width=100),
        Column("days", _("Days"), "count", width=48),
        Column("kind_told", _("Kind"), width=108),
        Column("effect", _("Effect"),
               width=258, help=_(
            "Median over past occurrences of what its days brought against what the same weekdays "
            "brought in the {n} weeks before and after, without events.", n=WEEKS_AROUND)),
        Column("between", _("Seen between"), width=118, help=_(
            "The smallest and the largest effect of the past occurrences.")),
        Column("origin", _("From"), width=96),
    ]  # fmt: skip


def events_table(scope: Scope, asked: Asked) -> None:
    """The events; a click on one opens it."""
    events = find_events(scope, asked)
    count = _n("{n} event", "{n} events", len(events))
    advice = _("Click a row to change it") if may_change_calendar(scope) else ""
    export = Export(
        slug="event-calendar", name="calendar", columns=columns(), as_of=asked.as_of,
        rows=lambda person, most: find_events(person, asked).head(most),
        filters=[_("Country: {name}", name=country_name(asked.country))],
    )  # fmt: skip
    title_and_export(export, len(events), f"**{count}** :small[:gray[{advice}]]")
    if not len(events):
        st.markdown(f":gray[{_('No event fits.')}]")
        return
    turns = st.session_state.get("calendar_turns", 0)
    key = f"calendar_{data_version()}_{turns}_{hash(tuple(events['key'])) % 99_999}"
    keys = tuple(events["key"])
    show_table(
        events,
        columns(),
        key=key,
        alt=_("Events that forecasts use"),
        height="content" if len(events) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, keys),
        selection_mode="single-cell",
    )


def _clicked(key: str, keys: tuple[str, ...]) -> None:
    current_scope("event-calendar")
    found = clicked_row(key, keys)
    if found is not None:
        open_event(found)


def calendar_cards(scope: Scope, coming: Asked) -> list[Card]:
    """What comes next, how much of it, what moves sales most, and how far dates are official."""
    as_of, effects = coming.as_of, effects_of(scope, coming)
    events = read(find_calendar, scope, coming.country, as_of, coming.last_on, engine="record")
    on = events[~events["is_off"].astype(bool)]
    ahead = on[on["first_on"] > as_of]
    soon = ahead[ahead["first_on"] <= as_of + timedelta(days=90)]
    running = on[on["first_on"] <= as_of]
    first: Any = next(ahead.itertuples(), None)
    named = {
        str(name): event_name(str(name), name_zh)
        for name, name_zh in zip(on["name"], on["name_zh"], strict=True)
    }
    strongest = effects[effects["name"].isin(list(named))].sort_values(
        "effect_rate", key=abs, ascending=False
    )
    best: Any = next(strongest.dropna(subset=["effect_rate"]).itertuples(), None)
    official = official_until(coming.country, as_of)
    return [
        Card(
            key="next_event", label=_("Next event"),
            value=event_name(first.name, first.name_zh) if first else formats.MISSING,
            help=_("The next event that begins."),
            note=_("in {n} d, on {day}", n=(first.first_on - as_of).days,
                   day=formats.day(first.first_on)) if first else _("Nothing is known to come."),
        ),
        Card(
            key="coming_events", label=_("In the next 90 days"), value=formats.number(len(soon)),
            help=_("Events that begin in the next 90 days and count."),
            note=_n("{n} running today", "{n} running today", len(running)),
        ),
        Card(
            key="strongest_event", label=_("Moves sales most"),
            value=named[best.name] if best else formats.MISSING,
            help=_("Of the events to come, the one with the largest effect."),
            note=effect_in_words(best.times, best.days, best.effect_rate) if best
            else _("No event was seen often enough to tell."),
        ),
        Card(
            key="official_until", label=_("Official days known until"),
            value=_("by law") if official is None else str(official),
            help=_("The last year whose officially moved days off and working days are known."),
            note=country_name(coming.country),
        ),
    ]  # fmt: skip


def official_line(as_of: date) -> None:
    """Says so when next year's official days are not known yet."""
    country = chosen_country()
    official = official_until(country, as_of)
    if official is None or official > as_of.year:
        return
    told = _(
        "The official days off and adjusted working days of {year} are not known yet for "
        "{country}: what is shown for {year} follows from the law alone. Enter them here once they "
        "are published.",
        year=official + 1, country=country_name(country),
    )  # fmt: skip
    st.markdown(f":orange[:material/event_upcoming:] {told}")
