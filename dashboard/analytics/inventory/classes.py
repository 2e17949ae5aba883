"""ABC by value, XYZ by variability."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.analytics.survival import Floats

ABC_CUTS = (0.80, 0.95)  # cumulative share of the value
XYZ_CUTS = (0.50, 1.00)  # coefficient of variation of weekly demand


def classify(
    value: Floats,
    variation: Floats,
    *,
    abc_cuts: tuple[float, float] = ABC_CUTS,
    xyz_cuts: tuple[float, float] = XYZ_CUTS,
) -> pd.DataFrame:
    """abc, xyz, share (of the value, cumulative), variation (σ ÷ μ) of each product.

    `value` is what each brought, `variation` that of its weekly demand as of `vary`. A: those that
    together make the first `abc_cuts[0]` of the value, the one that crosses the line with them; B
    up to `abc_cuts[1]`; C the rest and what brought nothing. X up to `xyz_cuts[0]`, Y up to
    `xyz_cuts[1]`, Z above and without demand. Equal values keep their order.

    >>> weekly = np.array([[4.0, 4.0], [1.0, 3.0], [0.0, 2.0], [0.0, 0.0]])
    >>> found = classify(np.array([70.0, 20.0, 10.0, 0.0]), vary(weekly))
    >>> found["abc"].tolist(), found["xyz"].tolist()
    (['A', 'A', 'B', 'C'], ['X', 'X', 'Y', 'Z'])
    """
    worth = np.maximum(np.nan_to_num(np.asarray(value, np.float64)), 0)
    order = np.argsort(-worth, kind="stable")
    total = worth.sum()
    cumulated = np.empty(len(worth))
    cumulated[order] = np.cumsum(worth[order]) / total if total else np.ones(len(worth))
    before = cumulated - (worth / total if total else 0)
    little = 1e-9
    abc = np.select(
        [
            (worth > 0) & (before < abc_cuts[0] - little),
            (worth > 0) & (before < abc_cuts[1] - little),
        ],
        ["A", "B"],
        "C",
    )
    xyz = np.select([variation <= xyz_cuts[0], variation <= xyz_cuts[1]], ["X", "Y"], "Z")
    return pd.DataFrame({"abc": abc, "xyz": xyz, "share": cumulated, "variation": variation})


def vary(weekly: Floats) -> Floats:
    """σ ÷ μ of the weeks (products, weeks); infinite without demand.

    >>> vary(np.array([[1.0, 3.0], [0.0, 0.0]])).tolist()
    [0.5, inf]
    """
    mean = weekly.mean(axis=1) if weekly.shape[1] else np.zeros(len(weekly))
    spread = weekly.std(axis=1) if weekly.shape[1] else np.zeros(len(weekly))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(mean > 0, spread / mean, np.inf))
