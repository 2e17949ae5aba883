"""Adjustments by hand are named, bounded and removable; what is published stays and is scored."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, insert, select, update

from data_access.database import Database, writing
from data_access.edits import forecasts as edits
from data_access.edits import publishing
from data_access.edits.fields import FieldsRefused
from data_access.edits.forecasts import (
    ForecastRefused,
    adjust_forecast,
    change_adjustment,
    remove_adjustment,
)
from data_access.edits.publishing import publish_forecast
from data_access.edits.rights import FORECAST_RIGHTS, RightRefused
from data_access.edits.undoing import UndoRefused, undo_change
from data_access.errors import NotFound
from data_access.forecast_adjustments import (
    list_adjusted_periods,
    list_adjustment_effects,
    list_adjustments,
)
from data_access.forecast_ledger import (
    find_published_forecast,
    list_published_forecasts,
    list_published_scores,
    list_published_values,
)
from data_access.forecast_series import NO_REGION, SeriesFilter
from data_access.forecasts import (
    CUTS,
    find_forecast_progress,
    find_last_forecast_run,
    list_forecast_parts,
    list_forecast_periods,
)
from data_access.policy import Role
from data_access.tables import (
    audit,
    forecast_values,
    forecasts,
    published_forecast_values,
    published_forecasts,
    refreshes,
)
from data_access.verifying import verify_log
from tests.crm import NOW, add, add_order, scope_of
from tests.forecasted import Shop

TODAY = date(2026, 11, 23)
MONTHS = (date(2026, 11, 1), date(2026, 12, 1))
WEEKS = tuple(date(2026, 11, 23) + timedelta(days=7 * place) for place in range(4))
# what each is expected to sell: of the north 100 a day, of the south 300; a quarter by store
VALUES = {"north": 100, "south": 300}


@pytest.fixture
def shop(database: Database) -> Shop:
    """Forecasts by hand, of 28 days, four weeks and two months."""
    writer = database.writer
    region_ids = {name: add(writer, "regions", code=name, name=name) for name in VALUES}
    with writing(writer) as connection:
        run = connection.scalars(
            insert(refreshes)
            .values(what="forecasts", as_of_on=TODAY, version=7, state="done", started_at=NOW,
                    finished_at=NOW, facts="{}")
            .returning(refreshes.c.refresh_id)
        ).one()  # fmt: skip
        for level, name, daily in (
            ("company", None, sum(VALUES.values())), *(("region", *each) for each in VALUES.items())
        ):  # fmt: skip
            region_id = region_ids[name] if name else None
            for split, channel, share in (
                ("total", None, 1.0), ("channel", "web", 0.75), ("channel", "store", 0.25)
            ):  # fmt: skip
                _write(connection, run, level, region_id, split, channel, daily * share)
    scopes = {
        role: scope_of(database, role, name=role.title())
        for role in ("admin", "manager", "analyst", "sales_rep", "finance", "support", "warehouse")
    }
    scopes["sales_lead"] = scope_of(
        database, "sales_lead", name="Lea", region_ids=[region_ids["north"]]
    )
    return Shop(database, region_ids, {}, scopes)


def _write(
    connection: Any, run: int, level: str, region_id: int | None, split: str, channel: str | None,
    daily: float,
) -> None:  # fmt: skip
    periods = {
        "day": [(TODAY + timedelta(days=place), 1) for place in range(28)],
        "week": [(day, 7) for day in WEEKS],
        "month": [(MONTHS[0], 30), (MONTHS[1], 31)],
    }
    for grain, starts in periods.items():
        forecast_id = connection.scalars(
            insert(forecasts)
            .values(
                refresh_id=run, measure="net_sales", grain=grain, level=level, region_id=region_id,
                split=split, channel=channel, currency="CNY", first_on=date(2026, 1, 1),
                origin_on=starts[0][0] - timedelta(days=1), member="theta",
                accuracy='{"wape": 0.2}', notes="[]", shared_error=0.5,
            )
            .returning(forecasts.c.forecast_id)
        ).one()  # fmt: skip
        for step, (day, days) in enumerate(starts, start=1):
            value = daily * days
            connection.execute(
                insert(forecast_values).values(
                    forecast_id=forecast_id, step=step, period_on=day, naive=value * 0.5,
                    value=value, low_80=value * 0.9, high_80=value * 1.1, low_95=value * 0.8,
                    high_95=value * 1.2,
                )
            )  # fmt: skip


def adjust(shop: Shop, role: str = "analyst", series: SeriesFilter | None = None, **values: Any):  # type: ignore[no-untyped-def]
    said: dict[str, Any] = {
        "name": "Fair", "reason": "A trade fair in town", "start_on": TODAY,
        "end_on": TODAY + timedelta(days=6), "request_id": f"r{len(_requests)}", "now": NOW,
        **values,
    }  # fmt: skip
    _requests.append(said)
    if "amount" not in said:
        said.setdefault("change_rate", Decimal("0.1"))
    return adjust_forecast(shop.database.writer, shop.scopes[role], series or north(shop), **said)


_requests: list[Any] = []


def north(shop: Shop, **values: Any) -> SeriesFilter:
    return SeriesFilter(**{"region_ids": (shop.region_ids["north"],), **values})


def changes(shop: Shop, series: SeriesFilter, role: str = "manager") -> list[float]:
    periods = list_adjusted_periods(shop.database.record, shop.scopes[role], series)
    assert periods["adjusted"].tolist() == pytest.approx(
        (periods["value"] + periods["adjustment"]).tolist()
    )
    return periods["adjustment"].round(2).tolist()  # type: ignore[no-any-return]


def test_a_share_changes_its_days_and_what_holds_of_longer_periods(shop: Shop) -> None:
    adjust(shop, start_on=TODAY + timedelta(days=3), end_on=TODAY + timedelta(days=9))
    assert changes(shop, north(shop)) == [0.0] * 3 + [10.0] * 7 + [0.0] * 18
    assert changes(shop, north(shop, grain="week")) == [40.0, 30.0, 0.0, 0.0]
    assert changes(shop, north(shop, grain="month")) == [pytest.approx(50.0), pytest.approx(20.0)]


def test_an_amount_is_that_of_the_whole_span(shop: Shop) -> None:
    adjust(shop, amount=Decimal("-70"), end_on=TODAY + timedelta(days=13))
    assert changes(shop, north(shop)) == [-5.0] * 14 + [0.0] * 14
    assert changes(shop, north(shop, grain="week")) == [-35.0, -35.0, 0.0, 0.0]


def test_a_region_changes_the_company_and_its_parts_add_up(shop: Shop) -> None:
    adjust(shop)
    everything = SeriesFilter(grain="week")
    assert changes(shop, everything)[:2] == [70.0, 0.0]
    parts = [
        changes(shop, SeriesFilter(grain="week", split="channel", part=part))[0]
        for part in ("web", "store")
    ]
    assert parts == [52.5, 17.5]
    south = SeriesFilter(grain="week", region_ids=(shop.region_ids["south"],))
    assert changes(shop, south) == [0.0] * 4


def test_a_part_changes_its_total_and_no_other_part(shop: Shop) -> None:
    store = north(shop, split="channel", part="store")
    adjust(shop, series=store, change_rate=Decimal("0.4"))
    assert changes(shop, north(shop, split="channel", part="store", grain="week"))[0] == 70.0
    assert changes(shop, north(shop, split="channel", part="web", grain="week"))[0] == 0.0
    assert changes(shop, north(shop, grain="week"))[0] == 70.0
    assert changes(shop, SeriesFilter(grain="week"))[0] == 70.0
    assert changes(shop, SeriesFilter(grain="week", measure="units")) == []


def test_the_company_s_own_adjustment_is_not_divided_among_regions(shop: Shop) -> None:
    adjust(shop, "manager", SeriesFilter(), change_rate=Decimal("-0.05"))
    assert changes(shop, SeriesFilter(grain="week"))[0] == -140.0
    assert changes(shop, north(shop, grain="week"))[0] == 0.0
    assert changes(shop, SeriesFilter(grain="week", split="channel", part="store"))[0] == -35.0
    assert not len(list_adjustments(shop.database.record, shop.scopes["sales_lead"],
                                    SeriesFilter()))  # fmt: skip


def test_the_forecast_itself_is_never_changed(shop: Shop) -> None:
    before = list_forecast_periods(shop.database.record, shop.scopes["manager"], north(shop))
    done = adjust(shop)
    after = list_forecast_periods(shop.database.record, shop.scopes["manager"], north(shop))
    pd.testing.assert_frame_equal(before, after)
    remove_adjustment(shop.database.writer, shop.scopes["analyst"], done.values["adjustment_id"],
                      seen_version=1, request_id="gone", now=NOW)  # fmt: skip
    assert changes(shop, north(shop)) == [0.0] * 28


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"change_rate": Decimal("0.51")}, "too_large"),
        ({"change_rate": Decimal("-0.51")}, "too_small"),
        ({"change_rate": Decimal("NaN")}, "no_number"),
        ({"change_rate": 0}, "unchanged"),
        ({"amount": Decimal("350.01")}, "too_much"),
        ({"amount": Decimal("-350.01")}, "too_much"),
        ({"amount": 1, "change_rate": Decimal("0.1")}, "one_size"),
        ({"name": " "}, "required"),
        ({"reason": ""}, "required"),
        ({"reason": "x" * 301}, "too_long"),
        ({"name": "a\x00b"}, "not_written"),
        ({"start_on": TODAY - timedelta(days=1)}, "day_passed"),
        ({"end_on": TODAY - timedelta(days=1)}, "day_passed"),
        ({"end_on": date(2027, 1, 1)}, "too_far"),
        ({"end_on": "tomorrow"}, "no_day"),
    ],
)
def test_an_adjustment_is_bounded_in_time_and_size(
    shop: Shop, values: dict[str, Any], reason: str
) -> None:
    with pytest.raises((FieldsRefused, ForecastRefused)) as refused:
        adjust(shop, **values)
    fields = getattr(refused.value, "fields", {}).values()
    assert reason in {refused.value.reason, *(each.reason for each in fields)}
    assert changes(shop, north(shop)) == [0.0] * 28


def test_several_adjustments_together_are_bounded_as_one(shop: Shop) -> None:
    adjust(shop, change_rate=Decimal("0.3"))
    adjust(shop, amount=Decimal(140))  # a fifth of 700
    with pytest.raises(ForecastRefused, match="at most 50 %; this would make it 51 %"):
        adjust(shop, change_rate=Decimal("0.01"))
    adjust(shop, change_rate=Decimal("-0.1"))
    adjust(shop, start_on=TODAY + timedelta(days=7), end_on=TODAY + timedelta(days=8),
           change_rate=Decimal("0.5"))  # fmt: skip
    assert changes(shop, north(shop))[:9] == [40.0] * 7 + [50.0] * 2


@pytest.mark.parametrize("role", ["sales_rep", "finance", "support", "warehouse"])
def test_others_may_not(shop: Shop, role: str) -> None:
    with pytest.raises(RightRefused):
        adjust(shop, role)
    with pytest.raises(RightRefused):
        publish_forecast(shop.database.writer, shop.scopes[role], north(shop), request_id="x")


def test_a_lead_adjusts_and_publishes_own_regions_alone(shop: Shop) -> None:
    adjust(shop, "sales_lead")
    writer, lead = shop.database.writer, shop.scopes["sales_lead"]
    south = (shop.region_ids["south"],)
    for region_ids in (south, (), (NO_REGION,), (*south, shop.region_ids["north"])):
        series = SeriesFilter(region_ids=region_ids)
        with pytest.raises(ForecastRefused, match="Choose one region"):
            adjust(shop, "sales_lead", series)
        with pytest.raises(ForecastRefused):
            publish_forecast(writer, lead, series, request_id=f"p{region_ids}")
    publish_forecast(writer, lead, north(shop), request_id="p", now=NOW)
    theirs = adjust(shop, "manager", SeriesFilter(region_ids=south))
    with pytest.raises(ForecastRefused) as refused:
        remove_adjustment(writer, lead, theirs.values["adjustment_id"], seen_version=1,
                          request_id="z")  # fmt: skip
    assert refused.value.reason == "gone"


def test_the_sheet_of_rights_says_so() -> None:
    planners = {Role.ADMIN, Role.MANAGER, Role.ANALYST, Role.SALES_LEAD}
    assert {action: set(roles) for action, roles in FORECAST_RIGHTS.items()} == dict.fromkeys(
        ("adjust_forecast", "publish_forecast"), planners
    )


def test_a_stale_version_somebody_else_s_and_what_is_gone_are_refused(shop: Shop) -> None:
    writer, analyst, manager = (
        shop.database.writer, shop.scopes["analyst"], shop.scopes["manager"]
    )  # fmt: skip
    adjustment_id = adjust(shop, "manager").values["adjustment_id"]
    size = {"name": "Fair", "reason": "Longer", "start_on": TODAY, "end_on": TODAY,
            "change_rate": Decimal("0.2"), "now": NOW}  # fmt: skip
    with pytest.raises(ForecastRefused, match="Only who made"):
        change_adjustment(writer, analyst, adjustment_id, **size, seen_version=1, request_id="1")  # type: ignore[arg-type]
    change_adjustment(writer, manager, adjustment_id, **size, seen_version=1, request_id="2")  # type: ignore[arg-type]
    assert changes(shop, north(shop))[:2] == [20.0, 0.0]
    for command in (
        lambda: change_adjustment(writer, manager, adjustment_id, **size, seen_version=1,
                                  request_id="3"),  # type: ignore[arg-type]
        lambda: remove_adjustment(writer, manager, adjustment_id, seen_version=1, request_id="4"),
    ):  # fmt: skip
        with pytest.raises(ForecastRefused, match="meanwhile"):
            command()
    remove_adjustment(writer, manager, adjustment_id, seen_version=2, request_id="5", now=NOW)
    again = remove_adjustment(writer, manager, adjustment_id, seen_version=2, request_id="5")
    assert again.is_repeat
    with pytest.raises(ForecastRefused, match="no such adjustment"):
        remove_adjustment(writer, manager, adjustment_id, seen_version=2, request_id="6")


def test_each_is_in_the_log_and_can_be_undone_but_the_ledger_cannot(shop: Shop) -> None:
    database, manager = shop.database, shop.scopes["manager"]
    adjust(shop, request_id="adjusted")
    publish_forecast(database.writer, manager, north(shop), request_id="published", now=NOW)
    with database.record.connect() as connection:
        logged = {
            row.action: row.table_name
            for row in connection.execute(select(audit).where(audit.c.request_id.is_not(None)))
        }
    assert logged == {
        "adjust_forecast": "forecast_adjustments", "publish_forecast": "published_forecasts"
    }  # fmt: skip
    verify_log(database.record)
    with pytest.raises(UndoRefused, match="stays in the ledger"):
        undo_change(database.writer, manager, "published", request_id="u1")
    undo_change(database.writer, manager, "adjusted", request_id="u2")
    assert changes(shop, north(shop)) == [0.0] * 28


def test_too_many_are_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "MOST_ADJUSTMENTS", 1)
    adjust(shop, change_rate=Decimal("0.01"))
    with pytest.raises(ForecastRefused, match="1 adjustments already"):
        adjust(shop, change_rate=Decimal("0.01"))


def test_ranges_of_regions_are_combined_and_never_added(shop: Shop) -> None:
    """Half-widths of 10 and 30 with r = ½: √(½ (10² + 30²) + ½ (10 + 30)²) = √1300."""
    both = SeriesFilter(region_ids=tuple(shop.region_ids.values()))
    periods = list_forecast_periods(shop.database.record, shop.scopes["manager"], both)
    first = periods.iloc[0]
    assert (first["value"], first["naive"]) == (400.0, 200.0)
    assert first["high_80"] - 400 == pytest.approx(1300**0.5, abs=1e-4)
    assert 400 - first["low_95"] == pytest.approx(2 * 1300**0.5, abs=1e-4)
    company = list_forecast_periods(shop.database.record, shop.scopes["manager"], SeriesFilter())
    assert company.iloc[0]["high_80"] == 440.0
    lead = list_forecast_periods(shop.database.record, shop.scopes["sales_lead"], SeriesFilter())
    assert lead.iloc[0][["value", "low_80", "high_95"]].tolist() == [100.0, 90.0, 120.0]


def test_a_sum_of_ranges_from_nothing_on_begins_at_nothing_or_above(shop: Shop) -> None:
    with writing(shop.database.writer) as connection:
        connection.execute(update(forecast_values).values(low_80=0, low_95=0))
    for shared_error in (0.0, 0.5, 1.0):
        with writing(shop.database.writer) as connection:
            connection.execute(update(forecasts).values(shared_error=shared_error))
        for regions in ((), tuple(shop.region_ids.values())):
            series = SeriesFilter(region_ids=regions)
            periods = list_forecast_periods(shop.database.record, shop.scopes["manager"], series)
            assert (periods["low_95"] >= 0).all() and (periods["low_80"] <= periods["value"]).all()
            assert (periods["low_95"] == 0).all() == (not regions or shared_error == 1.0)


def test_parts_of_a_lead_are_those_of_their_regions(shop: Shop) -> None:
    for role, daily in (("sales_lead", 100.0), ("manager", 400.0)):
        for cut in CUTS:
            parts = list_forecast_parts(
                shop.database.record, shop.scopes[role], SeriesFilter(), cut
            )
            if cut in ("region", "channel"):
                assert parts.groupby("step")["value"].sum().tolist() == [daily] * 28
            else:
                assert not len(parts)


def test_scores_by_hand(shop: Shop) -> None:
    """Of two weeks: naive said 350 each, the model 700 each, with the adjustment 770 and 700; 800
    and 600 came. WAPE: naive (450 + 250) / 1400 = ½, model (100 + 100) / 1400 = 1/7, adjusted
    (30 + 100) / 1400. In 80 %: 700 ± 70 holds neither, 700 ± 140 of 95 % both."""
    database, manager = shop.database, shop.scopes["manager"]
    adjust(shop)
    done = publish_forecast(
        database.writer, manager, north(shop, grain="week"), note="For the board",
        request_id="p1", now=NOW,
    )  # fmt: skip
    number = done.values["published_forecast_id"]
    region = {"region_id": shop.region_ids["north"], "channel": "web"}
    for day, price in ((24, 500), (29, 300), (30, 600)):
        add_order(database, ordered_on=date(2026, 11, day), lines=[{"unit_price": Decimal(price)}],
                  **region)  # fmt: skip
    add_order(database, ordered_on=date(2026, 11, 25), stage="cancelled", **region)
    add_order(database, ordered_on=date(2026, 11, 25), currency="EUR", **region)
    add_order(database, ordered_on=date(2026, 11, 25), region_id=shop.region_ids["south"])
    as_of = date(2026, 12, 7)
    values = list_published_values(database.record, manager, number, as_of)
    assert values["actual"].fillna(-1).tolist() == [800.0, 600.0, -1.0, -1.0]
    assert values["adjusted"].tolist() == [770.0, 700.0, 700.0, 700.0]
    (score,) = list_published_scores(database.record, manager, as_of).to_dict("records")
    assert (score["published_forecast_id"], score["periods"], score["actual"]) == (number, 2, 1400)
    wapes = [score[f"wape_{who}"] for who in ("naive", "model", "adjusted")]
    assert wapes == pytest.approx([700 / 1400, 200 / 1400, 130 / 1400])
    assert score["model_added"] == pytest.approx(500 / 1400)
    assert score["human_added"] == pytest.approx(70 / 1400)
    assert score["bias_adjusted"] == pytest.approx(70 / 1400)
    assert (score["coverage_80"], score["coverage_95"]) == (0.0, 1.0)
    listed = list_published_forecasts(database.record, manager).iloc[0]
    assert listed[["author", "note", "member", "data_version"]].tolist() == [
        "Manager", "For the board", "theta", 7
    ]  # fmt: skip
    (told,) = json.loads(listed["adjustments"])
    assert (told["name"], told["author"], told["effect"]) == ("Fair", "Analyst", 70.0)
    assert json.loads(find_published_forecast(database.record, manager, number)["inputs"]) == {
        "refresh_id": told_run(database), "as_of_on": "2026-11-23", "first_on": "2026-01-01",
        "accuracy": {"wape": 0.2}, "notes": [],
    }  # fmt: skip


def told_run(database: Database) -> int:
    with database.record.connect() as connection:
        return int(connection.scalar(select(func.max(refreshes.c.refresh_id))) or 0)


def test_nothing_is_scored_before_a_period_is_over(shop: Shop) -> None:
    database, manager = shop.database, shop.scopes["manager"]
    publish_forecast(database.writer, manager, SeriesFilter(grain="month"), request_id="p1",
                     now=NOW)  # fmt: skip
    (score,) = list_published_scores(database.record, manager, TODAY).to_dict("records")
    assert score["periods"] == 0
    assert np.isnan(score["wape_model"]) and np.isnan(score["human_added"])


def test_what_was_published_stays_whatever_is_forecast_and_adjusted_later(shop: Shop) -> None:
    database, manager = shop.database, shop.scopes["manager"]
    adjustment = adjust(shop, "manager").values["adjustment_id"]
    publish_forecast(database.writer, manager, north(shop), request_id="p1", now=NOW)
    with database.record.connect() as connection:
        before = connection.execute(select(published_forecast_values)).all()
        head = connection.execute(select(published_forecasts)).all()
    remove_adjustment(database.writer, manager, adjustment, seen_version=1, request_id="r")
    with writing(database.writer) as connection:
        connection.execute(forecast_values.delete())
        connection.execute(forecasts.delete())
    with database.record.connect() as connection:
        assert connection.execute(select(published_forecast_values)).all() == before
        assert connection.execute(select(published_forecasts)).all() == head
    assert len(before) == 28
    with pytest.raises(ForecastRefused, match="Nothing is forecast"):
        publish_forecast(database.writer, manager, north(shop), request_id="p2", now=NOW)
    with pytest.raises(ForecastRefused, match="Nothing is forecast"):
        adjust(shop)


def test_what_changed_while_it_was_looked_at_is_not_published(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes between the reading and the transaction."""
    database, manager = shop.database, shop.scopes["manager"]
    carry_out = publishing.carry_out

    def meanwhile(write: Callable[[], Any]) -> None:
        def later(*arguments: Any, **named: Any) -> Any:
            monkeypatch.setattr(publishing, "carry_out", carry_out)
            write()
            return carry_out(*arguments, **named)

        monkeypatch.setattr(publishing, "carry_out", later)

    meanwhile(lambda: adjust(shop))
    with pytest.raises(ForecastRefused, match="adjusted this forecast meanwhile"):
        publish_forecast(database.writer, manager, north(shop), request_id="p1", now=NOW)

    def renew() -> None:
        with writing(database.writer) as connection:
            run = insert(refreshes).values(what="forecasts", as_of_on=TODAY, version=8,
                                           state="done", started_at=NOW)  # fmt: skip
            number = connection.scalars(run.returning(refreshes.c.refresh_id)).one()
            connection.execute(update(forecasts).values(refresh_id=number))

    meanwhile(renew)
    with pytest.raises(ForecastRefused, match="worked out anew meanwhile"):
        publish_forecast(database.writer, manager, north(shop), request_id="p2", now=NOW)
    publish_forecast(database.writer, manager, north(shop), request_id="p3", now=NOW)
    assert len(list_published_forecasts(database.record, manager)) == 1


