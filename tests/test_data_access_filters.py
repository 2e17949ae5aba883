"""Periods and filters: their neighbours, and one spelling for the same question."""

from __future__ import annotations

from datetime import date

import pytest

from data_access.filters import OrderFilter, Period


@pytest.mark.parametrize(
    ("start", "end", "previous", "last_year"),
    [
        # days: as many days just before
        ((2026, 11, 10), (2026, 11, 16), "2026-11-03..2026-11-09", "2025-11-10..2025-11-16"),
        # whole months stay whole, also February in a leap year
        ((2026, 3, 1), (2026, 3, 31), "2026-02-01..2026-02-28", "2025-03-01..2025-03-31"),
        ((2025, 2, 1), (2025, 2, 28), "2025-01-01..2025-01-31", "2024-02-01..2024-02-29"),
        ((2026, 1, 1), (2026, 12, 31), "2025-01-01..2025-12-31", "2025-01-01..2025-12-31"),
        ((2024, 2, 29), (2024, 2, 29), "2024-02-28..2024-02-28", "2023-02-28..2023-02-28"),
    ],
)
def test_a_period_knows_the_one_before_and_a_year_ago(
    start: tuple[int, int, int], end: tuple[int, int, int], previous: str, last_year: str
) -> None:
    period = Period(date(*start), date(*end))
    assert (period.previous().key, period.last_year().key) == (previous, last_year)


def test_a_period_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Period(date(2026, 1, 2), date(2026, 1, 1))


def test_the_same_question_has_one_key() -> None:
    one = OrderFilter(stages=("shipped", "received"), search="  a   b ")
    two = OrderFilter(stages=("received", "shipped", "shipped"), search="a b")
    assert one == two
    assert one.key == two.key
    assert one.key != OrderFilter(stages=("received",), search="a b").key
    assert OrderFilter().key == ""


def test_an_unknown_payment_state_is_refused() -> None:
    with pytest.raises(ValueError, match="payment state"):
        OrderFilter(payment_state="paid; --")  # type: ignore[arg-type]
