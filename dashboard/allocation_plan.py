"""The proposal for one short stock: what is drawn of it, and what is sent when it is applied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from dashboard.analytics.inventory.allocation import Weights
from dashboard.analytics.inventory.serving import plan_shares, tell_ready
from dashboard.reads import read
from dashboard.texts import language
from data_access.allocating import list_stock_lines
from data_access.edits.allocating import Share, Weighed
from data_access.inventory import list_expected_receipts
from data_access.scope import Scope

USUAL = Weighed(promised=50, margin=25, value=25)


@dataclass(frozen=True)
class Plan:
    """`lines` in the order in which they are served, with what they hold now (`held`) and are to
    get (`planned`); the same told by `tell_ready` for `now` and `then`."""

    product_id: int
    warehouse_id: int
    lines: pd.DataFrame
    now: pd.DataFrame
    then: pd.DataFrame
    weights: Weighed
    on_hand: int
    reserved: int
    elsewhere: int  # reserved for orders that the person does not see
    there: int  # units to be divided

    @property
    def planned(self) -> int:
        return int(self.lines["planned"].sum())

    @property
    def is_too_much(self) -> bool:
        return self.planned > self.there

    @property
    def changes(self) -> bool:
        """Whether it is anything else than what is set aside already."""
        return bool((self.lines["planned"] != self.lines["set_aside"]).any())

    @property
    def shares(self) -> list[Share]:
        columns = ["order_id", "version", "line_id", "planned"]
        return [
            Share(*map(int, row)) for row in self.lines[columns].itertuples(index=False, name=None)
        ]


def make_plan(
    scope: Scope, row: pd.Series, weights: Weighed, as_of: date, *, whole_first: bool = True
) -> Plan | None:
    """None when nothing waits for it any more."""
    place = int(row["product_id"]), int(row["warehouse_id"])
    lines = read(list_stock_lines, scope, *place, language(), engine="record")
    if not len(lines):
        return None
    first = lines.iloc[0]
    on_hand, elsewhere = int(first["on_hand"]), int(first["elsewhere"])
    there = min(max(on_hand - elsewhere, int(lines["set_aside"].sum())), max(on_hand, 0))
    weights = _seen(weights, lines)
    counts = Weights(weights.promised, weights.margin, weights.value)
    fixed = by_hand(int(row["stock_id"]))
    planned = plan_shares(lines, there, counts, fixed, whole_first=whole_first)
    receipts = read(list_expected_receipts, scope)
    receipts = receipts[
        (receipts["product_id"] == place[0]) & (receipts["warehouse_id"] == place[1])
    ]
    ahead = max(elsewhere - (on_hand - there), 0)  # what others lack comes first
    day = pd.Timestamp(as_of)
    return Plan(
        *place,
        lines=planned,
        now=tell_ready(lines, "held", receipts, day, ahead=ahead),
        then=tell_ready(planned, "planned", receipts, day, ahead=ahead),
        weights=weights,
        on_hand=on_hand,
        reserved=int(first["reserved"]),
        elsewhere=elsewhere,
        there=there,
    )


def usual_shares(lines: pd.DataFrame) -> pd.DataFrame:
    """What the lines of `list_stock_lines` are to get by the usual weights, for who sees all that
    wait: the same, best first, and allocated, short (units)."""
    weights = _seen(USUAL, lines)
    counts = Weights(weights.promised, weights.margin, weights.value)
    planned = plan_shares(lines, int(lines["on_hand"].iloc[0]), counts)
    return planned.assign(
        allocated=planned["planned"], short=planned["quantity"] - planned["planned"]
    )


def knows(lines: pd.DataFrame, name: str) -> bool:
    """Whether the person sees this of any of the lines."""
    return bool(lines[name].notna().any())


def by_hand(stock_id: int) -> dict[int, int]:
    """line_id → units that the person set by hand for this stock."""
    kept: tuple[int, dict[int, int]] = st.session_state.get(_BY_HAND, (0, {}))
    return dict(kept[1]) if kept[0] == stock_id else {}


def set_by_hand(stock_id: int, line_id: int, units: int) -> None:
    st.session_state[_BY_HAND] = (stock_id, {**by_hand(stock_id), line_id: units})


def forget_by_hand() -> None:
    st.session_state.pop(_BY_HAND, None)


_BY_HAND = "allocation_by_hand"


def _seen(weights: Weighed, lines: pd.DataFrame) -> Weighed:
    """What the person does not see does not count."""
    return Weighed(
        promised=weights.promised,
        margin=weights.margin if knows(lines, "margin") else 0,
        value=weights.value if knows(lines, "customer_value") else 0,
    )
