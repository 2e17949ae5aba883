"""The demo CRM: the same plan makes the same rows, and the rows agree with one another."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, select, text

from dashboard.cli import main
from data_access.database import Database, connect, writing
from data_access.demo import ACCOUNTS, DemoRefused, Plan, build_demo
from data_access.demo.building import Demo, make_demo
from data_access.schema import read_data_version, read_properties, upgrade_schema
from data_access.stages import OPEN_STAGES, STAGES
from data_access.tables import BUSINESS_TABLES, metadata
from data_access.totals import recount_orders
from tests.crm import add_user

AS_OF = date(2026, 11, 23)
SMALL = Plan(orders=400, seed=3, as_of=AS_OF)
DEFAULT = Plan(orders=20_000, seed=7, as_of=AS_OF)
STAGE_MOMENTS = ("ordered_at", "confirmed_at", "processing_at", "shipped_at", "completed_at")


def new_database(url: str) -> Database:
    database = connect(url)
    upgrade_schema(database.writer)
    return database


@pytest.fixture(scope="module")
def demo() -> Demo:
    return make_demo(DEFAULT)


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The default demo in a SQLite file."""
    database = new_database(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'crm.sqlite'}")
    build_demo(database.writer, DEFAULT)
    yield database
    database.dispose()


def frame(database: Database, statement: str) -> pd.DataFrame:
    with database.record.connect() as connection:
        rows = connection.execute(text(statement))
        return pd.DataFrame(rows.all(), columns=list(rows.keys()))


def one(database: Database, statement: str) -> Any:
    return frame(database, statement).iloc[0, 0]


def contents(database: Database) -> dict[str, str]:
    """A hash of every row of every business table."""
    with database.record.connect() as connection:
        return {
            table.name: hashlib.sha256(
                repr(connection.execute(select(table).order_by(*table.primary_key)).all()).encode()
            ).hexdigest()
            for table in BUSINESS_TABLES
        }


def columns_of(demo: Demo, table: str) -> pd.DataFrame:
    return pd.DataFrame({name: list(values) for name, values in demo.tables[table].items()})


# The same again


def test_the_same_plan_makes_the_same_rows(tmp_path: Path) -> None:
    databases = [new_database(f"sqlite:///{tmp_path / name}") for name in ("a", "b")]
    for database in databases:
        build_demo(database.writer, SMALL)
    first, second = map(contents, databases)
    assert first == second
    for database in databases:
        database.dispose()


def test_another_seed_makes_other_rows() -> None:
    other = make_demo(Plan(orders=400, seed=4, as_of=AS_OF))
    assert not np.array_equal(
        other.tables["orders"]["net_sales"], make_demo(SMALL).tables["orders"]["net_sales"]
    )


def test_both_engines_hold_the_same(tmp_path: Path, new_postgresql_url: Callable[..., str]) -> None:
    urls = (f"sqlite:///{tmp_path / 'crm.sqlite'}", new_postgresql_url())
    held = []
    for url in urls:
        database = new_database(url)
        build_demo(database.writer, SMALL)
        held.append(contents(database))
        database.dispose()
    assert held[0] == held[1]


# All or nothing


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_interrupted_build_leaves_nothing(
    engine: str, tmp_path: Path, new_postgresql_url: Callable[..., str]
) -> None:
    url = new_postgresql_url() if engine == "postgresql" else f"sqlite:///{tmp_path / 'crm.sqlite'}"
    database = new_database(url)
    version, schema = read_data_version(database.record), describe(database)

    def interrupt(written: int, total: int) -> None:
        if written > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_demo(database.writer, SMALL, progress=interrupt)
    with database.record.connect() as connection:
        for table in (*BUSINESS_TABLES, metadata.tables["users"]):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
    assert "demo" not in read_properties(database.record)
    assert read_data_version(database.record) == version
    assert describe(database) == schema
    build_demo(database.writer, SMALL)
    assert read_data_version(database.record) == version + 1
    assert describe(database) == schema
    database.dispose()


