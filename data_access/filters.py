"""What a person asks for: a period and a filter, and the predicates they become over the visible
relations. Values are plain, hashable and canonical: equal questions have equal keys."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, FromClause, func, literal_column, not_, or_, select

from data_access.dialects import unindexed
from data_access.in_full import is_in_full
from data_access.owing import (
    PAYMENT_STATES,
    PaymentState,
    is_in_payment_state,
    is_owing,
)
from data_access.scope import Scope
from data_access.searching import MOST_FOUND, Found, find_words, matches
from data_access.stages import OPEN_STAGES

PeriodBasis = Literal["ordered_on", "promised_on", "shipped_on", "completed_on"]
PERIOD_BASES: tuple[PeriodBasis, ...] = ("ordered_on", "promised_on", "shipped_on", "completed_on")
_MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, order=True)
class Period:
    """Business days from `start` to `end`, both included. The part of a `running` week, month,
    quarter or year that has passed is compared with the same part of the one before."""

    start: date
    end: date
    running: Literal["", "week", "month", "quarter", "year"] = ""

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a period cannot end ({self.end}) before it starts ({self.start})")

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def key(self) -> str:
        return f"{self.start}..{self.end} {self.running}".rstrip()

    def previous(self) -> Period:
        """The period that ends the day before: as many whole months, or as many days."""
        if self.running == "week":
            return Period(self.start - timedelta(days=7), self.end - timedelta(days=7))
        if self.running:
            months = -_MONTHS_OF[self.running]
            return Period(_month_shifted(self.start, months), _month_shifted(self.end, months))
        end = self.start - timedelta(days=1)
        if self._whole_months:
            return Period(_month_shifted(self.start, -self._months), end)
        return Period(self.start - timedelta(days=self.days), end)

    def last_year(self) -> Period:
        """The same days one year earlier, of a running week the same weekdays; whole months stay
        whole."""
        if self.running == "week":
            return Period(self.start - timedelta(days=364), self.end - timedelta(days=364))
        end = _month_shifted(self.end, -12)
        if self._whole_months:
            end = end.replace(day=calendar.monthrange(end.year, end.month)[1])
        return Period(_month_shifted(self.start, -12), end)

    @property
    def _months(self) -> int:
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1

    @property
    def _whole_months(self) -> bool:
        return self.start.day == 1 and (self.end + timedelta(days=1)).day == 1


def _month_shifted(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, kw_only=True)
class OrderFilter:
    """Which orders; every part is optional. The period is about the day of `period_basis` unless
    a query says otherwise. Sums need one `currency`: without it, money over several currencies is
    NULL."""

    period: Period | None = None
    period_basis: PeriodBasis = "ordered_on"
    stages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    region_ids: tuple[int, ...] = ()
    owner_ids: tuple[int, ...] = ()
    customer_id: int | None = None
    category_ids: tuple[int, ...] = ()
    amount_from: float | None = None  # net sales of the order, both ends included
    amount_to: float | None = None
    overdue: bool = False  # open, and promised before `as_of`
    not_on_time: bool = False  # promised before `as_of`, not cancelled, not delivered by that day
    not_otif: bool = False  # the same, or delivered by that day but not in full
    returned: bool = False  # units came back (of the wanted categories); not cancelled
    past_due: bool = False  # owes something that was due before `as_of`
    payment_state: PaymentState | None = None
    currency: str | None = None
    search: str = ""
    found: Found | None = None  # what `search` matches, where that was asked for before

    def __post_init__(self) -> None:
        for name in ("stages", "channels", "region_ids", "owner_ids", "category_ids"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        object.__setattr__(self, "search", " ".join(self.search.split()))
        if self.payment_state not in (None, *PAYMENT_STATES):
            raise ValueError(f"there is no payment state {self.payment_state!r}")
        if self.period_basis not in PERIOD_BASES:
            raise ValueError(f"no period is about {self.period_basis!r}")

    @property
    def key(self) -> str:
        """The parts that are set, in a fixed order and spelling."""
        parts = ((field, getattr(self, field.name)) for field in fields(self))
        return ";".join(
            f"{field.name}={value!r}"
            for field, value in parts
            if value != field.default and field.name != "found"
        )


def searched(engine: Engine, scope: Scope, order_filter: OrderFilter) -> OrderFilter:
    """The filter with what its words match, asked of the record."""
    if not order_filter.search or order_filter.found is not None:
        return order_filter
    return replace(order_filter, found=find_words(engine, scope, order_filter.search))


def order_predicates(
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    *,
    dated: bool = True,
    row_by_row: bool = False,
    by_moment: bool = False,
) -> list[ColumnElement[bool]]:
    """Predicates over `scope.visible.orders`; not `dated`, the period is left out;
    `row_by_row`, categories are looked for in the lines of each order; `by_moment`, for a list in
    the order of the moments, a period of order dates is found by them."""
    orders, wanted = scope.visible.orders.c, order_filter
    found: list[ColumnElement[bool]] = []
    if wanted.period and dated:
        if by_moment and wanted.period_basis == "ordered_on":
            found += in_period_by_moment(orders, wanted.period)
        else:
            found.append(in_period(orders[wanted.period_basis], wanted.period))
    found += key_predicates(orders, wanted)
    if wanted.owner_ids:
        found.append(_one_of(orders.owner_id, wanted.owner_ids))
    if wanted.customer_id is not None:
        found.append(orders.customer_id == wanted.customer_id)
    if wanted.amount_from is not None:
        found.append(orders.net_sales >= wanted.amount_from)
    if wanted.amount_to is not None:
        found.append(orders.net_sales <= wanted.amount_to)
    if wanted.overdue:
        found.append(is_overdue(orders, as_of))
    if wanted.not_on_time:
        found.append(is_not_on_time(orders, as_of))
    if wanted.not_otif:
        found.append(is_not_on_time(orders, as_of, in_full=is_in_full(scope)))
    if wanted.returned:
        found.append((orders.returned_units > 0) & (orders.stage != "cancelled"))
    if wanted.category_ids:
        found.append(
            has_category(
                scope, wanted.category_ids, returned=wanted.returned, row_by_row=row_by_row
            )
        )
    if wanted.past_due:
        found += [orders.due_on < as_of, is_owing(orders)]
    if wanted.payment_state:
        found.append(is_in_payment_state(orders, wanted.payment_state))
    if wanted.search:
        found.append(matches(scope, wanted.search, wanted.found))
    return found


def key_predicates(orders: Any, wanted: OrderFilter) -> list[ColumnElement[bool]]:
    """The stages, channels, regions and currency that are wanted; `orders` are columns."""
    chosen = (
        (orders.stage, wanted.stages),
        (orders.channel, wanted.channels),
        (orders.region_id, wanted.region_ids),
    )
    found = [_one_of(column, values) for column, values in chosen if values]
    return [*found, orders.currency == wanted.currency] if wanted.currency is not None else found


def in_period(column: ColumnElement[Any], period: Period) -> ColumnElement[bool]:
    if period.start == period.end:
        return column == period.start
    return column.between(period.start, period.end)


def in_period_by_moment(orders: Any, period: Period) -> list[ColumnElement[bool]]:
    """Order dates in the period; read by the index on the moment, which is of the same day within
    the hours that zones are apart."""
    start = datetime.combine(period.start, time()) - timedelta(hours=14)
    end = datetime.combine(period.end, time()) + timedelta(hours=24 + 12)
    on = in_period(unindexed(orders.ordered_on), period)
    return [on, orders.ordered_at.between(start, end)]


def in_any_period(column: ColumnElement[Any], periods: Iterable[Period]) -> ColumnElement[bool]:
    """Within one of the periods; those that touch are one range, which is found faster."""
    return or_(*(in_period(column, period) for period in joined_periods(periods)))


def joined_periods(periods: Iterable[Period]) -> list[Period]:
    """The same days in as few periods as can be, in order."""
    joined: list[Period] = []
    for period in sorted(periods):
        if joined and period.start <= joined[-1].end + timedelta(days=1):
            joined[-1] = Period(joined[-1].start, max(joined[-1].end, period.end))
        else:
            joined.append(period)
    return joined


def is_open(orders: Any) -> ColumnElement[bool]:
    """On the way; spelled with constants, as the index on open orders is."""
    stages: list[ColumnElement[str]] = [literal_column(f"'{stage}'") for stage in OPEN_STAGES]
    is_one: ColumnElement[bool] = orders.stage.in_(stages)
    return is_one


def is_overdue(orders: Any, as_of: date) -> ColumnElement[bool]:
    """Not yet delivered although promised for a day before `as_of`; `orders` are columns."""
    promised_before: ColumnElement[bool] = orders.promised_on < as_of
    return is_open(orders) & promised_before


def is_not_on_time(
    orders: Any, as_of: date, in_full: ColumnElement[bool] | None = None
) -> ColumnElement[bool]:
    """Promised for a day before `as_of`, not cancelled, and delivered later or not at all, or not
    `in_full` where that is asked."""
    faults = [orders.completed_on.is_(None), orders.completed_on > orders.promised_on]
    if in_full is not None:
        faults.append(not_(in_full))
    delivered_later = or_(*faults)
    missed: ColumnElement[bool] = (
        (orders.stage != "cancelled") & (orders.promised_on < as_of) & delivered_later
    )
    return missed


def name_in(language: str, relation: FromClause) -> ColumnElement[Any]:
    """The relation's name in the person's language."""
    if language.startswith("zh"):
        return func.coalesce(relation.c.name_zh, relation.c.name)
    return relation.c.name


def is_common(engine: Engine, scope: Scope, category_ids: tuple[int, ...]) -> bool:
    """Whether the categories have more than MOST_FOUND lines."""
    if not category_ids:
        return False
    lines, products = scope.visible.order_lines, scope.visible.products
    of_these = (
        select(lines.c.line_id)
        .join(products, products.c.product_id == lines.c.product_id)
        .where(_one_of(products.c.category_id, category_ids))
        .limit(MOST_FOUND + 1)
    )
    with engine.connect() as connection:
        return len(connection.execute(of_these).all()) > MOST_FOUND


def _one_of(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    values = tuple(values)
    return column == values[0] if len(values) == 1 else column.in_(values)


def has_category(
    scope: Scope,
    category_ids: tuple[int, ...],
    *,
    returned: bool = False,
    row_by_row: bool = False,
) -> ColumnElement[bool]:
    """Has a line of one of the categories (`returned`: of which units came back). `row_by_row`
    looks at each order's lines, for a list that soon finds a page of the orders it walks."""
    lines, products = scope.visible.order_lines, scope.visible.products
    found = (
        select(lines.c.order_id)
        .join(products, products.c.product_id == lines.c.product_id)
        .where(_one_of(products.c.category_id, category_ids))
    )
    if returned:
        found = found.where(lines.c.returned_quantity > 0)
    orders = scope.visible.orders
    if row_by_row:
        return found.where(lines.c.order_id == orders.c.order_id).correlate(orders).exists()
    return orders.c.order_id.in_(found)
