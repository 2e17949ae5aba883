"""Every query of data_access answers a person as if nothing but what they see existed.

The queries are found, not listed: one that takes an argument this test cannot make fails it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from decimal import Decimal
from importlib import import_module
from pkgutil import walk_packages
from random import Random
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sqlalchemy import Engine, Table, delete, insert, make_url

import data_access
from data_access import customers
from data_access.analytics_copy import AnalyticsCopy
from data_access.audit import ChangeFilter
from data_access.bought_together import RuleFilter
from data_access.bridging_rows import Part
from data_access.completeness import FIELDS as COMPLETE_FIELDS
from data_access.customer_filter import CONSENTS, CustomerFilter
from data_access.divisions import USUAL_LIMITS, WAYS, Division
from data_access.edits.rights import RIGHTS
from data_access.effects import Proposed
from data_access.errors import Refused
from data_access.filters import PERIOD_BASES, OrderFilter, Period
from data_access.forecast_series import (
    GRAINS,
    NO_REGION,
    PART_COLUMN,
    SPLIT_MEASURES,
    SeriesFilter,
    Split,
)
from data_access.going_quiet import HORIZONS, QuietFilter
from data_access.keyset import next_page
from data_access.measures import ORDERED
from data_access.new_order import NewLine
from data_access.owing import PAYMENT_STATES
from data_access.quality_rules import BY_CODE
from data_access.replenishments import REQUEST_STATES, RequestFilter
from data_access.sales import SPLIT
from data_access.scope import Scope
from data_access.stages import OPEN_STAGES
from data_access.tables import STAGES, data_version, properties
from data_access.value import ValueFilter
from tests.role_sheet import Person, World
from tests.scoping import HOW, Databases, two_databases
from tests.worlds import FIRST_DAY, PERSON_ID, TEXTS, WORDS, crms

Query = Callable[..., Any]
QUERY_FORMS = ("list_", "sum_", "count_", "find_")


def find_queries() -> dict[str, Query]:
    """Every public function of data_access that begins with (engine, scope, …)."""
    return {
        f"{module.name.removeprefix('data_access.')}.{name}": function
        for module in walk_packages(data_access.__path__, "data_access.")
        if ".migrations" not in module.name
        for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction)
        if function.__module__ == module.name
        and not name.startswith("_")
        and list(inspect.signature(function).parameters)[:2] == ["engine", "scope"]
        and not (".edits." in module.name and not name.startswith(QUERY_FORMS))  # a command
    }


QUERIES = find_queries()
# of what the analytics copy does not hold
RECORD_ONLY = (
    "audit.", "comments.", "rules.", "work_queues.", "new_order.find_discount_limit", "customers.",
    "customer_details.", "customer_timeline.", "care.", "consent.list_consents", "erasures.",
    "messages.", "segment_lists.list_saved_segments", "segment_lists.find_what_clusters_are",
    "going_quiet.find_last_scoring", "value.find_shared_error", "customer_pairs.",
    "completeness.list_", "alerts.list_", "alerts.find_", "rebuys.find_last_rebuy_run",
    "forecasts.", "forecast_adjustments.",
    "forecast_ledger.", "calendar_events.list_events", "scenarios.", "unusual.list_day_notes",
    "replenishments.", "allocating.list_set_aside", "calls.", "call_effects.", "call_capacities.",
    "what_if_learnt.", "offers.", "offered.", "bought_together.", "segment_offers.",
    "campaign_trials.",
)  # fmt: skip


def _period(chance: Random) -> Period:
    start = FIRST_DAY + timedelta(days=chance.choice((-365, -30, -1, 0)))
    return Period(start, start + timedelta(days=chance.choice((0, 1, 7, 60, 400))))


def _filter(chance: Random) -> OrderFilter:
    parts: dict[str, Callable[[], Any]] = {
        "period": lambda: _period(chance),
        "stages": lambda: tuple(chance.sample(STAGES, k=3)),
        "channels": lambda: ("web", chance.choice(("Web", "partner", "gone"))),
        "region_ids": lambda: (chance.choice((1, 2, 3)),),
        "owner_ids": lambda: (1, chance.choice((2, 3))),
        "customer_id": lambda: chance.choice((1, 2, 9)),
        "category_ids": lambda: (chance.choice((1, 2)),),
        "amount_from": lambda: chance.choice((0.0, 9.99)),
        "amount_to": lambda: chance.choice((-5.0, 10.0, 124.0)),
        "overdue": lambda: True,
        "not_on_time": lambda: True,
        "not_otif": lambda: True,
        "returned": lambda: True,
        "past_due": lambda: True,
        "period_basis": lambda: chance.choice(PERIOD_BASES),
        "payment_state": lambda: chance.choice(PAYMENT_STATES),
        "currency": lambda: chance.choice(("CNY", "EUR")),
        "search": lambda: chance.choice((*TEXTS, "138", "****", "a")),
    }
    likely = {"period": 1.0, "currency": 0.8}  # what is summed over time needs a period
    chosen = [name for name in parts if chance.random() < likely.get(name, 0.12)]
    return OrderFilter(**{name: parts[name]() for name in chosen})


def _customer_filter(chance: Random) -> CustomerFilter:
    def texts() -> tuple[str, ...]:
        return (chance.choice(TEXTS), "Ada")

    parts: dict[str, Callable[[], Any]] = {
        "search": lambda: chance.choice((*TEXTS, "138", "****", "138 1234-5678", "a")),
        "customer_types": lambda: (chance.choice(("company", "person")),),
        **dict.fromkeys(("industries", "grades", "sources", "segments"), texts),
        "consents": lambda: (chance.choice(CONSENTS),),
        "region_ids": lambda: (1, chance.choice((2, 3))),
        "owner_ids": lambda: (1, chance.choice((2, 3))),
        "bought": lambda: chance.random() < 0.5,
        "period": lambda: _period(chance),
        "currency": lambda: chance.choice(("CNY", "EUR")),
    }
    likely = {"currency": 0.8, "search": 0.4, "bought": 0.3, "period": 0.5}
    chosen = [name for name in parts if chance.random() < likely.get(name, 0.1)]
    return CustomerFilter(**{name: parts[name]() for name in chosen})


def _change_filter(chance: Random) -> ChangeFilter:
    parts: dict[str, Callable[[], Any]] = {
        "period": lambda: _period(chance),
        "order_number": lambda: f"{chance.choice(TEXTS)} {chance.choice((1, 2, 3))}",
        "table_name": lambda: chance.choice(WORDS["table_name"]),
        **{name: lambda: chance.choice(TEXTS) for name in ("actor", "action", "request_id")},
    }
    return ChangeFilter(**{name: parts[name]() for name in parts if chance.random() < 0.2})


def _quiet_filter(chance: Random) -> QuietFilter:
    return QuietFilter(
        horizon_days=chance.choice(HORIZONS),
        chance_from=chance.choice((0.0, 0.5)),
        threshold_days=chance.choice((1, 90)),
        region_ids=chance.choice(((), (1, 2))),
        owner_ids=chance.choice(((), (1,))),
        currency=chance.choice(("CNY", None)),
    )


def _proposed(chance: Random) -> Proposed:
    number, action = chance.choice((1, 2, 3, 9)), chance.choice(tuple(RIGHTS))
    return Proposed(
        action,
        line_id=number,
        quantity=chance.choice((None, 1, 7)),
        discount_rate=chance.choice((None, Decimal("0.25"))),
        promised_on=chance.choice((None, FIRST_DAY)),
        owner_id=chance.choice((None, 1, 2, 9)),
        amount=chance.choice((None, Decimal("0.5"))),
        returned=((number, 1, True), (1, 2, False)) if action == "register_return" else (),
    )


def _new_lines(chance: Random) -> tuple[NewLine, ...]:
    product_ids = chance.sample((1, 2, 3, 9), k=chance.choice((0, 1, 2)))
    return tuple(NewLine(number, chance.choice((1, 5))) for number in product_ids)


def _division(chance: Random) -> Division:
    by = chance.choice(WAYS)
    cuts: dict[str, Any] = {
        "recency_days": (40, 30, 8, 1), "orders": (0, 1, 2, 3), "net_sales": (0.0, 0.1, 9.99, 100.0)
    }  # fmt: skip
    groups = {"rfm": (111, 115, 211, 522), "rule": (0, 1), "cluster": (0, 1, 2)}[by]
    return Division(
        by=by,
        **(cuts if by == "rfm" and chance.random() < 0.5 else {}),
        limits=chance.choice((USUAL_LIMITS, (1, 2, 3))),
        groups=groups if chance.random() < 0.3 else (),
        region_ids=chance.choice(((), (), (1, 2))),
        currency=chance.choice(("CNY", "EUR", None)),
    )


def _value_filter(chance: Random) -> ValueFilter:
    return ValueFilter(
        currency=chance.choice(("CNY", "CNY", "EUR")),
        region_ids=chance.choice(((), (), (1,), (1, 2))),
        owner_ids=chance.choice(((), (), (2,))),
        sources=chance.choice(((), (), ("Ada", "z***"))),
    )


def _request_filter(chance: Random) -> RequestFilter:
    return RequestFilter(
        states=chance.choice(((), (), ("ordered",), REQUEST_STATES[:3])),
        warehouse_ids=chance.choice(((), (), (1, 2))),
        supplier_ids=chance.choice(((), (), (1,))),
        category_ids=chance.choice(((), (), (1, 2))),
        search=chance.choice(("", "", *TEXTS, "a")),
    )


def _rule_filter(chance: Random) -> RuleFilter:
    return RuleFilter(
        product_id=chance.choice((None, None, 1, 2)),
        category_ids=chance.choice(((), (), (1, 2))),
        fewest=chance.choice((1, 5, 8)),
        least_confidence=chance.choice((0.0, 0.5)),
    )


def _series_filter(chance: Random) -> SeriesFilter:
    split: Split = chance.choice(("total", "total", *PART_COLUMN))
    parts = {"channel": ("web", "Web", ""), "segment": ("Ada", "")}
    return SeriesFilter(
        measure=chance.choice(SPLIT_MEASURES[split]),
        grain=chance.choice(GRAINS),
        region_ids=chance.choice(((), (), (1,), (1, 2), (2, NO_REGION))),
        split=split,
        part="" if split == "total" else chance.choice(parts.get(split, ("1", "2", ""))),
    )


def _part(chance: Random) -> Part:
    kinds: dict[str, tuple[Any, ...]] = {
        "products": ("both", "new", "gone", "corrections", "charges", "returns"),
        "customers": ("new", "won_back", "kept_grown", "kept_shrunk", "lost", "nobody"),
        "by": ("channel", "region", "category", "product"),
    }
    kind = chance.choice(tuple(kinds))
    value = chance.choice(kinds[kind])
    if kind != "by":
        return Part(**{kind: value})
    keys = (None, "web", "partner") if value == "channel" else (None, 1, 2)
    return Part(by=value, keys=tuple(chance.sample(keys, k=2)), others=chance.random() < 0.5)


# What a query may ask for, by the argument's name.
ARGUMENTS: dict[str, Callable[[Random], Any]] = {
    "order_filter": _filter,
    "as_of": lambda chance: FIRST_DAY + timedelta(days=chance.choice((0, 1, 8, 40))),
    "week_on": lambda chance: FIRST_DAY + timedelta(days=chance.choice((0, 1, 8, 40))),
    "last_on": lambda chance: FIRST_DAY + timedelta(days=chance.choice((0, 1, 40))),
    "now": lambda chance: datetime.combine(
        FIRST_DAY + timedelta(days=chance.choice((0, 1, 8, 40))), time(chance.choice((0, 5, 20)))
    ),
    "role": lambda chance: chance.choice(("manager", "analyst", *TEXTS)),
    "roles": lambda chance: ("manager", chance.choice(("analyst", "sales_lead"))),
    "campaign_trial_id": lambda chance: chance.choice((1, 2, 9)),
    "scenario_id": lambda chance: chance.choice((1, 2, 9)),
    "period": _period,
    "user_id": lambda chance: chance.choice((1, 2, PERSON_ID)),
    "periods": lambda chance: tuple(_period(chance) for _ in range(chance.choice((1, 2, 3)))),
    "names": lambda chance: chance.choice((SPLIT, ORDERED)),
    "language": lambda chance: chance.choice(("en", "zh_CN")),
    "currency": lambda chance: chance.choice(("CNY", "EUR", None)),
    "category_ids": lambda chance: tuple(chance.sample((1, 2, 3), k=chance.choice((0, 1, 2)))),
    "product_ids": lambda chance: tuple(chance.sample((1, 2, 3), k=chance.choice((0, 1, 2)))),
    "stages": lambda chance: tuple(chance.sample(OPEN_STAGES, k=chance.choice((0, 1, 4)))),
    "stock_ids": lambda chance: chance.choice((None, (), (1,), (1, 2, 3))),
    "product_id": lambda chance: chance.choice((1, 1, 2, 9)),
    "other_product_id": lambda chance: chance.choice((1, 2, 2, 9)),
    "customer_id": lambda chance: chance.choice((1, 2, 3, 9)),
    "customer_ids": lambda chance: tuple(chance.sample((1, 2, 3, 9), k=chance.choice((0, 2, 3)))),
    "warehouse_id": lambda chance: chance.choice((None, 1, 1, 2, 9)),
    "coupon_code": lambda chance: chance.choice(TEXTS),
    "proposed": _proposed,
    "lines": _new_lines,
    "order_id": lambda chance: chance.choice((1, 1, 2, 3, 4, 9)),
    "order_number": lambda chance: f"{chance.choice(TEXTS)} {chance.choice((1, 2, 3))}",
    "words": lambda chance: chance.choice((*TEXTS, "138", "+86 138-1234-5678", "****", "a")),
    "change_filter": _change_filter,
    "division": _division,
    "before": _period,
    "part": _part,
    "day": lambda chance: FIRST_DAY + timedelta(days=chance.choice((-7, 0, 1, 7, 14))),
    "kind": lambda chance: chance.choice((None, "again", "new")),
    "fewest": lambda chance: chance.choice((1, 5, 8)),
    "within_days": lambda chance: chance.choice((7, 14, 400)),
    "quiet_filter": _quiet_filter,
    "customer_filter": _customer_filter,
    "value_filter": _value_filter,
    "series_filter": _series_filter,
    "request_filter": _request_filter,
    "rule_filter": _rule_filter,
    "replenishment_id": lambda chance: chance.choice((1, 2, 9)),
    "first_on": lambda chance: FIRST_DAY - timedelta(days=chance.choice((0, 2, 40))),
    "parts": lambda chance: chance.choice(((), ("web", "1", ""))),
    "steps": lambda chance: chance.choice((1, 10_000)),
    "published_forecast_id": lambda chance: chance.choice((1, 2, 3, 9)),
    "first_order": _period,
    "ends": lambda chance: tuple(_period(chance).end for _ in range(chance.choice((1, 2, 3)))),
    "for_contact": lambda chance: chance.random() < 0.5,
    "zone": lambda chance: chance.choice(("Asia/Shanghai", "America/New_York")),
    "limit": lambda chance: chance.choice((1, 2, 50)),
    "descending": lambda chance: chance.random() < 0.5,
    "first_id": lambda chance: chance.choice((1, 2, 9)),
    "second_id": lambda chance: chance.choice((1, 2, 3)),
    "fields": lambda chance: tuple(chance.sample(COMPLETE_FIELDS, k=3)),
    "today": lambda chance: FIRST_DAY + timedelta(days=chance.choice((0, 1, 8))),
    "alert_id": lambda chance: chance.choice((None, 1, 2, 9)),
    "unusual_days": lambda chance: chance.random() < 0.5,
    "code": lambda chance: chance.choice((*BY_CODE, "gone.rule")),
    "codes": lambda chance: tuple(chance.sample(tuple(BY_CODE), k=6)),
    "after": lambda chance: None,  # the next pages are asked for below
}


def arguments_of(name: str, world: World, seed: int) -> dict[str, Any]:
    """Arguments for the query; the same seed gives the same."""
    chance = Random(f"{name} {seed}")
    made: dict[str, Any] = {}
    for parameter, kind in list(get_type_hints(QUERIES[name]).items())[2:]:
        if parameter == "return":
            continue
        if get_origin(kind) is Literal:
            made[parameter] = chance.choice(get_args(kind))
        elif parameter == "order_number" and world["orders"]:
            made[parameter] = chance.choice(world["orders"])["order_number"]
        else:
            made[parameter] = ARGUMENTS[parameter](chance)
    return made


def answers(name: str, engine: Engine, scope: Scope, arguments: dict[str, Any]) -> list[Any]:
    """What the query answers, all pages of it; a refusal is an answer too."""
    pages: list[Any] = []
    while len(pages) < 10:
        try:
            page = QUERIES[name](engine, scope, **arguments)
        except Refused as refusal:
            return [*pages, (refusal.reason, str(refusal))]
        pages.append(page)
        after = next_page(page) if "after" in arguments else None
        if after is None:
            break
        arguments = {**arguments, "after": after}
    return pages


def check_alike(found: list[Any], expected: list[Any]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        if isinstance(one, pd.DataFrame):
            assert_frame_equal(one, other, check_exact=False, rtol=1e-9, atol=1e-4)
        else:
            assert one == other


def check_some_queries(databases: Databases, crm: tuple[World, Person], seed: int) -> None:
    scope, unlimited = databases.write(*crm)
    check_queries(databases, scope, unlimited, crm, seed)


def check_queries(
    databases: Databases, scope: Scope, unlimited: Scope, crm: tuple[World, Person], seed: int,
    names: Iterable[str] = QUERIES,
) -> None:  # fmt: skip
    for name in Random(seed).sample(sorted(names), k=8):
        arguments = arguments_of(name, crm[0], seed)
        found = answers(name, databases.everything, scope, arguments)
        expected = answers(name, databases.seen, unlimited, arguments)
        try:
            check_alike(found, expected)
        except AssertionError as error:
            pytest.fail(f"{name}({arguments}) of {crm[1]}: {error}")


def test_the_queries_are_found() -> None:
    assert {"sales.sum_sales", "orders.list_orders", "options.list_reps"} <= QUERIES.keys()
    assert len(QUERIES) >= 25


@pytest.mark.parametrize("name", QUERIES)
def test_this_test_can_make_every_argument(name: str) -> None:
    arguments_of(name, World(orders=[]), 0)


@settings(HOW, max_examples=40)
@given(crm=crms(), seed=st.integers(0, 2**32))
def test_every_query_answers_from_what_is_visible(
    sqlite: Databases, crm: tuple[World, Person], seed: int
) -> None:
    check_some_queries(sqlite, crm, seed)


@pytest.mark.parametrize("engine", ["postgresql", "duckdb"])
def test_so_it_does_on_the_other_engines(engine: str, request: pytest.FixtureRequest) -> None:
    databases: Databases = request.getfixturevalue(engine)

    @settings(HOW, max_examples=8)
    @given(crm=crms(), seed=st.integers(0, 2**32))
    def holds(crm: tuple[World, Person], seed: int) -> None:
        check_some_queries(databases, crm, seed)

    holds()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_many_customers_are_listed_as_few_are(
    engine: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an index of what they are sorted by, without looking at each of them."""
    databases: Databases = request.getfixturevalue(engine)

    @settings(HOW, max_examples=25 if engine == "sqlite" else 8)
    @given(crm=crms(), seed=st.integers(0, 2**32))
    def holds(crm: tuple[World, Person], seed: int) -> None:
        name = "customers.list_customers"
        scope, _ = databases.write(*crm)
        for sort in ("last_order", "net_sales_12m", "silent_90"):
            arguments = {**arguments_of(name, crm[0], seed), "sort": sort}
            pages = []
            for most in (customers.MOST_SORTED, -1):
                with monkeypatch.context() as patched:
                    patched.setattr(customers, "MOST_SORTED", most)
                    pages.append(answers(name, databases.everything, scope, arguments))
            check_alike(*pages)

    holds()


