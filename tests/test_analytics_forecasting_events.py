"""What events known beforehand did to a series, and so will do."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.forecasting.events import (
    USUAL_EFFECT,
    KnownEvents,
    event_factors,
    event_periods,
)
from dashboard.analytics.forecasting.history import History, Step, Window

START = date(2024, 1, 1)  # a Monday
FAIR, EVE = 0.8, 0.5  # on the logarithmic scale


def days_of(*spans: tuple[str, int, int]) -> pd.DataFrame:
    """Events from the day with one number to the day with another."""
    return pd.DataFrame(
        [
            (name, START + timedelta(days=first), START + timedelta(days=last))
            for name, first, last in spans
        ],
        columns=["name", "first_on", "last_on"],
    )


def weeks(events: pd.DataFrame, effects: dict[str, float]) -> History:
    """140 weeks of 100, times what the events do."""
    values = np.full(140, 100.0)
    for name, first_on, last_on in events.itertuples(index=False):
        first, last = (first_on - START).days // 7, (last_on - START).days // 7
        values[first : last + 1] *= np.exp(effects.get(name, 0.0))
    return History(values, 1, START, "week", events)


def test_two_events_in_one_week_are_not_counted_twice() -> None:
    """Weeks 30 and 82 hold the fair and its eve, weeks 29 and 81 the eve alone."""
    spans = [("eve", 7 * 29, 7 * 30 + 2), ("fair", 7 * 30 + 3, 7 * 30 + 3),
             ("eve", 7 * 81, 7 * 82 + 2), ("fair", 7 * 82 + 3, 7 * 82 + 3),
             ("eve", 7 * 133, 7 * 134 + 2), ("fair", 7 * 134 + 3, 7 * 134 + 3)]  # fmt: skip
    history = weeks(days_of(*spans), {"fair": FAIR, "eve": EVE})
    factors = event_factors(Window(history, 132), 8)
    assert factors is not None
    np.testing.assert_allclose(factors[[29, 30]], np.exp([EVE, EVE + FAIR]), rtol=0.02)
    np.testing.assert_allclose(
        factors[132:], np.exp([0, EVE, EVE + FAIR, 0, 0, 0, 0, 0]), rtol=0.02
    )


def test_what_always_comes_together_is_told_together() -> None:
    spans = [(name, 7 * week, 7 * week + 1) for week in (30, 82, 134) for name in ("a", "b")]
    history = weeks(days_of(*spans), {"a": 0.3, "b": 0.2})
    factors = event_factors(Window(history, 132), 8)
    assert factors is not None
    np.testing.assert_allclose(factors[[30, 134]], np.exp(0.5), rtol=0.02)


@pytest.mark.parametrize("step", ["day", "week"])
def test_an_effect_is_drawn_to_none_by_the_noise(step: Step) -> None:
    """e · n ÷ (n + noise ÷ usual²), worked out here from the values around."""
    length = {"day": 1, "week": 7}[step]
    events = days_of(*(("fair", length * place, length * place) for place in (40, 80, 120)))
    chance = np.random.default_rng(9)
    values = 100 * np.exp(0.4 * chance.standard_normal(120))
    values[[40, 80]] *= np.exp(FAIR)
    factors = event_factors(Window(History(values, 1, START, step, events), 120), 2)
    assert factors is not None
    plain = np.delete(values, [40, 80])
    usual = np.array(
        [np.delete(values, [40, 80])[np.abs(np.delete(np.arange(120), [40, 80]) - place) <= 14]
         .mean() for place in range(120)]
    )  # fmt: skip
    noise = np.mean((plain / np.delete(usual, [40, 80]) - 1) ** 2)
    effect = np.log(values[[40, 80]].sum() / usual[[40, 80]].sum())
    expected = effect * 2 / (2 + noise / USUAL_EFFECT[step] ** 2)
    np.testing.assert_allclose(np.log(factors[120:]), [expected, 0], rtol=1e-9)


def test_without_events_there_is_nothing_to_multiply_by() -> None:
    nothing = days_of()
    assert event_factors(Window(weeks(nothing, {}), 140), 8) is None
    ahead = days_of(("fair", 7 * 145, 7 * 145))
    assert event_factors(Window(weeks(ahead, {}), 140), 8) is None


def test_what_is_looked_up_once_for_many_is_what_each_would_find() -> None:
    sale, fair = days_of(("sale", 30, 40), ("sale", 370, 372)), days_of(("fair", 35, 35))
    histories = [
        History(np.ones(400), 7, start, step, events)
        for start in (START, START + timedelta(days=5))
        for step in ("day", "week")
        for events in (sale, fair, None)
    ]
    known = KnownEvents()
    asked = [(each, first, count) for each in histories for first in (0, 30) for count in (9, 50)]
    told = [known.places(*each) for each in asked]
    assert told == [event_periods(*each) for each in asked]
    assert len({tuple(each) for each in told}) > 8
