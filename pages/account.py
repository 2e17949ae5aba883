"""The person's own account: who they are, language, password, and where they are signed in."""

import streamlit as st

from dashboard.account import (
    browser_name,
    end_all_own_sessions,
    end_own_session,
    own_profile,
    own_sessions,
)
from dashboard.alert_choice import alert_choice
from dashboard.formats import moment
from dashboard.menu import ROLE_NAMES, ROLE_SIGHTS
from dashboard.session import change_password, choose_language, current_scope
from dashboard.texts import LANGUAGES, _, language
from data_access.errors import Refused

scope = current_scope("account")
profile = own_profile(scope)


def keep_language() -> None:
    choose_language(st.session_state["account_language"])


def show_profile() -> None:
    st.subheader(_("Profile"), anchor=False)
    rows = {
        _("Name"): profile["name"],
        _("Username"): profile["username"],
        _("E-mail"): profile["email"],
        _("Role"): _(ROLE_NAMES[scope.role]) if scope.role else _("No role"),
        _("Sees"): _(ROLE_SIGHTS[scope.role]) if scope.role else _("Nothing"),
        _("Regions"): ", ".join(profile["region_names"]),
        _("Channel"): profile["channel"],
    }
    for label, value in rows.items():
        if value:
            left, right = st.columns([1, 3], gap="xxsmall")
            left.caption(label)
            right.text(value)
    st.session_state["account_language"] = language()
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key="account_language",
        required=True,
        on_change=keep_language,
    )


def show_password() -> None:
    st.subheader(_("Password"), anchor=False)
    if profile["is_demo"]:
        st.text(_("The password of a demo account stays as it is."))
        return
    st.caption(_("Last changed {moment}", moment=moment(profile["password_changed_at"])))
    with st.form("password", border=False):
        current = st.text_input(_("Current password"), type="password", key="current_password")
        new = st.text_input(
            _("New password"),
            type="password",
            key="new_password",
            help=_("8 to 128 characters of any kind; a sentence is easy to remember."),
        )
        repeated = st.text_input(_("New password again"), type="password", key="repeated_password")
        st.caption(_("A new password signs you out everywhere."))
        if not st.form_submit_button(_("Change password"), type="primary"):
            return
    try:
        change_password(scope, current, new, repeated)
    except Refused as refusal:
        st.error(_(refusal.message, **refusal.values))
    else:
        st.query_params["problem"] = "changed"
        st.rerun()


def show_sessions() -> None:
    st.subheader(_("Where you are signed in"), anchor=False)
    for session in own_sessions(scope):
        text, button = st.columns([4, 1], vertical_alignment="center")
        here = f" · {_('this browser')}" if session["is_this"] else ""
        text.text(f"{browser_name(session['client'])}{here}")
        text.caption(
            _(
                "Since {since}, last used {last}",
                since=moment(session["created_at"]),
                last=moment(session["seen_at"]),
            )
        )
        button.button(
            _("Sign out"),
            key=f"end_{session['session_id']}",
            on_click=end_own_session,
            args=(session["session_id"],),
            width="stretch",
        )
    st.button(_("Sign out everywhere"), key="end_all", on_click=end_all_own_sessions)


about, places = st.columns(2, gap="large")
with about:
    show_profile()
    show_password()
with places:
    alert_choice(scope)
    show_sessions()
