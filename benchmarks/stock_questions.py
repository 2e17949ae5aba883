"""What the page of stock asks: what lies where, what is to come, who waits; and once a day the year
of demand and movements that suggestions are learnt from."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Engine, func, select

from benchmarks.question import Question
from data_access.allocating import list_shortages, list_stock_lines
from data_access.inventory import (
    list_expected_receipts,
    list_lead_times,
    list_stock,
    list_waiting_lines,
    sum_demand_by_day,
    sum_movements_by_day,
    sum_waiting_by_stock,
)
from data_access.tables import stock

YEAR = 364


def stock_questions(record: Engine, as_of: date) -> list[Question]:
    with record.connect() as connection:
        shelf = connection.execute(
            select(func.min(stock.c.product_id), func.min(stock.c.warehouse_id))
        ).one()
    first = as_of - timedelta(days=YEAR)
    page, learnt = "stock", "stock, once a day"
    return [
        Question(page, "stock", list_stock, (as_of,)),
        Question(page, "receipts to come", list_expected_receipts),
        Question(page, "who waits", sum_waiting_by_stock),
        Question(page, "who waits for one stock", list_waiting_lines, tuple(shelf)),
        Question("shortages", "what is short", list_shortages),
        Question("shortages", "who waits, and holds what", list_stock_lines, tuple(shelf)),
        Question(learnt, "demand of a year", sum_demand_by_day, (first, as_of)),
        Question(learnt, "movements of a year", sum_movements_by_day, (first, as_of)),
        Question(learnt, "lead times", list_lead_times, (as_of - timedelta(days=2 * YEAR),)),
    ]
