"""What is set aside at the stocks of an order, as far as the person sees the orders it is for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, case, func, select

from data_access.dialects import unindexed
from data_access.inventory import WAITING_STAGES
from data_access.scope import Scope

NOT_YET_RESERVED = "received"


@dataclass(frozen=True)
class Aside:
    """Units of a product for the order itself, for others that wait, and for those of the others
    that have not reserved them."""

    own: int = 0
    others: int = 0
    unreserved: int = 0

    def left_to_confirm(self, available: int) -> int:
        """Of what is on hand and not reserved."""
        return max(available - self.unreserved, self.own)

    def left_to_ship(self, on_hand: int) -> int:
        return max(on_hand - self.others, self.own)


def find_set_aside(
    engine: Engine,
    scope: Scope,
    order_id: int,
    warehouse_id: int | None,
    product_ids: tuple[int, ...],
) -> dict[int, Aside]:
    """product_id → what is set aside in the warehouse, for the order and for others."""
    orders, lines = scope.visible.orders.c, scope.visible.order_lines.c
    given = scope.visible.allocations
    units = case((given.c.quantity > lines.quantity, lines.quantity), else_=given.c.quantity)
    product_id = unindexed(lines.product_id)  # found by what is set aside, which is little
    is_own = orders.order_id == order_id
    statement = (
        select(
            product_id,
            *(
                func.coalesce(func.sum(case((condition, units), else_=0)), 0)
                for condition in (
                    is_own, ~is_own, ~is_own & (orders.stage == NOT_YET_RESERVED),
                )
            ),
        )
        .select_from(given)
        .join(lines.line_id.table, lines.line_id == given.c.line_id)
        .join(orders.order_id.table, orders.order_id == lines.order_id)
        .where(
            lines.line_id.in_(select(given.c.line_id)),
            product_id.in_(product_ids),
            orders.warehouse_id == warehouse_id,
            orders.stage.in_(WAITING_STAGES),
        )
        .group_by(product_id)
    )  # fmt: skip
    with engine.connect() as connection:
        found = connection.execute(statement).all()
    return {row[0]: Aside(*(int(each) for each in row[1:])) for row in found}
