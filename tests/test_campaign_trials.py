"""Customers held out of a campaign: by hash and nobody's choice, in balance, with the same test and
the same alarm as the list of calls."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select, update

from dashboard.analytics.experiments import Arm, compare_arms, follow_trial
from dashboard.call_effect import told
from dashboard.campaign_trials import WORDS
from dashboard.texts import in_language
from data_access.campaign_trials import (
    list_campaign_customers,
    list_campaigns_to_try,
    list_trials,
    sum_campaign_effect,
)
from data_access.database import Database, writing
from data_access.divisions import Division
from data_access.edits.campaign_trials import TrialRefused, extend_trial, start_trial
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import new_request_id
from data_access.holding_out import is_held_out_of_campaign
from data_access.tables import audit, campaign_customers, customers, properties
from tests.browsing import Browser, says
from tests.crm import add, add_order
from tests.exported import Buttons, read_csv
from tests.scored import Scored, add_small_customers, score_shop

NOW = datetime(2026, 11, 23, 4, 0)
TODAY = date(2026, 11, 23)
LOST = Division(groups=(111,))


@pytest.fixture
def scored(database: Database) -> Scored:
    return with_campaign(database)


def with_campaign(database: Database) -> Scored:
    found = score_shop(database)
    add_small_customers(found, 40)
    with writing(database.writer) as connection:
        refused = customers.c.name.in_(("Small 0", "Small 1"))
        connection.execute(update(customers).where(refused).values(consent="refused"))
    add(database.writer, "campaigns", name="Fair", name_zh="展会", currency="CNY",
        starts_on=TODAY)  # fmt: skip
    return found


def campaign_of(scored: Scored) -> int:
    found = list_campaigns_to_try(scored.database.record, scored.scopes["manager"], TODAY)
    return int(found["campaign_id"].iloc[0])


def start(scored: Scored, role: str = "manager", division: Division = LOST, **asked: Any) -> Any:
    values = {"held_out_rate": 0.5, "within_days": 28, "request_id": new_request_id(), "now": NOW}
    values = {"campaign_id": asked.pop("campaign_id", 0) or campaign_of(scored), **values, **asked}
    return start_trial(
        scored.database.writer, scored.scopes[role], division=division, **values
    ).values  # fmt: skip


def part(scored: Scored) -> dict[int, bool]:
    with scored.database.record.connect() as connection:
        rows = connection.execute(select(campaign_customers)).all()
    return {row.customer_id: bool(row.is_held_out) for row in rows}


def test_everybody_who_may_be_contacted_is_assigned_by_the_hash(scored: Scored) -> None:
    campaign_id = campaign_of(scored)
    done = start(scored)
    found = part(scored)
    assert done["customers"] == len(found) == 39  # 38 small ones and Eva; two refuse
    assert done["held_out"] == sum(found.values())
    with scored.database.record.connect() as connection:
        database_id = connection.scalar(
            select(properties.c.value).where(properties.c.name == "database_id")
        )
        logged = connection.execute(select(audit).where(audit.c.action == "start_trial")).all()
    expected = {
        each: is_held_out_of_campaign(str(database_id), campaign_id, each, 0.5) for each in found
    }
    assert found == expected and 8 < sum(found.values()) < 31
    assert [row.table_name for row in logged] == ["campaign_trials"]
    assert json.loads(logged[0].after)["within_days"] == 28
    record, scopes = scored.database.record, scored.scopes
    row = list_trials(record, scopes["manager"]).iloc[0]
    assert (row["campaign"], row["customers"], row["held_out"]) == ("Fair", 39, done["held_out"])
    assert list_campaigns_to_try(record, scopes["manager"], TODAY).empty
    # the list leaves out who is held out, and who has refused since
    first = next(each for each, is_out in found.items() if not is_out)
    with writing(scored.database.writer) as connection:
        connection.execute(
            update(customers).where(customers.c.customer_id == first).values(consent="refused")
        )
    listed = list_campaign_customers(record, scopes["manager"], int(row["campaign_trial_id"]),
                                     limit=500)  # fmt: skip
    assert set(listed["customer_id"]) == {each for each, is_out in found.items() if not is_out} - {
        first
    }
    for role, count in (("sales_lead", 1), ("sales_rep", 0)):  # Eva is of the south
        assert list_trials(record, scopes[role])["customers"].tolist() == [count]
        assert sum_campaign_effect(record, scopes[role], TODAY)["assigned"].sum() == count


def test_the_split_is_balanced_over_many_customers_and_anew_for_each_campaign() -> None:
    first, second = (
        [is_held_out_of_campaign("db", campaign, each, 0.2) for each in range(20_000)]
        for campaign in (1, 2)
    )
    for split in (first, second):
        assert abs(sum(split) / 20_000 - 0.2) < 0.01
    both = sum(one and other for one, other in zip(first, second, strict=True))
    assert abs(both / 20_000 - 0.04) < 0.006  # nobody is held out of all


def test_who_comes_later_is_added_and_nobody_changes_sides(scored: Scored) -> None:
    trial = start(scored)["campaign_trial_id"]
    before = part(scored)
    asked = {"seen_version": 1, "now": NOW + timedelta(days=3)}
    with pytest.raises(TrialRefused) as refused:
        extend(scored, trial, **asked)
    assert refused.value.reason == "nobody_new"
    add_small_customers(scored, 10)
    assert extend(scored, trial, **asked)["customers"] == 10
    after = part(scored)
    assert len(after) == 49 and {each: after[each] for each in before} == before
    with pytest.raises(TrialRefused) as refused:
        extend(scored, trial, **asked)
    assert refused.value.reason == "changed"
    effect = sum_campaign_effect(scored.database.record, scored.scopes["manager"], TODAY)
    assert effect.groupby("step")["assigned"].sum().tolist() == [39, 10]


def extend(scored: Scored, trial: int, role: str = "manager", **asked: Any) -> Any:
    return extend_trial(
        scored.database.writer, scored.scopes[role], trial, request_id=new_request_id(), **asked
    ).values


def test_what_is_refused_assigns_nobody(scored: Scored) -> None:
    for role in ("sales_lead", "sales_rep", "analyst", "support"):
        with pytest.raises(RightRefused):
            start(scored, role)
        with pytest.raises(RightRefused):
            extend(scored, 1, role, seen_version=1)
    for asked in ({"held_out_rate": 0.9}, {"within_days": 0}):
        with pytest.raises(FieldsRefused):
            start(scored, **asked)
    over = add(scored.database.writer, "campaigns", name="Old", currency="CNY",
               ends_on=TODAY - timedelta(days=1))  # fmt: skip
    nobody = Division(groups=(322,))
    for reason, asked in (("no_campaign", {"campaign_id": 999}), ("over", {"campaign_id": over}),
                          ("nobody", {"division": nobody})):  # fmt: skip
        with pytest.raises(TrialRefused) as refused:
            start(scored, **asked)
        assert refused.value.reason == reason
    assert part(scored) == {}
    campaign_id = campaign_of(scored)
    start(scored, campaign_id=campaign_id)
    with pytest.raises(TrialRefused) as refused:
        start(scored, campaign_id=campaign_id)
    assert refused.value.reason == "tried"


def test_the_effect_counts_orders_within_the_days_by_hand(scored: Scored) -> None:
    start(scored, within_days=10)
    sides = part(scored)
    treated = [each for each, is_out in sides.items() if not is_out]
    held_out = [each for each, is_out in sides.items() if is_out]
    for customer_id, days in ((treated[0], 1), (treated[1], 10), (treated[2], 11), (treated[3], 0),
                              (held_out[0], 5)):  # fmt: skip
        add_order(scored.database, customer_id=customer_id,
                  ordered_on=TODAY + timedelta(days=days))  # fmt: skip
    add_order(scored.database, customer_id=treated[4], ordered_on=TODAY + timedelta(days=2),
              stage="cancelled")  # fmt: skip
    manager, record = scored.scopes["manager"], scored.database.record
    early = sum_campaign_effect(record, manager, TODAY + timedelta(days=9))
    assert early["customers"].sum() == early["bought"].sum() == 0
    found = sum_campaign_effect(record, manager, TODAY + timedelta(days=10))
    by_side = found.set_index("is_held_out")
    assert by_side.loc[0, ["assigned", "customers", "bought"]].tolist() == [
        len(treated), len(treated), 2,
    ]  # fmt: skip
    assert by_side.loc[1, ["customers", "bought"]].tolist() == [len(held_out), 1]
    last = follow_trial(found, 0.5).iloc[-1]
    expected = compare_arms(Arm(len(treated), 2), Arm(len(held_out), 1))
    assert (last["low"], last["high"]) == pytest.approx((expected.low, expected.high))
    assert not last["is_broken"]


def test_it_is_told_as_the_list_of_calls_is() -> None:
    names = ["step", "is_held_out", "assigned", "customers", "bought"]

    def steps(*rows: tuple[int, ...]) -> pd.DataFrame:
        return pd.DataFrame(list(rows), columns=names)

    sure = told(steps((1, 0, 800, 800, 400), (1, 1, 200, 200, 40)), 0.2, 28, WORDS)
    assert "50.0% of 800 customers of the campaign ordered within 28 days, 20.0% of 200" in sure
    assert "**The campaign brings +30.0 points**" in sure
    broken = told(steps((1, 0, 800, 0, 0), (1, 1, 200, 0, 0)), 0.5, 28, WORDS)
    assert "The split is not as it should be" in broken and "20.0% instead of 50.0%" in broken
    assert told(steps(), 0.2, 28, WORDS) == "Nobody takes part yet."


def test_a_manager_starts_a_trial_on_the_page_of_segments(
    monkeypatch: pytest.MonkeyPatch, sqlite_database: Database
) -> None:
    buttons = Buttons(monkeypatch)
    scored = with_campaign(sqlite_database)
    browser = Browser(monkeypatch, sqlite_database)
    browser.sign_in(scored.scopes["manager"].user_id)
    tab = browser.open("segments", segment="lost")
    tab.segmented_control(key="segments_more").set_value("trials").run()
    assert says(tab, "No campaign has held-out customers yet.") and not tab.exception
    tab.selectbox(key="trial_rate").set_value(0.2)
    next(each for each in tab.button if each.label == "Assign customers").click().run()
    assert not tab.exception
    assert any("customers assigned" in each.value for each in tab.success)
    assert says(tab, "**Fair**") and says(tab, "Too few to tell yet")
    file = read_csv(buttons.click("campaign_customers"))
    treated = [each for each, is_out in part(scored).items() if not is_out]
    assert len(file.rows) == len(treated) < 39
    browser.sign_in(scored.scopes["sales_lead"].user_id)
    tab = browser.open("segments", locale="zh-CN")
    with in_language("zh_CN"):
        tab.segmented_control(key="segments_more").set_value("trials").run()
    assert says(tab, "展会") and says(tab, "共 1 位客户")
    assert not [each for each in tab.button if each.label == "分配客户"]
