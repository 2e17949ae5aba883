"""Adjustments by hand: what people know that no history tells, beside the forecast of the model."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.edit_notice import notify
from dashboard.forecast_dialogs import open_adjustment
from dashboard.forecast_view import Told, remark
from dashboard.forecast_words import SPLIT_NAMES
from dashboard.paging import clicked_row
from dashboard.reads import data_version, read
from dashboard.saving import draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.tables import Column, show_table
from dashboard.texts import _, language, plain
from data_access.edits.forecasts import may_change_adjustment, remove_adjustment
from data_access.forecast_adjustments import list_adjustment_effects, list_adjustments
from data_access.scope import Scope

_FORM, _PICKED = "forecast_adjustment", "forecast_adjustment_picked"


def adjustments_block(scope: Scope, told: Told) -> None:
    """Those that change the series, its parts or what it is a part of; a click offers to change or
    remove one."""
    series = told.chosen.series
    listed = read(list_adjustments, scope, series, language(), engine="record")
    if not len(listed):
        remark(_("Nobody has adjusted this forecast."))
        return
    effects = read(list_adjustment_effects, scope, series, engine="record")
    inside = effects[effects["step"] <= len(told.periods)]
    added = inside.groupby("adjustment_id")["effect"].sum()
    frame = _with_words(told, listed, added)
    ids = tuple(int(each) for each in frame["adjustment_id"])
    key = f"forecast_adjustments_{data_version()}_{series.key}"
    show_table(
        frame,
        [
            Column("name", _("Adjustment"), width=190),
            Column("start_on", _("First day"), "day"),
            Column("end_on", _("Last day"), "day"),
            Column("size", _("By how much"), width=110),
            Column("adds", _("Adds here"), width=110, help=_(
                "What it adds to the periods that are shown.")),
            Column("of", _("Of"), width=170),
            Column("reason", _("Reason"), width=240),
            Column("author", _("By"), width=120),
            Column("changed_at", _("Changed at"), "moment"),
        ],
        key=key,
        alt=_("Adjustments of the forecast"),
        on_select=lambda: _clicked(key, ids),
        selection_mode="single-cell",
    )  # fmt: skip
    remark(_("Click a row to change or remove it."))
    picked = listed[listed["adjustment_id"] == st.session_state.get(_PICKED)]
    if len(picked):
        _panel(scope, next(picked.itertuples(index=False)))
    show_refusal(_FORM)


def _with_words(told: Told, listed: pd.DataFrame, added: pd.Series[Any]) -> pd.DataFrame:
    rows: list[Any] = list(listed.itertuples())
    return listed.assign(
        size=[
            f"{row.change_rate:+.1%}" if pd.notna(row.change_rate)
            else formats.number(row.amount, 2)
            for row in rows
        ],
        adds=[told.say(added.get(row.adjustment_id, 0.0)) for row in rows],
        of=[_of(row) for row in rows],
    )  # fmt: skip


def _of(row: Any) -> str:
    words = [_("the company")] if row.level == "company" else [
        row.region if isinstance(row.region, str) else _("Without a region")
    ]  # fmt: skip
    if row.split != "total":
        words.append(f"{_(SPLIT_NAMES[row.split])}: {row.part or _('None')}")
    return " · ".join(words)


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    current_scope("forecast")
    st.session_state[_PICKED] = clicked_row(key, ids)


def _panel(scope: Scope, row: Any) -> None:
    draw_request(_FORM)
    with st.container(border=True, gap="xsmall", key="forecast_adjustment_panel"):
        st.markdown(f"**{plain(row.name)}** · {plain(row.reason)}")
        if not may_change_adjustment(scope, int(row.user_id)):
            remark(_("Only who made an adjustment, a manager or an administrator may change it."))
            return
        with st.container(horizontal=True, gap="small"):
            st.button(_("Change it"), key="adjustment_change", icon=":material/edit:",
                      on_click=open_adjustment, args=(row,))  # fmt: skip
            st.button(_("Remove"), key="adjustment_remove", icon=":material/delete:",
                      on_click=_remove, args=(row,))  # fmt: skip


def _remove(row: Any) -> None:
    scope = current_scope("forecast")
    done = save(_FORM, lambda engine, request_id: remove_adjustment(
        engine, scope, int(row.adjustment_id), seen_version=int(row.version),
        request_id=request_id,
    ))  # fmt: skip
    if done is not None:
        st.session_state.pop(_PICKED, None)
        notify("forecast", _("Removed: {name}", name=plain(str(done.values["name"]))), done)
