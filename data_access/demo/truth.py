"""What the demo was made with, so that a test can ask whether analytics finds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from data_access.demo import almanac
from data_access.demo.arrivals import KINDS, REGULARITY, SEASONS, Arrivals
from data_access.demo.campaigns import AFTER_DAYS, AFTER_FACTOR, Campaigns, festival_days
from data_access.demo.people import WAREHOUSE_CODES
from data_access.demo.plan import DAY, Plan
from data_access.demo.products import BUNDLED_RATE, Catalogue, seasons
from data_access.demo.stock import StockRun
from data_access.demo.troubles import CARRIER, CARRIERS, CAUSES, Trouble
from data_access.demo.wares import WARES

Truth = dict[str, Any]


def tell_truth(
    plan: Plan, arrivals: Arrivals, catalogue: Catalogue, campaigns: Campaigns,
    troubles: list[Trouble], run: StockRun,
) -> Truth:  # fmt: skip
    """A plain, JSON-ready dict; days as ISO texts, identities as in the database."""
    return {
        "seed": plan.seed,
        "orders": plan.orders,
        "first_day": str(plan.first_day),
        "as_of": str(plan.as_of),
        "time_zone": plan.time_zone,
        "elasticities": {ware.name: ware.elasticity for ware in WARES},
        "seasonality": _seasonality(plan),
        "yearly_growth": dict(zip(("online", "offline"), almanac.YEARLY_GROWTH, strict=True)),
        "weekdays": dict(zip(("online", "offline"), almanac.WEEKDAYS, strict=True)),
        "festivals": festival_days(plan),
        "shopping_day_factors": {
            name: almanac.SHOPPING_DAYS[name][almanac.PEAK[name]] for name in almanac.PEAK
        },
        "promotions": _promotions(plan, campaigns),
        "after_promotion": {"days": AFTER_DAYS, "factor": AFTER_FACTOR},
        "bundles": [
            {"first": first + 1, "second": second + 1, "rate": BUNDLED_RATE}
            for first, second in catalogue.bundles
        ],
        "products": _products(plan, catalogue),
        "customers": _customers(plan, arrivals),
        "delays": _delays(plan, troubles),
        "stock_outs": _stock_outs(plan, catalogue, run),
    }


def write_truth(truth: Truth, path: Path) -> None:
    path.write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")


def _day(plan: Plan, index: int) -> str:
    return str(plan.day(np.array([index * DAY]))[0])


def _seasonality(plan: Plan) -> dict[str, Any]:
    monthly = seasons(plan.first_day, plan.days)
    months = np.array([day.month for day in almanac.dates(plan.first_day, plan.days)])
    return {
        ware.name: {
            "peak_day_of_year": ware.peak,
            "swing": ware.swing,
            "gift_factor": ware.gift,
            "by_month": [
                round(float(monthly[months == month, place].mean()), 4) for month in range(1, 13)
            ],
        }
        for place, ware in enumerate(WARES)
    }


def _promotions(plan: Plan, campaigns: Campaigns) -> list[dict[str, Any]]:
    return [
        {
            "campaign_id": number,
            "category_id": None if one.category is None else one.category + 1,
            "starts_on": _day(plan, one.starts),
            "ends_on": _day(plan, one.ends),
            "discount_rate": one.discount / 100,
            "uplift": None if one.category is None else one.uplift,
        }
        for number, one in enumerate(campaigns.every, start=1)
    ]


def _products(plan: Plan, catalogue: Catalogue) -> dict[str, Any]:
    new = np.flatnonzero(catalogue.introduced >= 0)
    fading = np.flatnonzero(catalogue.discontinued < plan.days + 200)
    changes = np.count_nonzero(np.diff(catalogue.price_by_day, axis=0), axis=0)
    return {
        "new": {int(p) + 1: _day(plan, int(catalogue.introduced[p])) for p in new},
        "fading": {int(p) + 1: _day(plan, int(catalogue.discontinued[p])) for p in fading},
        "price_changes": {p + 1: int(count) for p, count in enumerate(changes)},
    }


def _customers(plan: Plan, arrivals: Arrivals) -> dict[str, Any]:
    churned = np.flatnonzero(arrivals.churn_day >= 0)
    rhythmic = np.flatnonzero(~np.isnan(arrivals.gap))
    return {
        "kinds": {
            kind: (np.flatnonzero(arrivals.kind == number) + 1).tolist()
            for number, kind in enumerate(KINDS)
        },
        "churned_on": {
            int(place) + 1: _day(plan, int(arrivals.churn_day[place])) for place in churned
        },
        "regularity": REGULARITY,
        "mean_gap_days": {
            int(place) + 1: round(float(arrivals.gap[place]), 2) for place in rhythmic
        },
        "seasons": {
            int(place) + 1: SEASONS[int(arrivals.season[place])]
            for place in np.flatnonzero(arrivals.season >= 0)
        },
    }


def _delays(plan: Plan, troubles: list[Trouble]) -> list[dict[str, Any]]:
    return [
        {
            "cause": CAUSES[one.kind],
            "place": (CARRIERS if one.kind == CARRIER else WAREHOUSE_CODES)[one.place],
            "from": _day(plan, one.first),
            "to": _day(plan, min(one.last, plan.days - 1)),
            "mean_days": round(one.days, 2),
        }
        for one in troubles
    ]


def _stock_outs(plan: Plan, catalogue: Catalogue, run: StockRun) -> list[dict[str, Any]]:
    """Each run of days on which an order waited for this product in this warehouse."""
    padded = np.pad(run.short.T.astype(np.int8), ((0, 0), (1, 1)))
    steps = np.diff(padded, axis=1)
    pair, first = np.nonzero(steps == 1)
    _, after = np.nonzero(steps == -1)
    return [
        {
            "warehouse": WAREHOUSE_CODES[one // catalogue.size],
            "product_id": one % catalogue.size + 1,
            "from": _day(plan, begin),
            "to": _day(plan, end - 1),
        }
        for one, begin, end in zip(pair.tolist(), first.tolist(), after.tolist(), strict=True)
    ]
