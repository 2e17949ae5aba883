"""Stored forecasts, adjustments by hand, and the ledger of what was published"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Expected, Id, Moment, Money, Rate
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0012"
down_revision = "0011"

LOGGED = (
    ("forecast_adjustments", "adjustment_id"),
    ("published_forecasts", "published_forecast_id"),
)


def upgrade() -> None:
    _create_forecast_drafts()
    _create_forecasts()
    _create_forecast_adjustments()
    _create_forecast_backtests()
    _create_forecast_components()
    _create_forecast_values()
    _create_published_forecasts()
    _create_published_forecast_values()
    for table, key in LOGGED:
        follow_rows(table, key)
        columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
        log_rows(table, key, columns, sealed=())


def _create_forecast_drafts() -> None:
    op.create_table(
        "forecast_drafts",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("refresh_id", Id, nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_forecast_drafts")),
    )


def _create_forecasts() -> None:
    op.create_table(
        "forecasts",
        sa.Column("forecast_id", Id, nullable=False),
        sa.Column("refresh_id", Id, nullable=False),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("grain", sa.String(length=10), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("region_id", Id, nullable=True),
        sa.Column("split", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("category_id", Id, nullable=True),
        sa.Column("product_id", Id, nullable=True),
        sa.Column("segment", sa.String(length=40), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("origin_on", sa.Date(), nullable=False),
        sa.Column("member", sa.String(length=40), nullable=False),
        sa.Column("accuracy", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("shared_error", Rate, nullable=False),
        sa.CheckConstraint(
            "grain in ('day', 'week', 'month')", name=op.f("ck_forecasts_grain_known")
        ),
        sa.CheckConstraint("level in ('company', 'region')", name=op.f("ck_forecasts_level_known")),
        sa.CheckConstraint(
            "measure in ('orders', 'units', 'net_sales', 'margin')",
            name=op.f("ck_forecasts_measure_known"),
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["categories.category_id"],
            name=op.f("fk_forecasts_category_id_categories"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_forecasts_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["refresh_id"], ["refreshes.refresh_id"], name=op.f("fk_forecasts_refresh_id_refreshes")
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.region_id"], name=op.f("fk_forecasts_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("forecast_id", name=op.f("pk_forecasts")),
    )
    op.create_index(
        op.f("ix_forecasts_measure_grain_split_level_region_id"),
        "forecasts",
        ["measure", "grain", "split", "level", "region_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_forecasts_product_id_measure_grain"),
        "forecasts",
        ["product_id", "measure", "grain"],
        unique=False,
    )


def _create_forecast_adjustments() -> None:
    op.create_table(
        "forecast_adjustments",
        sa.Column("adjustment_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("region_id", Id, nullable=True),
        sa.Column("split", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("category_id", Id, nullable=True),
        sa.Column("product_id", Id, nullable=True),
        sa.Column("segment", sa.String(length=40), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("end_on", sa.Date(), nullable=False),
        sa.Column("change_rate", Rate, nullable=True),
        sa.Column("amount", Money, nullable=True),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("author", sa.String(length=300), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(change_rate is null) <> (amount is null)",
            name=op.f("ck_forecast_adjustments_one_size"),
        ),
        sa.CheckConstraint(
            "start_on <= end_on", name=op.f("ck_forecast_adjustments_start_before_end")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["categories.category_id"],
            name=op.f("fk_forecast_adjustments_category_id_categories"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.product_id"],
            name=op.f("fk_forecast_adjustments_product_id_products"),
        ),
        sa.ForeignKeyConstraint(
            ["region_id"],
            ["regions.region_id"],
            name=op.f("fk_forecast_adjustments_region_id_regions"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_forecast_adjustments_user_id_users")
        ),
        sa.PrimaryKeyConstraint("adjustment_id", name=op.f("pk_forecast_adjustments")),
    )


def _create_forecast_backtests() -> None:
    op.create_table(
        "forecast_backtests",
        sa.Column("forecast_backtest_id", Id, nullable=False),
        sa.Column("forecast_id", Id, nullable=False),
        sa.Column("member", sa.String(length=40), nullable=False),
        sa.Column("first_step", sa.Integer(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("origins", sa.Integer(), nullable=False),
        sa.Column("wape", Expected, nullable=True),
        sa.Column("mase", Expected, nullable=True),
        sa.Column("smape", Expected, nullable=True),
        sa.Column("bias", Expected, nullable=True),
        sa.Column("coverage_80", Rate, nullable=True),
        sa.Column("coverage_95", Rate, nullable=True),
        sa.Column("is_worse_than_naive", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["forecast_id"],
            ["forecasts.forecast_id"],
            name=op.f("fk_forecast_backtests_forecast_id_forecasts"),
        ),
        sa.PrimaryKeyConstraint("forecast_backtest_id", name=op.f("pk_forecast_backtests")),
    )
    op.create_index(
        op.f("ix_forecast_backtests_forecast_id"),
        "forecast_backtests",
        ["forecast_id"],
        unique=False,
    )


def _create_forecast_components() -> None:
    op.create_table(
        "forecast_components",
        sa.Column("forecast_component_id", Id, nullable=False),
        sa.Column("forecast_id", Id, nullable=False),
        sa.Column("period_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", Money, nullable=False),
        sa.ForeignKeyConstraint(
            ["forecast_id"],
            ["forecasts.forecast_id"],
            name=op.f("fk_forecast_components_forecast_id_forecasts"),
        ),
        sa.PrimaryKeyConstraint("forecast_component_id", name=op.f("pk_forecast_components")),
    )
    op.create_index(
        op.f("ix_forecast_components_forecast_id"),
        "forecast_components",
        ["forecast_id"],
        unique=False,
    )


def _create_forecast_values() -> None:
    op.create_table(
        "forecast_values",
        sa.Column("forecast_id", Id, nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period_on", sa.Date(), nullable=False),
        sa.Column("naive", Money, nullable=False),
        sa.Column("value", Money, nullable=False),
        sa.Column("low_80", Money, nullable=False),
        sa.Column("high_80", Money, nullable=False),
        sa.Column("low_95", Money, nullable=False),
        sa.Column("high_95", Money, nullable=False),
        sa.ForeignKeyConstraint(
            ["forecast_id"],
            ["forecasts.forecast_id"],
            name=op.f("fk_forecast_values_forecast_id_forecasts"),
        ),
        sa.PrimaryKeyConstraint("forecast_id", "step", name=op.f("pk_forecast_values")),
    )


def _create_published_forecasts() -> None:
    op.create_table(
        "published_forecasts",
        sa.Column("published_forecast_id", Id, nullable=False),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("grain", sa.String(length=10), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("region_id", Id, nullable=True),
        sa.Column("split", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("category_id", Id, nullable=True),
        sa.Column("product_id", Id, nullable=True),
        sa.Column("segment", sa.String(length=40), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("origin_on", sa.Date(), nullable=False),
        sa.Column("member", sa.String(length=40), nullable=False),
        sa.Column("data_version", Id, nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("adjustments", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("author", sa.String(length=300), nullable=False),
        sa.Column("published_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["categories.category_id"],
            name=op.f("fk_published_forecasts_category_id_categories"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.product_id"],
            name=op.f("fk_published_forecasts_product_id_products"),
        ),
        sa.ForeignKeyConstraint(
            ["region_id"],
            ["regions.region_id"],
            name=op.f("fk_published_forecasts_region_id_regions"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_published_forecasts_user_id_users")
        ),
        sa.PrimaryKeyConstraint("published_forecast_id", name=op.f("pk_published_forecasts")),
    )
    op.create_index(
        op.f("ix_published_forecasts_published_at_published_forecast_id"),
        "published_forecasts",
        ["published_at", "published_forecast_id"],
        unique=False,
    )


def _create_published_forecast_values() -> None:
    op.create_table(
        "published_forecast_values",
        sa.Column("published_forecast_id", Id, nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period_on", sa.Date(), nullable=False),
        sa.Column("naive", Money, nullable=False),
        sa.Column("value", Money, nullable=False),
        sa.Column("adjusted", Money, nullable=False),
        sa.Column("low_80", Money, nullable=False),
        sa.Column("high_80", Money, nullable=False),
        sa.Column("low_95", Money, nullable=False),
        sa.Column("high_95", Money, nullable=False),
        sa.ForeignKeyConstraint(
            ["published_forecast_id"],
            ["published_forecasts.published_forecast_id"],
            name=op.f("fk_published_forecast_values_published_forecast_id_published_forecasts"),
        ),
        sa.PrimaryKeyConstraint(
            "published_forecast_id", "step", name=op.f("pk_published_forecast_values")
        ),
    )