def describe(database: Database) -> list[Any]:
    """Indexes and triggers as they stand, and on PostgreSQL whether the triggers fire."""
    statements = {
        "sqlite": ["SELECT type, name, sql FROM sqlite_master ORDER BY type, name"],
        "postgresql": [
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger"
            " WHERE NOT tgisinternal ORDER BY 1, 2",
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
            " FROM pg_constraint ORDER BY 1, 2",
        ],
    }
    return [frame(database, statement).to_numpy().tolist()
            for statement in statements[database.record.dialect.name]]  # fmt: skip


def test_the_next_row_is_followed_and_takes_the_next_number(
    tmp_path: Path, new_postgresql_url: Callable[..., str]
) -> None:
    for url in (f"sqlite:///{tmp_path / 'crm.sqlite'}", new_postgresql_url()):
        database = new_database(url)
        build_demo(database.writer, SMALL)
        version = read_data_version(database.record)
        with writing(database.writer) as connection:
            regions = metadata.tables["regions"]
            key = connection.execute(regions.insert().values(code="new", name="New"))
            assert key.inserted_primary_key == (9,)
        assert read_data_version(database.record) == version + 1
        database.dispose()


# Refusals


def test_real_data_is_never_touched(database: Database) -> None:
    before = contents(database)
    for replace in (False, True):
        with pytest.raises(DemoRefused, match="not a demo"):
            build_demo(database.writer, SMALL, replace=replace)
    assert contents(database) == before


def test_another_programs_database_is_not_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    assert main(["demo", "--database", f"sqlite:///{path}", "--orders", "400"]) == 1
    assert "not a demo" in capsys.readouterr().err
    tables = sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("recipes",)]


def test_a_demo_is_replaced_only_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    truth = tmp_path / "truth.json"
    words = ["demo", "--database", url, "--orders", "400", "--as-of", "2026-11-23"]
    assert main([*words, "--seed", "3", "--truth", str(truth)]) == 0
    out = capsys.readouterr().out
    assert "400 orders" in out and all(account.username in out for account in ACCOUNTS)
    database = connect(url)
    first = contents(database)
    assert main([*words, "--seed", "4"]) == 1
    assert "--replace" in capsys.readouterr().err
    assert contents(database) == first
    assert main([*words, "--seed", "4", "--replace"]) == 0
    assert contents(database) != first
    assert main([*words, "--seed", "3", "--replace"]) == 0
    assert contents(database) == first
    assert json.loads(truth.read_text(encoding="utf-8"))["seed"] == 3
    assert read_properties(database.record)["demo_as_of"] == "2026-11-23"
    database.dispose()


def test_a_person_added_by_hand_outlives_the_demo(tmp_path: Path) -> None:
    database = new_database(f"sqlite:///{tmp_path / 'crm.sqlite'}")
    build_demo(database.writer, SMALL)
    add_user(database, "admin", username="tom", employee_id=9, channel="partner")
    build_demo(database.writer, SMALL, replace=True)
    users = frame(database, "SELECT username, employee_id, channel FROM users").set_index(
        "username"
    )
    assert set(users.index) == {"tom", *(account.username for account in ACCOUNTS)}
    assert users.loc["tom"].isna().all()
    database.dispose()


@pytest.mark.parametrize(
    ("orders", "as_of", "words"),
    [(10, AS_OF, "at least 200"), (400, date(2050, 1, 1), "2035"), (400, date(2001, 1, 1), "2023")],
)
def test_an_impossible_plan_is_refused(orders: int, as_of: date, words: str) -> None:
    with pytest.raises(DemoRefused, match=words):
        Plan(orders=orders, seed=1, as_of=as_of)


# The rows agree with one another


