"""The log of changes: what to choose, the entries with what each changed, and the way back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.change_words import (
    Entry,
    RowChange,
    entries_of,
    field_name,
    headline,
    shown_differences,
    table_name,
    told_changes,
    value_told,
)
from dashboard.connection import facts
from dashboard.filters import Choice, current
from dashboard.live import dialog_closes, dialog_opens
from dashboard.menu import find_page
from dashboard.paging import PAGE_ROWS, list_toolbar, pages_of
from dashboard.reads import read
from dashboard.saving import begin_anew, draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, language, plain
from dashboard.vocabulary import action_in_words
from data_access.audit import (
    ChangeFilter,
    count_changes,
    list_actions,
    list_actors,
    list_changes,
)
from data_access.dialects import ZONE
from data_access.edits.transaction import MOST_REASON
from data_access.edits.undoing import UndoRefused, may_undo, undo_change
from data_access.filters import OrderFilter
from data_access.keyset import Cursor
from data_access.scope import Scope

# what no undo takes back: other commands do, or nothing can
NEVER_UNDONE = (
    "create_order", "comment_on_order", "propose_cancellation", "complete_order", "export",
    "record_consent", "erase_person", "merge_customers", "unmerge_customers",
)  # fmt: skip
_LOGGED_BY_HAND = ("users", "people", "customer_merges", "*")


def zone() -> str:
    return facts().get("time_zone", ZONE)


def day_of_log() -> date:
    """Today: the log of a demo is of the days on which people tried it."""
    return datetime.now(ZoneInfo(zone())).date()


def change_choices(scope: Scope) -> tuple[Choice, ...]:
    """Person, action and kind of row, of those that are in the log."""
    actors = read(list_actors, scope, engine="log")
    found = read(list_actions, scope, engine="log")
    people = {
        actor: name or (_("Outside of the app") if actor == "system" else actor)
        for actor, name in zip(actors["actor"], actors["actor_name"], strict=True)
    }
    actions = {action: action_in_words(action) for action in found["action"].unique()}
    kinds = {name: table_name(name) for name in found["table_name"].unique()}
    return (
        Choice("person", _("Person"), _("Everybody"), people, many=False),
        Choice("action", _("Action"), _("Every action"), actions, many=False),
        Choice("kind", _("What was changed"), _("Everything"), kinds, many=False),
    )


def change_filter(choices: tuple[Choice, ...], chosen: OrderFilter) -> ChangeFilter:
    values = current()
    said: dict[str, Any] = {each.parameter: next(iter(each.read(values)), "") for each in choices}
    return ChangeFilter(
        period=chosen.period,
        order_number=chosen.search,
        actor=said["person"],
        action=said["action"],
        table_name=said["kind"],
    )


def change_list(scope: Scope, wanted: ChangeFilter) -> int:
    """A page of the log, newest first; returns how many entries it shows."""

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(
            list_changes, scope, wanted, engine="log", zone=zone(), after=after, limit=limit,
            language=language(),
        )  # fmt: skip

    pages = pages_of("changes", f"{scope.key} {wanted}", rows)
    frame = rows(pages.start, PAGE_ROWS)
    if not len(frame):
        return 0
    entries = entries_of(frame)
    count = read(count_changes, scope, wanted, engine="log", zone=zone())
    counted = _n("{n} changed row", "{n} changed rows", count)
    list_toolbar(pages, frame, counted, lambda: None, advice=_("Open one for details"))
    with st.container(gap="xsmall", key="change_list"):
        for entry in entries:
            _show(scope, entry)
    return len(entries)


def _show(scope: Scope, entry: Entry) -> None:
    undone = f" :orange-badge[{_('Undone')}]" if entry.undone_by else ""
    numbers = ", ".join(plain(number) for number in entry.order_numbers[:3])
    about = f" · {numbers}" if numbers else ""
    changes = told_changes(entry, most=1)
    brief = f" :gray[· {changes}]" if changes else ""
    moment = formats.moment(entry.happened_at)
    details = st.expander(
        f":gray[{moment}] {headline(entry)}{about}{brief}{undone}",
        key=f"change_{entry.audit_id}",
        on_change="rerun",
    )
    if not details.open:
        return
    with details:
        told = told_changes(entry)
        if told:
            st.markdown(told)
        _who_undid_what(scope, entry)
        for number, row in enumerate(entry.rows):
            _show_row(row, f"change_{entry.audit_id}_{number}")
        _actions(scope, entry)


def _show_row(row: RowChange, key: str) -> None:
    """Before → after of each field, in a table of its own."""
    what = table_name(row.table_name)
    title = _("{what}, new", what=what) if row.is_new else what
    title = _("{what}, deleted", what=what) if row.is_gone else title
    st.markdown(f"**{title}** :gray[{plain(row.about)}]")
    if row.table_name in _LOGGED_BY_HAND:
        return
    shown = shown_differences(row)
    frame = pd.DataFrame(
        {
            "field": [field_name(each.field, row.table_name) for each in shown],
            "before": [value_told(row.table_name, each.field, each.before) for each in shown],
            "after": [value_told(row.table_name, each.field, each.after) for each in shown],
        },
        dtype="object",
    )
    columns = [Column("field", _("Field"), width=190)]
    if not row.is_new:
        columns.append(Column("before", _("Before"), width=260))
    if not row.is_gone:
        columns.append(Column("after", _("After"), width=260))
    show_table(frame, columns, key=key, alt=title)


def _who_undid_what(scope: Scope, entry: Entry) -> None:
    for request_id, sentence in (
        (entry.undone_by, N_(":orange[Undone] by {person}, {moment}.")),
        (entry.undoes, N_("Undoes what {person} did: {what}, {moment}.")),
    ):
        found = _entry_of(scope, request_id)
        if found is not None:
            st.markdown(
                _(
                    sentence,
                    person=plain(found.person),
                    what=plain(action_in_words(found.action)),
                    moment=formats.moment(found.happened_at),
                )
            )


def _entry_of(scope: Scope, request_id: str | None) -> Entry | None:
    if not request_id:
        return None
    changes = read(
        list_changes, scope, ChangeFilter(request_id=request_id), engine="log", zone=zone(),
        limit=1, language=language(),
    )  # fmt: skip
    return next(iter(entries_of(changes)), None)


def _actions(scope: Scope, entry: Entry) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for number in entry.order_numbers[:3]:
            st.page_link(
                find_page("order").file,
                label=_("Order {number}", number=plain(number)),
                icon=":material/receipt:",
                query_params={"number": number},
            )
        if can_be_undone(scope, entry) and st.button(
            _("Undo"), key=f"undo_{entry.audit_id}", icon=":material/undo:"
        ):
            _ask(_("Undo this change?"), entry)


def can_be_undone(scope: Scope, entry: Entry) -> bool:
    """Whether to offer it; the command looks at what happened since."""
    return bool(
        may_undo(scope)
        and entry.request_id
        and not entry.undone_by
        and entry.action not in NEVER_UNDONE
    )


def _ask(title: str, entry: Entry) -> None:
    dialog_opens()
    begin_anew("undo")

    @st.dialog(title, on_dismiss=dialog_closes)
    def ask() -> None:
        current_scope("changes")
        draw_request("undo")
        st.markdown(f"{headline(entry)} :gray[{formats.moment(entry.happened_at)}]")
        told = told_changes(entry)
        if told:
            st.markdown(f":small[{told}]")
        st.caption(_("Everything that this change wrote goes back to what it was. The log keeps"
                     " both."))  # fmt: skip
        with st.form("undo_form", border=False):
            st.text_input(_("Why"), key="undo_reason", max_chars=MOST_REASON)
            sent = st.form_submit_button(_("Undo change"), type="primary")
        if sent and _undo(entry):
            st.rerun()
        _show_conflicts()

    ask()


def _undo(entry: Entry) -> bool:
    scope = current_scope("changes")
    reason = " ".join(str(st.session_state.get("undo_reason") or "").split())
    done = save(
        "undo",
        lambda engine, request_id: undo_change(
            engine, scope, entry.request_id or "", request_id=request_id, reason=reason
        ),
    )
    if done:
        st.toast(_("Undone. The log says so too."), icon=":material/undo:")
    return done is not None


def _show_conflicts() -> None:
    """Why it was refused, and what stands there now."""
    refusal = show_refusal("undo")
    if not isinstance(refusal, UndoRefused):
        return
    for conflict in refusal.conflicts:
        field, before, after = conflict.difference
        if field:
            then = value_told(conflict.table_name, field, before)
            now = value_told(conflict.table_name, field, after)
            about, name = plain(conflict.about), plain(field_name(field, conflict.table_name))
            st.markdown(f"{about} · {name}: {plain(then)} → {plain(now)}")
