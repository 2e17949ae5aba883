"""The days of the Chinese trading year on which sales are another than usual every year, wherever
the calendar puts them: Spring Festival and Mid-Autumn follow the moon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

SPRING_FESTIVAL, MID_AUTUMN = "spring_festival", "mid_autumn"
_LUNAR_NEW_YEAR = (
    "2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 "
    "2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 "
    "2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 "
    "2034-02-19 2035-02-08"
)
_MID_AUTUMN = (
    "2010-09-22 2011-09-12 2012-09-30 2013-09-19 2014-09-08 2015-09-27 2016-09-15 2017-10-04 "
    "2018-09-24 2019-09-13 2020-10-01 2021-09-21 2022-09-10 2023-09-29 2024-09-17 2025-10-06 "
    "2026-09-25 2027-09-15 2028-10-03 2029-09-22 2030-09-12 2031-10-01 2032-09-19 2033-09-08 "
    "2034-09-27 2035-09-16"
)
MOVING = {
    SPRING_FESTIVAL: [date.fromisoformat(day) for day in _LUNAR_NEW_YEAR.split()],
    MID_AUTUMN: [date.fromisoformat(day) for day in _MID_AUTUMN.split()],
}
FIXED = {
    "new_year": (1, 1),
    "labour_day": (5, 1),
    "618": (6, 18),
    "national_day": (10, 1),
    "11.11": (11, 11),
    "12.12": (12, 12),
}
LONG = (SPRING_FESTIVAL, "national_day", "labour_day", "new_year")  # the others peak on one day
# event → the days before and after it that belong to it; where two meet, the first one named counts
AROUND = {
    SPRING_FESTIVAL: (28, 16), "618": (17, 3), "11.11": (11, 7), "12.12": (2, 2),
    "national_day": (1, 8), MID_AUTUMN: (3, 1), "labour_day": (1, 5), "new_year": (9, 3),
}  # fmt: skip


def known_days(first: date, last: date) -> dict[date, tuple[str, int]]:
    """The days from `first` to `last` that belong to an event: which, and how many days after its
    day they are (negative: before).

    >>> known_days(date(2026, 2, 16), date(2026, 2, 17))[date(2026, 2, 16)]
    ('spring_festival', -1)
    """
    found: dict[date, tuple[str, int]] = {}
    for event, (before, after) in AROUND.items():
        for day in _days_of(event, first.year - 1, last.year + 1):
            for offset in range(-before, after + 1):
                on = day + timedelta(days=offset)
                if first <= on <= last:
                    found.setdefault(on, (event, offset))
    return found


def _days_of(event: str, first_year: int, last_year: int) -> Iterator[date]:
    if event in MOVING:
        yield from (day for day in MOVING[event] if first_year <= day.year <= last_year)
    else:
        month, day = FIXED[event]
        yield from (date(year, month, day) for year in range(max(first_year, 1), last_year + 1))
