"""Customers who are alike, found by k-means on what they bought.

Counts, days and money are skewed, so their logarithms are compared, each in units of its own
spread: on raw numbers the clusters with the best silhouette are one large customer and everybody
else. How many clusters there are is decided by stability (Hennig, Cluster-wise assessment of
cluster stability, 2007): clusters found again in samples drawn anew, told by the adjusted Rand
index, are there; of the numbers that are about as stable as the best, that leave no cluster too
small, and whose neighbours differ, the largest tells most. The silhouette is noted beside it and
decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

Floats: TypeAlias = "npt.NDArray[np.float64]"
Whole: TypeAlias = "npt.NDArray[np.int64]"

FEATURES = (
    "recency_days", "orders", "net_sales", "orders_12m", "usual_gap_days", "categories",
    "discount_share",
)  # fmt: skip
KS = range(3, 9)
BOOTSTRAPS = 20
STABLE = 0.85  # adjusted Rand index, mean over the bootstraps
AS_STABLE = 0.02  # how much less than the best is about as stable
SMALLEST_SHARE = 0.03
FEWEST = 30  # customers, below which there is one cluster
FIT_ROWS, STABILITY_ROWS, SILHOUETTE_ROWS = 20_000, 3_000, 1_500
STARTS, STARTS_AGAIN = 10, 3  # of which the best is kept: of the clusters, of each bootstrap
DIFFERENT = 0.2  # standard deviations between neighbours, a "small" effect in Cohen's words
_TELLING = (0.5, 1.0)  # standard deviations from everybody: somewhat, much
_NEXT = "expected_orders_12m"


@dataclass(frozen=True)
class Tried:
    """One number of clusters: how stable, how large the smallest, how far neighbours differ."""

    k: int
    stability: float
    smallest_share: float
    difference: float
    silhouette: float

    @property
    def holds(self) -> bool:
        return (
            self.stability >= STABLE
            and self.smallest_share >= SMALLEST_SHARE
            and self.difference >= DIFFERENT
        )


@dataclass(frozen=True)
class Clusters:
    """What was found: `labels` has customer_id and cluster, 1 for the most valuable; `profiles` is
    plain enough for JSON and holds no counts."""

    labels: pd.DataFrame
    profiles: dict[str, Any]


def cluster_customers(customers: pd.DataFrame, seed: int = 0) -> Clusters:
    """
    From  customer_id, orders, net_sales and any of FEATURES, expected_orders_12m and
          predicted_value_12m     one row per customer, money in one currency
    To    Clusters

    Neighbours must differ in the orders expected of them, where those are given, else in what they
    ordered; the most valuable are told by predicted value, else by net sales.

    >>> few = pd.DataFrame({"customer_id": [7, 8], "orders": [1, 2], "net_sales": [5.0, 9.0]})
    >>> cluster_customers(few).labels.values.tolist()
    [[7, 1], [8, 1]]
    """
    ordered = customers.sort_values("customer_id", ignore_index=True)
    names = [name for name in FEATURES if name in ordered]
    points = _scaled(ordered, names)
    if len(ordered) < FEWEST or len(np.unique(points, axis=0)) < max(KS):
        return _one_cluster(ordered)
    with threadpool_limits(1):  # so much quicker for many small fits, and always alike
        ranked, tried = _try_all(points, _worth(ordered), _told(ordered), seed)
    best = _propose(tried)
    labels = pd.DataFrame({"customer_id": ordered["customer_id"], "cluster": ranked[best.k]})
    return Clusters(
        labels,
        {
            "k": best.k,
            "stability": best.stability,
            "is_stable": best.holds,
            "silhouette": best.silhouette,
            "tried": [asdict(each) for each in tried],
            "clusters": _profiles(points, names, ranked[best.k], best.k),
        },
    )


def _try_all(
    points: Floats, value: Floats, told: Floats, seed: int
) -> tuple[dict[int, Whole], list[Tried]]:
    chance = np.random.default_rng(seed)
    sample = _draw(chance, len(points), FIT_ROWS)
    ranked = {}
    for k in KS:
        fit = _fit(points[sample], k, STARTS, seed)
        ranked[k] = _rank(np.asarray(fit.predict(points), dtype=np.int64), value, k)
    return ranked, [_try(points, ranked[k], told, k, chance, seed) for k in KS]


def _scaled(customers: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Logarithms in units of their spread; what is unknown or all the same lies in the middle."""
    columns = []
    for name in names:
        values = customers[name].to_numpy(dtype=np.float64, na_value=np.nan)
        logs = np.log1p(np.maximum(values, 0.0))
        known = logs[~np.isnan(logs)]
        spread = float(known.std()) if len(known) else 0.0
        middle = float(known.mean()) if len(known) else 0.0
        columns.append(np.nan_to_num((logs - middle) / spread) if spread > 1e-9 else 0.0 * values)
    return np.nan_to_num(np.column_stack(columns)) if columns else np.zeros((len(customers), 0))


