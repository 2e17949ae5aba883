"""Offers are put aside while the rest is made, and take the place of the old ones at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, select, text

from data_access.database import Database
from data_access.frames import read_frame
from data_access.refreshing.offers import Replacement, replacing_offers
from data_access.refreshing.runs import Run, RunRefused, begin_run, find_last_done
from data_access.refreshing.staging import StagingFailed
from data_access.tables import customers, offer_lists, offers, product_pairs, products
from tests.crm import add

AS_OF = date(2026, 6, 30)
NO_PAIRS = pd.DataFrame({"product_id": []})


def some_offers(database: Database, score: float) -> pd.DataFrame:
    """Of each customer, each product."""
    with database.record.connect() as connection:
        people = list(connection.scalars(select(customers.c.customer_id)))
        goods = list(connection.scalars(select(products.c.product_id)))
    size = len(people) * len(goods)
    return pd.DataFrame({
        "customer_id": np.repeat(people, len(goods)), "product_id": np.tile(goods, len(people)),
        "kind": "new", "rank": 1, "score": score, "method": "blend", "reason": "together",
        "source_product_id": np.where(np.arange(size) % 2, goods[0], 0), "own_count": np.nan,
        "own_base": np.nan, "shared_count": 7.0, "shared_base": 9.0, "shared_rate": 0.8,
        "orders_since": np.nan,
    })  # fmt: skip


def some_lists(found: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "customer_id": found["customer_id"].unique(), "order_count": 1, "late_orders": 2,
        "products": "AAAA", "entries": "BBBB", "counts": "CCCC",
    })  # fmt: skip


def begin(database: Database) -> Run:
    return begin_run(database.writer, "offers", AS_OF, 0)


def finish(target: Replacement) -> None:
    target.finish(NO_PAIRS, None, {}, {})


def scores(database: Database) -> list[float]:
    told = read_frame(database.record, select(offers.c.score).distinct())
    return sorted(told["score"].astype(float))


def left_beside(database: Database) -> list[str]:
    if database.record.dialect.name != "sqlite":
        return []
    record = Path(str(database.record.url.database))
    return [path.name for path in record.parent.glob(f"{record.name}.*")]


@pytest.fixture
def shop(database: Database) -> Database:
    return stocked(database)


def stocked(database: Database) -> Database:
    """With customers to whom products are offered, by an earlier run."""
    for _ in range(3):
        add(database.writer, "customers")
    for _ in range(4):
        add(database.writer, "products")
    found = some_offers(database, 1.0)
    with replacing_offers(database.writer, begin(database), None) as target:
        target.put(found, some_lists(found))
        finish(target)
    return database


def test_all_that_was_put_stands_there_as_it_was(shop: Database) -> None:
    found = some_offers(shop, 2.5)
    parts = [own for _customer, own in found.groupby("customer_id")]
    with replacing_offers(shop.writer, begin(shop), None) as target:
        for part in parts:
            target.put(part, some_lists(part))
        finish(target)
    assert (target.offers, target.customers) == (len(found), len(parts))
    told = read_frame(shop.record, select(*offers.c).order_by(offers.c.offer_id))
    assert told["offer_id"].tolist() == [*range(1, len(found) + 1)]
    assert (told["as_of_on"] == pd.Timestamp(AS_OF)).all()
    sources = told.pop("source_product_id")
    wanted = found.pop("source_product_id")
    assert sources.isna().tolist() == (wanted == 0).tolist()
    for name in found.columns:
        pd.testing.assert_series_equal(told[name], found[name], check_dtype=False)
    lists = read_frame(shop.record, select(*offer_lists.c))
    assert lists["counts"].tolist() == ["CCCC"] * len(parts)
    if shop.record.dialect.name == "sqlite":  # dates and numbers as every other writer writes them
        kinds = text("SELECT DISTINCT typeof(as_of_on), typeof(score), typeof(own_count),"
                     " as_of_on FROM offers")  # fmt: skip
        with shop.record.connect() as connection:
            assert connection.execute(kinds).all() == [("text", "real", "null", "2026-06-30")]
    assert not left_beside(shop)


def test_who_reads_or_writes_is_not_kept_waiting(shop: Database) -> None:
    with replacing_offers(shop.writer, begin(shop), None) as target:
        target.put(some_offers(shop, 2.0))
        assert scores(shop) == [1.0]
        added = add(shop.writer, "customers")  # in a transaction of its own
        finish(target)
    assert scores(shop) == [2.0]
    with shop.record.connect() as connection:
        assert connection.scalar(select(func.max(customers.c.customer_id))) == added


def test_what_is_not_finished_leaves_the_old(shop: Database) -> None:
    class Broken(BaseException):
        """As when Streamlit or a key interrupts."""

    with pytest.raises(Broken), replacing_offers(shop.writer, begin(shop), None) as target:
        target.put(some_offers(shop, 2.0))
        raise Broken
    assert scores(shop) == [1.0] and not left_beside(shop)
    # one that another has replaced meanwhile does not write
    with (
        pytest.raises(RunRefused),
        replacing_offers(shop.writer, begin(shop), None) as target,
    ):
        target.put(some_offers(shop, 3.0))
        begin(shop)
        finish(target)
    assert scores(shop) == [1.0] and not left_beside(shop)
    with replacing_offers(shop.writer, run := begin(shop), None) as target:
        target.put(some_offers(shop, 4.0))
        finish(target)
    assert scores(shop) == [4.0] and find_last_done(shop.record, "offers") == run


def test_of_two_at_once_the_last_that_began_writes(shop: Database) -> None:
    with replacing_offers(shop.writer, begin(shop), None) as first:
        first.put(some_offers(shop, 2.0))
        with replacing_offers(shop.writer, begin(shop), None) as last:
            last.put(some_offers(shop, 3.0))
            with pytest.raises(RunRefused):
                finish(first)
            finish(last)
    assert scores(shop) == [3.0] and not left_beside(shop)


def test_only_the_touched_are_replaced(shop: Database) -> None:
    found = some_offers(shop, 2.0)
    one = int(found["customer_id"].iloc[0])
    with replacing_offers(shop.writer, begin(shop), {one}) as target:
        target.put(found[found["customer_id"] == one], some_lists(found.head(1)))
        finish(target)
    told = read_frame(shop.record, select(*offers.c))
    assert set(told.loc[told["score"].astype(float) == 2.0, "customer_id"]) == {one}
    assert len(told) == len(found) and told["offer_id"].is_unique


def test_what_a_killed_run_left_goes_with_the_next(sqlite_database: Database) -> None:
    shop = stocked(sqlite_database)
    record = Path(str(shop.record.url.database))
    record.with_name(f"{record.name}.staged-1").write_bytes(b"half")
    with replacing_offers(shop.writer, begin(shop), None) as target:
        (only,) = left_beside(shop)
        assert not only.endswith("-1")
        target.put(some_offers(shop, 2.0))
        finish(target)
    assert scores(shop) == [2.0] and not left_beside(shop)


def test_a_failure_says_why(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shop = stocked(sqlite_database)
    script = tmp_path / "full.py"
    script.write_text("raise SystemExit('database or disk is full')")
    monkeypatch.setattr("data_access.refreshing.staging.STAGER", script)
    with (
        pytest.raises(StagingFailed, match="database or disk is full"),
        replacing_offers(shop.writer, begin(shop), None) as target,
    ):
        target.put(some_offers(shop, 2.0))
        finish(target)
    assert scores(shop) == [1.0] and not left_beside(shop)


def test_nothing_is_offered_where_nothing_was_put(shop: Database) -> None:
    with replacing_offers(shop.writer, begin(shop), None) as target:
        finish(target)
    with shop.record.connect() as connection:
        for table in (offers, offer_lists, product_pairs):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
