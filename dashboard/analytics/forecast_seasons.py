"""What a season does on average: the factors of a forecast by weekday, or by month."""

from __future__ import annotations

from typing import Literal

import pandas as pd


def season_effects(factors: pd.DataFrame, season: Literal["week", "year"]) -> pd.DataFrame:
    """
    From  period_on, value       by how much the season multiplies the period
    To    place, effect          0 (Monday) to 6 or 1 (January) to 12; the mean of its factors − 1

    >>> days = pd.to_datetime(["2026-11-23", "2026-11-29", "2026-11-30"])
    >>> season_effects(pd.DataFrame({"period_on": days, "value": [1.5, 0.75, 2.0]}), "week")
       place  effect
    0      0    0.75
    1      6   -0.25
    """
    days = factors["period_on"].dt
    place = (days.day_of_week if season == "week" else days.month).rename("place")
    means = factors["value"].groupby(place).mean() - 1
    return means.rename("effect").reset_index()
