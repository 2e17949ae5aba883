"""Makes forecasts add up: parts to their total, regions to the company, to the hundredth.

Forecast proportions (Athanasopoulos, Ahmed & Hyndman 2009): a total is shared out to its parts in
the proportions of the parts' own forecasts; what rounding leaves goes to the largest remainders
(Hamilton's method).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

HUNDREDTHS = 100
_WIDEST = 10.0  # times that a range may grow with its forecast


def in_hundredths(values: Floats) -> Whole:
    """Rounded to whole hundredths.

    >>> in_hundredths(np.array([1.005, 2.0])).tolist()
    [100, 200]
    """
    return np.round(np.asarray(values, dtype=np.float64) * HUNDREDTHS).astype(np.int64)


def share_out(parts: Floats, total: Whole, weights: Floats | None = None) -> Whole:
    """(parts, periods) that add up to `total` (periods), both in whole hundredths; a part changes
    by its share of the sizes of all. Where all parts are 0, `weights` (parts) tell the shares.

    None is below 0 where no part and no total is.

    >>> share_out(np.array([[1.0], [1.0], [1.0]]), np.array([100])).ravel().tolist()
    [34, 33, 33]
    >>> share_out(np.array([[3.0], [1.0]]), np.array([800])).ravel().tolist()
    [600, 200]
    >>> share_out(np.array([[-1.0], [3.0]]), np.array([400])).ravel().tolist()
    [-50, 450]
    """
    if not len(parts):
        return np.zeros((0, len(total)), dtype=np.int64)
    own = np.asarray(parts, dtype=np.float64) * HUNDREDTHS
    sizes = np.abs(own)
    whole = sizes.sum(axis=0)
    usual = np.ones(len(own)) if weights is None or weights.sum() <= 0 else weights
    shares = np.where(whole > 0, sizes / np.where(whole > 0, whole, 1.0),
                      (usual / usual.sum())[:, None])  # fmt: skip
    wanted = own + (total - own.sum(axis=0)) * shares
    if (own >= 0).all():
        wanted = np.where(total >= 0, np.maximum(wanted, 0.0), wanted)
    reconciled = np.floor(wanted).astype(np.int64)
    rest = wanted - reconciled
    order = np.argsort(-rest, axis=0, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(len(own))[:, None], axis=0)
    left = total - reconciled.sum(axis=0)
    return np.asarray(reconciled + left // len(own) + (ranks < left % len(own)), dtype=np.int64)


def reconcile_bounds(
    bounds: Floats, value: Floats, reconciled: Floats, *, may_be_negative: bool
) -> Floats:
    """(4, periods) low and high ends around `reconciled`: as wide as around `value` in proportion,
    or just as wide where values may be negative."""
    if may_be_negative:
        return np.asarray(reconciled + (bounds - value))
    known = value > 0
    grown = np.divide(reconciled, value, out=np.ones_like(value), where=known)
    return np.maximum(reconciled + (bounds - value) * np.minimum(grown, _WIDEST), 0.0)


def share_errors(company: Floats, regions: Floats) -> float:
    """How far the errors of the regions go together: the correlation r, from 0 to 1, with which
    the half-widths of the regions (regions, periods) give those of the company (periods) by
    √((1 − r) Σw² + r (Σw)²); the median over the periods.

    >>> w = np.array([[3.0], [4.0]])
    >>> share_errors(np.array([5.0]), w), share_errors(np.array([7.0]), w)
    (0.0, 1.0)
    """
    squares, sums = (regions**2).sum(axis=0), regions.sum(axis=0) ** 2
    tells = sums - squares > 1e-12 * np.maximum(sums, 1.0)
    if not tells.any():
        return 0.0
    found = (company[tells] ** 2 - squares[tells]) / (sums[tells] - squares[tells])
    return float(np.clip(np.median(found), 0.0, 1.0))


def shrunk_shares(part: Floats, whole: Floats, firmness: float) -> Floats:
    """(products, regions): the share of each region in a product's sales (products, regions),
    drawn to the regions' shares in all sales (regions) as if `firmness` of the product had been
    sold in these.

    >>> shrunk_shares(np.array([[0.0, 0.0], [30.0, 10.0]]), np.array([1.0, 1.0]), 40.0).tolist()
    [[0.5, 0.5], [0.625, 0.375]]
    """
    part, whole = np.maximum(part, 0.0), np.maximum(whole, 0.0)
    usual = whole / whole.sum() if whole.sum() > 0 else np.full(len(whole), 1 / len(whole))
    drawn = part + firmness * usual
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))
