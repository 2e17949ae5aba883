"""Segments: scores by hand, every combination named once, rules, and clusters found again."""

from __future__ import annotations

import doctest
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import ModuleType

import lifetimes
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from dashboard.analytics import (
    clusters,
    cohorts,
    duplicates,
    next_steps,
    segment_sums,
    segments,
    shares,
)
from dashboard.analytics.clusters import Clusters, Tried, cluster_customers
from dashboard.analytics.segments import (
    DEFINITIONS,
    RULE_SEGMENTS,
    SCORES,
    SEGMENTS,
    Cuts,
    OrderRules,
    cells_of,
    name_cell,
    name_segments,
    rule_segments,
    score_rfm,
)

CDNOW = Path(lifetimes.__file__).parent / "datasets" / "CDNOW_sample.txt"
CALIBRATION_END = pd.Timestamp("1997-09-30")
# by hand: ten customers, two to each fifth
TEN = pd.DataFrame(
    [
        #  id, days, orders, net sales   R  F  M
        (1, 2, 20, 9000.0),  #           5  5  5
        (2, 5, 12, 5000.0),  #           5  5  4
        (3, 9, 9, 7000.0),  #            4  4  5
        (4, 20, 1, 100.0),  #            4  1  1
        (5, 31, 4, 900.0),  #            3  3  3
        (6, 40, 3, 400.0),  #            3  3  2
        (7, 90, 10, 4000.0),  #          2  4  4
        (8, 120, 2, 150.0),  #           2  2  2
        (9, 300, 2, 950.0),  #           1  2  3
        (10, 400, 1, 80.0),  #           1  1  1
    ],
    columns=["customer_id", "recency_days", "orders", "net_sales"],
)
BY_HAND = [
    (5, 5, 5), (5, 5, 4), (4, 4, 5), (4, 1, 1), (3, 3, 3), (3, 3, 2), (2, 4, 4), (2, 2, 2),
    (1, 2, 3), (1, 1, 1),
]  # fmt: skip


def scores_of(frame: pd.DataFrame, cuts: Cuts | None = None) -> list[tuple[int, ...]]:
    scored = score_rfm(frame, cuts)
    return list(scored[list(SCORES)].itertuples(index=False, name=None))


def test_scores_worked_out_by_hand() -> None:
    assert scores_of(TEN) == BY_HAND
    assert name_segments(score_rfm(TEN)).tolist() == [
        "champions", "loyal", "loyal", "promising", "need_attention", "need_attention", "at_risk",
        "hibernating", "hibernating", "lost",
    ]  # fmt: skip


def test_equal_customers_get_equal_scores_in_whatever_order_they_come() -> None:
    chance = np.random.default_rng(3)
    many = pd.DataFrame(
        {
            "customer_id": range(400),
            "recency_days": chance.integers(0, 12, 400),
            "orders": chance.integers(1, 4, 400),
            "net_sales": chance.integers(1, 6, 400) * 10.0,
        }
    )
    scored = score_rfm(many).set_index("customer_id")
    again = score_rfm(many.sample(frac=1, random_state=1)).set_index("customer_id").sort_index()
    assert scored.equals(again)
    for value, score in zip(("recency_days", "orders", "net_sales"), SCORES, strict=True):
        by_value = scored.groupby(many[value].to_numpy())[score]
        assert (by_value.nunique() == 1).all()
        steps = by_value.first()
        rises = steps.is_monotonic_decreasing if value == "recency_days" else None
        assert steps.is_monotonic_increasing if rises is None else rises


def test_cut_points_can_be_said() -> None:
    cuts = Cuts((120, 40, 20, 5), (2, 4, 9, 12), (100, 500, 1000, 5000))
    assert scores_of(TEN.iloc[[1, 3, 8]], cuts) == [(5, 5, 5), (4, 1, 2), (1, 2, 3)]
    for wrong in (((1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4)), ((4, 3, 2), (1, 2, 3), (1, 2, 3))):
        with pytest.raises(ValueError, match="four cut points in order"):
            Cuts(*wrong)


