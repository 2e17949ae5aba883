"""How good probabilities are, and how to set them right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analytics.survival import Flags, Floats

_NEAREST = 0.002  # to 0 and 1: log-odds are finite
_STEPS = 25
_PULL = 2.0  # towards "leave them as they are", so that few outcomes change little


@dataclass(frozen=True)
class Correction:
    """Log-odds after = `shift` + `slope` × log-odds before; a slope above zero keeps the order."""

    shift: float = 0.0
    slope: float = 1.0


def fit_correction(chances: Floats, happened: Flags) -> Correction:
    """The correction under which the outcomes were likeliest.

    J. Platt, Probabilistic Outputs for Support Vector Machines (1999), by Newton's method, with a
    quadratic pull towards no correction.

    >>> fit_correction(np.array([]), np.array([], dtype=bool))
    Correction(shift=0.0, slope=1.0)
    """
    odds = _log_odds(chances)
    facts = np.stack([np.ones_like(odds), odds], axis=1)
    none = np.array([0.0, 1.0])
    found = none.copy()
    for _step in range(_STEPS):
        fitted = _chances(facts @ found)
        slope = facts.T @ (happened - fitted) - _PULL * (found - none)
        curve = (facts * (fitted * (1 - fitted))[:, None]).T @ facts + _PULL * np.eye(2)
        move = np.linalg.solve(curve, slope)
        found = found + np.clip(move, -1.0, 1.0)
        if np.abs(move).max() < 1e-9:
            break
    return Correction(float(found[0]), max(float(found[1]), 0.05))


def correct(chances: Floats, correction: Correction) -> Floats:
    """The chances set right; what is certain stays so.

    >>> correct(np.array([0.0, 0.5, 1.0]), Correction()).round(3).tolist()
    [0.0, 0.5, 1.0]
    """
    right = _chances(correction.shift + correction.slope * _log_odds(chances))
    certain = (chances <= 0) | (chances >= 1)
    return np.where(certain, chances, right)


def brier_score(chances: Floats, happened: Flags) -> float:
    """The mean squared distance of the chances from what happened: 0 is best, 0.25 is what a coin
    gets. G. W. Brier, Verification of Forecasts Expressed in Terms of Probability (1950).

    >>> brier_score(np.array([0.9, 0.2]), np.array([True, False])).__round__(3)
    0.025
    """
    return float(np.mean((chances - happened) ** 2)) if len(chances) else float("nan")


def tabulate_reliability(chances: Floats, happened: Flags) -> pd.DataFrame:
    """What was said against what happened, by tenths of the chance.

    To    from_rate, to_rate, predictions, mean_rate, happened_rate   one row per tenth that occurs

    >>> table = tabulate_reliability(np.array([0.02, 0.04, 0.95]), np.array([False, True, True]))
    >>> table[["from_rate", "predictions", "mean_rate", "happened_rate"]].values.tolist()
    [[0.0, 2.0, 0.03, 0.5], [0.9, 1.0, 0.95, 1.0]]
    """
    tenth = np.minimum((chances * 10 + 1e-9).astype(np.int64), 9)
    rows = pd.DataFrame({"tenth": tenth, "chance": chances, "happened": happened.astype(float)})
    table = rows.groupby("tenth").agg(
        predictions=("chance", "size"), mean_rate=("chance", "mean"),
        happened_rate=("happened", "mean"),
    ).reset_index()  # fmt: skip
    tenths = table.pop("tenth")
    table.insert(0, "from_rate", (tenths / 10).astype("float64"))
    table.insert(1, "to_rate", ((tenths + 1) / 10).astype("float64"))
    return table


def _log_odds(chances: Floats) -> Floats:
    inside = np.clip(chances, _NEAREST, 1 - _NEAREST)
    return np.asarray(np.log(inside / (1 - inside)))


def _chances(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)))
