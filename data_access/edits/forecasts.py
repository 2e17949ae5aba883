"""Adjusts forecasts by hand: an adjustment has a name and a reason, days on which it holds, and a
size that is bounded by what is forecast. The forecasts themselves are never written here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from data_access.edits.clock import business_time
from data_access.edits.fields import MOST_ID, MOST_MONEY, Fields
from data_access.edits.rights import may_for_forecast, need_forecast_right
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.forecast_series import GRAINS, NO_REGION, PART_COLUMN, SeriesFilter, end_of
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import forecast_adjustments, forecast_values, forecasts

LONGEST_NAME, LONGEST_REASON = 120, 300
MOST_ADJUSTMENTS = 500
MOST_CHANGE = Decimal("0.5")  # of what is forecast, of all adjustments of a series together
_MAY_CHANGE_ALL = (Role.ADMIN, Role.MANAGER)


class ForecastRefused(EditRefused):
    """The forecast cannot be adjusted or published so."""

    messages: ClassVar[dict[str, str]] = {
        "gone": "There is no such adjustment any more.",
        "others": "Only who made an adjustment, a manager or an administrator may change it.",
        "changed": "Somebody changed this adjustment meanwhile. Look at it again.",
        "too_many": "There are {most} adjustments already. Remove one first.",
        "nothing": "Nothing is forecast of this yet.",
        "regions": "Choose one region, or the company as a whole.",
        "one_size": "Give either a share or an amount.",
        "too_far": "The forecast ends on {last}; an adjustment cannot go further.",
        "too_much": "All adjustments together may change a forecast by at most {most} %;"
        " this would make it {share} %.",
        "renewed": "The forecast was worked out anew meanwhile. Look at it again.",
        "adjusted": "Somebody adjusted this forecast meanwhile. Look at it again.",
    }


def may_change_adjustment(scope: Scope, user_id: int) -> bool:
    """Whether this person may change or remove the adjustment that the other one made."""
    return may_for_forecast(scope, "adjust_forecast") and (
        user_id == scope.user_id or scope.role in _MAY_CHANGE_ALL
    )


@dataclass(frozen=True)
class _Size:
    name: str
    reason: str
    start_on: date
    end_on: date
    change_rate: Decimal | None
    amount: Decimal | None

    def values(self) -> dict[str, Any]:
        return dict(self.__dict__)


def adjust_forecast(
    engine: Engine,
    scope: Scope,
    series: SeriesFilter,
    *,
    name: str,
    reason: str,
    start_on: date,
    end_on: date,
    change_rate: Decimal | float | None = None,
    amount: Decimal | float | None = None,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Changes the series (of the company, or of one region; of every grain) on the days from
    `start_on` to `end_on`, by a share of the forecast or by an amount for all of them together. The
    answer's values have its adjustment_id."""
    said = (name, reason, start_on, end_on, change_rate, amount)

    def work(edit: Edit) -> Done:
        need_forecast_right(edit.scope, "adjust_forecast")
        count = edit.connection.scalar(select(func.count()).select_from(forecast_adjustments))
        if (count or 0) >= MOST_ADJUSTMENTS:
            raise ForecastRefused("too_many", most=MOST_ADJUSTMENTS)
        size = _checked(*said, first=business_time(edit).today)
        target = target_of(edit.scope, series)
        _need_bounded(edit.connection, target, size)
        adjustment_id = edit.connection.scalars(
            insert(forecast_adjustments)
            .values(
                **target,
                **size.values(),
                user_id=edit.scope.user_id,
                author=edit.scope.name,
                created_at=edit.now,
                changed_at=edit.now,
            )
            .returning(forecast_adjustments.c.adjustment_id)
        ).one()
        return Done(values={"adjustment_id": adjustment_id, "name": size.name})

    return carry_out(
        engine, scope, "adjust_forecast", work, request_id=request_id,
        details=(series.key, *said), now=now,
    )  # fmt: skip


