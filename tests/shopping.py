"""Orders with known habits, for tests of recommending."""

from __future__ import annotations

import numpy as np
import pandas as pd


def habits(customers: int = 300, products: int = 60, seed: int = 1) -> pd.DataFrame:
    """Each customer has five favourites out of one of six families, and buys others of the family
    and popular products; products of a family go together. Columns as of a file, with the family
    as category."""
    chance = np.random.default_rng(seed)
    family = np.arange(products) % 6
    popular = 1 / (np.arange(products) // 6 + 1.0)
    rows = []
    for customer in range(customers):
        own = np.flatnonzero(family == customer % 6)
        favourites = chance.choice(own, 5, replace=False)
        day = int(chance.integers(0, 60))
        for _order in range(int(chance.integers(2, 9))):
            wanted = [*favourites[chance.random(5) < 0.45]]
            wanted += [*own[chance.random(len(own)) < 0.08]]
            wanted += [*chance.choice(products, 1, p=popular / popular.sum())]
            order = len(rows)
            rows += [(customer, order, day, int(product)) for product in wanted]
            day += int(chance.integers(3, 40))
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "ordered_on", "product_id"])
    return frame.assign(category=family[frame["product_id"]])


def random_lines(
    seed: int, customers: int = 30, products: int = 12, rows: int = 400
) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    order = chance.integers(0, customers * 5, rows)
    return pd.DataFrame(
        {
            "customer_id": order // 5,
            "order_id": order,
            "ordered_on": order % 5 * 10,
            "product_id": (chance.random(rows) ** 2 * products).astype(int),
        }
    )
