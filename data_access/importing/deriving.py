"""Columns that follow from others: the business day of a moment, the moment a day begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from data_access.importing.formats import Formats
from data_access.importing.mapping import MOMENT_OF_DAY, TableRule
from data_access.importing.moments import business_day, start_of_day


def derived_columns(
    rule: TableRule, mapped: list[str], formats: Formats
) -> list[tuple[str, int, Callable[[Any], Any]]]:
    """(column, position it is derived from, how) for moments and days given only as the other."""
    zone = formats.business_zone
    found: list[tuple[str, int, Callable[[Any], Any]]] = []
    for day, moment in MOMENT_OF_DAY.items():
        if moment in mapped and day not in mapped and day in rule.table.c:
            found.append((day, mapped.index(moment), lambda value: business_day(value, zone)))
        elif day in mapped and moment not in mapped and moment in rule.table.c:
            found.append((moment, mapped.index(day), lambda value: start_of_day(value, zone)))
    return found
