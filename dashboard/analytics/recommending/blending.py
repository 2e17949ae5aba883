"""How much each component counts, learnt from the orders that came last before what is asked.

Each customer's last order is laid aside, all candidates are described by what came before, and the
weights are those under which what was then ordered is likeliest among the candidates (conditional
logit, McFadden 1974), never below 0 so that a component can be a reason, and pulled towards usual
weights so that few orders change little. Buying again and buying new are learnt apart; what
popularity counts and how the two meet in one list is what gives the best NDCG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize, sparse

from dashboard.analytics.recommending.baskets import Baskets, Flags, Floats, Ints, Matrix
from dashboard.analytics.recommending.fitting import Candidates, Fitted, describe
from dashboard.analytics.recommending.measuring import looked_up, measure_lists, rank_lists

AGAIN = ("times", "often", "lately", "popular", "cosine")
NEW = ("popular", "ease", "cosine", "content")
COUNTS = ("times", "often", "lately")  # of purchases, all, and those longer ago for less
USUAL_AGAIN = (0.5, 1.0, 0.5, 1.5, 0.3)
USUAL_NEW = (0.6, 4.0, 0.5, 0.5)
MOST_LEARNT_FROM = 2_500  # customers
FEWEST_LEARNT_FROM = 20
PERSONAL_POPULARITY = (0.0, 0.2, 0.5, 1.0, 1.5, 3.0, 6.0)
_OFFSETS = np.linspace(-4.0, 6.0, 21)
_SCALES = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0)
_FACTORS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4)  # on the weight of popularity in buying again
_PULL = 2.0  # as strong as so many customers
_LEARN_AT = 10  # of a list


@dataclass(frozen=True)
class Weights:
    """Score of a product to buy again: offset + Σ again·feature; of a new one: Σ new·feature.
    `personal` is what popularity counts beside the decayed count in the method "personal"."""

    again: Mapping[str, float]
    new: Mapping[str, float]
    offset: float = 1.0
    personal: float = 0.5
    learnt_from: int = 0  # customers


USUAL = Weights(dict(zip(AGAIN, USUAL_AGAIN, strict=True)), dict(zip(NEW, USUAL_NEW, strict=True)))


def blend(weights: Weights, candidates: Candidates) -> Floats:
    """The score of each candidate: the sum of its contributions."""
    parts = contributions(weights, candidates)
    found = np.where(candidates.is_again, weights.offset, 0.0)
    for values in parts.values():
        found = found + values
    return np.asarray(found)


def contributions(weights: Weights, candidates: Candidates) -> dict[str, Floats]:
    """What each component adds to the score, by its name in AGAIN or NEW."""
    found = {}
    for name in dict.fromkeys((*AGAIN, *NEW)):
        values = transformed(name, candidates)
        again, new = weights.again.get(name, 0.0), weights.new.get(name, 0.0)
        found[name] = values * np.where(candidates.is_again, again, new)
    return found


def transformed(name: str, candidates: Candidates) -> Floats:
    """As the blend adds it: of a count its root, since the tenth purchase tells less."""
    values = candidates.features[name].astype(np.float64)
    return np.asarray(np.sqrt(values) if name in COUNTS else values)


def personal(weight: float, candidates: Candidates) -> Floats:
    """Decayed count + weight × popularity (at most 1)."""
    return np.asarray(
        candidates.features["often"].astype(np.float64)
        + weight * candidates.features["popular"].astype(np.float64) ** 2
    )


def learn_weights(fitted: Fitted, truth: Matrix, customers: Ints) -> Weights:
    """`fitted` to what came before, `truth` (customers by products) what these customers (sorted
    places) ordered next."""
    if len(customers) < FEWEST_LEARNT_FROM:
        return USUAL
    candidates = describe(fitted, customers)
    bought = looked_up(truth, candidates.customer, candidates.product)
    again = _fit_kind(candidates, bought, AGAIN, USUAL_AGAIN, candidates.is_again)
    again = _tune_popularity(again, candidates, bought, customers, truth.shape)
    new = _fit_kind(candidates, bought, NEW, USUAL_NEW, ~candidates.is_again)
    found = replace(USUAL, again=again, new=new, learnt_from=len(customers))
    return _meet(found, candidates, truth, customers)


def last_orders(baskets: Baskets) -> Flags:
    """The lines of the last order of each customer who has at least two."""
    return np.asarray((baskets.age == 0) & (baskets.orders_of[baskets.customer] >= 2))


def draw_customers(customers: Ints, most: int, seed: int) -> Ints:
    """At most so many of them, sorted."""
    if len(customers) <= most:
        return customers
    return np.sort(np.random.default_rng(seed).choice(customers, most, replace=False))


def _fit_kind(
    candidates: Candidates, bought: Flags, names: tuple[str, ...], usual: tuple[float, ...],
    chosen: Flags,
) -> dict[str, float]:  # fmt: skip
    customer, hit = candidates.customer[chosen], bought[chosen]
    facts = np.column_stack([transformed(name, candidates)[chosen] for name in names])
    weights = fit_choices(customer, facts, hit, np.array(usual), _PULL)
    return {name: float(weight) for name, weight in zip(names, weights, strict=True)}


def fit_choices(customer: Ints, facts: Floats, chosen: Flags, usual: Floats, pull: float) -> Floats:
    """Weights from 0 under which the chosen rows are likeliest among all of their customer (rows
    sorted by customer); a customer without any tells nothing. `pull` draws them to `usual`, in
    units of how much each fact varies."""
    counts = np.bincount(customer, weights=chosen, minlength=int(customer.max(initial=0)) + 1)
    tells = counts[customer] > 0
    customer, facts, chosen = customer[tells], facts[tells], chosen[tells]
    spread = facts.std(axis=0) if len(facts) else np.zeros(len(usual))
    if not (spread > 0).any():
        return usual
    scale = np.where(spread > 0, spread, 1.0)
    facts, middle = facts / scale, usual * scale
    start = np.flatnonzero(np.diff(customer, prepend=-1))
    group = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(customer))))
    share = chosen / counts[customer]

    def loss(weights: Floats) -> tuple[float, Floats]:
        score = facts @ weights
        score -= np.maximum.reduceat(score, start)[group]
        grown = np.exp(score)
        total = np.add.reduceat(grown, start)
        slope = facts.T @ (grown / total[group] - share) + pull * (weights - middle)
        value = np.log(total).sum() - share @ score + pull / 2 * np.square(weights - middle).sum()
        return float(value), slope

    found = optimize.minimize(
        loss, middle, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(usual)
    )
    return np.asarray(np.where(spread > 0, found.x / scale, usual))


def _tune_popularity(
    again: Mapping[str, float], candidates: Candidates, bought: Flags, customers: Ints,
    shape: tuple[int, int],
) -> dict[str, float]:  # fmt: skip
    """Likelihood is not the order at the top of a list: popularity is weighed by NDCG. Of weights
    that do as well the smallest: the list is then more the customer's own."""
    own = candidates.keep(candidates.is_again)
    hit = bought[candidates.is_again]
    pairs = (own.customer[hit], own.product[hit])
    truth = sparse.csr_array((np.ones(int(hit.sum())), pairs), shape=shape)
    tried = [{**again, "popular": again["popular"] * factor} for factor in _FACTORS]
    found = []
    for each in tried:
        measured = _ndcg(own, blend(replace(USUAL, again=each), own), truth, customers)
        found.append(measured[~np.isnan(measured)])
    if not len(found[0]):
        return dict(again)
    return tried[_choose(found, _FACTORS)]


