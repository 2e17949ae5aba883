"""Random legal questions to the relations of a Scope: the same seed asks the same question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    SmallInteger,
    String,
    and_,
    case,
    exists,
    func,
    not_,
    or_,
    select,
)

from data_access.columns import ExactDecimal
from data_access.tables import BUSINESS_TABLES, metadata
from tests.worlds import FIRST_DAY, TEXTS, WORDS

NAMES = (*(table.name for table in BUSINESS_TABLES), "users", "audit")
OFTEN = ("orders", "orders", "customers", "order_lines", "payments", "contacts", "products")
Question = Select[Any]


def ask(visible: Any, seed: int) -> Question:
    """One question over `visible`; what is asked depends on the seed alone."""
    chance = Random(seed)
    shape = chance.choice(SHAPES)
    return shape(visible, chance)


def _some_rows(visible: Any, chance: Random) -> Question:
    relation = _relation(visible, chance)
    columns = chance.sample(list(relation.c), k=min(3, len(relation.c)))
    return select(*columns).where(_condition(relation, chance))


def _first_rows(visible: Any, chance: Random) -> Question:
    relation = _relation(visible, chance)
    key = next(iter(relation.c))
    return select(relation).order_by(_column(relation, chance).desc(), key).limit(2)


def _distinct(visible: Any, chance: Random) -> Question:
    relation = _relation(visible, chance)
    return select(_column(relation, chance), _column(relation, chance)).distinct()


def _sums(visible: Any, chance: Random) -> Question:
    relation = _relation(visible, chance)
    measure = _column(relation, chance, ExactDecimal, Integer, SmallInteger)
    return select(
        func.count(), func.sum(measure), func.min(measure), func.max(measure), func.avg(measure)
    ).where(_condition(relation, chance))


def _counts_by(visible: Any, chance: Random) -> Question:
    relation = _relation(visible, chance)
    by, counted = _column(relation, chance), _column(relation, chance)
    found = select(by, func.count(), func.count(counted), func.count(counted.distinct()))
    found = found.where(_condition(relation, chance)).group_by(by)
    return found.having(func.count() > 1) if chance.random() < 0.3 else found


def _filtered_sum(visible: Any, chance: Random) -> Question:
    relation = _relation(visible, chance)
    measure = _column(relation, chance, ExactDecimal, Integer, SmallInteger)
    return select(func.sum(case((_condition(relation, chance), measure), else_=0)))


def _joined(visible: Any, chance: Random) -> Question:
    left, right, key = _pair(visible, chance)
    on = left.c[key] == right.c[key]
    joined = left.join(right, on) if chance.random() < 0.5 else left.outerjoin(right, on)
    by = _column(right, chance)
    found = select(by, func.count(), func.max(_column(left, chance, String, Integer)))
    return found.select_from(joined).where(_condition(left, chance)).group_by(by)


def _with_itself(visible: Any, chance: Random) -> Question:
    relation = _relation(visible, chance)
    other = relation.alias("other")
    column = _column(relation, chance)
    return select(func.count()).select_from(
        relation.join(other, relation.c[column.key] == other.c[column.key])
    )


def _with_and_without(visible: Any, chance: Random) -> Question:
    left, right, key = _pair(visible, chance)
    there = exists().where(right.c[key] == left.c[key], _condition(right, chance))
    found = select(_column(left, chance), _column(left, chance))
    return found.where(there if chance.random() < 0.5 else not_(there))


def _among(visible: Any, chance: Random) -> Question:
    left, right, key = _pair(visible, chance)
    keys = select(right.c[key]).where(right.c[key].is_not(None), _condition(right, chance))
    found = left.c[key].in_(keys) if chance.random() < 0.5 else left.c[key].not_in(keys)
    return select(func.count(), func.max(left.c[key])).where(found)


def _combined(visible: Any, chance: Random) -> Question:
    left, right = (getattr(visible, chance.choice(_WITH_TEXTS)) for _ in range(2))
    kind = chance.choice((String, Integer))
    first = select(_column(left, chance, kind).label("value")).where(_condition(left, chance))
    second = select(_column(right, chance, kind).label("value"))
    how = chance.choice(("union", "union_all", "intersect", "except_"))
    both = getattr(first, how)(second).subquery("both_sides")
    return select(both.c.value, func.count()).group_by(both.c.value)


def _through_a_cte(visible: Any, chance: Random) -> Question:
    relation = _relation(visible, chance)
    inner = select(relation).where(_condition(relation, chance)).cte("some")
    by = _column(inner, chance)
    return select(by, func.count()).group_by(by)


def _numbered(visible: Any, chance: Random) -> Question:
    relation = _relation(visible, chance)
    key, by = next(iter(relation.c)), _column(relation, chance)
    place = func.row_number().over(partition_by=by, order_by=key)
    return select(key, by, place, func.count().over(partition_by=by))


def _beside_each_row(visible: Any, chance: Random) -> Question:
    left, right, key = _pair(visible, chance)
    measure = _column(right, chance, ExactDecimal, Integer, SmallInteger)
    beside = select(func.sum(measure)).where(right.c[key] == left.c[key])
    return select(next(iter(left.c)), beside.correlate(left).scalar_subquery())


SHAPES: tuple[Callable[[Any, Random], Question], ...] = (
    _some_rows, _first_rows, _distinct, _sums, _counts_by, _filtered_sum, _joined, _with_itself,
    _with_and_without, _among, _combined, _through_a_cte, _numbered, _beside_each_row,
)  # fmt: skip


def _relation(visible: Any, chance: Random) -> Any:
    return getattr(visible, chance.choice(OFTEN if chance.random() < 0.5 else NAMES))


def _pair(visible: Any, chance: Random) -> tuple[Any, Any, str]:
    """Two relations that share a column of identities."""
    left, right, key = chance.choice(_PAIRS)
    return getattr(visible, left), getattr(visible, right), key


_WITH_TEXTS = [
    name for name in NAMES if any(isinstance(c.type, String) for c in metadata.tables[name].c)
]
_PAIRS = [
    (left, right, key)
    for left in NAMES
    for right in NAMES
    for key in ("order_id", "customer_id", "product_id", "owner_id", "region_id", "channel")
    if left != right and key in metadata.tables[left].c and key in metadata.tables[right].c
]


def _column(relation: Any, chance: Random, *kinds: type) -> ColumnElement[Any]:
    fitting = [column for column in relation.c if not kinds or isinstance(column.type, kinds)]
    found: ColumnElement[Any] = chance.choice(fitting or [next(iter(relation.c))])
    return found


def _condition(relation: Any, chance: Random) -> ColumnElement[bool]:
    first: ColumnElement[bool] = _comparison(_column(relation, chance), chance)
    if chance.random() < 0.5:
        return first
    second = _comparison(_column(relation, chance), chance)
    return and_(first, second) if chance.random() < 0.4 else or_(first, not_(second))


def _comparison(column: Any, chance: Random) -> Any:
    if chance.random() < 0.2:
        return column.is_(None) if chance.random() < 0.5 else column.is_not(None)
    kind = column.type
    if isinstance(kind, Boolean):
        return column.is_(chance.random() < 0.5)
    if isinstance(kind, String):
        return _text_comparison(column, chance)
    if isinstance(kind, Date | DateTime):
        value: Any = FIRST_DAY + timedelta(days=chance.choice((-1, 0, 1, 7)))
    else:
        assert isinstance(kind, ExactDecimal | Integer | Numeric), kind
        value = chance.choice((-1, 0, 1, 2, 3, 100))
    return chance.choice((column == value, column >= value, column < value, column != value))


def _text_comparison(column: Any, chance: Random) -> Any:
    words = chance.choice((*TEXTS, *WORDS.get(column.key, ())))
    return chance.choice(
        (
            column == words,
            column.like(f"%{words[1:3]}%", escape="/"),
            column.icontains(words, autoescape=True),
            column > words,
            func.length(column) >= 7,
            func.lower(column) == words.lower(),
        )
    )
