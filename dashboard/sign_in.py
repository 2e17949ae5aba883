"""What somebody sees who may not see a page: the sign-in form, a refusal, or an outage."""

from __future__ import annotations

import logging
from html import escape
from urllib.parse import urlencode

import streamlit as st

from dashboard.connection import database
from dashboard.menu import ROLE_NAMES, ROLE_SIGHTS, MenuPage, find_page, landing
from dashboard.security_log import record_event
from dashboard.texts import LANGUAGES, N_, _, language, use_language
from data_access.accounts import has_users, list_demo_users
from data_access.errors import Refused
from data_access.policy import Role
from data_access.schema import read_properties
from data_access.scope import Scope

LOG = logging.getLogger("orderscope")
DEMO_PASSWORD = "orderscope-demo"  # noqa: S105  printed on the page, of demo databases only
PROBLEMS = {
    "wrong": N_("Username or password is not right."),
    "wait": N_("Too many failed attempts. Try again in {seconds} seconds."),
    "foreign": N_("The form came from another site. Try again here."),
    "database": N_("The database did not answer. Try again in a moment."),
    "changed": N_("The password is changed. Sign in with the new one."),
}
OWN_PARAMETERS = ("problem", "seconds", "language")


def sign_in_page(slug: str) -> None:
    """The sign-in form under a page's own address, which opens after signing in."""
    _left, middle, _right = st.columns([1, 1.4, 1])
    with middle:
        _language_switch()
        st.title("OrderScope", anchor=False)
        _say_problem()
        st.html(_form(slug))
        if read_properties(database().record).get("demo") == "1":
            _demo_accounts(slug)
        elif not has_users(database().record):
            st.info(_("Nobody has an account yet. Make one on the server:"))
            st.code("python -m dashboard user add NAME --role admin", language="shell")


def denied_page(scope: Scope, page: MenuPage) -> None:
    """Says that the page is not for the person's role, and leads to the one that is."""
    record_event("open_page", "refused", user=scope.username, target=page.slug)
    st.title(_("This page is not for your role"), anchor=False)
    role = _(ROLE_NAMES[scope.role]) if scope.role else _("No role")
    st.text(_("“{page}” is not for the role {role}.", page=_(page.title), role=role))
    home = find_page(landing(scope.role))
    st.page_link(home.file, label=_("Go to {page}", page=_(home.title)), icon=home.icon)


def outage_page(error: Exception) -> None:
    """The database does not answer: a sentence and another try, and never the reason itself."""
    LOG.error("the database does not answer: %s", type(error).__name__)
    st.title(_("The database does not answer"), anchor=False)
    st.text(_("Nothing is lost. The page comes back as soon as the database does."))
    st.button(_("Try again"), type="primary", icon=":material/refresh:")


def unfit_page(refusal: Refused) -> None:
    """The database answers but cannot be used."""
    st.title(_("The database cannot be used"), anchor=False)
    st.text(_(refusal.message, **refusal.values))


def log_out_form() -> str:
    return (
        '<form method="post" action="/auth/logout" style="margin:0">'
        f'<button type="submit" style="{_QUIET_BUTTON}">{escape(_("Log out"))}</button></form>'
    )


_FIELD = (
    "display:block;width:100%;box-sizing:border-box;margin:4px 0 14px;padding:9px 12px;"
    "font:inherit;color:inherit;background:transparent;border:1px solid rgba(128,128,128,.55);"
    "border-radius:8px"
)
_BUTTON = (
    "width:100%;padding:9px 14px;font:inherit;font-weight:600;color:#fff;background:#2563eb;"
    "border:1px solid #2563eb;border-radius:8px;cursor:pointer"
)
_QUIET_BUTTON = (
    "width:100%;padding:7px 14px;font:inherit;color:inherit;background:transparent;"
    "border:1px solid rgba(128,128,128,.55);border-radius:8px;cursor:pointer"
)


def _form(slug: str) -> str:
    return (
        '<form method="post" action="/auth/login" style="margin:0">'
        f"{_hidden_fields(slug)}"
        f'<label for="username">{escape(_("Username"))}</label>'
        f'<input id="username" name="username" autocomplete="username" required maxlength="80"'
        f' autofocus style="{_FIELD}">'
        f'<label for="password">{escape(_("Password"))}</label>'
        f'<input id="password" name="password" type="password" autocomplete="current-password"'
        f' required maxlength="128" style="{_FIELD}">'
        f'<button type="submit" style="{_BUTTON}">{escape(_("Sign in"))}</button></form>'
    )


def _hidden_fields(slug: str) -> str:
    """Where to go afterwards, and the language if it was chosen here."""
    parameters = st.query_params.to_dict()
    chosen = parameters.get("language", "")
    kept = {name: value for name, value in parameters.items() if name not in OWN_PARAMETERS}
    address = f"/{slug}" + (f"?{urlencode(kept)}" if kept else "")
    fields = {"next": address, "language": chosen}
    return "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in fields.items()
    )


def _demo_accounts(slug: str) -> None:
    st.markdown(f"**{_('Demo: enter as')}**")
    for user in list_demo_users(database().record):
        role = Role(user["role"])
        st.html(
            '<form method="post" action="/auth/login" style="margin:0">'
            f"{_hidden_fields(slug)}"
            f'<input type="hidden" name="username" value="{escape(user["username"])}">'
            f'<input type="hidden" name="password" value="{DEMO_PASSWORD}">'
            f'<button type="submit" style="{_QUIET_BUTTON};text-align:left">'
            f"<strong>{escape(_(ROLE_NAMES[role]))}</strong> · {escape(user['name'])}<br>"
            f'<span style="opacity:.75">{escape(_(ROLE_SIGHTS[role]))}</span></button></form>'
        )


def _language_switch() -> None:
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        default=language(),
        format_func=LANGUAGES.__getitem__,
        key="language_choice",
        label_visibility="collapsed",
        required=True,
        on_change=_keep_language,
    )


def _keep_language() -> None:
    use_language(st.session_state["language_choice"])
    st.query_params["language"] = language()


def _say_problem() -> None:
    problem = PROBLEMS.get(st.query_params.get("problem", ""))
    if problem is not None:
        seconds = st.query_params.get("seconds", "")
        st.error(_(problem, seconds=seconds if seconds.isdecimal() else "?"))
