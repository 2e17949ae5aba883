"""Rows that are ticked stay what they are, whatever page of the list is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from dashboard.chosen_rows import ChosenRows

CHOSEN = ChosenRows[tuple[int, str]]("chosen_in_a_test", lambda row: row[0])
FIRST, SECOND, THIRD = (1, "a"), (2, "b"), (3, "c")


@pytest.fixture(autouse=True)
def nothing_chosen() -> Iterator[None]:
    CHOSEN.choose_none()
    yield
    CHOSEN.choose_none()


def test_what_is_ticked_on_other_pages_stays_and_what_is_unticked_goes() -> None:
    CHOSEN.choose_places([FIRST, SECOND], [0, 1, 9])
    CHOSEN.choose_places([THIRD], [0])
    assert CHOSEN.rows() == (FIRST, SECOND, THIRD)
    CHOSEN.choose_places([FIRST, SECOND], [1])
    assert CHOSEN.rows() == (SECOND, THIRD)


def test_they_are_found_in_another_order_and_remembered_as_they_are_now() -> None:
    CHOSEN.choose_places([FIRST, SECOND], [1])
    changed = (2, "b, changed")
    assert CHOSEN.places([THIRD, changed, FIRST]) == [1]
    assert CHOSEN.rows() == (changed,)


def test_choosing_none_makes_a_fresh_list() -> None:
    CHOSEN.choose_places([FIRST], [0])
    before = CHOSEN.round()
    CHOSEN.choose_none()
    assert (CHOSEN.rows(), CHOSEN.round()) == ((), before + 1)
    assert st.session_state[CHOSEN.name] == {}
