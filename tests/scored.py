"""Customers with scores, as a refresh writes them: six in two regions, by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from data_access.database import Database
from data_access.scope import Scope
from tests.crm import add, add_order, scope_of

AS_OF = date(2026, 11, 23)
QUARTER_END = date(2026, 9, 30)
# name, region, days since the last order, orders, of them in 12 months, net sales ever, in the last
# 12 months, in those before, R, F, M, segment, cluster, segment at the end of the quarter
CUSTOMERS: tuple[tuple[Any, ...], ...] = (
    ("Ada", "north", 2, 60, 50, 9000, 6000, 3000, 5, 5, 5, "champions", 1, "loyal"),
    ("Bea", "north", 9, 20, 14, 5000, 2000, 2500, 4, 4, 4, "loyal", 1, "champions"),
    ("Cem", "north", 80, 8, 6, 900, 400, 500, 3, 3, 3, "need_attention", 2, "need_attention"),
    ("Dan", "south", 200, 7, 2, 800, 100, 700, 2, 3, 3, "at_risk", 2, "champions"),
    ("Eva", "south", 400, 1, 0, 50, 0, 50, 1, 1, 1, "lost", 3, "lost"),
    ("Fay", "south", 5, 1, 1, 70, 70, 0, 5, 1, 2, "new", 3, None),
)
PROFILES = {
    "k": 3, "stability": 0.91, "is_stable": True, "silhouette": 0.48, "tried": [],
    "clusters": [
        {"cluster": 1, "features": [
            {"feature": "recency_days", "direction": "low", "size": "much", "deviations": -2.1},
            {"feature": "orders", "direction": "high", "size": "somewhat", "deviations": 0.7},
        ]},
        {"cluster": 2, "features": []},
        {"cluster": 3, "features": [
            {"feature": "orders", "direction": "low", "size": "somewhat", "deviations": -0.6},
        ]},
    ],
}  # fmt: skip


@dataclass
class Scored:
    database: Database
    customer_ids: dict[str, int]
    scopes: dict[str, Scope]


def score_shop(database: Database) -> Scored:
    """The customers, their orders of two categories, and a person of each role: the rep has the
    three of the north, the lead the south."""
    writer = database.writer
    regions = {name: add(writer, "regions", code=name, name=name) for name in ("north", "south")}
    reps = {
        name: add(writer, "employees", name=f"Rep {name}", region_id=region_id)
        for name, region_id in regions.items()
    }
    categories = [add(writer, "categories", name=name) for name in ("Pens", "Inks")]
    pen, ink = (add(writer, "products", category_id=each) for each in categories)
    ids: dict[str, int] = {}
    for name, region, *facts in CUSTOMERS:
        ids[name] = add(
            writer, "customers", name=name, region_id=regions[region], owner_id=reps[region],
            phone="13812345678", consent="granted",
        )  # fmt: skip
        _score(database, ids[name], facts)
        last_on = AS_OF - timedelta(days=facts[0])
        bought = (pen, ink) if name in ("Ada", "Bea", "Fay") else (pen,)
        add_order(
            database, customer_id=ids[name], owner_id=reps[region], region_id=regions[region],
            ordered_on=last_on, lines=[{"product_id": each} for each in bought],
        )  # fmt: skip
    add(
        writer, "rebuy_dues", customer_id=ids["Ada"], product_id=pen, as_of_on=AS_OF, orders=3,
        last_ordered_on=AS_OF, usual_gap_days=Decimal(9), expected_on=AS_OF, earliest_on=AS_OF,
        latest_on=AS_OF, probability_30=Decimal("0.75"), suggested_quantity=2,
    )  # fmt: skip
    add(
        writer, "refreshes", what="scores", as_of_on=AS_OF, version=1, state="done",
        started_at=datetime(2026, 11, 23), facts=json.dumps({"clusters": PROFILES}),
    )  # fmt: skip
    scopes = {
        "sales_rep": scope_of(database, "sales_rep", employee_id=reps["north"]),
        "sales_lead": scope_of(database, "sales_lead", region_ids=[regions["south"]]),
        **{role: scope_of(database, role) for role in ("admin", "manager", "analyst", "support")},
    }
    return Scored(database, ids, scopes)


def add_small_customers(scored: Scored, count: int) -> None:
    """Customers who buy next to nothing."""
    for number in range(count):
        customer_id = add(scored.database.writer, "customers", name=f"Small {number}")
        _score(scored.database, customer_id, [900, 1, 0, 5, 0, 0, 1, 1, 1, "lost", 3, None])


def _score(database: Database, customer_id: int, facts: list[Any]) -> None:
    days, orders, lately, ever, now, before, r, f, m, segment, cluster, was = facts
    last_on = AS_OF - timedelta(days=days)
    add(
        database.writer, "customer_scores", customer_id=customer_id, as_of_on=AS_OF,
        currency="CNY", orders=orders, orders_12m=lately, first_ordered_on=last_on,
        last_ordered_on=last_on, net_sales=Decimal(ever), net_sales_12m=Decimal(now),
        net_sales_prior_12m=Decimal(before), margin_12m=Decimal(now) / 4, categories=1,
        enquiries_90=0, enquiries_prior_90=0, recency_score=r, frequency_score=f,
        monetary_score=m, segment=segment, rule_segment="others", cluster=cluster,
        silent_90=Decimal("0.2"), expected_orders_12m=Decimal(lately),
        predicted_value_12m=Decimal(now) / 2, predicted_low=Decimal(now) / 4,
        predicted_high=Decimal(now),
    )  # fmt: skip
    if was:
        add(
            database.writer, "segment_history", customer_id=customer_id, as_of_on=QUARTER_END,
            segment=was,
        )  # fmt: skip
        add(
            database.writer, "segment_history", customer_id=customer_id,
            as_of_on=date(2026, 6, 30), segment="lost",
        )  # fmt: skip
