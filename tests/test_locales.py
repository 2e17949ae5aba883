"""Every sentence is in the catalogues, and written in Chinese as Chinese is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from dashboard.locales import update
from dashboard.texts import LANGUAGES
from tests.rules import every
from tests.visible_text import fields, hard_coded, untranslatable

ROOT = Path(__file__).parents[1]
COMMANDS = ("dashboard/commands/", "dashboard/cli.py", "dashboard/locales/")
SCREEN_FILES = [
    path
    for folder in ("pages", "dashboard")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.relative_to(ROOT).as_posix().startswith(COMMANDS)
]
# Sentences that are the same in Chinese: abbreviations and addresses.
SAME = frozenset({"SKU", "OTIF"})
ABBREVIATIONS = (" no.",)
_HAN = r"[\u4e00-\u9fff]"


def messages(code: str) -> list[Message]:
    with update.po_file(code).open("rb") as file:
        catalogue = read_po(file, locale=code)
    return [message for message in catalogue if message.id]


def translated() -> Iterator[tuple[str, str]]:
    """(English, Chinese) of every sentence that has a translation."""
    for message in messages("zh_CN"):
        for text in filter(None, forms(message.string)):
            yield forms(message.id)[-1], text


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ("",))


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_catalogue_is_what_make_texts_writes(code: str) -> None:
    written = update.po_file(code).read_bytes()
    assert written == update.updated(code, update.template()), "run `make texts`"


def test_every_sentence_is_translated() -> None:
    assert update.untranslated("zh_CN") == []


def test_placeholders_are_the_same_in_both_languages() -> None:
    assert [pair for pair in translated() if fields(pair[0]) != fields(pair[1])] == []


def test_chinese_is_chinese() -> None:
    for english, chinese in translated():
        if english not in SAME and re.search(r"[a-z]{2}", re.sub(r"\{\w+\}", "", english)):
            assert re.search(_HAN, chinese), english


def test_chinese_punctuation_is_full_width() -> None:
    half = rf"{_HAN}\s*[,;?!()]|[,;?!()]\s*{_HAN}|{_HAN}\.(?!\w)|{_HAN}:"
    assert [pair for pair in translated() if re.search(half, pair[1])] == []


def test_a_sentence_ends_as_a_sentence_in_both_languages() -> None:
    wrong = [
        pair
        for pair in translated()
        if pair[0].endswith(".") != pair[1].endswith(("。", "。）"))
        and not pair[0].endswith(ABBREVIATIONS)
    ]
    assert wrong == []


def test_english_needs_no_translation() -> None:
    assert [message.id for message in messages("en") if any(forms(message.string))] == []


@every(SCREEN_FILES)
def test_no_text_is_hard_coded(path: Path) -> None:
    assert list(hard_coded(path.read_text("utf-8"))) == []


@every([*SCREEN_FILES, *sorted((ROOT / "data_access").rglob("*.py"))])
def test_every_sentence_can_be_in_a_catalogue(path: Path) -> None:
    assert list(untranslatable(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        'st.title("Orders")',
        'st.metric(_("Sales"), x, help="All of them")',
        'left.metric("Sales", 3)',
        'st.columns(2)[0].caption(f"{n} orders")',
        'st.selectbox(_("Stage"), options=["received", "shipped"])',
        'st.dataframe(f, column_config={"n": "Number"})',
        'st.column_config.NumberColumn("Number")',
        'st.Page("pages/orders.py", title="Orders")',
        'st.sidebar.markdown("**" + x + "** late")',
        'st.error("Gone" if gone else _("Here"))',
        'st.html(f"<p>Hello {name}</p>")',
        'st.button("发货", key="ship")',
    ],
)
def test_a_hard_coded_text_is_found(line: str) -> None:
    assert list(hard_coded(f"import streamlit as st\n{line}"))


@pytest.mark.parametrize(
    "line",
    [
        'st.title(_("Orders"))',
        'st.metric(_("Sales"), "–", border=True, key="sales", format="compact")',
        'st.selectbox(_("Stage"), STAGES, format_func=name_of_stage, key="stage")',
        """st.caption(f"{number(n)} · {_('orders')}")""",
        'st.Page("pages/orders.py", title=_("Orders"), icon=":material/list:", url_path="orders")',
        'st.set_page_config(page_title="OrderScope", layout="wide")',
        'st.column_config.NumberColumn(_("Number"), format="%,d")',
        'st.session_state.get("language")',
        "st.html(f\"<form action='/auth/login'><b>{_('Sign in')}</b></form>\")",
        '", ".join(["a", "b"])',
    ],
)
def test_keys_formats_and_icons_may_stand_in_the_code(line: str) -> None:
    assert list(hard_coded(f"import streamlit as st\n{line}")) == []


def test_a_hard_coded_text_in_a_figure_is_found() -> None:
    source = "import plotly.graph_objects as go\nfigure.update_layout(title_text='Sales')"
    assert list(hard_coded(source)) == [(2, "Sales")]
    source = (
        "import plotly.graph_objects as go\ngo.Bar(hovertemplate='%{x}<br>%{y:,}<extra></extra>')"
    )
    assert list(hard_coded(source)) == []


def test_values_that_do_not_fit_a_sentence_are_found() -> None:
    assert list(untranslatable('_("{n} d late", days=6)'))
    assert list(untranslatable('_n("{n} order of {name}", "{n} orders of {name}", n)'))
    assert list(untranslatable('_(f"{n} d")'))
    assert not list(untranslatable('_("{n} d late", n=6); _(message); _n("{n} d", "{n} ds", 2)'))


def test_a_new_sentence_reaches_the_template(tmp_path: Path) -> None:
    for folder in update.FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "pages" / "orders.py").write_text(
        '_("One"); _n("{n} a", "{n} as", 2); N_("Three"); _(variable)\n', encoding="utf-8"
    )
    (tmp_path / "data_access" / "errors.py").write_text(
        "class Gone(Refused):\n    messages: dict[str, str] = {'x': 'Four.'}\n", encoding="utf-8"
    )
    assert update.messages_in(tmp_path) == {"One", ("{n} a", "{n} as"), "Three", "Four."}
