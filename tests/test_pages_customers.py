"""Customers: the list and its search, one customer on one screen, the dialogs, the care list."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from streamlit.testing.v1 import AppTest

from dashboard.menu import may_open
from dashboard.session import today
from dashboard.texts import plain
from data_access.accounts import utc_now
from data_access.care import list_care, sum_care
from data_access.customer_filter import CustomerFilter
from data_access.customer_timeline import count_customer_events, list_customer_events
from data_access.customers import count_customers, find_customer_by_phone, list_customers
from data_access.database import Database, writing
from data_access.edits.consenting import MAY_RECORD_CONSENT
from data_access.keyset import next_page
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import consents, customer_scores, customers, interactions, products
from tests.browsing import Browser, says, texts
from tests.crm import NOW, add
from tests.shop import TODAY, Shop, open_shop

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def shop(database: Database) -> Shop:
    return open_shop(database)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def company(browser: Browser) -> Shop:
    return open_shop(browser.database)


def customer(shop: Shop, name: str, **values: Any) -> int:
    row = {"owner_id": shop.rep_id, "region_id": shop.region_id, **values}
    return add(shop.writer, "customers", name=name, **row)


def open_page(browser: Browser, shop: Shop, role: str, slug: str, **query: Any) -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    tab = browser.open(slug, **query)
    assert not tab.exception
    return tab


def names(tab: AppTest) -> list[str]:
    return [name for table in tab.dataframe for name in table.value.get("customer", [])]


def click(tab: AppTest, key: str) -> AppTest:
    tab.button(key=key).click().run()
    assert not tab.exception
    return tab


def test_search_finds_names_phones_mails_and_contacts(shop: Shop) -> None:
    ann = customer(shop, "Ann & Co", name_zh="安公司", phone="+86 138-1234 5678", email="a@x.cn")
    bob = customer(shop, "Bob_1", phone="02155556666")
    add(shop.writer, "contacts", customer_id=bob, name="韩梅梅", phone="(010) 8888 7777")
    manager, analyst = shop.scopes["manager"], shop.scopes["analyst"]

    def found(scope: Scope, words: str) -> list[int]:
        chosen = CustomerFilter(search=words)
        frame = list_customers(shop.database.record, scope, chosen, as_of=TODAY)
        assert count_customers(shop.database.record, scope, chosen) == len(frame)
        return list(frame["customer_id"])

    for words in ("nn &", "安公", "1381234", "138 1234-5678", "A@X", "+86 138"):
        assert found(manager, words) == [ann], words
    for words in ("韩梅", "b_1", "010-8888", "2155556666"):
        assert found(manager, words) == [bob], words
    assert found(manager, "' or 1=1 --") == found(analyst, "1381234") == []
    assert found(shop.foreign["sales_rep"], "Ann") == []

    def whole(scope: Scope, words: str) -> int | None:
        return find_customer_by_phone(shop.database.record, scope, words)["customer_id"]

    for words in ("13812345678", "+86 138 1234 5678", "138-1234-5678"):
        assert whole(manager, words) == ann, words
    assert whole(manager, "01088887777") == bob
    assert whole(manager, "86 02155556666") == bob
    for scope, words in ((analyst, "13812345678"), (shop.foreign["sales_lead"], "13812345678"),
                         (manager, "1381234"), (manager, "Ann")):  # fmt: skip
        assert whole(scope, words) is None
    customer(shop, "Ann's other", phone="13812345678")
    assert whole(manager, "13812345678") is None  # whose it is cannot be told


def test_the_list_sums_each_row_and_turns_its_pages(shop: Shop) -> None:
    ann = customer(shop, "Ann", grade="A", source="Referral", consent="refused")
    for number in range(5):
        customer(shop, f"Bob {number}", grade="B")
    old = shop.order(as_is="completed", customer_id=ann, ordered_on=TODAY - timedelta(days=400))
    shop.order(as_is="completed", customer_id=ann)
    shop.order(as_is="cancelled", customer_id=ann, ordered_on=TODAY)
    add(shop.writer, "payments", order_id=old, amount=Decimal(400))
    manager = shop.scopes["manager"]

    def rows(**wanted: Any) -> list[Any]:
        chosen, after, found = CustomerFilter(currency="CNY", **wanted), None, []
        while True:
            page = list_customers(shop.database.record, manager, chosen, as_of=TODAY, after=after,
                                  sort="grade", limit=2)  # fmt: skip
            found += list(page.itertuples())
            after = next_page(page)
            if after is None:
                return found

    everybody = rows()
    assert len(everybody) == len({row.customer_id for row in everybody}) >= 7
    (row,) = rows(grades=("A",), sources=("Referral",), consents=("refused",))
    assert (row.orders, row.net_sales_12m, row.owed) == (2, 500, 600)
    assert row.last_ordered_on.date() == TODAY - timedelta(days=3)
    assert ann in [row.customer_id for row in rows(bought=True)]
    assert ann not in [row.customer_id for row in rows(bought=False)]


def test_the_timeline_has_everything_once_and_pages_through(shop: Shop) -> None:
    order_id = shop.order("received", (1, 0))
    add(shop.writer, "payments", order_id=order_id, amount=Decimal(-5), method="Cash")
    for kind in ("complaint", "review"):
        add(shop.writer, "feedback", customer_id=shop.customer_id, order_id=order_id, kind=kind,
            state="new", text="slow", score=2, created_at=NOW)  # fmt: skip
    add(shop.writer, "interactions", customer_id=shop.customer_id, kind="call", subject="Hello",
        happened_at=NOW)  # fmt: skip
    seen, after = [], None
    while True:
        page = list_customer_events(
            shop.database.record, shop.scopes["manager"], shop.customer_id, after=after, limit=2
        )
        seen += list(page.itertuples())
        after = next_page(page)
        if after is None:
            break
    assert sorted(row.event for row in seen) == ["call", "complaint", "order", "refund", "review"]
    moments = [row.happened_at for row in seen]
    assert moments == sorted(moments, reverse=True)
    assert {row.stage for row in seen if row.order_number} == {"received"}
    alone = list_customer_events(
        shop.database.record, shop.scopes["manager"], shop.customer_id, kind="feedback"
    )
    assert set(alone["event"]) == {"complaint", "review"}
    counted = count_customer_events(shop.database.record, shop.scopes["manager"], shop.customer_id)
    assert counted == len(seen)
    elsewhere = shop.database.record, shop.foreign["sales_rep"], shop.customer_id
    assert not len(list_customer_events(*elsewhere)) and not count_customer_events(*elsewhere)


def test_the_care_list_leaves_out_who_refused_and_who_was_asked(shop: Shop) -> None:
    manager, record = shop.scopes["manager"], shop.database.record
    soon = customer(shop, "Soon", born_on=date(1980, 11, 26))
    customer(shop, "Later", born_on=date(1980, 12, 1))
    customer(shop, "Never", born_on=date(1980, 11, 26), consent="refused")
    old = customer(shop, "Old")
    shop.order(as_is="completed", customer_id=old, ordered_on=date(2024, 11, 25))
    shop.order(as_is="completed", customer_id=old, ordered_on=date(2025, 11, 25))
    at = datetime.combine(TODAY - timedelta(days=2), datetime.min.time())
    delivered = {"as_is": "completed", "completed_at": at, "completed_on": at.date()}
    shop.order(**delivered)
    asked = customer(shop, "Asked")
    shop.order(**delivered, customer_id=asked)
    add(shop.writer, "interactions", customer_id=asked, kind="call", happened_at=NOW)

    births = list_care(record, manager, "birthday", TODAY)
    assert list(births["customer_id"]) == [soon] and list(births["days_left"]) == [3]
    years = list_care(record, manager, "anniversary", TODAY)
    assert list(zip(years["customer_id"], years["years"], strict=True)) == [(old, 2)]
    waiting = list_care(record, manager, "delivered", TODAY)
    assert list(waiting["customer_id"]) == [shop.customer_id]
    sums = sum_care(record, manager, TODAY).set_index("cause")
    assert tuple(sums.loc["birthday", ["customers", "refused"]]) == (1, 1)
    assert not len(sum_care(record, shop.foreign["sales_rep"], TODAY))
    assert not len(list_care(record, shop.scopes["analyst"], "birthday", TODAY))


def test_the_page_lists_whom_the_role_sees(browser: Browser, company: Shop) -> None:
    customer(company, EVIL, phone="13812345678")
    customer(company, "Theirs", owner_id=company.other_rep_id)
    assert {EVIL, "Theirs"} <= set(names(open_page(browser, company, "manager", "customers")))
    rep = open_page(browser, company, "sales_rep", "customers")
    assert set(names(rep)) == {EVIL, "Customer"} and says(rep, "2 customers")
    masked = open_page(browser, company, "analyst", "customers")
    phones = [phone for table in masked.dataframe for phone in table.value["phone"].dropna()]
    assert phones and all("****" in phone for phone in phones)
    found = open_page(browser, company, "support", "customers", q="1381234")
    assert names(found) == [EVIL]
    nobody = open_page(browser, company, "manager", "customers", q="nobody at all")
    assert says(nobody, "No customer fits these filters.")


def test_a_whole_phone_opens_the_customer(browser: Browser, company: Shop) -> None:
    customer(company, "Ann", phone="138 1234 5678")
    tab = open_page(browser, company, "sales_rep", "customers", q="13812345678")
    assert [title.value for title in tab.title] == ["Ann"]
    back = open_page(browser, company, "analyst", "customers", q="13812345678")
    assert [title.value for title in back.title] == ["Customers"]


def test_one_customer_on_one_screen(browser: Browser, company: Shop) -> None:
    late = {"promised_on": today() - timedelta(days=2), "due_on": today() - timedelta(days=9)}
    order_id = company.order(as_is="shipped", order_number="T-LATE", **late)
    add(company.writer, "payments", order_id=order_id, amount=Decimal(1))
    add(company.writer, "feedback", customer_id=company.customer_id, order_id=order_id,
        kind="complaint", state="new", text=EVIL, created_at=utc_now())  # fmt: skip
    add(company.writer, "contacts", customer_id=company.customer_id, name="Li Lei", is_primary=True,
        position="Buyer", phone="13912345678")  # fmt: skip
    number = str(company.customer_id)
    tab = open_page(browser, company, "manager", "customer", customer=number)
    steps = [text for text in texts(tab) if text[:2] in ("1.", "2.", "3.")]
    assert [step.split("**")[1] for step in steps] == [
        "Answer the complaint", "Tell when the order comes", "Call about the payment",
    ]  # fmt: skip
    assert says(tab, "python -m dashboard refresh") and says(tab, "Li Lei")
    assert not any("<img" in text for text in texts(tab))
    assert "T-LATE" in "".join(b.label for b in tab.button).replace("&#45;", "-")
    masked = open_page(browser, company, "analyst", "customer", customer=number)
    assert not says(masked, "Li Lei") and not says(masked, "13912345678")
    assert not [b for b in masked.button if str(b.key).startswith(("change_", "log_", "add_"))]
    support = open_page(browser, company, "support", "customer", customer=number)
    assert not says(support, "Call about the payment") and not says(support, "Gross margin")
    assert not [b for b in support.button if str(b.key).startswith("remove_contact")]


def test_preferred_categories_are_of_goods_that_have_one(browser: Browser, company: Shop) -> None:
    company.order()

    def prefers() -> bool:
        number = str(company.customer_id)
        tab = open_page(browser, company, "manager", "customer", customer=number)
        return "Preferred categories" in [each.value for each in tab.subheader]

    def change(**values: Any) -> None:
        with writing(company.writer) as connection:
            connection.execute(
                update(products).where(products.c.product_id == company.pen).values(**values)
            )

    assert not prefers()
    change(category_id=add(company.writer, "categories", name="Pens"))
    assert prefers()
    change(is_goods=False)
    assert not prefers()


def test_scores_are_shown_and_asked_about(browser: Browser, company: Shop) -> None:
    for days in (200, 100):
        company.order(as_is="completed", ordered_on=today() - timedelta(days=days))
    row = {
        "customer_id": company.customer_id, "as_of_on": today(), "currency": "CNY", "orders": 2,
        "orders_12m": 2, "first_ordered_on": today(), "last_ordered_on": today(), "net_sales": 1,
        "net_sales_12m": 1, "net_sales_prior_12m": 0, "categories": 1, "enquiries_90": 0,
        "enquiries_prior_90": 0, "recency_score": 1, "frequency_score": 1, "monetary_score": 1,
        "segment": "at_risk", "rule_segment": "others", "silent_90": Decimal("0.81"),
    }  # fmt: skip
    with writing(company.writer) as connection:
        connection.execute(insert(customer_scores).values(row))
    number = str(company.customer_id)
    tab = open_page(browser, company, "sales_rep", "customer", customer=number)
    assert says(tab, plain("At-risk customers")) and says(tab, "Call before they are gone")
    assert not says(tab, "python -m dashboard refresh")
    with writing(company.writer) as connection:
        connection.execute(update(customers).values(consent="refused"))
    silent = open_page(browser, company, "sales_rep", "customer", customer=number)
    assert not says(silent, "Call before they are gone") and says(silent, "Refused")


def test_who_may_record_a_consent_does_so_where_the_customer_is(
    browser: Browser, company: Shop
) -> None:
    number = str(company.customer_id)
    key = f"consent_of_{number}"
    offered = set()
    for role in Role:
        if may_open(role, "customer"):
            tab = open_page(browser, company, role, "customer", customer=number)
            offered |= {role for button in tab.button if button.key == key}
    assert offered == set(MAY_RECORD_CONSENT)
    tab = open_page(browser, company, "sales_rep", "customer", customer=number)
    click(tab, key)
    tab.segmented_control(key="consent_state").set_value("refused")
    (record,) = (button for button in tab.button if button.label == "Record")
    record.click()
    click(tab, key)  # AppTest opens a dialog by its button alone
    (row,) = company.rows(select(consents).where(consents.c.customer_id == company.customer_id))
    assert (row.state, row.recorded_by) == ("refused", company.scopes["sales_rep"].name)
    again = open_page(browser, company, "sales_rep", "customer", customer=number)
    assert says(again, ":red[Refused] · ")


def test_an_unknown_customer_is_not_found(browser: Browser, company: Shop) -> None:
    foreign = str(customer(company, "Theirs", owner_id=company.other_rep_id))
    for said in (foreign, "0", "x", "9" * 30, "", "-1"):
        tab = open_page(browser, company, "sales_rep", "customer", customer=said)
        assert says(tab, "There is no such customer"), said
        assert not says(tab, "Theirs")


def test_a_call_is_logged_from_the_care_list_and_from_the_page(
    browser: Browser, company: Shop
) -> None:
    number = str(company.customer_id)
    tab = open_page(browser, company, "sales_rep", "customer", customer=number)
    click(tab, f"log_interaction_{number}")
    click(tab, "customer_save")
    assert says(tab, "Fill in this field.")
    tab.text_input(key="customer_field_subject").set_value("Asked for paper").run()
    click(tab, "customer_save")
    assert says(tab, "Logged with Customer") and says(tab, "Asked for paper")
    rows = company.rows(
        select(interactions).where(interactions.c.customer_id == company.customer_id)
    )
    assert [(row.kind, row.employee_id) for row in rows] == [("call", company.rep_id)]


def test_a_field_that_another_changed_is_shown_beside_mine(browser: Browser, company: Shop) -> None:
    number = str(company.customer_id)
    tab = open_page(browser, company, "sales_rep", "customer", customer=number)
    click(tab, f"change_customer_{number}")
    tab.text_input(key="customer_field_city").set_value("Wuhan").run()
    with writing(company.writer) as connection:
        connection.execute(
            update(customers)
            .where(customers.c.customer_id == company.customer_id)
            .values(city="Beijing")
        )
    click(tab, "customer_save")
    assert ["was changed since you opened it" in each.value for each in tab.warning] == [True]
    (table,) = [frame.value for frame in tab.dataframe if "theirs" in frame.value]
    assert list(table.itertuples(index=False, name=None)) == [("City", "Beijing", "Wuhan")]
    click(tab, "customer_save")
    assert says(tab, "Changed Customer")
    city = select(customers.c.city).where(customers.c.customer_id == company.customer_id)
    assert company.row(city)[0] == "Wuhan"
