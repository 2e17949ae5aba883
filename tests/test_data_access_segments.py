"""Segments in sums and lists: against the same worked out in pandas, and for each role."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import update

from dashboard.analytics.segment_sums import add_up_segments, sum_up_movements
from dashboard.analytics.segments import (
    RULE_SEGMENTS,
    SEGMENTS,
    Cuts,
    OrderRules,
    cells_of,
    name_cell,
    name_segments,
    rule_segments,
    score_rfm,
)
from data_access.analytics_copy import AnalyticsCopy
from data_access.audit import ChangeFilter, list_changes
from data_access.database import Database, writing
from data_access.divisions import (
    USUAL_LIMITS,
    Division,
    DivisionRefused,
    definition_of,
    read_definition,
)
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused
from data_access.edits.segments import (
    SegmentRefused,
    remove_segment,
    rename_segment,
    save_segment,
)
from data_access.keyset import next_page
from data_access.segment_lists import (
    list_missing_categories,
    list_saved_segments,
    list_segment_customers,
)
from data_access.segment_spend import sum_segment_spend
from data_access.segments import (
    find_cut_points,
    find_segments_day,
    sum_movements,
    sum_next_purchases,
    sum_segments,
    sum_segments_by,
)
from data_access.tables import products
from tests.crm import add, add_order
from tests.scored import (
    AS_OF,
    CUSTOMERS,
    QUARTER_END,
    Scored,
    add_small_customers,
    score_shop,
)

CUTS = Cuts((300, 100, 30, 3), (2, 7, 20, 60), (60, 100, 1000, 8000))


@pytest.fixture
def scored(database: Database) -> Scored:
    return score_shop(database)


def frame() -> pd.DataFrame:
    """The customers as the tests' table has them."""
    columns = [
        "customer_id", "region", "recency_days", "orders", "orders_12m", "net_sales",
        "net_sales_12m", "net_sales_prior_12m", "recency_score", "frequency_score",
        "monetary_score", "segment", "cluster", "was",
    ]  # fmt: skip
    return pd.DataFrame(list(CUSTOMERS), columns=columns)


def counted(sums: pd.DataFrame) -> dict[int, int]:
    return dict(zip(sums["group_number"], sums["customers"], strict=True))


def test_scores_are_summed_by_cell_rule_and_cluster(scored: Scored) -> None:
    engine, manager = scored.database.record, scored.scopes["manager"]
    everybody = frame()
    by_rfm = sum_segments(engine, manager, Division(currency="CNY"))
    named = by_rfm["group_number"].map(name_cell)
    expected = everybody.groupby("segment")["net_sales_12m"].sum()
    assert by_rfm.groupby(named)["net_sales_12m"].sum().to_dict() == expected.to_dict()
    assert by_rfm["margin_12m"].sum() == everybody["net_sales_12m"].sum() / 4
    by_rule = counted(sum_segments(engine, manager, Division(by="rule")))
    rules = rule_segments(everybody).map(RULE_SEGMENTS.index).value_counts()
    assert by_rule == rules.to_dict()
    by_cluster = counted(sum_segments(engine, manager, Division(by="cluster")))
    assert by_cluster == {1: 2, 2: 2, 3: 2}
    assert not len(sum_segments(engine, manager, Division(currency="EUR")))


def test_the_usual_limits_are_those_of_the_rule() -> None:
    assert OrderRules().starts() == USUAL_LIMITS == (12, 25, 48)  # one, over two, four a month


def test_moved_cut_points_count_as_scoring_anew_does(scored: Scored) -> None:
    engine, manager = scored.database.record, scored.scopes["manager"]
    division = Division(
        recency_days=(300, 100, 30, 3), orders=(2, 7, 20, 60), net_sales=(60, 100, 1000, 8000)
    )
    found = sum_segments(engine, manager, division)
    again = name_segments(score_rfm(frame(), CUTS)).value_counts().to_dict()
    named = found.groupby(found["group_number"].map(name_cell))["customers"].sum().to_dict()
    assert named == again
    copy = AnalyticsCopy(engine)
    assert_frame_equal(sum_segments(copy.engine, manager, division), found)
    copy.close()
    rarer = OrderRules(loyal_from=1, curious_from=0.1, curious_to=0.5)
    counts = counted(sum_segments(engine, manager, Division(by="rule", limits=rarer.starts())))
    expected = rule_segments(frame(), rarer).map(RULE_SEGMENTS.index).value_counts()
    assert counts == expected.to_dict()


