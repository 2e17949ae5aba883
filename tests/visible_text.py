"""Finds text that people see but that was written into the code instead of the catalogues."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import streamlit
from streamlit.delta_generator import DeltaGenerator

# Parameters whose strings are keys, formats, addresses or settings, not shown as they stand.
_NOT_SHOWN = """
    accept_file align alignment anchor args autocomplete background_color bind border chart_type
    color column_order columns config cursor dash data default delta_arrow delta_color direction
    display_format duration enable expanded file_name fillcolor fillpattern format gap group
    groupby height horizontal_alignment hoverformat hoverinfo hoverlabel hovermode icon
    icon_position id initial_sidebar_state key kwargs label_visibility language layout legendgroup
    lifespan line link_target live marker max_chars mime min_column_width mode name_key num_rows
    on_change on_click on_dismiss on_select on_submit orientation page page_icon path pattern
    persist_state position provider query_params renderer row_gap row_height run_every scope
    selection_default selection_mode shape shortcut show_time size sort spec stack state step
    submit_mode target text_alignment textfont textposition texttemplate theme tickformat timezone
    type unit unsafe_allow_html url url_path validate variant vertical_alignment visibility width
    wrap x xanchor xaxis xperiod xref y yanchor yaxis yref
"""
# Of figures: the parameters that are shown, in any call of a file that draws with plotly.
_SHOWN_IN_FIGURES = """
    text title title_text xaxis_title yaxis_title name hovertemplate ticktext annotation_text
    ticksuffix tickprefix legendgrouptitle_text
"""
# What hangs on st but shows nothing, or shows commands.
_STATE = """
    session_state query_params context secrets user cache_data cache_resource connection fragment
    rerun switch_page stop code
"""
NOT_SHOWN = frozenset(_NOT_SHOWN.split())
SHOWN_IN_FIGURES = frozenset(_SHOWN_IN_FIGURES.split())
STATE = frozenset(_STATE.split())
NAMES = frozenset({"OrderScope"})  # the product is called so in every language
_DISPLAYS = frozenset(
    name for name in dir(DeltaGenerator) if not name.startswith("_") and name not in dir(str)
)
_MARKUP = re.compile(r"<[^>]*>|%\{[^}]*\}|&#?\w+;|:(?:material/\w+:|\w+(?=\[))")


def hard_coded(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of every literal that the file passes to people untranslated."""
    tree = ast.parse(source)
    draws = "plotly" in source
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = _streamlit_name(call.func)
        if name is not None:
            yield from _in_arguments(call, _parameters(name))
        elif draws:
            for keyword in call.keywords:
                if keyword.arg in SHOWN_IN_FIGURES:
                    yield from _literals(keyword.value)


def untranslatable(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) of calls of `_`, `_n` or `N_` that no catalogue can hold, or whose values do
    not fit the {names} of the sentence."""
    for call in ast.walk(ast.parse(source)):
        name = getattr(call.func, "id", None) if isinstance(call, ast.Call) else None
        if not isinstance(call, ast.Call) or name not in ("_", "_n", "N_"):
            continue
        for argument in call.args[: 2 if name == "_n" else 1]:
            if isinstance(argument, ast.JoinedStr | ast.BinOp):
                yield call.lineno, f"{name}() of a composed string"
            elif isinstance(argument, ast.Constant) and name != "N_":
                yield from _unfit_values(call, str(argument.value), plural=name == "_n")


def fields(message: str) -> set[str]:
    """The {names} of a sentence."""
    return set(re.findall(r"\{(\w+)[^}]*\}", message))


def _unfit_values(call: ast.Call, message: str, *, plural: bool) -> Iterator[tuple[int, str]]:
    given = {keyword.arg for keyword in call.keywords}
    if None in given or (not given and not plural):
        return  # **values, or a sentence that is filled by whoever shows it
    expected = fields(message) - ({"n"} if plural else set())
    if expected - given or (given - expected and not plural):
        yield call.lineno, f"{message!r} is given {sorted(map(str, given))}"


def _streamlit_name(function: ast.expr) -> str | None:
    """`metric` of st.metric, left.metric, st.sidebar.metric and st.column_config.X; None if the
    call is not Streamlit's."""
    if not isinstance(function, ast.Attribute):
        return None
    root: ast.expr = function
    while isinstance(root, ast.Attribute | ast.Call):
        if isinstance(root, ast.Attribute) and root.attr in STATE:
            return None
        root = root.value if isinstance(root, ast.Attribute) else root.func
    if isinstance(root, ast.Name) and root.id == "st":
        return function.attr
    if isinstance(root, ast.Name) and "log" in root.id.lower():
        return None  # log.error and log.exception write for whoever runs the server
    return function.attr if function.attr in _DISPLAYS else None


@cache
def _parameters(name: str) -> tuple[str, ...]:
    """The parameters of st.NAME in order, so that positional strings are known by name."""
    found: Any = getattr(streamlit, name, None) or getattr(streamlit.column_config, name, None)
    try:
        return tuple(inspect.signature(found).parameters)
    except (TypeError, ValueError):
        return ()


def _in_arguments(call: ast.Call, parameters: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    named = [
        (parameters[position] if position < len(parameters) else "label", argument)
        for position, argument in enumerate(call.args)
    ]
    named += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg is not None]
    translated = any(name == "format_func" for name, _value in named)
    for name, value in named:
        if name not in NOT_SHOWN and not (name == "options" and translated):
            yield from _literals(value)


def _literals(value: ast.expr) -> Iterator[tuple[int, str]]:
    match value:
        case ast.Constant(value=str() as text):
            parts, inner = [text], []
        case ast.JoinedStr(values=pieces):
            parts = [piece.value if isinstance(piece, ast.Constant) else "\0" for piece in pieces]  # type: ignore[misc]
            inner = [piece.value for piece in pieces if isinstance(piece, ast.FormattedValue)]
        case ast.BinOp(left=left, right=right):
            parts, inner = [], [left, right]
        case ast.IfExp(body=body, orelse=other):
            parts, inner = [], [body, other]
        case ast.BoolOp(values=values):
            parts, inner = [], values
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            parts, inner = [], elements
        case ast.Dict(values=values):
            parts, inner = [], values
        case _:
            return
    text = "".join(map(str, parts))
    words = _MARKUP.sub("", text).strip()
    if words not in NAMES and re.search(r"[^\W\d_]", words):
        yield value.lineno, text.replace("\0", "{…}")
    for part in inner:
        yield from _literals(part)
