"""What the page of stock asks: what lies where, what is planned, what is to come and who waits."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Engine, func, select

from benchmarks.question import Question
from data_access.allocating import (
    list_set_aside,
    list_shortages,
    list_stock_lines,
)
from data_access.inventory import (
    list_expected_receipts,
    list_stock,
    list_waiting_lines,
    sum_movements_of_stock,
    sum_waiting_by_stock,
)
from data_access.replenishments import (
    RequestFilter,
    count_replenishments,
    list_open_requests,
    list_replenishments,
    list_request_receipts,
    list_suppliers,
)
from data_access.stock_plans import list_plan_histories, list_shown_plans, list_stock_plans
from data_access.tables import stock

PAST_DAYS = 90
PAGE_ROWS = 25
REPLAYED = 200  # products


def stock_questions(record: Engine, as_of: date) -> list[Question]:
    with record.connect() as connection:
        shelf = connection.execute(
            select(func.min(stock.c.product_id), func.min(stock.c.warehouse_id))
        ).one()
    past = (*shelf, as_of - timedelta(days=PAST_DAYS), as_of)
    page = "stock"
    on_order, asked = RequestFilter(states=("ordered",)), "replenishment"
    return [
        *(
            Question(asked, name, query, arguments, named, engine="record")
            for name, query, arguments, named in (
                ("a queue", list_replenishments, (on_order,), {"as_of": as_of}),
                ("open requests", list_open_requests, (), {}),
                ("suppliers", list_suppliers, (), {}),
                ("receipts of a request", list_request_receipts, (1,), {}),
            )
        ),
        Question(asked, "queues", count_replenishments, (RequestFilter(), as_of)),
        Question(f"{asked}, by a click", "all", list_replenishments, (RequestFilter(),),
                 {"as_of": as_of}, "record"),
        Question(page, "stock", list_stock),
        Question(page, "plans", list_stock_plans),
        Question(page, "plans of a page", list_shown_plans,
                 (tuple(range(1, PAGE_ROWS + 1)),), engine="record"),
        Question(page, "receipts to come", list_expected_receipts),
        Question(page, "who waits", sum_waiting_by_stock),
        Question(page, "who waits for one stock", list_stock_lines, tuple(shelf), engine="record"),
        Question(f"{asked}, by a click", "who waits for one stock", list_waiting_lines,
                 tuple(shelf), engine="record"),
        Question(page, "movements of one stock", sum_movements_of_stock, past),
        Question(page, "a year of 200 products", list_plan_histories,
                 (tuple(range(1, REPLAYED + 1)),)),
        Question("shortages", "what is short", list_shortages),
        Question("shortages", "who waits, and holds what", list_stock_lines, tuple(shelf),
                 engine="record"),
        Question("shortages", "who set aside", list_set_aside, tuple(shelf), {}, engine="record"),
    ]  # fmt: skip
