"""The unusual days of the period: the picture, the list, and what stands behind a day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.day_causes import day_causes
from dashboard.analytics.unusual_days import NOTABLE_Z, UNUSUAL_Z
from dashboard.figures.expected_sales import expected_sales
from dashboard.figures.template import CONFIG
from dashboard.filters import OF_LISTS, current, link_to, read_day
from dashboard.menu import find_page
from dashboard.overview_view import period_of_filter
from dashboard.paging import clicked_row
from dashboard.reads import data_version, draw, read
from dashboard.saving import draw_request, save, say_saved, show_refusal
from dashboard.session import current_scope
from dashboard.tables import Column, show_table
from dashboard.texts import _, language, plain
from dashboard.unusual import judged_days, notes_of, unusual_in
from dashboard.unusual_words import (
    METHOD,
    PART_NAMES,
    answer_in_words,
    calendar_words,
    range_in_words,
    why_not_judged,
)
from dashboard.why_choice import say
from data_access.edits.anomalies import acknowledge_day, remove_day_note
from data_access.edits.rights import may_explain_days, may_remove_day_note
from data_access.filters import OrderFilter
from data_access.scope import Scope
from data_access.stages import STAGES
from data_access.unusual import DAY_PARTS, about, sum_day_by_part

_WEAK = "weak"  # also days further than NOTABLE_Z
_MOST_CAUSES = 3
_FORM = "day_note"


def unusual_block(scope: Scope, chosen: OrderFilter, as_of: date) -> None:
    judged, period = judged_days(scope, chosen, as_of), period_of_filter(chosen)
    reason = why_not_judged(judged)
    if reason:
        st.markdown(f"**{reason}**")
        return
    days = judged.days
    inside = days["day_on"].between(pd.Timestamp(period.start), pd.Timestamp(period.end))
    count = int(inside.sum())
    if not count:
        st.markdown(f"**{_('No day of this period is over yet.')}**")
        return
    weak = st.query_params.get(_WEAK) == "1"
    found = unusual_in(judged, period, NOTABLE_Z if weak else UNUSUAL_Z)
    told = answer_in_words(unusual_in(judged, period, UNUSUAL_Z), count, chosen.currency)
    st.markdown(f"**{told}**", help=_(METHOD))
    with st.container(border=True, gap="xsmall"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.markdown(
                f"**{_('Net sales and what was expected')}** "
                f":small[:gray[{_('the band is what a usual day may be')}]]",
                width="content",
            )
            st.session_state["unusual_weak"] = weak
            st.toggle(
                _("Also less certain ones"),
                key="unusual_weak",
                help=_("Days further than 3 times what days usually lie from what is expected."),
                on_change=lambda: say(**{_WEAK: "1" if st.session_state["unusual_weak"] else None}),
            )
        key = f"unusual_chart_{data_version()}_{weak}"
        shown = tuple(days.loc[inside, "day_on"].dt.strftime("%Y-%m-%d"))
        st.plotly_chart(
            draw(_picture, scope, chosen, as_of, weak),
            config=CONFIG,
            alt=_("Net sales of each day with what was expected"),
            key=key,
            on_select=lambda: _point_clicked(key, shown),
            selection_mode="points",
        )
    notes = notes_of(scope, chosen)
    if len(found):
        _list(found, notes, chosen.currency)
    picked = read_day(st.query_params.get("day"))
    rows = days[days["day_on"] == pd.Timestamp(picked)] if picked else days.head(0)
    if picked and len(rows):
        _day(scope, chosen, as_of, picked, next(rows.itertuples()), notes)


def _picture(scope: Scope, chosen: OrderFilter, as_of: date, weak: bool) -> Any:
    judged, period = judged_days(scope, chosen, as_of), period_of_filter(chosen)
    days = judged.days
    inside = days["day_on"].between(pd.Timestamp(period.start), pd.Timestamp(period.end))
    marked = unusual_in(judged, period, NOTABLE_Z if weak else UNUSUAL_Z)
    return expected_sales(days[inside], marked, currency=chosen.currency)


def _list(found: pd.DataFrame, notes: pd.DataFrame, currency: str | None) -> None:
    explained = notes[notes["explains"]].drop_duplicates("day_on").set_index("day_on")["note"]
    rows = found.assign(
        difference=(found["net_sales"] - found["expected"]).round(4),
        range=[range_in_words(row, currency) for row in found.itertuples()],
        far=[_("{n} times", n=formats.number(abs(z), 1)) for z in found["z"]],
        calendar=[calendar_words(row) for row in found.itertuples()],
        note=[explained.get(day, "") for day in found["day_on"]],
    )
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            f"**{_('Unusual days')}** "
            f":small[:gray[{_('the furthest from what was expected first; click a day')}]]"
        )
        key, days = f"unusual_days_{data_version()}", tuple(rows["day_on"])
        show_table(
            rows,
            [
                Column("day_on", _("The day"), "day", pinned=True),
                Column("net_sales", _("Net sales"), "money", width=130),
                Column("range", _("Expected range"), width=150),
                Column("difference", _("Difference"), "money", width=130,
                       help=_("Net sales − the middle of what was expected")),
                Column("far", _("How far"), width=90,
                       help=_("From what was expected, as a multiple of what days usually lie")),
                Column("calendar", _("Calendar"), width=160),
                Column("note", _("Explanation"), width=260),
            ],
            key=key,
            alt=_("Unusual days"),
            currency=currency,
            on_select=lambda: _day_clicked(key, days),
            selection_mode="single-cell",
        )  # fmt: skip


def _day(
    scope: Scope, chosen: OrderFilter, as_of: date, day: date, row: Any, notes: pd.DataFrame
) -> None:
    """One day: what drove it, its orders, and what people found out about it."""
    with st.container(border=True, gap="xsmall", key="unusual_day"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            amount = formats.money(row.net_sales, chosen.currency)
            expected = _("expected {range}", range=range_in_words(row, chosen.currency))
            st.markdown(
                f"**{formats.day(day)}: {plain(amount)}** :gray[{plain(expected)}]",
                width="content",
            )
            st.button(
                _("Close"), key="day_close", icon=":material/close:", type="tertiary",
                on_click=say, kwargs={"day": None},
            )  # fmt: skip
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _causes(scope, chosen, as_of, day, float(row.expected))
            st.page_link(
                find_page("orders").file,
                label=_("All orders of this day"),
                icon=":material/receipt_long:",
                query_params=link_to(current(), **_rows_of(day)),
            )
        with right:
            _notes(scope, chosen, day, notes[notes["day_on"] == pd.Timestamp(day)])


def _causes(scope: Scope, chosen: OrderFilter, as_of: date, day: date, expected: float) -> None:
    found = []
    for by in DAY_PARTS:
        parts = read(sum_day_by_part, scope, chosen, as_of, day, by, language())
        if len(parts) > 1:
            causes = day_causes(parts, expected, _MOST_CAUSES)
            found.append(causes.assign(by=_(PART_NAMES[by])))
    st.markdown(
        f"**{_('What drove it')}** "
        f":small[:gray[{_('against the share in the 8 same weekdays before')}]]"
    )
    if not found:
        st.markdown(f":gray[{_('Nothing stands out.')}]")
        return
    rows = pd.concat(found, ignore_index=True)
    rows = rows.assign(name=rows["name"].fillna(_("None")))
    show_table(
        rows,
        [
            Column("by", _("Split by"), width=78),
            Column("name", _("Part"), width=165),
            Column("difference", _("Difference"), "money", width=112),
            Column("net_sales", _("Net sales"), "money", width=112),
            Column("expected", _("Was expected"), "money", width=105),
        ],
        key=f"day_causes_{data_version()}_{day}",
        alt=_("What drove it"),
        currency=chosen.currency,
    )


def _notes(scope: Scope, chosen: OrderFilter, day: date, notes: pd.DataFrame) -> None:
    st.markdown(f"**{_('What people found out')}**")
    for row in notes.itertuples():
        _note(scope, row)
    if not may_explain_days(scope):
        if not len(notes):
            st.markdown(f":gray[{_('Nobody has explained this day yet.')}]")
        return
    draw_request(_FORM)
    with st.form(_FORM, border=False, clear_on_submit=False):
        st.text_area(
            _("Note"), key="day_note_text", max_chars=2000, height=90,
            placeholder=_("What happened? The day is then off the list of what to look into."),
            label_visibility="collapsed",
        )  # fmt: skip
        show_refusal(_FORM)
        st.form_submit_button(
            _("Save explanation"), type="primary", on_click=_explain, args=(chosen, day)
        )


def _note(scope: Scope, row: Any) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        told = f"{plain(row.author)} · {formats.moment(row.written_at)}"
        if not row.explains:
            told += f" · {_('about other orders')}"
        st.markdown(f"{plain(row.note)}  \n:small[:gray[{told}]]", width="stretch")
        if may_remove_day_note(scope, int(row.user_id)):
            st.button(
                "",
                key=f"remove_note_{row.anomaly_note_id}",
                icon=":material/delete:",
                type="tertiary",
                help=_("Take the note back"),
                on_click=_take_back,
                args=(int(row.anomaly_note_id),),
            )


def _explain(chosen: OrderFilter, day: date) -> None:
    scope = current_scope("why")
    note = st.session_state.get("day_note_text") or ""
    done = save(
        _FORM,
        lambda engine, request_id: acknowledge_day(
            engine, scope, day, currency=chosen.currency or "", about=about(chosen), note=note,
            request_id=request_id,
        ),
    )  # fmt: skip
    if done:
        st.session_state["day_note_text"] = ""
        say_saved(_FORM, _("Saved."))


def _take_back(number: int) -> None:
    scope = current_scope("why")
    form = f"remove_note_{number}_form"
    done = save(
        form,
        lambda engine, request_id: remove_day_note(engine, scope, number, request_id=request_id),
    )
    if done:
        say_saved(_FORM, _("Note taken back."))


def _rows_of(day: date) -> dict[str, Any]:
    return {
        **dict.fromkeys(OF_LISTS, ""),
        "period": "own",
        "from": str(day),
        "to": str(day),
        "stage": [stage for stage in STAGES if stage != "cancelled"],
        "sort": "largest",
    }


def _point_clicked(key: str, days: tuple[str, ...]) -> None:
    points = st.session_state[key]["selection"]["points"]
    picked = str(points[0].get("x", ""))[:10] if points else ""
    say(day=picked if picked in days else None)


def _day_clicked(key: str, days: tuple[pd.Timestamp, ...]) -> None:
    day = clicked_row(key, days)
    if day is not None:
        say(day=formats.day(day))
