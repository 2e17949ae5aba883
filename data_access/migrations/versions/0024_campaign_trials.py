"""Campaigns of which some customers are held out, so that their effect shows"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment, Rate
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "campaign_trials",
        sa.Column("campaign_trial_id", Id, nullable=False),
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("held_out_rate", Rate, nullable=False),
        sa.Column("within_days", sa.Integer(), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "held_out_rate > 0 and held_out_rate < 1",
            name=op.f("ck_campaign_trials_held_out_rate_is_share"),
        ),
        sa.CheckConstraint("within_days > 0", name=op.f("ck_campaign_trials_within_days_counted")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"],
            name=op.f("fk_campaign_trials_campaign_id_campaigns"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_campaign_trials_user_id_users")
        ),
        sa.PrimaryKeyConstraint("campaign_trial_id", name=op.f("pk_campaign_trials")),
        sa.UniqueConstraint("campaign_id", name=op.f("uq_campaign_trials_campaign_id")),
    )  # fmt: skip
    op.create_table(
        "campaign_customers",
        sa.Column("campaign_customer_id", Id, nullable=False),
        sa.Column("campaign_trial_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("is_held_out", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("assigned_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_trial_id"], ["campaign_trials.campaign_trial_id"],
            name=op.f("fk_campaign_customers_campaign_trial_id_campaign_trials"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"],
            name=op.f("fk_campaign_customers_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("campaign_customer_id", name=op.f("pk_campaign_customers")),
    )  # fmt: skip
    op.create_index(
        op.f("ix_campaign_customers_customer_id"), "campaign_customers", ["customer_id"]
    )
    op.create_index(
        op.f("ix_campaign_customers_campaign_trial_id_customer_id"), "campaign_customers",
        ["campaign_trial_id", "customer_id"],
    )  # fmt: skip
    follow_rows("campaign_trials", "campaign_trial_id")
    columns = [each["name"] for each in sa.inspect(op.get_bind()).get_columns("campaign_trials")]
    log_rows("campaign_trials", "campaign_trial_id", columns)
