"""Two databases that must answer alike: one holds everything, one only what one person sees."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.pool import StaticPool

from data_access.scope import RELATIONS, Scope, mint_scope
from data_access.tables import metadata
from tests.role_sheet import Person, World, visible_rows
from tests.worlds import PERSON_ID, fill, new_tables

HOW = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # small worlds need no shrinking, which takes minutes
)


@dataclass(frozen=True)
class Databases:
    everything: Engine
    seen: Engine  # holds only what one person sees

    def write(self, world: World, person: Person) -> tuple[Scope, Scope]:
        """Writes the world here, and what the person sees of it there; returns their Scope, and
        one without filter and mask for the database that needs none."""
        fill(self.everything, world)
        fill(self.seen, {name: visible_rows(world, person, name) for name in RELATIONS})
        scope = mint_scope(self.everything, PERSON_ID)
        assert scope is not None
        return scope, Unlimited(**{part.name: getattr(scope, part.name) for part in fields(scope)})

    def dispose(self) -> None:
        self.everything.dispose()
        self.seen.dispose()


def two_databases(everything: Any, seen: Any) -> Databases:
    """With empty tables, at these URLs; in memory where they name no file."""
    engines = []
    for url in (everything, seen):
        in_memory = str(url).endswith("//")
        engine = create_engine(url, poolclass=StaticPool) if in_memory else create_engine(url)
        new_tables(engine)
        engines.append(engine)
    return Databases(*engines)


class Unlimited(Scope):
    """The same person in a database that holds only what they see: no filter, no mask."""

    @cached_property
    def visible(self) -> Any:
        return Unfiltered()


class Unfiltered:
    """The relations of somebody who sees a whole database as it is."""

    def __init__(self) -> None:
        self._relations: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in self._relations:
            self._relations[name] = select(metadata.tables[name]).subquery(name)
        return self._relations[name]

    def roll_up(self, name: str) -> None:
        """None: what a person is told of roll-ups is what the orders themselves add up to."""


def counted(rows: Any) -> Counter[Any]:
    """The rows without their order, numbers rounded to what every engine computes alike."""
    return Counter(tuple(_comparable(cell) for cell in row) for row in rows)


def _comparable(cell: Any) -> Any:
    if isinstance(cell, tuple):
        return tuple(_comparable(part) for part in cell)
    return round(float(cell), 6) if isinstance(cell, Decimal | float) else cell


def difference(found: Counter[Any], expected: Counter[Any]) -> str:
    # said here, because pytest's own comparison of large values takes minutes
    return f"answered beyond the role sheet {found - expected}, missing {expected - found}"
