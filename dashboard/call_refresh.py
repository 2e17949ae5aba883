"""Makes the lists of calls of the week: whom each rep is to call, as many as they have time for.

A list that stands is never changed: what is new is put behind it, as far as the rep has time.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from dashboard.analytics.calling import best_reasons, drop_answered, rank_calls, with_occasion
from data_access.call_capacities import USUAL_CALLS
from data_access.holding_out import is_held_out_of_calls
from data_access.refreshing import call_offers, calls
from data_access.refreshing.runs import Run

if TYPE_CHECKING:
    from dashboard.refreshing import Advance, Source


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def refresh_calls(source: Source, run: Run, advance: Advance) -> int:
    """Returns how many lines were added, those of held-out customers included."""
    week_on = monday_of(source.as_of)
    known = calls.read_week(source.record, week_on)
    reasons = _read_reasons(source, week_on)
    advance(0.5)
    marks = calls.read_marks(source.record, source.as_of, source.zone)
    reasons = with_occasion(drop_answered(reasons, marks, source.as_of))
    reasons = best_reasons(reasons[~reasons["customer_id"].isin(known["customer_id"])])
    held_out = {
        customer_id
        for customer_id in reasons["customer_id"].unique().tolist()
        if is_held_out_of_calls(source.database_id, week_on, customer_id)
    }
    room, first_rank = _room(source, known, reasons)
    lines = rank_calls(reasons, room, held_out, first_rank)
    listed = lines.loc[~lines["is_held_out"].astype(bool), "customer_id"]
    told = reasons[reasons["customer_id"].isin(listed)]
    calls.add_calls(source.writer, run, week_on, lines, told)
    return len(lines)


def _read_reasons(source: Source, week_on: date) -> pd.DataFrame:
    """With what each is worth to the cent, of a chance to a thousandth: as the page says it, so
    that whoever multiplies finds the same."""
    frames = (
        calls.read_silent(source.record, source.as_of),
        calls.read_due(source.record, source.as_of, week_on),
        call_offers.read_offers(source.record, source.as_of),
    )
    found = [frame for frame in frames if len(frame)] or [frames[-1]]
    reasons = pd.concat(found, ignore_index=True).reindex(columns=frames[-1].columns)
    chance, value = reasons["probability"].round(3), reasons["value"].round(2)
    return reasons.assign(probability=chance, value=value, expected_value=(chance * value).round(2))


def _room(
    source: Source, known: pd.DataFrame, reasons: pd.DataFrame
) -> tuple[dict[int, int], dict[int, int]]:
    """How many lines each rep's list has room for, and the rank of the first of them."""
    capacities = calls.read_capacities(source.record)
    listed = known[known["is_held_out"] == 0].groupby("employee_id")
    taken, last = listed.size().to_dict(), listed["rank"].max().to_dict()
    reps = [int(each) for each in reasons["employee_id"].unique()]
    room = {each: capacities.get(each, USUAL_CALLS) - int(taken.get(each, 0)) for each in reps}
    return room, {each: int(last.get(each, 0)) + 1 for each in reps}
