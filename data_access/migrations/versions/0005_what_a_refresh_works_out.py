"""What a refresh works out of the orders, what is done about it, and segments under a name"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Days, Expected, Id, Moment, Money, Rate
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0005"
down_revision = "0004"

FOLLOWED = (
    ("refreshes", "refresh_id"),
    ("customer_scores", "customer_id"),
    ("segment_history", "segment_history_id"),
    ("rebuy_dues", "rebuy_due_id"),
    ("reminders", "reminder_id"),
    ("saved_segments", "saved_segment_id"),
)
LOGGED = (("reminders", "reminder_id"), ("saved_segments", "saved_segment_id"))


def upgrade() -> None:
    _create_refreshes()
    _create_customer_scores()
    _create_rebuy_dues()
    _create_reminders()
    _create_saved_segments()
    _create_segment_history()
    for table, key in FOLLOWED:
        follow_rows(table, key)
    for table, key in LOGGED:
        columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
        log_rows(table, key, columns, sealed=())


def _create_refreshes() -> None:
    op.create_table(
        "refreshes",
        sa.Column("refresh_id", Id, nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("version", Id, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("finished_at", Moment, nullable=True),
        sa.Column("row_count", sa.Integer(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column("message", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("refresh_id", name=op.f("pk_refreshes")),
    )
    op.create_index(op.f("ix_refreshes_what_refresh_id"), "refreshes", ["what", "refresh_id"])


def _create_customer_scores() -> None:
    op.create_table(
        "customer_scores",
        sa.Column("customer_id", Id, nullable=False, autoincrement=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("orders_12m", sa.Integer(), nullable=False),
        sa.Column("first_ordered_on", sa.Date(), nullable=False),
        sa.Column("last_ordered_on", sa.Date(), nullable=False),
        sa.Column("usual_gap_days", Days, nullable=True),
        sa.Column("net_sales", Money, nullable=False),
        sa.Column("net_sales_12m", Money, nullable=False),
        sa.Column("net_sales_prior_12m", Money, nullable=False),
        sa.Column("margin_12m", Money, nullable=True),
        sa.Column("discount_share", Rate, nullable=True),
        sa.Column("categories", sa.Integer(), nullable=False),
        sa.Column("preferred_category_id", Id, nullable=True),
        sa.Column("enquiries_90", sa.Integer(), nullable=False),
        sa.Column("enquiries_prior_90", sa.Integer(), nullable=False),
        sa.Column("recency_score", sa.SmallInteger(), nullable=False),
        sa.Column("frequency_score", sa.SmallInteger(), nullable=False),
        sa.Column("monetary_score", sa.SmallInteger(), nullable=False),
        sa.Column("segment", sa.String(length=40), nullable=False),
        sa.Column("rule_segment", sa.String(length=40), nullable=False),
        sa.Column("cluster", sa.SmallInteger(), nullable=True),
        sa.Column("silent_30", Rate, nullable=True),
        sa.Column("silent_90", Rate, nullable=True),
        sa.Column("silent_180", Rate, nullable=True),
        sa.Column("expected_orders_12m", Expected, nullable=True),
        sa.Column("predicted_value_12m", Money, nullable=True),
        sa.Column("predicted_low", Money, nullable=True),
        sa.Column("predicted_high", Money, nullable=True),
        sa.Column("value_at_risk_90", Money, nullable=True),
        sa.Column("drivers", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_customer_scores_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["preferred_category_id"],
            ["categories.category_id"],
            name=op.f("fk_customer_scores_preferred_category_id_categories"),
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_scores")),
    )
    op.create_index(op.f("ix_customer_scores_segment"), "customer_scores", ["segment"])


def _create_rebuy_dues() -> None:
    op.create_table(
        "rebuy_dues",
        sa.Column("rebuy_due_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("last_ordered_on", sa.Date(), nullable=False),
        sa.Column("usual_gap_days", Days, nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("earliest_on", sa.Date(), nullable=False),
        sa.Column("latest_on", sa.Date(), nullable=False),
        sa.Column("probability_30", Rate, nullable=False),
        sa.Column("suggested_quantity", sa.Integer(), nullable=False),
        sa.Column("is_held_out", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_rebuy_dues_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_rebuy_dues_product_id_products")
        ),
        sa.PrimaryKeyConstraint("rebuy_due_id", name=op.f("pk_rebuy_dues")),
        sa.UniqueConstraint(
            "customer_id", "product_id", name=op.f("uq_rebuy_dues_customer_id_product_id")
        ),
    )
    op.create_index(
        op.f("ix_rebuy_dues_expected_on_rebuy_due_id"),
        "rebuy_dues",
        ["expected_on", "rebuy_due_id"],
    )


def _create_reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("reminder_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=True),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("is_held_out", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("user_id", Id, nullable=True),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_reminders_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_reminders_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_reminders_user_id_users")
        ),
        sa.PrimaryKeyConstraint("reminder_id", name=op.f("pk_reminders")),
    )
    op.create_index(op.f("ix_reminders_customer_id"), "reminders", ["customer_id"])


def _create_saved_segments() -> None:
    op.create_table(
        "saved_segments",
        sa.Column("saved_segment_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_saved_segments_user_id_users")
        ),
        sa.PrimaryKeyConstraint("saved_segment_id", name=op.f("pk_saved_segments")),
        sa.UniqueConstraint("name", name=op.f("uq_saved_segments_name")),
    )


def _create_segment_history() -> None:
    op.create_table(
        "segment_history",
        sa.Column("segment_history_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("segment", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_segment_history_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("segment_history_id", name=op.f("pk_segment_history")),
        sa.UniqueConstraint(
            "customer_id", "as_of_on", name=op.f("uq_segment_history_customer_id_as_of_on")
        ),
    )
