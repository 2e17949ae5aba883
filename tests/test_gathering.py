"""What is said over a websocket goes out together, in order, and never grows without end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message

from dashboard.gathering import MOST_HELD, SECONDS, Gathered

SOON = SECONDS * 10


def said(number: int) -> Message:
    return {"type": "websocket.send", "bytes": str(number).encode()}


CLOSED: Message = {"type": "websocket.close", "code": 1000}


class Wire:
    """Where it goes: after `breaks_after` messages nothing goes any more."""

    def __init__(self, breaks_after: int | None = None) -> None:
        self.sent: list[Message] = []
        self._breaks_after = breaks_after

    async def send(self, message: Message) -> None:
        await asyncio.sleep(0)
        if len(self.sent) == self._breaks_after:
            raise OSError("gone")
        self.sent.append(message)


def run(wire: Wire, say: Callable[[Gathered], Awaitable[None]]) -> list[Message]:
    async def whole() -> None:
        await say(Gathered(wire.send))

    asyncio.run(whole())
    return wire.sent


def test_what_is_said_at_once_goes_out_a_little_later_in_its_order() -> None:
    wire = Wire()

    async def say(gathered: Gathered) -> None:
        for number in range(5):
            await gathered(said(number))
        assert not wire.sent
        await asyncio.sleep(SOON)
        assert wire.sent == [said(number) for number in range(5)]
        await gathered(said(5))
        await asyncio.sleep(SOON)

    assert run(wire, say) == [said(number) for number in range(6)]


def test_a_close_waits_for_nothing_and_comes_last() -> None:
    async def say(gathered: Gathered) -> None:
        await gathered({"type": "websocket.accept"})
        for number in range(3):
            await gathered(said(number))
        await gathered(CLOSED)

    assert run(Wire(), say) == [{"type": "websocket.accept"}, *map(said, range(3)), CLOSED]


def test_whoever_says_too_much_waits_until_it_has_gone() -> None:
    wire = Wire()

    async def say(gathered: Gathered) -> None:
        for number in range(MOST_HELD + 1):
            await gathered(said(number))
        assert len(wire.sent) == MOST_HELD + 1

    assert run(wire, say) == [said(number) for number in range(MOST_HELD + 1)]


def test_that_a_browser_has_gone_is_heard_at_the_next_message() -> None:
    async def say(gathered: Gathered) -> None:
        for number in range(3):
            await gathered(said(number))
        await asyncio.sleep(SOON)
        with pytest.raises(OSError, match="gone"):
            await gathered(said(3))

    assert run(Wire(breaks_after=2), say) == [said(0), said(1)]
