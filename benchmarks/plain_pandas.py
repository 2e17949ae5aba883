"""The same questions answered by pandas after reading the tables, as a notebook would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
from sqlalchemy import Engine, text

from benchmarks.timing import milliseconds

ORDERS = (
    "SELECT order_id, customer_id, region_id, channel, stage, currency, ordered_on, promised_on,"
    " shipped_on, completed_on, due_on, units, gross_sales, net_sales, cost FROM orders"
)
LINES = "SELECT order_id, product_id, net_sales FROM order_lines"
PRODUCTS = "SELECT product_id, category_id FROM products"
PAYMENTS = "SELECT order_id, amount, paid_on FROM payments"
DAYS = ["ordered_on", "promised_on", "shipped_on", "completed_on", "due_on"]


class Tables:
    """The columns that the questions need, in memory."""

    def __init__(self, engine: Engine) -> None:
        with engine.connect() as connection:
            read = {
                name: pd.read_sql(text(query), connection)
                for name, query in (
                    ("orders", ORDERS),
                    ("lines", LINES),
                    ("products", PRODUCTS),
                    ("payments", PAYMENTS),
                )
            }
        self.orders, self.lines = read["orders"], read["lines"]
        self.products, self.payments = read["products"], read["payments"]
        self.orders[DAYS] = self.orders[DAYS].apply(pd.to_datetime)
        self.payments["paid_on"] = pd.to_datetime(self.payments["paid_on"])
        for frame, names in (
            (self.orders, ["gross_sales", "net_sales", "cost"]),
            (self.lines, ["net_sales"]),
            (self.payments, ["amount"]),
        ):
            frame[names] = frame[names].astype("float64")


def measure_pandas(engine: Engine, as_of: date, days: int, currency: str) -> dict[str, float]:
    """Milliseconds to read the tables that a question needs and to answer it, by its name."""
    reading = {
        "orders": milliseconds(lambda: _read(engine, ORDERS), 1),
        "lines": milliseconds(lambda: (_read(engine, LINES), _read(engine, PRODUCTS)), 1),
        "payments": milliseconds(lambda: _read(engine, PAYMENTS), 1),
    }
    tables = Tables(engine)
    answers = _answers(tables, pd.Timestamp(as_of), days, currency)
    return {
        name: sum(reading[table] for table in needed) + milliseconds(answer, 3)
        for name, (needed, answer) in answers.items()
    }


def _read(engine: Engine, query: str) -> pd.DataFrame:
    with engine.connect() as connection:
        return pd.read_sql(text(query), connection)


def _answers(
    tables: Tables, as_of: pd.Timestamp, days: int, currency: str
) -> dict[str, tuple[tuple[str, ...], Callable[[], object]]]:
    orders = tables.orders
    first = as_of - pd.Timedelta(days=days - 1)

    def chosen() -> pd.DataFrame:
        return orders[(orders["currency"] == currency) & orders["ordered_on"].between(first, as_of)]

    def sold_by(key: str) -> Callable[[], object]:
        return lambda: chosen().query("stage != 'cancelled'").groupby(key)["net_sales"].sum()

    def by_category() -> object:
        lines = tables.lines.merge(chosen()[["order_id", "stage"]], on="order_id")
        lines = lines[lines["stage"] != "cancelled"].merge(tables.products, on="product_id")
        return lines.groupby("category_id")["net_sales"].sum()

    def owed() -> pd.Series:
        paid = tables.payments.groupby("order_id")["amount"].sum()
        live = orders[(orders["currency"] == currency) & (orders["stage"] != "cancelled")]
        rest = live["net_sales"] - live["order_id"].map(paid).fillna(0)
        return rest[rest > 0.00995].groupby((as_of - live["due_on"]).dt.days.clip(0) // 30).sum()

    months = tables.payments["paid_on"].dt.to_period("M")
    one, both = ("orders",), ("orders", "payments")
    return {
        "orders found": (one, lambda: len(chosen())),
        "sales by day, 3 periods": (one, sold_by("ordered_on")),
        "sales by channel": (one, sold_by("channel")),
        "sales by region": (one, sold_by("region_id")),
        "sales by category": (("orders", "lines"), by_category),
        "orders by stage": (
            one,
            lambda: chosen().groupby("stage")["net_sales"].agg(["sum", "size"]),
        ),
        "orders by option": (one, lambda: orders["channel"].value_counts()),
        "owed by age": (both, owed),
        "attention": (both, owed),
        "payments by month": (
            ("payments",),
            lambda: tables.payments.groupby(months)["amount"].sum(),
        ),
    }
