"""What a customer is offered, gathered from what a refresh stored: nothing is learnt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from dashboard.analytics.recommending.choosing import Chosen, choose
from dashboard.analytics.recommending.listing import read_list
from dashboard.analytics.recommending.screening import Screen
from dashboard.connection import engine_and_version
from dashboard.reads import read
from dashboard.texts import language
from data_access.offered import FACTS, find_offer_list, list_offered_products
from data_access.offers import list_offers
from data_access.scope import Scope

KINDS = ("again", "new")
Ask = Callable[..., Any]


@dataclass(frozen=True)
class Offered:
    """`rows` as of `list_offers`, with left_out (None, or a code of `Screen`). `is_cold`: the
    customer never ordered, whatever the method. `worked_out`: whether the method has a list."""

    rows: pd.DataFrame
    is_cold: bool
    worked_out: bool

    def chosen(self, kind: str, variety: float) -> Chosen:
        free = self.rows[(self.rows["kind"] == kind) & self.rows["left_out"].isna()]
        return choose(free, variety)

    @property
    def left_out(self) -> pd.DataFrame:
        return self.rows[self.rows["left_out"].notna()].reset_index(drop=True)


def is_cold(scope: Scope, customer_id: int, as_of: date) -> bool:
    """Whether the customer is offered what is popular, for want of orders."""
    return _is_cold(_blended(_cached(scope), customer_id, as_of))


def offered(scope: Scope, customer_id: int, as_of: date, method: str, screen: Screen) -> Offered:
    return _offered(_cached(scope), customer_id, as_of, method, screen)


def offered_anew(
    scope: Scope, customer_id: int, as_of: date, method: str, screen: Screen
) -> Offered:
    """The same for a file: what this person may see now."""
    engine, _version = engine_and_version("record")
    return _offered(
        lambda query, *arguments: query(engine, scope, *arguments, language=language())
        if query is not find_offer_list
        else query(engine, scope, *arguments),
        customer_id, as_of, method, screen,
    )  # fmt: skip


def _cached(scope: Scope) -> Ask:
    def ask(query: Callable[..., Any], *arguments: Any) -> Any:
        if query is find_offer_list:
            return read(query, scope, *arguments, engine="record")
        return read(query, scope, *arguments, engine="record", language=language())

    return ask


def _offered(ask: Ask, customer_id: int, as_of: date, method: str, screen: Screen) -> Offered:
    rows = _blended(ask, customer_id, as_of)
    cold, worked_out = _is_cold(rows), True
    if method != "blend" and not cold:
        stored = ask(find_offer_list, customer_id)
        worked_out = stored is not None
        listed = read_list(stored, method) if stored else rows.iloc[:0][list(_OF_LIST)]
        rows = _with_facts(ask, listed, customer_id, as_of)
    return Offered(screen.apply(rows), cold, worked_out)


_OF_LIST = ("product_id", "kind", "rank", "score", "method", "reason", "source_product_id",
            "own_count", "own_base", "shared_count", "shared_base", "shared_rate",
            "orders_since")  # fmt: skip


def _blended(ask: Ask, customer_id: int, as_of: date) -> pd.DataFrame:
    found: pd.DataFrame = ask(list_offers, customer_id, as_of)
    return found


def _is_cold(rows: pd.DataFrame) -> bool:
    return bool(len(rows)) and bool((rows["method"] == "popular").all())


def _with_facts(ask: Ask, listed: pd.DataFrame, customer_id: int, as_of: date) -> pd.DataFrame:
    sources = listed["source_product_id"].dropna()
    ids = tuple(sorted({int(each) for each in (*listed["product_id"], *sources)}))
    known = ask(list_offered_products, customer_id, ids, as_of).set_index("product_id")
    names = known["product"].to_dict()
    rows = listed.join(known[[*FACTS, "is_sold"]], on="product_id", how="inner")
    told = [None if pd.isna(each) else names.get(int(each)) for each in rows["source_product_id"]]
    rows = rows.assign(source_product=pd.Series(told, index=rows.index, dtype=object))
    return rows[rows["is_sold"] == 1].reset_index(drop=True)
