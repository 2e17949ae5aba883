"""The rules behind the queues, as data: who answers for a stage, and who may give what discount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard.filters import STAGE_NAMES
from dashboard.live import dialog_closes, dialog_opens
from dashboard.menu import ROLE_NAMES
from dashboard.reads import read
from dashboard.saving import begin_anew, draw_request, save, say_saved, show_refusal
from dashboard.session import current_scope
from dashboard.texts import _
from data_access.edits.rules import (
    DISCOUNT_ROLES,
    LONGEST_CRITERIA,
    MOST_HOURS,
    OWNER_ROLES,
    change_discount_limit,
    change_stage_rule,
    may_change_rules,
)
from data_access.policy import Role
from data_access.rules import list_discount_limits, list_stage_rules
from data_access.scope import Scope


def rules_button(scope: Scope) -> None:
    """Opens the rules, for who may change them."""
    if may_change_rules(scope) and st.button(
        _("Change rules"), key="change_rules", icon=":material/rule_settings:", width="content"
    ):
        _open(_("Rules of stages and discounts"))


def _open(title: str) -> None:
    dialog_opens()
    for form in ("stage_rule", "discount_limit"):
        begin_anew(form)

    @st.dialog(title, width="medium", on_dismiss=dialog_closes)
    def rules() -> None:
        scope = current_scope("work")
        stages, discounts = st.tabs([_("Stages"), _("Discounts")])
        with stages:
            _stage_rule(scope)
        with discounts:
            _discount_limit(scope)

    rules()


def _stage_rule(scope: Scope) -> None:
    rules = read(list_stage_rules, scope, engine="record")
    stage = st.segmented_control(
        _("Stage"),
        list(rules["stage"]),
        format_func=lambda name: _(STAGE_NAMES[name]) if name in STAGE_NAMES else name,
        default=rules["stage"].iloc[0] if len(rules) else None,
        required=True,
        key="rule_stage",
        on_change=begin_anew,
        args=("stage_rule",),
    )
    rule: Any
    for rule in rules[rules["stage"] == stage].itertuples():
        _stage_form(rule)


def _stage_form(rule: Any) -> None:
    draw_request("stage_rule")
    stage = rule.stage
    with st.form(f"stage_rule_{stage}", border=False):
        left, right = st.columns(2)
        left.selectbox(
            _("Owner"),
            [str(role) for role in OWNER_ROLES],
            index=[str(role) for role in OWNER_ROLES].index(rule.owner_role)
            if rule.owner_role in OWNER_ROLES
            else None,
            format_func=lambda role: _(ROLE_NAMES[Role(role)]),
            key=f"rule_owner_{stage}",
            help=_("The role that answers for orders in this stage, and sees them first."),
        )
        right.number_input(
            _("Target in hours"),
            min_value=1,
            max_value=MOST_HOURS,
            value=int(rule.target_hours),
            step=1,
            key=f"rule_hours_{stage}",
            help=_("How long an order may stay in this stage before it is past its deadline."),
        )
        for name, label, value in (
            ("criteria", _("Exit criteria in English"), rule.exit_criteria),
            ("criteria_zh", _("Exit criteria in Chinese"), rule.exit_criteria_zh),
        ):
            st.text_input(
                label,
                value=value or "",
                max_chars=LONGEST_CRITERIA,
                key=f"rule_{name}_{stage}",
                help=_("What must be true before the order may leave the stage."),
            )
        st.form_submit_button(
            _("Save rule"), type="primary", on_click=_save_stage_rule, args=(stage,)
        )
    show_refusal("stage_rule")


def _save_stage_rule(stage: str) -> None:
    scope = current_scope("work")
    said = {
        name: st.session_state.get(f"rule_{name}_{stage}")
        for name in ("owner", "hours", "criteria", "criteria_zh")
    }
    done = save(
        "stage_rule",
        lambda engine, request_id: change_stage_rule(
            engine,
            scope,
            stage,
            owner_role=said["owner"] or "",
            target_hours=said["hours"] or 0,
            exit_criteria=said["criteria"] or "",
            exit_criteria_zh=said["criteria_zh"] or "",
            request_id=request_id,
        ),
    )
    if done:
        say_saved("stage_rule", _("Rule saved. It holds for everybody from now on."))


def _discount_limit(scope: Scope) -> None:
    limits = read(list_discount_limits, scope, engine="record")
    rates = dict(zip(limits["role"], limits["max_rate"], strict=True))
    role = st.segmented_control(
        _("Role"),
        [str(role) for role in DISCOUNT_ROLES],
        format_func=lambda name: _(ROLE_NAMES[Role(name)]),
        default=str(DISCOUNT_ROLES[0]),
        required=True,
        key="limit_role",
        on_change=begin_anew,
        args=("discount_limit",),
    )
    draw_request("discount_limit")
    with st.form(f"discount_limit_{role}", border=False):
        st.number_input(
            _("Largest discount in %"),
            min_value=0.0,
            max_value=100.0,
            value=round(float(rates.get(role, 0)) * 100, 2),
            step=1.0,
            format="%.2f",
            key=f"limit_rate_{role}",
            help=_(
                "What people of this role may take off a price; an order's coupon comes on top."
            ),
        )
        st.form_submit_button(
            _("Save limit"), type="primary", on_click=_save_discount_limit, args=(role,)
        )
    show_refusal("discount_limit")


def _save_discount_limit(role: str) -> None:
    scope = current_scope("work")
    percent = st.session_state.get(f"limit_rate_{role}")
    rate = None if percent is None else Decimal(str(percent)) / 100
    done = save(
        "discount_limit",
        lambda engine, request_id: change_discount_limit(
            engine,
            scope,
            role,
            max_rate=rate,  # type: ignore[arg-type]  # a missing one is refused
            request_id=request_id,
        ),
    )
    if done:
        say_saved("discount_limit", _("Limit saved. It holds for everybody from now on."))
