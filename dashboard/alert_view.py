"""My work: the warnings that a person is to look at, and those that somebody is on or that they
have put off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.account import own_alert_settings
from dashboard.alert_dialogs import acknowledge_dialog, snooze_dialog, take_back
from dashboard.alert_words import (
    KIND_NAMES,
    SEVERITY_COLOURS,
    SEVERITY_NAMES,
    about,
    facts_of,
    link_of,
    sees_for_all,
    sentence,
)
from dashboard.menu import find_page, may_open
from dashboard.paging import PAGE_ROWS, clicked_row, first_page, list_toolbar, pages_of, ticked_rows
from dashboard.reads import data_version, read
from dashboard.saving import show_refusal
from dashboard.session import current_scope
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, language, plain
from dashboard.work_view import ALERTS, Waiting
from data_access.alerts import MOST_ALERTS, find_last_alert_run, list_alert_orders, list_alerts
from data_access.edits.rights import may_answer_alert
from data_access.keyset import Cursor
from data_access.scope import Scope

TAKE_BACK_FORM = "alert_take_back"
_OPEN, _TICKED, _ROUND = "open_alert", "alerts_ticked", "alerts_round"
_KIND_COLOURS = {
    "short_order": "red", "out_of_stock": "red", "runs_out": "orange", "reorder": "yellow",
    "unusual_day": "blue",
}  # fmt: skip


@dataclass(frozen=True)
class Warnings:
    """Those to look at, and those that are answered to."""

    waiting: pd.DataFrame
    answered: pd.DataFrame


def warnings_of(scope: Scope, as_of: date) -> Warnings | None:
    """None for who is warned of nothing."""
    if not scope.sees("alerts") or not may_answer_alert(scope, "snooze_alert"):
        return None
    wanted = own_alert_settings(scope)
    found = read(
        list_alerts, scope, scope.user_id, as_of, engine="record",
        unusual_days=wanted.unusual_days, language=language(),
    )  # fmt: skip
    waits = found["acknowledged_by"].isna() & found["snoozed_until"].isna()
    return Warnings(*(found[which].reset_index(drop=True) for which in (waits, ~waits)))


def warnings_queue(found: Warnings | None) -> list[Waiting]:
    if found is None:
        return []
    urgent = int((found.waiting["severity"] == "high").sum())
    return [Waiting(ALERTS, True, len(found.waiting), urgent)]


def open_chosen_alert(scope: Scope, as_of: date) -> None:
    """Goes to what the warning that was clicked is about."""
    alert_id = st.session_state.pop(_OPEN, None)
    if alert_id is None:
        return
    wanted = read(list_alerts, scope, scope.user_id, date.min, engine="record", language=language())
    row: Any
    for row in wanted[wanted["alert_id"] == alert_id].itertuples():
        slug, said = link_of(row, facts_of(row), _order_of(scope, int(alert_id)))
        if may_open(scope.role, slug):
            st.switch_page(find_page(slug).file, query_params=said)


def _order_of(scope: Scope, alert_id: int) -> str | None:
    """The order to open, for who opens no page of stock: the one that lacks most."""
    if may_open(scope.role, "stock"):
        return None
    orders = read(list_alert_orders, scope, alert_id, engine="record", limit=1)
    return str(orders["order_number"].iloc[0]) if len(orders) else None


def show_warnings(scope: Scope, found: Warnings, now: datetime) -> None:
    """Those to look at, with what can be done about the ticked ones, and the others folded away."""
    if len(found.waiting):
        _waiting_list(scope, _filtered(found.waiting), now)
    else:
        st.markdown(f":green[✓] {_('No warning waits for an answer.')}")
    if len(found.answered):
        _answered_list(scope, found.answered, now)
    _last_run(scope)


def _filtered(rows: pd.DataFrame) -> pd.DataFrame:
    counts = rows["kind"].value_counts()
    kinds = [kind for kind in KIND_NAMES if kind in counts.index]
    if len(kinds) < 2:
        return rows
    chosen = st.pills(
        _("Kind"), kinds, selection_mode="multi", key="alert_kinds", label_visibility="collapsed",
        format_func=lambda kind: f"{_(KIND_NAMES[kind])} {formats.number(counts[kind])}",
        on_change=first_page,
    )  # fmt: skip
    return rows[rows["kind"].isin(chosen or kinds)].reset_index(drop=True)


def _waiting_list(scope: Scope, rows: pd.DataFrame, now: datetime) -> None:
    def page(after: Cursor | None, limit: int) -> pd.DataFrame:
        start = after[1] if after else 0
        part = rows.iloc[start : start + limit].reset_index(drop=True)
        if start + limit < len(rows):
            part.attrs["after"] = (None, start + limit)
        return part

    ids = tuple(rows["alert_id"].astype(int))
    pages = pages_of("alerts", f"{scope.key} {hash(ids)}", page)
    shown = page(pages.start, PAGE_ROWS)
    counted = _n("{n} warning", "{n} warnings", len(rows))
    ticked = _ticked(ids)
    list_toolbar(
        pages, shown, counted, lambda: _answer_buttons(scope, ticked),
        advice=_("Tick to answer, click to open"),
    )  # fmt: skip
    on_page = tuple(shown["alert_id"].astype(int))
    again = st.session_state.get(_ROUND, 0)
    key = f"alerts_{data_version()}_{pages.number}_{len(rows)}_{again}"
    show_table(
        with_words(scope, shown, now),
        _columns(),
        key=key,
        alt=_("Warnings"),
        on_select=lambda: _selected(key, on_page),
        selection_mode=["single-cell", "multi-row"],
        selected_rows=[place for place, each in enumerate(on_page) if each in ticked],
    )
    if len(rows) == MOST_ALERTS:
        st.caption(_("The worst {n} are shown.", n=formats.number(MOST_ALERTS)))


def with_words(scope: Scope, rows: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """The rows with about, told and age (days)."""
    of_all = sees_for_all(scope)
    told = []
    each: Any
    for each in rows.itertuples():
        facts = facts_of(each)
        told.append((about(each, facts), sentence(each, facts, of_all=of_all)))
    age = (pd.Timestamp(now) - rows["first_seen_at"]).dt.total_seconds() / 86_400
    return rows.assign(
        about=[each[0] for each in told], told=[each[1] for each in told], age=age.clip(lower=0)
    )


def _columns() -> list[Column]:
    severities = {name: (SEVERITY_NAMES[name], SEVERITY_COLOURS[name]) for name in SEVERITY_NAMES}
    kinds = {name: (KIND_NAMES[name], _KIND_COLOURS[name]) for name in KIND_NAMES}
    return [
        Column("severity", _("Severity"), "badge", width=75, badges=severities),
        Column("about", _("What about"), width=225),
        Column("kind", _("Warning"), "badge", width=130, badges=kinds),
        Column("told", _("What is the matter"), width=430),
        Column("age", _("Since"), "duration", width=72),
        Column("sku", _("SKU"), width=100),
    ]


def _ticked(ids: Sequence[int]) -> list[int]:
    kept: list[int] = st.session_state.get(_TICKED, [])
    return [each for each in kept if each in ids]


def _selected(key: str, on_page: tuple[int, ...]) -> None:
    """For callbacks: what is ticked is kept by what it is; a click opens."""
    current_scope("work")
    clicked = clicked_row(key, on_page)
    if clicked is not None:
        st.session_state[_OPEN] = clicked
        return
    kept = [each for each in st.session_state.get(_TICKED, []) if each not in on_page]
    places = [place for place in ticked_rows(key) if place < len(on_page)]
    st.session_state[_TICKED] = [*kept, *(on_page[place] for place in places)]


def forget_ticked() -> None:
    st.session_state[_TICKED] = []
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _answer_buttons(scope: Scope, ticked: list[int]) -> None:
    if ticked:
        st.markdown(f"**{_n('{n} chosen', '{n} chosen', len(ticked))}**", width="content")
    if may_answer_alert(scope, "acknowledge_alert"):
        clicked = st.button(
            _("I am on it"), key="alerts_acknowledge", icon=":material/how_to_reg:",
            disabled=not ticked, help=_("Tells your colleagues that you see to it."),
        )  # fmt: skip
        if clicked:
            acknowledge_dialog(ticked, forget_ticked)
    if st.button(
        _("Remind me later"), key="alerts_snooze", icon=":material/snooze:",
        disabled=not ticked, help=_("Puts it off for you alone, until a day."),
    ):  # fmt: skip
        snooze_dialog(ticked, forget_ticked)


def _answered_list(scope: Scope, rows: pd.DataFrame, now: datetime) -> None:
    label = _n("{n} acknowledged or put off", "{n} acknowledged or put off", len(rows))
    with st.expander(label, icon=":material/how_to_reg:", key="alerts_answered"):
        shown = with_words(scope, rows, now)
        note = shown["note"].where(shown["acknowledged_by"].notna(), shown["reason"])
        shown = shown.assign(said=note.fillna(""), who=[_who(each) for each in rows.itertuples()])
        ids = tuple(rows["alert_id"].astype(int))
        kinds = {name: (KIND_NAMES[name], _KIND_COLOURS[name]) for name in KIND_NAMES}
        columns = [
            Column("kind", _("Warning"), "badge", width=130, badges=kinds),
            Column("about", _("What about"), width=250),
            Column("who", _("Who"), width=150),
            Column("said", _("Note"), width=230),
            Column("snoozed_until", _("Again on"), "day"),
            Column("told", _("What is the matter"), width=380),
            Column("age", _("Since"), "duration", width=85),
        ]
        key = f"alerts_answered_{data_version()}"
        show_table(
            shown, columns, key=key, alt=_("Warnings that are answered to"),
            on_select=lambda: _answered_selected(key, ids),
            selection_mode=["single-cell", "multi-row"],
        )  # fmt: skip
        chosen = [ids[place] for place in ticked_rows(key) if place < len(ids)]
        st.button(
            _("Take back"), key="alerts_take_back", icon=":material/undo:", disabled=not chosen,
            on_click=take_back, args=(TAKE_BACK_FORM, chosen),
            help=_("Shows the ticked ones above again."),
        )  # fmt: skip
        show_refusal(TAKE_BACK_FORM)


def _who(row: Any) -> str:
    if isinstance(row.acknowledged_by, str):
        return _("{name} is on it", name=row.acknowledged_by)
    return _("put off by you")


def _answered_selected(key: str, ids: tuple[int, ...]) -> None:
    current_scope("work")
    clicked = clicked_row(key, ids)
    if clicked is not None:
        st.session_state[_OPEN] = clicked


def _last_run(scope: Scope) -> None:
    """When was looked last and whether that went well, for who sees that; and how to look, where
    nobody ever did."""
    if not scope.sees("refreshes"):
        return
    last = read(find_last_alert_run, scope, engine="record")
    if not last:
        words = _(
            "Nobody has looked for anything to warn of yet: `python -m dashboard alert` does."
        )
        st.caption(words)
    elif last["state"] == "failed":
        moment, why = formats.moment(last["finished_at"]), plain(last["message"] or "")
        words = _("Looking for warnings failed on {moment}: {why}", moment=moment, why=why)
        st.error(words, icon=":material/error:")
    else:
        moment = formats.moment(last["finished_at"])
        st.caption(_("Last looked for on {moment}.", moment=moment))
