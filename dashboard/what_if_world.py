"""What the what-if page reads: effects learnt from three years of sales, and the world of a choice.
Both are kept; moving a slider reads neither anew."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from dashboard.analytics.what_if.drawing import Selection, Sources
from dashboard.analytics.what_if.storing import Known
from dashboard.analytics.what_if.world import SEED, World, build_world
from dashboard.connection import database
from dashboard.reads import learn
from dashboard.session import business_zone, today
from dashboard.what_if_learning import find_known, learn_from_sales, version_of
from data_access.filters import OrderFilter
from data_access.scope import Scope
from data_access.value import find_shared_error
from data_access.what_if import (
    last_monday,
    sum_expected_by_hundredth,
    sum_orders_by_customer_age,
    sum_product_weeks,
)
from data_access.what_if_stock import list_arrivals, list_lead_times, list_product_stock


def world_of(
    scope: Scope,
    as_of: date,
    chosen: OrderFilter,
    product_id: int | None,
    horizon: int,
    seed: int = SEED,
) -> World | None:
    """The world of what is chosen in the bar; None where too little was sold."""
    return learn(make_world, scope, as_of, chosen, product_id, horizon, seed)


def version_of_data() -> str:
    """The last change of what everything here rests on: the same version, the same numbers."""
    return str(version_of(database().record))


def is_of_this_week(day: date) -> bool:
    """Whether what is on the shelves today is what the weeks ahead of that day begin with."""
    return last_monday(day) == last_monday(today())


def learn_all(engine: Engine, scope: Scope, day: date, currency: str | None) -> Known:
    """What price, promotions and marketing did to all that the person sees."""
    record = database().record
    known = find_known(record, scope, day, currency)
    if known is None:
        known, _weeks = learn_from_sales(engine, scope, day, currency, version_of(record))
    return known


def make_world(
    engine: Engine,
    scope: Scope,
    day: date,
    chosen: OrderFilter,
    product_id: int | None,
    horizon: int,
    seed: int,
) -> World | None:
    """Stock is of today and of all regions together: it is told only to who looks at all of them,
    and not ahead of a week that is over."""
    version = version_of_data()
    ages = sum_orders_by_customer_age(engine, scope, chosen, day)
    ages.attrs["as_of"] = str(day)
    is_whole = (
        scope.sees_all("orders") and not chosen.region_ids and scope.sees("stock")
        and is_of_this_week(day)
    )  # fmt: skip
    sources = Sources(
        weeks=sum_product_weeks(engine, scope, chosen, day),
        ages=ages,
        expected=sum_expected_by_hundredth(engine, scope, chosen),
        shared_error=find_shared_error(database().record, scope)["shared_error"],
        stock=list_product_stock(engine, scope) if is_whole else None,
        arrivals=list_arrivals(engine, scope) if is_whole else None,
        lead_times=list_lead_times(engine, scope, day, business_zone()) if is_whole else None,
    )
    selection = Selection(chosen.category_ids, () if product_id is None else (product_id,))
    known: Known = learn(learn_all, scope, day, chosen.currency)
    is_everything = chosen == OrderFilter(currency=chosen.currency) and product_id is None
    world = build_world(
        known.learnt, sources, selection, last_monday(day), horizon, seed,
        begun=today().weekday() / 7,
        course=known.courses.get(horizon) if is_everything else None,
    )  # fmt: skip
    if world is not None:
        world.facts["version"] = version
    return world
