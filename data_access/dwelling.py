"""Where orders wait: how long they stayed in each stage, and what stands there now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Integer,
    Select,
    String,
    case,
    cast,
    literal,
    null,
    select,
    union_all,
)

from data_access.dialects import ZONE, days_between, seconds_between
from data_access.filters import OrderFilter, Period, is_open, name_in, order_predicates
from data_access.frames import read_frame
from data_access.scope import Scope
from data_access.stage_times import ENTERED, entered_on, moment_in, spread_of, ways_to_leave
from data_access.stages import OPEN_STAGES

Cut = Literal["stage", "channel", "region"]
_COLUMNS: dict[Cut, str] = {"channel": "channel", "region": "region_id"}
_NUMBERS = ("orders", "median", "nine_in_ten", "longest", "total")


def sum_dwell_times(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    by: Cut = "stage",
    language: str = "en",
    zone: str = ZONE,
    stages: tuple[str, ...] = (),
) -> pd.DataFrame:
    """span (now, previous), stage, channel or region_id (by "stage": neither), name, orders, and
    the median, nine_in_ten and longest time they spent there in seconds: of the orders that left
    the stage in the filter's period or in the one before it, by the moment they left it. `stages`:
    of these alone, each of which takes its time to ask; of all, where none is named."""
    if order_filter.period is None:
        raise ValueError("how long orders stayed is asked of a period")
    if stages and not set(stages) & set(OPEN_STAGES):
        raise ValueError(f"an order does not wait in {stages}")
    periods = (order_filter.period, order_filter.period.previous())
    legs = [
        leg
        for place, period in enumerate(periods)
        for stage in OPEN_STAGES
        if not stages or stage in stages
        for leg in _left(engine, scope, order_filter, as_of, by, stage, place, period, zone)
    ]
    stays = union_all(*legs).subquery("stays")
    in_order = select(stays).where(stays.c.seconds >= 0).subquery("in_order")
    spread = spread_of(engine, in_order, "seconds", ["place", "step", *_key(by)]).subquery("spread")
    frame = read_frame(engine, _named(scope, spread, by, language))
    return _in_words(frame, by)


def sum_queues(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    by: Cut = "stage",
    language: str = "en",
    zone: str = ZONE,
) -> pd.DataFrame:
    """stage, channel or region_id (by "stage": neither), name, orders, and the median,
    nine_in_ten and longest of the days since they entered it: the open orders, whenever ordered."""
    orders = scope.visible.orders.c
    wanted = order_predicates(scope, replace(order_filter, period=None), as_of)
    waiting = (
        select(
            literal(0, Integer).label("place"),
            _step(orders).label("step"),
            *(orders[column] for column in _key(by)),
            days_between(entered_on(orders, as_of, zone), as_of).label("days"),
        )
        .where(*wanted, is_open(orders))
        .subquery("waiting")
    )
    spread = spread_of(engine, waiting, "days", ["place", "step", *_key(by)]).subquery("spread")
    frame = read_frame(engine, _named(scope, spread, by, language))
    return _in_words(frame, by).drop(columns="span")


def _left(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    by: Cut,
    stage: str,
    place: int,
    period: Period,
    zone: str,
) -> Iterator[Select[Any]]:
    """The orders that left the stage in the period, with the seconds they were in it."""
    orders = scope.visible.orders.c
    entered = orders[ENTERED[stage]]
    chosen = order_predicates(scope, replace(order_filter, period=None), as_of)
    for left, is_next in ways_to_leave(engine, orders, stage):
        yield select(
            literal(place, Integer).label("place"),
            literal(OPEN_STAGES.index(stage), Integer).label("step"),
            *(orders[column] for column in _key(by)),
            seconds_between(entered, left).label("seconds"),
        ).where(
            *chosen,
            orders.stage != "cancelled",
            entered.is_not(None),
            moment_in(left, period, zone),
            *is_next,
        )


def _key(by: Cut) -> list[str]:
    return [_COLUMNS[by]] if by in _COLUMNS else []


def _step(orders: Any) -> ColumnElement[int]:
    return case(*((orders.stage == stage, place) for place, stage in enumerate(OPEN_STAGES)))


def _named(scope: Scope, spread: FromClause, by: Cut, language: str) -> Select[Any]:
    """The spread with the name of each channel or region; in the order of stages, most first."""
    numbers = [spread.c[name] for name in _NUMBERS]
    head = [spread.c.place, spread.c.step]
    order = [spread.c.place, spread.c.step, spread.c.orders.desc()]
    if by == "stage":
        name: ColumnElement[Any] = cast(null(), String).label("name")
        return select(*head, name, *numbers).order_by(*order)
    relation = scope.visible.channels if by == "channel" else scope.visible.regions
    key = spread.c[_COLUMNS[by]]
    return (
        select(*head, key, name_in(language, relation).label("name"), *numbers)
        .outerjoin_from(spread, relation, relation.c[_COLUMNS[by]] == key)
        .order_by(*order, key.is_(None), key)
    )


def _in_words(frame: pd.DataFrame, by: Cut) -> pd.DataFrame:
    """With the names of spans and stages in place of their numbers."""
    spans = [("now", "previous")[place] for place in frame["place"]]
    stages = [OPEN_STAGES[step] for step in frame["step"]]
    named = frame.drop(columns=["place", "step", "total"])
    named.insert(0, "span", pd.Series(spans, dtype="object"))
    named.insert(1, "stage", pd.Series(stages, dtype="object"))
    return named.drop(columns="name") if by == "stage" else named
