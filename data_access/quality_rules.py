"""What is wrong with a row: one table of rules, each a condition over the relations of a Scope.

A rule reads some columns. Whoever sees one of them masked cannot judge by it, and whoever sees only
part of a relation cannot tell a row that is gone from one that is not theirs: `rules_for` leaves
such rules out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, FromClause, Subquery, and_, func, or_, select

from data_access.dialects import is_all_digits, phone_digits
from data_access.policy import POLICY, Rows
from data_access.scope import Scope

Kind = Literal["missing", "invalid", "orphan", "double"]
Sources = Mapping[str, Any]  # the columns of the relation and of what is joined to it, by name
Broken = Callable[[Sources, date], ColumnElement[bool]]
RELATIONS = ("customers", "contacts", "orders", "order_lines", "payments", "products", "stock")
OLDEST_YEARS = 120
SHORTEST_PHONE, LONGEST_PHONE = 5, 15  # digits
_A_CENT = 0.00995


@dataclass(frozen=True)
class QualityRule:
    code: str  # relation.what is wrong
    kind: Kind
    severity: int  # 3: numbers are wrong; 2: work is hindered; 1: good to have
    broken: Broken
    reads: tuple[str, ...]  # columns, as relation.column
    shows: str = ""  # the column that is wrong
    whole: str = ""  # a relation that must be seen whole to judge

    @property
    def relation(self) -> str:
        return self.code.partition(".")[0]


def rules_for(scope: Scope) -> tuple[str, ...]:
    """The codes of the rules that this person's role can judge by."""
    return tuple(rule.code for rule in RULES if _can_judge(scope, rule))


def _can_judge(scope: Scope, rule: QualityRule) -> bool:
    if rule.whole and not _sees_whole(scope, rule.whole):
        return False
    names = [name.split(".") for name in rule.reads]
    return scope.sees(rule.relation) and all(scope.reads(*name) for name in names)


def _sees_whole(scope: Scope, relation: str) -> bool:
    rule = POLICY[scope.role].get(relation) if scope.role else None
    return rule is not None and rule.rows is Rows.ALL


def is_blank(column: Any) -> ColumnElement[bool]:
    return or_(column.is_(None), func.trim(column) == "")


def _is_given(column: Any) -> ColumnElement[bool]:
    return func.trim(func.coalesce(column, "")) != ""


def _bad_phone(column: Any) -> ColumnElement[bool]:
    # most are plain digits already, and taking marks out takes ten times as long as looking
    return and_(_is_given(column), ~or_(_has_digits(column), _has_digits(phone_digits(column))))


def _has_digits(text: ColumnElement[str]) -> ColumnElement[bool]:
    """Digits alone, as many as a phone has."""
    return and_(is_all_digits(text), func.length(text).between(SHORTEST_PHONE, LONGEST_PHONE))


def _bad_email(column: Any) -> ColumnElement[bool]:
    shaped = and_(
        column.like("%_@_%._%"), column.not_like("% %"), column.not_like("%@%@%"),
        column.not_like("%."),
    )  # fmt: skip
    return and_(_is_given(column), ~shaped)


def _bad_birthday(column: Any, as_of: date) -> ColumnElement[bool]:
    return or_(column > as_of, column < date(as_of.year - OLDEST_YEARS, 1, 1))


def _blank(relation: str, column: str) -> Broken:
    return lambda of, as_of: is_blank(of[relation].c[column])


def _null(relation: str, column: str) -> Broken:
    return lambda of, as_of: of[relation].c[column].is_(None)


def _missing(relation: str, column: str, severity: int, *, text: bool = False) -> QualityRule:
    """The column is empty: the code is `relation.no_column`."""
    broken = _blank(relation, column) if text else _null(relation, column)
    code = f"{relation}.no_{column}"
    return QualityRule(code, "missing", severity, broken, (f"{relation}.{column}",))


def _goods_without(column: str, severity: int) -> QualityRule:
    """The column is empty; what is no goods needs none."""
    rule = _missing("products", column, severity)
    return replace(
        rule,
        broken=lambda of, as_of: and_(of["products"].c.is_goods, rule.broken(of, as_of)),
        reads=(*rule.reads, "products.is_goods"),
    )


