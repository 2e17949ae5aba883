"""The only cache: scoped queries, each under one string of all that its answer rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

import streamlit as st

from dashboard import connection
from dashboard.connection import EngineName
from dashboard.texts import language
from data_access.scope import Scope

Answer = TypeVar("Answer")

MAX_ENTRIES = 5_000
MAX_SIZE = "256MB"
MAX_DRAWN = 1_000  # figures and cards, some 10 KB each
MAX_LEARNT = 100
LEARNT_SECONDS = 3_600


def read(
    query: Callable[..., Answer],
    scope: Scope,
    *arguments: Any,
    engine: EngineName = "analytics",
    **named: Any,
) -> Answer:
    """What `query(engine, scope, *arguments, **named)` answers on the data as they are now: from
    the cache when the same person's rights have asked the same of the same data, and always a
    copy that the caller may change."""
    _forget_the_erased()
    chosen, version = connection.engine_and_version(engine)
    key = _key(query, scope, arguments, named, engine, version)
    answer: Answer = _keep(key, lambda: query(chosen, scope, *arguments, **named))
    return answer


def draw(block: Callable[..., Answer], scope: Scope, *arguments: Any) -> Answer:
    """What `block(scope, *arguments)` draws from reads of its own, in the person's language: drawn
    once for the same rights, question and data. The very object is shared, so it is never
    changed."""
    _forget_the_erased()
    _engine, version = connection.engine_and_version("analytics")
    key = _key(block, scope, (language(), *arguments), {}, "analytics", version)
    drawn: Answer = _keep_drawn(key, lambda: block(scope, *arguments))
    return drawn


def learn(
    query: Callable[..., Answer], scope: Scope, day: date, *arguments: Any,
    engine: EngineName = "analytics",
) -> Answer:  # fmt: skip
    """What `query(engine, scope, day, *arguments)` learns from what was known on the morning of the
    day. A change in the course of the day tells next to nothing new, and learning takes a hundred
    times as long as reading: it is kept for LEARNT_SECONDS, and the very object is shared."""
    _forget_the_erased()
    chosen, version = connection.engine_and_version(engine)
    of_any_version = version.rpartition(".")[0]
    key = _key(query, scope, (day, *arguments), {}, engine, of_any_version)
    learnt: Answer = _keep_learnt(key, lambda: query(chosen, scope, day, *arguments))
    return learnt


def data_version() -> int:
    """The number of the last change in the CRM database: the same number, the same data."""
    return connection.data_version()


@st.cache_data(show_spinner=False, max_entries=MAX_ENTRIES, max_size=MAX_SIZE)
def _keep(key: str, _ask: Callable[[], Any]) -> Any:
    return _ask()


@st.cache_resource(show_spinner=False, max_entries=MAX_DRAWN)
def _keep_drawn(key: str, _draw: Callable[[], Any]) -> Any:
    return _draw()


@st.cache_resource(show_spinner=False, max_entries=MAX_LEARNT, ttl=LEARNT_SECONDS)
def _keep_learnt(key: str, _learn: Callable[[], Any]) -> Any:
    return _learn()


def _forget_the_erased() -> None:
    """What was remembered of older data may hold a person who has been erased since, by this
    process or another."""
    erasures = connection.facts().get("erasures", "")
    if _known.setdefault("erasures", erasures) != erasures:
        _known["erasures"] = erasures
        for kept in (_keep, _keep_drawn, _keep_learnt):
            kept.clear()
        connection.engine_and_version("analytics")  # the copy leaves its file


_known: dict[str, str] = {}


def _key(
    query: Callable[..., Any],
    scope: Scope,
    arguments: tuple[Any, ...],
    named: dict[str, Any],
    engine: EngineName,
    version: str,
) -> str:
    name = f"{query.__module__}.{query.__qualname__}"
    if "<" in name:
        raise TypeError(f"{name} has no name of its own to be remembered by")
    return canonical((version, engine, name, scope.key, arguments, tuple(sorted(named.items()))))


def canonical(value: Any) -> str:
    """The value as text; different values never give the same text, because every part says its
    kind and its length."""
    match value:
        case None:
            return "none"
        case bool() | int() | float() | Decimal() if not isinstance(value, Enum):
            return _part(type(value).__name__, repr(value))
        case Enum():
            return _part(type(value).__name__, value.name)
        case str():
            return _part("str", value)
        case datetime() | date():
            return _part(type(value).__name__, value.isoformat())
        case tuple():
            return _part("tuple", "".join(map(canonical, value)))
        case frozenset():
            return _part("frozenset", "".join(sorted(map(canonical, value))))
    if isinstance(value, Scope) or not _is_frozen(value):
        raise TypeError(f"a {type(value).__name__} cannot be part of a cache key")
    parts = tuple((field.name, getattr(value, field.name)) for field in fields(value))
    return _part(type(value).__qualname__, canonical(parts))


def _is_frozen(value: Any) -> bool:
    return is_dataclass(value) and bool(type(value).__dataclass_params__.frozen)  # type: ignore[union-attr]


def _part(kind: str, text: str) -> str:
    return f"{kind}:{len(text)}:{text}"
