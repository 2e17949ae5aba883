"""What being on the list brings: who is on it beside who is held out, looked at as often as one
likes, and whether chance has split them as it should."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.experiments import FEWEST, follow_trial
from dashboard.reads import read
from dashboard.texts import _, in_a_row
from data_access.call_effects import sum_call_effect
from data_access.calls import BOUGHT_WITHIN_DAYS
from data_access.holding_out import HELD_OUT_RATE
from data_access.scope import Scope


def effect_block(scope: Scope, as_of: date) -> None:
    """The two shares, their difference and how sure it is; the alarm where the split is not as it
    should be."""
    steps = read(sum_call_effect, scope, as_of, engine="record")
    st.markdown(f"**{_('What the list brings')}**")
    st.markdown(told(steps))
    st.markdown(f":small[:gray[{_how()}]]")


def told(steps: pd.DataFrame) -> str:
    """The sentences for the rows of `sum_call_effect`."""
    if steps.empty:
        return _("Nobody has been on a list yet.")
    last = follow_trial(steps, HELD_OUT_RATE).iloc[-1]
    assigned = steps.groupby("is_held_out")["assigned"].sum()
    if last["is_broken"]:
        return _broken(int(assigned.get(1, 0)), int(assigned.sum()))
    if min(last["listed"], last["held_out"]) < FEWEST:
        return _too_few(last, int(assigned.sum()))
    shares = _(
        "{share} of {n} listed customers ordered within {days} days, {other} of {m} held out.",
        share=formats.rate(last["listed_bought"] / last["listed"]),
        n=formats.number(last["listed"]), days=BOUGHT_WITHIN_DAYS,
        other=formats.rate(last["held_out_bought"] / last["held_out"]),
        m=formats.number(last["held_out"]),
    )  # fmt: skip
    return in_a_row((shares, _claim(last)))


def _claim(last: pd.Series) -> str:
    values = {name: f"{100 * last[key]:+.1f}"
              for name, key in (("gap", "value"), ("low", "low"), ("high", "high"))}  # fmt: skip
    if last["low"] > 0:
        return _("**The list brings {gap} points** (95 %: {low} to {high}).", **values)
    if last["high"] < 0:
        return _("**Who is listed orders less: {gap} points** (95 %: {low} to {high}).", **values)
    return _("The difference of {gap} points may be chance (95 %: {low} to {high}).", **values)


def _too_few(last: pd.Series, assigned: int) -> str:
    waiting = assigned - int(last["listed"]) - int(last["held_out"])
    return _(
        "Too few to tell yet: the {days} days of {n} listed and {m} held-out customers are over,"
        " those of {waiting} more are not. From {fewest} of each on, both shares are shown.",
        days=BOUGHT_WITHIN_DAYS, n=formats.number(last["listed"]),
        m=formats.number(last["held_out"]), waiting=formats.number(waiting), fewest=FEWEST,
    )  # fmt: skip


def _broken(held_out: int, assigned: int) -> str:
    return _(
        ":red[:material/warning:] **The split is not as it should be:** {n} of {all} customers are"
        " held out, {share} instead of {rate}. Chance does that in less than one of 1,000 trials:"
        " something chose among them, and no effect is told until it is found.",
        n=formats.number(held_out), all=formats.number(assigned),
        share=formats.rate(held_out / max(assigned, 1)), rate=formats.rate(HELD_OUT_RATE),
    )  # fmt: skip


def _how() -> str:
    return _(
        "Each customer counts once a quarter, from the first week in which they are due, called or"
        " not; a hash of the quarter and the customer chooses who is held out. The interval holds"
        " at all times at once, so it may be looked at every day."
    )
