"""Data quality: how many rows break each rule, and which."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import (
    Date,
    Engine,
    FromClause,
    Integer,
    Select,
    String,
    Text,
    case,
    cast,
    func,
    literal,
    null,
    select,
)

from data_access.columns import ExactDecimal, Id, Money
from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.quality_rules import (
    BY_CODE,
    RELATIONS,
    QualityRule,
    Sources,
    alike_rows,
    joined,
)
from data_access.scope import Scope

MOST_ROWS = 200
_KEYS = {
    "customers": "customer_id", "contacts": "contact_id", "orders": "order_id",
    "order_lines": "line_id", "payments": "payment_id", "products": "product_id",
    "stock": "stock_id",
}  # fmt: skip


def sum_quality(engine: Engine, scope: Scope, as_of: date, codes: tuple[str, ...]) -> pd.DataFrame:
    """code, relation, kind (missing, invalid, orphan, double), severity (3 is worst), broken (rows
    that break the rule), total (rows of the relation): one row for each of these rules that the
    person's role can judge by (`rules_for`). One statement per relation."""
    rules = [BY_CODE[code] for code in codes if code in BY_CODE]
    counted = [
        row
        for relation in RELATIONS
        for row in _count(
            engine, scope, as_of, relation, [rule for rule in rules if rule.relation == relation]
        )
    ]
    names = ("code", "relation", "kind", "severity", "broken", "total")
    frame = pd.DataFrame(counted, columns=list(names))
    return frame.astype({"severity": "int64", "broken": "int64", "total": "int64"})


def _count(
    engine: Engine, scope: Scope, as_of: date, relation: str, rules: list[QualityRule]
) -> Iterable[tuple[Any, ...]]:
    if not rules:
        return
    clause, sources = joined(scope, relation, doubles=False, named=False)
    counts: list[Any] = [
        _times_alike(scope, rule).label(f"rule_{number}")
        if rule.kind == "double"
        else func.count(case((rule.broken(sources, as_of), 1))).label(f"rule_{number}")
        for number, rule in enumerate(rules)
    ]
    counts.append(func.count().label("total"))
    found = read_frame(engine, select(*counts).select_from(clause))
    total = int(found["total"].iloc[0])
    for number, rule in enumerate(rules):
        broken = int(found[f"rule_{number}"].iloc[0])
        yield rule.code, relation, rule.kind, rule.severity, broken, total


def _times_alike(scope: Scope, rule: QualityRule) -> Any:
    times = alike_rows(scope, rule.relation).c.times
    return select(func.coalesce(func.sum(times), 0)).scalar_subquery()


def list_quality_rows(
    engine: Engine, scope: Scope, code: str, as_of: date, language: str = "en",
    limit: int = MOST_ROWS,
) -> pd.DataFrame:  # fmt: skip
    """row_id, name (of the customer, contact, product or warehouse), customer_id, customer,
    order_number, and what is wrong as said (text), amount or day_on, with currency: the rows that
    break the rule, the newest identity first; at most `limit`. No row for an unknown code."""
    rule = BY_CODE.get(code, next(iter(BY_CODE.values())))
    clause, sources = joined(scope, rule.relation, doubles=rule.kind == "double")
    own = sources[rule.relation]
    key = own.c[_KEYS[rule.relation]]
    statement = _shown(rule, sources, key, language).select_from(clause)
    statement = statement.where(rule.broken(sources, as_of) if code in BY_CODE else literal(False))
    statement = statement.order_by(key.desc()).limit(max(1, min(limit, MOST_ROWS)))
    return read_frame(engine, statement)


def _shown(rule: QualityRule, of: Sources, key: Any, language: str) -> Select[Any]:
    customers, orders = of.get("customers"), of.get("orders")
    text: Any = cast(null(), Text())
    named = _named(rule.relation, of, language)
    number = orders.c.order_number if orders is not None else text
    return select(
        key.label("row_id"),
        (text if named is None else named).label("name"),
        (cast(null(), Id) if customers is None else customers.c.customer_id).label("customer_id"),
        (text if customers is None else name_in(language, customers)).label("customer"),
        number.label("order_number"),
        *_wrong(of[rule.relation], rule.shows),
        _currency(of).label("currency"),
    )


def _named(relation: str, of: Sources, language: str) -> Any:
    """What the row is called; of a stock, the product."""
    if relation == "contacts":
        return of["contacts"].c.name
    for name in ("products", "customers"):
        if name in of:
            return name_in(language, of[name])
    return None


def _currency(of: Sources) -> Any:
    for name in ("payments", "orders", "products"):
        if name in of:
            return of[name].c.currency
    return cast(null(), String(3))


def _wrong(own: FromClause, shows: str) -> Iterable[Any]:
    """The wrong value in the column of its kind."""
    said: Any = cast(null(), Text())
    amount: Any = cast(null(), Money)
    day: Any = cast(null(), Date())
    column: Any = own.c[shows] if shows and not shows.endswith("_id") else null()
    if isinstance(column.type, String):
        said = column
    elif isinstance(column.type, Date):
        day = column
    elif isinstance(column.type, ExactDecimal):
        amount = column
    elif isinstance(column.type, Integer):
        amount = cast(column, Money)
    return said.label("said"), amount.label("amount"), day.label("day_on")