def test_the_cut_points_found_give_the_scores_that_were_given(scored: Scored) -> None:
    found = find_cut_points(scored.database.record, scored.scopes["manager"], "CNY")
    assert found["recency_days"] == (200, 80, 9, 5)
    assert found["orders"] == (7, 7, 20, 60)  # nobody has the score 2
    cuts: dict[str, Any] = {name: tuple(map(float, cuts)) for name, cuts in found.items()}
    again = score_rfm(frame(), Cuts(**cuts))
    assert again["recency_score"].tolist() == frame()["recency_score"].tolist()
    assert again["monetary_score"].tolist() == frame()["monetary_score"].tolist()


def test_movement_since_the_last_quarter(scored: Scored) -> None:
    engine, manager = scored.database.record, scored.scopes["manager"]
    days = find_segments_day(engine, manager, "CNY")
    assert days == {"as_of_on": AS_OF, "before_on": QUARTER_END}
    moves = sum_movements(engine, manager, Division(currency="CNY"))
    pairs = {(row.was, row.now): row.customers for row in moves.itertuples()}
    assert pairs == {(row[-1], row[-3]): 1 for row in CUSTOMERS}
    sums = sum_up_movements(moves, SEGMENTS).set_index("segment")
    columns = ["was", "now", "stayed", "left", "came", "new", "change"]
    assert sums.loc["champions", columns].tolist() == [2, 1, 0, 2, 1, 0, -1]
    assert sums.loc["new", columns].tolist() == [0, 1, 0, 0, 0, 1, 1]


def test_a_quarter_that_ends_with_the_scores_is_not_the_one_before(scored: Scored) -> None:
    for customer_id in scored.customer_ids.values():
        add(scored.database.writer, "segment_history", customer_id=customer_id, as_of_on=AS_OF,
            segment="new")  # fmt: skip
    engine, manager = scored.database.record, scored.scopes["manager"]
    assert find_segments_day(engine, manager, "CNY")["before_on"] == QUARTER_END
    assert "new" not in set(sum_movements(engine, manager, Division(currency="CNY"))["was"])


def test_what_segments_buy_and_will_buy(scored: Scored) -> None:
    engine, manager = scored.database.record, scored.scopes["manager"]
    by_rule = Division(by="cluster", currency="CNY")
    found = sum_segments_by(engine, manager, by_rule, AS_OF, "category")
    sums = {(row.group_number, row.name): row.net_sales for row in found.itertuples()}
    assert sums == {
        (1, "Pens"): 200, (1, "Inks"): 200, (2, "Pens"): 200, (3, "Pens"): 100, (3, "Inks"): 100,
    }  # fmt: skip
    add_order(scored.database, customer_id=scored.customer_ids["Ada"], ordered_on=AS_OF,
              stage="cancelled")  # fmt: skip
    for pivot in ("region", "channel", "month"):
        again = sum_segments_by(engine, manager, by_rule, AS_OF, pivot)  # type: ignore[arg-type]
        assert again["net_sales"].sum() == 800
    (due,) = sum_next_purchases(engine, manager, by_rule).itertuples()
    assert (due.group_number, due.name, due.customers, due.expected) == (1, "Pens", 1, 0.75)


def test_a_budget_is_shared_over_the_orders_it_brought(scored: Scored) -> None:
    """300 over three orders, two of them of cluster 1; 90 over two by coupon, one cancelled one
    left out; by hand."""
    database, ids = scored.database, scored.customer_ids
    writer = database.writer
    fair = add(writer, "campaigns", currency="CNY", budget=300)
    add(writer, "campaigns", currency="CNY", budget=90, coupon_code="NINE")
    free = add(writer, "campaigns", currency="CNY", budget=0, coupon_code="FREE")
    dollars = add(writer, "campaigns", currency="USD", budget=999)

    def order(name: str, days: int = 10, **values: Any) -> int:
        """Of 100 that cost 60."""
        day = AS_OF - timedelta(days=days)
        return add_order(database, customer_id=ids[name], ordered_on=day, **values)

    order("Ada", campaign_id=fair, coupon_code="NINE")  # what it names goes before its coupon
    order("Bea", campaign_id=fair)
    order("Eva", campaign_id=fair, days=400)  # carries its part of the budget, outside of the year
    order("Cem", coupon_code="NINE")
    order("Eva", coupon_code="NINE")
    order("Cem", coupon_code="NINE", stage="cancelled")
    for campaign_id in (free, dollars):
        order("Dan", campaign_id=campaign_id)
    engine, manager = database.record, scored.scopes["manager"]
    division = Division(by="cluster", currency="CNY")
    found = sum_segment_spend(engine, manager, division, AS_OF)
    assert [tuple(row) for row in found.itertuples(index=False)] == [
        (1, 2, 200, 200, 80), (2, 1, 45, 100, 40), (3, 1, 45, 100, 40),
    ]  # fmt: skip
    copy = AnalyticsCopy(engine)
    assert_frame_equal(sum_segment_spend(copy.engine, manager, division, AS_OF), found)
    copy.close()
    product = add(writer, "products", unit_cost=None)
    order("Cem", coupon_code="NINE", lines=[{"product_id": product, "unit_cost": None}])
    found = sum_segment_spend(engine, manager, division, AS_OF).set_index("group_number")
    assert found.loc[2, ["orders", "spend", "net_sales"]].tolist() == [2, 60, 200]
    assert pd.isna(found.loc[2, "margin"]) and found.loc[3, "spend"] == 30
    mine = sum_segment_spend(engine, scored.scopes["sales_rep"], division, AS_OF)
    assert mine["group_number"].tolist() == [1, 2]


