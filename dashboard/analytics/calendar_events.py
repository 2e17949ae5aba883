"""The calendar that forecasts use: built-in events, what people changed about them, and own ones.

And what an event did in the past: sales of its days against those to be expected without it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = [
    "key", "series", "event_id", "name", "name_zh", "kind", "first_on", "last_on", "falls_on",
    "source", "is_off", "version",
]  # fmt: skip
EFFECT_COLUMNS = ["name", "times", "days", "effect_rate", "low_rate", "high_rate"]
LONGEST_PROMOTION = 62  # days; what runs longer is how the shop sells, and no event
FEWEST_TIMES = 2  # one occurrence is no rule
WEEKS_AROUND = 8  # where the days without an event are looked for
FEWEST_DAYS = 3


def join_events(built_in: pd.DataFrame, own: pd.DataFrame, campaigns: pd.DataFrame) -> pd.DataFrame:
    """One row for each event, by day.

    From  built_in    as `calendar_days.built_in_events` has it
          own         calendar_event_id, name, name_zh, kind, first_on, last_on, stands_for, is_off,
                      version: what people entered; `stands_for` is the key or series of the
                      built-in event that it changes or switches off
          campaigns   campaign_id, name, name_zh, kind, starts_on, ends_on
    To    key, series, event_id (of the row in `own`), name, name_zh, kind, first_on, last_on,
          falls_on (the day by which its times are compared: the first, or of a stretch of days off
          the festival's own), source (built_in, changed, own, campaign), is_off, version; days are
          dates

    Campaigns of one kind are one event, whatever they are called, for they must come again to tell
    anything; one that half or more falls into built-in shopping days is the same thing, and off.
    """
    said = _by_what_they_stand_for(own)
    rows = [_built_in(event, said) for event in _records(built_in)]
    shopping = _days_of([row for row in rows if row["kind"] == "shopping" and not row["is_off"]])
    rows += [_own(event) for event in _records(own) if event["stands_for"] is None]
    campaigns = campaigns[
        (pd.to_datetime(campaigns["ends_on"]) - pd.to_datetime(campaigns["starts_on"])).dt.days
        < LONGEST_PROMOTION
    ]
    rows += [_campaign(event, said, shopping) for event in _records(campaigns)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame = frame.astype({"event_id": "Int64", "version": "Int64", "is_off": bool})
    order = ["first_on", "last_on", "name"]
    return frame.sort_values(order, kind="stable", ignore_index=True)


def _built_in(event: dict[str, Any], said: dict[str, dict[str, Any]]) -> dict[str, Any]:
    row = {**event, "event_id": None, "source": "built_in", "is_off": False, "version": None}
    found = said.get(event["key"]) or said.get(event["series"])
    if found is None:
        return row
    row |= {"event_id": found["calendar_event_id"], "version": found["version"],
            "source": "changed", "is_off": found["is_off"]}  # fmt: skip
    if not found["is_off"]:
        row |= {"first_on": found["first_on"], "last_on": found["last_on"]}
        if not row["first_on"] <= row["falls_on"] <= row["last_on"]:
            row["falls_on"] = row["first_on"]
    return row


def _own(event: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "name_zh", "kind", "first_on", "last_on", "version")
    return {
        **{name: event[name] for name in names},
        "falls_on": event["first_on"],
        "key": f"own/{event['calendar_event_id']}", "series": event["name"],
        "event_id": event["calendar_event_id"], "source": "own", "is_off": False,
    }  # fmt: skip


def _campaign(
    event: dict[str, Any], said: dict[str, dict[str, Any]], shopping: set[date]
) -> dict[str, Any]:
    key = f"campaign/{event['campaign_id']}"
    off = said.get(key)
    days = _days_of([{"first_on": event["starts_on"], "last_on": event["ends_on"]}])
    return {
        "key": key, "series": f"Promotion: {event['kind'] or 'other'}",
        "event_id": off and off["calendar_event_id"], "version": off and off["version"],
        "name": event["name"], "name_zh": event["name_zh"], "kind": "promotion",
        "first_on": event["starts_on"], "last_on": event["ends_on"],
        "falls_on": event["starts_on"], "source": "campaign",
        "is_off": off is not None or 2 * len(days & shopping) >= len(days),
    }  # fmt: skip


def _by_what_they_stand_for(own: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["stands_for"]: row for row in _records(own) if row["stands_for"] is not None}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows: days as dates, None for what is missing."""
    records = frame.astype(object).to_dict("records")
    return [{str(name): _plain(value) for name, value in one.items()} for one in records]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value


def events_that_count(events: pd.DataFrame) -> pd.DataFrame:
    """name, name_zh, kind, first_on, last_on, falls_on of the events that are on: what comes again
    has the same name each time. Campaigns are left out: each is of a few products, and taken for an
    event of all it made the demo's forecasts worse (weekly WAPE .36 with them, .33 without, .41
    without any)."""
    on = events[~events["is_off"].astype(bool) & (events["source"] != "campaign")]
    return on[["name", "name_zh", "kind", "first_on", "last_on", "falls_on"]].reset_index(drop=True)


def events_for_forecast(events: pd.DataFrame) -> pd.DataFrame:
    """name, first_on, last_on, kind of those that count."""
    return events_that_count(events)[["name", "first_on", "last_on", "kind"]]


def event_effects(sales: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """What each event did to the sales of its days.

    From  sales   day_on, value: a row for each day, none missing
          events  name, first_on, last_on: as `events_for_forecast` has them
    To    name, times (past occurrences that could be measured), days (of the last one),
          effect_rate (median of sales ÷ expected, less 1), low_rate, high_rate (the smallest and
          the largest); rates are NaN with fewer than FEWEST_TIMES occurrences

    Expected is, for each day of the event, the median of the same weekday in the WEEKS_AROUND weeks
    before and after, of days without any event; with fewer than FEWEST_DAYS of them, or nothing to
    expect, the occurrence is not measured.
    """
    if not len(sales) or not len(events):
        return pd.DataFrame(columns=EFFECT_COLUMNS)
    values = sales["value"].to_numpy(dtype=float)
    start = pd.Timestamp(sales["day_on"].iloc[0])
    first = _places(events["first_on"], start)
    last = _places(events["last_on"], start)
    expected = _expected(values, first, last)
    ratios: dict[str, list[float]] = {}
    length: dict[str, int] = {}
    for name, begin, end in zip(events["name"], first, last, strict=True):
        found = ratios.setdefault(name, [])
        length[name] = int(end - begin + 1)
        if begin < 0 or end >= len(values):
            continue
        without = float(expected[begin : end + 1].sum())
        if np.isfinite(without) and without > 0:
            found.append(float(values[begin : end + 1].sum()) / without - 1)
    rows = [(name, len(found), length[name], *_summed_up(found)) for name, found in ratios.items()]
    return pd.DataFrame(rows, columns=EFFECT_COLUMNS)


def _expected(values: Any, first: Any, last: Any) -> Any:
    quiet = values.copy()
    for begin, end in zip(first, last, strict=True):
        quiet[max(begin, 0) : max(end + 1, 0)] = np.nan
    weeks = [week for week in range(-WEEKS_AROUND, WEEKS_AROUND + 1) if week]
    padded = np.pad(quiet, 7 * WEEKS_AROUND, constant_values=np.nan)
    around = np.stack([
        padded[7 * (WEEKS_AROUND + week) : 7 * (WEEKS_AROUND + week) + len(values)]
        for week in weeks
    ])  # fmt: skip
    known = np.isfinite(around).sum(axis=0)
    around[:, known == 0] = 0.0
    expected = np.nanmedian(around, axis=0)
    expected[known < FEWEST_DAYS] = np.nan
    return expected


def _summed_up(found: list[float]) -> tuple[float, float, float]:
    if len(found) < FEWEST_TIMES:
        return (float("nan"),) * 3
    return float(np.median(found)), min(found), max(found)


def _places(days: pd.Series[Any], start: pd.Timestamp) -> Any:
    return (pd.to_datetime(days) - start).dt.days.to_numpy()


def _days_of(events: list[dict[str, Any]]) -> set[date]:
    return {
        day for event in events for day in pd.date_range(event["first_on"], event["last_on"]).date
    }
