"""Customers that may be one: the pairs, both side by side, the merge and the way back."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from dashboard import formats
from dashboard.analytics.duplicates import MOST_PAIRS, find_duplicates
from dashboard.blanks import blank
from dashboard.live import dialog_closes, dialog_opens
from dashboard.paging import clicked_row
from dashboard.quality_words import CONSENT_NAMES, COUNT_NAMES, FIELD_NAMES
from dashboard.reads import data_version, learn, read
from dashboard.saving import begin_anew, draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, language, plain
from data_access.customer_pairs import (
    find_customer_pair,
    list_customer_names,
    list_customers_to_match,
    list_merges,
)
from data_access.edits.merging import CHOSEN, may_merge, merge_customers, unmerge_customers
from data_access.errors import NotFound
from data_access.scope import Scope

_PAIR = "pair_compared"
_SEEN = "pair_seen"
_NAMED = {"owner_id": "owner", "region_id": "region"}
_NEEDED = ("phone", "email")  # of which a role must see one to tell customers apart


def can_match(scope: Scope) -> bool:
    return any(scope.reads("customers", name) for name in _NEEDED)


def duplicate_pairs(scope: Scope, as_of: date) -> pd.DataFrame:
    """The likely pairs among the customers this person sees, with both names; a customer who was
    merged since the pairs were found is in none."""
    pairs: pd.DataFrame = learn(learn_pairs, scope, as_of, engine="record")
    ids = tuple(sorted({*pairs["first_id"].tolist(), *pairs["second_id"].tolist()}))
    named = read(list_customer_names, scope, ids, language(), engine="record")
    called = dict(zip(named["customer_id"], named["customer"], strict=True))
    return pairs.assign(
        first=pairs["first_id"].map(called), second=pairs["second_id"].map(called)
    ).dropna(subset=["first", "second"], ignore_index=True)


def learn_pairs(engine: Engine, scope: Scope, as_of: date) -> pd.DataFrame:
    return find_duplicates(list_customers_to_match(engine, scope))


def pair_list(scope: Scope, pairs: pd.DataFrame) -> None:
    """The pairs, the likeliest first; a click shows both side by side."""
    if not can_match(scope):
        st.caption(_("Your role sees phones and mails masked: only names are compared."))
    if pairs.empty:
        blank(_("No customer looks like another one."), key="no_pairs")
        return
    counted = _n("{n} pair", "{n} pairs", len(pairs))
    if len(pairs) >= MOST_PAIRS:
        counted = _("the likeliest {most} pairs", most=formats.number(MOST_PAIRS))
    st.markdown(f"**{counted}** :small[:gray[{_('Click a pair to see both side by side')}]]")
    ids = tuple(zip(pairs["first_id"], pairs["second_id"], strict=True))
    key = f"pairs_{data_version()}"
    show_table(
        pairs.assign(reasons=[_reasons(row) for row in pairs.itertuples()]),
        [
            Column("first", _("Customer"), width=240),
            Column("second", _("Perhaps the same as"), width=240),
            Column("score", _("Score"), "chance"),
            Column("reasons", _("What speaks for it"), width=320),
        ],
        key=key,
        alt=_("Customers that may be one and the same"),
        height=420 if len(pairs) > 12 else "content",
        on_select=lambda: _compare(key, ids),
        selection_mode="single-cell",
    )


def _reasons(row: Any) -> str:
    told = []
    if row.name_rate >= 0.999:
        told.append(_("same name"))
    elif row.name_rate >= 0.65:
        told.append(_("similar name"))
    if row.same_phone:
        told.append(_("same phone"))
    if row.same_email:
        told.append(_("same e-mail"))
    if row.address_rate >= 0.75:
        told.append(_("similar address"))
    if row.same_city:
        told.append(_("same city"))
    return " · ".join(told)


def _compare(key: str, ids: tuple[tuple[int, int], ...]) -> None:
    chosen = clicked_row(key, ids)
    if chosen is not None:
        begin_anew("merge")
        st.session_state.pop(_SEEN, None)
        st.session_state[_PAIR] = tuple(map(int, chosen))


def pair_dialog() -> None:
    """The two that were clicked, side by side, if any were."""
    if _PAIR not in st.session_state:
        return
    dialog_opens()

    @st.dialog(_("Two records of one customer?"), width="large", on_dismiss=_close)
    def show() -> None:
        scope = current_scope("quality")
        _side_by_side(scope)

    show()


def _close() -> None:
    st.session_state.pop(_PAIR, None)
    dialog_closes()


def _side_by_side(scope: Scope) -> None:
    chosen: tuple[int, int] | None = st.session_state.get(_PAIR)
    if chosen is None:  # merged just now
        st.rerun()
    draw_request("merge")
    try:
        pair = read(find_customer_pair, scope, *chosen, language(), engine="record")
    except NotFound as refusal:
        st.warning(_(refusal.message))
        return
    both = (pair["first"], pair["second"])
    seen = st.session_state.get(_SEEN, pair["seen"])  # what was on the screen until now
    st.session_state[_SEEN] = pair["seen"]
    _counts(both)
    if not may_merge(scope):
        _values_only(both)
        st.caption(_("Sales leads, managers and administrators merge customers."))
        return
    keeps = st.segmented_control(
        _("Which record stays"), [0, 1], default=_likely_kept(both), required=True,
        format_func=lambda place: f"{plain(both[place]['name'])} ({place + 1})", key="merge_keeps",
    )  # fmt: skip
    kept = int(keeps or 0)
    st.caption(_("Choose the value that stays in each field where they differ."))
    grid = st.grid("auto", min_column_width=460, gap="small", key="merge_fields")
    for name in _differing(both):
        with grid.cell():
            st.session_state[f"merges_{name}"] = st.segmented_control(
                _(FIELD_NAMES[name]), [0, 1], default=_likely_value(both, kept, name),
                required=True, format_func=partial(_choice, both, name), key=f"merge_{name}_{kept}",
            )  # fmt: skip
    st.caption(_("Orders, contacts and everything else of the other record move to the one that"
                 " stays. The merge can be taken back."))  # fmt: skip
    if st.button(
        _("Merge customers"), type="primary", icon=":material/merge:", key="merge_save"
    ) and _merge(scope, chosen, kept, _taken(both, kept), seen):
        st.rerun()
    show_refusal("merge")


def _choice(both: tuple[dict[str, Any], dict[str, Any]], name: str, place: int) -> str:
    return f"{place + 1}: {plain(_told(both[place], name))}"


def _counts(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    rows = [
        {"field": _(name), **{str(place + 1): formats.number(each[key])
                              for place, each in enumerate(both)}}
        for key, name in COUNT_NAMES.items()
    ]  # fmt: skip
    last = {str(place + 1): formats.day(each["last_ordered_on"]) if each["last_ordered_on"] else "–"
            for place, each in enumerate(both)}  # fmt: skip
    rows.append({"field": _("Last order"), **last})
    _show_both(rows, both, "pair_counts")


def _values_only(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    rows = [
        {"field": _(FIELD_NAMES[name]), **{str(place + 1): _told(each, name)
                                           for place, each in enumerate(both)}}
        for name in CHOSEN
    ]  # fmt: skip
    _show_both(rows, both, "pair_values")


def _show_both(
    rows: list[dict[str, str]], both: tuple[dict[str, Any], dict[str, Any]], key: str
) -> None:
    columns = [
        Column(str(place + 1), f"{place + 1}: {each['name']}", width=260)
        for place, each in enumerate(both)
    ]
    show_table(pd.DataFrame(rows), [Column("field", _("Field"), width=140), *columns], key=key,
               alt=_("Both customers side by side"))  # fmt: skip


def _differing(both: tuple[dict[str, Any], dict[str, Any]]) -> list[str]:
    return [name for name in CHOSEN if both[0][name] != both[1][name]]


def _likely_kept(both: tuple[dict[str, Any], dict[str, Any]]) -> int:
    """The one with more orders."""
    return int(both[1]["orders"] > both[0]["orders"])


def _likely_value(both: tuple[dict[str, Any], dict[str, Any]], kept: int, name: str) -> int:
    """That of the record that stays, unless it has none; a refusal stays in any case."""
    other = 1 - kept
    if name == "consent":
        return other if both[other][name] == "refused" or both[kept][name] == "unknown" else kept
    return other if both[kept][name] in (None, "") else kept


def _told(row: dict[str, Any], name: str) -> str:
    value = row[_NAMED.get(name, name)]
    if value is None or value == "":
        return "–"
    if name == "consent":
        return _(CONSENT_NAMES[value])
    return formats.day(value) if isinstance(value, date) else str(value)


def _taken(both: tuple[dict[str, Any], dict[str, Any]], kept: int) -> tuple[str, ...]:
    return tuple(
        name for name in _differing(both) if st.session_state.get(f"merges_{name}") == 1 - kept
    )


def _merge(
    scope: Scope, chosen: tuple[int, int], kept: int, taken: tuple[str, ...], seen: str
) -> bool:
    done = save(
        "merge",
        lambda engine, request_id: merge_customers(
            engine, scope, chosen[kept], chosen[1 - kept], taken=taken, seen=seen,
            request_id=request_id,
        ),
    )  # fmt: skip
    if done is not None:
        _close()
        st.toast(_("Merged. It can be taken back under “Merges”."), icon=":material/merge:")
    return done is not None


def merge_list(scope: Scope) -> None:
    """What was merged, by whom, and the way back."""
    merges = read(list_merges, scope, language(), engine="record")
    show_refusal("unmerge")
    if merges.empty:
        blank(_("No customers were merged yet."), key="no_merges")
        return
    draw_request("unmerge")
    merge: Any
    for merge in merges.itertuples():
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
            border=True, key=f"merge_{merge.merge_id}",
        ):  # fmt: skip
            st.markdown(_told_merge(merge), width="content")
            if pd.isna(merge.unmerged_at) and may_merge(scope):
                st.button(_("Take back"), key=f"unmerge_{merge.merge_id}", icon=":material/undo:",
                          on_click=_unmerge, args=(int(merge.merge_id),))  # fmt: skip


def _told_merge(merge: Any) -> str:
    words = _("**{merged}** became part of **{kept}**", merged=plain(merge.merged_name or "–"),
              kept=plain(merge.customer or "–"))  # fmt: skip
    undone = "" if pd.isna(merge.unmerged_at) else f" :orange-badge[{_('Taken back')}]"
    person = plain(merge.person or "–")
    return f"{words}{undone}  \n:small[:gray[{person} · {formats.moment(merge.merged_at)}]]"


def _unmerge(merge_id: int) -> None:
    scope = current_scope("quality")
    done = save(
        "unmerge",
        lambda engine, request_id: unmerge_customers(
            engine, scope, merge_id, request_id=request_id
        ),
    )
    if done is not None:
        st.toast(_("Taken back: both records are there again."), icon=":material/undo:")
