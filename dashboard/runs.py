"""What is asked of the database once in each run of a page's script, however often it is needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from streamlit.runtime.scriptrunner import get_script_run_ctx

Answer = TypeVar("Answer")


class _Memory(threading.local):
    run: object = None
    answers: dict[tuple[str, Hashable], Any]


_memory = _Memory()


def once_a_run(name: str, state: Hashable, ask: Callable[[], Answer]) -> Answer:
    """What `ask()` said before in this run while the `state` was the same. Outside of a run, as in
    a command or a test, it is asked each time."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return ask()
    if _memory.run is not context.cursors:  # made anew for each run, of a fragment too
        _memory.run, _memory.answers = context.cursors, {}
    key = (name, state)
    if key not in _memory.answers:
        _memory.answers[key] = ask()
    answer: Answer = _memory.answers[key]
    return answer