def test_each_of_the_125_combinations_has_one_segment_and_each_segment_some() -> None:
    cells = [100 * r + 10 * f + m for r, f, m in product(range(1, 6), repeat=3)]
    named = {cell: name_cell(cell) for cell in cells}
    assert sorted(cell for segment in SEGMENTS for cell in cells_of(segment)) == cells
    assert all(named[cell] == segment for segment in SEGMENTS for cell in cells_of(segment))
    for definition in DEFINITIONS:  # none is hidden behind those before it
        first = [
            scores
            for scores in product(range(1, 6), repeat=3)
            if next(each for each in DEFINITIONS if each.holds(scores)) is definition
        ]
        assert first, definition


@pytest.mark.parametrize(
    ("scores", "segment"),
    [
        ((5, 5, 5), "champions"),
        ((5, 5, 4), "loyal"),
        ((4, 4, 3), "loyal"),
        ((4, 3, 2), "potential_loyalist"),
        ((5, 1, 5), "new"),
        ((4, 2, 1), "promising"),
        ((3, 5, 5), "need_attention"),
        ((1, 5, 5), "cannot_lose"),
        ((2, 5, 5), "at_risk"),
        ((2, 1, 1), "hibernating"),
        ((1, 2, 2), "lost"),
    ],
)
def test_the_names_mean_what_people_mean_by_them(
    scores: tuple[int, int, int], segment: str
) -> None:
    assert name_segments(pd.DataFrame([scores], columns=list(SCORES))).tolist() == [segment]


def test_rules_go_by_orders_a_month() -> None:
    orders = pd.DataFrame({"customer_id": range(6), "orders_12m": [0, 11, 12, 24, 25, 48]})
    assert rule_segments(orders).tolist() == [
        "others", "others", "curious", "curious", "steady", "frequent_loyal",
    ]  # fmt: skip
    rarer = OrderRules(loyal_from=1, curious_from=0.25, curious_to=0.5)
    assert rule_segments(orders, rarer).tolist()[1:3] == ["steady", "frequent_loyal"]
    assert set(rule_segments(orders)) == set(RULE_SEGMENTS)
    with pytest.raises(ValueError, match="less often"):
        OrderRules(loyal_from=1)


def test_nobody_and_one_customer() -> None:
    nobody = TEN.head(0)
    assert score_rfm(nobody).columns.tolist() == ["customer_id", *SCORES]
    assert name_segments(score_rfm(nobody)).empty
    assert rule_segments(pd.DataFrame({"customer_id": [], "orders_12m": []})).empty
    assert cluster_customers(nobody).labels.empty
    alone = TEN.iloc[[3]]
    assert scores_of(alone) == [(5, 1, 1)]
    assert cluster_customers(alone).profiles["k"] == 1


def test_customers_who_are_all_alike_are_one_cluster() -> None:
    alike = TEN.iloc[[0] * 200].assign(customer_id=range(200))
    assert set(scores_of(alike)) == {(5, 1, 1)}
    found = cluster_customers(alike)
    assert found.labels["cluster"].unique().tolist() == [1]
    assert not found.profiles["is_stable"]


@pytest.fixture(scope="module")
def cdnow() -> Iterator[pd.DataFrame]:
    bought = pd.read_csv(
        CDNOW, sep=r"\s+", header=None, names=["master", "customer_id", "day", "units", "value"]
    )
    bought["day"] = pd.to_datetime(bought["day"].astype(str))
    before = bought[bought["day"] <= CALIBRATION_END]
    frame = before.groupby("customer_id").agg(
        last=("day", "max"), orders=("day", "nunique"), net_sales=("value", "sum")
    )
    frame["recency_days"] = (CALIBRATION_END - frame.pop("last")).dt.days
    after = bought[bought["day"] > CALIBRATION_END].groupby("customer_id")["day"].nunique()
    yield frame.assign(later=after.reindex(frame.index).fillna(0)).reset_index()