def test_customers_are_listed_page_by_page(scored: Scored) -> None:
    engine, manager = scored.database.record, scored.scopes["manager"]
    first = list_segment_customers(engine, manager, Division(), limit=4)
    rest = list_segment_customers(engine, manager, Division(), limit=4, after=next_page(first))
    assert [*first["customer"], *rest["customer"]] == ["Ada", "Bea", "Cem", "Dan", "Fay", "Eva"]
    champions = Division(groups=cells_of("champions"))
    (ada,) = list_segment_customers(engine, manager, champions).itertuples()
    assert (ada.customer, ada.rep, ada.predicted_value_12m) == ("Ada", "Rep north", 3000)
    assert (ada.predicted_low, ada.predicted_high) == (1500, 6000)


def test_the_best_who_lack_what_their_peers_buy(scored: Scored) -> None:
    engine, manager = scored.database.record, scored.scopes["manager"]
    assert not len(list_missing_categories(engine, manager, Division(), AS_OF))  # Ada is the best
    add_small_customers(scored, 9)
    paper = add(scored.database.writer, "categories", name="Paper")
    add_order(
        scored.database, customer_id=scored.customer_ids["Ada"], ordered_on=AS_OF,
        lines=[{"product_id": add(scored.database.writer, "products", category_id=paper)}],
    )  # fmt: skip
    (missing,) = list_missing_categories(engine, manager, Division(), AS_OF).itertuples()
    assert (missing.customer, missing.category, missing.peer_rate) == ("Bea", "Paper", 0.5)
    with writing(scored.database.writer) as connection:  # paper turns out to be a charge
        connection.execute(
            update(products).where(products.c.category_id == paper).values(is_goods=False)
        )
    assert not len(list_missing_categories(engine, manager, Division(), AS_OF))


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("manager", {"Ada", "Bea", "Cem", "Dan", "Eva", "Fay"}),
        ("sales_rep", {"Ada", "Bea", "Cem"}),
        ("sales_lead", {"Dan", "Eva", "Fay"}),
    ],
)
def test_everybody_counts_their_own_customers(scored: Scored, role: str, names: set[str]) -> None:
    engine, scope = scored.database.record, scored.scopes[role]
    assert set(list_segment_customers(engine, scope, Division())["customer"]) == names
    for by in ("rfm", "rule", "cluster"):
        assert sum_segments(engine, scope, Division(by=by))["customers"].sum() == len(names)  # type: ignore[arg-type]
    assert sum_movements(engine, scope, Division())["customers"].sum() == len(names)
    expected = 300 if role == "sales_lead" else 500 if role == "sales_rep" else 800
    bought = sum_segments_by(engine, scope, Division(), AS_OF, "category")["net_sales"].sum()
    assert bought == expected


def test_contacts_and_margins_are_masked_where_they_are_masked(scored: Scored) -> None:
    engine = scored.database.record
    listed = list_segment_customers(engine, scored.scopes["analyst"], Division())
    assert set(listed["phone"]) == {"138****5678"}
    assert sum_segments(engine, scored.scopes["support"], Division())["margin_12m"].isna().all()


