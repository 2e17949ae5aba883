"""A refresh forecasts every series once for the same data, keeps what it has done, tells what
failed, and stores what adds up; in this process, in several, or on a Dask cluster the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from dashboard import forecast_gathering, forecast_pool
from dashboard.analytics.forecasting import NAIVE
from dashboard.forecast_pool import ClusterRefused, in_batches, run_tasks
from dashboard.refreshing import Outcome
from data_access.database import Database, connect, writing
from data_access.forecast_series import (
    GRAINS,
    MEASURES,
    SPLIT_MEASURES,
    end_of,
    last_period,
    start_of_period,
)
from data_access.refreshing.forecasts import RESULTS
from data_access.tables import (
    forecast_components,
    forecast_drafts,
    forecast_values,
    forecasts,
    order_lines,
    orders,
    products,
    refreshes,
)
from tests.crm import add_order, close_whole
from tests.forecasted import AS_OF, FIRST, Shop, forecast_shop, open_forecast_shop
from tests.serving import ROOT, free_port

SUMS = tuple((m, g) for m in MEASURES for g in GRAINS)


@pytest.fixture(scope="module")
def shop(shared_database: Database) -> Shop:
    """On each engine, forecast."""
    opened = open_forecast_shop(shared_database)
    (outcome,) = forecast_shop(shared_database)
    assert (outcome.state, outcome.message) == ("done", "")
    assert outcome.rows == rows_in(shared_database, forecasts) > 300
    return opened


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The shop on SQLite without forecasts."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("plain") / "crm.sqlite"))
    database = connect(f"sqlite:///{path}")
    open_forecast_shop(database)
    close_whole(database)
    return path


@pytest.fixture
def fresh(plain: Path, tmp_path: Path) -> Iterator[Database]:
    database = connect(f"sqlite:///{shutil.copy(plain, tmp_path / 'crm.sqlite')}")
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def worked_out(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop on SQLite, forecast in one process."""
    path = Path(shutil.copy(plain, tmp_path_factory.mktemp("worked_out") / "crm.sqlite"))
    database = connect(f"sqlite:///{path}")
    assert [each.state for each in forecast_shop(database)] == ["done"]
    close_whole(database)
    return path


@pytest.fixture
def forecast(worked_out: Path, tmp_path: Path) -> Iterator[Database]:
    database = connect(f"sqlite:///{shutil.copy(worked_out, tmp_path / 'crm.sqlite')}")
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def expected(worked_out: Path) -> dict[str, Any]:
    """What a run in one process stores."""
    database = connect(f"sqlite:///{worked_out}")
    found = stored(database)
    database.dispose()
    return found


def rows_in(database: Database, table: Any) -> int:
    with database.record.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def stored(database: Database) -> dict[str, Any]:
    """Every row of every result, but for the number of the run."""
    found = {}
    with database.record.connect() as connection:
        for table in RESULTS:
            columns = [column for column in table.c if column.name != "refresh_id"]
            rows = connection.execute(select(*columns).order_by(*table.primary_key.columns))
            found[table.name] = [tuple(row) for row in rows]
    return found


def last_details(database: Database) -> dict[str, Any]:
    with database.record.connect() as connection:
        text = connection.scalar(
            select(refreshes.c.details)
            .where(refreshes.c.state == "done")
            .order_by(refreshes.c.refresh_id.desc())
        )
    details: dict[str, Any] = json.loads(str(text))
    return details


