"""What-if: levers, what they rest on, and scenarios that are saved, shared and looked at later."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import streamlit as st
from sqlalchemy import func, insert, select, update
from streamlit.testing.v1 import AppTest

from data_access.database import Database, writing
from data_access.tables import order_lines, orders, scenario_shares, scenarios
from tests.browsing import Browser, says, texts
from tests.crm import add, add_order, add_user
from tests.test_pages_in_chinese import english_in, read_texts

WEEKS = 70
PRICES = (100.0, 110.0, 90.0, 105.0, 95.0, 115.0, 100.0, 85.0, 100.0, 108.0)


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def shop(browser: Browser) -> dict[str, int]:
    """70 weeks of sales of three products in two regions; demand halves when a price doubles."""
    writer = browser.database.writer
    category = add(writer, "categories", name="Tea", name_zh="茶叶")
    north, south = (
        add(writer, "regions", name=name, name_zh=name_zh)
        for name, name_zh in (("North", "北方"), ("South", "南方"))
    )
    products = [
        add(writer, "products", name=f"Leaf {n}", name_zh=f"茶 {n}", sku=f"L{n}",
            category_id=category, lead_time_days=14)
        for n in (1, 2, 3)
    ]  # fmt: skip
    house = add(writer, "warehouses", name="Shanghai", name_zh="上海仓")
    for product_id in products:
        add(writer, "stock", warehouse_id=house, product_id=product_id, on_hand=60)
    first = today() - timedelta(days=today().weekday() + 7 * WEEKS)
    customer = add(writer, "customers", name="Ada", region_id=north)
    template = add_order(browser.database, customer_id=customer, region_id=north,
                         ordered_on=first, lines=[{"product_id": products[0]}])  # fmt: skip
    _sell_on(browser.database, template, products, (north, south), first)
    return {"north": north, "south": south, "category": category, "leaf": products[0]}


def _sell_on(
    database: Database, template: int, products: list[int], regions: tuple[int, int], first: date
) -> None:
    """Like the template order, many more, written at once."""
    chance = np.random.default_rng(1)
    with writing(database.writer) as connection:
        made = dict(
            connection.execute(select(orders).where(orders.c.order_id == template)).mappings().one()
        )
        number, head, body = template, [], []
        for week in range(WEEKS):
            for product_id in products:
                price = PRICES[(week // 6 + product_id) % len(PRICES)]
                for _each in range(chance.poisson(6 * (price / 100) ** -1.5)):
                    number += 1
                    day = first + timedelta(days=7 * week + int(chance.integers(0, 7)))
                    head.append({
                        **made, "order_id": number, "order_number": f"W-{number}",
                        "region_id": regions[int(chance.random() < 0.4)], "ordered_on": day,
                        "ordered_at": datetime.combine(day, datetime.min.time()),
                        "units": 1, "net_sales": price, "gross_sales": price, "cost": 60,
                    })  # fmt: skip
                    body.append({"order_id": number, "line_number": 1, "product_id": product_id,
                                 "quantity": 1, "unit_price": price, "unit_cost": 60})  # fmt: skip
        connection.execute(insert(orders), head)
        connection.execute(insert(order_lines), body)


def as_role(
    browser: Browser, role: str = "analyst", *, region_ids: Any = (), **query: Any
) -> AppTest:
    user_id = add_user(browser.database, role, name=role.title(), region_ids=region_ids)
    browser.sign_in(user_id)
    return browser.open("what-if", **{"currency": "CNY", **query})


def cards(tab: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in tab.metric}


def move(tab: AppTest, name: str, value: Any, letter: str = "A") -> AppTest:
    return tab.slider(key=f"lever_{letter}_{name}").set_value(value).run()


def told(tab: AppTest, key: str) -> list[str]:
    return [text for text in texts(tab) if key in text]


def test_levers_at_rest_change_nothing(browser: Browser, shop: dict[str, int]) -> None:
    tab = as_role(browser)
    assert not tab.exception
    assert {"Net sales", "Gross profit", "Units", "Stock needed"} <= cards(tab).keys()
    assert len(told(tab, "Difference: **¥0** (¥0 to ¥0)")) == 2
    assert says(tab, "Move a lever to see what it does.")
    compared = next(table.value for table in tab.dataframe if "A" in table.value)
    whole, changes = compared.iloc[::2], compared.iloc[1::2]
    assert (whole["A"] == whole["baseline"]).all()
    assert set(changes["A"]) == {"¥0 (¥0 to ¥0)", "0 (0 to 0)"}


def test_a_price_says_what_its_effect_was_learnt_from(
    browser: Browser, shop: dict[str, int]
) -> None:
    tab = as_role(browser)
    before = cards(tab)["Units"]
    tab = move(tab, "price_change", 10)
    assert cards(tab)["Units"] != before
    assert told(tab, "price moves, 3 products, 70 weeks") and told(tab, "standard error")
    assert told(tab, "Prices seen:")
    assert says(tab, "The margin stays as it is at -20.0% units")  # 40 of 100: 0.1 / 0.5
    tab = move(tab, "price_change", -40)
    assert says(tab, "Outside the prices seen")
    tab = move(tab, "price_change", 10)
    tab.toggle(key="lever_A_experiment").set_value(True).run()
    tab.number_input(key="lever_A_experiment_elasticity").set_value(-1.0).run()
    assert says(tab, "at -20.0% units; -9.1% are expected.")  # 1.1^−1 − 1


def test_prices_that_never_moved_are_told_to_be_assumed(
    browser: Browser, shop: dict[str, int]
) -> None:
    with writing(browser.database.writer) as connection:
        connection.execute(update(order_lines).values(unit_price=100))
    tab = as_role(browser)
    assert told(tab, ":orange-badge[assumed] Elasticity")
    assert not told(tab, "Prices seen:")


def test_scenarios_stand_side_by_side(browser: Browser, shop: dict[str, int]) -> None:
    tab = move(as_role(browser), "price_change", 10)
    tab.segmented_control(key="what_if_draft").set_value("B").run()
    tab = move(tab, "growth_points", 20, "B")
    compared = next(table.value for table in tab.dataframe if "B" in table.value)
    assert list(compared.columns) == ["what", "baseline", "A", "B"]
    tab.segmented_control(key="what_if_draft").set_value("A").run()
    assert tab.slider(key="lever_A_price_change").value == 10


def test_opening_a_scenario_keeps_what_is_worked_on(browser: Browser, shop: dict[str, int]) -> None:
    tab = move(as_role(browser), "price_change", 10)
    number = save(tab, browser, "Dearer")
    tab = move(browser.open("what-if", currency="CNY"), "growth_points", 20)
    tab.query_params["scenario"] = str(number)
    tab.run()
    assert tab.segmented_control(key="what_if_draft").value == "B"
    assert tab.slider(key="lever_B_price_change").value == 10
    compared = next(table.value for table in tab.dataframe if "B" in table.value)
    assert list(compared.columns) == ["what", "baseline", "A", "B"]
    assert not tab.exception and not tab.warning


def test_a_promotion_is_added_and_removed(browser: Browser, shop: dict[str, int]) -> None:
    tab = as_role(browser)
    tab.button(key="lever_A_promotion_add").click().run()
    assert not tab.exception
    assert told(tab, "Sells ×") and told(tab, ":orange-badge[assumed] Sells")
    tab.button(key="lever_A_promotion_0_1_remove").click().run()
    assert not told(tab, "Sells ×")


def test_a_saved_scenario_opens_to_the_same_numbers(browser: Browser, shop: dict[str, int]) -> None:
    tab = move(as_role(browser, category=str(shop["category"])), "price_change", 10)
    shown = cards(tab)
    number = save(tab, browser, "Dearer")
    tab = browser.open("what-if", scenario=str(number))
    assert not tab.exception and says(tab, "Same data: the same numbers.")
    assert cards(tab) == shown and says(tab, "**Dearer**")
    assert tab.slider(key="lever_A_price_change").value == 10
    add_order(browser.database, ordered_on=today() - timedelta(days=20), region_id=shop["north"],
              lines=[{"product_id": shop["leaf"], "quantity": 40}])  # fmt: skip
    st.cache_resource.clear()  # as another process would see it
    tab = browser.open("what-if", scenario=str(number))
    assert says(tab, "The data have moved on since it was saved.")
    then = next(table.value for table in tab.dataframe if "then" in table.value)
    assert (then["then"] != then["now"]).any()


def test_it_is_shared_by_link(browser: Browser, shop: dict[str, int]) -> None:
    tab = move(as_role(browser), "price_change", 5)
    number = save(tab, browser, "Dearer")
    tab = as_role(browser, "manager", scenario=str(number))
    assert says(tab, "There is no such scenario, or it is not shared with you.")
    with writing(browser.database.writer) as connection:
        connection.execute(insert(scenario_shares).values(scenario_id=number, role="manager"))
        connection.execute(insert(scenario_shares).values(scenario_id=number, role="sales_lead"))
    tab = as_role(browser, "manager", scenario=str(number))
    assert says(tab, "**Dearer** · saved by Analyst")
    key = next(box.key for box in tab.selectbox if str(box.key).startswith("scenario_decision"))
    tab.selectbox(key=key).set_value("adopted").run()
    assert says(tab, "**Adopted**")
    whole = cards(tab)["Net sales"]
    tab = as_role(browser, "sales_lead", region_ids=[shop["south"]], scenario=str(number))
    assert says(tab, "**Dearer**") and cards(tab)["Net sales"] != whole
    assert says(tab, "Stock is kept for all regions together")
    assert says(tab, "Who saved it sees other regions than you") and not says(tab, "Same data")


def test_two_who_rename_at_once_do_not_overwrite(browser: Browser, shop: dict[str, int]) -> None:
    number = save(as_role(browser), browser, "Dearer")

    def rename(tab: AppTest, name: str) -> AppTest:
        tab.text_input(key="scenario_new_name").set_value(name)
        return next(each for each in tab.button if each.label == "Save").click().run()

    first, second = (browser.open("what-if", scenario=str(number)) for _each in range(2))
    for tab in (first, second):
        tab.button(key="scenario_rename").click().run()
    rename(first, "Much dearer")
    assert stored(browser.database).name == "Much dearer"
    assert says(rename(second, "Cheaper"), "Somebody changed this scenario meanwhile.")
    assert stored(browser.database).name == "Much dearer"
    assert says(browser.open("what-if", scenario=str(number)), "**Much dearer** · saved by")


def test_what_a_lead_saved_is_not_compared_with_all_regions(
    browser: Browser, shop: dict[str, int]
) -> None:
    """The manager who opens it, and the lead of other regions, see their own numbers of it."""
    tab = move(as_role(browser, "sales_lead", region_ids=[shop["south"]]), "price_change", 5)
    number = save(tab, browser, "Of the south")
    tab = browser.open("what-if", scenario=str(number))
    assert says(tab, "Same data: the same numbers.")
    with writing(browser.database.writer) as connection:
        for role in ("manager", "sales_lead"):
            connection.execute(insert(scenario_shares).values(scenario_id=number, role=role))
        connection.execute(update(order_lines).values(unit_cost=61))
    start = today() - timedelta(days=today().weekday() + 14)
    look_back(browser.database, start)
    for role, region_ids in (("manager", []), ("sales_lead", [shop["north"]])):
        tab = as_role(browser, role, region_ids=region_ids, scenario=str(number))
        assert says(tab, "Who saved it sees other regions than you")
        found = next(table.value for table in tab.dataframe if "happened" in table.value)
        kept = json.loads(stored(browser.database).result)["units"]["scenario_by_week"][1]
        middle = float(found["scenario"].tolist()[-1].split(" ")[0])
        assert middle > 1.2 * kept[1]  # the south sells 40 of 100, the north the others
        assert not any("then" in table.value for table in tab.dataframe)


def test_a_target_follows_the_regions_that_are_chosen(
    browser: Browser, shop: dict[str, int]
) -> None:
    first = today().replace(day=1)
    months = {(first + timedelta(days=31 * n)).replace(day=1) for n in range(-1, 7)}
    for region, amount in (("north", 31_000), ("south", 62_000)):
        for month in months:
            add(browser.database.writer, "targets", month_on=month, net_sales=amount,
                currency="CNY", region_id=shop[region])  # fmt: skip

    def target(tab: AppTest) -> float:
        return float(next(each for each in tab.number_input if "Target" in each.label).value)

    tab = as_role(browser)
    both = target(tab)
    region = next(each for each in tab.multiselect if "region" in str(each.key).lower())
    region.set_value([shop["north"]]).run()
    assert both > 0 and target(tab) == pytest.approx(both / 3, abs=100)


def test_a_changed_campaign_is_a_change_of_the_data(browser: Browser, shop: dict[str, int]) -> None:
    """Its budget and days are what promotions and marketing are learnt from."""
    number = save(as_role(browser), browser, "Calm")
    add(browser.database.writer, "campaigns", name="Spring", currency="CNY")
    st.cache_resource.clear()
    tab = browser.open("what-if", scenario=str(number))
    assert says(tab, "The data have moved on since it was saved.")


def test_later_it_is_compared_with_what_happened(browser: Browser, shop: dict[str, int]) -> None:
    """Saved as of five weeks ago: five of its weeks are over, and their sales are known."""
    tab = as_role(browser)
    number = save(tab, browser, "Then")
    start = today() - timedelta(days=today().weekday() + 35)
    look_back(browser.database, start)
    with browser.database.record.connect() as connection:
        days = orders.c.ordered_on.between(start, start + timedelta(days=34))
        sold = connection.scalar(
            select(func.count()).select_from(orders).where(days, orders.c.currency == "CNY")
        )
    tab = browser.open("what-if", scenario=str(number))
    assert says(tab, "5 of 13 weeks are over")
    found = next(table.value for table in tab.dataframe if "happened" in table.value)
    assert found["happened"].tolist()[-1] == f"{sold}"
    assert says(tab, "Stock is of today; this scenario looks ahead from another week.")
    assert "Stock needed" not in cards(tab)


def test_nothing_sold_is_told_in_words(browser: Browser) -> None:
    tab = as_role(browser)
    assert not tab.exception and says(tab, "Too little was sold to look ahead.")


@pytest.mark.parametrize("number", ["x", "-1", "99999", "9" * 40])
def test_an_address_without_a_scenario_says_so(
    browser: Browser, shop: dict[str, int], number: str
) -> None:
    tab = as_role(browser, scenario=number)
    assert not tab.exception and says(tab, "There is no such scenario")


def test_the_page_is_chinese_all_over(browser: Browser, shop: dict[str, int]) -> None:
    user_id = add_user(browser.database, "manager", language="zh_CN", name="王伟")
    browser.sign_in(user_id)
    tab = browser.open("what-if", currency="CNY")
    tab.button(key="lever_A_promotion_add").click().run()
    tab = move(move(tab, "price_change", 10), "outage_days", 3)
    assert not tab.exception
    assert [text for text in read_texts(tab) if english_in(text)] == []


def save(tab: AppTest, browser: Browser, name: str) -> int:
    """Fills in the dialog; returns the scenario's number."""
    tab.button(key="scenario_save").click().run()
    tab.text_input(key="scenario_name").set_value(name)
    next(
        each for each in tab.button if "Save scenario" in each.label and each.key != "scenario_save"
    ).click().run()
    assert not tab.exception
    with browser.database.record.connect() as connection:
        return int(connection.scalar(select(func.max(scenarios.c.scenario_id))))


def stored(database: Database) -> Any:
    with database.record.connect() as connection:
        return connection.execute(select(scenarios)).one()


def look_back(database: Database, start: date) -> None:
    """As if the scenario had been saved on that Monday."""
    definition = json.loads(stored(database).definition) | {"as_of": str(start)}
    with writing(database.writer) as connection:
        connection.execute(
            update(scenarios).values(starts_on=start, definition=json.dumps(definition))
        )
