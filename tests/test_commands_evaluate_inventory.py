"""`python -m dashboard evaluate inventory` on a CRM database."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import insert

from dashboard.cli import main
from data_access.database import Database, bulk_writing
from data_access.tables import order_lines, orders
from tests.crm import add, add_order

LAST = date(2026, 11, 23)


def url(database: Database) -> str:
    return database.writer.url.render_as_string(hide_password=False)


def sell_daily(database: Database, days: int) -> None:
    """Three pens on each of so many days up to LAST."""
    pen = add(database.writer, "products", name="Pen", lead_time_days=7)
    place = add(database.writer, "warehouses", name="Harbour")
    add_order(database, channel="web", ordered_on=LAST, stage="cancelled")
    moments = [datetime.combine(LAST - timedelta(days=day), time(2)) for day in range(days)]
    with bulk_writing(database.writer) as connection:
        connection.execute(
            insert(orders),
            [{"order_id": 5_000 + day, "order_number": f"S-{day}", "channel": "web",
              "stage": "completed", "currency": "CNY", "warehouse_id": place, "ordered_at": at,
              "ordered_on": at.date()} for day, at in enumerate(moments)],
        )  # fmt: skip
        connection.execute(
            insert(order_lines),
            [{"order_id": 5_000 + day, "line_number": 1, "product_id": pen, "quantity": 3,
              "unit_price": 5} for day in range(days)],
        )  # fmt: skip


def test_steady_demand_is_always_met(
    sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    sell_daily(sqlite_database, 940)
    words = ["evaluate", "inventory", "--workers", "1", "--database", url(sqlite_database)]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["promised"] for row in told["services"]] == [0.9, 0.95, 0.98, 0.99]
    for row in told["services"]:
        # 90 pens at a time, of which 3 go a day
        assert row["cycle_service"] == 1 and row["fill_rate"] == 1 and row["cycles"] in (6, 7)
    assert told["stock_outs"] == {"told": 4, "covered": 1, "early": 0, "late": 0}
    assert [(row["name"], row["items"]) for row in told["classes"]] == [
        ("A", 1),
        ("B", 0),
        ("C", 0),
    ]
    assert told["demand"]["expected"] == pytest.approx(told["demand"]["came"], rel=0.05)
    assert main([*words, "--days", "60"]) == 0
    said = capsys.readouterr().out
    assert "1 product" in said and "last 60 days" in said and "(80% promised" in said


@pytest.mark.parametrize("days", ["27", "731", "-60", "many"])
def test_days_held_out_are_a_few_weeks_to_two_years(
    days: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "inventory", "--days", days])
    assert "a number of days from 28 to 730" in capsys.readouterr().err


def test_too_short_a_time_is_refused_in_a_sentence(
    sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    sell_daily(sqlite_database, 30)
    assert main(["evaluate", "inventory", "--database", url(sqlite_database)]) == 1
    said = capsys.readouterr()
    assert not said.out and "564 days are needed" in said.err and "Traceback" not in said.err
