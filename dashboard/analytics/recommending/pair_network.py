"""A network of products bought together that stays readable: the largest groups that hang together,
each product on a line of its own, so that no name lies over another at any width (an arc diagram;
M. Wattenberg, Arc diagrams, 2002)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

MOST_PRODUCTS = 30
MOST_LINKS = 60
Weights = Mapping[tuple[int, int], float]  # (smaller id, larger id) → how strong the link is


@dataclass(frozen=True)
class Network:
    """`product_ids` from the top down, `groups` (0 is the largest) of each, and the `links` between
    two places, the smaller first, as rows of the pairs that were given."""

    product_ids: tuple[int, ...]
    groups: tuple[int, ...]
    links: tuple[tuple[int, int, int], ...]  # place, place, row

    def line_of(self, place: int) -> float:
        """How far down the product stands: a line for each, and one more between groups."""
        return float(place + self.groups[place])

    @property
    def lines(self) -> float:
        return self.line_of(len(self.product_ids) - 1) + 1 if self.product_ids else 0.0


def lay_out(
    pairs: pd.DataFrame, *, most_products: int = MOST_PRODUCTS, most_links: int = MOST_LINKS
) -> Network:
    """The same pairs, in whatever order, give the same picture.

    From  product_id, other_product_id, lift_low      one row for each pair, once or both ways
    To    Network: the groups with the most products first, whole as long as there is room; of one
          that is too large the part that grows from its strongest link by the strongest next

    >>> pairs = pd.DataFrame({"product_id": [1, 2, 8], "other_product_id": [2, 3, 9],
    ...     "lift_low": [2.0, 3.0, 9.0]})
    >>> found = lay_out(pairs)
    >>> found.product_ids, found.groups, found.links
    ((1, 2, 3, 8, 9), (0, 0, 0, 1, 1), ((0, 1, 0), (1, 2, 1), (3, 4, 2)))
    >>> lay_out(pairs, most_products=2).product_ids
    (2, 3)
    """
    weights, rows = _links(pairs)
    chosen: list[int] = []
    groups: list[int] = []
    for number, members in enumerate(_components(weights)):
        room = most_products - len(chosen)
        if room < 2:
            break
        kept = members if len(members) <= room else _grown(members, weights, room)
        chosen += _in_line(kept, weights)
        groups += [number] * len(kept)
    at = {product_id: place for place, product_id in enumerate(chosen)}
    inside = sorted(
        (link for link in weights if link[0] in at and link[1] in at),
        key=lambda link: (-weights[link], link),
    )[:most_links]
    placed = ((at[one], at[other], rows[one, other]) for one, other in inside)
    links = sorted((min(one, other), max(one, other), row) for one, other, row in placed)
    return Network(tuple(chosen), tuple(groups), tuple(links))


def _links(pairs: pd.DataFrame) -> tuple[dict[tuple[int, int], float], dict[tuple[int, int], int]]:
    """Each pair once, with the row that tells it (the first of the two ways)."""
    weights: dict[tuple[int, int], float] = {}
    rows: dict[tuple[int, int], int] = {}
    named = zip(pairs["product_id"], pairs["other_product_id"], pairs["lift_low"], strict=True)
    for row, (one, other, weight) in enumerate(named):
        link = (min(int(one), int(other)), max(int(one), int(other)))
        if link[0] != link[1] and link not in weights:
            weights[link], rows[link] = float(weight), row
    return weights, rows


def _components(weights: Weights) -> list[list[int]]:
    """The groups that hang together, the largest first; of equals the one with the stronger links,
    then that with the smallest number."""
    near: dict[int, list[int]] = {}
    for one, other in weights:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    found: list[list[int]] = []
    seen: set[int] = set()
    for start in sorted(near):
        if start in seen:
            continue
        waiting, members = [start], []
        seen.add(start)
        while waiting:
            here = waiting.pop()
            members.append(here)
            further = [each for each in near[here] if each not in seen]
            seen.update(further)
            waiting += further
        found.append(sorted(members))
    strongest = {
        members[0]: max(weights[link] for link in weights if link[0] in set(members))
        for members in found
    }
    return sorted(found, key=lambda each: (-len(each), -strongest[each[0]], each[0]))


def _grown(members: Sequence[int], weights: Weights, room: int) -> list[int]:
    inside = set(members)
    links = [link for link in weights if link[0] in inside]
    kept = [*_strongest(links, weights)]
    while len(kept) < room:
        edge = [link for link in links if (link[0] in kept) != (link[1] in kept)]
        one, other = _strongest(edge, weights)
        kept.append(other if one in kept else one)
    return kept


def _in_line(members: Sequence[int], weights: Weights) -> list[int]:
    """An order with short links: from the strongest link on, each next product is put where the
    links so far are shortest, weighed by their strength."""
    inside = set(members)
    links = {link: weight for link, weight in weights.items() if inside.issuperset(link)}
    order = [*_strongest(links, links)]
    while len(order) < len(members):
        reaching = [link for link in links if (link[0] in order) != (link[1] in order)]
        one, other = _strongest(reaching, links)
        new = other if one in order else one
        tried = [[*order[:place], new, *order[place:]] for place in range(len(order) + 1)]
        order = min(tried, key=lambda each: _length(each, links))  # of equals the first
    return order if order[0] <= order[-1] else order[::-1]


def _strongest(links: Iterable[tuple[int, int]], weights: Weights) -> tuple[int, int]:
    """Of equals the one with the smallest numbers."""
    return min(links, key=lambda link: (-weights[link], link))


def _length(order: Sequence[int], links: Weights) -> float:
    at = {product_id: place for place, product_id in enumerate(order)}
    return sum(
        weight * abs(at[one] - at[other])
        for (one, other), weight in links.items()
        if one in at and other in at
    )
