"""Dividing a short stock: never more than is there, nothing left lying, and what it changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.inventory.allocation import Weights
from dashboard.analytics.inventory.serving import plan_shares, sum_served, tell_ready

TODAY = date(2026, 11, 26)
AS_OF = pd.Timestamp(TODAY)


def waiting(*lines: tuple[Any, ...]) -> pd.DataFrame:
    """quantity, days to the promised day (None: no day), margin, customer_value."""
    return pd.DataFrame(
        {
            "order_id": range(1, len(lines) + 1),
            "line_id": range(11, len(lines) + 11),
            "quantity": [line[0] for line in lines],
            "promised_on": pd.to_datetime(
                [None if line[1] is None else TODAY + timedelta(days=line[1]) for line in lines]
            ),
            "margin": [float(line[2]) for line in lines],
            "customer_value": [float(line[3]) for line in lines],
        }
    )


def units(planned: pd.DataFrame) -> dict[int, int]:
    return dict(zip(planned["order_id"], planned["planned"], strict=True))


def test_each_weight_alone_says_who_comes_first() -> None:
    lines = waiting((6, 1, 6, 10), (6, 5, 60, 20), (6, 9, 12, 90))
    for weights, first in ((Weights(1, 0, 0), 1), (Weights(0, 1, 0), 2), (Weights(0, 0, 1), 3)):
        planned = plan_shares(lines, 6, weights)
        assert units(planned) == {each: 6 * (each == first) for each in (1, 2, 3)}
    # promised: 1, 0.5, 0; margin of a unit: 0.1, 1, 0.2; value: 1/9, 2/9, 1
    planned = plan_shares(lines, 7, Weights(50, 25, 25))
    scores = planned.set_index("order_id")["score"]
    assert scores[1] == pytest.approx(0.5 + 0.025 + 0.25 / 9)
    assert scores[2] == pytest.approx(0.25 + 0.25 + 0.5 / 9)
    assert scores[3] == pytest.approx(0.05 + 0.25)
    assert units(planned) == {2: 6, 1: 1, 3: 0}


def test_the_margin_is_that_of_a_unit_and_stands_as_it_was() -> None:
    lines = waiting((100, 1, 200, 0), (2, 1, 20, 0))
    planned = plan_shares(lines, 2, Weights(0, 1, 0))
    assert units(planned) == {2: 2, 1: 0}
    assert planned.set_index("order_id")["margin"].to_dict() == {1: 200, 2: 20}


def test_whole_lines_first_or_the_highest_score() -> None:
    lines = waiting((9, 1, 0, 0), (4, 2, 0, 0), (3, 3, 0, 0))
    assert units(plan_shares(lines, 8, Weights())) == {1: 1, 2: 4, 3: 3}
    assert units(plan_shares(lines, 8, Weights(), whole_first=False)) == {1: 8, 2: 0, 3: 0}


def test_what_is_set_by_hand_stays_and_the_others_share_the_rest() -> None:
    lines = waiting((9, 1, 0, 0), (4, 2, 0, 0), (3, 3, 0, 0))
    planned = plan_shares(lines, 8, Weights(), {13: 0, 12: 99})
    assert units(planned) == {1: 4, 2: 4, 3: 0}
    assert planned["is_by_hand"].tolist() == [False, True, True]
    assert units(plan_shares(lines, 3, Weights(), {11: 5})) == {1: 5, 2: 0, 3: 0}


LINES = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.one_of(st.none(), st.integers(-9, 9)),
        st.one_of(st.just(np.nan), st.floats(-50, 50)),
        st.one_of(st.just(np.nan), st.floats(0, 1e6)),
    ),
    min_size=1,
    max_size=8,
)
WEIGHT = st.integers(0, 100)


@settings(max_examples=100, deadline=None)
@given(
    LINES, st.integers(-3, 40), st.tuples(WEIGHT, WEIGHT, WEIGHT), st.booleans(),
    st.dictionaries(st.integers(11, 18), st.integers(-2, 12), max_size=3),
)  # fmt: skip
def test_never_more_than_is_there_and_nothing_left_lying(
    lines: list[Any], available: int, weights: Any, whole: bool, by_hand: dict[int, int]
) -> None:
    frame = waiting(*lines)
    before = frame.copy()
    planned = plan_shares(frame, available, Weights(*weights), by_hand, whole_first=whole)
    pd.testing.assert_frame_equal(frame, before)
    assert sorted(planned["line_id"]) == sorted(frame["line_id"])
    assert (planned["planned"] >= 0).all() and (planned["planned"] <= planned["quantity"]).all()
    fixed = planned[planned["is_by_hand"]]
    for row in fixed.itertuples():
        assert row.planned == min(max(by_hand[row.line_id], 0), row.quantity)
    free = planned[~planned["is_by_hand"]]
    left = max(available - int(fixed["planned"].sum()), 0)
    assert free["planned"].sum() == min(left, free["quantity"].sum())
    if not whole:  # nobody gets anything before a higher score has all
        got = free["planned"].to_numpy()
        short = (free["planned"] < free["quantity"]).to_numpy()
        assert not got[np.cumsum(short) - short > 0].any()


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.integers(0, 9), st.one_of(st.none(), st.integers(-5, 9))),
        min_size=1, max_size=6,
    ),
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(-5, 9)), st.integers(0, 12)), max_size=5
    ),
    st.integers(0, 6),
)  # fmt: skip
def test_a_line_can_leave_when_the_receipts_have_brought_what_it_lacks(
    lines: list[Any], receipts: list[Any], ahead: int
) -> None:
    """Against receipts that are handed out unit by unit, day by day."""
    frame = pd.DataFrame(
        {
            "order_id": range(len(lines)),
            "quantity": [quantity for quantity, _got, _day in lines],
            "got": [min(got, quantity) for quantity, got, _day in lines],
            "promised_on": pd.to_datetime(
                [None if day is None else TODAY + timedelta(days=day) for *_, day in lines]
            ),
        }
    )
    coming = pd.DataFrame(
        {
            "expected_on": pd.to_datetime(
                [None if day is None else TODAY + timedelta(days=day) for day, _n in receipts]
            ),
            "quantity": [count for _day, count in receipts],
        }
    )
    told = tell_ready(frame, "got", coming, AS_OF, ahead=ahead)
    arrivals = sorted(
        max(TODAY + timedelta(days=day), TODAY + timedelta(days=1))
        for day, count in receipts if day is not None for _unit in range(count)
    )  # fmt: skip
    units = iter(arrivals[ahead:])
    for (quantity, got, day), row in zip(lines, told.itertuples(), strict=True):
        ready: date | None = TODAY
        for _unit in range(quantity - min(got, quantity)):
            ready = next(units, None)
        assert row.lacks == quantity - min(got, quantity)
        assert (None if pd.isna(row.ready_on) else row.ready_on.date()) == ready
        promised = None if day is None else TODAY + timedelta(days=day)
        assert row.is_late == (promised is not None and (ready is None or ready > promised))


def test_an_order_is_served_when_all_its_lines_are() -> None:
    told = pd.DataFrame(
        {"order_id": [1, 1, 2, 3], "lacks": [0, 2, 0, 1], "net_sales": [8.0, 9.0, 5.0, 7.0],
         "margin": np.nan, "is_late": [False, True, False, True]}
    )  # fmt: skip
    found = sum_served(told)
    assert (found["orders"], found["late"], found["net_sales"]) == (1, 2, 13.0)
    assert np.isnan(found["margin"])
