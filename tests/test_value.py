"""Customer value: cohorts, retention and repurchase worked by hand, and again by pandas."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import insert, select

from dashboard.analytics.cohorts import (
    add_repurchase_rates,
    interval_of_sum,
    month_of,
    retention_by_quarter,
    share_of_best,
    value_by_quarter,
)
from dashboard.figures.retention import retention_heat
from dashboard.value_choice import cohort_name, days_of_cohort, ends_of_years
from data_access.consent import only_refusals, without_refusals
from data_access.database import Database, writing
from data_access.filters import Period
from data_access.keyset import next_page
from data_access.retention import sum_repurchase, sum_repurchase_by, sum_retention
from data_access.scope import Scope
from data_access.tables import customer_scores, orders, refreshes
from data_access.value import (
    ValueFilter,
    find_shared_error,
    sum_sales_by_tenth,
    sum_value_by_cohort,
)
from data_access.value_lists import (
    count_customer_features,
    count_refusals,
    list_cohort_customers,
    list_customer_features,
)
from tests.crm import NOW, add, scope_of

AS_OF = date(2026, 5, 20)
CNY = ValueFilter(currency="CNY")
# customer → (day, net sales); Ada and Bo are won in January, Cai in March, Dan in April
BOUGHT = {
    "Ada": [("2026-01-05", 100), ("2026-02-10", 50), ("2026-02-20", 50), ("2026-05-01", 10)],
    "Bo": [("2026-01-31", 30)],
    "Cai": [("2026-03-01", 20), ("2026-04-30", 40)],
    "Dan": [("2026-04-01", 5), ("2026-05-02", 5)],
}


def add_company(database: Database) -> dict[str, int]:
    """The company of BOUGHT, and what does not count: a cancelled order, one of tomorrow, one in
    another currency, one without a customer. Returns customer → id."""
    writer = database.writer
    add(writer, "channels", channel="web", name="Web", name_zh="网店")
    add(writer, "channels", channel="store", name="Store")
    region = add(writer, "regions", name="North", name_zh="北方", code="north")
    ids = {
        name: add(writer, "customers", name=name, source=source, region_id=place)
        for name, source, place in (
            ("Ada", "Fair", region), ("Bo", "Fair", None), ("Cai", "Search", region),
            ("Dan", None, region),
        )
    }  # fmt: skip
    rows = [
        _order(ids[name], day, amount, channel="store" if (name, amount) == ("Ada", 10) else "web")
        for name, bought in BOUGHT.items()
        for day, amount in bought
    ]
    rows += [
        _order(ids["Bo"], "2026-02-01", 999, stage="cancelled"),
        _order(ids["Bo"], "2026-05-21", 999),
        _order(ids["Bo"], "2026-02-01", 999, currency="EUR"),
        _order(None, "2026-02-01", 999),
    ]
    with writing(writer) as connection:
        connection.execute(
            insert(orders), [{**row, "order_number": f"V-{n}"} for n, row in enumerate(rows)]
        )
    return ids


def _order(customer_id: int | None, day: str, amount: float, **values: Any) -> dict[str, Any]:
    on = date.fromisoformat(day)
    return {
        "customer_id": customer_id, "channel": "web", "stage": "completed", "currency": "CNY",
        "ordered_on": on, "ordered_at": NOW.replace(year=on.year, month=on.month, day=on.day),
        "net_sales": Decimal(str(amount)), "campaign_id": None, **values,
    }  # fmt: skip


def add_score(database: Database, customer_id: int, **values: Any) -> None:
    row = {
        "customer_id": customer_id, "as_of_on": AS_OF, "currency": "CNY", "orders": 1,
        "orders_12m": 1, "first_ordered_on": AS_OF, "last_ordered_on": AS_OF,
        "net_sales": Decimal(1), "net_sales_12m": Decimal(1), "net_sales_prior_12m": Decimal(0),
        "categories": 1, "enquiries_90": 0, "enquiries_prior_90": 0, "recency_score": 5,
        "frequency_score": 1, "monetary_score": 1, "segment": "new", "rule_segment": "others",
        **values,
    }  # fmt: skip
    with writing(database.writer) as connection:
        connection.execute(insert(customer_scores), [row])


def manager(database: Database) -> Scope:
    return scope_of(database, "manager")


def test_the_cohorts_of_a_company_worked_by_hand(database: Database) -> None:
    add_company(database)
    scope = manager(database)
    months = sum_value_by_cohort(database.record, scope, CNY, AS_OF)
    assert months[["first_month", "customers", "orders", "net_sales"]].values.tolist() == [
        [month_of(date(2026, 1, 1)), 2, 5, 240],
        [month_of(date(2026, 3, 1)), 1, 2, 60],
        [month_of(date(2026, 4, 1)), 1, 2, 10],
    ]
    found = value_by_quarter(months, None)
    assert [cohort_name(each) for each in found["cohort"]] == ["2026-Q2", "2026-Q1"]
    assert found["customers"].tolist() == [1, 3]
    assert found["value_per_customer"].tolist() == [10, 100]
    assert found["predicted_value"].isna().all() and found["predicted_low"].isna().all()
    retention = retention_by_quarter(sum_retention(database.record, scope, CNY, AS_OF), AS_OF)
    cells = {
        (cohort_name(row.cohort), row.month_number):
            (row.customers, row.members, bool(row.is_complete))
        for row in retention.itertuples()
    }  # fmt: skip
    assert cells == {
        ("2026-Q1", 1): (2, 3, True),  # Ada in February, Cai in April
        ("2026-Q1", 2): (0, 3, False),  # Cai's May is not over
        ("2026-Q1", 3): (0, 2, False),  # Ada and Bo in April; Cai's June is to come
        ("2026-Q1", 4): (1, 2, False),  # Ada in May
        ("2026-Q2", 1): (1, 1, False),  # Dan in May
    }
    assert retention["rate"].tolist() == pytest.approx([2 / 3, 0, 0, 0.5, 1])


def test_the_repurchase_rate_worked_by_hand(database: Database) -> None:
    add_company(database)
    scope = manager(database)
    ends = (date(2026, 2, 15), AS_OF)
    later = (date(2027, 5, 1), date(2027, 5, 2))  # with Dan's last order, and a day too late
    years = sum_repurchase(database.record, scope, CNY, later)
    assert years[["customers", "repeaters"]].values.tolist() == [[2, 0], [1, 0]]
    found = add_repurchase_rates(sum_repurchase(database.record, scope, CNY, ends))
    assert found[["customers", "repeaters"]].values.tolist() == [[2, 1], [4, 3]]
    assert found["rate"].tolist() == [0.5, 0.75]
    by_source = sum_repurchase_by(database.record, scope, CNY, AS_OF, "source")
    rows = by_source[["name", "customers", "repeaters"]].values.tolist()
    assert rows[0] == ["Fair", 2, 1]
    assert sorted(rows[1:], key=str) == [["Search", 1, 1], [None, 1, 1]]
    by_channel = sum_repurchase_by(database.record, scope, CNY, AS_OF, "channel", "zh_CN")
    assert by_channel[["name", "customers", "repeaters", "previous_customers"]].values.tolist() == [
        ["网店", 4, 3, 0],
        ["Store", 1, 0, 0],
    ]
    by_region = sum_repurchase_by(database.record, scope, CNY, AS_OF, "region")
    assert by_region["customers"].tolist() == [3, 1]


def test_the_value_of_all_and_what_is_expected(database: Database) -> None:
    ids = add_company(database)
    scope = manager(database)
    before = sum_value_by_cohort(database.record, scope, CNY, AS_OF)
    assert before[["customers", "net_sales", "scored"]].sum().tolist() == [4, 310, 0]
    assert before["scored_on"].isna().all()
    money = {"predicted_low": Decimal(0), "predicted_high": Decimal("25.631")}
    add_score(database, ids["Ada"], expected_orders_12m=Decimal(4),
              predicted_value_12m=Decimal(10), **money)  # fmt: skip
    add_score(database, ids["Bo"], expected_orders_12m=Decimal("0.5"),
              predicted_value_12m=Decimal(20), predicted_low=Decimal(0),
              predicted_high=Decimal(0))  # fmt: skip
    add_score(database, ids["Cai"], currency="EUR", predicted_value_12m=Decimal(1000))
    found = sum_value_by_cohort(database.record, scope, CNY, AS_OF)
    value = found.iloc[0]
    assert (value["scored"], value["predicted_value"], value["expected_orders"]) == (2, 30, 4.5)
    # Ada's interval is 25.631 wide: 10²; Bo hardly ever orders: 20² ÷ 0.5
    assert value["variance"] == pytest.approx(100 + 800)
    assert found["scored"].tolist() == [2, 0, 0]
    quarters = value_by_quarter(found, 0.0)
    assert (quarters["predicted_low"].iloc[-1], quarters["predicted_high"].iloc[-1]) == (
        0, pytest.approx(30 + 1.2816 * 30)
    )  # fmt: skip
    low, high = interval_of_sum(30, 900, 0.0)
    assert (low, high) == (0, pytest.approx(30 + 1.2816 * 30))


def test_the_interval_of_many_is_narrower_than_the_sum_of_theirs_and_never_nothing() -> None:
    one = interval_of_sum(100.0, 50.0**2, 0.0)
    many = interval_of_sum(100.0 * 400, 400 * 50.0**2, 0.0)
    assert (many[1] - many[0]) / 40_000 == pytest.approx((one[1] - one[0]) / 100 / 20)
    both = interval_of_sum(100.0, 3.0**2, 0.04)  # of their own 3, of all together 4
    assert both == pytest.approx((100 - 5 * 1.2816, 100 + 5 * 1.2816))
    assert interval_of_sum(1000.0, 0.0, None) == pytest.approx((1000 - 128.16, 1000 + 128.16))


def test_who_brings_the_sales(database: Database) -> None:
    add_company(database)
    tenths = sum_sales_by_tenth(database.record, manager(database), CNY, AS_OF)
    assert tenths["net_sales"].tolist() == [210, 60, 30, 10]
    assert share_of_best(tenths) == pytest.approx(210 / 310)
    nobody = tenths.head(0)
    assert pd.isna(share_of_best(nobody))


def test_a_filter_chooses_customers(database: Database) -> None:
    add_company(database)
    scope = manager(database)
    for chosen, customers in (
        (ValueFilter(currency="CNY", sources=("Fair",)), 2),
        (ValueFilter(currency="CNY", region_ids=(99,)), 0),
        (ValueFilter(currency="EUR"), 1),
    ):
        found = sum_value_by_cohort(database.record, scope, chosen, AS_OF)["customers"].sum()
        assert found == customers, chosen


def test_a_rep_sees_own_customers_alone(database: Database) -> None:
    ids = add_company(database)
    rep = add(database.writer, "employees", name="Rep")
    mine = add(database.writer, "customers", name="Mine", owner_id=rep, consent="refused")
    with writing(database.writer) as connection:
        row = {**_order(mine, "2026-04-04", 7), "order_number": "MINE", "owner_id": rep}
        connection.execute(insert(orders), [row])
    for customer_id in (mine, ids["Ada"]):
        add_score(database, customer_id)
    scope = scope_of(database, "sales_rep", employee_id=rep)
    engine = database.record
    assert sum_value_by_cohort(engine, scope, CNY, AS_OF)["customers"].tolist() == [1]
    assert sum_sales_by_tenth(engine, scope, CNY, AS_OF)["customers"].tolist() == [1]
    assert sum_retention(engine, scope, CNY, AS_OF)["customers"].tolist() == [1]
    assert sum_repurchase(engine, scope, CNY, (AS_OF,))["customers"].tolist() == [1]
    days = days_of_cohort(month_of(date(2026, 4, 1)))
    listed = list_cohort_customers(engine, scope, CNY, days, as_of=AS_OF)
    assert listed["customer"].tolist() == ["Mine"]
    assert count_customer_features(engine, scope, CNY) == count_refusals(engine, scope, CNY) == 1
    assert not len(list_customer_features(engine, scope, CNY, for_contact=True, limit=9))
    kept = list_customer_features(engine, scope, CNY, for_contact=False, limit=9)
    assert kept["customer_id"].tolist() == [mine]
    assert "customer" not in kept and "phone" not in kept


def test_a_lead_counts_customers_of_the_region_whatever_orders_are_in_it(
    database: Database,
) -> None:
    add(database.writer, "channels", channel="web", name="Web")
    here, there = (add(database.writer, "regions", name=name) for name in ("Here", "There"))
    ours, theirs = (
        add(database.writer, "customers", name=f"C{place}", region_id=place)
        for place in (here, there)
    )
    rows = [{**_order(who, "2026-04-04", 7), "order_number": f"L-{who}", "region_id": here}
            for who in (ours, theirs)]  # fmt: skip
    with writing(database.writer) as connection:
        connection.execute(insert(orders), rows)
    lead, engine = scope_of(database, "sales_lead", region_ids=[here]), database.record
    assert sum_value_by_cohort(engine, lead, CNY, AS_OF)["customers"].tolist() == [1]
    assert sum_retention(engine, lead, CNY, AS_OF)["customers"].tolist() == [1]
    assert sum_repurchase(engine, lead, CNY, (AS_OF,))["customers"].tolist() == [1]


def test_the_customers_of_a_cohort_come_by_pages(database: Database) -> None:
    ids = add_company(database)
    add_score(database, ids["Bo"], predicted_value_12m=Decimal(9), silent_90=Decimal("0.5"),
              predicted_low=Decimal(4), predicted_high=Decimal(20))  # fmt: skip
    scope = manager(database)
    quarter = days_of_cohort(month_of(date(2026, 1, 1)))
    assert quarter == Period(date(2026, 1, 1), date(2026, 3, 31))
    named: list[str] = []
    after = None
    while True:
        page = list_cohort_customers(
            database.record, scope, CNY, quarter, as_of=AS_OF, sort="predicted_value",
            after=after, limit=1,
        )  # fmt: skip
        named += page["customer"].tolist()
        if named == ["Bo"]:
            assert page[["predicted_low", "predicted_high"]].values.tolist() == [[4, 20]]
        after = next_page(page)
        if after is None:
            break
    assert named[0] == "Bo" and sorted(named) == ["Ada", "Bo", "Cai"]


def test_contact_details_leave_as_the_role_may_read_them(database: Database) -> None:
    customer_id = add(database.writer, "customers", name="Ada", phone="13812345678",
                      email="ada@example.com", consent="granted")  # fmt: skip
    add_score(database, customer_id)
    for role, phone, email in (
        ("manager", "13812345678", "ada@example.com"),
        ("analyst", "138****5678", "a***"),
    ):
        scope = scope_of(database, role)
        found = list_customer_features(database.record, scope, CNY, for_contact=True, limit=9)
        assert (found["phone"].iloc[0], found["email"].iloc[0]) == (phone, email)


def test_refusals_are_left_out_and_counted(database: Database) -> None:
    for consent in ("granted", "refused", "unknown", "refused"):
        add(database.writer, "customers", name=f"{consent} consent", consent=consent)
    customers = manager(database).visible.customers
    listed = select(customers.c.name).where(customers.c.name.like("% consent"))
    with database.record.connect() as connection:
        names = connection.scalars(without_refusals(listed, customers)).all()
        assert connection.scalar(only_refusals(listed, customers)) == 2
    assert sorted(names) == ["granted consent", "unknown consent"]


def test_the_shared_error_is_that_of_the_last_refresh_that_knows_one(database: Database) -> None:
    scope = manager(database)
    assert find_shared_error(database.record, scope) == {"shared_error": None}
    facts = ('{"shared_error": 0.3}', '{"scores": {"shared_error": 0.07}}', "[1]", "no JSON",
             '{"shared_error": true}')  # fmt: skip
    with writing(database.writer) as connection:
        connection.execute(
            insert(refreshes),
            [{"what": "scores", "as_of_on": AS_OF, "version": 1, "state": "done",
              "started_at": NOW, "facts": each} for each in facts],
        )  # fmt: skip
    assert find_shared_error(database.record, scope) == {"shared_error": 0.07}


def test_pandas_says_the_same(database: Database) -> None:
    """Cohorts, retention and repurchase of 60 customers, worked out a second time."""
    chance = Random(5)
    ids = [add(database.writer, "customers", name=f"C{n}") for n in range(60)]
    add(database.writer, "channels", channel="web", name="Web")
    rows = [
        {**_order(chance.choice(ids), str(AS_OF - timedelta(days=chance.randrange(900))),
                  chance.randrange(1, 500)), "order_number": f"P-{n}"}
        for n in range(400)
    ]  # fmt: skip
    with writing(database.writer) as connection:
        connection.execute(insert(orders), rows)
    bought = pd.DataFrame(rows)
    bought["month"] = [month_of(day) for day in bought["ordered_on"]]
    bought["first_month"] = bought.groupby("customer_id")["month"].transform("min")
    bought["month_number"] = bought["month"] - bought["first_month"]
    expected = bought.groupby(["first_month", "month_number"])["customer_id"].nunique()
    scope, engine = manager(database), database.record
    found = sum_retention(engine, scope, CNY, AS_OF).set_index(["first_month", "month_number"])
    assert found["customers"].to_dict() == expected.to_dict()
    year = bought[bought["ordered_on"] > AS_OF - timedelta(days=365)]
    counts = year.groupby("customer_id").size()
    (now,) = sum_repurchase(engine, scope, CNY, (AS_OF,)).to_dict("records")
    assert (now["customers"], now["repeaters"]) == (len(counts), int((counts >= 2).sum()))
    sales = year.assign(net_sales=year["net_sales"].astype(float)).groupby("customer_id")
    best = sales["net_sales"].sum().sort_values(ascending=False)
    tenths = sum_sales_by_tenth(engine, scope, CNY, AS_OF)
    assert tenths["customers"].sum() == len(best)
    size = int(tenths["customers"].iloc[0])
    assert tenths["net_sales"].iloc[0] == pytest.approx(best.head(size).sum())


def test_the_heat_map_marks_what_is_not_over() -> None:
    cells = pd.DataFrame(
        {"cohort": [24312, 24312], "month_number": [1, 2], "customers": [1, 1], "members": [4, 4],
         "rate": [0.25, 0.25], "is_complete": [True, False]}
    )  # fmt: skip
    drawn = retention_heat(cells, cohorts=[24312], names=["2026-Q1"], most=3)
    assert [list(row) for row in drawn.data[0].text] == [["25", "25*", ""]]
    assert "1 of 4 customers" in drawn.data[0].customdata[0][1]


def test_years_end_with_quarters_and_today() -> None:
    assert ends_of_years(AS_OF, 2) == (date(2026, 3, 31), AS_OF)
    assert len(ends_of_years(AS_OF, 9)) == 9