def test_an_order_carries_the_sums_of_its_lines_and_payments(crm: Database) -> None:
    sums = (
        "SELECT units, returned_units, gross_sales, returns_value, net_sales, cost, paid"
        " FROM orders"
    )
    before = frame(crm, f"{sums} ORDER BY order_id")
    with crm.writer.connect() as connection:  # rolled back
        recount_orders(connection)
        rows = connection.execute(text(f"{sums} ORDER BY order_id")).all()
        connection.rollback()
    pd.testing.assert_frame_equal(before, pd.DataFrame(rows, columns=before.columns), atol=1e-6)


def test_stock_is_the_sum_of_its_movements_and_never_negative(demo: Demo) -> None:
    stock, moved = columns_of(demo, "stock"), columns_of(demo, "stock_movements")
    keys = ["warehouse_id", "product_id"]
    sums = moved.groupby(keys)["quantity"].sum()
    assert (stock.set_index(keys)["on_hand"] == sums).all()
    assert (moved.groupby(keys)["quantity"].cumsum() >= 0).all()
    assert moved["moved_at"].is_monotonic_increasing


def test_what_is_reserved_waits_in_open_orders(crm: Database) -> None:
    waiting = frame(
        crm,
        "SELECT o.warehouse_id, l.product_id, sum(l.quantity) AS reserved FROM orders o"
        " JOIN order_lines l USING (order_id) WHERE o.stage IN ('confirmed', 'processing')"
        " GROUP BY 1, 2 ORDER BY 1, 2",
    )
    reserved = frame(
        crm,
        "SELECT warehouse_id, product_id, reserved FROM stock WHERE reserved > 0 ORDER BY 1, 2",
    )
    assert len(waiting) > 20
    pd.testing.assert_frame_equal(waiting, reserved)


def test_receipts_and_replenishments_agree(demo: Demo) -> None:
    refills = columns_of(demo, "replenishments").set_index("replenishment_id")
    moved = columns_of(demo, "stock_movements")
    receipts = moved[moved["kind"] == "receipt"].set_index("replenishment_id")["quantity"]
    came = refills.loc[refills["received_at"].notna(), "received_quantity"]
    assert receipts.sort_index().tolist() == came.sort_index().tolist()
    assert set(refills["state"]) == {
        "proposed", "approved", "ordered", "received", "closed", "rejected",
    }  # fmt: skip
    ordered = refills.dropna(subset=["ordered_at", "received_at"])
    assert (ordered["requested_at"] <= ordered["ordered_at"]).all()
    assert (ordered["ordered_at"] <= ordered["received_at"]).all()


def test_nobody_pays_more_than_is_owed(demo: Demo) -> None:
    orders, payments = columns_of(demo, "orders"), columns_of(demo, "payments")
    paid = payments.groupby("order_id")["amount"].sum().reindex(orders["order_id"]).fillna(0.0)
    owed = orders.set_index("order_id")
    goes = owed["stage"] != "cancelled"
    excess = (paid - owed["net_sales"]).round(2)
    returns = columns_of(demo, "returns")
    open_returns = returns.loc[returns["state"] == "received", "order_id"]
    settled = goes & ~owed.index.isin(open_returns)
    assert (excess[settled] <= 0).all()
    cancelled = paid[~goes].round(2)
    assert (cancelled >= 0).all() and (cancelled == 0).mean() > 0.98
    assert (payments["amount"] < 0).sum() > 100  # refunds
    part = goes & (paid.round(2) > 0) & (excess < 0)
    assert part.sum() > 10
    overdue = goes & (excess < 0) & (owed["due_on"] < np.datetime64(AS_OF))
    assert 20 < overdue.sum() < 400


