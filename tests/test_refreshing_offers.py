"""The part `offers` of a refresh: offers, pairs and how well they do, whole and by customer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import combinations
from typing import Any, get_args

import pandas as pd
import pytest
from scipy import stats
from sqlalchemy import delete, func, inspect, select, update

from dashboard import formats
from dashboard.analytics.recommending.listing import METHODS, read_list
from dashboard.cli import main
from dashboard.offer_trust import Protocol, Task, judged_of
from dashboard.offer_trust_words import table_rows
from dashboard.refreshing import Outcome, refresh, source_of
from data_access.analytics_copy import AnalyticsCopy
from data_access.bought_together import (
    RuleFilter,
    count_pair_orders,
    list_pair_orders,
    list_rules,
)
from data_access.database import Database, connect, writing
from data_access.demo import Plan, build_demo
from data_access.edits.merging import RESULTS_OF_CUSTOMERS
from data_access.frames import read_frame
from data_access.offered import find_offer_list
from data_access.offers import list_bought_with, list_offer_evaluations, list_offers
from data_access.schema import upgrade_schema
from data_access.tables import (
    customers,
    offer_evaluations,
    offer_lists,
    offers,
    order_lines,
    orders,
    product_pairs,
    products,
    refreshes,
)
from tests.crm import add, add_order, scope_of

AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A small demo company with offers."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('offers') / 'crm.sqlite'}"
    else:
        new_url: Callable[..., str] = request.getfixturevalue("new_postgresql_url")
        url = new_url()
    database = connect(url)
    upgrade_schema(database.writer)
    build_demo(database.writer, Plan(2_500, 7, AS_OF))
    assert work_out(database) == "done"
    yield database
    database.dispose()


def work_out(database: Database, as_of: date = AS_OF) -> str:
    copied = AnalyticsCopy(database.record)
    try:
        source = source_of(database.record, database.writer, copied.engine, as_of)
        told: list[Outcome] = refresh(source, ("offers",), lambda part, share: None)
    finally:
        copied.close()
    assert not told[0].message, told[0].message
    return told[0].state


def frame(database: Database, table: Any) -> pd.DataFrame:
    return read_frame(database.record, select(*table.c).order_by(*table.primary_key.columns))


def bought_lines(database: Database) -> pd.DataFrame:
    return read_frame(
        database.record,
        select(orders.c.customer_id, orders.c.order_id, orders.c.ordered_on,
               order_lines.c.product_id)
        .join_from(orders, order_lines, order_lines.c.order_id == orders.c.order_id)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .where(orders.c.stage != "cancelled", products.c.is_goods,
               orders.c.ordered_on <= AS_OF),
    )  # fmt: skip


def test_everybody_gets_offers_of_both_kinds_with_true_counts(demo: Database) -> None:
    found, lines = frame(demo, offers), bought_lines(demo)
    everybody = frame(demo, customers)["customer_id"]
    assert set(found["customer_id"]) == set(everybody)
    assert (found.groupby(["customer_id", "kind"])["rank"].max() <= 20).all()
    pairs = set(zip(lines["customer_id"], lines["product_id"], strict=True))
    known = [pair in pairs for pair in zip(found["customer_id"], found["product_id"], strict=True)]
    assert ((found["kind"] == "again") == known).all()
    times = lines.groupby(["customer_id", "product_id"])["order_id"].nunique()
    in_all = lines.groupby("customer_id")["order_id"].nunique()
    buyers = lines.groupby("product_id")["customer_id"].agg(set)
    seen = set()
    for row in found.iloc[::7].itertuples():
        seen.add(row.reason)
        match row.reason:
            case "bought":
                assert row.own_count == times[(row.customer_id, row.product_id)]
                assert row.own_base == in_all[row.customer_id] > row.orders_since >= 0
                assert pd.isna(row.shared_count)
            case "together":
                both = buyers[row.source_product_id] & buyers[row.product_id]
                assert (row.shared_count, row.shared_base) == (
                    len(both), len(buyers[row.source_product_id])
                )  # fmt: skip
                assert row.customer_id in buyers[row.source_product_id]
            case "similar":
                assert 0 <= row.own_count <= row.own_base <= 4
            case _:
                assert 0 < row.shared_count <= row.shared_base
    assert {"bought", "together", "popular"} <= seen
    cold = found[~found["customer_id"].isin(lines["customer_id"])]
    assert len(cold) and set(cold["method"]) == {"popular"} and set(cold["kind"]) == {"new"}
    gone = frame(demo, products).set_index("product_id")["discontinued_on"]
    assert not (found["product_id"].map(gone) <= pd.Timestamp(AS_OF)).any()


def test_each_methods_list_rests_on_the_orders_of_the_demo(demo: Database) -> None:
    lines, admin = bought_lines(demo), scope_of(demo, "admin")
    told = json.loads(frame(demo, refreshes).query("what == 'offers'")["facts"].iloc[-1])
    weight = told["weights"]["personal"]
    buyers = lines.groupby("product_id")["customer_id"].agg(set)
    days = lines.drop_duplicates("order_id")["ordered_on"].sort_values()
    late = lines[lines["ordered_on"] >= days.iloc[int(0.7 * (len(days) - 1))]]
    with_it = late.groupby("product_id")["order_id"].nunique()
    seen = set()
    for customer_id in sorted(lines["customer_id"].unique().tolist())[:400:80]:
        own = lines[lines["customer_id"] == customer_id]
        turns = own.groupby(["ordered_on", "order_id"])["product_id"].agg(set).tolist()
        row = find_offer_list(demo.record, admin, customer_id)
        assert row is not None and row["order_count"] == len(turns)
        for method in METHODS:
            for each in read_list(row, method).itertuples():
                seen.add((method, each.reason))
                product = int(str(each.product_id))
                ages = [age for age, turn in enumerate(reversed(turns)) if product in turn]
                assert each.kind == ("again" if ages else "new")
                if method == "personal":
                    popular = weight * with_it.get(product, 0) / with_it.max()
                    often = sum(0.95**age for age in ages)
                    assert each.score == pytest.approx(often + popular, abs=1e-4)
                    assert each.reason == ("bought" if often >= popular and ages else "popular")
                if each.reason == "bought":
                    assert (each.own_count, each.own_base, each.orders_since) == (
                        len(ages), len(turns), ages[0]
                    )  # fmt: skip
                elif each.reason == "together":
                    source = buyers[each.source_product_id]
                    assert customer_id in source and each.shared_base == len(source)
                    assert each.shared_count == len(source & buyers[product])
                elif each.reason == "popular":
                    assert (each.shared_count, each.shared_base) == (
                        with_it[product], late["order_id"].nunique()
                    )  # fmt: skip
    assert seen >= {("personal", "bought"), ("cosine", "together"), ("ease", "together"),
                    ("content", "similar")}  # fmt: skip


def test_what_is_popular_is_counted_in_the_customers_region(demo: Database) -> None:
    found = frame(demo, offers)
    rows = found[found["reason"] == "popular_region"]
    if not len(rows):
        rows = found[found["reason"] == "popular_region_type"]
    row = rows.iloc[0]
    who = frame(demo, customers).set_index("customer_id")
    lines = bought_lines(demo)
    since = lines.drop_duplicates("order_id")["ordered_on"].sort_values().iloc[
        int(0.7 * (lines["order_id"].nunique() - 1))
    ]  # fmt: skip
    own = lines[lines["ordered_on"] >= since].join(
        who[["region_id", "customer_type"]], on="customer_id"
    )
    me = who.loc[row["customer_id"]]
    own = own[own["region_id"] == me["region_id"]]
    if row["reason"] == "popular_region_type":
        own = own[own["customer_type"] == me["customer_type"]]
    assert row["shared_base"] == own["order_id"].nunique() >= 30
    with_it = own[own["product_id"] == row["product_id"]]["order_id"].nunique()
    assert row["shared_count"] == with_it
    # their score is read by who is told no counts
    cold = found[found["method"] == "popular"]
    told = cold["shared_rate"].astype("float64").fillna(0) - cold["rank"] * 1e-4
    assert cold["score"].astype("float64").to_numpy() == pytest.approx(told.to_numpy(), abs=1e-9)
    exact = cold["shared_count"] / cold["shared_base"]
    assert ((cold["score"].astype("float64") - exact).abs() > 1e-3).any()


def test_pairs_are_counted_exactly(demo: Database) -> None:
    found = frame(demo, product_pairs)
    held = bought_lines(demo).groupby("product_id")["order_id"].agg(set)
    assert len(found) and (found["together"] >= 5).all() and (found["q_value"] <= 0.1).all()
    for row in found.itertuples():
        a, b = held[row.product_id], held[row.other_product_id]
        assert (row.together, row.product_orders, row.other_orders) == (
            len(a & b), len(a), len(b)
        )  # fmt: skip
        assert (
            row.lift == pytest.approx(len(a & b) * row.orders / len(a) / len(b), abs=1e-3)
            and row.lift_low < row.lift < row.lift_high
        )
    admin = scope_of(demo, "admin")
    first = int(found["product_id"].iloc[0])
    told = list_bought_with(demo.record, admin, first)
    assert told["confidence"].iloc[0] == pytest.approx(
        told["together"].iloc[0] / told["product_orders"].iloc[0], abs=1e-5
    )


def test_how_well_offers_do_is_kept(demo: Database) -> None:
    told = list_offer_evaluations(demo.record, scope_of(demo, "manager"))
    assert set(told["protocol"]) == {"last_order_out", "time_cut"}
    blend = told[(told["method"] == "blend") & (told["measure"] == "ndcg")]
    assert set(blend["task"]) == {"all", "again", "new"}
    assert (blend["low"] <= blend["value"]).all() and (blend["value"] <= blend["high"]).all()
    facts = frame(demo, refreshes).query("what == 'offers'")["facts"].iloc[-1]
    assert set(json.loads(facts)) == {"learnt_on", "weights", "list_length"}


def test_rules_and_their_orders_are_counted_by_hand(demo: Database) -> None:
    held = bought_lines(demo).groupby("product_id")["order_id"].agg(set)
    every = len(set().union(*held))
    counted = [
        (a, b, len(held[a] & held[b])) for a, b in combinations(held.index, 2)
        if len(held[a] & held[b]) >= 5
    ]  # fmt: skip
    chances = [stats.hypergeom.sf(n - 1, every, len(held[a]), len(held[b])) for a, b, n in counted]
    q_values = stats.false_discovery_control(chances)
    expected = {
        (frozenset((a, b)), n, every)
        for (a, b, n), q in zip(counted, q_values, strict=True)
        if q <= 0.1 and n * every > len(held[a]) * len(held[b])
    }
    manager = scope_of(demo, "manager")
    rules = list_rules(demo.record, manager, RuleFilter())
    told = zip(rules["product_id"], rules["other_product_id"], rules["together"], rules["orders"],
               strict=True)  # fmt: skip
    assert {(frozenset((a, b)), n, every) for a, b, n, every in told} == expected
    assert len(rules) == len(expected)
    where = frame(demo, orders).set_index("order_id")
    owner = frame(demo, customers).set_index("customer_id")["owner_id"]
    rep = int(owner.mode().iloc[0])
    region = int(where["region_id"].mode().iloc[0])
    persons = (
        (manager, lambda order_id: True),
        (scope_of(demo, "sales_lead", region_ids=[region]),
         lambda order_id: where["region_id"][order_id] == region),
        (scope_of(demo, "sales_rep", employee_id=rep),
         lambda order_id: owner.get(where["customer_id"][order_id]) == rep),
    )  # fmt: skip
    for rule in rules.head(4).itertuples():
        both = held[rule.product_id] & held[rule.other_product_id]
        for scope, sees in persons:
            asked = (scope, rule.product_id, rule.other_product_id, AS_OF)
            listed = list_pair_orders(demo.record, *asked, limit=500)
            assert set(listed["order_id"]) == {each for each in both if sees(each)}
            assert count_pair_orders(demo.record, *asked) == len(listed)
        assert count_pair_orders(demo.record, manager, *asked[1:]) == rule.together


def test_the_panel_says_what_the_command_measures(
    demo: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    url = demo.writer.url.render_as_string(hide_password=False)
    assert main(["evaluate", "recommend", "--database", url, "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)["protocols"]
    told = list_offer_evaluations(demo.record, scope_of(demo, "manager"))
    for protocol in get_args(Protocol):
        for task in get_args(Task):
            judged = judged_of(told, protocol, task)
            expected = measured[protocol]["tasks"][task]
            assert judged and judged.customers == expected["customers"]
            rows = table_rows(judged, {}).set_index("method")
            assert set(rows.index) == set(expected["methods"])
            for method, own in expected["methods"].items():
                hit, recall = own["hit"], own["recall_repeat"]
                assert float(rows.loc[method, "hit"].split("%")[0]) == pytest.approx(
                    100 * hit["mean"], abs=0.06
                )
                assert rows.loc[method, "recall_repeat"] == formats.rate(
                    None if recall is None else round(recall, 4)
                )
                for name in ("mean", "low", "high"):
                    row = judged.row(method, "ndcg")
                    assert row and row["value" if name == "mean" else name] == pytest.approx(
                        own["ndcg"][name], abs=1e-4
                    )
                if method != "blend":
                    gap = expected["differences"][method]["ndcg"]
                    assert rows.loc[method, "gap"].startswith(f"{round(gap['mean'], 4):+.3f}"[:5])


def test_only_customers_with_new_orders_get_new_offers(demo: Database) -> None:
    before, evaluated = frame(demo, offers), frame(demo, offer_evaluations)
    lists = frame(demo, offer_lists).set_index("customer_id")
    found = before[before["kind"] == "again"]
    customer_id = int(found["customer_id"].iloc[0])
    wanted = before[(before["customer_id"] == customer_id) & (before["kind"] == "new")]
    product_id = int(wanted["product_id"].iloc[-1])
    tomorrow = AS_OF + timedelta(days=1)
    assert work_out(demo) == "skipped"
    add_order(demo, customer_id=customer_id, ordered_on=tomorrow,
              lines=[{"product_id": product_id}])  # fmt: skip
    assert work_out(demo, tomorrow) == "done"
    after = frame(demo, offers)
    own, others = (
        [each[(each["customer_id"] == customer_id) == mine].reset_index(drop=True)
         for each in (before, after)]
        for mine in (True, False)
    )  # fmt: skip
    pd.testing.assert_frame_equal(*others)
    assert not own[0].equals(own[1])
    row = own[1][own[1]["product_id"] == product_id].iloc[0]
    assert row["kind"] == "again"
    assert row["as_of_on"] == pd.Timestamp(tomorrow)
    pd.testing.assert_frame_equal(frame(demo, offer_evaluations), evaluated)
    lists_after = frame(demo, offer_lists).set_index("customer_id")
    changed = lists_after["entries"] != lists["entries"].reindex(lists_after.index)
    assert changed[changed].index.tolist() == [customer_id]
    # where the lists of methods are lacking, as after an upgrade, everybody gets new ones
    with writing(demo.writer) as connection:
        connection.execute(delete(offer_lists))
    assert work_out(demo, AS_OF + timedelta(days=2)) == "done"
    assert len(frame(demo, offer_lists)) == len(lists_after)
    pd.testing.assert_frame_equal(frame(demo, offer_evaluations), evaluated)
    # a week later all is learnt anew
    assert work_out(demo, AS_OF + timedelta(days=7)) == "done"
    assert frame(demo, offers)["as_of_on"].nunique() == 1


def test_a_change_of_products_is_everybodys(demo: Database) -> None:
    offered = int(frame(demo, offers)["product_id"].iloc[0])
    later = AS_OF + timedelta(days=8)
    with writing(demo.writer) as connection:
        connection.execute(
            update(products).where(products.c.product_id == offered).values(discontinued_on=AS_OF)
        )
    assert work_out(demo, later) == "done"
    found = frame(demo, offers)
    assert offered not in set(found["product_id"]) and found["as_of_on"].nunique() == 1


def test_a_company_without_orders_has_no_offers(database: Database) -> None:
    with writing(database.writer) as connection:
        connection.execute(update(orders).values(stage="cancelled"))
    assert work_out(database) == "done"
    with database.record.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(offers)) == 0


def test_one_order_is_enough_to_offer(database: Database) -> None:
    with writing(database.writer) as connection:
        connection.execute(update(orders).values(stage="cancelled"))
    pen = add(database.writer, "products")
    customer_id = add(database.writer, "customers")
    add_order(database, customer_id=customer_id, ordered_on=AS_OF, lines=[{"product_id": pen}])
    assert work_out(database) == "done"
    told = list_offers(database.record, scope_of(database, "admin"), customer_id, AS_OF)
    assert told[["product_id", "kind", "reason", "own_count", "own_base", "orders_since"]].values\
        .tolist() == [[pen, "again", "bought", 1, 1, 0]]  # fmt: skip


def test_the_table_is_as_it_was_after_it_is_written_whole(database: Database) -> None:
    """On SQLite it is dropped and made again, and its indexes are built last."""
    add_order(database)
    before = described(database)
    assert [index["name"] for index in before["indexes"]] and before["foreign_keys"]
    for day in (AS_OF, AS_OF + timedelta(days=8)):  # into an empty table, and in place of rows
        assert work_out(database, day) == "done"
        assert described(database) == before
    stored = frame(database, offers)
    assert len(stored) and (stored["as_of_on"] == pd.Timestamp(AS_OF + timedelta(days=8))).all()


def described(database: Database) -> dict[str, Any]:
    found = inspect(database.writer)
    return {
        "columns": [str(column) for column in found.get_columns("offers")],
        "indexes": sorted(found.get_indexes("offers"), key=lambda index: str(index["name"])),
        "unique": found.get_unique_constraints("offers"),
        "foreign_keys": sorted(map(str, found.get_foreign_keys("offers"))),
        "checks": found.get_check_constraints("offers"),
        "key": found.get_pk_constraint("offers"),
    }


def test_offers_go_with_a_merged_customer() -> None:
    assert {offers, offer_lists} <= {*RESULTS_OF_CUSTOMERS}
