"""A refresh works out every part once for the same data, whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from alembic import command
from sqlalchemy import func, select, text, update

from dashboard import refreshing
from dashboard.analytics.customer_features import describe_customers, tell_segments_at
from dashboard.cli import main
from dashboard.commands.refresh import CHOICES
from dashboard.refreshing import ASKED, PARTS, Outcome, refresh, source_of
from data_access.analytics_copy import AnalyticsCopy
from data_access.database import Database, connect, writing
from data_access.demo import Plan, build_demo
from data_access.holding_out import is_held_out
from data_access.refreshing import history, results
from data_access.refreshing.runs import find_last_done
from data_access.refreshing.telling import without_counts
from data_access.schema import _config, read_properties, upgrade_schema
from data_access.tables import (
    audit,
    changes,
    customer_scores,
    orders,
    rebuy_dues,
    refreshes,
    reminders,
    segment_history,
)
from data_access.verifying import verify_log
from tests.crm import add, add_order

AS_OF = date(2026, 6, 30)


QUICK = ("segments", "rebuy")  # the models take seconds, and have tests of their own
OF_CUSTOMERS = tuple(part for part in PARTS if part != "forecasts")  # which take a minute


def _build(url: str) -> None:
    database = connect(url)
    upgrade_schema(database.writer)
    build_demo(database.writer, Plan(1_500, 7, AS_OF))
    database.dispose()


@pytest.fixture(scope="module")
def sqlite_demos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "crm.sqlite"
    _build(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_demo(sqlite_demos: Path, tmp_path: Path) -> Iterator[Database]:
    """A small demo company."""
    for file in sqlite_demos.parent.iterdir():
        shutil.copy(file, tmp_path)
    database = connect(f"sqlite:///{tmp_path / 'crm.sqlite'}")
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def demo(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The same on each engine."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_demo")
        return
    url = request.getfixturevalue("new_postgresql_url")()
    _build(url)
    database = connect(url)
    yield database
    database.dispose()


def work_out(
    database: Database, parts: Sequence[str] = QUICK, as_of: date = AS_OF
) -> list[Outcome]:
    copied = AnalyticsCopy(database.record)
    try:
        source = source_of(database.record, database.writer, copied.engine, as_of)
        return refresh(source, parts, lambda part, share: None)
    finally:
        copied.close()


def states(outcomes: list[Outcome]) -> dict[str, str]:
    return {outcome.part: outcome.state for outcome in outcomes}


def rows(database: Database, table: Any) -> list[Any]:
    with database.record.connect() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key.columns)))


def scalar(database: Database, statement: Any) -> Any:
    with database.record.connect() as connection:
        return connection.scalar(statement)


def test_what_is_no_goods_and_what_came_back_is_nothing_to_buy_again(database: Database) -> None:
    writer, monday = database.writer, date(2026, 6, 1)
    category_id = add(writer, "categories", name="Paper")
    paper = add(writer, "products", category_id=category_id)
    postage = add(writer, "products", category_id=category_id, is_goods=False)
    customer_id = add(writer, "customers", name="Ada")
    for day, units in ((0, 3), (7, 5), (7, -5), (14, 2), (15, -2)):
        lines = [
            {"product_id": paper, "quantity": units, "unit_price": Decimal(10)},
            {"product_id": postage, "quantity": 1, "unit_price": Decimal(7)},
        ]
        ordered_on = monday + timedelta(days=day)
        add_order(database, customer_id=customer_id, ordered_on=ordered_on, lines=lines)
    days = history.read_product_days(database.record, AS_OF).query("customer_id == @customer_id")
    told = zip(days["product_id"], days["ordered_on"].dt.day, days["quantity"], strict=True)
    assert list(told) == [(paper, 1, 3), (paper, 15, 2)]
    sales = history.read_category_sales(database.record, AS_OF).query("customer_id == @customer_id")
    assert sales[["category_id", "net_sales"]].values.tolist() == [[category_id, 30.0]]
    money = history.read_order_days(database.record, AS_OF).query("customer_id == @customer_id")
    assert money["net_sales"].sum() == 30 + 5 * 7


def test_every_part_is_whole_said_once_and_broken_off_without_a_trace(
    demo: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = AnalyticsCopy(demo.record)
    before = scalar(demo, select(func.max(audit.c.audit_id)))
    assert states(work_out(demo, OF_CUSTOMERS)) == dict.fromkeys(OF_CUSTOMERS, "done")
    buyers = select(func.count(orders.c.customer_id.distinct())).where(
        orders.c.stage != "cancelled"
    )
    scored = rows(demo, customer_scores)
    assert len(scored) == scalar(demo, buyers) > 100
    assert {row.as_of_on for row in scored} == {AS_OF}
    assert all(row.drivers != "" and 0 <= row.silent_90 <= 1 for row in scored)
    days = {row.as_of_on for row in rows(demo, segment_history)}
    assert days == set(refreshing.quarter_ends(AS_OF, 8)) and max(days) == AS_OF
    check_facts(rows(demo, refreshes)[0])
    check_announced(demo, before)
    copied.refresh()
    assert history.read_order_days(copied.engine, AS_OF).equals(
        history.read_order_days(demo.record, AS_OF)
    )
    verify_log(demo.record)
    copied.close()
    check_broken_off(demo, monkeypatch)


def check_facts(run: Any) -> None:
    facts = json.loads(run.facts)
    assert (run.what, run.state, facts["currency"]) == ("scores", "done", "CNY")
    assert facts["model"] and facts["clusters"]
    assert '"customers"' not in run.facts and '"bins"' not in run.facts
    assert facts["shared_error"] and facts["evaluation"]["90"]["scores"]
    details = json.loads(run.details)
    assert details["evaluation"]["90"]["customers"] > 100
    assert without_counts(details) == facts


def check_announced(database: Database, before: int) -> None:
    """A table changes as a whole, and no row of it is logged."""
    said = select(changes.c.row_id).where(changes.c.table_name.in_(
        ("customer_scores", "segment_history", "rebuy_dues")
    ))  # fmt: skip
    logged = select(audit.c.table_name).where(audit.c.audit_id > before)
    with database.record.connect() as connection:
        assert list(connection.scalars(said)) == [None, None, None]
        assert set(connection.scalars(logged)) <= {"reminders"}


def check_broken_off(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first = rows(database, rebuy_dues)

    def interrupt(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    earlier = AS_OF - timedelta(days=30)
    with monkeypatch.context() as interrupted:
        interrupted.setattr(results, "finish_run", interrupt)  # the rows are written by then
        with pytest.raises(KeyboardInterrupt):
            work_out(database, ["rebuy"], earlier)
    assert rows(database, rebuy_dues) == first
    last = rows(database, refreshes)[-1]
    assert (last.what, last.state, last.message) == ("rebuy", "failed", "broken off")
    assert states(work_out(database, ["rebuy"], earlier)) == {"rebuy": "done"}
    assert rows(database, rebuy_dues) != first


def test_what_is_as_new_as_the_data_is_passed_over(sqlite_demo: Database) -> None:
    work_out(sqlite_demo)
    first = rows(sqlite_demo, rebuy_dues)
    assert set(states(work_out(sqlite_demo)).values()) == {"skipped"}
    with writing(sqlite_demo.writer) as connection:
        late = orders.c.order_id > 1_300
        connection.execute(update(orders).where(late).values(stage="cancelled"))
    assert set(states(work_out(sqlite_demo)).values()) == {"done"}
    assert rows(sqlite_demo, rebuy_dues) != first
    tomorrow = AS_OF + timedelta(days=1)
    assert states(work_out(sqlite_demo, ["rebuy"], tomorrow)) == {"rebuy": "done"}
    assert states(work_out(sqlite_demo, ["rebuy"], tomorrow)) == {"rebuy": "skipped"}


def test_a_part_that_fails_stops_no_other_and_is_taken_up_again(
    sqlite_demo: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> Any:
        raise ValueError("no sense in these numbers")

    with monkeypatch.context() as broken:
        broken.setattr(refreshing, "tell_segments_at", fail)
        outcomes = work_out(sqlite_demo)
    assert states(outcomes) == {"segments": "failed", "rebuy": "done"}
    assert outcomes[0].message == "ValueError: no sense in these numbers"
    assert not rows(sqlite_demo, segment_history)
    assert states(work_out(sqlite_demo)) == {"segments": "done", "rebuy": "skipped"}


def test_a_run_that_was_killed_is_told_and_taken_up(sqlite_demo: Database) -> None:
    refreshing.runs.begin_run(sqlite_demo.writer, "rebuy", AS_OF, 1)
    assert find_last_done(sqlite_demo.record, "rebuy") is None
    assert states(work_out(sqlite_demo, ["rebuy"])) == {"rebuy": "done"}
    assert [row.state for row in rows(sqlite_demo, refreshes)] == ["failed", "done"]


def test_of_two_runs_at_once_the_last_that_began_writes(sqlite_demo: Database) -> None:
    work_out(sqlite_demo, ["rebuy"])
    before = rows(sqlite_demo, rebuy_dues)
    writer, runs = sqlite_demo.writer, refreshing.runs
    replaced = runs.begin_run(writer, "rebuy", AS_OF, 1)
    other_part = runs.begin_run(writer, "segments", AS_OF, 1)
    last = runs.begin_run(writer, "rebuy", AS_OF, 2)
    dues = pd.DataFrame(columns=[column.name for column in rebuy_dues.columns])
    with pytest.raises(runs.RunRefused, match="Another refresh has begun meanwhile"):
        results.replace_dues(writer, replaced, dues, {}, lambda count: None)
    assert rows(sqlite_demo, rebuy_dues) == before
    results.replace_dues(writer, last, dues, {}, lambda count: None)
    assert not rows(sqlite_demo, rebuy_dues)
    with pytest.raises(runs.RunRefused):  # although none is at work by now
        results.replace_dues(writer, replaced, dues, {}, lambda count: None)
    for run in (replaced, last):
        runs.fail_run(writer, run, "too late")
    states = {row.refresh_id: (row.state, row.message) for row in rows(sqlite_demo, refreshes)}
    assert states[replaced.refresh_id] == ("failed", "too late")
    assert states[last.refresh_id] == ("done", None)
    assert states[other_part.refresh_id] == ("running", None)


def test_the_segments_of_a_quarter_are_those_that_were_told_then(sqlite_demo: Database) -> None:
    work_out(sqlite_demo, ["segments"])
    quarter = date(2026, 3, 31)
    stored = {row.customer_id: row.segment for row in rows(sqlite_demo, segment_history)
              if row.as_of_on == quarter}  # fmt: skip
    record = sqlite_demo.record
    then = describe_customers(
        history.read_order_days(record, quarter),
        history.read_category_sales(record, quarter),
        history.read_enquiries(record, quarter, "Asia/Shanghai"),
        quarter,
    )
    assert stored == dict(zip(then["customer_id"], then["segment"], strict=True))


def test_only_the_last_quarter_is_worked_out_again_unless_anything_may_have_changed(
    sqlite_demo: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[date] = []

    def listened(days: pd.DataFrame, day: date) -> pd.DataFrame:
        told.append(day)
        return tell_segments_at(days, day)

    monkeypatch.setattr(refreshing, "tell_segments_at", listened)
    work_out(sqlite_demo, ["segments"])
    assert len(told) == 8
    before = rows(sqlite_demo, segment_history)
    with writing(sqlite_demo.writer) as connection:
        connection.execute(update(orders).where(orders.c.order_id == 1).values(note="x"))
    told.clear()
    work_out(sqlite_demo, ["segments"])
    assert told == [AS_OF]
    strip = [(row.customer_id, row.as_of_on, row.segment) for row in before]
    after = [(row.customer_id, row.as_of_on, row.segment)
             for row in rows(sqlite_demo, segment_history)]  # fmt: skip
    assert sorted(after) == sorted(strip)
    told.clear()
    work_out(sqlite_demo, ["segments"], AS_OF + timedelta(days=92))
    assert told == [date(2026, 9, 30)]


def test_who_is_held_out_is_noted_once_between_two_purchases(
    sqlite_demo: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "is_held_out", lambda database_id, customer_id: True)
    work_out(sqlite_demo, ["rebuy"])
    noted = rows(sqlite_demo, reminders)
    assert noted and all(row.is_held_out and row.user_id is None for row in noted)
    assert {(row.cause, row.state) for row in noted} == {("rebuy", "held_out")}
    work_out(sqlite_demo, ["rebuy"], AS_OF + timedelta(days=1))
    pairs = [(row.customer_id, row.product_id) for row in rows(sqlite_demo, reminders)]
    assert len(pairs) == len(set(pairs))
    assert all(row.is_held_out for row in rows(sqlite_demo, rebuy_dues))


def test_the_dues_say_who_is_held_out_by_the_hash(sqlite_demo: Database) -> None:
    work_out(sqlite_demo, ["rebuy"])
    database_id = read_properties(sqlite_demo.record)["database_id"]
    dues = rows(sqlite_demo, rebuy_dues)
    assert dues and all(
        due.is_held_out is is_held_out(database_id, due.customer_id) for due in dues
    )


def test_customers_by_hand() -> None:
    """Two orders in the last year, one before, in the currency that most orders are in."""
    days = pd.DataFrame(
        {
            "customer_id": [1, 1, 1],
            "currency": "CNY",
            "ordered_on": pd.to_datetime(["2025-05-01", "2026-01-01", "2026-06-20"]),
            "orders": [1, 1, 2],
            "gross_sales": [100.0, 50.0, 50.0],
            "discount": [20.0, 0.0, 0.0],
            "net_sales": [80.0, 50.0, 50.0],
            "cost": [40.0, 20.0, 30.0],
            "uncosted": [1, 0, 0],
        }
    )
    categories = pd.DataFrame(
        {"customer_id": [1, 1, 1], "currency": ["CNY", "CNY", "EUR"], "category_id": [5, 6, 7],
         "net_sales": [30.0, 150.0, 900.0]}
    )  # fmt: skip
    enquiries = pd.DataFrame(
        {"customer_id": [1, 2], "enquiries_90": [2, 9], "enquiries_prior_90": [3, 9]}
    )
    (row,) = describe_customers(days, categories, enquiries, AS_OF).to_dict("records")
    told = {name: row[name] for name in (
        "orders", "orders_12m", "net_sales", "net_sales_12m", "net_sales_prior_12m", "margin_12m",
        "discount_share", "categories", "preferred_category_id", "enquiries_90",
        "enquiries_prior_90", "recency_days",
    )}  # fmt: skip
    assert told == {
        "orders": 4, "orders_12m": 3, "net_sales": 180.0, "net_sales_12m": 100.0,
        "net_sales_prior_12m": 80.0, "margin_12m": 50.0, "discount_share": 0.1, "categories": 2,
        "preferred_category_id": 6, "enquiries_90": 2, "enquiries_prior_90": 3, "recency_days": 10,
    }  # fmt: skip
    unknown = describe_customers(days.assign(uncosted=[0, 0, 1]), categories, enquiries, AS_OF)
    assert unknown["margin_12m"].isna().all()
    assert not len(describe_customers(days.head(0), categories, enquiries, AS_OF))


def test_an_empty_database_has_nothing_to_work_out(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    upgrade_schema(database.writer)
    outcomes = work_out(database, PARTS)
    assert states(outcomes) == dict.fromkeys(PARTS, "done")
    assert {outcome.rows for outcome in outcomes} == {0}
    database.dispose()


def test_the_command_says_what_it_did(
    sqlite_demo: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(ASKED) == set(CHOICES)
    url = sqlite_demo.record.url.render_as_string(hide_password=False)
    with writing(sqlite_demo.writer) as connection:
        connection.execute(update(orders).where(orders.c.order_id == 2).values(customer_id=None))
    assert main(["refresh", "--what", "rebuy", "--database", url]) == 0
    said = capsys.readouterr().out
    assert "due to rebuy: " in said and "as of 2026-06-30" in said
    assert "1 order names no customer" in said
    assert main(["refresh", "--what", "rebuy", "--database", url]) == 0
    assert "nothing has changed, skipped" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_an_earlier_refresh_counted_is_set_apart(
    kind: str, tmp_path: Path, new_postgresql_url: Callable[..., str]
) -> None:
    database = connect(
        f"sqlite:///{tmp_path}/old.sqlite" if kind == "sqlite" else new_postgresql_url()
    )
    judged = {"day": "2026-03-01", "customers": 4711, "bins": [{"n": 4711}], "silent_rate": 0.8}
    facts = {"shared_error": 0.1, "model": None, "evaluation": {"90": judged, "30": None}}
    with database.writer.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
        statement = text(
            "INSERT INTO refreshes (refresh_id, what, as_of_on, version, state, started_at, facts)"
            " VALUES (1, 'scores', '2026-03-01', 1, 'done', '2026-03-01 04:00:00.000000', :facts)"
        )
        connection.execute(statement, {"facts": json.dumps(facts)})
    upgrade_schema(database.writer)
    (run,) = rows(database, refreshes)
    assert json.loads(run.details) == facts
    assert json.loads(run.facts) == {
        "shared_error": 0.1,
        "model": None,
        "evaluation": {"90": {"day": "2026-03-01", "silent_rate": 0.8}, "30": None},
    }
    database.dispose()
