"""What goes wrong, and where: crowded warehouses, a carrier's bad weeks, late suppliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo import almanac
from data_access.demo.people import WAREHOUSE_CODES
from data_access.demo.plan import Array, Plan

CARRIERS = (
    "SF Express",
    "JD Logistics",
    "ZTO Express",
    "YTO Express",
    "Deppon",
    "DHL",
    "Store pick-up",
)
SF, JD, ZTO, YTO, DEPPON, DHL, PICK_UP = range(7)
CARRIER_PACE = np.array([0.80, 0.90, 1.10, 1.12, 1.20, 1.0, 0.0])  # of the usual transit time
ON_TIME, STOCK_OUT, BOTTLENECK, CARRIER, HELD, PICKING = range(6)
CAUSES = ("", "stock-out", "warehouse bottleneck", "carrier", "credit or payment check",
          "picking mistake")  # fmt: skip


@dataclass(frozen=True)
class Trouble:
    kind: int  # BOTTLENECK or CARRIER
    place: int  # of the warehouse or the carrier
    first: int  # day index
    last: int
    days: float  # mean delay


def make_troubles(plan: Plan) -> list[Trouble]:
    """Three bottlenecks and two carriers' bad spells a year; one of each is fresh."""
    chance = plan.chance("troubles")
    found = []
    for number in range(14):
        first = int(chance.integers(number * plan.days // 14, (number + 1) * plan.days // 14 - 25))
        kind = CARRIER if number % 3 == 2 else BOTTLENECK
        place = int(chance.integers(0, len(WAREHOUSE_CODES) if kind == BOTTLENECK else DEPPON + 1))
        length = int(chance.integers(9, 19))
        found.append(Trouble(kind, place, first, first + length, float(chance.uniform(1.8, 3.4))))
    for day, date in enumerate(almanac.dates(plan.first_day, plan.days)):
        if (date.month, date.day) == almanac.PEAK["11.11"]:
            found.append(Trouble(BOTTLENECK, 0, day, day + 5, 1.6))
    last = plan.days - 1
    found.append(Trouble(BOTTLENECK, WAREHOUSE_CODES.index("TSN"), last - 11, last, 2.8))
    found.append(Trouble(CARRIER, YTO, last - 12, last, 2.6))
    return found


def extra_days(
    chance: np.random.Generator, troubles: list[Trouble], kind: int, place: Array, day: Array
) -> Array:
    """Delay in days of what passes this warehouse or carrier on this day; 0 for most."""
    delay = np.zeros(len(day))
    for trouble in troubles:
        if trouble.kind != kind:
            continue
        here = (place == trouble.place) & (day >= trouble.first) & (day <= trouble.last)
        here &= chance.random(len(day)) < 0.85
        delay[here] += chance.gamma(3.0, trouble.days / 3.0, here.sum())
    return delay
