"""Campaigns of which some customers are held out: started for a segment, who is to be contacted,
and what the campaign brings, by the same test as the list of calls."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.call_effect import EffectWords, told
from dashboard.exports import Export, export_menu, whole_list
from dashboard.reads import read
from dashboard.saving import begin_anew, draw_request, save, say_saved, show_refusal
from dashboard.segment_choice import Chosen
from dashboard.segment_saved import described
from dashboard.session import current_scope
from dashboard.tables import Column
from dashboard.texts import N_, _, _n, in_a_row, language, plain
from data_access.campaign_trials import (
    list_campaign_customers,
    list_campaigns_to_try,
    list_trials,
    sum_campaign_effect,
)
from data_access.divisions import Division, DivisionRefused, read_definition
from data_access.edits.campaign_trials import (
    HELD_OUT_RATES,
    MOST_DAYS,
    extend_trial,
    start_trial,
)
from data_access.edits.rights import may_try_campaigns
from data_access.scope import Scope

_FORM = "campaign_trial"
_USUAL_DAYS = 28
WORDS = EffectWords(
    nobody=N_("Nobody takes part yet."),
    too_few=N_(
        "Too few to tell yet: the {days} days of {n} contacted and {m} held-out customers are over,"
        " those of {waiting} more are not. From {fewest} of each on, both shares are shown."
    ),
    shares=N_(
        "{share} of {n} customers of the campaign ordered within {days} days, {other} of {m} held"
        " out."
    ),
    better=N_("**The campaign brings {gap} points** (95 %: {low} to {high})."),
    worse=N_("**Who gets the campaign orders less: {gap} points** (95 %: {low} to {high})."),
)


def trials_block(scope: Scope, chosen: Chosen, as_of: date) -> None:
    """Each trial with what it brings; for who may, a new one for the chosen segment."""
    explained = _(
        "Some customers are held out of a campaign by a hash that nobody chooses. What the others"
        " order more is what the campaign brings. The interval holds at all times at once, so it"
        " may be looked at every day; an alarm says when the split is not as it should be."
    )
    st.markdown(f":small[:gray[{explained}]]")
    show_refusal(_FORM)
    trials = read(list_trials, scope, engine="record", language=language())
    steps = read(sum_campaign_effect, scope, as_of, engine="record")
    if not len(trials):
        st.markdown(f":gray[{_('No campaign has held-out customers yet.')}]")
    for row in trials.to_dict("records"):
        own = steps[steps["campaign_trial_id"] == row["campaign_trial_id"]]
        _trial(scope, row, own, as_of)
    if may_try_campaigns(scope):
        _new_trial(scope, chosen, as_of)


def _trial(scope: Scope, row: dict[Any, Any], steps: pd.DataFrame, as_of: date) -> None:
    number, count = int(row["campaign_trial_id"]), int(row["customers"])
    with st.container(border=True, gap="xsmall", key=f"trial_{number}"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            segment = _segment(row)
            st.markdown(f"**{plain(row['campaign'])}** · {segment}", width="content")
            with st.container(horizontal=True, gap="xsmall", width="content"):
                if may_try_campaigns(scope) and not _is_over(row, as_of):
                    st.button(
                        _("Add new customers"), key=f"trial_extend_{number}",
                        icon=":material/group_add:", on_click=_extend,
                        args=(number, int(row["version"])),
                    )  # fmt: skip
                export_menu(
                    _export(number, str(row["campaign"]), as_of), count - int(row["held_out"])
                )
        said = [
            _n("{n} customer takes part, {m} held out ({rate} are to be).",
               "{n} customers take part, {m} held out ({rate} are to be).", count,
               m=formats.number(row["held_out"]), rate=formats.rate(row["held_out_rate"], 0)),
            _("Assigned from {day} on.", day=formats.moment(row["created_at"])[:10]),
        ]  # fmt: skip
        st.markdown(f":small[:gray[{in_a_row(said)}]]")
        st.markdown(told(steps, float(row["held_out_rate"]), int(row["within_days"]), WORDS))


def _new_trial(scope: Scope, chosen: Chosen, as_of: date) -> None:
    campaigns = read(list_campaigns_to_try, scope, as_of, engine="record", language=language())
    if not len(campaigns):
        st.markdown(f":gray[{_('Every campaign that is not over has held-out customers.')}]")
        return
    names = dict(zip(campaigns["campaign_id"].tolist(), campaigns["campaign"], strict=True))
    division = chosen.part(chosen.segment)
    draw_request(_FORM)
    with st.form("new_trial", border=True):
        st.markdown(f"**{_('Hold customers out of a campaign')}** · {described(division)}")
        left, middle, right = st.columns(3, gap="small")
        left.selectbox(_("Campaign"), list(names), format_func=lambda each: names[each],
                       key="trial_campaign")  # fmt: skip
        middle.selectbox(_("Held out"), HELD_OUT_RATES, key="trial_rate",
                         format_func=lambda each: formats.rate(each, 0))  # fmt: skip
        right.number_input(_("Days in which an order counts"), 1, MOST_DAYS, _USUAL_DAYS,
                           key="trial_days")  # fmt: skip
        st.form_submit_button(
            _("Assign customers"), type="primary", on_click=_start, args=(division,)
        )


def _export(number: int, campaign: str, as_of: date) -> Export:
    """Whom the campaign is for: without the held-out."""
    return Export(
        slug="segments", name="campaign_customers", as_of=as_of, for_contact=True,
        rows=whole_list(list_campaign_customers, number, language=language()),
        filters=[_("{label}: {values}", label=_("Campaign"), values=campaign)],
        columns=[
            Column("customer", _("Customer")), Column("phone", _("Phone")),
            Column("email", _("E-mail")), Column("rep", _("Sales rep")),
            Column("consent", _("Consent"), words="customers.consent"),
            Column("assigned_on", _("Assigned on"), "day"),
        ],
    )  # fmt: skip


def _segment(row: dict[Any, Any]) -> str:
    try:
        division: Division = read_definition(str(row["definition"]))
    except DivisionRefused:
        return _("a segment of another version")
    return described(division)


def _is_over(row: dict[Any, Any], as_of: date) -> bool:
    return not pd.isna(row["ends_on"]) and pd.Timestamp(row["ends_on"]).date() < as_of


def _start(division: Division) -> None:
    scope = current_scope("segments")
    campaign_id = st.session_state.get("trial_campaign")
    rate, days = st.session_state.get("trial_rate"), st.session_state.get("trial_days")
    done = save(
        _FORM,
        lambda engine, request_id: start_trial(
            engine, scope, campaign_id or 0, division, held_out_rate=rate or 0,
            within_days=days or 0, request_id=request_id,
        ),
    )  # fmt: skip
    if done is not None:
        say_saved(_FORM, _assigned(done.values))


def _extend(number: int, version: int) -> None:
    scope = current_scope("segments")
    begin_anew(_FORM)
    done = save(
        _FORM,
        lambda engine, request_id: extend_trial(
            engine, scope, number, seen_version=version, request_id=request_id
        ),
    )
    if done is not None:
        say_saved(_FORM, _assigned(done.values))


def _assigned(values: Any) -> str:
    return _n("{n} customer assigned, {m} held out.", "{n} customers assigned, {m} held out.",
              int(values["customers"]), m=formats.number(values["held_out"]))  # fmt: skip
