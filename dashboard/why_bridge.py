"""A change in the steps that a person asks for, each with the rows behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

import pandas as pd

from dashboard import formats
from dashboard.analytics.bridge import (
    amount_of,
    part_effects,
    product_effects,
    rounded,
    steps,
    sum_effects,
    top_movers,
)
from dashboard.overview_view import period_of_filter
from dashboard.reads import read
from dashboard.texts import _, _n, language
from dashboard.why_choice import WhyChoice
from dashboard.why_words import CUSTOMER_HELP, CUSTOMER_NAMES, EFFECT_HELP, EFFECT_NAMES
from data_access.bridging import (
    CustomerGroup,
    sum_sales_by_customer_group,
    sum_sales_by_part,
    sum_sales_by_product,
    sum_sales_of_two_periods,
)
from data_access.bridging_rows import Part
from data_access.filters import OrderFilter, Period
from data_access.scope import Scope

OTHERS, NONE = "others", "none"
_MOST_PARTS = 9


@dataclass(frozen=True)
class Step:
    key: str  # as the address names it
    name: str
    amount: Decimal  # to the smallest coin; all steps sum to the change
    help: str
    part: Part
    customers: int | None = None


@dataclass(frozen=True)
class Bridge:
    before: Decimal
    now: Decimal
    steps: tuple[Step, ...]

    @property
    def change(self) -> Decimal:
        return self.now - self.before

    def find(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)


def bridge_of(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> Bridge:
    """The change in the steps that the choice asks for."""
    sums = read(sum_sales_of_two_periods, scope, chosen, as_of, _before(chosen, choice)).iloc[0]
    before = amount_of(sums["before_net_sales"], sums["before_cost"], choice.measure)
    now = amount_of(sums["net_sales"], sums["cost"], choice.measure)
    found = _steps(scope, chosen, as_of, choice)
    coins = formats.places(chosen.currency)
    amounts = steps(before, {step.key: step.amount for step in found}, coins)
    return Bridge(
        rounded(before, coins),
        rounded(now, coins),
        tuple(
            Step(each.key, each.name, amounts[each.key], each.help, each.part, each.customers)
            for each in found
        ),
    )


def _steps(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> list[Step]:
    match choice.explain:
        case "products":
            return _of_products(scope, chosen, as_of, choice)
        case "customers":
            return _of_customers(scope, chosen, as_of, choice)
    return _of_parts(scope, chosen, as_of, choice)


def _of_products(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> list[Step]:
    effects = sum_effects(effects_of(scope, chosen, as_of, choice))
    return [
        Step(
            name,
            _(EFFECT_NAMES[name]),
            effect,
            _(EFFECT_HELP[name]),
            Part(products=_group_of(name)),
        )
        for name, effect in effects.items()
    ]


def _of_customers(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> list[Step]:
    groups = read(sum_sales_by_customer_group, scope, chosen, as_of, _before(chosen, choice))
    changes = part_effects(groups, choice.measure)
    found = {
        row.customer_group: (change, int(row.customers))
        for row, change in zip(_rows(groups), changes, strict=True)
    }
    return [
        Step(
            name,
            _(CUSTOMER_NAMES[name]),
            found[name][0],
            _(CUSTOMER_HELP[name]),
            Part(customers=cast("CustomerGroup", name)),
            found[name][1],
        )
        for name in CUSTOMER_NAMES
        if name in found
    ]


def _of_parts(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> list[Step]:
    by: Any = choice.explain
    before = _before(chosen, choice)
    parts = read(sum_sales_by_part, scope, chosen, as_of, before, by, language())
    rows = top_movers(parts, choice.measure, _MOST_PARTS)
    shown = tuple(_key(row.key) for row in _rows(rows) if row.parts == 1)
    found = []
    for row in _rows(rows):
        if row.parts > 1:
            name = _n("{n} other", "{n} others", int(row.parts))
            found.append(Step(OTHERS, name, row.change, "", Part(by=by, keys=shown, others=True)))
            continue
        key = _key(row.key)
        name = _("None") if pd.isna(row.name) else str(row.name)
        text = NONE if key is None else str(key)
        found.append(Step(text, name, row.change, "", Part(by=by, keys=(key,))))
    return found


def has_orders(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> bool:
    """Whether there are orders in one of the two periods."""
    groups = read(sum_sales_by_customer_group, scope, chosen, as_of, _before(chosen, choice))
    return bool(len(groups))


def effects_of(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> pd.DataFrame:
    """What each product adds to each effect."""
    products = read(sum_sales_by_product, scope, chosen, as_of, _before(chosen, choice), language())
    return product_effects(products, choice.measure)


def _group_of(effect: str) -> Any:
    separate = ("new", "gone", "corrections", "returns", "charges")
    return effect if effect in separate else "both"


def _before(chosen: OrderFilter, choice: WhyChoice) -> Period:
    return choice.before(period_of_filter(chosen))


def _key(key: Any) -> Any:
    """As a plain value, which a cache key can hold."""
    if pd.isna(key):
        return None
    return key if isinstance(key, str) else int(key)


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    return frame.itertuples()
