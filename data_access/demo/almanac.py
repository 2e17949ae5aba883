"""The trading year: weekdays, festivals that follow the moon, and the online shopping days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

LUNAR_NEW_YEAR = {
    2020: date(2020, 1, 25), 2021: date(2021, 2, 12), 2022: date(2022, 2, 1),
    2023: date(2023, 1, 22), 2024: date(2024, 2, 10), 2025: date(2025, 1, 29),
    2026: date(2026, 2, 17), 2027: date(2027, 2, 6), 2028: date(2028, 1, 26),
    2029: date(2029, 2, 13), 2030: date(2030, 2, 3), 2031: date(2031, 1, 23),
    2032: date(2032, 2, 11), 2033: date(2033, 1, 31), 2034: date(2034, 2, 19),
    2035: date(2035, 2, 8),
}  # fmt: skip
MID_AUTUMN = {
    2020: date(2020, 10, 1), 2021: date(2021, 9, 21), 2022: date(2022, 9, 10),
    2023: date(2023, 9, 29), 2024: date(2024, 9, 17), 2025: date(2025, 10, 6),
    2026: date(2026, 9, 25), 2027: date(2027, 9, 15), 2028: date(2028, 10, 3),
    2029: date(2029, 9, 22), 2030: date(2030, 9, 12), 2031: date(2031, 10, 1),
    2032: date(2032, 9, 19), 2033: date(2033, 9, 8), 2034: date(2034, 9, 27),
    2035: date(2035, 9, 16),
}  # fmt: skip

ONLINE, OFFLINE = 0, 1
WEEKDAYS = ((1.00, 0.97, 0.97, 0.98, 1.02, 1.09, 1.06), (1.12, 1.10, 1.08, 1.06, 1.03, 0.70, 0.52))
YEARLY_GROWTH = (1.30, 1.16)
# days after lunar new year → factor on the number of orders (online, offline)
SPRING_FESTIVAL: dict[range, tuple[float, float]] = {
    range(-26, -8): (1.35, 1.55),
    range(-8, -4): (0.85, 0.75),
    range(-4, 0): (0.45, 0.25),
    range(0, 7): (0.25, 0.06),
    range(7, 11): (0.60, 0.45),
    range(11, 16): (0.85, 0.85),
}
# (month, day) → factor on the number of orders of that day (online, offline)
SHOPPING_DAYS: dict[str, dict[tuple[int, int], tuple[float, float]]] = {
    "618": {
        **{(6, day): (1.20, 1.05) for day in range(1, 16)},
        (6, 16): (1.5, 1.1), (6, 17): (1.8, 1.1), (6, 18): (3.2, 1.3), (6, 19): (1.2, 1.0),
    },
    "11.11": {
        **{(11, day): (1.25, 1.05) for day in range(1, 10)},
        (11, 10): (1.8, 1.1), (11, 11): (4.5, 1.4), (11, 12): (1.3, 1.0),
        **{(11, day): (0.85, 1.0) for day in range(13, 18)},
    },
    "12.12": {(12, 10): (1.3, 1.0), (12, 11): (1.5, 1.0), (12, 12): (2.4, 1.2)},
}  # fmt: skip
HOLIDAYS: dict[tuple[int, int], tuple[float, float]] = {
    **{(10, day): (0.95, 0.35) for day in range(1, 8)},
    **{(5, day): (0.95, 0.50) for day in range(1, 6)},
}
PEAK = {"618": (6, 18), "11.11": (11, 11), "12.12": (12, 12)}


def dates(first_day: date, days: int) -> list[date]:
    return [first_day + timedelta(days=number) for number in range(days)]


def demand_by_day(first_day: date, days: int) -> Array:
    """Expected orders per day, shape (2, days): online and offline, without category seasons."""
    factors = np.ones((2, days))
    for number, day in enumerate(dates(first_day, days)):
        for mode in (ONLINE, OFFLINE):
            factor = WEEKDAYS[mode][day.weekday()] * YEARLY_GROWTH[mode] ** (number / 365)
            factor *= HOLIDAYS.get((day.month, day.day), (1.0, 1.0))[mode]
            for peaks in SHOPPING_DAYS.values():
                factor *= peaks.get((day.month, day.day), (1.0, 1.0))[mode]
            since = (day - LUNAR_NEW_YEAR[day.year]).days
            for span, spring in SPRING_FESTIVAL.items():
                factor *= spring[mode] if since in span else 1.0
            factors[mode, number] = factor
    return factors


def closed_days(first_day: date, days: int) -> Array:
    """True where warehouses and carriers rest for the Spring Festival."""
    return np.array(
        [-1 <= (day - LUNAR_NEW_YEAR[day.year]).days < 6 for day in dates(first_day, days)]
    )


def offices_shut(first_day: date, days: int) -> Array:
    """True on Sundays and holidays: nobody confirms by hand."""
    return np.array(
        [day.weekday() == 6 or (day.month, day.day) in HOLIDAYS for day in dates(first_day, days)]
    ) | closed_days(first_day, days)


def days_to(festival: dict[int, date], first_day: date, days: int) -> Array:
    """Days until this year's festival; negative afterwards."""
    return np.array([(festival[day.year] - day).days for day in dates(first_day, days)])