def _invalid(code: str, severity: int, shows: str, broken: Broken, *reads: str) -> QualityRule:
    relation = code.partition(".")[0]
    own = (f"{relation}.{shows}",) if shows else ()
    return QualityRule(code, "invalid", severity, broken, (*own, *reads), shows)


def _orphan(code: str, whole: str, broken: Broken, *reads: str) -> QualityRule:
    return QualityRule(code, "orphan", 3, broken, reads, whole=whole)


def _dates_out_of_order(of: Sources, as_of: date) -> ColumnElement[bool]:
    orders = of["orders"].c
    return or_(
        orders.confirmed_at < orders.ordered_at,
        orders.processing_at < orders.ordered_at,
        orders.shipped_at < orders.ordered_at,
        orders.completed_at < orders.shipped_at,
        orders.cancelled_at < orders.ordered_at,
        orders.returned_at < orders.ordered_at,
        orders.promised_on < orders.ordered_on,
    )


def _stage_without_day(of: Sources, as_of: date) -> ColumnElement[bool]:
    orders = of["orders"].c
    return or_(
        *(
            and_(orders.stage == stage, orders[f"{stage}_at"].is_(None))
            for stage in ("confirmed", "shipped", "completed", "cancelled", "returned")
        )
    )


def _is_gone(relation: str, parent: str, key: str) -> Broken:
    """The row names a parent that is not there."""
    return lambda of, as_of: and_(of[relation].c[key].is_not(None), of[parent].c[key].is_(None))


def _is_double(relation: str) -> Broken:
    return lambda of, as_of: of["double"].c.times.is_not(None)


_STAGE_MOMENTS = ("confirmed_at", "processing_at", "shipped_at", "completed_at", "cancelled_at",
                  "returned_at")  # fmt: skip

