"""What a person can choose from in the filter bar: only what they see."""

from __future__ import annotations

from dashboard.filters import Choice
from dashboard.reads import read
from dashboard.texts import _, language
from data_access.options import (
    list_categories,
    list_channels,
    list_currencies,
    list_regions,
    list_reps,
)
from data_access.scope import Scope


def channel_choice(scope: Scope) -> Choice:
    found = read(list_channels, scope, language())
    names = dict(zip(found["channel"], found["name"], strict=True))
    return Choice("channel", _("Channel"), _("All channels"), names)


def region_choice(scope: Scope) -> Choice:
    found = read(list_regions, scope, language())
    names = dict(zip(found["region_id"], found["name"], strict=True))
    return Choice("region", _("Region"), _("All regions"), names)


def category_choice(scope: Scope) -> Choice:
    found = read(list_categories, scope, language())
    names = dict(zip(found["category_id"], found["name"], strict=True))
    return Choice("category", _("Category"), _("All categories"), names)


def rep_choice(scope: Scope) -> Choice:
    found = read(list_reps, scope, language())
    names = dict(zip(found["owner_id"], found["name"], strict=True))
    return Choice("rep", _("Sales rep"), _("All sales reps"), names)


def worth_choosing(*choices: Choice) -> tuple[Choice, ...]:
    """Those that offer something: one channel is no choice."""
    return tuple(choice for choice in choices if len(choice.names) > 1)


def currencies(scope: Scope) -> tuple[str, ...]:
    """The currencies of the orders that the person sees, the most used first."""
    return tuple(read(list_currencies, scope)["currency"])
