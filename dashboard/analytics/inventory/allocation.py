"""Who gets what there is of a short product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analytics.survival import Floats


@dataclass(frozen=True)
class Weights:
    """What counts how much; only their proportions matter."""

    promised: float = 0.5  # the earlier, the sooner
    margin: float = 0.25
    customer: float = 0.25  # value of the customer


def allocate(waiting: pd.DataFrame, available: int, weights: Weights | None = None) -> pd.DataFrame:
    """The waiting lines in the order in which they are served.

    From  order_id, line_id, quantity, promised_on (NaT: no day), margin, customer_value (NaN: 0)
    To    the same, and score (0 to 1), allocated, short

    Each of the three is brought to 0 to 1 among the lines: the promised day by its place between
    the latest and the earliest, margin and value as a share of the highest; the score is their
    weighted mean. The highest score is served first, as far as there is; equal ones by promised
    day, order and line. Σ allocated ≤ available.

    >>> waiting = pd.DataFrame({"order_id": [1, 2], "line_id": [1, 2], "quantity": [5, 4],
    ...     "promised_on": pd.to_datetime(["2026-11-03", "2026-11-01"]),
    ...     "margin": [80.0, 40.0], "customer_value": [100.0, 100.0]})
    >>> allocate(waiting, 6)[["order_id", "score", "allocated", "short"]]
       order_id  score  allocated  short
    0         2  0.875          4      0
    1         1  0.500          2      3
    """
    weights = weights or Weights()
    shares = np.array([weights.promised, weights.margin, weights.customer], np.float64)
    if (shares < 0).any() or not np.isfinite(shares).all():
        raise ValueError("a weight is not negative")
    shares = shares / shares.sum() if shares.sum() else np.full(3, 1 / 3)
    parts = np.column_stack(
        (
            _urgency(pd.to_datetime(waiting["promised_on"])),
            _of_highest(waiting["margin"]),
            _of_highest(waiting["customer_value"]),
        )
    )
    ranked = (
        waiting.assign(score=np.round((parts * shares).sum(axis=1), 9))
        .sort_values(
            ["score", "promised_on", "order_id", "line_id"], ascending=[False, True, True, True]
        )
        .reset_index(drop=True)
    )
    asked = np.maximum(ranked["quantity"].to_numpy(np.int64), 0)
    left = np.maximum(max(int(available), 0) - (asked.cumsum() - asked), 0)
    given = np.minimum(asked, left)
    return ranked.assign(allocated=given, short=asked - given)


def _urgency(promised: pd.Series) -> Floats:
    """1 for the earliest day, 0 for the latest and for none."""
    days = promised.to_numpy("datetime64[D]").astype(np.float64)
    known = promised.notna().to_numpy()
    if not known.any():
        return np.zeros(len(days))
    latest, earliest = days[known].max(), days[known].min()
    if latest == earliest:
        return known.astype(np.float64)
    return np.where(known, (latest - days) / (latest - earliest), 0.0)


def _of_highest(values: pd.Series) -> Floats:
    known = np.maximum(np.nan_to_num(values.to_numpy(np.float64)), 0)
    highest = known.max(initial=0)
    return known / highest if highest else np.zeros(len(known))
