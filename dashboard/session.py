"""Who is signed in. Asked anew on every run and in every fragment, from the browser's cookie.

Of streamlit-authenticator, which only this file names, OrderScope uses what holds:
`Hasher` compares passwords, and `AuthenticationController.reset_password`, over the library's
credentials dictionary with rules of our own, carries out the account page's new password. Both are
given `prepare_password(...)` and never the password itself, because bcrypt would cut a long one.
Not used: its cookie (set by JavaScript, so readable by any script, and impossible to revoke), its
login counter (one per process, gone at a restart), its password rules (they refuse passphrases and
Chinese) and its forms' wording. Sessions and throttling stand in the database instead
(`data_access.sessions`, `data_access.signing_in`).
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import streamlit as st
from sqlalchemy.exc import OperationalError
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit_authenticator.controllers import AuthenticationController
from streamlit_authenticator.utilities import CredentialsError, Hasher, Validator

from dashboard.connection import database, facts
from dashboard.cookies import token_of
from dashboard.menu import may_open
from dashboard.settings import settings
from dashboard.texts import _, use_language
from data_access.accounts import set_language, set_password, utc_now
from data_access.edits.clock import time_of_work
from data_access.passwords import PasswordRefused, check_new_password, prepare_password
from data_access.scope import Scope, mint_scope
from data_access.sessions import Session, find_session, touch_session
from data_access.signing_in import SignInRefused, check_own_password

# each script run has a thread, and so a context, of its own
_this_run: ContextVar[tuple[str | None, Scope | None]] = ContextVar("run", default=(None, None))


def current_scope(slug: str, *, by_timer: bool = False) -> Scope:
    """The Scope of the person who is signed in, who may open this page; otherwise the page stops
    here. Call it first in a page and in each of its fragments, dialogs and callbacks; `by_timer` in
    a fragment that runs by itself (`run_every`), which is no action of the person."""
    scope = signed_in(by_timer=by_timer) if _in_fragment() else _of_this_run()
    if scope is None or not may_open(scope.role, slug):
        _leave()
    return scope


def signed_in(*, by_timer: bool = False) -> Scope | None:
    """The Scope behind the browser's cookie as the database has it now, or None. Unless the run
    came `by_timer` or by `redraw`, it counts as an action of the person."""
    session = current_session()
    scope = mint_scope(database().record, session.user_id) if session else None
    _forget_another_person(scope)
    _this_run.set((current_token(), scope))
    if session is None or scope is None:
        return None
    if not (by_timer or st.session_state.pop("_redrawn", False)):
        _touch(session)
    return scope


def _of_this_run() -> Scope | None:
    """Who app.py has just found behind the same cookie; a fragment that runs alone asks anew."""
    token, scope = _this_run.get()
    return scope if token is not None and token == current_token() else signed_in()


def scope_of_session(token: str | None, slug: str) -> Scope | None:
    """The Scope of the person whose session this is, if it has not ended and they may open the
    page; for what is done after a run of the page, when no cookie is at hand."""
    found = find_session(database().record, token, now=utc_now(), idle=settings().session_idle)
    scope = mint_scope(database().record, found.user_id) if found else None
    return scope if scope is not None and may_open(scope.role, slug) else None


def current_session() -> Session | None:
    return find_session(
        database().record, current_token(), now=utc_now(), idle=settings().session_idle
    )


def current_token() -> str | None:
    """The session token of this browser, or None."""
    return token_of(st.context.cookies)


def redraw() -> NoReturn:
    """Runs the whole page again because the data changed, which is no action of the person."""
    st.session_state["_redrawn"] = True
    st.rerun()


def today() -> date:
    """The business day: in the database's time zone, or the day a demo database stands at."""
    return demo_day() or datetime.now(ZoneInfo(business_zone())).date()


def business_zone() -> str:
    """The zone in which this database counts business days."""
    return facts().get("time_zone", settings().time_zone)


def demo_day() -> date | None:
    """The day a demo database stands at; None for any other database."""
    found = facts()
    as_of = found.get("demo_as_of") if found.get("demo") == "1" else None
    return date.fromisoformat(as_of) if as_of else None


def moment_of_work() -> datetime:
    """This moment in UTC, to the minute, as edits take it: a demo database stands still."""
    now = time_of_work(facts(), utc_now()).at
    return now.replace(second=0, microsecond=0)


def choose_language(language: str) -> None:
    """Shows everything in this language from now on, and remembers it with the account."""
    use_language(language)
    scope = signed_in()  # a callback runs before the page: the person may be gone
    if scope is not None:
        set_language(database().writer, scope.user_id, language)


def end_run() -> None:
    """app.py is done: what runs next, a callback or a fragment, asks anew who the person is."""
    _this_run.set((None, None))


def check_password(password: str, password_hash: str) -> bool:
    """Whether the hash was made from this password."""
    return bool(Hasher.check_pw(prepare_password(password), password_hash))


def change_password(scope: Scope, current: str, new: str, repeated: str) -> None:
    """Gives the person a new password and ends all their sessions, this one too.

    PasswordRefused says what is wrong with the new one; a wrong current password is counted and
    delayed as at sign-in."""
    if new != repeated:
        raise PasswordRefused("different")
    check_new_password(new, username=scope.username)
    if new == current:
        raise PasswordRefused("same")
    accounts: dict[str, Any] = {"usernames": {scope.username: {}}}

    def check(password: str, password_hash: str) -> bool:
        accounts["usernames"][scope.username] = {"password": password_hash}
        return _reset_password(accounts, scope.username, password, new)

    try:
        check_own_password(database().writer, scope.username, current, now=utc_now(), check=check)
    except SignInRefused as refusal:
        if refusal.reason == "wrong":
            raise PasswordRefused("wrong") from None
        raise
    set_password(
        database().writer,
        scope.username,
        password_hash=accounts["usernames"][scope.username]["password"],
        now=utc_now(),
        actor=scope.username,
    )


class _OwnRules(Validator):  # type: ignore[misc]  # untyped library
    """Lets prepared passwords pass: `check_new_password` has already judged the real one."""

    def validate_password(self, password: str) -> bool:
        return bool(password)


def _reset_password(accounts: dict[str, Any], username: str, current: str, new: str) -> bool:
    controller = AuthenticationController(accounts, validator=_OwnRules(), auto_hash=False)
    prepared = prepare_password(new)
    try:
        changed = controller.reset_password(username, prepare_password(current), prepared, prepared)
    except CredentialsError:
        return False
    return bool(changed)


def _touch(session: Session) -> None:
    try:
        touch_session(database().writer, session, now=utc_now())
    except OperationalError:  # an import holds the database: looking on needs no write
        return


def _forget_another_person(scope: Scope | None) -> None:
    """Nothing that one person typed or chose in this tab is met by the next."""
    person = scope.user_id if scope else None
    if st.session_state.get("_person", person) != person:
        language = st.session_state.get("language")
        st.session_state.clear()
        if language and scope is None:
            use_language(language)
    st.session_state["_person"] = person


def _leave() -> NoReturn:
    if _in_fragment():
        st.rerun()  # app.py shows the sign-in page or the refusal
    st.error(_("This page is not for your role."))
    st.stop()


def _in_fragment() -> bool:
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and bool(context.fragment_ids_this_run)