def test_the_clusters_of_cdnow_are_found_again_and_buy_differently_after(
    cdnow: pd.DataFrame,
) -> None:
    assert len(cdnow) == 2357
    found = cluster_customers(cdnow.drop(columns="later"), seed=7)
    proposed = found.profiles
    assert proposed["is_stable"]
    assert proposed["stability"] >= 0.85
    assert proposed["silhouette"] >= 0.42
    labels = found.labels.set_index("customer_id")["cluster"]
    assert labels.value_counts(normalize=True).min() >= 0.03
    later = cdnow.set_index("customer_id")["later"].groupby(labels).agg(["mean", "sem"])
    assert later["mean"].is_monotonic_decreasing  # cluster 1 is the most valuable
    gaps = -later["mean"].diff().dropna()
    spread = np.sqrt(later["sem"] ** 2 + later["sem"].shift() ** 2).dropna()
    assert (gaps > 1.96 * spread).all()
    best = proposed["clusters"][0]["features"]
    assert {(each["feature"], each["direction"]) for each in best} >= {
        ("recency_days", "low"), ("orders", "high"),
    }  # fmt: skip


def test_what_is_found_again_decides_how_many_and_not_the_silhouette() -> None:
    unstable, four, five = (
        Tried(3, 0.84, 0.20, 0.5, 0.9), Tried(4, 0.93, 0.10, 0.5, 0.4),
        Tried(5, 0.92, 0.10, 0.5, 0.3),
    )  # fmt: skip
    tiny, alike = Tried(6, 0.99, 0.02, 0.5, 0.8), Tried(7, 0.95, 0.10, 0.1, 0.7)
    assert clusters._propose([unstable, four, five, tiny, alike]) == five
    assert clusters._propose([unstable, four, replace(five, stability=0.90)]) == four
    assert clusters._propose([unstable, tiny]) == unstable and not unstable.holds


@pytest.fixture(scope="module")
def planted() -> tuple[pd.DataFrame, pd.Series]:
    """Three kinds of customers: big and frequent, middling, and long gone."""
    chance = np.random.default_rng(11)
    kinds = np.repeat([0, 1, 2], [90, 240, 270])
    middle = np.array([[2.3, 4.0, 10.5], [4.0, 2.2, 7.5], [6.0, 0.7, 4.5]])[kinds]
    points = np.exp(middle + chance.normal(0, 0.25, middle.shape))
    frame = pd.DataFrame(points, columns=["recency_days", "orders", "net_sales"])
    frame["usual_gap_days"] = np.where(kinds == 2, np.nan, 365 / frame["orders"])
    frame.insert(0, "customer_id", chance.permutation(600))
    return frame, pd.Series(kinds, index=frame["customer_id"]).sort_index()


@pytest.fixture(scope="module")
def found(planted: tuple[pd.DataFrame, pd.Series]) -> Clusters:
    return cluster_customers(planted[0], seed=5)


def test_planted_clusters_are_found_in_the_order_of_their_value(
    planted: tuple[pd.DataFrame, pd.Series], found: Clusters
) -> None:
    assert found.profiles["k"] == 3
    labels = found.labels.set_index("customer_id")["cluster"]
    assert adjusted_rand_score(planted[1], labels) > 0.98
    assert labels.groupby(planted[1]).agg(lambda each: each.mode()[0]).tolist() == [1, 2, 3]


def test_the_same_seed_finds_the_same_in_whatever_order_customers_come(
    planted: tuple[pd.DataFrame, pd.Series], found: Clusters
) -> None:
    again = cluster_customers(planted[0].sample(frac=1, random_state=2), seed=5)
    assert again.labels.equals(found.labels)
    assert again.profiles == found.profiles


def test_what_is_told_of_clusters_is_json_without_counts(found: Clusters) -> None:
    told = json.loads(json.dumps(found.profiles, allow_nan=False))
    assert told == found.profiles
    assert [each["cluster"] for each in told["clusters"]] == [1, 2, 3]
    assert {each["k"] for each in told["tried"]} == set(range(3, 9))
    numbers = [each for cluster in told["clusters"] for each in cluster["features"]]
    assert all(set(each) == {"feature", "direction", "size", "deviations"} for each in numbers)


@pytest.mark.parametrize(
    "module", [segments, clusters, cohorts, duplicates, next_steps, segment_sums, shares]
)
def test_doctests(module: ModuleType) -> None:
    found = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted and not found.failed
