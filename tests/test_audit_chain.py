"""The log below the commands: nothing gets past it, whoever writes and however it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, func, insert, select, text, update

from benchmarks.torture import torture
from benchmarks.torture_world import make_world
from data_access.accounts import NewUser, add_user, disable_user, set_role
from data_access.audit_chain import HASHED
from data_access.database import Database, bulk_writing, connect, writing
from data_access.demo import Plan, build_demo
from data_access.importing import import_source, open_source, read_mapping
from data_access.schema import _config, upgrade_schema
from data_access.scope import mint_scope
from data_access.tables import (
    AUDITED_TABLES,
    alert_answers,
    alerts,
    allocations,
    anomaly_notes,
    audit,
    calendar_events,
    call_capacities,
    call_marks,
    campaign_trials,
    campaigns,
    customers,
    discount_limits,
    employees,
    forecast_adjustments,
    order_lines,
    orders,
    published_forecasts,
    reminders,
    saved_segments,
    scenario_shares,
    scenarios,
    stage_rules,
    users,
)
from data_access.totals import recount_orders
from data_access.verifying import verify_log
from tests.crm import NOW, add, add_order
from tests.shop import open_shop, run
from tests.test_audit_log import edit_order

TEMPLATE = Path(__file__).parents[1] / "data_access" / "importing" / "template"


def log(database: Database, since: int = 0) -> list[Any]:
    with database.record.connect() as connection:
        statement = select(audit).where(audit.c.audit_id > since).order_by(audit.c.audit_id)
        return list(connection.execute(statement))


def test_every_column_of_every_logged_table_stands_in_the_log(database: Database) -> None:
    shop = open_shop(database, pens=1)
    order_id = shop.order()
    admin = shop.scopes["admin"]
    with writing(database.writer) as connection:  # who has an address is written to
        connection.execute(update(customers).values(email="ada@example.com"))
    run(shop, admin, "confirm_order", order_id, allow_short=True)
    shop.set_stock(shop.pen, 10)
    for action in ("start_processing", "ship_order", "take_payment", "register_return",
                   "comment_on_order"):  # fmt: skip
        run(shop, admin, action, order_id)
    for name in ("contacts", "interactions", "consents"):
        add(database.writer, name, customer_id=shop.customer_id)
    with writing(database.writer) as connection:
        connection.execute(update(stage_rules).values(target_hours=7))
        connection.execute(update(discount_limits).values(max_rate=1))
        said = {"cause": "silent", "action": "call", "state": "done", "recorded_at": NOW}
        customer_id = connection.scalar(select(customers.c.customer_id).limit(1))
        connection.execute(insert(reminders).values(customer_id=customer_id, **said))
        user_id = connection.scalar(select(users.c.user_id).limit(1))
        made = {"name": "Best", "definition": "{}", "created_at": NOW, "changed_at": NOW}
        connection.execute(insert(saved_segments).values(user_id=user_id, **made))
        event = {"name": "Fair", "kind": "other", "changed_at": NOW}
        connection.execute(insert(calendar_events).values(user_id=user_id, **event))
        _add_forecasts(connection, user_id)
        made |= {"result": "{}", "starts_on": NOW.date(), "ends_on": NOW.date()}
        told = insert(scenarios).values(user_id=user_id, learnt_version=1, **made)
        scenario_id = connection.scalars(told.returning(scenarios.c.scenario_id)).one()
        connection.execute(insert(scenario_shares).values(scenario_id=scenario_id, role="admin"))
        day = {"day_on": NOW.date(), "currency": "CNY", "about": "", "is_of_all": True,
                "author": "Ada", "note": "A fair", "written_at": NOW}  # fmt: skip
        connection.execute(insert(anomaly_notes).values(user_id=user_id, **day))
        weighed = {"promised_weight": 50, "margin_weight": 25, "value_weight": 25}
        line_id = shop.lines(order_id)[0].line_id
        connection.execute(insert(allocations).values(
            order_id=order_id, line_id=line_id, quantity=1, user_id=user_id, allocated_at=NOW,
            request_id="1", **weighed,
        ))  # fmt: skip
        _add_answers(connection, user_id, customer_id)
    images = {row.table_name: json.loads(row.after or row.before) for row in log(database)}
    for table in AUDITED_TABLES:
        assert images[table.name].keys() == set(table.c.keys()), table.name
    verify_log(database.record)


def _add_answers(connection: Connection, user_id: int | None, customer_id: int | None) -> None:
    """To a warning, and to a call; and the trial of a campaign."""
    warned = {"kind": "unusual_day", "cause": "day", "severity": "low", "first_seen_at": NOW,
              "last_seen_on": NOW.date(), "facts": "{}"}  # fmt: skip
    alert_id = connection.scalars(
        insert(alerts).values(**warned).returning(alerts.c.alert_id)
    ).one()
    answer = {"kind": "acknowledged", "author": "Ada", "note": "I look", "made_at": NOW}
    connection.execute(insert(alert_answers).values(alert_id=alert_id, user_id=user_id, **answer))
    employee_id = connection.scalars(
        insert(employees).values(name="Eve").returning(employees.c.employee_id)
    ).one()
    capacity = {"calls_a_week": 9, "changed_at": NOW}
    connection.execute(insert(call_capacities).values(employee_id=employee_id, **capacity))
    campaign_id = connection.scalars(
        insert(campaigns).values(name="Fair", currency="CNY").returning(campaigns.c.campaign_id)
    ).one()
    trial = {"definition": "{}", "held_out_rate": 0.1, "within_days": 28, "created_at": NOW,
             "changed_at": NOW}  # fmt: skip
    connection.execute(
        insert(campaign_trials).values(campaign_id=campaign_id, user_id=user_id, **trial)
    )
    mark = {"week_on": NOW.date(), "mark": "called", "marked_at": NOW}
    connection.execute(insert(call_marks).values(customer_id=customer_id, user_id=user_id, **mark))


def _add_forecasts(connection: Connection, user_id: int | None) -> None:
    series = {"measure": "units", "level": "company", "split": "total"}
    by = {"user_id": user_id, "author": "Ada"}
    adjustment = {"name": "Fair", "reason": "A fair", "amount": 1, "start_on": NOW.date(),
                  "end_on": NOW.date(), "created_at": NOW, "changed_at": NOW}  # fmt: skip
    connection.execute(insert(forecast_adjustments).values(**series, **by, **adjustment))
    said = {"grain": "day", "currency": "CNY", "origin_on": NOW.date(), "member": "theta",
            "data_version": 1, "inputs": "{}", "adjustments": "[]",
            "published_at": NOW}  # fmt: skip
    connection.execute(insert(published_forecasts).values(**series, **by, **said))


def test_every_column_of_the_log_goes_into_its_hash() -> None:
    assert set(audit.c.keys()) == {*HASHED, "previous_hash", "hash"}


def test_what_is_written_outside_a_command_is_the_systems(database: Database) -> None:
    order_id, before = add_order(database), log(database)[-1].audit_id
    with writing(database.writer) as connection:
        line = update(order_lines).where(order_lines.c.order_id == order_id)
        connection.execute(line.values(quantity=4))
        connection.execute(order_lines.delete().where(order_lines.c.order_id == order_id))
    changed, deleted = log(database, before)
    assert (changed.actor, changed.action, changed.order_id) == ("system", "update", order_id)
    images = [json.loads(image)["quantity"] for image in (changed.before, changed.after)]
    assert images == [1, 4]
    assert (deleted.action, deleted.after, deleted.user_id) == ("delete", None, None)
    age = datetime.now(UTC).replace(tzinfo=None) - changed.happened_at
    assert timedelta(0) <= age < timedelta(hours=1)


def test_an_update_that_changes_nothing_is_no_change(database: Database) -> None:
    order_id, before = add_order(database), log(database)[-1].audit_id
    with writing(database.writer) as connection:
        recount_orders(connection, [order_id])
        connection.execute(update(orders).values(note=orders.c.note))
    assert log(database, before) == []


def test_a_bulk_load_is_one_row_that_tells_what_is_there(database: Database) -> None:
    add_order(database)
    before = log(database)[-1].audit_id
    with bulk_writing(database.writer, "a file") as connection:
        connection.execute(update(orders).values(note="loaded"))
    (row,) = log(database, before)
    assert (row.table_name, row.action, row.reason) == ("*", "bulk_load", "a file")
    assert json.loads(row.after)["orders"] == [2, 2]
    verify_log(database.record)


def test_an_import_is_logged_row_by_row(database: Database) -> None:
    source = open_source(str(TEMPLATE))
    import_source(database, source, read_mapping("csv_template"))
    source.close()
    rows = [row for row in log(database) if row.actor == "import"]
    assert {row.action for row in rows} == {"import"}
    assert {"orders", "order_lines", "*"} <= {row.table_name for row in rows}
    assert all(str(row.reason).startswith("source ") for row in rows)
    verify_log(database.record)


def test_work_on_accounts_joins_the_chain(database: Database) -> None:
    add_order(database)
    add_user(database.writer, NewUser("wang", "manager"), password_hash="!", now=NOW)
    add_order(database)
    set_role(database.writer, "wang", "support", now=NOW)
    disable_user(database.writer, "wang", now=NOW)
    rows = log(database)
    assert [row.action for row in rows if row.table_name == "users"] == [
        "add_user", "set_role", "disable_user"
    ]  # fmt: skip
    assert all(row.previous_hash == before.hash for before, row in pairwise(rows))
    assert verify_log(database.record) == (rows[-1].audit_id, rows[-1].hash)


def test_a_demo_that_is_replaced_takes_its_log_along(empty_url: str) -> None:
    database, plan = connect(empty_url), Plan(orders=200, seed=1, as_of=NOW.date())
    upgrade_schema(database.writer)
    build_demo(database.writer, plan)
    assert log(database)[-1].reason == "demo company"
    with database.record.connect() as connection:
        user_id = connection.scalar(select(users.c.user_id).where(users.c.role == "sales_lead"))
        order_id = connection.scalar(select(func.min(orders.c.order_id)))
    scope = mint_scope(database.record, user_id or 0)
    assert scope is not None
    edit_order(database, scope, order_id or 0, "r1", note="Ring twice")
    verify_log(database.record)
    build_demo(database.writer, plan, replace=True)
    (row,) = log(database)
    assert (row.audit_id, row.action, row.previous_hash) == (1, "bulk_load", "")
    verify_log(database.record)
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(
    request: pytest.FixtureRequest, tmp_path: Path, new_postgresql_url: Callable[..., str]
) -> str:
    if request.param == "postgresql":
        return new_postgresql_url()
    return f"sqlite:///{tmp_path / 'crm.sqlite'}"


def test_rows_from_before_the_chain_join_it(empty_url: str) -> None:
    database = connect(empty_url)
    with database.writer.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for number, actor in ((3, "王伟"), (9, "import")):  # with gaps, as an identity leaves them
            connection.execute(
                text(
                    "INSERT INTO audit (audit_id, happened_at, actor, action, table_name)"
                    f" VALUES ({number}, '2026-11-22 04:00:00.000000', '{actor}', 'did', 'users')"
                )
            )
        connection.execute(
            text("INSERT INTO regions (region_id, code, name) VALUES (1, 'n', 'North')")
        )
    upgrade_schema(database.writer)
    rows = log(database)
    assert [(row.audit_id, row.actor, row.action) for row in rows] == [
        (1, "王伟", "did"), (2, "import", "did"), (3, "system", "begin_log"),
        (4, "system", "seal_log"),
    ]  # fmt: skip
    verify_log(database.record)
    add_order(database)
    verify_log(database.record)
    database.dispose()


def test_four_writers_lose_nothing_and_fork_nothing(empty_url: str, tmp_path: Path) -> None:
    make_world(empty_url, 20, 4)
    result = torture(empty_url, edits=60, most=4, writers=4, folder=tmp_path / "run")
    assert (result.done, result.lost, result.unanswered) == (60, 0, 0)
    assert not any(result.broken.values()) and result.chain == ""
    assert result.changed_again == 0 and result.is_whole


def test_killed_writers_leave_nothing_half_done(empty_url: str, tmp_path: Path) -> None:
    make_world(empty_url, 20, 3)
    result = torture(empty_url, edits=0, most=20, writers=3, folder=tmp_path / "run", kills=5)
    assert result.done > 0 and result.is_whole, result


def test_writers_who_take_no_lock_first_do_not_fork_the_chain_either(database: Database) -> None:
    def write(order_id: int) -> None:
        for number in range(20):
            with database.writer.begin() as connection:
                mine = update(orders).where(orders.c.order_id == order_id)
                connection.execute(mine.values(note=str(number)))

    ids, before = [add_order(database) for _ in range(3)], log(database)[-1].audit_id
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, ids))
    assert len(log(database, before)) == 60
    verify_log(database.record)


def test_rows_of_one_statement_follow_one_another(database: Database) -> None:
    values = {"happened_at": NOW, "actor": "x", "action": "x", "table_name": "users"}
    with database.writer.begin() as connection:
        connection.execute(insert(audit), [values] * 3)
        connection.execute(update(orders).values(note="all of them"))
    verify_log(database.record)