def test_a_stage_has_its_moment_and_moments_follow_one_another(demo: Demo) -> None:
    orders = columns_of(demo, "orders")
    for place, stage in enumerate(STAGES[:5]):
        reached = orders[orders["stage"] == stage][list(STAGE_MOMENTS)]
        assert len(reached)
        assert reached.iloc[:, : place + 1].notna().all(axis=None)
        assert reached.iloc[:, place + 1 :].isna().all(axis=None)
    for stage in ("cancelled", "returned"):
        assert orders.loc[orders["stage"] == stage, f"{stage}_at"].notna().all()
        assert orders.loc[orders["stage"] != stage, f"{stage}_at"].isna().all()
    for earlier, later in pairwise(STAGE_MOMENTS):
        both = orders.dropna(subset=[earlier, later])
        assert (both[earlier] <= both[later]).all(), (earlier, later)
    cancelled = orders[orders["stage"] == "cancelled"]
    assert cancelled["shipped_at"].isna().all() and cancelled["cancel_reason"].notna().all()


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York"])
def test_business_days_are_those_of_the_zone(zone: str) -> None:
    orders = columns_of(make_demo(Plan(2_000, 5, AS_OF, zone)), "orders")
    for name in ("ordered", "shipped", "completed"):
        moments = orders[f"{name}_at"].dropna().dt.tz_localize("UTC").dt.tz_convert(zone)
        days = orders[f"{name}_on"].dropna()
        assert (moments.dt.tz_localize(None).dt.floor("D") == days.astype("datetime64[us]")).all()


def test_returned_goods_are_counted_everywhere(demo: Demo) -> None:
    orders, lines = columns_of(demo, "orders"), columns_of(demo, "order_lines")
    returns = columns_of(demo, "returns")
    by_line = returns.groupby("line_id")["quantity"].sum()
    back = lines[lines["returned_quantity"] > 0].set_index("line_id")["returned_quantity"]
    assert (by_line == back).all()
    by_order = returns.groupby("order_id")["amount"].sum()
    value = orders.set_index("order_id")["returns_value"]
    assert np.allclose(by_order, value[value > 0])
    gone = orders.set_index("order_id")
    gone = gone[gone["units"] == gone["returned_units"]]
    assert (gone["stage"] == "returned").all() and len(gone) == (
        orders["stage"] == "returned"
    ).sum()


def test_shipments_are_those_of_the_orders(demo: Demo) -> None:
    orders = columns_of(demo, "orders").set_index("order_id")
    shipments = columns_of(demo, "shipments").set_index("order_id").sort_index()
    shipped = orders.dropna(subset=["shipped_at"])
    assert shipments.index.tolist() == shipped.index.tolist()
    assert shipments["shipped_at"].tolist() == shipped["shipped_at"].tolist()
    delivered = shipments["delivered_at"].dropna()
    assert delivered.tolist() == shipped["completed_at"].dropna().tolist()
    assert shipments["tracking_number"].is_unique


# Alive on the day it is opened


@pytest.mark.parametrize("closing", [time(0, 4), time(9, 30), time(23, 59)])
def test_nothing_happens_after_now_and_something_happened_today(closing: time) -> None:
    plan = Plan(1_000, 11, AS_OF, closing_time=closing)
    demo, now = make_demo(plan), plan.moment(np.array([plan.now]))[0]
    ahead = {"promised_on", "due_on", "expected_on", "ends_on", "starts_on", "discontinued_on"}
    for name, rows in demo.tables.items():
        for column, values in rows.items():
            if values.dtype.kind == "M" and column not in ahead:
                last = values[~np.isnat(values)].max()
                limit = np.datetime64(AS_OF) if column.endswith("_on") else now
                assert last <= limit, (name, column)
    today = demo.tables["orders"]["ordered_on"] == np.datetime64(AS_OF)
    assert today.sum() >= 3


@pytest.mark.parametrize("as_of", [Plan.FIRST, date(2028, 2, 29), Plan.LAST])
def test_a_demo_can_end_on_any_day_the_almanac_knows(as_of: date) -> None:
    orders = make_demo(Plan(Plan.FEWEST, 1, as_of)).tables["orders"]
    assert len(orders["order_id"]) == Plan.FEWEST
    assert orders["ordered_on"].max() == np.datetime64(as_of)


