"""Writes docs/data-dictionary.md: every table and column, what it means, and for whom it is masked.

    python -m docs.dictionary

Types come from data_access/tables.py, masks from the policy, meanings from docs/meanings.toml.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, SmallInteger, String, Table, Text

from data_access.columns import Days, Expected, Money, Rate
from data_access.policy import (
    POLICY,
    Mask,
    Role,
    half_lift,
    hidden,
    initial,
    of_own,
    phone,
    whole_weeks,
)
from data_access.scope import RELATIONS
from data_access.tables import metadata

FOLDER = Path(__file__).parent
DICTIONARY = FOLDER / "data-dictionary.md"
INTRODUCTION = """\
# Data dictionary

Every table and column of the CRM database. Made by `python -m docs.dictionary` from
`data_access/tables.py`, the policy and [meanings.toml](meanings.toml): edit those, not this file.

A column ending in `_on` is a business day in the database's time zone, `_at` a moment in UTC, `_id`
an identity, `_rate` a share (0.1 is 10 %). Money has four decimals and stands in the row's
`currency`. **Masked for** names the roles that see the table but not this column as it is
stored; which rows each role sees is in [roles.md](roles.md).
"""

Meanings = dict[str, dict[str, str]]
_MASKS: dict[Mask, str] = {
    hidden: "hidden",
    phone: "138****5678",
    initial: "z***",
    of_own: "of own",
    half_lift: "half lift",
    whole_weeks: "whole weeks",
}


class MeaningMissing(Exception):  # noqa: N818  names what it is
    """A table or column stands in the code and not in meanings.toml, or the other way round."""


def read_meanings() -> Meanings:
    meanings: Meanings = tomllib.loads((FOLDER / "meanings.toml").read_text("utf-8"))
    return meanings


def dictionary(meanings: Meanings) -> str:
    """The whole page; MeaningMissing when a meaning is missing or left over."""
    _check(meanings)
    return "\n".join([INTRODUCTION, *(_section(t, meanings) for t in metadata.tables.values())])


def _check(meanings: Meanings) -> None:
    everywhere = meanings["everywhere"]
    used: set[str] = set()
    problems = [f"[{name}]" for name in meanings.keys() - metadata.tables.keys() - {"everywhere"}]
    for table in metadata.tables.values():
        own = meanings.get(table.name, {})
        names = {column.name for column in table.columns}
        used |= names - own.keys()
        problems += [f"{table.name}.{name}" for name in ({"*"} | names) - {*own, *everywhere}]
        problems += [f"{table.name}.{name} (no such column)" for name in own.keys() - names - {"*"}]
    problems += [f"everywhere.{name} (unused)" for name in everywhere.keys() - used]
    if problems:
        raise MeaningMissing("docs/meanings.toml: " + ", ".join(sorted(problems)))


def _section(table: Table, meanings: Meanings) -> str:
    own = meanings[table.name]
    seen = table.name in RELATIONS
    rows = []
    for column in table.columns:
        meaning = own.get(column.name) or _everywhere(meanings, column)
        masked = _masked_for(table.name, column.name) if seen else "never shown"
        rows.append(f"| {column.name} | {_kind(column)} | {meaning} | {masked} |")
    head = [f"## {table.name}", "", own["*"], "", f"Seen by: {_seen_by(table.name)}.", ""]
    titles = ["| column | type | meaning | masked for |", "|---|---|---|---|"]
    return "\n".join([*head, *titles, *rows, ""])


def _everywhere(meanings: Meanings, column: Column[object]) -> str:
    if column.primary_key:
        return f"Identity of the {column.name.removesuffix('_id').replace('_', ' ')}."
    return meanings["everywhere"][column.name]


def _kind(column: Column[object]) -> str:
    """The type, what it refers to, and whether it may be empty, in a few words."""
    words = _type_name(column)
    for key in column.foreign_keys:
        words += f" → {key.column.table.name}"
    if column.primary_key:
        words += ", key"
    return words if column.nullable or column.primary_key else words + ", required"


def _type_name(column: Column[object]) -> str:
    kind = column.type
    if kind is Money:
        return "money"
    if kind is Rate:
        return "share"
    if kind in (Days, Expected):
        return "number"
    if isinstance(kind, Text):
        return "text"
    if isinstance(kind, String):
        return f"text ≤ {kind.length}"
    for python_kind, name in (
        (Boolean, "yes/no"),
        (SmallInteger, "whole number"),
        (Integer, "whole number"),
        (DateTime, "moment"),
        (Date, "day"),
    ):
        if isinstance(kind, python_kind):
            return name
    raise TypeError(f"{column.table.name}.{column.name}: {kind!r} has no name here")


def _seen_by(relation: str) -> str:
    roles = [role for role in Role if relation in POLICY[role]]
    if len(roles) == len(Role):
        return "every role"
    return ", ".join(_name(role) for role in roles) or "nobody, inside the app only"


def _masked_for(relation: str, column: str) -> str:
    found: dict[str, list[str]] = {}
    for role in Role:
        rule = POLICY[role].get(relation)
        if rule and column in rule.masks:
            found.setdefault(_MASKS[rule.masks[column]], []).append(_name(role))
    return "; ".join(f"{', '.join(roles)} ({mask})" for mask, roles in found.items())


def _name(role: Role) -> str:
    return role.value.replace("_", " ")


def main() -> int:
    DICTIONARY.write_text(dictionary(read_meanings()), encoding="utf-8")
    sys.stdout.write(f"{DICTIONARY.relative_to(FOLDER.parent)}: {len(metadata.tables)} tables\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
