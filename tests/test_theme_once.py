"""The theme of a new run is what Streamlit itself would write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from dashboard.theme_once import keep_theme

SECTIONS = ("theme", "theme.sidebar", "theme.light", "theme.light.sidebar", "theme.dark",
            "theme.dark.sidebar")  # fmt: skip


@pytest.fixture
def themed() -> Iterator[None]:
    """With two options of a theme; Streamlit's own function is put back."""
    own = app_session._populate_theme_msg
    before = {name: config.get_option(name) for name in ("theme.base", "theme.baseRadius")}
    config.set_option("theme.base", "dark")
    config.set_option("theme.baseRadius", "9px")
    yield
    app_session._populate_theme_msg = own
    for name, value in before.items():
        config.set_option(name, value)


def test_the_theme_is_kept_as_streamlit_writes_it(themed: None) -> None:
    wanted = {}
    for section in SECTIONS:
        wanted[section] = CustomThemeConfig()
        app_session._populate_theme_msg(wanted[section], section)
    assert wanted["theme"].base_radius == "9px" and wanted["theme"].base
    keep_theme()
    keep_theme()  # a second start in the same process changes nothing
    for _run in range(2):
        for section in SECTIONS:
            told = CustomThemeConfig()
            app_session._populate_theme_msg(told, section)
            assert told == wanted[section], section
    config.set_option("theme.baseRadius", "1px")
    told = CustomThemeConfig()
    app_session._populate_theme_msg(told)
    assert told == wanted["theme"]  # read once
