"""Words searched among orders: part of the order number, of the customer's name, or of at least
four characters of the phone, however it is spaced, all as this person sees them, or a whole
tracking number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, false, or_, select, union_all

from data_access.dialects import PHONE_MARKS, holds, phone_digits
from data_access.scope import Scope

MOST_FOUND = 2_000
SHORTEST_PHONE_PART = 4  # fewer are part of half of all phones


@dataclass(frozen=True)
class Found:
    """What the words match where that is little: then the rows are read by identity."""

    customer_ids: tuple[int, ...]
    order_ids: tuple[int, ...]


def find_words(engine: Engine, scope: Scope, words: str) -> Found | None:
    """The customers and orders that match, found on the record, which knows phones; None where
    they are more than MOST_FOUND and rows are better tested one by one."""
    orders, customers = scope.visible.orders.c, scope.visible.customers.c
    named = select(customers.customer_id).where(named_so(customers, words))
    found = []
    with engine.connect() as connection:
        for statement in (_shipped(scope, words), named, _numbered(orders, words)):
            ids = connection.scalars(statement.limit(MOST_FOUND + 1)).all()
            if len(ids) > MOST_FOUND:
                return None
            found.append({int(each) for each in ids if each is not None})
    shipped, customer_ids, numbered = found
    return Found(tuple(sorted(customer_ids)), tuple(sorted(shipped | numbered)))


def matches(scope: Scope, words: str, found: Found | None) -> ColumnElement[bool]:
    """The predicate over `scope.visible.orders`, with what was found where that is known."""
    orders = scope.visible.orders
    if found is None:
        return or_(
            holds(orders.c.order_number, words),
            _customer_is_named(scope, words),
            orders.c.order_id.in_(_shipped(scope, words)),
        )
    if not found.customer_ids:
        return orders.c.order_id.in_(found.order_ids) if found.order_ids else false()
    # one list of orders: SQLite would not look up both sides of an OR by index and sort
    of_customers, by_id = orders.alias("of_customers"), orders.alias("by_id")
    both = union_all(
        select(of_customers.c.order_id).where(of_customers.c.customer_id.in_(found.customer_ids)),
        select(by_id.c.order_id).where(by_id.c.order_id.in_(found.order_ids)),
    ).subquery("found")
    return orders.c.order_id.in_(select(both.c.order_id))


def named_so(customers: Any, words: str) -> ColumnElement[bool]:
    """Part of a name in any language, or of the phone."""
    names = [holds(customers[name], words) for name in ("name", "name_zh")]
    return or_(*names, *phone_holds(customers.phone, words))


def phone_holds(phone: ColumnElement[Any], words: str) -> list[ColumnElement[bool]]:
    """The phone has the words in it, whatever stands between its digits; nothing where the words
    are too few for that."""
    digits = digits_of(words)
    if digits:
        if len(digits) < SHORTEST_PHONE_PART:
            return []
        # marks are taken out of the few phones alone that have the digits in this order
        in_order = phone.like("%".join(("", *digits, "")))
        return [and_(in_order, holds(phone_digits(phone), digits))]
    return [holds(phone, words)] if len(words) >= SHORTEST_PHONE_PART else []


def digits_of(words: str) -> str:
    """The digits of a phone or of a part of one; empty for words that are none."""
    kept = words.translate({ord(mark): None for mark in PHONE_MARKS})
    return kept if kept.isascii() and kept.isdigit() else ""


def _customer_is_named(scope: Scope, words: str) -> ColumnElement[bool]:
    orders, customers = scope.visible.orders, scope.visible.customers
    same = select(1).where(customers.c.customer_id == orders.c.customer_id)
    return same.where(named_so(customers.c, words)).correlate(orders).exists()


def _numbered(orders: Any, words: str) -> Select[Any]:
    return select(orders.order_id).where(holds(orders.order_number, words))


def _shipped(scope: Scope, words: str) -> Select[Any]:
    shipments = scope.visible.shipments.c
    spellings = sorted({words, words.upper(), words.lower()})
    return select(shipments.order_id).where(shipments.tracking_number.in_(spellings))