@settings(HOW, max_examples=8)
@given(crm=crms(), seed=st.integers(0, 2**32))
def test_so_it_does_on_the_analytics_copy(
    sqlite: Databases, crm: tuple[World, Person], seed: int
) -> None:
    scope, unlimited = sqlite.write(*crm)
    with copied(sqlite.everything) as everything, copied(sqlite.seen) as seen:
        names = [name for name in QUERIES if not name.startswith(RECORD_ONLY)]
        check_queries(Databases(everything, seen), scope, unlimited, crm, seed, names)


@contextmanager
def copied(record: Engine) -> Iterator[Engine]:
    facts: dict[Table, dict[str, Any]] = {
        properties: {"name": "database_id", "value": "one of a test"},
        data_version: {"data_version_id": 1, "version": 1, "is_bulk": False},
    }
    with record.begin() as connection:
        for table, row in facts.items():
            connection.execute(delete(table))
            connection.execute(insert(table), row)
    copy = AnalyticsCopy(record)
    yield copy.engine
    copy.close()


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Databases]:
    databases = two_databases("sqlite://", "sqlite://")
    yield databases
    databases.dispose()


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Databases]:
    databases = two_databases("duckdb://", "duckdb://")
    yield databases
    databases.dispose()


@pytest.fixture(scope="module")
def postgresql(new_postgresql_url: Callable[..., str]) -> Iterator[Databases]:
    databases = two_databases(
        *(make_url(new_postgresql_url()).set(drivername="postgresql+psycopg") for _ in range(2))
    )
    yield databases
    databases.dispose()
