"""What the sums of the pages mean, worked out over all rows in plain pandas: for tests, sharing
nothing with the queries."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Engine, text

STAGES = ("received", "confirmed", "processing", "shipped", "completed", "cancelled", "returned")
OPEN = ("received", "confirmed", "processing", "shipped")


class Books:
    """The raw rows, and the orders of one currency with the sums of their lines and payments."""

    def __init__(self, engine: Engine, currency: str) -> None:
        with engine.connect() as connection:
            self.rows = {
                name: pd.read_sql_query(text(f"SELECT * FROM {name}"), connection)
                for name in ("orders", "order_lines", "products", "payments", "stock", "feedback")
            }
        orders = self.rows["orders"]
        self.orders = orders[orders["currency"] == currency].copy()
        for name in [name for name in orders if name.endswith(("_on", "_at"))]:
            self.orders[name] = pd.to_datetime(self.orders[name])
        lines = self.rows["order_lines"].merge(
            self.rows["products"][["product_id", "category_id"]], on="product_id"
        )
        for name in ("unit_price", "discount_rate", "unit_cost"):
            lines[name] = lines[name].astype(float)
        kept = lines["quantity"] - lines["returned_quantity"]
        after_discount = lines["unit_price"] * (1 - lines["discount_rate"])
        self.lines = lines.assign(
            units=lines["quantity"],
            gross_sales=lines["quantity"] * lines["unit_price"],
            returns_value=lines["returned_quantity"] * after_discount,
            net_sales=kept * after_discount,
            cost=kept * lines["unit_cost"].fillna(0),
            returned=lines["returned_quantity"],
        )
        self.sums = ["units", "gross_sales", "returns_value", "net_sales", "cost", "returned"]
        payments = self.rows["payments"]
        paid = payments["amount"].astype(float).groupby(payments["order_id"]).sum()
        kept_columns = self.orders.drop(columns=[*self.sums[:-1], "returned_units", "paid"])
        summed = self.lines.groupby("order_id")[self.sums].sum()
        self.orders = kept_columns.join(summed, on="order_id").fillna(dict.fromkeys(self.sums, 0))
        self.orders["paid"] = self.orders["order_id"].map(paid).fillna(0.0)

    def by_category(self) -> pd.DataFrame:
        """A row for each order and category of its lines."""
        of_each = self.lines.groupby(["order_id", "category_id"], dropna=False)[self.sums].sum()
        named = self.orders.drop(columns=self.sums)
        return named.merge(of_each.reset_index(), on="order_id")

    def owing(self) -> pd.DataFrame:
        orders = self.orders
        owed = (orders["net_sales"] - orders["paid"]).round(4)
        return orders.assign(owed=owed)[(owed > 0.00995) & (orders["stage"] != "cancelled")]


def measures(orders: pd.DataFrame, start: date, end: date, as_of: date) -> dict[str, float]:
    """Each measure of the days from `start` to `end`, by the definitions of the tiles: sales by
    order date, shipped and returned units by shipment date, punctuality by promised date."""
    first, last, today = map(pd.Timestamp, (start, end, as_of))

    def dated(column: str) -> Any:
        return orders[column].between(first, last)

    goes = orders["stage"] != "cancelled"
    taken = orders[dated("ordered_on")]
    sold = orders[dated("ordered_on") & goes]
    shipped = orders[dated("shipped_on") & goes]
    due = orders[dated("promised_on") & goes & (orders["promised_on"] < today)]
    return {
        "received_orders": len(taken),
        "cancelled_orders": int((taken["stage"] == "cancelled").sum()),
        "orders": len(sold),
        "units": sold["units"].sum(),
        "gross_sales": sold["gross_sales"].sum(),
        "returns_value": sold["returns_value"].sum(),
        "net_sales": sold["net_sales"].sum(),
        "cost": sold["cost"].sum(),
        "discounts": (sold["gross_sales"] - sold["returns_value"] - sold["net_sales"]).sum(),
        "shipped_orders": len(shipped),
        "shipped_units": shipped["units"].sum(),
        "returned_units": shipped["returned"].sum(),
        "due_orders": len(due),
        "on_time_orders": int((due["completed_on"] <= due["promised_on"]).sum()),
    }


def age_of_debt(due_on: pd.Timestamp, as_of: date) -> str:
    if pd.isna(due_on):
        return "not_due"
    days = (pd.Timestamp(as_of) - due_on).days
    for most, name in ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90")):
        if days <= most:
            return name
    return "over_90"
