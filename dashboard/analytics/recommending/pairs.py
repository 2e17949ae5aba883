"""Which two products orders hold together more often than by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from dashboard.analytics.recommending.itemsets import Held
from dashboard.analytics.recommending.reasons import about
from dashboard.analytics.recommending.rules import lift_interval, p_values, q_values

FEWEST_TOGETHER = 5  # orders
MOST_Q = 0.1
MOST_OF_ONE = 100  # others kept of a product
PAIR_COLUMNS = ("product_id", "other_product_id", "together", "product_orders", "other_orders",
                "orders", "shared_rate", "lift", "lift_low", "lift_high", "q_value")  # fmt: skip
_BLOCK = 500


def find_pairs(held: Held, *, fewest: int = FEWEST_TOGETHER) -> pd.DataFrame:
    """
    To  PAIR_COLUMNS, once in each direction: pairs that at least `fewest` orders hold, with a lift
        above 1 and a q-value (over all pairs that so many orders hold) of at most MOST_Q; of one
        product the surest lifts

    >>> lines = pd.DataFrame({"order_id": [*range(8), *range(8), *range(20, 40)],
    ...     "product_id": [1] * 8 + [2] * 8 + [3] * 20})
    >>> from dashboard.analytics.recommending.itemsets import read_held
    >>> find_pairs(read_held(lines))[["product_id", "other_product_id", "together"]].values.tolist()
    [[1, 2, 8], [2, 1, 8]]
    """
    matrix = sparse.csc_array(held.matrix).astype(np.int32)
    counts = np.diff(matrix.indptr).astype(np.int64)
    parts = []
    for first in range(0, len(counts), _BLOCK):
        both = sparse.coo_array(matrix[:, first : first + _BLOCK].T @ matrix)
        row, column = both.coords[0] + first, both.coords[1]
        chosen = (row < column) & (both.data >= fewest)
        parts.append((row[chosen], column[chosen], both.data[chosen].astype(np.int64)))
    if not parts:
        return pd.DataFrame(columns=list(PAIR_COLUMNS))
    first_of, second, together = (np.concatenate(each) for each in zip(*parts, strict=True))
    a, b, n = counts[first_of], counts[second], held.orders
    q = q_values(p_values(together, a, b, n))
    lift, low, high = lift_interval(together, a, b, n)
    sure = (q <= MOST_Q) & (lift > 1)
    columns = [each[sure] for each in (first_of, second, together, a, b, lift, low, high, q)]
    first_of, second, together, a, b, lift, low, high, q = columns
    ids = held.product_ids
    frame = pd.DataFrame(
        {
            "product_id": np.concatenate([ids[first_of], ids[second]]),
            "other_product_id": np.concatenate([ids[second], ids[first_of]]),
            "together": np.tile(together, 2),
            "product_orders": np.concatenate([a, b]),
            "other_orders": np.concatenate([b, a]),
            "orders": n,
            "shared_rate": np.concatenate([about(together, a), about(together, b)]),
            "lift": np.tile(lift, 2),
            "lift_low": np.tile(low, 2),
            "lift_high": np.tile(high, 2),
            "q_value": np.tile(q, 2),
        }
    )
    order = ["product_id", "lift_low", "other_product_id"]
    frame = frame.sort_values(order, ascending=[True, False, True], ignore_index=True)
    return frame[frame.groupby("product_id").cumcount() < MOST_OF_ONE].reset_index(drop=True)
