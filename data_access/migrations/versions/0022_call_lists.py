"""Lists of customers to call, what came of the calls, and how many a rep can make"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Days, Id, Moment, Money, Rate
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0022"
down_revision = "0021"

LOGGED = (("call_marks", "call_mark_id"), ("call_capacities", "call_capacity_id"))


def upgrade() -> None:
    _create_calls()
    _create_call_reasons()
    _create_call_marks()
    _create_call_capacities()
    for table, key in LOGGED:
        follow_rows(table, key)
        columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
        log_rows(table, key, columns, sealed=["note"] if "note" in columns else ())


def _create_calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call_id", Id, nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("employee_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("expected_value", Money, nullable=False),
        sa.Column("experiment", sa.String(length=40), nullable=False),
        sa.Column("is_held_out", sa.Boolean(), server_default=sa.false(), nullable=False),
        _refers("calls", "employee_id", "employees"),
        _refers("calls", "customer_id", "customers"),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_calls")),
    )
    _index("calls", "customer_id")
    _index("calls", "week_on", "customer_id")


def _create_call_reasons() -> None:
    op.create_table(
        "call_reasons",
        sa.Column("call_reason_id", Id, nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("product_id", Id, nullable=True),
        sa.Column("probability", Rate, nullable=False),
        sa.Column("value", Money, nullable=False),
        sa.Column("expected_value", Money, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("orders", sa.Integer(), nullable=True),
        sa.Column("last_ordered_on", sa.Date(), nullable=True),
        sa.Column("usual_gap_days", Days, nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("counted_of", sa.Integer(), nullable=True),
        sa.Column("source_product_id", Id, nullable=True),
        sa.Column("taken_rate", Rate, nullable=True),
        _refers("call_reasons", "customer_id", "customers"),
        _refers("call_reasons", "product_id", "products"),
        _refers("call_reasons", "source_product_id", "products"),
        sa.PrimaryKeyConstraint("call_reason_id", name=op.f("pk_call_reasons")),
    )
    _index("call_reasons", "customer_id")
    _index("call_reasons", "week_on", "customer_id")


def _create_call_marks() -> None:
    op.create_table(
        "call_marks",
        sa.Column("call_mark_id", Id, nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=True),
        sa.Column("mark", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("marked_at", Moment, nullable=False),
        sa.CheckConstraint(
            "mark in ('called', 'bought', 'not_interested', 'wrong')",
            name=op.f("ck_call_marks_mark_known"),
        ),
        _refers("call_marks", "customer_id", "customers"),
        _refers("call_marks", "product_id", "products"),
        _refers("call_marks", "user_id", "users"),
        sa.PrimaryKeyConstraint("call_mark_id", name=op.f("pk_call_marks")),
    )
    _index("call_marks", "customer_id", "week_on")


def _create_call_capacities() -> None:
    op.create_table(
        "call_capacities",
        sa.Column("call_capacity_id", Id, nullable=False),
        sa.Column("employee_id", Id, nullable=False),
        sa.Column("calls_a_week", sa.Integer(), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "calls_a_week >= 0", name=op.f("ck_call_capacities_calls_a_week_counted")
        ),
        _refers("call_capacities", "employee_id", "employees"),
        sa.PrimaryKeyConstraint("call_capacity_id", name=op.f("pk_call_capacities")),
        sa.UniqueConstraint("employee_id", name=op.f("uq_call_capacities_employee_id")),
    )


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    key = {"employees": "employee_id", "customers": "customer_id", "products": "product_id",
           "users": "user_id"}[to]  # fmt: skip
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.{key}"], name=op.f(f"fk_{table}_{column}_{to}")
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
