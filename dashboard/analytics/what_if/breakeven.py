"""What a price change must bring: plain arithmetic on the margin."""

from __future__ import annotations

from dashboard.analytics.what_if.elasticity import is_below

SURE = 0.9


def neutral_volume(price_change: float, margin_rate: float) -> float | None:
    """How many units more (as a share; below zero: fewer) leave the margin as it is when the price
    changes: −δ / (m + δ); None where each unit then costs more than it brings."""
    if margin_rate + price_change <= 0:
        return None
    return -price_change / (margin_rate + price_change)


def neutral_price(volume_change: float, margin_rate: float) -> float:
    """The price change that leaves the margin as it is when so many units more or fewer are sold:
    −m·v / (1 + v)."""
    return -margin_rate * volume_change / (1 + volume_change)


def best_price(cost: float, elasticity: float, error: float) -> float | None:
    """c·ε / (1 + ε), the price of most margin; None unless it is sure that ε < −1 (P > 0.9)."""
    if is_below(elasticity, error) <= SURE:
        return None
    return cost * elasticity / (1 + elasticity)
