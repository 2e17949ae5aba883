"""What one person may see. A query names only the relations that a Scope hands it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    Table,
    bindparam,
    or_,
    select,
    true,
)

from data_access import roll_ups
from data_access.dialects import unindexed
from data_access.policy import NO_ROWS, POLICY, Role, Rows, Rule, hidden
from data_access.sealing import REASON, opened
from data_access.tables import TO_SHIP_STAGES, metadata, user_regions, users

NO_RELATIONS = (
    "sessions", "sign_in_failures", "edit_requests", "forecast_drafts", "alert_settings",
    "alert_tellings",
)  # fmt: skip
RELATIONS = tuple(name for name in metadata.tables if name not in NO_RELATIONS)
_KEY = object()
_BY_KEYS = (Rows.ALL, Rows.OWN_REGIONS, Rows.OWN_CHANNEL)  # rows that roll-ups can tell apart
MOST_KEPT = 500
_made: dict[str, Visible] = {}  # by the key of a Scope


@dataclass(frozen=True)
class Scope:
    """A person's rights. Only `mint_scope` makes one; everything in it comes from the database."""

    user_id: int
    username: str
    name: str
    role: Role | None  # None: a role this version does not know, which sees nothing
    employee_id: int | None = None
    region_ids: tuple[int, ...] = ()
    channel: str | None = None
    language: str | None = None
    _key: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._key is not _KEY:
            raise PermissionError("a Scope is made by mint_scope alone")

    @cached_property
    def key(self) -> str:
        """The same key means the same rows and the same masks: part of every cache key."""
        regions = ",".join(map(str, self.region_ids))
        return (
            f"role={self.role};employee={self.employee_id};regions={regions};channel={self.channel}"
        )

    @cached_property
    def visible(self) -> Visible:
        """The relations, which all who have the same rights share: they take time to make."""
        if self.key not in _made:
            if len(_made) >= MOST_KEPT:
                _made.clear()
            _made[self.key] = Visible(self)
        return _made[self.key]

    def sees(self, relation: str, column: str | None = None) -> bool:
        """Whether this role sees the relation at all, and the column unhidden."""
        rule = _rules(self.role).get(relation)
        if rule is None:
            return False
        return column is None or rule.masks.get(column) is not hidden

    def reads(self, relation: str, column: str) -> bool:
        """Whether this role sees the column as it is stored."""
        rule = _rules(self.role).get(relation)
        return rule is not None and column not in rule.masks

    def sees_all(self, relation: str) -> bool:
        """Whether this role sees every row of the relation."""
        rule = _rules(self.role).get(relation)
        return rule is not None and rule.rows is Rows.ALL

    @property
    def rights_to_orders(self) -> str:
        """The same text means that the same orders are seen; empty where that cannot be said."""
        if self.sees_all("orders"):
            return "all"
        rule = _rules(self.role).get("orders")
        is_by_region = rule is not None and rule.rows is Rows.OWN_REGIONS and self.region_ids
        return "regions " + ",".join(map(str, self.region_ids)) if is_by_region else ""


