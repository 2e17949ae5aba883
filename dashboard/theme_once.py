"""The theme in Streamlit's message of a new run, spelled once and not for every run of a page."""

from __future__ import annotations

from typing import Any

from streamlit.runtime import app_session

_NAME = "_populate_theme_msg"


def keep_theme() -> None:
    """Streamlit reads the six sections of the theme and writes them out anew whenever a page runs,
    which is a tenth of what Overview takes. They do not change while the server runs. Without that
    function, in another version of Streamlit, nothing is done."""
    spell = getattr(app_session, _NAME, None)
    if spell is None or hasattr(spell, "kept"):
        return
    kept: dict[str, Any] = {}

    def copy(message: Any, section: str = "theme") -> None:
        if section not in kept:
            found = type(message)()
            spell(found, section)
            kept[section] = found
        if kept[section].ListFields():  # what is not set stays unset
            message.MergeFrom(kept[section])

    copy.kept = kept  # type: ignore[attr-defined]
    setattr(app_session, _NAME, copy)
