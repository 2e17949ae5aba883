"""The blocks of the calendar: what comes next, the table of events, and how sure the dates are."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st
from babel import Locale

from dashboard import formats
from dashboard.analytics.calendar_days import official_until
from dashboard.analytics.calendar_events import (
    EFFECT_COLUMNS,
    WEEKS_AROUND,
    event_effects,
    events_for_forecast,
)
from dashboard.calendar_dialogs import open_event
from dashboard.calendar_frames import YEARS_BACK, country_of, find_calendar
from dashboard.calendar_words import (
    effect_in_words,
    effect_range,
    event_name,
    kind_name,
    source_name,
)
from dashboard.cards import Card
from dashboard.connection import facts
from dashboard.exports import Export, export_menu
from dashboard.paging import clicked_row
from dashboard.reads import data_version, draw, read
from dashboard.session import current_scope
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n, language
from data_access.calendar_events import sum_orders_by_day
from data_access.edits.calendar_events import EVENT_KINDS
from data_access.edits.rights import may_change_calendar
from data_access.scope import Scope

YEARS_AHEAD = 2
COMING_DAYS = 366
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


def effects_of(scope: Scope, as_of: date, currency: str | None) -> pd.DataFrame:
    """What each event did to the orders or net sales that the person sees, as `event_effects` has
    it."""
    return draw(_effects, scope, as_of, chosen_country(), currency, chosen_measure())


def chosen_measure() -> str:
    """What effects are measured in: orders, unless the person asks for net sales."""
    measure = st.session_state.get("calendar_measure")
    return measure if measure in _MEASURES else "orders"


def _effects(
    scope: Scope, as_of: date, country: str, currency: str | None, measure: str
) -> pd.DataFrame:
    first_on = date(as_of.year - YEARS_BACK, 1, 1)
    until = as_of - timedelta(days=1)  # today is not over
    found = read(sum_orders_by_day, scope, first_on, until, currency)
    if not len(found):
        return pd.DataFrame(columns=EFFECT_COLUMNS)
    days = pd.date_range(found["day_on"].iloc[0], until)
    values = pd.Series(
        found[measure].to_numpy(dtype=float), index=pd.DatetimeIndex(found["day_on"])
    ).reindex(days, fill_value=0.0)
    sales = pd.DataFrame({"day_on": days, "value": values.to_numpy()})
    last_on = as_of + timedelta(days=COMING_DAYS)
    events = read(find_calendar, scope, country, first_on, last_on, engine="record")
    return event_effects(sales, events_for_forecast(events))


def shown_events(scope: Scope, as_of: date, effects: pd.DataFrame) -> pd.DataFrame:
    """Draws what to look at; returns the events of it, with what the table says of each."""
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
    if view in (None, _UPCOMING):
        first_on, last_on = as_of, as_of + timedelta(days=COMING_DAYS)
    else:
        first_on, last_on = date(int(view), 1, 1), date(int(view), 12, 31)
    events = read(find_calendar, scope, chosen_country(), first_on, last_on, engine="record")
    if kind:
        events = events[events["kind"] == kind]
    return _with_words(events.reset_index(drop=True), effects)


def _with_words(events: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    known = effects.set_index("name").to_dict("index")
    none = {"times": 0, "effect_rate": 0.0, "low_rate": float("nan"), "high_rate": float("nan")}
    rows: list[Any] = list(events.itertuples())
    found = [known.get(row.series if row.source == "campaign" else row.name, none) for row in rows]
    days = [(row.last_on - row.first_on).days + 1 for row in rows]
    return events.assign(
        event=[event_name(row.name, row.name_zh) for row in rows],
        days=days,
        kind_told=[kind_name(row.kind) for row in rows],
        effect=[
            "" if row.is_off else effect_in_words(int(each["times"]), length, each["effect_rate"])
            for row, each, length in zip(rows, found, days, strict=True)
        ],
        between=[
            "" if row.is_off else effect_range(each["low_rate"], each["high_rate"])
            for row, each in zip(rows, found, strict=True)
        ],
        origin=[source_name(row.source, is_off=row.is_off) for row in rows],
    )


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


def events_table(scope: Scope, as_of: date, events: pd.DataFrame) -> None:
    """The events; a click on one opens it."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        count = _n("{n} event", "{n} events", len(events))
        advice = _("Click a row to change it") if may_change_calendar(scope) else ""
        st.markdown(f"**{count}** :small[:gray[{advice}]]", width="content")
        export_menu(
            Export(
                slug="event-calendar", name="calendar", columns=columns(), as_of=as_of,
                rows=lambda _person, most: events.head(most),
                filters=[_("Country: {name}", name=country_name(chosen_country()))],
            ),
            len(events),
        )  # fmt: skip
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


def calendar_cards(scope: Scope, as_of: date, effects: pd.DataFrame) -> list[Card]:
    """What comes next, how much of it, what moves sales most, and how far dates are official."""
    until = as_of + timedelta(days=COMING_DAYS)
    events = read(find_calendar, scope, chosen_country(), as_of, until, engine="record")
    on = events[~events["is_off"].astype(bool)]
    coming = on[on["first_on"] > as_of]
    soon = coming[coming["first_on"] <= as_of + timedelta(days=90)]
    running = on[on["first_on"] <= as_of]
    first: Any = next(coming.itertuples(), None)
    named = {
        str(name): event_name(str(name), name_zh)
        for name, name_zh in zip(on["name"], on["name_zh"], strict=True)
    }
    strongest = effects[effects["name"].isin(list(named))].sort_values(
        "effect_rate", key=abs, ascending=False
    )
    best: Any = next(strongest.dropna(subset=["effect_rate"]).itertuples(), None)
    official = official_until(chosen_country(), as_of)
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
            note=_n("{n} runs today", "{n} run today", len(running)),
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
            note=country_name(chosen_country()),
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
