"""The night's plan of stock: every stock once, the same for the same data, from the stored
forecasts where there are any, and whole or not at all."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert, select, update

from dashboard.analytics.inventory.ahead import LEVELS, WEEK_LEVELS, WEEKS
from dashboard.analytics.inventory.grids import split_numbers, unpack
from dashboard.refreshing import Outcome, refresh, source_of
from data_access.database import Database, bulk_writing, writing
from data_access.refreshing import stock as stored
from data_access.stock_plans import list_plan_histories, list_shown_plans, list_stock_plans
from data_access.tables import (
    changes,
    forecast_values,
    forecasts,
    order_lines,
    orders,
    products,
    refreshes,
    stock,
    stock_plans,
)
from tests.crm import add, scope_of

TODAY = date(2026, 11, 23)  # a Monday


def night(database: Database, as_of: date = TODAY) -> Outcome:
    source = source_of(database.record, database.writer, database.record, as_of)
    (outcome,) = refresh(source, ["stock"], lambda part, share: None)
    return outcome


def plans(database: Database) -> list[Any]:
    with database.record.connect() as connection:
        return list(connection.execute(select(stock_plans).order_by(stock_plans.c.stock_id)))


class Company:
    """Pens in two warehouses, three and one a day for a year, and a service that is no goods."""

    def __init__(self, database: Database) -> None:
        self.database, writer = database, database.writer
        add(writer, "channels", channel="web", name="Web")
        self.category = add(writer, "categories", name="Desk")
        self.one, self.two = (add(writer, "warehouses", name=name) for name in ("One", "Two"))
        self.pen = add(writer, "products", name="Pen", category_id=self.category, unit_cost=2,
                       pack_size=12, lead_time_days=10)  # fmt: skip
        self.postage = add(writer, "products", name="Postage", is_goods=False)
        self.first, self.second = (
            add(writer, "stock", product_id=self.pen, warehouse_id=place, on_hand=40)
            for place in (self.one, self.two)
        )
        add(writer, "stock", product_id=self.postage, warehouse_id=self.one, on_hand=1)
        self.sell(self.one, 3)
        self.sell(self.two, 1)

    def sell(self, warehouse_id: int, units: int) -> None:
        number = 50_000 * warehouse_id
        days = [TODAY - timedelta(days=day) for day in range(1, 365)]
        with bulk_writing(self.database.writer) as connection:
            connection.execute(
                insert(orders),
                [{"order_id": number + place, "order_number": f"N-{number + place}",
                  "channel": "web", "stage": "completed", "currency": "CNY",
                  "warehouse_id": warehouse_id, "ordered_at": datetime.combine(day, time(2)),
                  "ordered_on": day} for place, day in enumerate(days)],
            )  # fmt: skip
            connection.execute(
                insert(order_lines),
                [{"order_id": number + place, "line_number": 1, "product_id": self.pen,
                  "quantity": units, "unit_price": 5} for place in range(len(days))],
            )  # fmt: skip

    def own_plans(self) -> list[Any]:
        return [row for row in plans(self.database) if row.stock_id in (self.first, self.second)]

    def forecast(self, units: float, half: float = 0) -> None:
        """So many pens in each of the weeks to come, and four times as many in each month, with
        80 % ranges of half the width."""
        writer, pen = self.database.writer, {"split": "product", "product_id": self.pen}
        total = {"split": "total", "product_id": None}
        refresh_id = add(writer, "refreshes", what="forecasts", as_of_on=TODAY, version=1,
                         state="done", started_at=datetime(2026, 11, 23))  # fmt: skip
        weeks = [(units, 0, TODAY + timedelta(days=7 * step)) for step in range(26)]
        months = [(4 * units, half, date(2026, 11 + step, 1)) for step in range(2)]
        with bulk_writing(writer) as connection:
            for number, (grain, told, part) in enumerate(
                [("week", weeks, pen), ("week", weeks, total),
                 ("month", months, pen), ("month", months, total)], 901,
            ):  # fmt: skip
                connection.execute(
                    insert(forecasts),
                    {"forecast_id": number, "refresh_id": refresh_id, "measure": "units",
                     "grain": grain, "level": "company", "currency": "CNY", "origin_on": TODAY,
                     "member": "mean", "accuracy": "{}", "notes": "[]", "shared_error": 0, **part},
                )  # fmt: skip
                connection.execute(
                    insert(forecast_values),
                    [{"forecast_id": number, "step": step + 1, "period_on": day, "naive": value,
                      "value": value, "low_80": value - wide, "high_80": value + wide,
                      "low_95": value - 2 * wide, "high_95": value + 2 * wide}
                     for step, (value, wide, day) in enumerate(told)],
                )  # fmt: skip


@pytest.fixture
def company(database: Database) -> Company:
    return Company(database)


def test_every_stock_of_goods_has_a_plan(company: Company) -> None:
    outcome = night(company.database)
    assert outcome.state == "done" and not outcome.message
    one, two = company.own_plans()
    assert {row.stock_id for row in plans(company.database)} == goods(company.database)
    assert (float(one.daily_demand), float(two.daily_demand)) == pytest.approx((3, 1))
    assert {row.demand_source for row in (one, two)} == {"history"}
    assert (float(one.lead_time_mean), one.lead_time_source) == (10, "stated")
    assert (one.yearly_units, two.yearly_units) == (3 * 364, 364)
    # 30 in ten days and up to 2 more that the day of ordering takes; √(2 · 50 · 1095 ÷ 0.5) = 468
    assert (one.reorder_point, one.order_quantity) == (32, 468)
    assert float(one.lead_time_demand) == pytest.approx(30)
    assert float(one.safety_stock) == pytest.approx(32 - 30)
    assert (one.abc, two.abc) == ("A", "A") and one.xyz == "X"  # of one product
    assert one.as_of_on == TODAY


def goods(database: Database) -> set[int]:
    with database.record.connect() as connection:
        rows = connection.exec_driver_sql(
            "select stock_id from stock join products using (product_id) where is_goods"
        )
        return {row[0] for row in rows}


def test_its_grids_and_its_year_can_be_read(company: Company) -> None:
    night(company.database)
    boss = scope_of(company.database, "manager")
    found = list_stock_plans(company.database.record, boss).set_index("stock_id")
    row = found.loc[company.first]
    both = unpack([row["lead_time_grid"]], 2 * len(LEVELS))[0]
    assert both[: len(LEVELS)].tolist() == [30] * len(LEVELS)
    assert set(both[len(LEVELS) :]) <= {30, 31, 32} and both[-1] == 32
    ahead = list_shown_plans(company.database.record, boss, (company.first,))
    assert ahead["stock_id"].tolist() == [company.first]
    weeks = unpack(ahead["weeks_grid"], WEEKS * len(WEEK_LEVELS)).reshape(WEEKS, -1)
    assert (weeks == 21 * np.arange(1, WEEKS + 1)[:, None]).all()
    past = list_plan_histories(company.database.record, boss, (company.pen,)).set_index("stock_id")
    assert split_numbers([past.loc[company.second, "history"]], 364).tolist() == [[1] * 364]
    assert split_numbers([past.loc[company.second, "lead_times"]], 21).tolist() == [[10] * 21]


def test_level_and_growth_are_those_of_the_stored_forecast(company: Company) -> None:
    company.forecast(56)
    night(company.database)
    one, two = company.own_plans()
    assert {row.demand_source for row in (one, two)} == {"forecast"}
    assert float(one.daily_demand + two.daily_demand) == pytest.approx(8)
    assert float(one.daily_demand / two.daily_demand) == pytest.approx(3, rel=0.02)
    assert float(one.season) == pytest.approx(2, rel=0.01)
    # 60 in ten days and what the day of ordering takes of them: the forecast is never off
    assert 60 < one.reorder_point <= 66


def test_a_wide_range_of_the_stored_months_asks_for_more_stock(company: Company) -> None:
    company.forecast(56, half=56)
    night(company.database)
    one, _two = company.own_plans()
    assert float(one.daily_demand) == pytest.approx(6, rel=0.02)
    # 56 of 4 × 56 is a standard error of .195, of which 98 % take e^(2.05 × .193) as much
    assert float(one.lead_time_demand) == pytest.approx(60, rel=0.02)
    assert 60 * 1.45 < one.reorder_point < 60 * 1.65


def test_the_same_data_are_passed_over_and_others_are_not(company: Company) -> None:
    assert night(company.database).state == "done"
    first = plans(company.database)
    assert night(company.database).state == "skipped"
    assert plans(company.database) == first
    with writing(company.database.writer) as connection:
        connection.execute(update(stock).values(on_hand=stock.c.on_hand + 1))
    assert night(company.database).state == "done"
    assert plans(company.database) == first  # no movement told of it
    assert night(company.database, TODAY + timedelta(days=1)).state == "done"
    assert plans(company.database) != first


def test_it_stands_whole_or_not_at_all(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    night(company.database)
    first = plans(company.database)

    def interrupt(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(stored, "finish_run", interrupt)  # the rows are written by then
        with pytest.raises(KeyboardInterrupt):
            night(company.database, TODAY + timedelta(days=1))
    assert plans(company.database) == first
    with company.database.record.connect() as connection:
        last = connection.execute(select(refreshes).order_by(refreshes.c.refresh_id.desc())).first()
    assert last is not None and (last.what, last.state) == ("stock", "failed")
    assert night(company.database, TODAY + timedelta(days=1)).state == "done"
    with company.database.record.connect() as connection:
        said = select(changes.c.row_id).where(changes.c.table_name == "stock_plans")
        assert set(connection.scalars(said)) == {None}  # a table changes as a whole


def test_no_stock_is_no_reason_to_fail(sqlite_database: Database) -> None:
    with writing(sqlite_database.writer) as connection:
        connection.exec_driver_sql("delete from stock_movements")
        connection.exec_driver_sql("delete from stock")
    outcome = night(sqlite_database)
    assert (outcome.state, outcome.rows) == ("done", 0), outcome.message


def test_the_warehouse_reads_the_plan_without_what_tells_of_prices(company: Company) -> None:
    night(company.database)
    engine = company.database.record
    keeper, boss = (scope_of(company.database, role) for role in ("warehouse", "manager"))
    seen, whole = (list_stock_plans(engine, scope) for scope in (keeper, boss))
    assert seen["value_share"].isna().all() and whole["value_share"].notna().all()
    told = [name for name in seen if name not in ("value_share", "order_quantity")]
    assert seen[told].equals(whole[told])
    # 468 and 276 for 22 and 39 weeks: 16 weeks of 3 a day, 32 of one
    own = [company.first, company.second]
    assert whole.set_index("stock_id").loc[own, "order_quantity"].tolist() == [468, 276]
    assert seen.set_index("stock_id").loc[own, "order_quantity"].tolist() == [336, 224]
    with writing(company.database.writer) as connection:
        dearer = update(products).where(products.c.product_id == company.pen)
        connection.execute(dearer.values(unit_cost=Decimal("2.2")))
    night(company.database)
    again, later = (list_stock_plans(engine, scope) for scope in (keeper, boss))
    assert later["order_quantity"].tolist() != whole["order_quantity"].tolist()
    assert again["order_quantity"].tolist() == seen["order_quantity"].tolist()
    rep = scope_of(company.database, "sales_rep")
    assert not len(list_stock_plans(engine, rep))
    for ids in (None, (company.first,)):
        assert len(list_shown_plans(engine, boss, ids)) and not len(
            list_shown_plans(engine, rep, ids)
        )
