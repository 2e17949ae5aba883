"""What a person can choose from in the filter bar: only what they see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.filters import Choice
from dashboard.reads import draw, read
from dashboard.texts import _, language
from data_access.options import (
    count_orders_by_option,
    list_categories,
    list_channels,
    list_regions,
    list_reps,
)
from data_access.policy import Role
from data_access.scope import Scope


def channel_choice(scope: Scope) -> Choice:
    return draw(_channels, scope)


def region_choice(scope: Scope) -> Choice:
    return draw(_regions, scope)


def category_choice(scope: Scope) -> Choice:
    return draw(_categories, scope)


def rep_choice(scope: Scope) -> Choice:
    return draw(_reps, scope)


def sees_several_reps(scope: Scope) -> bool:
    """Whether the person's customers are those of several sales reps."""
    return scope.role is not Role.SALES_REP


def worth_choosing(*choices: Choice) -> tuple[Choice, ...]:
    """Those that offer something: one channel is no choice."""
    return tuple(choice for choice in choices if len(choice.names) > 1)


def currencies(scope: Scope) -> tuple[str, ...]:
    """The currencies of the orders that the person sees, the most used first."""
    return draw(_currencies, scope)


def _channels(scope: Scope) -> Choice:
    names = _used_names(scope, "channel", list_channels)
    return Choice("channel", _("Channel"), _("All channels"), names)


def _regions(scope: Scope) -> Choice:
    names = _used_names(scope, "region_id", list_regions)
    return Choice("region", _("Region"), _("All regions"), names)


def _categories(scope: Scope) -> Choice:
    found = read(list_categories, scope, language(), engine="record")
    names = dict(zip(found["category_id"], found["name"], strict=True))
    return Choice("category", _("Category"), _("All categories"), names)


def _reps(scope: Scope) -> Choice:
    names = _used_names(scope, "owner_id", list_reps)
    return Choice("rep", _("Sales rep"), _("All sales reps"), names)


def _currencies(scope: Scope) -> tuple[str, ...]:
    return tuple(_used(scope, "currency"))


def _used_names(scope: Scope, option: str, query: Callable[..., Any]) -> dict[Any, str]:
    found = read(query, scope, language(), engine="record")
    names = dict(found.itertuples(index=False, name=None))
    return {key: names[key] for key in _used(scope, option) if key in names}


def _used(scope: Scope, option: str) -> list[Any]:
    """What the orders that the person sees have, the most used first."""
    found = read(count_orders_by_option, scope)
    of_option = found[found["option"] == option]
    # tolist, not list: the latter leaves numbers that no cache key holds
    return of_option["word" if option in ("channel", "currency") else "number"].tolist()
