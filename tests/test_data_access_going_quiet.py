"""Who goes quiet, counted and listed by hand-made scores, on each engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import insert, select

from data_access.database import Database, writing
from data_access.going_quiet import (
    QuietFilter,
    find_last_scoring,
    list_going_quiet,
    sum_going_quiet,
    sum_reasons_for_leaving,
)
from data_access.keyset import next_page
from data_access.tables import customer_scores, refreshes
from tests.crm import NOW, add, add_order, scope_of

TODAY = date(2026, 11, 23)
QUIET = QuietFilter(currency="JPY")  # the noise buys in other currencies


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def add_score(database: Database, customer_id: int, *, last: int, **values: Any) -> None:
    """The score of a customer who ordered last so many days ago."""
    row = {
        "customer_id": customer_id, "as_of_on": ago(1), "currency": "JPY", "orders": 4,
        "orders_12m": 2, "first_ordered_on": ago(last + 300), "last_ordered_on": ago(last),
        "usual_gap_days": 30, "net_sales": 900, "net_sales_12m": 400, "net_sales_prior_12m": 500,
        "categories": 1, "enquiries_90": 0, "enquiries_prior_90": 0, "recency_score": 3,
        "frequency_score": 3, "monetary_score": 3, "segment": "loyal", "rule_segment": "others",
        "silent_30": 0.9, "silent_90": 0.5, "silent_180": 0.3, "value_at_risk_90": 10,
        "drivers": "overdue", **values,
    }  # fmt: skip
    with writing(database.writer) as connection:
        connection.execute(insert(customer_scores), [row])


@dataclass
class Crm:
    database: Database

    def __post_init__(self) -> None:
        writer = self.database.writer
        self.north, self.south = (add(writer, "regions", name=name) for name in ("North", "South"))
        self.rep = add(writer, "employees", name="Ding", region_id=self.north)
        self.ids = [
            add(writer, "customers", name=name, region_id=region, owner_id=owner)
            for name, region, owner in (
                ("Faithful", self.north, self.rep), ("Fading", self.north, self.rep),
                ("Lost", self.south, None), ("Back", self.south, None),
            )
        ]  # fmt: skip
        faithful, fading, lost, back = self.ids
        score = self.database
        add_score(score, faithful, last=5, silent_90=0.1, value_at_risk_90=1,
                  enquiries_90=2, enquiries_prior_90=2)  # fmt: skip
        add_score(score, fading, last=60, silent_90=0.8, value_at_risk_90=80, drivers="overdue",
                  enquiries_90=1, enquiries_prior_90=3)  # fmt: skip
        add_score(score, lost, last=200, silent_90=0.95, value_at_risk_90=40, enquiries_prior_90=1)
        add_score(score, back, last=150, silent_90=0.9, value_at_risk_90=99)
        add_order(score, customer_id=back, ordered_on=TODAY, currency="JPY")

    def sums(self, scope: Any, quiet: QuietFilter = QUIET) -> dict[str, Any]:
        frame = sum_going_quiet(self.database.analytics, scope, TODAY, quiet)
        return {str(name): value for name, value in frame.iloc[0].items()}

    def names(self, scope: Any, quiet: QuietFilter = QUIET, **named: Any) -> list[str]:
        found = list_going_quiet(self.database.analytics, scope, TODAY, quiet, **named)
        return found["customer"].tolist()


@pytest.fixture
def crm(database: Database) -> Crm:
    return Crm(database)


def test_the_score_and_the_rule_are_counted_apart_and_together(crm: Crm) -> None:
    found = crm.sums(scope_of(crm.database, "manager"))
    assert (found["customers"], found["likely"], found["ruled"], found["both"]) == (3, 2, 1, 1)
    assert found["expected"] == pytest.approx(0.1 + 0.8 + 0.95)
    assert (found["value_at_risk"], found["likely_value_at_risk"]) == (121, 120)
    assert found["falling"] == 1 and found["done"] == 0
    sooner = crm.sums(scope_of(crm.database, "manager"), QuietFilter(
        currency="JPY", threshold_days=60, horizon_days=30, chance_from=0.95))  # fmt: skip
    assert (sooner["ruled"], sooner["likely"]) == (2, 0)


def test_both_limits_count_who_stands_on_them(crm: Crm) -> None:
    boss = scope_of(crm.database, "manager")
    for days, chance, ruled, likely in ((60, 0.8, 2, 2), (61, 0.81, 1, 1)):
        quiet = QuietFilter(currency="JPY", threshold_days=days, chance_from=chance)
        found = crm.sums(boss, quiet)
        assert (found["ruled"], found["likely"]) == (ruled, likely)
        reasons = sum_reasons_for_leaving(crm.database.analytics, boss, TODAY, quiet)
        assert reasons.set_index("state")["customers"].to_dict() == (
            {"quiet": 3} if days == 60 else {"active": 1, "quiet": 2}
        )


def test_who_ordered_nothing_for_a_year_is_lost_and_not_going(crm: Crm) -> None:
    boss = scope_of(crm.database, "manager")
    gone = add(crm.database.writer, "customers", name="Gone")
    add_score(crm.database, gone, last=400, orders_12m=0, silent_90=0.99)
    assert crm.sums(boss)["customers"] == 3 and "Gone" not in crm.names(boss, view="all")


def test_money_of_several_currencies_is_not_added_up(crm: Crm) -> None:
    boss = scope_of(crm.database, "manager")
    abroad = add(crm.database.writer, "customers", name="Abroad")
    add_score(crm.database, abroad, last=70, silent_90=0.8, value_at_risk_90=7, currency="EUR")
    found = crm.sums(boss, QuietFilter())
    assert found["likely"] >= 3
    assert pd.isna(found["value_at_risk"]) and pd.isna(found["likely_value_at_risk"])
    assert crm.sums(boss, QuietFilter(currency="EUR"))["likely_value_at_risk"] == 7


def test_who_has_ordered_since_is_not_named(crm: Crm) -> None:
    boss = scope_of(crm.database, "manager")
    assert crm.names(boss, view="all") == ["Fading", "Lost", "Faithful"]


def test_lists_have_most_at_risk_first_and_go_on_page_by_page(crm: Crm) -> None:
    boss, engine = scope_of(crm.database, "manager"), crm.database.analytics
    assert crm.names(boss) == ["Fading", "Lost"]
    assert crm.names(boss, sort="last_ordered_on", descending=False) == ["Lost", "Fading"]
    assert crm.names(boss, view="rule") == ["Lost"]
    assert crm.names(boss, view="enquiries") == ["Fading"]
    first = list_going_quiet(engine, boss, TODAY, QUIET, limit=1)
    assert first[["days_silent", "rep", "region"]].values.tolist() == [[60, "Ding", "North"]]
    assert crm.names(boss, limit=1, after=next_page(first)) == ["Lost"]
    region = QuietFilter(currency="JPY", region_ids=(crm.south,))
    assert crm.names(boss, region) == ["Lost"] and crm.sums(boss, region)["customers"] == 1


def test_a_rep_counts_own_customers_alone(crm: Crm) -> None:
    rep = scope_of(crm.database, "sales_rep", employee_id=crm.rep)
    assert crm.sums(rep)["customers"] == 2
    assert crm.names(rep, view="all") == ["Fading", "Faithful"]
    stranger = scope_of(crm.database, "sales_rep", employee_id=add(
        crm.database.writer, "employees"))  # fmt: skip
    assert crm.sums(stranger)["customers"] == 0 and crm.names(stranger, view="all") == []


def test_who_was_acted_upon_is_off_the_list_for_a_month(crm: Crm) -> None:
    boss, writer = scope_of(crm.database, "manager"), crm.database.writer
    at = datetime(2026, 11, 20, 3)
    for customer_id, days in ((crm.ids[1], 0), (crm.ids[2], 28)):  # on October 23
        add(writer, "reminders", customer_id=customer_id, cause="silent", action="call",
            state="done", recorded_at=at - timedelta(days=days))  # fmt: skip
    add(writer, "reminders", customer_id=crm.ids[2], cause="care", action="visit", state="done",
        recorded_at=at)  # fmt: skip
    found = crm.sums(boss)
    assert (found["likely"], found["likely_open"], found["done"]) == (2, 1, 1)
    assert crm.names(boss) == ["Lost"] and crm.names(boss, view="done") == ["Fading"]
    done = list_going_quiet(crm.database.analytics, boss, TODAY, QUIET, view="done").iloc[0]
    assert (done["done_action"], done["done_state"]) == ("call", "done")
    everybody = list_going_quiet(crm.database.analytics, boss, TODAY, QUIET, view="all")
    last = everybody.set_index("customer")["done_action"]
    assert (last["Lost"], last["Fading"]) == ("call", "call")  # not the visit for another cause


def test_what_went_before_is_told_of_the_last_order(crm: Crm) -> None:
    database, boss = crm.database, scope_of(crm.database, "manager")
    _faithful, fading, lost, _back = crm.ids
    late = add_order(database, customer_id=lost, ordered_on=ago(200), promised_on=ago(195),
                     completed_on=ago(190))  # fmt: skip
    add_order(database, customer_id=fading, ordered_on=ago(60), promised_on=ago(50),
              completed_on=ago(55))  # fmt: skip
    add_order(
        database, customer_id=fading, ordered_on=ago(90), promised_on=ago(88), completed_on=ago(70)
    )  # fmt: skip  late, but not the last
    add(database.writer, "feedback", customer_id=lost, order_id=late, kind="complaint",
        state="new", created_at=datetime(2026, 5, 15))  # fmt: skip
    found = sum_reasons_for_leaving(database.analytics, boss, TODAY, QUIET)
    rows = found.set_index("state").to_dict("index")
    assert rows["quiet"] == {"customers": 2, "late": 1, "returned": 0, "complained": 1,
                             "any_reason": 1}  # fmt: skip
    assert rows["active"]["customers"] == 1 and rows["active"]["any_reason"] == 0


def test_the_last_scoring_that_was_done_is_told(crm: Crm) -> None:
    boss = scope_of(crm.database, "manager")
    assert find_last_scoring(crm.database.record, boss) == {}
    with writing(crm.database.writer) as connection:
        for what, state, facts in (
            ("scores", "done", "old"),
            ("scores", "done", "new"),
            ("scores", "failed", None),
            ("rebuy", "done", "other"),
        ):
            connection.execute(insert(refreshes).values(
                what=what, state=state, facts=facts, as_of_on=TODAY, version=1,
                started_at=datetime(2026, 11, 23)))  # fmt: skip
    assert find_last_scoring(crm.database.record, boss)["facts"] == "new"
    assert find_last_scoring(crm.database.record, scope_of(crm.database, "warehouse")) == {}


def test_only_who_sees_every_customer_reads_how_many_there_were(crm: Crm) -> None:
    record = crm.database.record
    add(crm.database.writer, "refreshes", what="scores", state="done", facts="learnt", version=1,
        details="learnt of 4711", row_count=4711, as_of_on=TODAY, started_at=NOW)  # fmt: skip
    for role in ("admin", "manager", "analyst", "sales_lead", "sales_rep"):
        scope = scope_of(crm.database, role)
        sees_all = role not in ("sales_lead", "sales_rep")
        told = find_last_scoring(record, scope)["facts"]
        assert told == ("learnt of 4711" if sees_all else "learnt"), role
        with record.connect() as connection:
            (row,) = connection.execute(select(scope.visible.refreshes)).mappings()
        assert ("4711" in str(dict(row))) == sees_all, role