def test_sums_add_up_to_segments() -> None:
    sums = pd.DataFrame({"group_number": [555, 455, 111], "customers": [1, 2, 1]})
    for name in (
        "orders_12m", "expected_orders_12m", "net_sales", "net_sales_12m", "net_sales_prior_12m",
        "margin_12m", "costed_sales_12m", "predicted_value_12m", "value_at_risk_90",
    ):  # fmt: skip
        sums[name] = [6.0, 3.0, 1.0]
    added = add_up_segments(sums, name_cell, SEGMENTS, "net_sales").set_index("segment")
    assert added.index.tolist() == ["champions", "loyal", "lost"]
    assert added["value_rate"].tolist() == [0.6, 0.3, 0.1]
    assert added["customer_rate"].tolist() == [0.25, 0.5, 0.25]
    assert added["growth"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"by": "sql"}', '{"groups": [1]}', '{"groups": ["555"]}', '{"x": 1}',
        '{"orders": [1, 2, 3, 4]}', '{"limits": [1, 1, 2]}', '{"limits": [3, 2, 1]}',
        '{"currency": "\'; --"}', '{"groups": [true]}', '{"net_sales": [NaN, 1, 2, 3]}',
        '{"recency_days": [1, 2, 3, 4], "orders": [1, 2, 3, 4], "net_sales": [1, 2, 3, 4]}',
        '{"region_ids": [1e400]}', '{"by": ["rfm"]}', '{"limits": [1, 2, 99999999999]}',
    ],
)  # fmt: skip
def test_a_definition_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(DivisionRefused):
        read_definition(text)


def test_a_definition_is_read_as_it_was_written() -> None:
    for division in (
        Division(),
        Division(by="cluster", groups=(2, 1), currency="CNY", region_ids=(3,)),
        Division(
            recency_days=(90, 60, 30, 9), orders=(2, 3, 5, 5), net_sales=(10.5, 20, 30, 40),
            groups=cells_of("loyal"),
        ),
    ):  # fmt: skip
        assert read_definition(definition_of(division)) == division
    assert json.loads(definition_of(Division())) == {"by": "rfm"}


def test_a_segment_is_saved_found_renamed_and_removed(scored: Scored) -> None:
    database, analyst = scored.database, scored.scopes["analyst"]
    champions = Division(groups=cells_of("champions"), currency="CNY")
    done = save_segment(database.writer, analyst, champions, name=" Best ", request_id="a")
    again = save_segment(database.writer, analyst, champions, name=" Best ", request_id="a")
    assert again.is_repeat and again.values == done.values
    (saved,) = list_saved_segments(database.record, scored.scopes["sales_rep"]).itertuples()
    assert (saved.name, saved.version) == ("Best", 1)
    assert read_definition(saved.definition) == champions
    found = list_segment_customers(database.record, scored.scopes["sales_lead"], champions)
    assert not len(found)  # the lead sees none of them
    number = int(saved.saved_segment_id)
    rename_segment(
        database.writer, scored.scopes["manager"], number, name="The best", seen_version=1,
        request_id="b",
    )  # fmt: skip
    with pytest.raises(SegmentRefused, match="meanwhile"):
        remove_segment(database.writer, analyst, number, seen_version=1, request_id="c")
    remove_segment(database.writer, analyst, number, seen_version=2, request_id="d")
    assert not len(list_saved_segments(database.record, analyst))
    logged = list_changes(database.record, scored.scopes["admin"], ChangeFilter())
    assert set(logged["action"]) >= {"save_segment", "rename_segment", "remove_segment"}
    with pytest.raises(SegmentRefused, match="no such segment"):
        remove_segment(database.writer, analyst, number, seen_version=2, request_id="e")


def test_who_may_save_and_change_segments(scored: Scored) -> None:
    database, scopes = scored.database, scored.scopes
    for role in ("sales_rep", "support"):
        with pytest.raises(RightRefused):
            save_segment(database.writer, scopes[role], Division(), name="x", request_id=role)
    done = save_segment(database.writer, scopes["sales_lead"], Division(), name="x", request_id="1")
    number = done.values["saved_segment_id"]
    with pytest.raises(SegmentRefused, match="Only who saved"):
        remove_segment(database.writer, scopes["analyst"], number, seen_version=1, request_id="2")
    with pytest.raises(SegmentRefused, match="of this name"):
        save_segment(database.writer, scopes["manager"], Division(), name="x", request_id="3")
    for name in ("", " ", "a\nb", "x" * 121, None):
        with pytest.raises(FieldsRefused):
            save_segment(database.writer, scopes["admin"], Division(), name=name, request_id="4")  # type: ignore[arg-type]
    for forged in (0, -1, 2**70, "1", None):
        with pytest.raises(SegmentRefused, match="no such segment"):
            remove_segment(database.writer, scopes["admin"], forged, seen_version=1, request_id="5")  # type: ignore[arg-type]
