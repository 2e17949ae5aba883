"""The first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Money, Rate

revision = "0001"
down_revision = None

FOLLOWED = (
    ("regions", "region_id"),
    ("channels", "channel_id"),
    ("employees", "employee_id"),
    ("customers", "customer_id"),
    ("contacts", "contact_id"),
    ("suppliers", "supplier_id"),
    ("categories", "category_id"),
    ("products", "product_id"),
    ("warehouses", "warehouse_id"),
    ("stock", "stock_id"),
    ("replenishments", "replenishment_id"),
    ("campaigns", "campaign_id"),
    ("orders", "order_id"),
    ("order_lines", "line_id"),
    ("payments", "payment_id"),
    ("shipments", "shipment_id"),
    ("returns", "return_id"),
    ("stock_movements", "movement_id"),
    ("feedback", "feedback_id"),
    ("interactions", "interaction_id"),
    ("targets", "target_id"),
    ("opportunities", "opportunity_id"),
)
OWING = "stage <> 'cancelled' AND round(net_sales - paid, 4) > 0.00995"


def _follow_on_sqlite() -> None:
    for table, key in FOLLOWED:
        for event, row in (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD")):
            op.execute(
                f"CREATE TRIGGER {table}_followed_{event} AFTER {event.upper()} ON {table}"
                " WHEN NOT (SELECT is_bulk FROM data_version) BEGIN"
                " UPDATE data_version SET version = version + 1;"
                " INSERT INTO changes (change_id, table_name, row_id)"
                f" SELECT version, '{table}', {row}.{key} FROM data_version; END"
            )


def _follow_on_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION follow_change() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE changed bigint; next_version bigint;
        BEGIN
          UPDATE data_version SET version = version + 1 WHERE NOT is_bulk
            RETURNING version INTO next_version;
          IF FOUND THEN
            IF TG_OP = 'DELETE' THEN
              EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) USING OLD INTO changed;
            ELSE
              EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) USING NEW INTO changed;
            END IF;
            INSERT INTO changes (change_id, table_name, row_id)
              VALUES (next_version, TG_TABLE_NAME, changed);
          END IF;
          RETURN NULL;
        END $$
        """
    )
    for table, key in FOLLOWED:
        op.execute(
            f"CREATE TRIGGER {table}_followed AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION follow_change('{key}')"
        )


def upgrade() -> None:
    _create_tables()
    op.execute("INSERT INTO data_version (data_version_id, version) VALUES (1, 0)")
    if op.get_bind().dialect.name == "postgresql":
        _follow_on_postgresql()
    else:
        _follow_on_sqlite()