def _meet(weights: Weights, candidates: Candidates, truth: Matrix, customers: Ints) -> Weights:
    """With the offset and the scale of new products by which the lists of `customers` have the
    best NDCG, and the popularity of "personal". What is not clearly worse than the best, by half
    a standard error over customers, counts as good: then the nearest to the usual is taken."""
    beside = [
        _ndcg(candidates, personal(each, candidates), truth, customers)
        for each in PERSONAL_POPULARITY
    ]
    usual = PERSONAL_POPULARITY.index(USUAL.personal)
    away = [abs(place - usual) for place in range(len(PERSONAL_POPULARITY))]
    chosen = _choose(beside, away)
    # within each kind the order stays: no other can come into a list
    plain = blend(replace(weights, offset=0.0), candidates)
    near = candidates.keep(_foremost(candidates, plain))
    plain = blend(replace(weights, offset=0.0), near)
    tried = [(offset, scale) for scale in _SCALES for offset in _OFFSETS]
    found = [
        _ndcg(near, np.where(near.is_again, plain + offset, plain * scale), truth, customers)
        for offset, scale in tried
    ]
    distance = [abs(offset - USUAL.offset) + 2 * abs(np.log(scale)) for offset, scale in tried]
    offset, scale = tried[_choose(found, distance)]
    return replace(
        weights,
        new={name: weight * scale for name, weight in weights.new.items()},
        offset=float(offset),
        personal=PERSONAL_POPULARITY[chosen],
    )


def _choose(measured: Sequence[Floats], distance: Sequence[float]) -> int:
    best = max(range(len(measured)), key=lambda place: measured[place].mean())
    good = []
    for place, own in enumerate(measured):
        behind = measured[best] - own
        if behind.mean() <= 0.5 * behind.std() / np.sqrt(len(behind)):
            good.append(place)
    return min(good, key=lambda place: distance[place])


def _ndcg(candidates: Candidates, scores: Floats, truth: Matrix, customers: Ints) -> Floats:
    lists = rank_lists(candidates.customer, candidates.product, scores, customers, _LEARN_AT)
    return measure_lists(lists, truth, customers)["ndcg"]


def _foremost(candidates: Candidates, scores: Floats) -> Flags:
    """The best of each customer and kind, as many as a list has."""
    group = candidates.customer * 2 + candidates.is_again
    turn = np.lexsort((candidates.product, -scores, group))
    place = np.arange(len(turn)) - np.searchsorted(group[turn], group[turn])
    chosen = np.zeros(len(turn), dtype=bool)
    chosen[turn[place < _LEARN_AT]] = True
    return chosen
