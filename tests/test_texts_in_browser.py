"""Somebody's own words, drawn by a real Streamlit in a real browser, are only words."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import chromium, new_context, new_tab

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[1]
WORDS = [
    "![](https://evil.example/x.png)",
    "[x](https://evil.example)",
    "<https://evil.example>",
    "https://evil.example/p?x=1",
    "www.evil.example",
    "$A^2$ costs $5 and $$x$$",
    ":red[alarm] :material/home: :smile: :streamlit: :blue-badge[x]",
    "**bold** _it_ ~~gone~~ `code`",
    "# Heading",
    "1. one",
    "- [ ] task",
    "> quote",
    "<b>bold</b> &amp; &#65;",
    "a -> b <- c <-> d -- e --- f >= g <= h ~= i",
    "张三 \\ 有限公司（上海）",
]
DRAWN = re.compile(r"<(a|img|svg|h\d|code|del|strong|em|b|table|li|blockquote|math|input)\b")
SCRIPT = f"""
import streamlit as st
from dashboard.texts import plain

for number, words in enumerate({json.dumps(WORDS)}):
    with st.container(key=f"text_{{number}}"):
        st.markdown(plain(words))
    with st.container(key=f"small_{{number}}"):
        st.markdown(f":small[{{plain(words)}}]")
    with st.container(key=f"button_{{number}}"):
        st.button(plain(words), key=f"b{{number}}")
"""


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "words.py").write_text(SCRIPT, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "words.py", f"--server.port={port}"]
    options = ["--server.address=127.0.0.1", "--server.headless=true"]
    with subprocess.Popen(
        [*command, *options, "--browser.gatherUsageStats=false"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait(port: int) -> None:
    for _attempt in range(600):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("Streamlit did not start")


def test_nothing_in_somebodys_words_is_drawn_as_anything_else(origin: str) -> None:
    with chromium() as browser, new_context(browser) as context:
        page = new_tab(context, origin).open().page
        page.wait_for_selector(f".st-key-button_{len(WORDS) - 1} button")
        for number, words in enumerate(WORDS):
            for place in ("text", "small", "button"):
                found = page.locator(f".st-key-{place}_{number}").first
                assert found.inner_text().replace("\u2060", "").strip() == words
                assert DRAWN.findall(found.inner_html()) == [], words
