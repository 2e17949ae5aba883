"""What a price change must bring: plain arithmetic on the margin."""

from __future__ import annotations

from math import exp, log1p

from dashboard.analytics.what_if.elasticity import is_below

SURE = 0.9


def neutral_volume(price_change: float, margin_rate: float) -> float | None:
    """How many units more (as a share; below zero: fewer) leave the margin as it is when the price
    changes: −δ / (m + δ); None where each unit then costs more than it brings."""
    if margin_rate + price_change <= 0:
        return None
    return -price_change / (margin_rate + price_change)


def expected_volume(price_change: float, elasticity: float) -> float:
    """How many units more (as a share) the price change lets expect: (1 + δ)^ε − 1."""
    return exp(elasticity * log1p(price_change)) - 1


def best_price(cost: float, elasticity: float, error: float) -> float | None:
    """c·ε / (1 + ε), the price of most margin; None unless it is sure that ε < −1 (P > 0.9)."""
    if is_below(elasticity, error) <= SURE:
        return None
    return cost * elasticity / (1 + elasticity)
