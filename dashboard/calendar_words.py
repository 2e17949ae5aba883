"""Events in words: what they are called, what kind they are, and what they did to sales."""

from __future__ import annotations

import math
from typing import Any

from dashboard.texts import N_, _, _n, language
from dashboard.vocabulary import in_words

SOURCES: dict[str, str] = {
    "built_in": N_("Built in"),
    "changed": N_("Changed"),
    "own": N_("Own"),
    "campaign": N_("Campaign"),
}


def event_name(name: str, name_zh: Any) -> str:
    """The name in the person's language, as far as it is known."""
    known = isinstance(name_zh, str) and name_zh.strip()
    return name_zh if known and language().startswith("zh") else name


def kind_name(kind: str) -> str:
    return in_words("calendar_events.kind", kind)


def source_name(source: str, *, is_off: bool) -> str:
    """Where the event comes from, or that it does not count."""
    return _("Switched off") if is_off else _(SOURCES[source])


def effect_in_words(times: int, days: int, effect_rate: float) -> str:
    """ "about +180% over the day, seen 3 times"; too few occurrences say so."""
    if times == 0:
        return _("not seen yet")
    if math.isnan(effect_rate):
        return _n("seen {n} time, too few to tell", "seen {n} times, too few to tell", times)
    change = signed(effect_rate)
    seen = _n("seen {n} time", "seen {n} times", times)
    if days == 1:
        return _("about {change} over the day, {seen}", change=change, seen=seen)
    return _("about {change} over {days} days, {seen}", change=change, days=days, seen=seen)


def effect_range(low_rate: float, high_rate: float) -> str:
    """The smallest and the largest effect that was seen: "+46% to +61%"."""
    if math.isnan(low_rate):
        return ""
    return _("{low} to {high}", low=signed(low_rate), high=signed(high_rate))


def signed(rate: float) -> str:
    """0.614 → +61%"""
    return f"{rate:+.0%}"
