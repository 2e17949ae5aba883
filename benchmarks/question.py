"""A question that a page asks, with the arguments it asks it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Engine

from data_access import options
from data_access.scope import Scope


@dataclass(frozen=True)
class Question:
    page: str
    name: str
    query: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    engine: Literal["analytics", "record"] = "analytics"

    def ask(self, engine: Engine, scope: Scope) -> Any:
        return self.query(engine, scope, *self.arguments, **self.named)


def choices(page: str, *, reps: bool = False) -> list[Question]:
    named = {
        "channels": options.list_channels,
        "regions": options.list_regions,
        "categories": options.list_categories,
        **({"reps": options.list_reps} if reps else {}),
    }
    return [
        Question(page, "orders by option", options.count_orders_by_option),
        *(
            Question(page, f"names of {name}", query, ("en",), engine="record")
            for name, query in named.items()
        ),
        Question(page, "what is recorded", options.find_what_is_recorded, engine="record"),
    ]
