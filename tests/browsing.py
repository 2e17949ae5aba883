"""A browser for AppTest: the app as a person with these cookies meets it.

AppTest has no browser connection, so `st.context.cookies` is a mock there. A Browser puts a real
cookie jar in that place (in Streamlit, not in our code) and signs in by opening a real session.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime import context
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element
from streamlit.util import calc_hash

from dashboard.cookies import COOKIE
from dashboard.settings import settings
from data_access.accounts import utc_now
from data_access.database import Database
from data_access.sessions import open_session

APP = Path(__file__).resolve().parent.parent / "dashboard" / "app.py"


class Browser:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
        self.database = database
        self.cookies: dict[str, str] = {}
        url = database.writer.url.render_as_string(hide_password=False)
        monkeypatch.setenv("CRM_DATABASE_URL", url)
        monkeypatch.setenv("CRM_ANALYTICS_URL", "off")
        monkeypatch.setattr(context, "_get_client_context", self._client)
        st.cache_data.clear()
        st.cache_resource.clear()

    def sign_in(self, user_id: int) -> str:
        """A session of this person in the cookie jar; returns its token."""
        token = open_session(
            self.database.writer, user_id, now=utc_now(), lifetime=settings().session_lifetime
        )
        self.cookies[COOKIE] = token
        return token

    def open(self, slug: str = "", *, locale: str = "en-GB", **query: Any) -> AppTest:
        """The page of this address in a new tab."""
        tab = AppTest.from_file(str(APP), default_timeout=30)
        tab.context = {"locale": locale}
        tab.query_params.update(query)
        tab._page_hash = calc_hash(slug)
        return tab.run()

    def _client(self) -> SimpleNamespace:
        return SimpleNamespace(cookies=self.cookies, headers={})


def says(tab: AppTest, words: str) -> bool:
    """Whether the words stand anywhere on the page."""
    return any(words in str(text) for text in texts(tab))


def texts(tab: AppTest) -> list[str]:
    """Every title, text, note and piece of HTML on the page, the sidebar's too."""
    found: list[str] = []
    for kind in ("title", "subheader", "text", "markdown", "caption", "error", "info", "success"):
        found += [str(element.value) for element in tab.get(kind) if isinstance(element, Element)]
    return found + [element.proto.body for element in tab.get("html")]
