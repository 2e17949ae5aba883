"""Made-up sales with known truth: how demand answers to prices and promotions is written here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

YEAR = 365.25 / 7


@dataclass(frozen=True)
class Market:
    """One product's weeks: demand with a memory, and prices that move for reasons of their own, or
    (`follows` > 0) that a manager raises the week after demand was high."""

    weeks: int = 104
    elasticity: float = -2.0
    level: float = 120.0
    memory: float = 0.7
    noise: float = 0.3
    follows: float = 0.0
    uplift: float = 0.0  # log, of promotions of two weeks, each quarter
    after: float = 0.0

    def draw(self, chance: np.random.Generator, coming: int = 0) -> pd.DataFrame:
        """A panel of `weeks` and `coming` more; `expected` is the demand but for counting noise, at
        the price of the week."""
        count = self.weeks + coming
        state = np.zeros(count)
        shocks = chance.normal(0, self.noise * np.sqrt(1 - self.memory**2), count)
        state[0] = chance.normal(0, self.noise)
        for week in range(1, count):
            state[week] = self.memory * state[week - 1] + shocks[week]
        logs = chance.normal(0, 0.1, count)
        logs[1:] += self.follows * state[:-1]
        logs[self.weeks :] = logs[self.weeks - 1]  # the plan: it stays as it is
        week = np.arange(count)
        promoted = ((week % 13 < 2) & (self.uplift != 0)).astype(float)
        after = ((week % 13 == 2) & (self.uplift != 0)).astype(float)
        expected = self.level * np.exp(
            self.elasticity * logs
            + 0.2 * np.sin(2 * np.pi * week / YEAR)
            + 0.1 * week / YEAR
            + self.uplift * promoted
            + self.after * after
            + state
        )
        return pd.DataFrame(
            {"product_id": 1, "category_id": 1, "week": week, "price": 100 * np.exp(logs),
             "sold": chance.poisson(expected).astype(float), "expected": expected,
             "promoted": promoted, "after": after, "others": 0.0}
        )  # fmt: skip


def panel_of(products: dict[int, tuple[int, float]], chance: np.random.Generator,
             **market: Any) -> pd.DataFrame:  # fmt: skip
    """product_id → (category_id, elasticity), each in a market of its own."""
    return pd.concat(
        [
            Market(elasticity=elasticity, **market)
            .draw(chance)
            .assign(product_id=product_id, category_id=category_id)
            for product_id, (category_id, elasticity) in products.items()
        ],
        ignore_index=True,
    )


def within(count: int, *, low: float = 0.74, high: float = 0.86) -> tuple[float, float]:
    """The shares between which a coverage in [low, high] shows in so many simulations: 2.6 standard
    errors around, which a true coverage within misses in one run of a hundred at most."""
    return (
        low - 2.6 * float(np.sqrt(low * (1 - low) / count)),
        high + 2.6 * float(np.sqrt(high * (1 - high) / count)),
    )
