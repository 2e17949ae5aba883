"""Random small CRMs: every table has a few rows of awkward values that refer to each other."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    insert,
)
from sqlalchemy.types import TypeEngine

from data_access import alerts
from data_access.columns import ExactDecimal
from data_access.scope import RELATIONS
from data_access.tables import OPEN_STAGES, STAGES, metadata
from tests.role_sheet import ROLES, Person, Row, World

PERSON_ID = 100
EVERYBODY = (*ROLES, "owner")  # the last is no role of this version
FIRST_DAY = date(2026, 11, 16)
# Most cells repeat a few words, so that filters, groups and searches meet equal values.
TEXTS = (
    "Ada", "Ada", "王伟", "", " ", "13812345678", "123456", "1234567", "🙂👩\u200d👧", "=1+1", "+1",
    "%", "_", "'; DROP TABLE orders; --", "<img src=x onerror=alert(1)>", "z***", "a\\b", "İ", "é",
)  # fmt: skip
CHANNELS = ("web", "web", "web shop", "Web", "partner", "gone")
CURRENCIES = ("CNY", "CNY", "EUR")
IMAGES = (  # of rows, as the log keeps them
    '{"order_id": 1, "owner_id": 1, "net_sales": 9.5, "ordered_at": "2026-11-16 04:00:00"}',
    '{"order_id": 1, "owner_id": 2, "net_sales": 10.0, "ordered_at": "2026-11-16T05:00:00"}',
    '{"stock_id": 1, "product_id": 2, "warehouse_id": 1, "on_hand": 5}',
    '{"product_id": "2", "warehouse_id": null, "promised_on": "soon"}',
    "[1]",
    "=1+1",
)
WORDS: dict[str, tuple[Any, ...]] = {
    "stage": STAGES,
    "currency": CURRENCIES,
    "channel": CHANNELS,
    "role": (*ROLES, *ROLES, "owner", ""),
    "consent": ("granted", "refused", "unknown"),
    "customer_type": ("company", "person"),
    "measure": ("net_sales", "net_sales", "units"),
    "grain": ("day", "week", "month"),
    "level": ("company", "region", "region"),
    "split": ("total", "total", "channel", "product"),
    "segment": TEXTS[:3],
    "table_name": ("orders", "orders", "stock", "payments", "*", "users", "gone"),
    "before": IMAGES,
    "after": IMAGES,
}
# table, column → its values, where others of that name have others
OF_TABLE: dict[tuple[str, str], tuple[Any, ...]] = {
    ("alerts", "kind"): alerts.KINDS,
    ("alerts", "severity"): alerts.SEVERITIES,
    ("alerts", "ended_at"): (None, None, None, datetime(2026, 11, 16)),
    ("alert_answers", "kind"): ("acknowledged", "snoozed", "snoozed"),
    ("refreshes", "what"): ("alerts", "alerts", "forecasts"),
    ("refreshes", "state"): ("done", "done", "failed"),
}
OPPORTUNITY_STAGES = ("lead", "qualified", "proposal", "won", "lost")
MOST_ROWS = {"orders": 6, "order_lines": 8, "customers": 5, "payments": 6}


def _wide(column: Column[Any]) -> TypeEngine[Any]:
    return Text() if isinstance(column.type, String) else column.type


# The same tables and column types without keys and constraints: rows may dangle, and a database
# can hold what one person sees, where columns that are never empty are.
bare = MetaData()
for _table in metadata.tables.values():
    Table(_table.name, bare, *(Column(column.name, _wide(column)) for column in _table.columns))


@st.composite
def crms(draw: st.DrawFn, role: str | None = None) -> tuple[World, Person]:
    """A world with the account of a person of this role (any role: None), and the person.

    All follows from one number: left to Hypothesis, which varies what it drew before, whole roles
    are hardly met."""
    seed = draw(st.integers(0, 2**64))
    chance = Random(f"{seed}")
    world = _world(seed, chance)
    person = Person(
        role=role or chance.choice(EVERYBODY),
        employee_id=chance.choice((1, 1, 2, 2, 3, 9, None)),
        region_ids=chance.choice(((1,), (1, 2), (2,), (3,), (9,), ())),
        channel=chance.choice(("web", "web", "partner", "nowhere", None)),
    )
    world["users"].append(_account(person))
    world["user_regions"] += [
        {"user_region_id": PERSON_ID + place, "user_id": PERSON_ID, "region_id": region_id}
        for place, region_id in enumerate(person.region_ids)
    ]
    return world, person


def _world(seed: int, chance: Random) -> World:
    return World(
        {
            relation: [
                _row(metadata.tables[relation], place, Random(f"{seed} {relation} {place}"))
                for place in range(1, chance.randint(0, MOST_ROWS.get(relation, 3)) + 1)
            ]
            for relation in RELATIONS
        }
    )


def _account(person: Person) -> Row:
    row: Row = dict.fromkeys(metadata.tables["users"].c.keys())
    return row | {
        "user_id": PERSON_ID,
        "username": "person",
        "name": "Person",
        "password_hash": "secret",
        "role": person.role,
        "employee_id": person.employee_id,
        "channel": person.channel,
        "is_active": True,
        "is_demo": False,
    }


def new_tables(engine: Engine) -> None:
    bare.create_all(engine)


def fill(engine: Engine, rows: dict[str, list[Row]]) -> None:
    """Empties the database, then writes these rows."""
    with engine.begin() as connection:
        for name, table in bare.tables.items():
            connection.execute(table.delete())
            if rows.get(name):
                connection.execute(insert(table), rows[name])


def _row(table: Table, place: int, chance: Random) -> Row:
    return {column.name: _cell(table, column, place, chance) for column in table.columns}


def _cell(table: Table, column: Column[Any], place: int, chance: Random) -> Any:
    if (column.primary_key or column.unique) and isinstance(column.type, Integer):
        return place
    if (table.name, column.name) in OF_TABLE:
        return chance.choice(OF_TABLE[table.name, column.name])
    if column.nullable and chance.random() < 0.2:
        return None
    if column.name == "stage" and table.name == "stage_rules":
        return STAGES[place - 1]
    if column.unique or column.primary_key:
        return f"{chance.choice(TEXTS)} {place}" if column.name != "channel" else _channel(place)
    if column.name == "stage" and table.name == "opportunities":
        return chance.choice(OPPORTUNITY_STAGES)
    if column.name == "stage":
        return chance.choice((*STAGES, *OPEN_STAGES))
    if column.name in WORDS:
        return chance.choice(WORDS[column.name])
    if isinstance(column.type, Integer) and column.name.endswith("_id"):
        return chance.choice((1, 1, 2, 2, 3, 4, 9))
    return _value(column, chance)


def _channel(place: int) -> str:
    return ("web", "Web", "web shop")[place - 1]


def _value(column: Column[Any], chance: Random) -> Any:
    kind = column.type
    if isinstance(kind, Boolean):
        return chance.random() < 0.5
    if isinstance(kind, ExactDecimal):
        step = Decimal(1).scaleb(-kind.scale)
        if column.name.endswith("_rate") or column.name == "probability":
            return (Decimal(chance.randint(0, 100)) / 100).quantize(step)
        return (Decimal(chance.choice((-500, 0, 1, 10, 999, 12345))) / 100).quantize(step)
    if isinstance(kind, Integer | SmallInteger | Numeric):
        return chance.choice((-3, 0, 1, 1, 2, 5))
    if isinstance(kind, DateTime):
        return datetime.combine(_day(chance), datetime.min.time()) + timedelta(
            hours=chance.randint(0, 23)
        )
    if isinstance(kind, Date):
        return _day(chance)
    return chance.choice(TEXTS)


def _day(chance: Random) -> date:
    return FIRST_DAY + timedelta(days=chance.choice((0, 0, 1, 2, 7, 30, -30, -365)))
