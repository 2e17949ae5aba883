"""What somebody sees who may not see a page: the sign-in form, a refusal, or an outage."""

from __future__ import annotations

import logging
from collections.abc import Callable
from html import escape
from urllib.parse import urlencode

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.brand import BLUE, ICON, svg_url
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
}
OWN_PARAMETERS = ("problem", "seconds", "language")


def sign_in_page(slug: str) -> None:
    """The sign-in form under a page's own address, which opens after signing in."""
    is_demo = read_properties(database().record).get("demo") == "1"
    _left, middle, _right = st.columns([1, 5, 1] if is_demo else [1, 1, 1])
    with middle:
        st.space("large")
        form, accounts = st.columns([2, 3], gap="large") if is_demo else (st.container(), None)
        with form:
            _form(slug)
        if accounts is not None:
            with accounts:
                _demo_accounts(slug)
        elif not has_users(database().record):
            st.info(_("Nobody has an account yet. Make one on the server:"))
            st.code("python -m dashboard user add NAME --role admin", language=None)


def denied_page(scope: Scope, page: MenuPage) -> None:
    """Says that the page is not for the person's role, and leads to the one that is."""
    if st.session_state.get("_refused") != page.slug:  # once, not on every run
        st.session_state["_refused"] = page.slug
        record_event("open_page", "refused", user=scope.username, target=page.slug)
    st.title(_("This page is not for your role"), anchor=False)
    role = _(ROLE_NAMES[scope.role]) if scope.role else _("No role")
    st.text(_("“{page}” is not for the role {role}.", page=_(page.title), role=role))
    home = find_page(landing(scope.role))
    st.page_link(home.file, label=_("Go to {page}", page=_(home.title)), icon=home.icon)


def outage_page(error: SQLAlchemyError) -> None:
    """The database does not answer: a sentence and another try, and never the reason itself."""
    LOG.error("the database does not answer: %s", getattr(error, "orig", None) or error)
    st.title(_("The database does not answer"), anchor=False)
    st.text(_("Nothing is lost. The page comes back as soon as the database does."))
    st.button(_("Try again"), type="primary", icon=":material/refresh:")

    @st.fragment(run_every=5)
    def wait() -> None:
        try:
            read_properties(database().record)
        except SQLAlchemyError:
            return
        st.rerun()

    wait()


def unfit_page(refusal: Refused) -> None:
    """The database answers but cannot be used."""
    st.title(_("The database cannot be used"), anchor=False)
    st.text(_(refusal.message, **refusal.values))


def log_out_form() -> None:
    _html_form("/auth/logout", f'<button style="{_QUIET}">{escape(_("Log out"))}</button>')


def language_switch(on_change: Callable[[str], None]) -> None:
    """The one switch of languages; `on_change` is given the code chosen."""
    st.session_state["language_choice"] = language()  # also when it was changed elsewhere
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key="language_choice",
        label_visibility="collapsed",
        required=True,
        on_change=lambda: on_change(st.session_state["language_choice"]),
    )


# A form of the browser's own is needed: only an HTTP answer can set an HttpOnly cookie. The colours
# are the theme's or the text's own, so it fits light and dark.
_BOX = "box-sizing:border-box;width:100%;font:inherit;border-radius:6px;"
_FIELD = _BOX + (
    "display:block;margin:4px 0 14px;padding:8px 12px;color:inherit;background:transparent;"
    "border:1px solid rgba(128,128,128,.6)"
)
_BUTTON = _BOX + (
    f"padding:9px 14px;font-weight:600;color:#fff;background:{BLUE};border:1px solid {BLUE};"
    "cursor:pointer"
)
_QUIET = _BOX + (
    "padding:7px 14px;color:inherit;background:transparent;cursor:pointer;"
    "border:1px solid rgba(128,128,128,.45)"
)
_TOP = "display:flex;flex-direction:column;align-items:flex-start;text-align:left"
_CARDS = "display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:10px"


def _html_form(action: str, content: str) -> None:
    st.html(f'<form method="post" action="{action}" style="margin:0">{content}</form>')


def _form(slug: str) -> None:
    st.html(
        '<h1 style="display:flex;align-items:center;gap:10px;padding:0;font-size:1.5rem">'
        f'<img alt="" width="32" height="32" src="{svg_url(ICON)}">OrderScope</h1>'
    )
    st.caption(_("Orders, customers and receivables, as your role sees them."))
    language_switch(_keep_language)
    _say_problem()
    _html_form(
        "/auth/login",
        f"{_hidden_fields(slug)}"
        f'<label for="username">{escape(_("Username"))}</label>'
        '<input id="username" name="username" autocomplete="username" autocapitalize="none"'
        f' required maxlength="80" style="{_FIELD}">'
        f'<label for="password">{escape(_("Password"))}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password"'
        f' required maxlength="128" style="{_FIELD}">'
        f'<button style="{_BUTTON}">{escape(_("Sign in"))}</button>',
    )


def _hidden_fields(slug: str) -> str:
    """Where to go afterwards, and the language if it was chosen here."""
    parameters = st.query_params.to_dict()
    kept = {name: value for name, value in parameters.items() if name not in OWN_PARAMETERS}
    address = f"/{slug}" + (f"?{urlencode(kept)}" if kept else "")
    return _hidden("next", address) + _hidden("language", parameters.get("language", ""))


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _demo_accounts(slug: str) -> None:
    st.subheader(_("Demo: enter as"), anchor=False)
    accounts = [user for user in list_demo_users(database().record) if user["role"] in set(Role)]
    cards = "".join(_demo_card(slug, user["username"], user["name"], Role(user["role"]))
                    for user in accounts)  # fmt: skip
    st.html(f'<div style="{_CARDS}">{cards}</div>')
    st.caption(
        _("Or sign in by hand: the usernames {names}, each with the password {password}.",
          names=", ".join(user["username"] for user in accounts), password=DEMO_PASSWORD)
    )  # fmt: skip


def _demo_card(slug: str, username: str, name: str, role: Role) -> str:
    return (
        '<form method="post" action="/auth/login" style="margin:0;display:flex">'
        f"{_hidden_fields(slug)}{_hidden('username', username)}{_hidden('password', DEMO_PASSWORD)}"
        f'<button style="{_QUIET};{_TOP}"><strong>{escape(_(ROLE_NAMES[role]))}</strong>'
        f"<span>{escape(name)}</span>"
        f'<span style="opacity:.75;font-size:.9em">{escape(_(ROLE_SIGHTS[role]))}</span>'
        "</button></form>"
    )


def _keep_language(chosen: str) -> None:
    use_language(chosen)
    st.query_params["language"] = chosen


def _say_problem() -> None:
    name = st.query_params.get("problem", "")
    if name == "changed":
        st.success(_("The password is changed. Sign in with the new one."))
    elif name in PROBLEMS:
        seconds = st.query_params.get("seconds", "")
        st.error(_(PROBLEMS[name], seconds=seconds if seconds.isdecimal() else "?"))
