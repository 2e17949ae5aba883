"""What the server says to a browser within a few milliseconds goes out in one piece."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Send

SECONDS = 0.003
MOST_HELD = 200  # messages; then whoever sends more waits until these have gone


class Gathered:
    """Sends what is said over a websocket in its order, but what is said at about the same time
    together. A run of a page says some hundred things, and each by itself costs a call to the
    system and a turn of the loop, here and in the browser. Anything else is sent at once, after
    what was said before it. What goes wrong is raised when the next is sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: list[Message] = []
        self._in_order = asyncio.Lock()
        self._later: asyncio.Task[None] | None = None
        self._failed: Exception | None = None

    async def __call__(self, message: Message) -> None:
        if self._failed is not None:
            raise self._failed
        self._held.append(message)
        if message["type"] != "websocket.send" or len(self._held) > MOST_HELD:
            await self._send_held()
        elif self._later is None:
            self._later = asyncio.create_task(self._send_soon())

    async def _send_soon(self) -> None:
        await asyncio.sleep(SECONDS)
        self._later = None
        try:
            await self._send_held()
        except Exception as error:  # nobody waits for this task
            self._failed = error

    async def _send_held(self) -> None:
        async with self._in_order:
            held, self._held = self._held, []
            for message in held:
                await self._send(message)
