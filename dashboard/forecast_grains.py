"""Days and weeks of the same series are made to agree before parts and regions are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from dashboard.analytics.forecast_grains import Overlap, set_days, weight_of_weeks
from dashboard.analytics.forecast_sums import Floats, reconcile_bounds
from dashboard.forecast_tasks import BOUNDS, BY_WEEKS, ERROR_OF_WEEK, Draft, Series


def agree(drafts: Mapping[Series, Draft], until: date) -> dict[Series, Draft]:
    """The drafts, with the weeks of each series and their days set to what both say together; days
    that were worked out of the weeks say what these say."""
    found = dict(drafts)
    for series, days in drafts.items():
        other = series._replace(grain="week")
        if series.grain != "day" or other not in drafts:
            continue
        weeks = drafts[other]
        overlap = Overlap.of(until, len(days["value"]), len(weeks["value"]))
        if not overlap.count:
            continue
        told, whole = _array(days), _array(weeks)
        weight = 1.0 if BY_WEEKS in days["notes"] else weight_of_weeks(
            days.get(ERROR_OF_WEEK), weeks.get(ERROR_OF_WEEK)
        )  # fmt: skip
        both = whole.copy()
        both[overlap.weeks] *= weight
        both[overlap.weeks] += (1 - weight) * overlap.sums(told)
        is_margin = series.measure == "margin"
        divided = set_days(told, both[overlap.weeks], overlap, may_be_negative=is_margin)
        found[series] = _moved(days, divided, may_be_negative=is_margin)
        found[other] = _moved(weeks, both, may_be_negative=is_margin)
    return found


def _moved(draft: Draft, value: Floats, *, may_be_negative: bool) -> dict[str, Any]:
    bounds = reconcile_bounds(
        np.array([draft[name] for name in BOUNDS], dtype=np.float64), _array(draft), value,
        may_be_negative=may_be_negative,
    )  # fmt: skip
    return {**draft, "value": value, **dict(zip(BOUNDS, bounds, strict=True))}


def _array(draft: Draft) -> Floats:
    return np.asarray(draft["value"], dtype=np.float64)