RULES: tuple[QualityRule, ...] = (
    _missing("customers", "owner_id", 2),
    _missing("customers", "region_id", 2),
    _missing("customers", "phone", 2, text=True),
    _missing("customers", "email", 1, text=True),
    _missing("customers", "address", 1, text=True),
    QualityRule("customers.consent_unknown", "missing", 1,
                lambda of, as_of: of["customers"].c.consent == "unknown", ("customers.consent",)),
    _invalid("customers.owner_left", 2, "owner_id", lambda of, as_of: of["owner"].c.left_on < as_of,
             "employees.left_on"),
    _invalid("customers.bad_phone", 2, "phone",
             lambda of, as_of: _bad_phone(of["customers"].c.phone)),
    _invalid("customers.bad_email", 2, "email",
             lambda of, as_of: _bad_email(of["customers"].c.email)),
    _invalid("customers.bad_born_on", 1, "born_on",
             lambda of, as_of: _bad_birthday(of["customers"].c.born_on, as_of)),
    _invalid("customers.consent_without_day", 2, "consent_on",
             lambda of, as_of: and_(of["customers"].c.consent == "granted",
                                    of["customers"].c.consent_on.is_(None)),
             "customers.consent"),
    QualityRule("customers.same_phone", "double", 2, _is_double("customers"), ("customers.phone",),
                "phone"),
    QualityRule("contacts.unreachable", "missing", 2,
                lambda of, as_of: and_(is_blank(of["contacts"].c.phone),
                                       is_blank(of["contacts"].c.email)),
                ("contacts.phone", "contacts.email")),
    _invalid("contacts.bad_phone", 2, "phone",
             lambda of, as_of: _bad_phone(of["contacts"].c.phone)),
    _invalid("contacts.bad_email", 2, "email",
             lambda of, as_of: _bad_email(of["contacts"].c.email)),
    _orphan("contacts.customer_gone", "customers",
            _is_gone("contacts", "customers", "customer_id")),
    QualityRule("contacts.twice", "double", 1, _is_double("contacts"), ("contacts.name",)),
    _missing("orders", "customer_id", 3),
    _missing("orders", "owner_id", 2),
    _missing("orders", "region_id", 2),
    QualityRule("orders.no_promised_on", "missing", 2,
                lambda of, as_of: and_(of["orders"].c.promised_on.is_(None),
                                       of["orders"].c.stage != "cancelled"),
                ("orders.promised_on",)),
    _orphan("orders.customer_gone", "customers", _is_gone("orders", "customers", "customer_id")),
    _invalid("orders.no_lines", 3, "", lambda of, as_of: and_(of["orders"].c.units == 0,
                                                              of["orders"].c.gross_sales == 0),
             "orders.units", "orders.gross_sales"),
    _invalid("orders.dates_out_of_order", 3, "ordered_on", _dates_out_of_order,
             *(f"orders.{name}" for name in _STAGE_MOMENTS)),
    _invalid("orders.stage_without_day", 2, "", _stage_without_day,
             *(f"orders.{name}" for name in _STAGE_MOMENTS)),
    _invalid("orders.ordered_in_future", 3, "ordered_on",
             lambda of, as_of: of["orders"].c.ordered_on > as_of),
    _invalid("orders.below_zero", 3, "net_sales",
             lambda of, as_of: of["orders"].c.net_sales < 0),
    _invalid("orders.overpaid", 3, "paid",
             lambda of, as_of: and_(
                 of["orders"].c.paid - of["orders"].c.net_sales > _A_CENT,
                 of["orders"].c.stage != "cancelled"),
             "orders.net_sales"),
    QualityRule("orders.twice", "double", 2, _is_double("orders"),
                ("orders.net_sales", "orders.units"), "net_sales"),
    _missing("order_lines", "unit_cost", 2),
    _orphan("order_lines.order_gone", "orders", _is_gone("order_lines", "orders", "order_id")),
    _invalid("order_lines.bad_quantity", 3, "quantity",
             lambda of, as_of: of["order_lines"].c.quantity <= 0),
    _invalid("order_lines.bad_price", 3, "unit_price",
             lambda of, as_of: of["order_lines"].c.unit_price < 0),
    _invalid("order_lines.free", 1, "unit_price",
             lambda of, as_of: of["order_lines"].c.unit_price == 0),
    _invalid("order_lines.bad_discount", 3, "discount_rate",
             lambda of, as_of: or_(of["order_lines"].c.discount_rate < 0,
                                   of["order_lines"].c.discount_rate > 1)),
    _invalid("order_lines.returned_more", 3, "returned_quantity",
             lambda of, as_of: or_(
                 of["order_lines"].c.returned_quantity > of["order_lines"].c.quantity,
                 of["order_lines"].c.returned_quantity < 0),
             "order_lines.quantity"),
    _invalid("order_lines.other_currency", 2, "",
             lambda of, as_of: of["products"].c.currency != of["orders"].c.currency,
             "products.currency", "orders.currency"),
    _orphan("payments.order_gone", "orders", _is_gone("payments", "orders", "order_id")),
    _invalid("payments.of_nothing", 2, "amount", lambda of, as_of: of["payments"].c.amount == 0),
    _invalid("payments.other_currency", 3, "amount",
             lambda of, as_of: of["payments"].c.currency != of["orders"].c.currency,
             "payments.currency", "orders.currency"),
    _invalid("payments.in_future", 3, "paid_on",
             lambda of, as_of: of["payments"].c.paid_on > as_of),
    _goods_without("category_id", 2),
    _goods_without("supplier_id", 1),
    _goods_without("unit_cost", 2),
    _goods_without("list_price", 2),
    _invalid("products.bad_price", 3, "list_price",
             lambda of, as_of: and_(of["products"].c.is_goods, of["products"].c.list_price <= 0)),
    _invalid("products.bad_cost", 3, "unit_cost", lambda of, as_of: of["products"].c.unit_cost < 0),
    _invalid("products.below_cost", 2, "list_price",
             lambda of, as_of: of["products"].c.list_price < of["products"].c.unit_cost,
             "products.unit_cost"),
    _invalid("products.gone_before_new", 2, "discontinued_on",
             lambda of, as_of: of["products"].c.discontinued_on < of["products"].c.introduced_on,
             "products.introduced_on"),
    QualityRule("products.twice", "double", 1, _is_double("products"), ("products.name",)),
    _missing("stock", "reorder_point", 1),
    _invalid("stock.below_zero", 3, "on_hand",
             lambda of, as_of: or_(of["stock"].c.on_hand < 0, of["stock"].c.reserved < 0),
             "stock.reserved"),
    _invalid("stock.oversold", 2, "reserved",
             lambda of, as_of: of["stock"].c.reserved > of["stock"].c.on_hand, "stock.on_hand"),
)  # fmt: skip

