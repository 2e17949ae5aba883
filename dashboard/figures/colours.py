"""The one place where a stage, a channel or a kind of value gets its colour.

The values are Streamlit's placeholders: the browser replaces each with the colour of the theme in
use (`chartCategoricalColors` and `chartSequentialColors` in .streamlit/config.toml), so one figure
fits light and dark.
"""

from __future__ import annotations

from zlib import crc32

CATEGORICAL = tuple(f"#{number:06d}" for number in range(1, 9))
BLUE, ORANGE, GREEN, PLUM, SKY, BRICK, OLIVE, MAUVE = CATEGORICAL
SEQUENTIAL = tuple(f"#{number:06d}" for number in range(11, 21))
QUIET = "#000009"  # for words and for what is past: grey that reads on both backgrounds
STRONG = "#000037"  # nearly the colour of text

NOW, BEFORE = BLUE, QUIET

STAGE = {
    "received": BLUE,
    "confirmed": PLUM,
    "processing": OLIVE,
    "shipped": ORANGE,
    "completed": GREEN,
    "cancelled": QUIET,
    "returned": BRICK,
}
# the same hues by the names that badges, markdown and tables know
STAGE_NAME = {
    "received": "blue",
    "confirmed": "violet",
    "processing": "yellow",
    "shipped": "orange",
    "completed": "green",
    "cancelled": "gray",
    "returned": "red",
}
PAYMENT_STATE_NAME = {"paid": "green", "partly_paid": "orange", "unpaid": "red"}

_CHANNEL = {
    "web": BLUE,
    "marketplace": ORANGE,
    "social": PLUM,
    "store": GREEN,
    "phone": SKY,
    "event": BRICK,
    "partner": OLIVE,
}


def channel_colour(channel: str) -> str:
    """The channel's colour, the same on every page and every day, whatever else is shown."""
    return _CHANNEL.get(channel) or CATEGORICAL[crc32(channel.encode()) % len(CATEGORICAL)]
