"""What people read, in their language: gettext catalogues, one language per session.

A message id is the plain English sentence itself. `_("Hello {name}", name=…)` translates and fills
the sentence, `_n` chooses the plural, `N_` only marks a sentence for the catalogue. Nothing is
installed process-wide: sessions are threads, and each asks for its own language.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from string import punctuation

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
DEFAULT_LANGUAGE = "en"
LOCALES = Path(__file__).parent / "locales"

# Set by `in_language` and by `use_language`; asking the session state takes many times longer.
_chosen: ContextVar[str | None] = ContextVar("language", default=None)


def _(msgid: str, /, **values: object) -> str:
    """The sentence in the current language, its {names} filled with `values`."""
    return _filled(_catalogues[language()].gettext(msgid) if msgid else "", values)


def _n(singular: str, plural: str, n: int, /, **values: object) -> str:
    """The sentence for `n` things; {n} is filled with the number, grouped by thousands."""
    message = _catalogues[language()].ngettext(singular, plural, n)
    return _filled(message, {"n": f"{n:,}", **values})


def in_a_row(sentences: Iterable[str]) -> str:
    """Whole sentences one after the other; Chinese puts no space between them."""
    return ("" if language().startswith("zh") else " ").join(sentences)


def N_(msgid: str) -> str:  # noqa: N802  gettext's own name
    """Marks a sentence for the catalogue; whoever shows it passes it to `_`."""
    return msgid


def language() -> str:
    """The code of the language in use: one of LANGUAGES."""
    code = _chosen.get() or _of_session()
    return code if code in LANGUAGES else DEFAULT_LANGUAGE


def use_language(code: str | None) -> None:
    """From here on: of the session when a Streamlit script runs, else of this context."""
    code = code if code in LANGUAGES else DEFAULT_LANGUAGE
    if _script_runs():
        sys.modules["streamlit"].session_state["language"] = code
    _chosen.set(code)  # a script run has a thread, and so a context, of its own


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Within the block, whatever the session says."""
    token = _chosen.set(code)
    try:
        yield
    finally:
        _chosen.reset(token)


def language_of_browser(locale: str | None) -> str:
    """The language for what a browser asks ("zh-TW", "en-GB", None, "de-DE,de;q=0.9,zh;q=0.8")."""
    for wish in (locale or "").split(","):
        code = wish.split(";")[0].strip().replace("_", "-").split("-")[0].lower()
        for known in LANGUAGES:
            if code and known.split("_")[0] == code:
                return known
    return DEFAULT_LANGUAGE


def plain(text: object) -> str:
    """Somebody's own words as Markdown that shows exactly them: no link, image, emoji or LaTeX.

    Each special character becomes `&#NN;`. Streamlit replaces arrows, dashes and `:streamlit:`
    and GFM links web addresses after that is undone, so an invisible word joiner breaks those. An
    e-mail address stays whole, to be copied; Streamlit makes it a mailto link.
    """
    words = _REPLACED_LATE.sub(lambda found: found[0][0] + _JOINER + found[0][1:], str(text))
    return "".join(_ESCAPED.get(character, character) for character in words.strip())


_JOINER = "\u2060"
_ESCAPED = {character: f"&#{ord(character)};" for character in (*punctuation, "\n", "\r", "\t")}
_REPLACED_LATE = re.compile(
    r"(?<!\S)(?:<->|<-|->|---|--|>=|<=|~=)(?!\S)|:(?=streamlit:)|:(?=//)|www(?=\.)", re.IGNORECASE
)


def _filled(message: str, values: dict[str, object]) -> str:
    return message.format(**values) if values else message


def _script_runs() -> bool:
    # A command never loads Streamlit only to learn that no script runs.
    if "streamlit" not in sys.modules:
        return False
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    return get_script_run_ctx(suppress_warning=True) is not None


def _of_session() -> str | None:
    if not _script_runs():
        return None
    code = sys.modules["streamlit"].session_state.get("language")
    return code if isinstance(code, str) else None


def _read_catalogue(code: str) -> NullTranslations:
    """The catalogue as it stands in the .po file; English message ids where there is none."""
    try:
        with (LOCALES / code / "LC_MESSAGES" / "orderscope.po").open("rb") as file:
            catalogue = read_po(file, locale=code, abort_invalid=True)
    except (OSError, PoFileError):
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


_catalogues = {code: _read_catalogue(code) for code in LANGUAGES}
