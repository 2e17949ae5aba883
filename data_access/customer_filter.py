"""Which customers: what a person asks for, and the predicates over the visible customers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, not_, or_, select

from data_access.dialects import PHONE_END_DIGITS, holds, phone_digits, phone_end, unindexed
from data_access.filters import Period, in_period_by_moment
from data_access.scope import Scope
from data_access.searching import digits_of, named_so, phone_holds

Consent = Literal["granted", "refused", "unknown"]
CONSENTS: tuple[Consent, ...] = ("granted", "refused", "unknown")
SHORTEST_WHOLE_PHONE = 7
SHORTEST_WITHOUT_COUNTRY = 10  # digits; so many are one phone, whatever stands before them
_LISTS = (
    "customer_types", "industries", "grades", "sources", "consents", "segments", "region_ids",
    "owner_ids",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CustomerFilter:
    """Every part is optional. `bought` says whether there shall be an order in the period, or at
    any time where there is no period; cancelled orders do not count. `currency` is the one of the
    sums that a list shows, and leaves out no customer."""

    search: str = ""
    customer_types: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    region_ids: tuple[int, ...] = ()
    owner_ids: tuple[int, ...] = ()
    bought: bool | None = None
    period: Period | None = None
    currency: str | None = None

    def __post_init__(self) -> None:
        for name in _LISTS:
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        object.__setattr__(self, "search", " ".join(self.search.split()))

    @property
    def key(self) -> str:
        """The parts that are set, in a fixed order and spelling."""
        parts = ((field, getattr(self, field.name)) for field in fields(self))
        return ";".join(
            f"{field.name}={value!r}" for field, value in parts if value != field.default
        )


def customer_predicates(scope: Scope, wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    """Predicates over `scope.visible.customers`."""
    customers, scores = scope.visible.customers.c, scope.visible.customer_scores.c
    found: list[ColumnElement[bool]] = [
        column.in_(values)
        for column, values in (
            (customers.customer_type, wanted.customer_types),
            (customers.industry, wanted.industries),
            (customers.grade, wanted.grades),
            (customers.source, wanted.sources),
            (customers.consent, wanted.consents),
            (customers.region_id, wanted.region_ids),
            (customers.owner_id, wanted.owner_ids),
        )
        if values
    ]
    if wanted.segments:
        of_segments = select(scores.customer_id).where(scores.segment.in_(wanted.segments))
        found.append(customers.customer_id.in_(of_segments))
    if wanted.bought is not None:
        bought = _bought(scope, wanted.period)
        found.append(bought if wanted.bought else not_(bought))
    if wanted.search:
        found.append(_matches(scope, wanted.search))
    return found


def has_whole_phone(phone: ColumnElement[Any], words: str) -> ColumnElement[bool] | None:
    """The phone is the one typed, with or without the code of a country; None where the words are
    no whole phone."""
    digits = digits_of(words)
    if len(digits) < SHORTEST_WHOLE_PHONE:
        return None
    stored = phone_digits(phone)
    same = [stored == digits]
    if len(digits) >= SHORTEST_WITHOUT_COUNTRY:
        same.append(stored.like(f"%{digits}"))
        # 86 138… was typed, 138… is stored
        starts = range(1, min(len(digits) - SHORTEST_WITHOUT_COUNTRY, 4) + 1)
        same.append(stored.in_([digits[start:] for start in starts]))
    return and_(phone_end(phone) == digits[-PHONE_END_DIGITS:], or_(*same))


def _matches(scope: Scope, words: str) -> ColumnElement[bool]:
    """Part of a name, phone or e-mail of the customer or of a contact, all as this person sees
    them."""
    customers, contacts = scope.visible.customers.c, scope.visible.contacts.c
    of_contacts = select(contacts.customer_id).where(
        or_(
            holds(contacts.name, words),
            holds(contacts.email, words),
            *phone_holds(contacts.phone, words),
        )
    )
    return or_(
        named_so(customers, words),
        holds(customers.email, words),
        customers.customer_id.in_(of_contacts),
    )


def _bought(scope: Scope, period: Period | None) -> ColumnElement[bool]:
    orders, customers = scope.visible.orders, scope.visible.customers
    same = select(1).where(
        orders.c.customer_id == customers.c.customer_id, unindexed(orders.c.stage) != "cancelled"
    )
    if period is not None:
        same = same.where(*in_period_by_moment(orders.c, period))
    return same.correlate(customers).exists()
