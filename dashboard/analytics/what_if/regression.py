"""Regression on one series through time, with the standard errors that its own memory asks for.

Demand of one week resembles that of the week before. Plain least squares then calls itself far too
sure: on made-up series with a known answer its 80 % range holds the answer in half of the cases.
Here the disturbances follow an AR(1) whose ρ is weighed over its restricted likelihood (Harville
1977) and not fixed at one value, so that what is not known of ρ widens the range too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_RHOS: Floats = np.arange(-0.4, 0.985, 0.04)
_STATE_RHOS: Floats = np.array([0.0, 0.3, 0.5, 0.65, 0.8, 0.9, 0.97])
_SHARES: Floats = np.array([0.002, 0.03, 0.12, 0.3, 0.55, 0.8, 0.95, 0.995])  # κ/(κ+1/μ)
_TURNS = 25
_NEAR = 1e-3
_MOST_LOG = 12.0
_SAME = 1e12


@dataclass(frozen=True)
class Fit:
    """Coefficients with their covariance, ρ of the disturbances, the degrees of freedom, and the
    log of the restricted likelihood, by which fits of one outcome compare."""

    coefficients: Floats
    covariance: Floats
    rho: float
    freedom: int
    evidence: float = 0.0

    def error(self, place: int) -> float:
        return float(np.sqrt(max(self.covariance[place, place], 0.0)))


def fit_with_memory(outcome: Floats, regressors: Floats) -> Fit:
    """Generalised least squares with AR(1) disturbances. `regressors` (n × k, n > k + 1) include
    the constant; rows are in the order of time and evenly spaced. ValueError where columns say the
    same."""
    count, width = regressors.shape
    scale = np.sqrt((regressors**2).mean(axis=0))
    if count <= width + 1 or not (scale > 0).all():
        raise ValueError("too few rows, or a regressor that is always zero")
    both = np.column_stack([regressors / scale, outcome])
    inner = both[1:-1]
    crossed = both[1:].T @ both[:-1]
    square = both.T @ both, crossed + crossed.T, inner.T @ inner
    rhos = _RHOS[:, None, None]
    moments = square[0] - rhos * square[1] + rhos**2 * square[2]
    if np.linalg.cond(square[0][:-1, :-1]) > _SAME:
        raise ValueError("regressors that say the same cannot be told apart")
    fit = _weighed(moments, 0.5 * np.log(1 - _RHOS**2), _RHOS, count - width)
    return replace(
        fit,
        coefficients=fit.coefficients / scale,
        covariance=fit.covariance / np.outer(scale, scale),
    )


def fit_demand(demand: Floats, regressors: Floats) -> Fit:
    """The logarithm of expected demand is linear in the regressors; weeks without a sale count as
    what they are. Penalised quasi-likelihood (Breslow and Clayton 1993): the working residual has
    the variance σ²(1/μ + κ R), counting noise and a state with AR(1) correlation R; σ² is
    estimated, κ and ρ are weighed over their restricted likelihood. ValueError where there is
    nothing to learn from."""
    if not (demand > 0).any():
        raise ValueError("nothing was sold")
    expected = 0.5 * demand.mean() + 0.5 * np.maximum(demand, demand.mean() * 0.1)
    lowest, highest = np.log(demand.mean()) - _MOST_LOG, np.log(demand.max()) + 2.0
    for _turn in range(_TURNS):
        working = np.log(expected) + (demand - expected) / expected
        fit = _quick_step(working, regressors, demand, expected)
        before = expected
        expected = np.exp(np.clip(regressors @ fit.coefficients, lowest, highest))
        if np.abs(np.log(expected / before)).max() < _NEAR:
            break
    working = np.log(expected) + (demand - expected) / expected
    return _full_step(working, regressors, expected)


def _quick_step(working: Floats, regressors: Floats, demand: Floats, expected: Floats) -> Fit:
    extra = ((demand - expected) ** 2 - expected).sum() / (expected**2).sum()
    deviation = np.sqrt(1 / expected + np.clip(extra, 1e-8, 25.0))
    return fit_with_memory(working / deviation, regressors / deviation[:, None])


def _full_step(working: Floats, regressors: Floats, expected: Floats) -> Fit:
    """A Kalman filter turns the correlated rows into independent ones, for every pair of κ and ρ
    at once."""
    count, width = regressors.shape
    both = np.column_stack([regressors, working])
    noise = 1 / expected
    kappa = (_SHARES / (1 - _SHARES))[:, None] * float(np.median(noise))
    kappa, rho = (each.ravel() for each in np.broadcast_arrays(kappa, _STATE_RHOS[None, :]))
    state, doubt = np.zeros((len(rho), width + 1)), kappa.copy()
    rows = np.empty((count, len(rho), width + 1))
    log_size = np.zeros(len(rho))
    for place in range(count):
        variance = doubt + noise[place]
        apart = both[place] - state
        rows[place] = apart / np.sqrt(variance)[:, None]
        log_size += np.log(variance)
        gain = doubt / variance
        state = rho[:, None] * (state + gain[:, None] * apart)
        doubt = rho**2 * doubt * (1 - gain) + kappa * (1 - rho**2)
    whitened = np.ascontiguousarray(rows.transpose(1, 0, 2))
    moments = whitened.transpose(0, 2, 1) @ whitened
    return _weighed(moments, -0.5 * log_size, rho, count - width)


def _weighed(moments: Floats, likelihood: Floats, rho: Floats, freedom: int) -> Fit:
    """The fits of all candidates, by their restricted likelihood. `moments` are the sums of squares
    and products of the whitened regressors and outcome, `likelihood` what the whitening adds."""
    normal, right = moments[:, :-1, :-1], moments[:, :-1, -1]
    sign, log_size = np.linalg.slogdet(normal)
    if not (sign > 0).all():
        raise ValueError("regressors that say the same cannot be told apart")
    inverse = np.linalg.inv(normal)
    found = np.einsum("rij,rj->ri", inverse, right)
    left = np.maximum(moments[:, -1, -1] - (found * right).sum(axis=1), 1e-300)
    likelihood = likelihood - 0.5 * log_size - freedom / 2 * np.log(left)
    weight = np.exp(likelihood - likelihood.max())
    evidence = float(np.log(weight.mean()) + likelihood.max())
    weight /= weight.sum()
    mean = weight @ found
    apart = found - mean
    spread = (left / freedom)[:, None, None] * inverse + apart[:, :, None] * apart[:, None, :]
    covariance = np.einsum("r,rij->ij", weight, spread)
    return Fit(mean, covariance, float(weight @ rho), freedom, evidence)


def fit_plain(outcome: Floats, regressors: Floats, lags: int) -> Fit:
    """Ordinary least squares with heteroskedasticity- and autocorrelation-consistent errors
    (Newey and West 1987, Bartlett weights, n / (n − k))."""
    count, width = regressors.shape
    inverse = np.linalg.pinv(regressors.T @ regressors)
    found = inverse @ (regressors.T @ outcome)
    scores = regressors * (outcome - regressors @ found)[:, None]
    middle = scores.T @ scores
    for lag in range(1, min(lags, count - 1) + 1):
        crossed = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (lags + 1)) * (crossed + crossed.T)
    covariance = inverse @ middle @ inverse * count / (count - width)
    return Fit(found, covariance, 0.0, count - width)