def _worth(customers: pd.DataFrame) -> Floats:
    return _logs(customers, ("predicted_value_12m", "net_sales"))


def _told(customers: pd.DataFrame) -> Floats:
    return _logs(customers, (_NEXT, "orders"))


def _logs(customers: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Of the first column that says anything."""
    for name in names:
        if name in customers and customers[name].notna().any():
            values = customers[name].to_numpy(dtype=np.float64, na_value=np.nan)
            return np.asarray(np.log1p(np.maximum(np.nan_to_num(values), 0.0)), dtype=np.float64)
    return np.zeros(len(customers))


def _draw(chance: np.random.Generator, count: int, most: int) -> Whole:
    if count <= most:
        return np.arange(count)
    return np.sort(chance.choice(count, size=most, replace=False))


def _fit(points: Floats, k: int, starts: int, seed: int) -> KMeans:
    return KMeans(n_clusters=k, n_init=starts, tol=1e-3, random_state=seed).fit(points)


def _rank(places: Whole, value: Floats, k: int) -> Whole:
    """Numbers from 1, the cluster with the highest mean value first."""
    count = np.bincount(places, minlength=k)
    mean = np.bincount(places, weights=value, minlength=k) / np.maximum(count, 1)
    number = np.empty(k, dtype=np.int64)
    number[np.argsort(-mean, kind="stable")] = np.arange(1, k + 1)
    return number[places]


def _try(
    points: Floats, labels: Whole, told: Floats, k: int, chance: np.random.Generator, seed: int
) -> Tried:
    sample = _draw(chance, len(points), STABILITY_ROWS)
    some, few = points[sample], sample[:: max(1, len(sample) // SILHOUETTE_ROWS)]
    found = []
    for number in range(BOOTSTRAPS):
        drawn = chance.integers(0, len(some), size=len(some))
        again = _fit(some[drawn], k, STARTS_AGAIN, seed + number)
        found.append(adjusted_rand_score(labels[sample], again.predict(some)))
    shares = np.bincount(labels, minlength=k + 1)[1:] / len(labels)
    several = len(np.unique(labels[few])) > 1
    return Tried(
        k=k,
        stability=round(float(np.mean(found)), 4),
        smallest_share=round(float(shares.min()), 4),
        difference=round(_difference(told, labels, k), 4),
        silhouette=round(float(silhouette_score(points[few], labels[few])), 4) if several else 0.0,
    )


def _difference(told: Floats, labels: Whole, k: int) -> float:
    """The smallest distance between the means of two neighbours, in their common spread."""
    groups = [told[labels == number] for number in range(1, k + 1)]
    apart = []
    for one, other in pairwise(groups):
        if not (len(one) and len(other)):
            return 0.0
        spread = np.sqrt((one.var() + other.var()) / 2)
        distance = abs(one.mean() - other.mean())
        apart.append(distance / spread if spread > 1e-9 else (0.0 if distance < 1e-9 else 9.0))
    return float(min(apart))


def _propose(tried: Sequence[Tried]) -> Tried:
    """The largest number that holds about as well as any; without one the most stable whose
    clusters are large enough, told as not stable."""
    holding = [each for each in tried if each.holds]
    if holding:
        best = max(each.stability for each in holding)
        return [each for each in holding if each.stability >= best - AS_STABLE][-1]
    large = [each for each in tried if each.smallest_share >= SMALLEST_SHARE]
    return max(large or tried, key=lambda each: (each.stability, -each.k))


def _profiles(points: Floats, names: Sequence[str], labels: Whole, k: int) -> list[dict[str, Any]]:
    """What tells each cluster from everybody: the features whose mean lies farthest from theirs,
    at most three."""
    found = []
    for number in range(1, k + 1):
        mean = points[labels == number].mean(axis=0)
        order = np.argsort(-np.abs(mean), kind="stable")[:3]
        told = [_telling(names[place], float(mean[place])) for place in order]
        found.append({"cluster": number, "features": [each for each in told if each]})
    return found


def _telling(name: str, mean: float) -> Mapping[str, Any] | None:
    somewhat, much = _TELLING
    if abs(mean) < somewhat:
        return None
    return {
        "feature": name,
        "direction": "high" if mean > 0 else "low",
        "size": "much" if abs(mean) >= much else "somewhat",
        "deviations": round(mean, 2),
    }


def _one_cluster(customers: pd.DataFrame) -> Clusters:
    labels = pd.DataFrame(
        {
            "customer_id": customers["customer_id"].to_numpy(),
            "cluster": np.ones(len(customers), dtype=np.int64),
        }
    )
    nothing: dict[str, Any] = {
        "k": 1 if len(customers) else 0,
        "stability": None,
        "is_stable": False,
        "silhouette": None,
        "tried": [],
        "clusters": [{"cluster": 1, "features": []}] if len(customers) else [],
    }
    return Clusters(labels, nothing)
