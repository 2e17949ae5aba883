"""Many small estimates beside each other: how far they truly differ, and how much each is to be
believed against their common mean (empirical Bayes; DerSimonian and Laird 1986, Morris 1983)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_SPREADS: Floats = np.arange(0.0, 3.001, 0.025)
FEWEST = 3  # estimates, for their spread to be known


@dataclass(frozen=True)
class Pooled:
    """The common mean with its error, and the standard deviation of the truths around it."""

    mean: float
    error: float
    spread: float
    count: int


def pool(estimate: Floats, error: Floats) -> Pooled:
    """Weighs every spread by its restricted likelihood, so that "no difference seen" is not taken
    for "no difference"."""
    variance = error[None, :] ** 2 + _SPREADS[:, None] ** 2
    weight = 1 / variance
    total = weight.sum(axis=1)
    mean = (weight * estimate).sum(axis=1) / total
    likelihood = -0.5 * (
        np.log(variance).sum(axis=1)
        + np.log(total)
        + (weight * (estimate - mean[:, None]) ** 2).sum(axis=1)
    )
    chance = np.exp(likelihood - likelihood.max())
    chance /= chance.sum()
    middle = float(chance @ mean)
    return Pooled(
        middle,
        float(np.sqrt(chance @ (1 / total + (mean - middle) ** 2))),
        float(np.sqrt(chance @ _SPREADS**2)),
        len(estimate),
    )
