"""A rule that many files keep is one test, which names each that breaks it: a test for each file
would be most of all tests, and their number alone takes time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def every(things: Sequence[Any]) -> Callable[[Callable[[Any], None]], Callable[[], None]]:
    """Makes the rule for one thing a test of all of them."""

    def decorate(rule: Callable[[Any], None]) -> Callable[[], None]:
        def test() -> None:
            assert things, "there is nothing to hold the rule against"
            broken = [fault for thing in things if (fault := _fault(rule, thing))]
            assert not broken, "\n".join(broken)

        test.__name__, test.__doc__ = rule.__name__, rule.__doc__
        return test

    return decorate


def _fault(rule: Callable[[Any], None], thing: Any) -> str:
    try:
        rule(thing)
    except AssertionError as error:
        return f"{thing}: {error}"
    return ""