def _create_tables() -> None:
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_zh", sa.String(length=300), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.Column("goal", sa.String(length=300), nullable=True),
        sa.Column("budget", Money, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("discount_rate", Rate, nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "categories",
        sa.Column("category_id", Id, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_zh", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("category_id", name=op.f("pk_categories")),
    )
    op.create_table(
        "changes",
        sa.Column("change_id", Id, autoincrement=False, nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("row_id", Id, nullable=True),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_changes")),
    )
    op.create_table(
        "channels",
        sa.Column("channel_id", Id, nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_zh", sa.String(length=300), nullable=True),
        sa.Column("is_online", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_direct", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_channels")),
        sa.UniqueConstraint("channel", name=op.f("uq_channels_channel")),
    )
    op.create_table(
        "data_version",
        sa.Column("data_version_id", Id, nullable=False),
        sa.Column("version", Id, server_default="0", nullable=False),
        sa.Column("is_bulk", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("data_version_id", name=op.f("pk_data_version")),
    )
    op.create_table(
        "imported_rows",
        sa.Column("imported_row_id", Id, nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.String(length=200), nullable=False),
        sa.Column("row_id", Id, nullable=False),
        sa.Column("row_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("imported_row_id", name=op.f("pk_imported_rows")),
        sa.UniqueConstraint(
            "source",
            "table_name",
            "source_id",
            name=op.f("uq_imported_rows_source_table_name_source_id"),
        ),
    )
    op.create_table(
        "properties",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_properties")),
    )
    op.create_table(
        "regions",
        sa.Column("region_id", Id, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_zh", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("region_id", name=op.f("pk_regions")),
        sa.UniqueConstraint("code", name=op.f("uq_regions_code")),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("sign_in_failure_id", Id, nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(), nullable=False),
        sa.Column("blocked_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("sign_in_failure_id", name=op.f("pk_sign_in_failures")),
        sa.UniqueConstraint("subject", name=op.f("uq_sign_in_failures_subject")),
    )
    op.create_table(
        "suppliers",
        sa.Column("supplier_id", Id, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_zh", sa.String(length=300), nullable=True),
        sa.Column("contact_name", sa.String(length=300), nullable=True),
        sa.Column("phone", sa.String(length=60), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("country", sa.String(length=80), nullable=True),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("supplier_id", name=op.f("pk_suppliers")),
    )
    op.create_table(
        "employees",
        sa.Column("employee_id", Id, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_zh", sa.String(length=300), nullable=True),
        sa.Column("title", sa.String(length=120), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=60), nullable=True),
        sa.Column("manager_id", Id, nullable=True),
        sa.Column("region_id", Id, nullable=True),
        sa.Column("hired_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["manager_id"],
            ["employees.employee_id"],
            name=op.f("fk_employees_manager_id_employees"),
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.region_id"], name=op.f("fk_employees_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("employee_id", name=op.f("pk_employees")),
    )
    with op.batch_alter_table("employees", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_employees_region_id"), ["region_id"], unique=False)

    op.create_table(
        "products",
        sa.Column("product_id", Id, nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_zh", sa.String(length=300), nullable=True),
        sa.Column("category_id", Id, nullable=True),
        sa.Column("supplier_id", Id, nullable=True),
        sa.Column("list_price", Money, nullable=True),
        sa.Column("unit_cost", Money, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("pack_size", sa.Integer(), server_default="1", nullable=False),
        sa.Column("minimum_order_quantity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("introduced_on", sa.Date(), nullable=True),
        sa.Column("discontinued_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["categories.category_id"],
            name=op.f("fk_products_category_id_categories"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"],
            ["suppliers.supplier_id"],
            name=op.f("fk_products_supplier_id_suppliers"),
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_products")),
        sa.UniqueConstraint("sku", name=op.f("uq_products_sku")),
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_products_category_id"), ["category_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_supplier_id"), ["supplier_id"], unique=False)

    op.create_table(
        "warehouses",
        sa.Column("warehouse_id", Id, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_zh", sa.String(length=300), nullable=True),
        sa.Column("region_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.region_id"], name=op.f("fk_warehouses_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("warehouse_id", name=op.f("pk_warehouses")),
        sa.UniqueConstraint("code", name=op.f("uq_warehouses_code")),
    )
    op.create_table(
        "customers",
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_zh", sa.String(length=300), nullable=True),
        sa.Column("customer_type", sa.String(length=40), nullable=True),
        sa.Column("industry", sa.String(length=80), nullable=True),
        sa.Column("grade", sa.String(length=10), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=True),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("region_id", Id, nullable=True),
        sa.Column("phone", sa.String(length=60), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("country", sa.String(length=80), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("consent", sa.String(length=20), server_default="unknown", nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=True),
        sa.Column("consent_purpose", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "consent in ('granted', 'refused', 'unknown')", name=op.f("ck_customers_consent_known")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["employees.employee_id"], name=op.f("fk_customers_owner_id_employees")
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.region_id"], name=op.f("fk_customers_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customers_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_customers_region_id"), ["region_id"], unique=False)

    op.create_table(
        "replenishments",
        sa.Column("replenishment_id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=False),
        sa.Column("warehouse_id", Id, nullable=True),
        sa.Column("supplier_id", Id, nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=True),
        sa.Column("requested_at", sa.DateTime(), nullable=True),
        sa.Column("ordered_at", sa.DateTime(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "state in ('proposed', 'approved', 'ordered', 'received', 'closed', 'rejected')",
            name=op.f("ck_replenishments_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.product_id"],
            name=op.f("fk_replenishments_product_id_products"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"],
            ["suppliers.supplier_id"],
            name=op.f("fk_replenishments_supplier_id_suppliers"),
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"],
            ["warehouses.warehouse_id"],
            name=op.f("fk_replenishments_warehouse_id_warehouses"),
        ),
        sa.PrimaryKeyConstraint("replenishment_id", name=op.f("pk_replenishments")),
    )
    with op.batch_alter_table("replenishments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_replenishments_product_id"), ["product_id"], unique=False
        )

    op.create_table(
        "stock",
        sa.Column("stock_id", Id, nullable=False),
        sa.Column("warehouse_id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reserved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reorder_point", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_stock_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"],
            ["warehouses.warehouse_id"],
            name=op.f("fk_stock_warehouse_id_warehouses"),
        ),
        sa.PrimaryKeyConstraint("stock_id", name=op.f("pk_stock")),
        sa.UniqueConstraint(
            "warehouse_id", "product_id", name=op.f("uq_stock_warehouse_id_product_id")
        ),
    )
    with op.batch_alter_table("stock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_product_id"), ["product_id"], unique=False)

    op.create_table(
        "targets",
        sa.Column("target_id", Id, nullable=False),
        sa.Column("employee_id", Id, nullable=True),
        sa.Column("region_id", Id, nullable=True),
        sa.Column("month_on", sa.Date(), nullable=False),
        sa.Column("net_sales", Money, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["employee_id"],
            ["employees.employee_id"],
            name=op.f("fk_targets_employee_id_employees"),
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.region_id"], name=op.f("fk_targets_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("target_id", name=op.f("pk_targets")),
        sa.UniqueConstraint(
            "employee_id",
            "region_id",
            "month_on",
            name=op.f("uq_targets_employee_id_region_id_month_on"),
        ),
    )
    op.create_table(
        "users",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("employee_id", Id, nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel"], ["channels.channel"], name=op.f("fk_users_channel_channels")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employees.employee_id"], name=op.f("fk_users_employee_id_employees")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "audit",
        sa.Column("audit_id", Id, nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("user_id", Id, nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("row_id", Id, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_audit_user_id_users")
        ),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_table_name_row_id"), ["table_name", "row_id"], unique=False
        )

    op.create_table(
        "contacts",
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("position", sa.String(length=120), nullable=True),
        sa.Column("phone", sa.String(length=60), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_contacts_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contacts")),
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contacts_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "interactions",
        sa.Column("interaction_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("employee_id", Id, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_interactions_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"],
            ["employees.employee_id"],
            name=op.f("fk_interactions_employee_id_employees"),
        ),
        sa.PrimaryKeyConstraint("interaction_id", name=op.f("pk_interactions")),
    )
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_interactions_customer_id"), ["customer_id"], unique=False
        )

    op.create_table(
        "opportunities",
        sa.Column("opportunity_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("amount", Money, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("probability", Rate, nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_opportunities_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["employees.employee_id"],
            name=op.f("fk_opportunities_owner_id_employees"),
        ),
        sa.PrimaryKeyConstraint("opportunity_id", name=op.f("pk_opportunities")),
    )
    with op.batch_alter_table("opportunities", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_opportunities_customer_id"), ["customer_id"], unique=False
        )

    op.create_table(
        "orders",
        sa.Column("order_id", Id, nullable=False),
        sa.Column("order_number", sa.String(length=60), nullable=False),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("region_id", Id, nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", Id, nullable=True),
        sa.Column("warehouse_id", Id, nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("coupon_code", sa.String(length=40), nullable=True),
        sa.Column("ship_address", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("ordered_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("processing_at", sa.DateTime(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(), nullable=True),
        sa.Column("completed_at", sa.DateTime(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(), nullable=True),
        sa.Column("returned_at", sa.DateTime(), nullable=True),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("shipped_on", sa.Date(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("cancel_reason", sa.String(length=300), nullable=True),
        sa.Column("units", sa.Integer(), server_default="0", nullable=False),
        sa.Column("returned_units", sa.Integer(), server_default="0", nullable=False),
        sa.Column("gross_sales", Money, server_default="0", nullable=False),
        sa.Column("returns_value", Money, server_default="0", nullable=False),
        sa.Column("net_sales", Money, server_default="0", nullable=False),
        sa.Column("cost", Money, server_default="0", nullable=False),
        sa.Column("paid", Money, server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "stage in ('received', 'confirmed', 'processing', 'shipped', 'completed', 'cancelled', 'returned')",
            name=op.f("ck_orders_stage_known"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_orders_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["channel"], ["channels.channel"], name=op.f("fk_orders_channel_channels")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=op.f("fk_orders_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["employees.employee_id"], name=op.f("fk_orders_owner_id_employees")
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.region_id"], name=op.f("fk_orders_region_id_regions")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"],
            ["warehouses.warehouse_id"],
            name=op.f("fk_orders_warehouse_id_warehouses"),
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
        sa.UniqueConstraint("order_number", name=op.f("uq_orders_order_number")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_orders_customer_id_ordered_at_order_id"),
            ["customer_id", "ordered_at", "order_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_orders_net_sales_order_id"), ["net_sales", "order_id"], unique=False
        )
        batch_op.create_index(
            "ix_orders_open",
            ["stage", "promised_on"],
            unique=False,
            sqlite_where=sa.text("stage in ('received', 'confirmed', 'processing', 'shipped')"),
            postgresql_where=sa.text("stage in ('received', 'confirmed', 'processing', 'shipped')"),
        )
        batch_op.create_index(
            batch_op.f("ix_orders_ordered_at_order_id"), ["ordered_at", "order_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_orders_ordered_on"), ["ordered_on"], unique=False)
        for name, column in (("due_on", "due_on"), ("owed", sa.text("round(net_sales - paid, 4)"))):
            batch_op.create_index(
                f"ix_orders_owing_by_{name}",
                [column, "order_id"],
                unique=False,
                sqlite_where=sa.text(OWING),
                postgresql_where=sa.text(OWING),
            )
        batch_op.create_index(
            batch_op.f("ix_orders_owner_id_ordered_at_order_id"),
            ["owner_id", "ordered_at", "order_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_orders_promised_on_order_id"), ["promised_on", "order_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_orders_region_id_ordered_at_order_id"),
            ["region_id", "ordered_at", "order_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_orders_units_order_id"), ["units", "order_id"], unique=False
        )

    op.create_table(
        "sessions",
        sa.Column("session_id", Id, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("client", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_sessions_user_id_users")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_regions",
        sa.Column("user_region_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("region_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.region_id"], name=op.f("fk_user_regions_region_id_regions")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_user_regions_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_region_id", name=op.f("pk_user_regions")),
        sa.UniqueConstraint("user_id", "region_id", name=op.f("uq_user_regions_user_id_region_id")),
    )
    op.create_table(
        "feedback",
        sa.Column("feedback_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("order_id", Id, nullable=True),
        sa.Column("product_id", Id, nullable=True),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=True),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_feedback_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_feedback_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["employees.employee_id"], name=op.f("fk_feedback_owner_id_employees")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_feedback_product_id_products")
        ),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_order_id"), ["order_id"], unique=False)

    op.create_table(
        "order_lines",
        sa.Column("line_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("product_id", Id, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("returned_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unit_price", Money, nullable=False),
        sa.Column("discount_rate", Rate, server_default="0", nullable=False),
        sa.Column("unit_cost", Money, nullable=True),
        sa.Column(
            "net_sales",
            Money,
            sa.Computed(
                "round((quantity - returned_quantity) * unit_price * (1 - discount_rate), 4)",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_order_lines_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_order_lines_product_id_products")
        ),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint(
            "order_id", "line_number", name=op.f("uq_order_lines_order_id_line_number")
        ),
    )
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_lines_product_id"), ["product_id"], unique=False)

    op.create_table(
        "payments",
        sa.Column("payment_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("amount", Money, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=True),
        sa.Column("reference", sa.String(length=120), nullable=True),
        sa.Column("paid_at", sa.DateTime(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_payments_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_payments")),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_paid_on"), ["paid_on"], unique=False)

    op.create_table(
        "shipments",
        sa.Column("shipment_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("warehouse_id", Id, nullable=True),
        sa.Column("carrier", sa.String(length=80), nullable=True),
        sa.Column("tracking_number", sa.String(length=80), nullable=True),
        sa.Column("shipped_at", sa.DateTime(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_shipments_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"],
            ["warehouses.warehouse_id"],
            name=op.f("fk_shipments_warehouse_id_warehouses"),
        ),
        sa.PrimaryKeyConstraint("shipment_id", name=op.f("pk_shipments")),
    )
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shipments_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_shipments_tracking_number"), ["tracking_number"], unique=False
        )

    op.create_table(
        "stock_movements",
        sa.Column("movement_id", Id, nullable=False),
        sa.Column("warehouse_id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("order_id", Id, nullable=True),
        sa.Column("replenishment_id", Id, nullable=True),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_stock_movements_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.product_id"],
            name=op.f("fk_stock_movements_product_id_products"),
        ),
        sa.ForeignKeyConstraint(
            ["replenishment_id"],
            ["replenishments.replenishment_id"],
            name=op.f("fk_stock_movements_replenishment_id_replenishments"),
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"],
            ["warehouses.warehouse_id"],
            name=op.f("fk_stock_movements_warehouse_id_warehouses"),
        ),
        sa.PrimaryKeyConstraint("movement_id", name=op.f("pk_stock_movements")),
    )
    with op.batch_alter_table("stock_movements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_movements_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_stock_movements_product_id_moved_at"),
            ["product_id", "moved_at"],
            unique=False,
        )

    op.create_table(
        "returns",
        sa.Column("return_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("line_id", Id, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", Money, nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("returned_at", sa.DateTime(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"], ["order_lines.line_id"], name=op.f("fk_returns_line_id_order_lines")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_returns_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("return_id", name=op.f("pk_returns")),
    )
    with op.batch_alter_table("returns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_returns_line_id"), ["line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_returns_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_returns_returned_on"), ["returned_on"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("The first schema has nothing to go back to.")
