"""What reminding brings: who was reminded beside who was held out, and how sure that is."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard import formats
from dashboard.analytics.experiments import (
    FEWEST,
    Arm,
    Difference,
    compare_arms,
    customers_needed,
)
from dashboard.reads import read
from dashboard.session import business_zone
from dashboard.texts import _, in_a_row
from data_access.rebuys import BOUGHT_WITHIN_DAYS, sum_reminder_effect
from data_access.scope import Scope

_LIFT = 0.1  # a difference that is worth noticing
_USUAL_SHARE = 0.4  # that buys unreminded, before anybody knows better


def effect_block(scope: Scope, as_of: date) -> None:
    """The two shares and their difference; no claim before there are enough, or while it may be
    chance."""
    rows = read(sum_reminder_effect, scope, as_of, business_zone()).to_dict("records")
    counts = {
        bool(row["is_held_out"]): (int(row["bought"]), int(row["customers"]), int(row["waiting"]))
        for row in rows
    }
    reminded, held_out = counts.get(False, (0, 0, 0)), counts.get(True, (0, 0, 0))
    st.markdown(f"**{_('What reminding brings')}**")
    st.markdown(_told(reminded, held_out))
    st.markdown(f":small[:gray[{_how()}]]")


def _told(reminded: tuple[int, int, int], held_out: tuple[int, int, int]) -> str:
    if min(reminded[1], held_out[1]) < FEWEST:
        return _too_few(reminded, held_out)
    found = compare_arms(_arm(reminded), _arm(held_out))
    shares = _(
        "{share} of {n} reminded customers bought, {other} of {m} held out.",
        share=formats.rate(found.first), n=formats.number(reminded[1]),
        other=formats.rate(found.second), m=formats.number(held_out[1]),
    )  # fmt: skip
    return in_a_row((shares, _claim(found)))


def _arm(counts: tuple[int, int, int]) -> Arm:
    bought, customers, _waiting = counts
    return Arm(customers, bought)


def _too_few(reminded: tuple[int, int, int], held_out: tuple[int, int, int]) -> str:
    share = held_out[0] / held_out[1] if held_out[1] >= FEWEST else _USUAL_SHARE
    counted = _(
        "Too few to tell yet: the days of {n} reminded and {m} held-out customers are over, those "
        "of {waiting} more are not.",
        n=formats.number(reminded[1]), m=formats.number(held_out[1]),
        waiting=formats.number(reminded[2] + held_out[2]),
    )  # fmt: skip
    needed = _(
        "From {fewest} of each on, both shares are shown; to notice a difference of {lift} points "
        "takes about {needed} of each.",
        fewest=FEWEST, lift=round(100 * _LIFT), needed=formats.number(_needed(share)),
    )  # fmt: skip
    return in_a_row((counted, needed))


def _claim(found: Difference) -> str:
    values = {
        "gap": f"{100 * found.value:+.1f}", "low": f"{100 * found.low:+.1f}",
        "high": f"{100 * found.high:+.1f}",
    }  # fmt: skip
    if found.low > 0:
        return _("**Reminding brings {gap} points** (95 %: {low} to {high}).", **values)
    if found.high < 0:
        return _("**Who is reminded buys less: {gap} points** (95 %: {low} to {high}).", **values)
    told = _("The difference of {gap} points may be chance (95 %: {low} to {high}).", **values)
    needed = _("To notice {lift} points takes about {n} customers of each.",
               lift=round(100 * _LIFT), n=formats.number(_needed(found.second)))  # fmt: skip
    return in_a_row((told, needed))


def _needed(share: float) -> int:
    return customers_needed(min(share, 1 - _LIFT), _LIFT)


def _how() -> str:
    return _(
        "Bought: one of the products that were due, at most {days} days after the expected day, or "
        "after the reminder where that came later. "
        "Chance chooses who is held out, but people choose whom to remind: the comparison is fair "
        "where everybody on the list is reminded. The interval may be looked at every day.",
        days=BOUGHT_WITHIN_DAYS,
    )
