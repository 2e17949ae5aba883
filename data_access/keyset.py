"""Pages of a list by keyset: the next page starts after the last row shown, by index, at the same
speed on the first page and on the thousandth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Date, Engine, Select, Subquery, literal, tuple_

from data_access.frames import read_frame

Cursor = tuple[str | float | date | datetime | None, int]
PAGE_SIZE = 50
MAX_PAGE_SIZE = 500
_VALUE, _KEY = "sorted_by", "sorted_by_id"


@dataclass(frozen=True)
class Sort:
    """Rows in the order of `value`, and of `key` where it is the same; rows without a value come
    last in both directions. `walked` reaches those with a value by an index of another relation:
    its rows, and the same value and key there."""

    value: ColumnElement[Any]
    key: ColumnElement[Any]
    descending: bool
    has_nulls: bool = True
    walked: tuple[Select[Any], ColumnElement[Any], ColumnElement[Any]] | None = None

    def rows(self, statement: Select[Any], *, nulls: bool, after: Cursor | None) -> Select[Any]:
        """The rows with a value (or, for `nulls`, those without) that come after the cursor."""
        if self.walked is not None and not nulls:
            walk, value, key = self.walked
            return replace(self, value=value, key=key, walked=None).rows(
                walk, nulls=False, after=after
            )
        chosen = statement.add_columns(self.value.label(_VALUE), self.key.label(_KEY))
        if self.has_nulls:
            chosen = chosen.where(self.value.is_(None) if nulls else self.value.is_not(None))
        order = (self.key,) if nulls else (self.value, self.key)
        if after is not None:
            start = after[1:] if nulls else after
            last = tuple_(*(literal(v, c.type) for v, c in zip(start, order, strict=True)))
            reached = tuple_(*order)
            chosen = chosen.where(reached < last if self.descending else reached > last)
        return chosen.order_by(*(c.desc() if self.descending else c.asc() for c in order))


def read_page(
    engine: Engine,
    sort: Sort,
    chosen: Select[Any],
    shown: Callable[[Subquery], Select[Any]],
    *,
    limit: int,
    after: Cursor | None,
) -> pd.DataFrame:
    """A page of the `chosen` rows as `shown` completes it: names are looked up for the rows of
    the page alone. `next_page` tells where the next one starts."""
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    frames: list[pd.DataFrame] = []
    for nulls in (False, True):
        lacking = limit + 1 - sum(map(len, frames))
        passed = after is not None and after[0] is None and not nulls
        if lacking <= 0 or passed or (nulls and not sort.has_nulls):
            continue
        here = after if after is not None and (after[0] is None) == nulls else None
        page = sort.rows(chosen, nulls=nulls, after=here).limit(lacking).subquery("page")
        statement = shown(page).add_columns(page.c[_VALUE], page.c[_KEY])
        order = (page.c[_VALUE], page.c[_KEY])
        frames.append(
            read_frame(
                engine,
                statement.order_by(*(c.desc() if sort.descending else c.asc() for c in order)),
            )
        )
    rows = [frame for frame in frames if len(frame)] or frames[:1]
    return _cut(pd.concat(rows, ignore_index=True), limit, sort)


def next_page(frame: pd.DataFrame) -> Cursor | None:
    """Where the next page starts; None when the frame holds the last row."""
    found: Cursor | None = frame.attrs.get("after")
    return found


def _cut(frame: pd.DataFrame, limit: int, sort: Sort) -> pd.DataFrame:
    page = frame.drop(columns=[_VALUE, _KEY]).head(limit).reset_index(drop=True)
    if len(frame) > limit:
        last = frame.iloc[limit - 1]
        page.attrs["after"] = (_plain(last[_VALUE], sort), int(last[_KEY]))
    return page


def _plain(value: Any, sort: Sort) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        moment = value.to_pydatetime()
        return moment.date() if isinstance(sort.value.type, Date) else moment
    return value.item() if hasattr(value, "item") else value