def sums_of(database: Database) -> dict[tuple[Any, ...], dict[int, Decimal]]:
    """(measure, grain, split, level, region) → step → the sum of its parts, exactly."""
    sums: dict[tuple[Any, ...], dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    of = forecasts.c
    statement = select(
        of.measure, of.grain, of.split, of.level, of.region_id,
        forecast_values.c.step, forecast_values.c.value,
    ).join(forecast_values, forecast_values.c.forecast_id == of.forecast_id)  # fmt: skip
    with database.record.connect() as connection:
        for *series, step, value in connection.execute(statement):
            sums[tuple(series)][step] += value
    return sums


def check_sums(database: Database) -> None:
    sums = sums_of(database)
    regions = {series[-1] for series in sums if series[3] == "region"}
    assert len(regions) == 3 and None in regions
    for measure, grain in SUMS:
        company = sums[measure, grain, "total", "company", None]
        assert len(company) == forecast_gathering.HORIZONS[grain]
        for split in (each for each, measures in SPLIT_MEASURES.items() if measure in measures):
            assert sums[measure, grain, split, "company", None] == company, (measure, grain, split)
            by_region = [sums[measure, grain, split, "region", each] for each in regions]
            totals = [sums[measure, grain, "total", "region", each] for each in regions]
            assert by_region == totals, (measure, grain, split)
            assert {step: sum((each[step] for each in totals), Decimal(0)) for step in company} == (
                company
            )


def test_parts_add_up_to_their_region_and_regions_to_the_company(shop: Shop) -> None:
    check_sums(shop.database)


def test_the_weeks_ahead_are_the_sums_of_their_days(shop: Shop) -> None:
    of, value = forecasts.c, forecast_values.c
    key = (of.measure, of.level, of.region_id, of.split, of.channel, of.category_id,
           of.product_id, of.segment)  # fmt: skip
    told: dict[str, dict[tuple[Any, ...], dict[date, Decimal]]] = {"day": {}, "week": {}}
    statement = select(of.grain, *key, value.period_on, value.value).join(
        forecast_values, value.forecast_id == of.forecast_id
    )
    with shop.database.record.connect() as connection:
        for grain, *series, day, amount in connection.execute(statement.where(of.grain != "month")):
            told[grain].setdefault(tuple(series), {})[day] = amount
    assert told["day"].keys() == told["week"].keys()
    for series, weeks in told["week"].items():
        days = told["day"][series]
        whole = [monday for monday in weeks if {monday, monday + timedelta(days=6)} <= days.keys()]
        assert len(whole) >= 7
        for monday in whole:
            own = [days[monday + timedelta(days=place)] for place in range(7)]
            assert sum(own, Decimal(0)) == weeks[monday], (series, monday)


def test_regions_and_parts_say_what_they_are_made_of(shop: Shop) -> None:
    with shop.database.record.connect() as connection:
        rows = connection.execute(
            select(forecasts.c.measure, forecasts.c.level, forecasts.c.split)
            .join(forecast_components, forecast_components.c.forecast_id == forecasts.c.forecast_id)
            .distinct()
        ).all()
    found = {tuple(row) for row in rows}
    assert {(measure, "company", "total") for measure in MEASURES} <= found
    assert ("net_sales", "region", "total") in found
    assert ("net_sales", "company", "channel") in found
    assert not any(split == "product" for _measure, _level, split in found)


def test_sales_are_never_negative_and_lie_within_their_ranges(shop: Shop) -> None:
    statement = select(forecasts.c.measure, forecast_values).join(
        forecast_values, forecast_values.c.forecast_id == forecasts.c.forecast_id
    )
    with shop.database.record.connect() as connection:
        rows = list(connection.execute(statement))
    for row in rows:
        assert row.low_95 <= row.low_80 <= row.value <= row.high_80 <= row.high_95, row
        assert row.measure == "margin" or row.low_95 >= 0
    assert all(row.high_80 > row.low_80 for row in rows if row.value > 1)


def test_what_is_no_goods_is_in_totals_and_the_part_without_a_product(shop: Shop) -> None:
    of = forecasts.c
    with shop.database.record.connect() as connection:
        ids = set(connection.scalars(select(of.product_id).where(of.split == "product")))
    assert ids == {None, *(shop.products[name] for name in ("pen", "ink", "nib"))}


def test_only_whole_periods_are_learnt_from(shop: Shop) -> None:
    with shop.database.record.connect() as connection:
        rows = connection.execute(
            select(
                forecasts.c.grain, func.min(forecasts.c.first_on), func.min(forecasts.c.origin_on),
                func.max(forecasts.c.origin_on), func.min(forecast_values.c.period_on),
            )
            .join(forecast_values, forecast_values.c.forecast_id == forecasts.c.forecast_id)
            .where(forecasts.c.level == "company", forecasts.c.split == "total")
            .group_by(forecasts.c.grain)
        )  # fmt: skip
        found = {row[0]: tuple(row[1:]) for row in rows}
    sunday, october = date(2026, 11, 22), date(2026, 10, 31)
    assert found["day"] == (FIRST, sunday, sunday, AS_OF)
    assert found["week"] == (date(2026, 5, 25), sunday, sunday, AS_OF)
    assert found["month"] == (date(2026, 6, 1), october, october, date(2026, 11, 1))


def test_series_are_what_the_orders_say(shop: Shop) -> None:
    """Each history against sums of the rows in plain Python."""
    database = shop.database
    told = defaultdict(lambda: defaultdict(Decimal))  # type: ignore[var-annotated]
    with database.record.connect() as connection:
        lines = list(
            connection.execute(
                select(order_lines, orders.c.region_id, orders.c.channel, orders.c.ordered_on,
                       products.c.is_goods, products.c.category_id)
                .join(orders, orders.c.order_id == order_lines.c.order_id)
                .join(products, products.c.product_id == order_lines.c.product_id)
                .where(orders.c.stage != "cancelled", orders.c.currency == "CNY",
                       orders.c.ordered_on < AS_OF)
            )
        )  # fmt: skip
    for line in lines:
        kept = line.quantity - line.returned_quantity
        values = {"units": Decimal(line.quantity), "net_sales": line.net_sales,
                  "margin": line.net_sales - kept * line.unit_cost}  # fmt: skip
        parts = {"total": "", "channel": line.channel, "category": str(line.category_id or ""),
                 "product": str(line.product_id) if line.is_goods else ""}  # fmt: skip
        for measure, value in values.items():
            for split, part in parts.items():
                for level in (("company", 0), ("region", line.region_id or 0)):
                    for grain in GRAINS:
                        period = start_of_period(grain, line.ordered_on)
                        told[measure, grain, *level, split, part][period] += value
    span = forecast_gathering.find_span(database.record, AS_OF)
    assert span is not None
    assert (span.currency, span.left_out) == ("CNY", {"EUR": 1, "XTS": 1})
    gathered = forecast_gathering.gather(database.record, span)
    compared: Counter[str] = Counter()
    for task in gathered.tasks:
        if task.series.measure == "orders" or task.series.split == "segment":
            continue
        compared[task.series.split] += 1
        starts = task.history.days(0, len(task.history.values)).date
        happened = told[tuple(task.series)]
        assert [float(happened.get(day, 0)) for day in starts] == pytest.approx(
            list(task.history.values), abs=1e-6
        ), task.series
        assert starts[-1] == last_period(task.history.step or "day", AS_OF)
    assert set(compared) == {"total", "channel", "category", "product"}


def test_the_same_day_and_data_are_passed_over_and_changed_series_alone_done_anew(
    forecast: Database,
) -> None:
    first, details = stored(forecast), last_details(forecast)
    assert (details["known"], details["failed"]) == (0, {})
    assert [each.state for each in forecast_shop(forecast)] == ["skipped"]
    with writing(forecast.writer) as connection:  # one order of the north, by web
        order = connection.execute(
            select(orders).where(orders.c.region_id.is_not(None), orders.c.stage == "completed",
                                 orders.c.channel == "web", orders.c.ordered_on < AS_OF)
        ).first()  # fmt: skip
        assert order is not None
        connection.execute(
            update(orders).where(orders.c.order_id == order.order_id).values(stage="cancelled")
        )
    assert [each.state for each in forecast_shop(forecast)] == ["done"]
    again = last_details(forecast)
    assert 0 < again["worked_out"] < details["worked_out"] / 2
    assert again["known"] + again["worked_out"] == pytest.approx(details["worked_out"], abs=5)
    assert stored(forecast) != first
    check_sums(forecast)
    assert rows_in(forecast, forecast_drafts) <= details["worked_out"] + 5


def test_a_new_day_moves_the_origin(forecast: Database) -> None:
    forecast_shop(forecast, AS_OF + timedelta(days=1))
    with forecast.record.connect() as connection:
        origins = set(
            connection.scalars(
                select(forecasts.c.origin_on).where(forecasts.c.grain == "day").distinct()
            )
        )
    assert origins == {AS_OF}


def test_a_crm_without_orders_has_no_forecasts(sqlite_database: Database) -> None:
    with writing(sqlite_database.writer) as connection:
        connection.execute(update(orders).values(stage="cancelled"))
    (outcome,) = forecast_shop(sqlite_database)
    assert (outcome.state, outcome.rows) == ("done", 0)
    assert stored(sqlite_database) == {table.name: [] for table in RESULTS}


def test_a_crm_that_has_ended_is_forecast_from_its_end(sqlite_database: Database) -> None:
    for day in range(40):
        add_order(sqlite_database, ordered_on=date(2020, 3, 1) + timedelta(days=day))
    (outcome,) = forecast_shop(sqlite_database)
    assert outcome.state == "done"
    with sqlite_database.record.connect() as connection:
        latest = connection.scalar(select(func.max(forecasts.c.origin_on)))
    assert latest == date(2020, 4, 9)


def test_a_series_that_fails_is_told_and_the_others_are_there(
    fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(forecast_gathering.MEMBERS, "company", ("no such model",))  # type: ignore[attr-defined]
    (outcome,) = forecast_shop(fresh)
    assert outcome.state == "done"
    assert "orders by day, company, total (ValueError: no such member" in outcome.message
    assert "and 7 more" in outcome.message
    failed = last_details(fresh)["failed"]
    assert len(failed) == len(SUMS)
    with fresh.record.connect() as connection:
        rows = connection.execute(
            select(forecasts.c.level, forecasts.c.member, forecasts.c.accuracy).where(
                forecasts.c.notes.contains("failed")
            )
        ).all()
    assert {tuple(row) for row in rows} == {("company", NAIVE, "{}")}
    assert len(rows) == len(SUMS)
    check_sums(fresh)


def run_command(database: Database, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard", "refresh", "--what", "forecasts", "--as-of",
         AS_OF.isoformat(), "--database", str(database.record.url), *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def wait_for_drafts(database: Database, process: subprocess.Popen[bytes]) -> int:
    """How many there are as soon as there are some."""
    for _ in range(2_400):
        found = rows_in(database, forecast_drafts)
        if found:
            return found
        assert process.poll() is None, process.communicate()[0].decode()
        time.sleep(0.05)
    raise AssertionError("nothing was worked out")


def test_a_run_that_is_killed_goes_on_where_it_stopped(
    fresh: Database, expected: dict[str, Any]
) -> None:
    process = run_command(fresh, "--workers", "1")
    wait_for_drafts(fresh, process)
    process.kill()
    process.communicate()
    kept = rows_in(fresh, forecast_drafts)
    assert stored(fresh) == {table.name: [] for table in RESULTS}
    (outcome,) = forecast_shop(fresh)
    details = last_details(fresh)
    assert outcome.state == "done"
    assert details["known"] == kept > 0
    assert details["worked_out"] > 0
    assert stored(fresh) == expected


def test_a_second_run_takes_the_place_of_the_first_and_goes_on_from_it(
    fresh: Database, expected: dict[str, Any]
) -> None:
    first = run_command(fresh, "--workers", "1")
    wait_for_drafts(fresh, first)
    second = run_command(fresh, "--workers", "1")
    said = [process.communicate()[0].decode() for process in (first, second)]
    assert (first.returncode, second.returncode) == (1, 0)
    assert "Another refresh has begun meanwhile" in said[0]
    assert last_details(fresh)["known"] > 0
    assert stored(fresh) == expected


def test_several_processes_forecast_the_same_to_the_digit(
    fresh: Database, expected: dict[str, Any]
) -> None:
    assert forecast_shop(fresh, workers=2) == [
        Outcome("forecasts", "done", len(expected["forecasts"]))
    ]
    assert stored(fresh) == expected


def running(pids: set[int]) -> set[int]:
    """Those that are no zombies."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return pids & {int(pid) for pid, state in rows if not state.startswith("Z")}


def children_of(pid: int) -> set[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
    rows = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    own = {child for child, parent in rows if parent == pid}
    return own.union(*(children_of(child) for child in own))


def test_no_process_outlives_a_run_that_is_killed(fresh: Database) -> None:
    process = run_command(fresh, "--workers", "2")
    wait_for_drafts(fresh, process)
    children = children_of(process.pid)
    assert len(running(children)) >= 2
    process.kill()
    process.wait()
    for _ in range(300):
        if not running(children):
            break
        time.sleep(0.1)
    assert running(children) == set()


@contextmanager
def dask(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def test_a_dask_cluster_forecasts_the_same_although_a_worker_is_killed(
    fresh: Database, expected: dict[str, Any]
) -> None:
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    worker = ("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    with (
        dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"),
        dask(*worker) as doomed,
        dask(*worker),
    ):
        wait_for_workers(address, 2)
        process = run_command(fresh, "--dask", address)
        done = wait_for_drafts(fresh, process)
        doomed.kill()
        output = process.communicate(timeout=240)[0].decode()
    assert process.returncode == 0, output
    assert done < last_details(fresh)["worked_out"] / 2
    assert stored(fresh) == expected


def test_a_cluster_without_workers_is_said_in_a_sentence(
    fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"):
        wait_for_workers(address, 0)
        monkeypatch.setattr(forecast_pool, "CONNECT_SECONDS", 3)
        (outcome,) = forecast_shop(fresh, dask=address)
    assert outcome.message == f"The Dask scheduler at {address} has no workers."


def wait_for_workers(address: str, count: int) -> None:
    from distributed import Client

    with Client(address, timeout=60) as client:  # type: ignore[no-untyped-call]
        if count:
            client.wait_for_workers(count, timeout=90)


def test_a_cluster_that_is_not_there_is_said_in_a_sentence(
    fresh: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast_pool, "CONNECT_SECONDS", 1)
    (outcome,) = forecast_shop(fresh, dask=f"tcp://127.0.0.1:{free_port()}")
    assert outcome.state == "failed"
    assert outcome.message.startswith("No Dask scheduler answers at tcp://127.0.0.1:")
    with pytest.raises(ClusterRefused, match="No Dask scheduler answers at nonsense"):
        run_tasks([], lambda results: None, dask="nonsense")


def test_periods_end_where_the_next_begins() -> None:
    for grain in GRAINS:
        for place in range(800):
            day = date(2024, 1, 1) + timedelta(days=place)
            start = start_of_period(grain, day)
            assert start <= day <= end_of(grain, start)
            assert start_of_period(grain, end_of(grain, start) + timedelta(days=1)) > day
            assert end_of(grain, last_period(grain, day)) < day


def test_batches_hold_alike_tasks_the_slow_ones_first(fresh: Database) -> None:
    span = forecast_gathering.find_span(fresh.record, AS_OF)
    assert span is not None
    gathered = forecast_gathering.gather(fresh.record, span)
    batches = in_batches(gathered.tasks)
    kinds: Sequence[set[Any]] = [
        {(task.members, task.horizon, task.floor) for task in batch} for batch in batches
    ]
    assert all(len(kind) == 1 for kind in kinds)
    assert sum(len(batch) for batch in batches) == len(gathered.tasks)
    assert [len(batch) for batch in batches[:12]] == [1] * 12
