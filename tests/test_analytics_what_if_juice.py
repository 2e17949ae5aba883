"""The design of the published orange juice example (Dominick's: 83 stores, 116 weeks, 3 brands;
Taddy, Business Data Science, oj.R), whose rows no package carries, with its coefficients as truth:
a log-log demand by brand, a feature that adds 1.094 and mostly comes with a lower price."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.what_if.elasticity import estimate_elasticities, shrink_elasticities
from tests.what_if_worlds import within

STORES, WEEKS = 83, 116
ELASTICITY = {1: -3.378, 2: -3.321, 3: -2.712}  # brand → published own-price elasticity
# a dear brand sells as much as a cheap one, which hides what price does where brands are mixed
PRICE = {1: 1.60, 2: 2.10, 3: 2.85}
FEATURE, DEAL = 1.094, 0.18  # log of demand; log of the price cut
SOLD = 250.0  # a week, of a brand in a store
NOISE, MEMORY = 0.35, 0.5


@cache
def stores() -> pd.DataFrame:
    """The panel of `estimate_elasticities`: a product is a brand in a store, a category a brand."""
    chance = np.random.default_rng(1989)
    parts = []
    for store in range(STORES):
        for brand, elasticity in ELASTICITY.items():
            featured = np.repeat(chance.random(WEEKS // 2) < 0.24, 2).astype(float)
            usual = np.repeat(chance.normal(0, 0.10, WEEKS // 4), 4)
            logs = np.log(PRICE[brand]) + usual - DEAL * featured + chance.normal(0, 0.02, WEEKS)
            state = np.zeros(WEEKS)
            for week in range(WEEKS):
                shock = chance.normal(0, NOISE * np.sqrt(1 - MEMORY**2))
                state[week] = MEMORY * state[week - 1] + shock if week else shock
            cheaper = logs - np.log(PRICE[brand])
            demand = np.log(SOLD) + chance.normal(0, 0.3)  # of the store
            demand = demand + elasticity * cheaper + FEATURE * featured + state
            parts.append(pd.DataFrame({
                "product_id": store * 10 + brand, "category_id": brand, "week": np.arange(WEEKS),
                "price": np.exp(logs), "sold": chance.poisson(np.exp(demand)).astype(float),
                "promoted": featured, "after": 0.0, "others": 0.0,
            }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


@cache
def learnt() -> pd.DataFrame:
    return shrink_elasticities(estimate_elasticities(stores()))


def test_the_range_of_an_elasticity_holds_the_truth_as_often_as_it_says() -> None:
    found = learnt()
    truth = found["category_id"].map(ELASTICITY)
    inside = (np.abs(found["own"] - truth) <= 1.2816 * found["own_error"]).mean()
    low, high = within(len(found))
    assert len(found) == 249 and low <= inside <= high
    inside_95 = (np.abs(found["own"] - truth) <= 1.96 * found["own_error"]).mean()
    assert 0.90 <= inside_95 <= 0.99


@pytest.mark.parametrize("brand", ELASTICITY)
def test_each_brand_has_its_published_elasticity(brand: int) -> None:
    own = learnt()[learnt()["category_id"] == brand]
    error = float(np.sqrt((own["own_error"] ** 2).mean() / len(own)))
    assert abs(own["own"].mean() - ELASTICITY[brand]) < 2.6 * error
    assert abs(own["elasticity"].mean() - ELASTICITY[brand]) < 0.1
    assert not own["is_placebo"].mean() > 0.15  # prices moved for reasons of their own


def test_one_line_through_all_brands_is_confounded() -> None:
    """Published: −1.601 over all, −3.139 with brands apart; here the brands that cost more sell as
    much, so that price seems to do less than it does."""
    rows = stores()
    logs, sold = np.log(rows["price"]), np.log(np.maximum(rows["sold"], 0.5))
    pooled = np.polyfit(logs, sold, 1)[0]
    apart = logs - logs.groupby(rows["category_id"]).transform("mean")
    by_brand = np.polyfit(apart, sold - sold.groupby(rows["category_id"]).transform("mean"), 1)[0]
    assert pooled > -2.0 and by_brand < -3.0
    assert learnt()["elasticity"].mean() == pytest.approx(
        np.mean(list(ELASTICITY.values())), abs=0.1
    )
