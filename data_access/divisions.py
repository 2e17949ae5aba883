"""How customers are divided: by the scores of recency, frequency and monetary value, by how often
they order, or by cluster; and which parts of that are wanted. A part is told by a number: three
scores as one (555), the place among the limits of orders a year (0 is below the first), or the
cluster."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal, get_args

from sqlalchemy import ColumnElement, Integer, Select, Subquery, case, func, literal, select

from data_access.dialects import days_between
from data_access.errors import EditRefused
from data_access.scope import Scope

DividedBy = Literal["rfm", "rule", "cluster"]
WAYS: tuple[DividedBy, ...] = get_args(DividedBy)
SCORES = ("recency_score", "frequency_score", "monetary_score")
USUAL_LIMITS = (12, 25, 48)  # orders in twelve months: once, over twice, four times a month
MOST_DAYS, MOST_ORDERS, MOST_SALES = 36_500, 1_000_000, 1e12
_CUTS = 4
_MOST_CLUSTERS = 100
_MOST_REGIONS, _MOST_NUMBER = 1_000, 2**53


class DivisionRefused(EditRefused):
    """No customers can be divided so."""

    messages: ClassVar[dict[str, str]] = {
        "unreadable": "This choice of customers cannot be read.",
        "cuts": "Cut points must follow one another in order.",
        "too_large": "A cut point is too large.",
    }


@dataclass(frozen=True, kw_only=True)
class Division:
    """`recency_days` (at most so many, falling), `orders` and `net_sales` (at least so many,
    rising) are the cut points from score 2 to 5, all three or none: without, the scores are those
    worked out by quintile. `limits` are those of the rule. `groups`: only these parts."""

    by: DividedBy = "rfm"
    recency_days: tuple[int, ...] = ()
    orders: tuple[int, ...] = ()
    net_sales: tuple[float, ...] = ()
    limits: tuple[int, ...] = USUAL_LIMITS
    groups: tuple[int, ...] = ()
    region_ids: tuple[int, ...] = ()
    currency: str | None = None

    def __post_init__(self) -> None:
        for name in ("groups", "region_ids"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        cuts = (self.recency_days, self.orders, self.net_sales)
        if self.by not in WAYS or {len(each) for each in cuts} not in ({0}, {_CUTS}):
            raise DivisionRefused("unreadable")
        rising = (tuple(-days for days in self.recency_days), self.orders, self.net_sales)
        strictly = len(set(self.limits)) == len(self.limits) == len(USUAL_LIMITS)
        if any(list(each) != sorted(each) for each in (*rising, self.limits)) or not strictly:
            raise DivisionRefused("cuts")
        largest = zip((*cuts, self.limits), (MOST_DAYS, MOST_ORDERS, MOST_SALES, MOST_ORDERS),
                      strict=True)  # fmt: skip
        if any(not 0 <= cut <= most for each, most in largest for cut in each):
            raise DivisionRefused("too_large")
        if any(not self._may_be(group) for group in self.groups):
            raise DivisionRefused("unreadable")

    @property
    def has_cuts(self) -> bool:
        return bool(self.orders)

    @property
    def key(self) -> str:
        return definition_of(self)

    def _may_be(self, group: int) -> bool:
        if self.by == "rfm":
            return len(str(group)) == len(SCORES) and set(str(group)) <= set("12345")
        return 0 <= group <= (len(self.limits) if self.by == "rule" else _MOST_CLUSTERS)


def definition_of(division: Division) -> str:
    """As JSON, the parts that are not as usual."""
    usual = Division()
    told = {
        name: value for name, value in asdict(division).items() if value != getattr(usual, name)
    }
    return json.dumps({"by": division.by, **told}, sort_keys=True)


def read_definition(text: str) -> Division:
    """The division that `definition_of` wrote; DivisionRefused for anything else."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DivisionRefused("unreadable") from error
    known = {field.name for field in fields(Division)}
    if not isinstance(said, dict) or not set(said) <= known:
        raise DivisionRefused("unreadable")
    return Division(**{name: _value(name, value) for name, value in said.items()})


def _value(name: str, value: Any) -> Any:
    """A value of the kind that the part has."""
    if name == "by" and isinstance(value, str):
        return value
    if name == "currency" and (value is None or _is_currency(value)):
        return value
    if name in ("by", "currency") or not isinstance(value, list) or len(value) > _MOST_REGIONS:
        raise DivisionRefused("unreadable")
    kinds = (int, float) if name == "net_sales" else (int,)
    if any(type(each) not in kinds or not abs(each) <= _MOST_NUMBER for each in value):
        raise DivisionRefused("unreadable")
    return tuple(float(each) for each in value) if name == "net_sales" else tuple(value)


def _is_currency(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha()


def divided_customers(scope: Scope, division: Division) -> Subquery:
    """The scored customers that the person sees and the division wants: the columns of
    customer_scores, and the number of their part as `group_number`."""
    scores = scope.visible.customer_scores
    group = _group(scores.c, division).label("group_number")
    found: Select[Any] = select(*scores.c, group)
    if division.currency:
        found = found.where(scores.c.currency == division.currency)
    if division.groups:
        found = found.where(_group(scores.c, division).in_(division.groups))
    if division.region_ids:
        customers = scope.visible.customers
        found = found.where(
            scores.c.customer_id.in_(
                select(customers.c.customer_id).where(
                    customers.c.region_id.in_(division.region_ids)
                )
            )
        )
    return found.subquery("divided")


def _group(scores: Any, division: Division) -> ColumnElement[int]:
    if division.by == "rule":
        return _reached(scores.orders_12m, division.limits, start=0)
    if division.by == "cluster":
        return func.coalesce(scores.cluster, 0, type_=Integer())
    if not division.has_cuts:
        recency, frequency, monetary = (scores[name] for name in SCORES)
    else:
        days = -days_between(scores.last_ordered_on, scores.as_of_on)
        recency = _reached(days, tuple(-cut for cut in division.recency_days))
        frequency = _reached(scores.orders, division.orders)
        monetary = _reached(scores.net_sales, division.net_sales)
    cell: ColumnElement[int] = (
        recency * literal(100, Integer) + frequency * literal(10, Integer) + monetary
    )
    return cell


def _reached(
    value: ColumnElement[Any], cuts: tuple[float, ...], *, start: int = 1
) -> ColumnElement[int]:
    """`start`, and one more for each cut point reached."""
    steps = [(value >= cut, start + place) for place, cut in enumerate(cuts, start=1)]
    return case(*reversed(steps), else_=start)