def test_work_waits_in_every_stage(demo: Demo) -> None:
    orders = columns_of(demo, "orders")
    waiting = orders[orders["stage"].isin(OPEN_STAGES)]
    assert set(waiting["stage"]) == set(OPEN_STAGES)
    assert 5 <= (waiting["promised_on"] < np.datetime64(AS_OF)).sum() < len(waiting) / 3
    assert (orders["ordered_on"] > np.datetime64(AS_OF) - 60)[waiting.index].mean() > 0.95
    stock = columns_of(demo, "stock")
    assert (stock["on_hand"] == 0).sum() >= 3
    assert (stock["on_hand"] <= stock["reorder_point"]).sum() >= 20
    assert set(columns_of(demo, "feedback")["state"]) == {"new", "assigned", "resolved"}


def test_the_figures_make_sense_to_a_salesperson(demo: Demo) -> None:
    orders = columns_of(demo, "orders")
    sold = orders[orders["stage"] != "cancelled"]
    assert 800 < sold["net_sales"].mean() < 4_000
    assert 0.25 < 1 - sold["cost"].sum() / sold["net_sales"].sum() < 0.45
    delivered = orders.dropna(subset=["completed_on"])
    assert 0.86 < (delivered["completed_on"] <= delivered["promised_on"]).mean() < 0.95
    assert 0.03 < (orders["stage"] == "cancelled").mean() < 0.055
    assert 0.03 < (sold["returned_units"] > 0).mean() < 0.065
    assert 0.01 < sold["returned_units"].sum() / sold["units"].sum() < 0.05
    value = sold["net_sales"].sort_values(ascending=False)
    assert value.head(len(value) // 10).sum() > 0.45 * value.sum()  # heavy tail
    assert set(orders["channel"]) == set(demo.tables["channels"]["channel"])
    rates = columns_of(demo, "order_lines")["discount_rate"]
    assert rates.max() <= 0.35 and 0.02 < rates.mean() < 0.12


def test_feedback_agrees_with_what_happened(crm: Database) -> None:
    said = frame(
        crm,
        "SELECT f.text, f.score, f.kind, o.stage, o.promised_on, o.completed_on, o.cancel_reason,"
        " o.returned_units FROM feedback f JOIN orders o USING (order_id)",
    )
    late = said["text"].str.contains(r"晚了?到?\d+天|\blate\b|missed by", regex=True)
    assert late.sum() > 50 and (said["completed_on"] > said["promised_on"])[late].all()
    assert (said["score"] <= 3)[late].all()
    praised = said["score"] == 5
    assert praised.sum() > 100 and (said["completed_on"] <= said["promised_on"])[praised].all()
    broken = said["text"].str.contains("破损|damaged|broken", regex=True)
    assert broken.sum() > 20 and (said["returned_units"] > 0)[broken].all()
    sold_out = said["text"].str.contains("缺货|out of stock|sold-out", regex=True)
    assert (said["cancel_reason"] == "Out of stock")[sold_out].all()
    assert said["text"].str.contains("[\u4e00-\u9fff]").mean() > 0.5


# What was planted can be found; the seed is another one than the samples that were looked at


@pytest.fixture(scope="module")
def large() -> Demo:
    return make_demo(Plan(orders=80_000, seed=12, as_of=AS_OF))


@pytest.fixture(scope="module")
def sales(large: Demo) -> pd.DataFrame:
    lines = columns_of(large, "order_lines")
    orders = columns_of(large, "orders").set_index("order_id")
    orders = orders[["ordered_on", "channel", "customer_id"]]
    return lines.join(orders, on="order_id")


def test_11_11_is_the_peak_online_and_the_festival_is_quiet(large: Demo) -> None:
    orders = columns_of(large, "orders")
    online = orders["channel"].isin(["web", "marketplace", "social"])
    by_day = orders[online].groupby("ordered_on").size().asfreq("D", fill_value=0)
    offline = orders[~online].groupby("ordered_on").size().asfreq("D", fill_value=0)
    for year in (2024, 2025, 2026):
        autumn = by_day[f"{year}-10-09" : f"{year}-10-30"].mean()
        assert by_day[f"{year}-11-11"] > 3 * autumn
        assert by_day[f"{year}-11-11"] == by_day[f"{year}-01-01" : f"{year}-12-31"].max()
        assert by_day[f"{year}-06-18"] > 2 * by_day[f"{year}-05-10" : f"{year}-05-30"].mean()
    for day in pd.to_datetime(large.truth["festivals"]["lunar_new_year"]):
        rush = offline[day - pd.Timedelta(days=24) : day - pd.Timedelta(days=10)].mean()
        assert offline[day : day + pd.Timedelta(days=6)].mean() < 0.2 * rush


def test_planted_bundles_are_bought_together(large: Demo, sales: pd.DataFrame) -> None:
    baskets = sales.groupby("product_id")["order_id"].agg(set)
    orders = sales["order_id"].nunique()
    assert len(large.truth["bundles"]) >= 6
    for bundle in large.truth["bundles"]:
        first, second = baskets[bundle["first"]], baskets[bundle["second"]]
        together = len(first & second)
        assert together / len(first) > 0.8 * bundle["rate"]
        assert together * orders / len(first) / len(second) > 3


def test_silent_customers_stay_silent(large: Demo) -> None:
    orders = columns_of(large, "orders")
    last = orders.groupby("customer_id")["ordered_on"].max()
    churned = pd.Series(large.truth["customers"]["churned_on"]).astype("datetime64[s]")
    assert len(churned) > 300
    assert (last[churned.index].astype("datetime64[s]") <= churned).all()
    kinds = large.truth["customers"]["kinds"]
    counts = orders.groupby("customer_id").size()
    assert (counts[kinds["one_time"]] == 1).all()
    assert not set(kinds["prospect"]) & set(counts.index)
    assert counts[kinds["loyal"]].mean() > 8


def test_loyal_customers_are_regular(large: Demo) -> None:
    """Erlang gaps of order four vary by half of their mean, memoryless ones by all of it."""
    orders = columns_of(large, "orders")
    kinds = large.truth["customers"]["kinds"]

    def variation(kind: str) -> float:
        days = orders[orders["customer_id"].isin(kinds[kind])].groupby("customer_id")["ordered_on"]
        gaps = days.diff().dropna().dt.days.groupby(orders["customer_id"])
        some = gaps.agg(["mean", "std", "count"]).query("count >= 5 and mean > 0")
        return float((some["std"] / some["mean"]).median())

    assert variation("loyal") < 0.68 < 0.75 < variation("occasional")


def test_prices_move_demand_as_planted(large: Demo, sales: pd.DataFrame) -> None:
    truth, products = large.truth, columns_of(large, "products").set_index("product_id")
    names = columns_of(large, "categories").set_index("category_id")["name"]
    unsteady = {int(key) for kind in ("new", "fading") for key in truth["products"][kind]}
    unsteady |= {bundle["second"] for bundle in truth["bundles"]}
    week = pd.to_datetime(sales["ordered_on"]).dt.to_period("W")
    steady = sales[~sales["product_id"].isin(unsteady)]
    for category, lines in steady.groupby(steady["product_id"].map(products["category_id"])):
        cells = lines.groupby(["product_id", week])
        counts = cells.size().unstack(fill_value=0)
        prices = cells["unit_price"].mean().unstack().ffill(axis=1).bfill(axis=1)
        found, error = elasticity(counts.to_numpy(), np.log(prices.to_numpy()))
        planted = truth["elasticities"][names[category]]
        assert abs(found - planted) < 3.5 * error + 0.05, (names[category], found, planted)


def elasticity(counts: Any, log_price: Any) -> tuple[float, float]:
    """Of a Poisson regression with product and week effects, and its standard error."""
    slope, weeks = 0.0, np.ones(counts.shape[1])
    for _turn in range(100):
        effect = np.exp(slope * log_price)
        for _round in range(3):
            items = counts.sum(axis=1) / (effect * weeks).sum(axis=1)
            weeks = counts.sum(axis=0) / (effect * items[:, None]).sum(axis=0)
        expected = effect * items[:, None] * weeks
        price = log_price.copy()
        for _round in range(5):  # what the effects do not explain
            price -= ((price * expected).sum(axis=1) / expected.sum(axis=1))[:, None]
            price -= (price * expected).sum(axis=0) / expected.sum(axis=0)
        information = (expected * price**2).sum()
        slope += ((counts - expected) * price).sum() / information
    return float(slope), float(information**-0.5)


def test_promotions_lift_their_category(large: Demo, sales: pd.DataFrame) -> None:
    """The odds of a line being of the category, against the three weeks before."""
    category = columns_of(large, "products").set_index("product_id")["category_id"]
    day = pd.to_datetime(sales["ordered_on"])
    table = pd.crosstab(day, sales["product_id"].map(category))
    planted, seen = [], []
    for promotion in large.truth["promotions"]:
        if promotion["uplift"] is None or promotion["starts_on"] < "2024-01-15":
            continue
        starts, ends = pd.Timestamp(promotion["starts_on"]), pd.Timestamp(promotion["ends_on"])
        before = table[starts - pd.Timedelta(days=21) : starts - pd.Timedelta(days=1)].sum()
        during, key = table[starts:ends].sum(), promotion["category_id"]
        planted.append(promotion["uplift"])
        seen.append((during[key] / during.drop(key).sum()) / (before[key] / before.drop(key).sum()))
    assert len(planted) > 30
    assert abs(np.mean(seen) / np.mean(planted) - 1) < 0.12
    assert np.corrcoef(planted, seen)[0, 1] > 0.3


def test_delays_happen_where_they_were_planted(large: Demo) -> None:
    orders = columns_of(large, "orders").dropna(subset=["completed_on"])
    codes = dict(
        zip(large.tables["warehouses"]["code"], large.tables["warehouses"]["warehouse_id"],
            strict=True)
    )  # fmt: skip
    late = orders["completed_on"] > orders["promised_on"]
    inside = pd.Series(False, index=orders.index)
    for trouble in large.truth["delays"]:
        if trouble["cause"] == "warehouse bottleneck":
            here = orders["warehouse_id"] == codes[trouble["place"]]
            days = orders["processing_at"].between(trouble["from"], trouble["to"])
            inside |= here & days
    assert late[inside].mean() > 4 * late[~inside].mean()


def test_the_accounts_fit_their_roles(crm: Database) -> None:
    users = frame(crm, "SELECT * FROM users").set_index("username")
    assert sorted(users["role"]) == sorted(account.role.value for account in ACCOUNTS)
    assert users["is_demo"].all() and users.loc["partner", "channel"] == "partner"
    regions = one(crm, "SELECT count(*) FROM user_regions")
    assert regions == 2
    won = "SELECT count(*) FROM customers c JOIN users u ON u.employee_id = c.owner_id"
    assert one(crm, f"{won} WHERE u.username = 'rep'") > 50
    for name in ("lead", "rep", "manager"):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in str(users.loc[name, "name"]))


def test_names_are_bilingual(demo: Demo) -> None:
    for table in ("regions", "channels", "categories", "products", "employees", "campaigns"):
        rows = columns_of(demo, table)
        assert rows["name"].str.contains("[A-Za-z]").all()
        assert rows["name_zh"].str.contains("[\u4e00-\u9fff]").all()
    customers = columns_of(demo, "customers")
    assert customers["name_zh"].notna().mean() > 0.95
    assert customers["phone"].str.fullmatch(r"1\d{10}").all()
    assert customers["email"].str.endswith(".example").all()
    assert set(customers["consent"]) == {"granted", "refused", "unknown"}