def test_how_a_refresh_goes_is_told_to_who_sees_forecasts(shop: Shop) -> None:
    record = shop.database.record
    for role in ("manager", "analyst", "sales_lead"):
        progress = find_forecast_progress(record, shop.scopes[role])
        assert (progress["state"], progress["message"]) == ("done", None)
        assert find_last_forecast_run(record, shop.scopes[role])["version"] == 7
    assert find_forecast_progress(record, shop.scopes["sales_rep"]) == {}
    assert find_last_forecast_run(record, shop.scopes["finance"]) == {}


def test_a_lead_finds_what_was_published_of_their_regions_alone(shop: Shop) -> None:
    database, manager, lead = shop.database, shop.scopes["manager"], shop.scopes["sales_lead"]
    numbers = {}
    for name, series in {
        "company": SeriesFilter(), "north": north(shop),
        "south": SeriesFilter(region_ids=(shop.region_ids["south"],)),
    }.items():  # fmt: skip
        done = publish_forecast(database.writer, manager, series, request_id=name, now=NOW)
        numbers[name] = done.values["published_forecast_id"]
    listed = list_published_forecasts(database.record, lead)
    assert listed["published_forecast_id"].tolist() == [numbers["north"]]
    for name in ("company", "south"):
        with pytest.raises(NotFound):
            list_published_values(database.record, lead, numbers[name], TODAY)
    effects = list_adjustment_effects(database.record, lead, SeriesFilter())
    assert effects.columns.tolist() == ["adjustment_id", "step", "period_on", "effect"]
