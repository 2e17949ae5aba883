"""The list that is shown of what might be offered: what nothing speaks against, more or less
varied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analytics.recommending.baskets import Floats
from dashboard.analytics.recommending.diversity import diversify, spread
from dashboard.analytics.recommending.similarity import words_of

LENGTH = 10
LIKE_PRICE = 1.25  # times the other, at most


@dataclass(frozen=True)
class Chosen:
    """`offers` in their rank's order; how varied they are, 0 (all alike) to 1."""

    offers: pd.DataFrame
    variety: float


def choose(offers: pd.DataFrame, variety: float, length: int = LENGTH) -> Chosen:
    """The `length` of one kind that are the best for this `variety`, from 0 (the best scores) to 1.
    More `variety` never gives a list that is less varied.

    From  rank, score and what `likeness` asks for       one row per product

    >>> offers = pd.DataFrame({"rank": [1, 2, 3], "score": [3.0, 2.9, 1.0],
    ...     "category_id": [1, 1, 2], "supplier_id": [1, 1, 2], "list_price": [5, 5, 50],
    ...     "names": ["Green tea", "Black tea", "Lamp"]})
    >>> choose(offers, 0.0, 2).offers["rank"].tolist(), choose(offers, 0.0, 2).variety
    ([1, 2], 0.0)
    >>> choose(offers, 1.0, 2).offers["rank"].tolist(), choose(offers, 1.0, 2).variety
    ([1, 3], 1.0)
    """
    ranked = offers.sort_values("rank", ignore_index=True)
    alike = likeness(ranked)
    places = np.sort(diversify(_relevance(ranked["score"]), alike, length, variety))
    return Chosen(ranked.iloc[places].reset_index(drop=True), spread(alike, places))


def likeness(offers: pd.DataFrame) -> Floats:
    """Of category, supplier, price (the larger at most LIKE_PRICE times the other) and words of the
    name, the share in which two products agree; 1 with itself. What is unknown agrees with nothing.

    From  category_id, supplier_id, list_price, names     one row per product
    """
    size = len(offers)
    agree = np.zeros((4, size, size), dtype=bool)
    for number, name in enumerate(("category_id", "supplier_id")):
        codes = pd.factorize(offers[name])[0]
        agree[number] = (codes[:, None] == codes) & (codes >= 0)
    price = pd.to_numeric(offers["list_price"]).to_numpy(np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        higher = np.maximum(price[:, None], price)
        agree[2] = higher <= LIKE_PRICE * np.minimum(price[:, None], price)
    words = [set(words_of(each)) for each in offers["names"]]
    agree[3] = [[bool(first & second) for second in words] for first in words]
    found = agree.mean(axis=0)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def _relevance(scores: pd.Series[float]) -> Floats:
    """From 0 (the worst of them) to 1."""
    values = pd.to_numeric(scores).to_numpy(np.float64)
    if not len(values) or np.ptp(values) == 0:
        return np.ones(len(values))
    return np.asarray((values - values.min()) / np.ptp(values))