BY_CODE: Mapping[str, QualityRule] = {rule.code: rule for rule in RULES}


def joined(
    scope: Scope, relation: str, *, doubles: bool, named: bool = True
) -> tuple[FromClause, Sources]:
    """The relation with what its rules need of others, one row for each of its own; with `doubles`,
    also what several rows have alike; where `named`, also what only names a row."""
    visible = scope.visible
    own = getattr(visible, relation)
    sources: dict[str, Any] = {relation: own}
    clause: FromClause = own
    for name, parent, key in _PARENTS[relation]:
        if not named and (relation, name) in _NAMES_ONLY:
            continue
        other = getattr(visible, parent).alias(f"joined_{name}")
        child = sources[_CHILD.get((relation, name), relation)]
        mine, theirs = key if isinstance(key, tuple) else (key, key)
        clause = clause.outerjoin(other, other.c[theirs] == child.c[mine])
        sources[name] = other
    if doubles:
        alike = alike_rows(scope, relation)
        names = _DOUBLE[relation]
        same = and_(*(_compared(own, name) == alike.c[name] for name in names))
        clause, sources["double"] = clause.outerjoin(alike, same), alike
    return clause, sources


def alike_rows(scope: Scope, relation: str) -> Subquery:
    """What several rows of the relation have alike, and `times`, how many of them there are."""
    another = getattr(scope.visible, relation).alias("another")
    names = _DOUBLE[relation]
    alike = [_compared(another, name) for name in names]
    given = [_is_given(another.c[name]) for name in names if name in ("phone", "name")]
    given += [another.c[name].is_not(None) for name in names if name.endswith("_id")]
    given += [another.c.net_sales != 0] if "net_sales" in names else []
    return (
        select(
            *(value.label(name) for value, name in zip(alike, names, strict=True)),
            func.count().label("times"),
        )
        .where(*given)
        .group_by(*alike)
        .having(func.count() > 1)
        .subquery("double")
    )


_PARENTS: dict[str, tuple[tuple[str, str, str | tuple[str, str]], ...]] = {
    "customers": (("owner", "employees", ("owner_id", "employee_id")),),
    "contacts": (("customers", "customers", "customer_id"),),
    "orders": (("customers", "customers", "customer_id"),),
    "order_lines": (
        ("orders", "orders", "order_id"),
        ("products", "products", "product_id"),
        ("customers", "customers", "customer_id"),
    ),
    "payments": (("orders", "orders", "order_id"), ("customers", "customers", "customer_id")),
    "products": (),
    "stock": (
        ("products", "products", "product_id"),
        ("warehouses", "warehouses", "warehouse_id"),
    ),
}
_NAMES_ONLY = {
    ("order_lines", "customers"), ("payments", "customers"), ("stock", "products"),
    ("stock", "warehouses"),
}  # fmt: skip
_CHILD = {("order_lines", "customers"): "orders", ("payments", "customers"): "orders"}
_DOUBLE: dict[str, tuple[str, ...]] = {
    "customers": ("phone",),
    "contacts": ("customer_id", "name"),
    "orders": ("customer_id", "ordered_on", "channel", "currency", "net_sales", "units"),
    "products": ("name", "currency"),
}


def _compared(relation: FromClause, name: str) -> ColumnElement[Any]:
    if name == "phone":
        return phone_digits(relation.c.phone)
    return func.lower(relation.c.name) if name == "name" else relation.c[name]
