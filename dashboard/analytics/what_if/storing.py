"""What was learnt as JSON, and back to the digit: a refresh stores it, the page reads it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.what_if.baseline import Spend
from dashboard.analytics.what_if.learning import Learnt
from dashboard.analytics.what_if.promotions import Promotions
from dashboard.analytics.what_if.world import Course

Packed = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What is learnt once for all that a person sees; `courses` by weeks ahead: how everything
    goes on, of which the paths are drawn."""

    learnt: Learnt
    courses: dict[int, Course]


def pack(known: Known) -> Packed:
    learnt = known.learnt
    return {
        "elasticities": _pack_frame(learnt.elasticities),
        "effects": _pack_frame(learnt.promotions.effects),
        "after": _pack_frame(learnt.promotions.after),
        "spend": asdict(learnt.spend),
        "weeks": learnt.weeks,
        "version": learnt.version,
        "recent": learnt.recent,
        "courses": {str(horizon): _pack_course(each) for horizon, each in known.courses.items()},
    }


def unpack(packed: Packed) -> Known:
    """ValueError where another version of the product has packed it."""
    try:
        return _unpack(packed)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("packed in another way") from error


def _unpack(packed: Packed) -> Known:
    learnt = Learnt(
        _unpack_frame(packed["elasticities"]),
        Promotions(_unpack_frame(packed["effects"]), _unpack_frame(packed["after"])),
        Spend(**packed["spend"]),
        int(packed["weeks"]),
        str(packed["version"]),
        float(packed["recent"]),
    )
    courses = {int(horizon): _unpack_course(each) for horizon, each in packed["courses"].items()}
    return Known(learnt, courses)


def _pack_frame(frame: pd.DataFrame) -> Packed:
    return {
        name: {"type": str(frame[name].dtype), "values": _values(frame[name])}
        for name in frame.columns
    }


def _values(column: pd.Series) -> list[Any]:
    return [None if pd.isna(each) else each for each in column.tolist()]


def _unpack_frame(packed: Packed) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series(each["values"], dtype=each["type"]) for name, each in packed.items()}
    )


def _pack_course(course: Course) -> Packed:
    return {
        name: each.tolist() if isinstance(each, np.ndarray) else each
        for name, each in vars(course).items()
    }


def _unpack_course(packed: Packed) -> Course:
    value, errors, offsets = (
        np.array(packed[name], dtype=np.float64) for name in ("value", "errors", "offsets")
    )
    return Course(
        value, errors.reshape(-1, len(value)), offsets, float(packed["level"]),
        float(packed["floor"]), str(packed["member"]),
    )  # fmt: skip
