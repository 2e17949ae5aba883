"""How alike two products are: by who bought both, by what predicts a purchase, by attributes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import linalg, sparse

from dashboard.analytics.recommending.baskets import Floats, Ints, Matrix

NEIGHBOURS = 100  # of a product that are kept
MOST_EASE = 3_000  # products; its matrix is dense, and inverting it grows with the cube
_SHRINKAGE = 10.0  # customers
_RIDGE = 300.0
_BLOCK = 500
# how much it weighs that two products agree; words add theirs, by how rare they are
_WEIGHTS = {"category": 1.0, "supplier": 0.5, "price_band": 0.3}
_WORDS = 1.0
PRICE_BANDS = 5
_WORD = re.compile(r"[a-z0-9]{2,}|[\u4e00-\u9fff]")


def bought_both(bought: Matrix) -> npt.NDArray[np.int32]:
    """How many rows of `bought` (ones) have both of two products; on the diagonal, one."""
    by_row, size = sparse.csr_array(bought, dtype=np.int32), bought.shape[1]
    by_product = sparse.csr_array(by_row.T)
    found = np.zeros((size, size), np.int32)
    for first in range(0, size, _BLOCK):
        block = slice(first, first + _BLOCK)
        found[block] = (by_product[block] @ by_row).toarray()
    return found


def cosine(
    both: npt.NDArray[np.int32], *, shrinkage: float = _SHRINKAGE, neighbours: int = NEIGHBOURS
) -> Matrix:
    """both / (√(a·b) + shrinkage), where `both` counts who has both products, as of `bought_both`,
    of each product with its nearest; the diagonal is empty. Row i holds what goes with product i.
    Shrunk, because few who bought both prove little (Bell & Koren 2007, "Improved
    neighborhood-based collaborative filtering")."""
    buyers = np.diag(both).astype(np.float64)
    found = []
    for first in range(0, len(both), _BLOCK):
        alike = both[first : first + _BLOCK].astype(np.float64)
        rows = np.arange(len(alike))
        alike /= np.sqrt(buyers[rows + first, None] * buyers) + shrinkage
        alike[rows, rows + first] = 0
        found.append(_nearest(alike, neighbours))
    return _stacked(found, len(both))


def ease(both: npt.NDArray[np.int32], *, ridge: float = _RIDGE) -> tuple[Ints, Floats]:
    """The places of the most bought products, at most MOST_EASE, and their weights: row i what
    having bought product i adds to each other (Steck 2019, "Embarrassingly shallow autoencoders
    for sparse data"): B = I − P·diag(1/diag P), P = (XᵀX + ridge·I)⁻¹, where XᵀX is `both`, as of
    `bought_both`."""
    buyers = np.diag(both)
    places = np.sort(np.argsort(-buyers, kind="stable")[:MOST_EASE])
    places = places[buyers[places] > 0]
    if not len(places):
        return places, np.zeros((0, 0))
    gram = np.asfortranarray(both[np.ix_(places, places)], np.float64)
    gram[np.diag_indices_from(gram)] += ridge
    factor, _info = linalg.lapack.dpotrf(gram, lower=1, overwrite_a=1)
    inverse, _info = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return places, weights


def _nearest(rows: Floats, most: int) -> Matrix:
    """The largest `most` above 0 of each row; of equals the first columns."""
    if rows.shape[1] > most:
        least = -np.partition(-rows, most - 1, axis=1)[:, most - 1]
        above = rows > least[:, None]
        equal = (rows == least[:, None]) & (least[:, None] > 0)
        left = most - above.sum(axis=1)
        above |= equal & (np.cumsum(equal, axis=1) <= left[:, None])
        rows = np.where(above, rows, 0.0)
    return sparse.csr_array(np.maximum(rows, 0.0))


def _stacked(blocks: Sequence[Matrix], size: int) -> Matrix:
    return sparse.csr_array(sparse.vstack(blocks)) if blocks else sparse.csr_array((0, size))


def content(products: pd.DataFrame, *, neighbours: int = NEIGHBOURS) -> Matrix:
    """Cosine of the attributes of products: category, supplier, price band, words of the name.

    From  any of category, supplier, price, name      one row per product; missing is unlike all
    """
    size = len(products)
    parts: list[Matrix] = []
    for name, weight in _WEIGHTS.items():
        source = "price" if name == "price_band" else name
        if source not in products:
            continue
        values = price_bands(products["price"]) if source == "price" else products[source]
        codes = pd.factorize(values)[0]
        known = np.flatnonzero(codes >= 0)
        shape = (size, int(codes.max(initial=-1)) + 1)
        ones = np.full(len(known), np.sqrt(weight))
        parts.append(sparse.csr_array((ones, (known, codes[known])), shape=shape))
    if "name" in products:
        parts.append(_words(products["name"]))
    if not parts:
        return sparse.csr_array((size, size))
    facts = sparse.csr_array(sparse.hstack(parts))
    length = np.sqrt(np.asarray(facts.multiply(facts).sum(axis=1)).ravel())
    scale = np.divide(1.0, length, out=np.zeros(size), where=length > 0)
    facts = sparse.csr_array(sparse.diags_array(scale) @ facts)
    found = []
    for first in range(0, size, _BLOCK):
        alike = np.asarray((facts[first : first + _BLOCK] @ facts.T).todense(), np.float64)
        rows = np.arange(len(alike))
        alike[rows, rows + first] = 0
        found.append(_nearest(alike, neighbours))
    return _stacked(found, size)


def price_bands(prices: pd.Series[float]) -> pd.Series[float]:
    """0 (cheapest) to 4, as many products in each; NaN of an unknown price."""
    ranks = prices.rank(pct=True)
    return (ranks * PRICE_BANDS).map(np.ceil) - 1


def words_of(name: object) -> Sequence[str]:
    """The words of a name, each Chinese character for itself.

    >>> words_of("Green Tea 绿茶 500 g")
    ['green', 'tea', '绿', '茶', '500']
    """
    return _WORD.findall(str(name).casefold()) if isinstance(name, str) else []


def _words(names: pd.Series[str]) -> Matrix:
    """Rarer words weigh more; all words of a name together weigh the same."""
    found = [sorted(set(words_of(name))) for name in names]
    row = np.repeat(np.arange(len(found)), [len(each) for each in found])
    codes, known = pd.factorize(np.array([word for each in found for word in each], dtype=object))
    seen = np.bincount(codes, minlength=len(known))
    rare = np.log(1 + len(found) / np.maximum(seen, 1))[codes]
    words = sparse.csr_array((rare, (row, codes)), shape=(len(found), max(len(known), 1)))
    length = np.sqrt(np.asarray(words.multiply(words).sum(axis=1)).ravel())
    scale = np.divide(np.sqrt(_WORDS), length, out=np.zeros(len(found)), where=length > 0)
    return sparse.csr_array(sparse.diags_array(scale) @ words)
