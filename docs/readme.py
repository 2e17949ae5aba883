"""Writes the tables of README.md that the code decides: pages, roles, settings.

    python -m docs.readme

Each stands between `<!-- NAME -->` and `<!-- /NAME -->`; everything else in it is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from dashboard.menu import PAGES, ROLE_NAMES, ROLE_SIGHTS, landing, may_open
from dashboard.settings import TABLE
from data_access.policy import POLICY, Role

README = Path(__file__).parents[1] / "README.md"
# What a role may lack, and the column that tells.
_LACKS = (
    ("what was ordered", "order_lines", "quantity"),
    ("prices", "orders", "net_sales"),
    ("costs and margins", "orders", "cost"),
    ("contact details", "customers", "phone"),
)


def pages() -> str:
    rows = ((f"`/{page.slug}`", page.title, _pages_for(page.slug)) for page in PAGES)
    return _table(("address", "page", "for"), rows)


def roles() -> str:
    rows = (
        (f"`{role}`", ROLE_NAMES[role], ROLE_SIGHTS[role], _lacks(role), f"`/{landing(role)}`")
        for role in Role
    )
    return _table(("role", "who", "sees", "hidden or masked", "starts at"), rows)


def settings() -> str:
    rows = ((f"`{setting.name}`", setting.default, setting.meaning) for setting in TABLE)
    return _table(("setting", "default", "meaning"), rows)


TABLES: dict[str, Callable[[], str]] = {"pages": pages, "roles": roles, "settings": settings}


def filled(text: str) -> str:
    """The text with each table as the code has it now; KeyError for a table it has no place for."""
    for name, table in TABLES.items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not place.search(text):
            raise KeyError(f"README.md has no place for the table of {name}")
        text = place.sub(rf"\g<1>{_verbatim(table())}\n\g<2>", text)
    return text


def _verbatim(replacement: str) -> str:
    return replacement.replace("\\", "\\\\")


def _pages_for(slug: str) -> str:
    allowed = [role for role in Role if may_open(role, slug)]
    others = [role for role in Role if role not in allowed]
    if not others:
        return "everybody"
    if len(others) <= 2:
        return "everybody but " + " and ".join(_name(role) for role in others)
    return ", ".join(_name(role) for role in allowed)


def _lacks(role: Role) -> str:
    return ", ".join(
        words for words, relation, column in _LACKS if not _reads(role, relation, column)
    )


def _reads(role: Role, relation: str, column: str) -> bool:
    rule = POLICY[role].get(relation)
    return rule is not None and column not in rule.masks


def _name(role: Role) -> str:
    return role.value.replace("_", " ")


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [titles, tuple("---" for _title in titles), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    README.write_text(filled(README.read_text("utf-8")), encoding="utf-8")
    sys.stdout.write(f"README.md: {', '.join(TABLES)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
