"""Who ordered what, order after order, as arrays that every method of recommending reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Matrix = Any  # a scipy.sparse.csr_array


@dataclass(frozen=True)
class Baskets:
    """Lines of orders, each product of an order once, sorted by customer, then time. `customer`,
    `product` are places in `customer_ids` (sorted) and `product_ids` (sorted); `turn` counts the
    customer's orders from 0; `when` is the day (or running number) of the order."""

    customer_ids: npt.NDArray[Any]
    product_ids: npt.NDArray[Any]
    customer: Ints
    turn: Ints
    product: Ints
    when: Floats

    @cached_property
    def orders_of(self) -> Ints:
        """How many orders each customer has."""
        counts = np.zeros(len(self.customer_ids), np.int64)
        last = np.flatnonzero(np.diff(self.customer, append=-1))  # turns of a customer ascend
        counts[self.customer[last]] = self.turn[last] + 1
        return counts

    @cached_property
    def age(self) -> Ints:
        """How many orders of the customer came after the line's; 0 in the last one."""
        return np.asarray(self.orders_of[self.customer] - 1 - self.turn)

    def keep(self, lines: Flags) -> Baskets:
        """Only these lines, with the same customers and products; turns are counted anew."""
        customer, turn = self.customer[lines], self.turn[lines]
        return Baskets(
            self.customer_ids, self.product_ids, customer, _turns(customer, turn),
            self.product[lines], self.when[lines],
        )  # fmt: skip

    def matrix(self, values: Floats | None = None) -> Matrix:
        """Customers by products: 1 where ever bought, or the sum of the values of the lines."""
        shape = (len(self.customer_ids), len(self.product_ids))
        data = np.ones(len(self.customer)) if values is None else values
        found = sparse.csr_array((data, (self.customer, self.product)), shape=shape)
        found.sum_duplicates()
        if values is None:
            found.data[:] = 1.0
        return found


def read_baskets(lines: pd.DataFrame) -> Baskets:
    """
    From  customer_id, order_id, ordered_on (day or number), product_id     one row per line
    To    Baskets; a product that an order names twice counts once. Orders of a customer follow
          each other by ordered_on, those of the same day by order_id.

    >>> told = read_baskets(pd.DataFrame({"customer_id": [7, 7, 7], "order_id": [2, 1, 2],
    ...     "ordered_on": [9, 8, 9], "product_id": ["b", "a", "b"]}))
    >>> told.turn.tolist(), told.product.tolist()
    ([0, 1], [0, 1])
    """
    customer, customer_ids = pd.factorize(lines["customer_id"], sort=True)
    product, product_ids = pd.factorize(lines["product_id"], sort=True)
    order = pd.factorize(lines["order_id"], sort=True)[0]
    when = as_numbers(lines["ordered_on"])
    turn = np.lexsort((product, order, when, customer))
    customer, order, product, when = customer[turn], order[turn], product[turn], when[turn]
    new = np.ones(len(customer), dtype=bool)
    new[1:] = (
        (customer[1:] != customer[:-1]) | (order[1:] != order[:-1]) | (product[1:] != product[:-1])
    )
    customer, order, product, when = customer[new], order[new], product[new], when[new]
    return Baskets(
        np.asarray(customer_ids), np.asarray(product_ids), customer.astype(np.int64),
        _turns(customer, order), product.astype(np.int64), when,
    )  # fmt: skip


def as_numbers(when: pd.Series[Any]) -> Floats:
    """Days since 1970, or the numbers as they are."""
    if pd.api.types.is_numeric_dtype(when):
        return when.to_numpy(np.float64)
    days = pd.to_datetime(when).to_numpy().astype("datetime64[s]").astype(np.float64)
    return np.asarray(days / 86400)


def _turns(customer: npt.NDArray[Any], order: npt.NDArray[Any]) -> Ints:
    """Numbers the orders of each customer, whose lines stand together."""
    if not len(customer):
        return np.zeros(0, np.int64)
    starts = np.ones(len(customer), dtype=bool)
    starts[1:] = (customer[1:] != customer[:-1]) | (order[1:] != order[:-1])
    number = np.cumsum(starts) - 1
    is_first = np.ones(len(customer), dtype=bool)
    is_first[1:] = customer[1:] != customer[:-1]
    first = np.maximum.accumulate(np.where(is_first, number, 0))
    return np.asarray(number - first, np.int64)
