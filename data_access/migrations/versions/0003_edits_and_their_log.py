"""Edits: the log below them, comments, rules of the stages, discount limits, coupon codes"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment, Rate
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0003"
down_revision = "0002"

STAGE_RULES = (
    ("received", 1, "sales_lead", 24,
     "Customer, prices and promised date are checked.",
     "客户、价格和承诺日期已核对。"),
    ("confirmed", 2, "warehouse", 24,
     "The goods are reserved and picking has begun.",
     "货品已预留，并已开始拣货。"),
    ("processing", 3, "warehouse", 48,
     "Everything is packed; carrier and tracking number are known.",
     "货品已全部打包，承运商和运单号已确定。"),
    ("shipped", 4, "sales_rep", 120,
     "The customer has the goods.",
     "客户已收到货品。"),
    ("returned", 5, "finance", 72,
     "The goods are checked and the refund is booked.",
     "退货已验收，退款已入账。"),
)  # fmt: skip
DISCOUNT_LIMITS = (
    ("sales_rep", "0.10"),
    ("sales_lead", "0.20"),
    ("manager", "0.40"),
    ("admin", "1.00"),
)
FOLLOWED = (
    ("comments", "comment_id"),
    ("mentions", "mention_id"),
    ("stage_rules", "stage_rule_id"),
    ("discount_limits", "discount_limit_id"),
)
LOGGED = (
    ("orders", "order_id"),
    ("order_lines", "line_id"),
    ("payments", "payment_id"),
    ("stock", "stock_id"),
    ("stock_movements", "movement_id"),
    ("shipments", "shipment_id"),
    ("returns", "return_id"),
    ("replenishments", "replenishment_id"),
    ("comments", "comment_id"),
    ("stage_rules", "stage_rule_id"),
    ("discount_limits", "discount_limit_id"),
)
# What a hash is made of, besides the hash before it; data_access/audit_chain.py reads it again.
HASHED = ("audit_id", "happened_at", "user_id", "actor", "actor_name", "action", "table_name",
          "row_id", "order_id", "reason", "before", "after", "request_id", "undoes")  # fmt: skip


def upgrade() -> None:
    _create_tables()
    _fill_tables()
    _widen_audit()
    earlier = _take_out_earlier_rows()
    if op.get_bind().dialect.name == "postgresql":
        _chain_on_postgresql()
    else:
        _chain_on_sqlite()
    _begin_log(earlier)
    for table, key in FOLLOWED:
        follow_rows(table, key)
    for table, key in LOGGED:
        columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
        log_rows(table, key, columns, sealed=())


def _create_tables() -> None:
    op.create_table(
        "comments",
        sa.Column("comment_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=True),
        sa.Column("author", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_comments_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_comments_user_id_users")
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_order_id_comment_id"), "comments", ["order_id", "comment_id"])
    op.create_table(
        "mentions",
        sa.Column("mention_id", Id, nullable=False),
        sa.Column("comment_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("written_at", Moment, nullable=False),
        sa.Column("seen_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.comment_id"], name=op.f("fk_mentions_comment_id_comments")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_mentions_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_mentions_user_id_users")
        ),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_mentions")),
        sa.UniqueConstraint("comment_id", "user_id", name=op.f("uq_mentions_comment_id_user_id")),
    )
    op.create_index(op.f("ix_mentions_order_id"), "mentions", ["order_id"])
    op.create_index(op.f("ix_mentions_user_id_seen_at"), "mentions", ["user_id", "seen_at"])
    op.create_table(
        "stage_rules",
        sa.Column("stage_rule_id", Id, nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("owner_role", sa.String(length=20), nullable=False),
        sa.Column("target_hours", sa.Integer(), nullable=False),
        sa.Column("exit_criteria", sa.String(length=300), nullable=False),
        sa.Column("exit_criteria_zh", sa.String(length=300), nullable=True),
        sa.CheckConstraint("target_hours > 0", name=op.f("ck_stage_rules_target_hours_positive")),
        sa.PrimaryKeyConstraint("stage_rule_id", name=op.f("pk_stage_rules")),
        sa.UniqueConstraint("stage", name=op.f("uq_stage_rules_stage")),
    )
    op.create_table(
        "discount_limits",
        sa.Column("discount_limit_id", Id, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("max_rate", Rate, nullable=False),
        sa.CheckConstraint(
            "max_rate >= 0 and max_rate <= 1", name=op.f("ck_discount_limits_max_rate_a_share")
        ),
        sa.PrimaryKeyConstraint("discount_limit_id", name=op.f("pk_discount_limits")),
        sa.UniqueConstraint("role", name=op.f("uq_discount_limits_role")),
    )
    op.create_table(
        "edit_requests",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("happened_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_edit_requests_user_id_users")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_edit_requests")),
    )
    op.add_column("campaigns", sa.Column("coupon_code", sa.String(length=40), nullable=True))
    op.create_index("uq_campaigns_coupon_code", "campaigns", ["coupon_code"], unique=True)


def _fill_tables() -> None:
    names = ("stage", "position", "owner_role", "target_hours", "exit_criteria", "exit_criteria_zh")
    rules = sa.table("stage_rules", *map(sa.column, names))
    op.bulk_insert(rules, [dict(zip(names, rule, strict=True)) for rule in STAGE_RULES])
    limits = sa.table("discount_limits", sa.column("role"), sa.column("max_rate", Rate))
    op.bulk_insert(limits, [{"role": role, "max_rate": rate} for role, rate in DISCOUNT_LIMITS])


def _widen_audit() -> None:
    text = sa.String(length=64)
    op.add_column("audit", sa.Column("actor_name", sa.String(length=300), nullable=True))
    op.add_column("audit", sa.Column("order_id", Id, nullable=True))
    op.add_column("audit", sa.Column("undoes", text, nullable=True))
    op.add_column("audit", sa.Column("previous_hash", text, server_default="", nullable=False))
    op.add_column("audit", sa.Column("hash", text, server_default="", nullable=False))
    for columns in (
        ["order_id", "audit_id"],
        ["request_id"],
        ["undoes"],
        ["actor", "audit_id"],
        ["happened_at"],
    ):
        op.create_index(op.f(f"ix_audit_{'_'.join(columns)}"), "audit", columns)


def _audit() -> sa.TableClause:
    columns = (sa.column("happened_at", Moment), *map(sa.column, HASHED[2:]))
    return sa.table("audit", sa.column("audit_id"), *columns)


def _take_out_earlier_rows() -> list[dict[str, object]]:
    audit, connection = _audit(), op.get_bind()
    rows = connection.execute(sa.select(audit).order_by(audit.c.audit_id)).mappings().all()
    connection.execute(audit.delete())
    return [{name: value for name, value in row.items() if name != "audit_id"} for row in rows]


def _begin_log(earlier: list[dict[str, object]]) -> None:
    """Rows written before the chain join it; then one row says what is there without a log."""
    audit, connection = _audit(), op.get_bind()
    for row in earlier:
        connection.execute(audit.insert().values(row))
    held = {
        table: list(
            connection.execute(
                sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(sa.column(key)), 0))
                .select_from(sa.table(table))
            ).one()
        )
        for table, key in LOGGED
    }  # fmt: skip
    connection.execute(
        audit.insert().values(
            happened_at=datetime.now(UTC).replace(tzinfo=None),
            actor="system",
            action="begin_log",
            table_name="*",
            after=json.dumps(held),
        )
    )


def _chain_on_sqlite() -> None:
    """audit_hash, audit_context: functions of our connections, so no other program gets past."""
    before = "coalesce((SELECT hash FROM audit WHERE audit_id = NEW.audit_id - 1), '')"
    fields = ", ".join(f"NEW.{name}" for name in HASHED)
    last = "(SELECT coalesce(max(audit_id), 0) FROM audit WHERE audit_id <> NEW.audit_id)"
    refused = "SELECT RAISE(ABORT, 'the audit log is append-only')"
    op.execute(
        "CREATE TRIGGER audit_not_replaced BEFORE INSERT ON audit"
        " WHEN EXISTS (SELECT 1 FROM audit WHERE audit_id = NEW.audit_id)"
        f" BEGIN {refused}; END"
    )
    op.execute(
        "CREATE TRIGGER audit_sealed AFTER INSERT ON audit BEGIN"
        f" {refused} WHERE NEW.hash <> '' OR NEW.audit_id <> {last} + 1;"
        f" UPDATE audit SET previous_hash = {before}, hash = audit_hash({before}, {fields})"
        " WHERE audit_id = NEW.audit_id; END"
    )
    op.execute(
        "CREATE TRIGGER audit_not_changed BEFORE UPDATE ON audit"
        f" WHEN OLD.hash <> '' BEGIN {refused}; END"
    )
    op.execute(f"CREATE TRIGGER audit_not_deleted BEFORE DELETE ON audit BEGIN {refused}; END")


def _chain_on_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION audit_field(said text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
          SELECT CASE WHEN said IS NULL THEN '~;' ELSE length(said) || ':' || said || ';' END
        $$
        """
    )
    moment = "to_char(NEW.happened_at, 'YYYY-MM-DD HH24:MI:SS.US')"
    fields = " || ".join(
        f"audit_field({moment if name == 'happened_at' else f'NEW.{name}::text'})"
        for name in HASHED
    )
    # the lock that every writer takes first: two rows never follow the same one
    op.execute(
        f"""
        CREATE FUNCTION seal_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE last_id bigint; last_hash text;
        BEGIN
          PERFORM 1 FROM data_version FOR UPDATE;
          SELECT audit_id, hash INTO last_id, last_hash FROM audit ORDER BY audit_id DESC LIMIT 1;
          NEW.audit_id := coalesce(last_id, 0) + 1;
          NEW.previous_hash := coalesce(last_hash, '');
          NEW.hash := encode(sha256(convert_to(
            audit_field(NEW.previous_hash) || {fields}, 'UTF8')), 'hex');
          RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'the audit log is append-only';
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION log_change() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          said jsonb := coalesce(nullif(current_setting('orderscope.audit', true), ''), '{}');
          before_image text; after_image text; image jsonb;
        BEGIN
          IF (SELECT is_bulk FROM data_version) THEN RETURN NULL; END IF;
          IF TG_OP <> 'INSERT' THEN
            before_image := row_to_json(OLD)::text; image := to_jsonb(OLD);
          END IF;
          IF TG_OP <> 'DELETE' THEN
            after_image := row_to_json(NEW)::text; image := to_jsonb(NEW);
          END IF;
          IF before_image = after_image THEN RETURN NULL; END IF;
          INSERT INTO audit (happened_at, user_id, actor, actor_name, action, table_name, row_id,
                             order_id, reason, before, after, request_id, undoes)
          VALUES (coalesce((said->>'happened_at')::timestamp, clock_timestamp() AT TIME ZONE 'UTC'),
                  (said->>'user_id')::bigint, coalesce(said->>'actor', 'system'),
                  said->>'actor_name', coalesce(said->>'action', lower(TG_OP)), TG_TABLE_NAME,
                  (image->>TG_ARGV[0])::bigint, (image->>'order_id')::bigint,
                  said->>'reason', before_image, after_image,
                  said->>'request_id', said->>'undoes');
          RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER audit_sealed BEFORE INSERT ON audit"
        " FOR EACH ROW EXECUTE FUNCTION seal_audit()"
    )
    op.execute(
        "CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION keep_audit()"
    )
    op.execute(
        "CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION keep_audit()"
    )