def change_adjustment(
    engine: Engine,
    scope: Scope,
    adjustment_id: int,
    *,
    name: str,
    reason: str,
    start_on: date,
    end_on: date,
    change_rate: Decimal | float | None = None,
    amount: Decimal | float | None = None,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """As `adjust_forecast`, of the same series. Days that have begun may stay as they are."""
    said = (name, reason, start_on, end_on, change_rate, amount)

    def work(edit: Edit) -> Done:
        row = _open(edit, adjustment_id, seen_version)
        first = min(business_time(edit).today, row.start_on)
        size = _checked(*said, first=first)
        target = {name: getattr(row, name) for name in _TARGET}
        _need_bounded(edit.connection, target, size, but=row.adjustment_id)
        edit.connection.execute(
            update(forecast_adjustments)
            .where(forecast_adjustments.c.adjustment_id == row.adjustment_id)
            .values(**size.values(), changed_at=edit.now, version=row.version + 1)
        )
        return Done(values={"adjustment_id": row.adjustment_id, "name": size.name})

    return carry_out(
        engine, scope, "change_adjustment", work, request_id=request_id,
        details=(adjustment_id, *said, seen_version), now=now,
    )  # fmt: skip


def remove_adjustment(
    engine: Engine,
    scope: Scope,
    adjustment_id: int,
    *,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """The forecast is again what it was without; what was published with it stays."""

    def work(edit: Edit) -> Done:
        row = _open(edit, adjustment_id, seen_version)
        edit.connection.execute(
            delete(forecast_adjustments).where(
                forecast_adjustments.c.adjustment_id == row.adjustment_id
            )
        )
        return Done(values={"adjustment_id": row.adjustment_id, "name": row.name})

    return carry_out(
        engine, scope, "remove_adjustment", work, request_id=request_id,
        details=(adjustment_id, seen_version), now=now,
    )  # fmt: skip


_TARGET = ("measure", "level", "region_id", "split", *PART_COLUMN.values())


def target_of(scope: Scope, series: SeriesFilter) -> dict[str, Any]:
    """The columns that name the series: of the company where no region is chosen, else of one
    region that is the person's to see."""
    if len(series.region_ids) > 1 or (not series.region_ids and not scope.sees_all("forecasts")):
        raise ForecastRefused("regions")
    region_id = series.region_ids[0] if series.region_ids else NO_REGION
    if not scope.sees_all("forecasts") and region_id not in scope.region_ids:
        raise ForecastRefused("regions")
    part: dict[str, Any] = dict.fromkeys(PART_COLUMN.values())
    if series.split != "total" and series.part:
        is_number = series.split in ("category", "product")
        if is_number and not (series.part.isascii() and series.part.isdigit()):
            raise ForecastRefused("nothing")
        part[PART_COLUMN[series.split]] = int(series.part) if is_number else series.part
    return {
        "measure": series.measure,
        "level": "region" if series.region_ids else "company",
        "region_id": region_id or None,
        "split": series.split,
        **part,
    }


def _checked(
    name: Any, reason: Any, start_on: Any, end_on: Any, change_rate: Any, amount: Any,
    *, first: date,
) -> _Size:  # fmt: skip
    if (change_rate is None) == (amount is None):
        raise ForecastRefused("one_size")
    fields = Fields()
    called = fields.text("name", name, most=LONGEST_NAME, required=True)
    why = fields.text("reason", reason, most=LONGEST_REASON, required=True)
    start = fields.day("start_on", start_on, first=first)
    end = fields.day("end_on", end_on, first=start)
    rate = None if change_rate is None else fields.change(
        "change_rate", change_rate, most=MOST_CHANGE, places=4
    )  # fmt: skip
    money = None if amount is None else fields.change("amount", amount, most=MOST_MONEY, places=2)
    if not (rate or money):
        fields.refuse("amount" if rate is None else "change_rate", "unchanged")
    fields.check()
    return _Size(str(called), str(why), start, end, rate, money)


def _need_bounded(
    connection: Connection, target: dict[str, Any], size: _Size, *, but: int | None = None
) -> None:
    """ForecastRefused where there is no forecast so far ahead, or where it would be changed too
    much by this and the others that hold on some of the days."""
    share = _share(connection, target, size.start_on, size.end_on, size.change_rate, size.amount)
    others = connection.execute(
        select(forecast_adjustments).where(
            *(forecast_adjustments.c[name].is_not_distinct_from(target[name]) for name in _TARGET),
            forecast_adjustments.c.adjustment_id != (but or 0),
            forecast_adjustments.c.start_on <= size.end_on,
            forecast_adjustments.c.end_on >= size.start_on,
        )
    ).all()
    for other in others:
        share += _share(connection, target, other.start_on, other.end_on, other.change_rate,
                        other.amount)  # fmt: skip
    if abs(share) > MOST_CHANGE:
        raise ForecastRefused("too_much", most=round(100 * MOST_CHANGE), share=round(100 * share))


def _share(
    connection: Connection,
    target: dict[str, Any],
    start: date,
    end: date,
    change_rate: Decimal | None,
    amount: Decimal | None,
) -> Decimal:
    """The change as a share of what is forecast for the days."""
    baseline = _baseline(connection, target, start, end)
    if change_rate is not None or amount is None:
        return change_rate or Decimal(0)
    if not baseline:
        raise ForecastRefused("too_much", most=round(100 * MOST_CHANGE), share="∞")
    return Decimal(amount) / baseline


def _baseline(connection: Connection, target: dict[str, Any], start: date, end: date) -> Decimal:
    """What is forecast for the days, in the finest periods that reach so far."""
    last: date | None = None
    for grain in GRAINS:
        rows = connection.execute(
            select(forecast_values.c.period_on, forecast_values.c.value)
            .join(forecasts, forecasts.c.forecast_id == forecast_values.c.forecast_id)
            .where(
                forecasts.c.grain == grain,
                *(forecasts.c[name].is_not_distinct_from(target[name]) for name in _TARGET),
            )
            .order_by(forecast_values.c.period_on)
        ).all()
        if not rows:
            continue
        last = max(last or date.min, end_of(grain, rows[-1].period_on))
        if end <= last:
            return sum((_within(row, grain, start, end) for row in rows), Decimal(0))
    if last is None:
        raise ForecastRefused("nothing")
    raise ForecastRefused("too_far", last=last)


def _within(row: Any, grain: Any, start: date, end: date) -> Decimal:
    """The part of the period's forecast that falls on the days."""
    closes = end_of(grain, row.period_on)
    days = (min(closes, end) - max(row.period_on, start)).days + 1
    length = (closes - row.period_on).days + 1
    value: Decimal = abs(row.value) * max(days, 0) / length
    return value


def _open(edit: Edit, adjustment_id: int, seen_version: int) -> Row[Any]:
    need_forecast_right(edit.scope, "adjust_forecast")
    if not isinstance(adjustment_id, int) or not 0 < adjustment_id <= MOST_ID:
        raise ForecastRefused("gone")
    visible = edit.scope.visible.forecast_adjustments.c.adjustment_id
    row = edit.connection.execute(
        select(forecast_adjustments)
        .where(
            forecast_adjustments.c.adjustment_id == adjustment_id,
            forecast_adjustments.c.adjustment_id.in_(select(visible)),
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise ForecastRefused("gone")
    if not may_change_adjustment(edit.scope, row.user_id):
        raise ForecastRefused("others")
    if row.version != seen_version:
        raise ForecastRefused("changed")
    return row
