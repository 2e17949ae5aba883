"""What being on the list brings: who is on it beside who is held out, looked at as often as one
likes, and whether chance has split them as it should."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.experiments import FEWEST, follow_trial
from dashboard.reads import read
from dashboard.texts import N_, _, in_a_row
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


@dataclass(frozen=True)
class EffectWords:
    """The sentences of one kind of trial, as msgids."""

    nobody: str
    too_few: str
    shares: str
    better: str
    worse: str


OF_LIST = EffectWords(
    nobody=N_("Nobody has been on a list yet."),
    too_few=N_(
        "Too few to tell yet: the {days} days of {n} listed and {m} held-out customers are over,"
        " those of {waiting} more are not. From {fewest} of each on, both shares are shown."
    ),
    shares=N_(
        "{share} of {n} listed customers ordered within {days} days, {other} of {m} held out."
    ),
    better=N_("**The list brings {gap} points** (95 %: {low} to {high})."),
    worse=N_("**Who is listed orders less: {gap} points** (95 %: {low} to {high})."),
)


def told(
    steps: pd.DataFrame,
    rate: float = HELD_OUT_RATE,
    within_days: int = BOUGHT_WITHIN_DAYS,
    words: EffectWords = OF_LIST,
) -> str:
    """The sentences for steps as `sum_call_effect` counts them: of `rate` held out, of orders
    `within_days`."""
    if steps.empty:
        return _(words.nobody)
    last = follow_trial(steps, rate).iloc[-1]
    assigned = steps.groupby("is_held_out")["assigned"].sum()
    if last["is_broken"]:
        return _broken(int(assigned.get(1, 0)), int(assigned.sum()), rate)
    listed, held_out = int(last["listed"]), int(last["held_out"])
    values = {"n": formats.number(listed), "m": formats.number(held_out), "days": within_days}
    if min(listed, held_out) < FEWEST:
        waiting = int(assigned.sum()) - listed - held_out
        return _(words.too_few, waiting=formats.number(waiting), fewest=FEWEST, **values)
    shares = _(
        words.shares, share=formats.rate(last["listed_bought"] / listed),
        other=formats.rate(last["held_out_bought"] / held_out), **values,
    )  # fmt: skip
    return in_a_row((shares, _claim(last, words)))


def _claim(last: pd.Series, words: EffectWords) -> str:
    values = {name: f"{100 * last[key]:+.1f}"
              for name, key in (("gap", "value"), ("low", "low"), ("high", "high"))}  # fmt: skip
    if last["low"] > 0:
        return _(words.better, **values)
    if last["high"] < 0:
        return _(words.worse, **values)
    return _("The difference of {gap} points may be chance (95 %: {low} to {high}).", **values)


def _broken(held_out: int, assigned: int, rate: float) -> str:
    return _(
        ":red[:material/warning:] **The split is not as it should be:** {n} of {all} customers are"
        " held out, {share} instead of {rate}. Chance does that in less than one of 1,000 trials:"
        " something chose among them, and no effect is told until it is found.",
        n=formats.number(held_out), all=formats.number(assigned),
        share=formats.rate(held_out / max(assigned, 1)), rate=formats.rate(rate),
    )  # fmt: skip


def _how() -> str:
    return _(
        "Each customer counts once a quarter, from the first week in which they are due, called or"
        " not; a hash of the quarter and the customer chooses who is held out. The interval holds"
        " at all times at once, so it may be looked at every day."
    )
