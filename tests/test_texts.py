"""Sentences come out in the language of whoever reads them."""

from __future__ import annotations

import html
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard import texts
from dashboard.texts import (
    LANGUAGES,
    N_,
    _,
    _n,
    in_language,
    language,
    language_of_browser,
    plain,
    use_language,
)


def test_a_sentence_is_english_unless_another_language_is_chosen() -> None:
    assert language() == "en"
    assert _("Orders") == "Orders"
    with in_language("zh_CN"):
        assert _("Orders") == "订单"
    assert _("Orders") == "Orders"


def test_names_in_a_sentence_are_filled() -> None:
    assert _("{n} d late", n=6) == "6 d late"
    with in_language("zh_CN"):
        assert _("{n} d late", n=6) == "逾期 6 天"


def test_values_are_never_read_as_patterns() -> None:
    assert _("{n} d", n="{x}") == "{x} d"


def test_an_unknown_sentence_is_shown_as_it_is() -> None:
    with in_language("zh_CN"):
        assert _("Nobody has written this one yet.") == "Nobody has written this one yet."
        assert _("") == ""


@pytest.mark.parametrize(
    ("n", "shown"), [(0, "0 boxes"), (1, "1 box"), (2, "2 boxes"), (1234, "1,234 boxes")]
)
def test_plurals_follow_the_number(n: int, shown: str) -> None:
    assert _n("{n} box", "{n} boxes", n) == shown


def test_marking_leaves_the_sentence_alone() -> None:
    assert N_("Orders") == "Orders"


def test_an_unknown_language_is_english() -> None:
    with in_language("tlh"):
        assert language() == "en"
        assert _("Orders") == "Orders"


def test_a_missing_or_broken_catalogue_leaves_the_english_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "LOCALES", tmp_path)
    assert texts._read_catalogue("zh_CN").gettext("Orders") == "Orders"
    broken = tmp_path / "zh_CN" / "LC_MESSAGES" / "orderscope.po"
    broken.parent.mkdir(parents=True)
    broken.write_text('msgid "Orders\nmsgstr', encoding="utf-8")
    assert texts._read_catalogue("zh_CN").gettext("Orders") == "Orders"


@pytest.mark.parametrize(
    ("locale", "code"),
    [
        ("zh-CN", "zh_CN"),
        ("zh-Hant-TW", "zh_CN"),
        ("zh", "zh_CN"),
        ("en-GB", "en"),
        ("de-DE", "en"),
        ("de-DE,de;q=0.9,zh-CN;q=0.8,en;q=0.7", "zh_CN"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_first_language_is_the_browsers(locale: str | None, code: str) -> None:
    assert language_of_browser(locale) == code


def test_languages_are_named_in_themselves() -> None:
    assert LANGUAGES == {"en": "English", "zh_CN": "简体中文"}


def test_each_session_has_its_own_language() -> None:
    def script() -> None:
        import streamlit as st

        from dashboard.texts import _

        st.text(_("Orders"))

    tabs = {code: AppTest.from_function(script) for code in ("en", "zh_CN")}
    for code, tab in tabs.items():
        tab.session_state["language"] = code
    for _turn in range(2):  # one after the other, and again: neither takes the other's
        assert [str(tab.run().text[0].value) for tab in tabs.values()] == ["Orders", "订单"]


def test_a_script_chooses_for_its_session_alone() -> None:
    def script() -> None:
        import streamlit as st

        from dashboard.texts import _, use_language

        use_language("zh_CN")
        st.text(_("Orders"))

    at = AppTest.from_function(script).run()
    assert at.text[0].value == "订单"
    assert at.session_state["language"] == "zh_CN"
    assert _("Orders") == "Orders"


def test_a_command_chooses_for_itself() -> None:
    with in_language("en"):
        use_language("zh_CN")
        assert _("Orders") == "订单"
    assert _("Orders") == "Orders"


def test_a_command_does_not_load_streamlit_to_speak() -> None:
    code = "import sys, dashboard.texts as t; t._('Orders'); sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.text())
def test_somebodys_words_come_back_whole(text: str) -> None:
    read = html.unescape(plain(text)).replace("\u2060", "")
    assert read == text.replace("\u2060", "").strip()


@given(st.text(alphabet=string.printable))
def test_nothing_special_is_left_outside_an_entity(text: str) -> None:
    left = re.sub(r"&#[0-9]+;", "", plain(text))
    assert not set(left) & {*string.punctuation, "\n", "\r", "\t"}


@pytest.mark.parametrize("text", [":streamlit:", "a -> b", "a <- b", "a --- b", "a -- b", "a >= b"])
def test_what_streamlit_replaces_late_is_broken_by_an_invisible_joiner(text: str) -> None:
    assert "\u2060" in plain(text)


def test_ordinary_words_are_left_alone() -> None:
    assert plain("上海 Ltd 2026") == "上海 Ltd 2026"
    assert plain(None) == "None"
