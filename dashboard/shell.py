"""The frame around every page: who it is, which pages exist for them, and the sidebar."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from streamlit.navigation.page import StreamlitPage

from dashboard import sign_in
from dashboard.brand import ICON, logo
from dashboard.formats import day
from dashboard.menu import (
    MOST_WITHOUT_SECTIONS,
    PAGES,
    ROLE_NAMES,
    SECTIONS,
    MenuPage,
    landing,
    may_open,
)
from dashboard.session import choose_language, demo_day, end_run, signed_in
from dashboard.texts import LANGUAGES, _, language_of_browser, plain, use_language
from data_access.errors import Refused
from data_access.scope import Scope

NOT_ANSWERING = (OperationalError, InterfaceError, PoolTimeout)


def run() -> None:
    """One run for one browser: chooses among sign-in, refusal and page by the address."""
    st.set_page_config(page_icon=ICON, layout="wide")
    try:
        _run()
    finally:
        end_run()


def _run() -> None:
    try:
        scope = signed_in()
        _choose_first_language(scope)
        page = st.navigation(
            _pages(scope), position="sidebar" if scope else "hidden", expanded=True
        )
    except NOT_ANSWERING as error:
        _everywhere(partial(sign_in.outage_page, error)).run()
        return
    except Refused as refusal:
        _everywhere(partial(sign_in.unfit_page, refusal)).run()
        return
    try:
        if scope is not None:
            _sidebar(scope)
        page.run()
    except NOT_ANSWERING as error:
        sign_in.outage_page(error)


def _everywhere(show: Callable[[], None]) -> StreamlitPage:
    """The same under every address, so that the browser stays where it is until that passes."""

    def instead() -> None:
        show()

    _choose_first_language(None)
    home = _script(instead, "home", "OrderScope", default=True)
    pages = [_script(instead, page.slug, _(page.title)) for page in PAGES]
    return st.navigation([home, *pages], position="hidden")


def _pages(scope: Scope | None) -> list[StreamlitPage] | dict[str, list[StreamlitPage]]:
    """Every address on every run, so that none is ever "not found": signed out, each shows the
    sign-in form; signed in, one that is not for the person's role says so. By section, where the
    menu would be long."""
    if scope is None:
        home = _script(_sign_in_at(""), "home", _("Sign in"), default=True)
        return [home, *(_script(_sign_in_at(page.slug), page.slug, _("Sign in")) for page in PAGES)]
    pages = {page.slug: _page(page, scope) for page in PAGES}

    def go_to_landing_page() -> None:
        st.switch_page(pages[landing(scope.role)])

    home = _script(go_to_landing_page, "home", "OrderScope", default=True)
    if sum(page.visibility == "visible" for page in pages.values()) <= MOST_WITHOUT_SECTIONS:
        return [home, *pages.values()]
    sections = {_(title) if title else "": [pages[page.slug] for page in of_section]
                for title, of_section in SECTIONS}  # fmt: skip
    sections[""].insert(0, home)
    return sections


def _page(page: MenuPage, scope: Scope) -> StreamlitPage:
    if not may_open(scope.role, page.slug):
        return _script(_refusal_of(page, scope), page.slug, _(page.title))
    return st.Page(
        page.file,
        title=_(page.title),
        icon=page.icon,
        url_path=page.slug,
        visibility="visible" if page.in_menu else "hidden",
    )


def _script(
    script: Callable[[], None], slug: str, title: str, *, default: bool = False
) -> StreamlitPage:
    return st.Page(script, title=title, url_path=slug, default=default, visibility="hidden")


def _sign_in_at(slug: str) -> Callable[[], None]:
    def sign_in_here() -> None:
        sign_in.sign_in_page(slug)

    return sign_in_here


def _refusal_of(page: MenuPage, scope: Scope) -> Callable[[], None]:
    def refuse() -> None:
        sign_in.denied_page(scope, page)

    return refuse


def _choose_first_language(scope: Scope | None) -> None:
    """The account's language, else what was chosen in this tab, else the browser's."""
    chosen = st.session_state.get("language")
    if scope is not None:
        chosen = scope.language or chosen
    asked = st.query_params.get("language")
    if scope is None and asked in LANGUAGES:
        chosen = asked
    use_language(chosen or language_of_browser(st.context.locale))


def _sidebar(scope: Scope) -> None:
    st.logo(logo(dark=st.context.theme.type == "dark"), icon_image=ICON)
    with st.sidebar:
        role = _(ROLE_NAMES[scope.role]) if scope.role else _("No role")
        st.markdown(f"**{plain(scope.name)}**  \n{plain(role)}")
        sign_in.language_switch(choose_language)
        sign_in.log_out_form()
        as_of = demo_day()
        if as_of is not None:
            st.caption(_("Demo data as of {day}", day=day(as_of)))
