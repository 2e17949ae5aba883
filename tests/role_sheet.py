"""docs/roles.md as plain Python: what each role may see, worked out without the product's code."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class World(dict[str, list[Row]]):
    """Every row of a CRM, by relation."""

    def __repr__(self) -> str:
        return f"World({ {name: rows for name, rows in self.items() if rows} })"


SHEET = Path(__file__).parents[1] / "docs" / "roles.md"
ROLES = (
    "admin", "manager", "sales_lead", "sales_rep", "analyst", "finance", "warehouse", "support",
    "partner",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    role: str
    employee_id: int | None = None
    region_ids: tuple[int, ...] = ()
    channel: str | None = None


@dataclass(frozen=True)
class Entry:
    rows: str
    columns: Mapping[str, str]


@cache
def read_sheet() -> dict[str, dict[str, Entry]]:
    """role → relation → its entry, as docs/roles.md has it."""
    sheet: dict[str, dict[str, Entry]] = {role: {} for role in ROLES}
    for section in SHEET.read_text("utf-8").split("\n## ")[1:]:
        relation, *lines = section.strip().splitlines()
        header, _, rows, *columns = [_cells(line) for line in lines if line.startswith("|")]
        assert tuple(title.replace(" ", "_") for title in header[1:]) == ROLES, relation
        assert rows[0] == "**rows**", relation
        for number, role in enumerate(ROLES, start=1):
            masks = {
                column.strip(): cells[number] for cells in columns for column in cells[0].split(",")
            }
            sheet[role][relation] = Entry(rows[number], masks)
    return sheet


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def visible_rows(world: World, person: Person, relation: str) -> list[Row]:
    """The rows of `relation` that the person may see, each column as it may be read."""
    if person.role not in ROLES:
        return []
    entry = read_sheet()[person.role][relation]
    return [
        {column: MASKS[entry.columns[column]](value, row) for column, value in row.items()}
        for row in world[relation]
        if _may_see(world, person, relation, row, entry.rows)
    ]


def _may_see(world: World, person: Person, relation: str, row: Row, word: str) -> bool:
    match word:
        case "all":
            return True
        case "none":
            return False
        case "own regions":
            return row["region_id"] is not None and row["region_id"] in person.region_ids
        case "own":
            return _is_own(world, person, relation, row)
        case "own channel":
            return person.channel not in (None, "") and row["channel"] == person.channel
        case "to ship":
            return row["stage"] in ("confirmed", "processing", "shipped")
        case "of visible orders":
            return row["order_id"] in _seen(world, person, "orders", "order_id")
        case "of visible customers":
            return row["customer_id"] in _seen(world, person, "customers", "customer_id")
        case "of visible orders or customers":
            return row["order_id"] in _seen(world, person, "orders", "order_id") or row[
                "customer_id"
            ] in _seen(world, person, "customers", "customer_id")
        case "named by visible orders":
            key = {"customers": "customer_id", "regions": "region_id"}[relation]
            return row[key] in _seen(world, person, "orders", key)
        case "of visible forecasts":
            return row["forecast_id"] in _seen(world, person, "forecasts", "forecast_id")
        case "of visible published forecasts":
            key = "published_forecast_id"
            return row[key] in _seen(world, person, "published_forecasts", key)
        case "of visible alerts":
            return row["alert_id"] in _seen(world, person, "alerts", "alert_id")
        case "about stock":
            return row["product_id"] is not None
        case "waited for":
            return row["alert_id"] in _seen(world, person, "alert_orders", "alert_id")
        case "lacked":
            return any(
                each["alert_id"] == row["alert_id"] and (each["lacking"] or 0) > 0
                for each in visible_rows(world, person, "alert_orders")
            )
        case "of equal regions":
            return bool(person.region_ids) and row["rights"] == "regions " + ",".join(
                map(str, person.region_ids)
            )
    raise AssertionError(f"docs/roles.md does not say what {word!r} means")


def _is_own(world: World, person: Person, relation: str, row: Row) -> bool:
    me = person.employee_id
    if me is None:
        return False
    match relation:
        case "customers":
            return bool(row["owner_id"] == me)
        case "orders":
            return row["customer_id"] in _seen(world, person, "customers", "customer_id")
        case "regions":
            return row["region_id"] in _seen(world, person, "customers", "region_id")
        case "employees" | "targets" | "completeness" | "anomaly_notes":
            return bool(row["employee_id"] == me)
    raise AssertionError(f"docs/roles.md does not say whose {relation} are own")


def _seen(world: World, person: Person, relation: str, column: str) -> set[Any]:
    word = read_sheet()[person.role][relation].rows
    rows = [row for row in world[relation] if _may_see(world, person, relation, row, word)]
    return {row[column] for row in rows} - {None}


def _phone(value: str | None, _row: Row) -> str | None:
    if value is None:
        return None
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 7 else "****"


def _initial(value: str | None, _row: Row) -> str | None:
    return None if value is None else f"{value[:1]}***"


def _whole_weeks(value: int | None, row: Row) -> int | None:
    week = float(row["daily_demand"]) * 7
    if value is None or week <= 0:
        return value
    nearest = next((n for n in range(6) if value < week * 2**n * 2**0.5), 6)
    return int(week * 2**nearest + 0.5)


def _half(value: float) -> float:
    """To the nearest half, what lies between two away from zero, as SQL rounds."""
    return math.copysign(math.floor(abs(value) * 2 + 0.5) / 2, value)


MASKS: dict[str, Callable[[Any, Row], Any]] = {
    "✓": lambda value, row: value,
    "hidden": lambda value, row: None,
    "138****5678": _phone,
    "z***": _initial,
    "of own": lambda value, row: None if row["cause"] == "new" else value,
    "half lift": lambda value, row: _half(float(row["lift"])),
    "whole weeks": _whole_weeks,
}
