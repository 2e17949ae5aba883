"""What a person looks at on the segments page; it lives in the address, and nothing in an address
is taken on trust."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard.analytics.segments import RULE_SEGMENTS, SEGMENTS, cells_of, name_cell
from dashboard.segment_words import MEASURES
from data_access.divisions import USUAL_LIMITS, WAYS, DividedBy, Division, DivisionRefused
from data_access.filters import OrderFilter

OF_PAGE = ("divide", "segment", "versus", "measure", "days", "orders", "sales", "often")
_MOST_CUTS = 80  # characters


@dataclass(frozen=True)
class Chosen:
    division: Division  # without the segment: all of them
    segment: str = ""  # empty: none is chosen
    versus: str = ""
    measure: str = "net_sales_12m"

    def part(self, segment: str) -> Division:
        """The customers of one segment; of all for none."""
        return replace(self.division, groups=groups_of(self.division.by, segment))


def chosen_segments(order_filter: OrderFilter) -> Chosen:
    """What the address says; what it says wrongly counts as not said."""
    by: DividedBy = next((way for way in WAYS if way == _said("divide")), "rfm")
    division = _with_cuts(
        Division(by=by, region_ids=order_filter.region_ids, currency=order_filter.currency)
    )
    measure = _said("measure")
    return Chosen(
        division,
        segment=_segment(by, "segment"),
        versus=_segment(by, "versus"),
        measure=measure if measure in MEASURES else "net_sales_12m",
    )


def codes_of(by: DividedBy, clusters: int = 0) -> tuple[str, ...]:
    """The segments there can be, the best first."""
    if by == "rfm":
        return SEGMENTS
    if by == "rule":
        return tuple(reversed(RULE_SEGMENTS))
    return (*(str(number) for number in range(1, clusters + 1)), "0")


def code_of(by: DividedBy, group: int) -> str:
    """The segment of a part; empty for scores that are none."""
    if by == "rule":
        return RULE_SEGMENTS[group]
    return str(group) if by == "cluster" else name_cell(group)


def groups_of(by: DividedBy, segment: str) -> tuple[int, ...]:
    if not segment:
        return ()
    if by == "rfm":
        return cells_of(segment)
    return (RULE_SEGMENTS.index(segment),) if by == "rule" else (int(segment),)


def segment_of(division: Division) -> str:
    """The segment whose parts a saved choice names; empty where it names none, or several."""
    codes = codes_of(division.by, max(division.groups, default=0))
    fitting = (code for code in codes if groups_of(division.by, code) == division.groups)
    return next(fitting, "") if division.groups else ""


def say(**changes: str | None) -> None:
    """For callbacks: says it in the address; empty or None is not said. The list starts anew."""
    st.query_params.pop("page", None)
    for name, value in changes.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def cuts_for_address(division: Division) -> dict[str, str | None]:
    """The cut points and limits as the address says them."""
    return {
        "days": _joined(division.recency_days),
        "orders": _joined(division.orders),
        "sales": _joined(division.net_sales),
        "often": _joined(division.limits) if division.limits != USUAL_LIMITS else None,
    }


def _with_cuts(division: Division) -> Division:
    cuts: dict[str, Any] = {}
    for name, part, kind in (
        ("days", "recency_days", int), ("orders", "orders", int), ("sales", "net_sales", float),
        ("often", "limits", int),
    ):  # fmt: skip
        numbers = _numbers(_said(name), kind)
        if numbers:
            cuts[part] = numbers
    try:
        return replace(division, **cuts)
    except DivisionRefused:
        return division


def _numbers(text: str, kind: type[int] | type[float]) -> tuple[Any, ...]:
    try:
        return tuple(kind(part) for part in text.split(",")) if 0 < len(text) <= _MOST_CUTS else ()
    except ValueError:
        return ()


def _joined(numbers: tuple[float, ...]) -> str | None:
    return ",".join(f"{number:g}" if number < 1e6 else f"{number:.0f}" for number in numbers)


def _segment(by: DividedBy, name: str) -> str:
    said = _said(name)
    if by == "cluster":
        return str(int(said)) if said.isascii() and said.isdigit() and len(said) <= 2 else ""
    return said if said in codes_of(by) else ""


def _said(name: str) -> str:
    return st.query_params.get(name, "")