class Visible:
    """The relations of one Scope: `visible.orders`, `visible.customers`, …; selectables with the
    rows already filtered and the columns already masked."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._relations: dict[str, FromClause] = {}
        self._roll_ups: dict[str, FromClause | None] = {}

    def __getattr__(self, name: str) -> FromClause:
        if name not in RELATIONS:
            raise AttributeError(f"there is no relation {name!r}")
        if name not in self._relations:
            self._relations[name] = self._relation(metadata.tables[name])
        return self._relations[name]

    def _relation(self, table: Table) -> FromClause:
        rule = _rules(self._scope.role).get(table.name)
        if rule is None:
            columns = [hidden(column) for column in table.columns]
            return select(*columns).select_from(table).where(NO_ROWS).subquery(table.name)
        if rule.rows is Rows.ALL and not rule.masks and table.name != REASON[0]:
            return table.alias(table.name)  # engines plan a bare table faster than a wide select
        masked: list[ColumnElement[Any]] = [
            rule.masks[column.name](column) if column.name in rule.masks else _as_read(column)
            for column in table.columns
        ]
        statement = select(*masked)
        predicate = self._predicate(table, rule)
        if predicate is not None:
            statement = statement.where(predicate)
        return statement.subquery(table.name)

    def roll_up(self, name: str) -> FromClause | None:
        """Sums of the orders (see `roll_ups`), with the rows and masks that the orders have; None
        where these cannot be told from what the sums are by."""
        if name not in self._roll_ups:
            self._roll_ups[name] = self._rolled_up(roll_ups.metadata.tables[name])
        return self._roll_ups[name]

    def _rolled_up(self, table: Table) -> FromClause | None:
        rules = _rules(self._scope.role)
        rule = rules.get("orders")
        if rule is None or rule.rows not in _BY_KEYS:
            return None
        masked = set(rule.masks)
        if table.name in roll_ups.OF_LINES:
            lines, products = rules.get("order_lines"), rules.get("products")
            if lines is None or lines.rows not in (Rows.ALL, Rows.OF_VISIBLE_ORDERS):
                return None
            if products is None or products.rows is not Rows.ALL or "category_id" in products.masks:
                return None
            masked |= set(lines.masks)
        if masked & {*roll_ups.KEYS, next(iter(table.columns)).name}:
            return None
        columns: list[ColumnElement[Any]] = [
            hidden(column)
            if masked & {column.name, *roll_ups.RESTS_ON.get(column.name, ())}
            else column
            for column in table.columns
        ]
        statement, predicate = select(*columns), self._predicate(table, rule)
        if predicate is not None:
            statement = statement.where(predicate)
        return statement.subquery(table.name)

    def _predicate(self, table: Table, rule: Rule) -> ColumnElement[bool] | None:
        scope = self._scope
        match rule.rows:
            case Rows.ALL:
                return None
            case Rows.OWN_REGIONS:
                return _one_of(table.c.region_id, scope.region_ids) if scope.region_ids else NO_ROWS
            case Rows.OWN:
                return self._own(table)
            case Rows.OWN_CHANNEL:
                return table.c.channel == scope.channel if scope.channel else NO_ROWS
            case Rows.TO_SHIP:
                return table.c.stage.in_((*TO_SHIP_STAGES, "shipped"))
            case Rows.OF_VISIBLE_ORDERS:
                return _in(table, "order_id", self.orders)
            case Rows.OF_VISIBLE_CUSTOMERS:
                return _in(table, "customer_id", self.customers)
            case Rows.OF_VISIBLE_ORDERS_OR_CUSTOMERS:
                return or_(
                    _in(table, "order_id", self.orders), _in(table, "customer_id", self.customers)
                )
            case Rows.NAMED_BY_VISIBLE_ORDERS:
                column = next(iter(table.primary_key.columns)).name
                return _in(table, column, self.orders)
            case Rows.OF_VISIBLE_FORECASTS:
                return _in(table, "forecast_id", self.forecasts)
            case Rows.OF_VISIBLE_PUBLISHED:
                return _in(table, "published_forecast_id", self.published_forecasts)
            case Rows.OF_VISIBLE_ALERTS:
                return _in(table, "alert_id", self.alerts)
            case Rows.ABOUT_STOCK:
                return table.c.product_id.is_not(None)
            case Rows.WAITED_FOR:
                return _in(table, "alert_id", self.alert_orders)
            case Rows.LACKED:
                orders = self.alert_orders
                lacking = orders.c.lacking > 0
                mine = select(1).where(orders.c.alert_id == table.c.alert_id, lacking)
                return mine.correlate(table).exists()
            case Rows.OF_EQUAL_REGIONS:
                return table.c.rights == scope.rights_to_orders if scope.region_ids else NO_ROWS
        return NO_ROWS

    def _own(self, table: Table) -> ColumnElement[bool]:
        employee_id = self._scope.employee_id
        if employee_id is None:
            return NO_ROWS
        if table.name == "customers":
            return table.c.owner_id == employee_id
        if table.name == "orders":
            return _among(table, "customer_id", self.customers)
        if table.name == "regions":
            return _among(table, "region_id", self.customers)
        return table.c.employee_id == employee_id


def mint_scope(engine: Engine, user_id: int) -> Scope | None:
    """The Scope of an active user as the database has it now; None if there is no such user."""
    with engine.connect() as connection:
        return scope_in(connection, user_id)


def is_current(connection: Connection, scope: Scope) -> bool:
    """Whether the person still has the rights that `scope` was made with."""
    now = scope_in(connection, scope.user_id)
    return now is not None and now.key == scope.key


def scope_in(connection: Connection, user_id: int) -> Scope | None:
    """As `mint_scope`, inside a transaction."""
    rows = connection.execute(_active_user(), {"user_id": user_id}).all()
    if not rows:
        return None
    user = rows[0]
    known = user.role in Role.__members__.values()
    return Scope(
        user_id=user.user_id,
        username=user.username,
        name=user.name,
        role=Role(user.role) if known else None,
        employee_id=user.employee_id,
        region_ids=tuple(row.region_id for row in rows if row.region_id is not None),
        channel=user.channel,
        language=user.language,
        _key=_KEY,
    )


@cache
def _active_user() -> Select[Any]:
    # built once: every run and fragment asks it; one row for each region of the person
    person = users.c
    return (
        select(
            person.user_id, person.username, person.name, person.role, person.employee_id,
            person.channel, person.language, user_regions.c.region_id,
        )
        .select_from(users.outerjoin(user_regions))
        .where(person.user_id == bindparam("user_id"), person.is_active == true())
        .order_by(user_regions.c.region_id)
    )  # fmt: skip


def _as_read(column: Column[Any]) -> ColumnElement[Any]:
    """The column; for the reasons of the log, which stand sealed in it, the words."""
    is_reason = (column.table.name, column.name) == REASON
    return opened(column).label(column.name) if is_reason else column


def _rules(role: Role | None) -> dict[str, Rule]:
    return dict(POLICY.get(role, {})) if role else {}


def _among(table: Table, column: str, relation: FromClause) -> ColumnElement[bool]:
    # IN, not EXISTS: the few rows of the relation lead to the rows of the table by index
    return table.c[column].in_(select(relation.c[column]))


def _in(table: Table, column: str, relation: FromClause) -> ColumnElement[bool]:
    # EXISTS, not IN: for the lines of one order SQLite would list every visible order first
    same = select(1).select_from(relation).where(relation.c[column] == table.c[column])
    return same.correlate(table).exists()


def _one_of(column: ColumnElement[int], values: tuple[int, ...]) -> ColumnElement[bool]:
    """Several values are a large share of the rows: read in the order that is asked for, not by
    the index on the column and sorted after."""
    return column == values[0] if len(values) == 1 else unindexed(column).in_(values)
