"""What the record can tell about an order that was not delivered in full.

No quantity of a delivery is recorded, so an order is in full unless something says otherwise: one
of its parcels has arrived and another has not, or something came back as the wrong item.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, not_, select

from data_access.scope import Scope

WRONG_ITEM = "Wrong item"


def is_in_full(scope: Scope) -> ColumnElement[bool]:
    """Over `scope.visible.orders`."""
    orders, returns = scope.visible.orders, scope.visible.returns
    missing, arrived = (scope.visible.shipments.alias(name) for name in ("missing", "arrived"))
    in_part = (
        select(missing.c.order_id)
        .join(arrived, arrived.c.order_id == missing.c.order_id)
        .where(
            missing.c.order_id == orders.c.order_id,
            missing.c.delivered_at.is_(None),
            arrived.c.delivered_at.is_not(None),
        )
    )
    wrong = select(returns.c.return_id).where(
        returns.c.order_id == orders.c.order_id, returns.c.reason == WRONG_ITEM
    )
    return not_(in_part.correlate(orders).exists()) & not_(wrong.correlate(orders).exists())
