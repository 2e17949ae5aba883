"""What to offer whom, what is bought together, and how well offers do"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Expected, Id, Rate

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    _create_offer_evaluations()
    _create_offers()
    _create_product_pairs()


def _create_offers() -> None:
    op.create_table(
        "offers",
        sa.Column("offer_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("score", Expected, nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("source_product_id", Id, nullable=True),
        sa.Column("own_count", sa.Integer(), nullable=True),
        sa.Column("own_base", sa.Integer(), nullable=True),
        sa.Column("shared_count", sa.Integer(), nullable=True),
        sa.Column("shared_base", sa.Integer(), nullable=True),
        sa.Column("orders_since", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind in ('again', 'new')", name=op.f("ck_offers_kind_known")),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_offers_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_offers_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["source_product_id"],
            ["products.product_id"],
            name=op.f("fk_offers_source_product_id_products"),
        ),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offers")),
        sa.UniqueConstraint(
            "customer_id", "product_id", name=op.f("uq_offers_customer_id_product_id")
        ),
    )
    op.create_index(op.f("ix_offers_product_id_score"), "offers", ["product_id", "score"])


def _create_product_pairs() -> None:
    op.create_table(
        "product_pairs",
        sa.Column("product_pair_id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=False),
        sa.Column("other_product_id", Id, nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("together", sa.Integer(), nullable=False),
        sa.Column("product_orders", sa.Integer(), nullable=False),
        sa.Column("other_orders", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("lift", Expected, nullable=False),
        sa.Column("lift_low", Expected, nullable=False),
        sa.Column("lift_high", Expected, nullable=False),
        sa.Column("q_value", Rate, nullable=False),
        sa.ForeignKeyConstraint(
            ["other_product_id"],
            ["products.product_id"],
            name=op.f("fk_product_pairs_other_product_id_products"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.product_id"],
            name=op.f("fk_product_pairs_product_id_products"),
        ),
        sa.PrimaryKeyConstraint("product_pair_id", name=op.f("pk_product_pairs")),
        sa.UniqueConstraint(
            "product_id",
            "other_product_id",
            name=op.f("uq_product_pairs_product_id_other_product_id"),
        ),
    )
    op.create_index(
        op.f("ix_product_pairs_lift_low_product_pair_id"),
        "product_pairs",
        ["lift_low", "product_pair_id"],
    )


def _create_offer_evaluations() -> None:
    op.create_table(
        "offer_evaluations",
        sa.Column("offer_evaluation_id", Id, nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("protocol", sa.String(length=20), nullable=False),
        sa.Column("task", sa.String(length=10), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("list_length", sa.Integer(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("value", Expected, nullable=False),
        sa.Column("low", Expected, nullable=True),
        sa.Column("high", Expected, nullable=True),
        sa.Column("gain", Expected, nullable=True),
        sa.Column("gain_low", Expected, nullable=True),
        sa.Column("gain_high", Expected, nullable=True),
        sa.PrimaryKeyConstraint("offer_evaluation_id", name=op.f("pk_offer_evaluations")),
        sa.UniqueConstraint(
            "protocol",
            "task",
            "method",
            "measure",
            name=op.f("uq_offer_evaluations_protocol_task_method_measure"),
        ),
    )
