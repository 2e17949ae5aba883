"""How much discount a role may give, and what a coupon gives on top."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from data_access.edits.transaction import Edit
from data_access.tables import campaigns, discount_limits


def discount_limit(edit: Edit) -> Decimal:
    """Of the person's role; a role without a limit gives none."""
    statement = select(discount_limits.c.max_rate).where(
        discount_limits.c.role == (edit.scope.role or "")
    )
    return edit.connection.scalar(statement) or Decimal(0)


def find_coupon_row(connection: Connection, code: str, today: date | None) -> Row[Any] | None:
    """The campaign of the code, however it is spelled, if it runs `today` (None: whenever)."""
    statement = select(campaigns).where(func.upper(campaigns.c.coupon_code) == code.upper())
    if today is not None:
        statement = statement.where(
            or_(campaigns.c.starts_on.is_(None), campaigns.c.starts_on <= today),
            or_(campaigns.c.ends_on.is_(None), campaigns.c.ends_on >= today),
        )
    return connection.execute(statement.order_by(campaigns.c.campaign_id).limit(1)).one_or_none()


def coupon_rate(connection: Connection, code: str | None) -> Decimal:
    """The discount that an order's coupon gave it."""
    coupon = find_coupon_row(connection, code, None) if code else None
    return (coupon.discount_rate if coupon else None) or Decimal(0)


def as_percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"
