"""Which products are short, whom that hits, and what each waiting line holds of what is there.

A stock is short for a person when a line of an order that they see would not get all that it asks.
What there is to be divided is what is on hand, less what orders that the person does not see have
reserved: one sum, which the stock itself tells. Of it a line holds what is set aside for it
(`allocations`); the rest goes in turn, confirmed orders before those that are only received, those
promised soonest first. The turn is a forecast of who is served, not a right: whoever ships first
takes what is not set aside.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    select,
    true,
)

from data_access.columns import Money
from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.inventory import (
    MOST_WAITING,
    WAITING_STAGES,
    bought_by,
    coming_by_stock,
    same_stock,
)
from data_access.scope import Scope
from data_access.stages import CLOSED_STAGES, TO_SHIP_STAGES

MOST_SHORTAGES = 1_000
_SHORTAGE_COLUMNS = [
    "stock_id", "product_id", "warehouse_id", "sku", "product", "warehouse", "on_hand", "asked",
    "elsewhere", "missing", "hit_orders", "hit_customers", "hit_sales", "hit_currency", "on_order",
    "expected_on",
]  # fmt: skip
_Place = tuple[int, int] | None  # product_id, warehouse_id


def list_shortages(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """The short products per warehouse, those that hit most orders first, at most MOST_SHORTAGES:
    stock_id, product_id, warehouse_id, sku, product, warehouse, on_hand, asked (by the person's
    open orders and `elsewhere`), elsewhere (reserved for orders that the person does not see),
    missing, hit_orders, hit_customers, hit_sales (net sales of the lines that lack something; NULL
    where several currencies), hit_currency, on_order, expected_on (the next receipt). Units.

    `attrs["totals"]`: of all short stocks together, each order and customer once: stocks, missing
    (units), orders, customers, net_sales (of the lines that lack something) and currency (None
    where several). Lines that lack something are few: they are read once, and counted here."""
    lacking = _lacking_lines(engine, scope)
    by_stock = lacking.groupby("stock_id")
    hit = pd.DataFrame(
        {
            "asked": by_stock["asked"].max(),
            "elsewhere": by_stock["elsewhere"].max(),
            "missing": by_stock["missing"].sum(),
            "hit_orders": by_stock["order_id"].nunique(),
            "hit_customers": by_stock["customer_id"].nunique(),
            "hit_sales": by_stock["net_sales"].sum(min_count=1).round(4),
            "hit_currency": by_stock["currency"].first(),
        }
    )
    several = by_stock["currency"].nunique() > 1
    hit["hit_sales"] = hit["hit_sales"].mask(several)
    hit["hit_currency"] = hit["hit_currency"].astype("object").mask(several, None)
    hit = (
        hit.reset_index()
        .sort_values(["hit_orders", "missing", "stock_id"], ascending=[False, False, True])
        .head(MOST_SHORTAGES)
    )
    named = _named_stocks(engine, scope, tuple(int(each) for each in hit["stock_id"]), language)
    found = hit.merge(named, on="stock_id")[_SHORTAGE_COLUMNS]
    found.attrs["totals"] = _totals(lacking)
    return found


def _totals(lacking: pd.DataFrame) -> dict[str, Any]:
    currencies = lacking["currency"].dropna().unique()
    is_seen = len(currencies) <= 1 and lacking["net_sales"].notna().any()
    return {
        "stocks": int(lacking["stock_id"].nunique()),
        "missing": int(lacking["missing"].sum()),
        "orders": int(lacking["order_id"].nunique()),
        "customers": int(lacking["customer_id"].nunique()),
        "net_sales": round(float(lacking["net_sales"].sum()), 4) if is_seen else None,
        "currency": str(currencies[0]) if len(currencies) == 1 else None,
    }


def _lacking_lines(engine: Engine, scope: Scope) -> pd.DataFrame:
    """Each line of goods that would not get all that it asks: stock_id, order_id, customer_id,
    currency, net_sales, missing; of its stock asked and elsewhere."""
    visible, held = scope.visible, held_lines(scope, short_alone=True).c
    orders, products, lines = visible.orders, visible.products, visible.order_lines
    return read_frame(
        engine,
        select(
            held.stock_id,
            held.order_id,
            orders.c.customer_id,
            orders.c.currency,
            lines.c.net_sales,
            (held.quantity - held.held).label("missing"),
            (held.asked + held.elsewhere).label("asked"),
            held.elsewhere,
        )
        .join_from(_held_from(held), orders, orders.c.order_id == held.order_id)
        .join(lines, lines.c.line_id == held.line_id)
        .join(products, products.c.product_id == lines.c.product_id)
        .where(held.held < held.quantity, products.c.is_goods)
        .order_by(held.line_id),
    )


def _named_stocks(
    engine: Engine, scope: Scope, stock_ids: tuple[int, ...], language: str
) -> pd.DataFrame:
    visible, coming = scope.visible, coming_by_stock(scope)
    stock, products = visible.stock, visible.products
    return read_frame(
        engine,
        select(
            stock.c.stock_id,
            stock.c.product_id,
            stock.c.warehouse_id,
            products.c.sku,
            name_in(language, products).label("product"),
            name_in(language, visible.warehouses).label("warehouse"),
            stock.c.on_hand,
            func.coalesce(coming.c.on_order, 0).label("on_order"),
            coming.c.expected_on,
        )
        .join_from(stock, products, products.c.product_id == stock.c.product_id)
        .join(visible.warehouses, visible.warehouses.c.warehouse_id == stock.c.warehouse_id)
        .outerjoin(coming, same_stock(coming, stock))
        .where(stock.c.stock_id.in_(stock_ids)),
    )


def list_stock_lines(
    engine: Engine, scope: Scope, product_id: int, warehouse_id: int, language: str = "en"
) -> pd.DataFrame:
    """The lines that wait for one stock in their turn, at most MOST_WAITING: order_id, line_id,
    order_number, version, customer_id, customer, region, stage, promised_on, currency, quantity,
    set_aside, held, net_sales, margin, customer_value (what the customer is expected to buy in the
    next 12 months, else what they have bought), and of the stock on_hand, reserved, elsewhere."""
    visible, held = scope.visible, held_lines(scope, (product_id, warehouse_id)).c
    orders, lines, customers = visible.orders, visible.order_lines, visible.customers
    cost = lines.c.unit_cost * (lines.c.quantity - lines.c.returned_quantity)
    scores = visible.customer_scores
    statement = (
        select(
            held.order_id,
            held.line_id,
            orders.c.order_number,
            orders.c.version,
            orders.c.customer_id,
            name_in(language, customers).label("customer"),
            name_in(language, visible.regions).label("region"),
            orders.c.stage,
            orders.c.promised_on,
            orders.c.currency,
            held.quantity,
            held.set_aside,
            held.held,
            lines.c.net_sales,
            cast(lines.c.net_sales - cost, Money).label("margin"),
            func.coalesce(
                scores.c.predicted_value_12m, bought_by(scope, orders.c.customer_id), type_=Money
            ).label("customer_value"),
            held.on_hand,
            held.reserved,
            held.elsewhere,
        )
        .join_from(_held_from(held), orders, orders.c.order_id == held.order_id)
        .join(lines, lines.c.line_id == held.line_id)
        .outerjoin(customers, customers.c.customer_id == orders.c.customer_id)
        .outerjoin(visible.regions, visible.regions.c.region_id == orders.c.region_id)
        .outerjoin(scores, scores.c.customer_id == orders.c.customer_id)
        .order_by(held.turn, held.line_id)
        .limit(MOST_WAITING)
    )  # fmt: skip
    return read_frame(engine, statement)


def list_set_aside(
    engine: Engine, scope: Scope, product_id: int, warehouse_id: int
) -> pd.DataFrame:  # fmt: skip
    """Who set units of the stock aside for lines that wait, the last first: request_id, person,
    user_id, allocated_at, promised_weight, margin_weight, value_weight, lines, units. Of the
    record."""
    visible, held = scope.visible, held_lines(scope, (product_id, warehouse_id)).c
    given, users = visible.allocations, visible.users
    told = (
        given.c.request_id, users.c.name, given.c.user_id, given.c.allocated_at,
        given.c.promised_weight, given.c.margin_weight, given.c.value_weight,
    )  # fmt: skip
    statement = (
        select(
            *(column.label("person") if column is users.c.name else column for column in told),
            func.count().label("lines"),
            func.sum(held.set_aside).label("units"),
        )
        .join_from(_held_from(held), given, given.c.line_id == held.line_id)
        .outerjoin(users, users.c.user_id == given.c.user_id)
        .group_by(*told)
        .order_by(given.c.allocated_at.desc(), given.c.request_id)
    )
    return read_frame(engine, statement)


def held_lines(scope: Scope, place: _Place = None, *, short_alone: bool = False) -> Subquery:
    """Each line that waits for a stock, with its turn and what it holds: stock_id, order_id,
    line_id, quantity, set_aside, on_hand, reserved, elsewhere, turn, asked (by all of them), held.
    `short_alone`: without the stocks of which there is enough for all who ask."""
    line = _of_short_stocks(scope, place) if short_alone else _waiting(scope, place).subquery().c
    of_stock = func.sum(case((line.is_reserved, line.quantity), else_=0)).over(
        partition_by=line.stock_id
    )
    elsewhere = case((line.reserved - of_stock > 0, line.reserved - of_stock), else_=0)
    in_turn: dict[str, Any] = {
        "partition_by": line.stock_id,
        "order_by": (
            line.is_reserved.desc(), line.promised_on.is_(None), line.promised_on,
            line.order_id, line.line_id,
        ),
    }  # fmt: skip
    rest = line.quantity - line.set_aside
    summed = select(
        *line,
        rest.label("rest"),
        (literal(0) if scope.sees_all("orders") else elsewhere).label("elsewhere"),
        func.row_number().over(**in_turn).label("turn"),
        func.sum(line.quantity).over(partition_by=line.stock_id).label("asked"),
        func.sum(line.set_aside).over(partition_by=line.stock_id).label("all_aside"),
        _before(line.set_aside, in_turn).label("aside_before"),
        _before(rest, in_turn).label("rest_before"),
    ).subquery("summed")
    each = summed.c
    # what is set aside stays so, even beside what others have reserved
    there = case(
        (each.on_hand - each.elsewhere > each.all_aside, each.on_hand - each.elsewhere),
        (each.all_aside > each.on_hand, each.on_hand),
        else_=each.all_aside,
    )
    held = _part(there - each.aside_before, each.set_aside) + _part(
        there - each.all_aside - each.rest_before, each.rest
    )
    return select(
        each.stock_id, each.order_id, each.line_id, each.quantity, each.set_aside, each.on_hand,
        each.reserved, each.elsewhere, each.turn, each.asked, held.label("held"),
    ).subquery("held")  # fmt: skip


def _of_short_stocks(scope: Scope, place: _Place) -> Any:
    """The lines of stocks that may be short: to put the lines of all in turn takes longer than to
    add them up."""
    waiting = _waiting(scope, place).cte("waiting")
    each = waiting.c
    most_elsewhere = 0 if scope.sees_all("orders") else func.max(each.reserved)
    short = (
        select(each.stock_id)
        .group_by(each.stock_id)
        .having(func.sum(each.quantity) > func.max(each.on_hand) - most_elsewhere)
    )
    return select(waiting).where(each.stock_id.in_(short)).subquery("of_short_stocks").c


def _waiting(scope: Scope, place: _Place) -> Select[Any]:
    visible = scope.visible
    stock, orders, lines = visible.stock, visible.orders, visible.order_lines
    given = visible.allocations
    set_aside = case(
        (given.c.quantity > lines.c.quantity, lines.c.quantity),
        else_=func.coalesce(given.c.quantity, 0),
    )
    of_place: list[ColumnElement[bool]] = []
    if place is not None:
        of_place = [
            lines.c.product_id == place[0],
            orders.c.warehouse_id == place[1],
            stock.c.product_id == place[0],
            stock.c.warehouse_id == place[1],
        ]
    return (
        select(
            stock.c.stock_id,
            stock.c.on_hand,
            stock.c.reserved,
            orders.c.order_id,
            orders.c.promised_on,
            case((orders.c.stage.in_(TO_SHIP_STAGES), true()), else_=false()).label("is_reserved"),
            lines.c.line_id,
            lines.c.quantity,
            set_aside.label("set_aside"),
        )
        .join_from(orders, lines, lines.c.order_id == orders.c.order_id)
        .join(
            stock,
            and_(
                stock.c.product_id == lines.c.product_id,
                stock.c.warehouse_id == orders.c.warehouse_id,
            ),
        )
        .outerjoin(given, given.c.line_id == lines.c.line_id)
        .where(
            orders.c.stage.in_(WAITING_STAGES),
            orders.c.stage.not_in(CLOSED_STAGES),  # the same, as the copy sees it at once
            lines.c.quantity > 0,
            *of_place,
        )
    )


def _before(units: ColumnElement[int], in_turn: dict[str, Any]) -> ColumnElement[int]:
    """The sum over those whose turn is earlier."""
    return func.sum(units).over(**in_turn, rows=(None, 0)) - units


def _part(left: ColumnElement[int], wanted: ColumnElement[int]) -> ColumnElement[int]:
    """As many of the wanted as are left."""
    return case((left <= 0, 0), (left < wanted, left), else_=wanted)


def _held_from(held: Any) -> FromClause:
    found: FromClause = held.stock_id.table
    return found
