"""The tables of the CRM database, and thereby the one vocabulary of column names.

Money is a decimal in the row's `currency`. A moment (`_at`) is UTC without offset; a day (`_on`) is
the business day in the configured time zone. Everything a person can read has `name` (any script)
and may have `name_zh`, preferred in the Chinese interface.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from data_access.columns import Days, Expected, Id, Moment, Money, Rate
from data_access.dialects import month_and_day, phone_end
from data_access.stages import OPEN_STAGES as OPEN_STAGES
from data_access.stages import STAGES as STAGES
from data_access.stages import TO_SHIP_STAGES as TO_SHIP_STAGES

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# What an order owes, and the orders that owe: amounts have four places, and less than a cent owed
# is nothing owed, also in SQLite's binary numbers. Spelled once, because an index on an expression
# serves the questions that spell it alike.
OWED = "round(net_sales - paid, 4)"
OWING = f"stage <> 'cancelled' AND {OWED} > 0.00995"
AWAITS_REFUND = f"stage <> 'cancelled' AND {OWED} < -0.00995"
# A request that somebody made here and that is not done with: one for each cause.
OPEN_REQUEST = "requested_by is not null and state in ('proposed', 'approved', 'ordered')"


def _names() -> tuple[Column[str], Column[str]]:
    return Column("name", String(300), nullable=False), Column("name_zh", String(300))


regions = Table(
    "regions",
    metadata,
    Column("region_id", Id, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    *_names(),
)

channels = Table(
    "channels",
    metadata,
    Column("channel_id", Id, primary_key=True),
    Column("channel", String(40), nullable=False, unique=True),
    *_names(),
    Column("is_online", Boolean, nullable=False, server_default=true()),
    Column("is_direct", Boolean, nullable=False, server_default=true()),
)

employees = Table(
    "employees",
    metadata,
    Column("employee_id", Id, primary_key=True),
    *_names(),
    Column("title", String(120)),
    Column("email", String(254)),
    Column("phone", String(60)),
    Column("manager_id", Id, ForeignKey("employees.employee_id")),
    Column("region_id", Id, ForeignKey("regions.region_id"), index=True),
    Column("hired_on", Date),
    Column("left_on", Date),
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Id, primary_key=True),
    *_names(),
    Column("customer_type", String(40)),  # company, person
    Column("industry", String(80)),
    Column("grade", String(10)),
    Column("source", String(80)),  # how the customer was won
    Column("owner_id", Id, ForeignKey("employees.employee_id"), index=True),
    Column("region_id", Id, ForeignKey("regions.region_id"), index=True),
    Column("phone", String(60)),
    Column("email", String(254)),
    Column("address", Text),
    Column("city", String(120)),
    Column("country", String(80)),
    Column("born_on", Date),
    Column("consent", String(20), nullable=False, server_default="unknown"),
    Column("consent_on", Date),
    Column("consent_purpose", String(200)),
    Column("created_at", Moment),
    CheckConstraint("consent in ('granted', 'refused', 'unknown')", name="consent_known"),
)
Index("ix_customers_phone_end", phone_end(customers.c.phone))
Index("ix_customers_birthday", month_and_day(customers.c.born_on))

contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False, index=True),
    Column("name", String(300), nullable=False),
    Column("position", String(120)),
    Column("phone", String(60)),
    Column("email", String(254)),
    Column("is_primary", Boolean, nullable=False, server_default=false()),
)
Index("ix_contacts_phone_end", phone_end(contacts.c.phone))

suppliers = Table(
    "suppliers",
    metadata,
    Column("supplier_id", Id, primary_key=True),
    *_names(),
    Column("contact_name", String(300)),
    Column("phone", String(60)),
    Column("email", String(254)),
    Column("address", Text),
    Column("city", String(120)),
    Column("country", String(80)),
    Column("lead_time_days", Integer),
)

categories = Table("categories", metadata, Column("category_id", Id, primary_key=True), *_names())

products = Table(
    "products",
    metadata,
    Column("product_id", Id, primary_key=True),
    Column("sku", String(80), nullable=False, unique=True),
    *_names(),
    Column("category_id", Id, ForeignKey("categories.category_id"), index=True),
    Column("supplier_id", Id, ForeignKey("suppliers.supplier_id"), index=True),
    Column("list_price", Money),
    Column("unit_cost", Money),
    Column("currency", String(3), nullable=False),
    Column("lead_time_days", Integer),
    Column("pack_size", Integer, nullable=False, server_default="1"),
    Column("minimum_order_quantity", Integer, nullable=False, server_default="1"),
    Column("introduced_on", Date),
    Column("discontinued_on", Date),
    Column("is_goods", Boolean, nullable=False, server_default=true()),
)

warehouses = Table(
    "warehouses",
    metadata,
    Column("warehouse_id", Id, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    *_names(),
    Column("region_id", Id, ForeignKey("regions.region_id")),
)

stock = Table(
    "stock",
    metadata,
    Column("stock_id", Id, primary_key=True),
    Column("warehouse_id", Id, ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("product_id", Id, ForeignKey("products.product_id"), nullable=False, index=True),
    Column("on_hand", Integer, nullable=False, server_default="0"),
    Column("reserved", Integer, nullable=False, server_default="0"),
    Column("reorder_point", Integer),
    UniqueConstraint("warehouse_id", "product_id"),
)

replenishments = Table(
    "replenishments",
    metadata,
    Column("replenishment_id", Id, primary_key=True),
    Column("product_id", Id, ForeignKey("products.product_id"), nullable=False, index=True),
    Column("warehouse_id", Id, ForeignKey("warehouses.warehouse_id")),
    Column("supplier_id", Id, ForeignKey("suppliers.supplier_id")),
    Column("quantity", Integer, nullable=False),
    Column("received_quantity", Integer, nullable=False, server_default="0"),
    Column("state", String(20), nullable=False),
    Column("cause", String(200)),
    Column("requested_at", Moment),
    Column("ordered_at", Moment),
    Column("expected_on", Date),
    Column("received_at", Moment),
    # who did what to the request, for what was not imported: users, and what they said
    Column("requested_by", Id),
    Column("requested_quantity", Integer),  # what was first asked for, where other is ordered
    Column("needed_by", Date),
    Column("note", String(300)),
    Column("decided_by", Id),
    Column("decided_at", Moment),
    Column("ordered_by", Id),
    Column("unit_cost", Money),  # that the supplier was promised
    Column("received_by", Id),  # the last receipt
    Column("closed_by", Id),
    Column("closed_at", Moment),
    Column("reason", String(300)),  # why rejected, or why the rest does not come
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint(
        "state in ('proposed', 'approved', 'ordered', 'received', 'closed', 'rejected')",
        name="state_known",
    ),
    Index(None, "state"),
    Index(
        "uq_replenishments_open_cause", "product_id", "warehouse_id", "cause", unique=True,
        sqlite_where=text(OPEN_REQUEST), postgresql_where=text(OPEN_REQUEST),
    ),
)  # fmt: skip

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", Id, primary_key=True),
    *_names(),
    Column("kind", String(40)),
    Column("goal", String(300)),
    Column("budget", Money),
    Column("currency", String(3), nullable=False),
    Column("discount_rate", Rate),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("coupon_code", String(40)),  # what customers type to take part
    Index("uq_campaigns_coupon_code", "coupon_code", unique=True),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Id, primary_key=True),
    Column("order_number", String(60), nullable=False, unique=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id")),
    Column("owner_id", Id, ForeignKey("employees.employee_id")),  # the rep who took it
    Column("region_id", Id, ForeignKey("regions.region_id")),
    Column("channel", String(40), ForeignKey("channels.channel"), nullable=False),
    Column("campaign_id", Id, ForeignKey("campaigns.campaign_id")),
    Column("warehouse_id", Id, ForeignKey("warehouses.warehouse_id")),
    Column("stage", String(20), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("coupon_code", String(40)),
    Column("ship_address", Text),
    Column("note", Text),
    # the moment each stage was reached; ordered_at is the moment of the stage "received"
    Column("ordered_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Column("processing_at", Moment),
    Column("shipped_at", Moment),
    Column("completed_at", Moment),  # delivered to the customer
    Column("cancelled_at", Moment),
    Column("returned_at", Moment),
    # business days of the moments that numbers are grouped by
    Column("ordered_on", Date, nullable=False),
    Column("promised_on", Date),
    Column("confirmed_on", Date),
    Column("shipped_on", Date),
    Column("completed_on", Date),
    Column("cancelled_on", Date),
    Column("due_on", Date),  # when payment is due
    Column("cancel_reason", String(300)),
    # sums over the order's lines and payments, kept by totals.recount_orders
    Column("units", Integer, nullable=False, server_default="0"),
    Column("returned_units", Integer, nullable=False, server_default="0"),
    Column("gross_sales", Money, nullable=False, server_default="0"),
    Column("returns_value", Money, nullable=False, server_default="0"),  # net of discount
    Column("net_sales", Money, nullable=False, server_default="0"),
    Column("cost", Money, nullable=False, server_default="0"),
    Column("paid", Money, nullable=False, server_default="0"),  # less refunds
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint(f"stage in {STAGES}", name="stage_known"),
    Index(None, "ordered_at", "order_id"),
    Index(None, "ordered_on"),
    # with the stage and the day, for questions about the orders of each of many customers
    Index("ix_orders_of_customer", "customer_id", "ordered_at", "order_id", "stage", "ordered_on"),
    Index(None, "net_sales", "order_id"),
    Index(None, "owner_id", "ordered_at", "order_id"),
    Index(None, "region_id", "ordered_at", "order_id"),
    Index(None, "promised_on", "order_id"),
    Index(None, "completed_on"),
    Index(None, "units", "order_id"),
    Index(
        "ix_orders_open",
        "stage",
        "promised_on",
        sqlite_where=text("stage in ('received', 'confirmed', 'processing', 'shipped')"),
        postgresql_where=text("stage in ('received', 'confirmed', 'processing', 'shipped')"),
    ),
    *(
        Index(
            f"ix_orders_owing_by_{name}",
            column,
            "order_id",
            sqlite_where=text(OWING),
            postgresql_where=text(OWING),
        )
        for name, column in (("due_on", "due_on"), ("owed", text(OWED)))
    ),
    Index(
        "ix_orders_awaiting_refund",
        "returned_at",
        "order_id",
        sqlite_where=text(AWAITS_REFUND),
        postgresql_where=text(AWAITS_REFUND),
    ),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("line_id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("orders.order_id"), nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("product_id", Id, ForeignKey("products.product_id"), nullable=False, index=True),
    Column("quantity", Integer, nullable=False),
    Column("returned_quantity", Integer, nullable=False, server_default="0"),
    Column("unit_price", Money, nullable=False),  # list price at order time, before discount
    Column("discount_rate", Rate, nullable=False, server_default="0"),
    Column("unit_cost", Money),  # frozen at order time
    # after discount and returns; 4 decimals hold cents times whole percents exactly
    Column(
        "net_sales",
        Money,
        Computed(
            "round((quantity - returned_quantity) * unit_price * (1 - discount_rate), 4)",
            persisted=True,
        ),
    ),
    UniqueConstraint("order_id", "line_number"),
)

payments = Table(
    "payments",
    metadata,
    Column("payment_id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("amount", Money, nullable=False),  # a refund is negative
    Column("currency", String(3), nullable=False),
    Column("method", String(40)),
    Column("reference", String(120)),
    Column("paid_at", Moment, nullable=False),
    Column("paid_on", Date, nullable=False, index=True),
)

shipments = Table(
    "shipments",
    metadata,
    Column("shipment_id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("warehouse_id", Id, ForeignKey("warehouses.warehouse_id")),
    Column("carrier", String(80)),
    Column("tracking_number", String(80), index=True),
    Column("shipped_at", Moment, nullable=False),
    Column("delivered_at", Moment),
)

returns = Table(
    "returns",
    metadata,
    Column("return_id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("line_id", Id, ForeignKey("order_lines.line_id"), nullable=False, index=True),
    Column("quantity", Integer, nullable=False),
    Column("amount", Money, nullable=False),  # net value of the returned units
    Column("reason", String(80)),
    Column("state", String(20), nullable=False),
    Column("note", Text),
    Column("returned_at", Moment, nullable=False),
    Column("returned_on", Date, nullable=False, index=True),
)

stock_movements = Table(
    "stock_movements",
    metadata,
    Column("movement_id", Id, primary_key=True),
    Column("warehouse_id", Id, ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("product_id", Id, ForeignKey("products.product_id"), nullable=False),
    Column("quantity", Integer, nullable=False),  # into the warehouse is positive
    Column("kind", String(20), nullable=False),  # opening, receipt, shipment, return, correction
    Column("order_id", Id, ForeignKey("orders.order_id"), index=True),
    Column("replenishment_id", Id, ForeignKey("replenishments.replenishment_id"), index=True),
    Column("moved_at", Moment, nullable=False),
    Column("note", String(300)),
    Index(None, "product_id", "moved_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("feedback_id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), index=True),
    Column("order_id", Id, ForeignKey("orders.order_id"), index=True),
    Column("product_id", Id, ForeignKey("products.product_id")),
    Column("owner_id", Id, ForeignKey("employees.employee_id")),
    Column("kind", String(20), nullable=False),  # complaint, suggestion, review
    Column("severity", SmallInteger),
    Column("score", SmallInteger),  # 1 to 5
    Column("text", Text),
    Column("language", String(10)),
    Column("state", String(20), nullable=False),  # new, assigned, resolved
    Column("created_at", Moment, nullable=False),
    Column("resolved_at", Moment),
)

interactions = Table(
    "interactions",
    metadata,
    Column("interaction_id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False),
    Column("employee_id", Id, ForeignKey("employees.employee_id")),
    Column("kind", String(20), nullable=False),  # call, enquiry, visit, message
    Column("subject", String(300)),
    Column("note", Text),
    Column("happened_at", Moment, nullable=False),
    Index(None, "customer_id", "happened_at"),
)

consents = Table(  # what a customer said to being contacted; the last one holds
    "consents",
    metadata,
    Column("consent_id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("purpose", String(200), nullable=False),
    Column("text_version", String(60)),  # which wording the person was shown
    Column("decided_on", Date, nullable=False),
    Column("user_id", Id, ForeignKey("users.user_id")),
    Column("recorded_by", String(300), nullable=False),  # the colleague's name as it was then
    Column("recorded_at", Moment, nullable=False),
    CheckConstraint("state in ('granted', 'refused', 'withdrawn')", name="state_known"),
    Index(None, "customer_id", "consent_id"),
)

targets = Table(
    "targets",
    metadata,
    Column("target_id", Id, primary_key=True),
    Column("employee_id", Id, ForeignKey("employees.employee_id")),
    Column("region_id", Id, ForeignKey("regions.region_id")),
    Column("month_on", Date, nullable=False),  # first day of the month
    Column("net_sales", Money, nullable=False),
    Column("currency", String(3), nullable=False),
    UniqueConstraint("employee_id", "region_id", "month_on"),
)

opportunities = Table(
    "opportunities",
    metadata,
    Column("opportunity_id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), index=True),
    Column("owner_id", Id, ForeignKey("employees.employee_id")),
    Column("name", String(300), nullable=False),
    Column("stage", String(20), nullable=False),  # lead, qualified, proposal, won, lost
    Column("amount", Money, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("probability", Rate),
    Column("created_at", Moment, nullable=False),
    Column("expected_on", Date),
    Column("closed_at", Moment),
)

users = Table(
    "users",
    metadata,
    Column("user_id", Id, primary_key=True),
    Column("username", String(80), nullable=False, unique=True),
    Column("name", String(300), nullable=False),
    Column("email", String(254)),
    Column("password_hash", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("employee_id", Id, ForeignKey("employees.employee_id")),
    Column("channel", String(40), ForeignKey("channels.channel")),  # of a partner
    Column("language", String(10)),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("is_demo", Boolean, nullable=False, server_default=false()),
    Column("created_at", Moment, nullable=False),
    Column("password_changed_at", Moment, nullable=False),
)

user_regions = Table(
    "user_regions",
    metadata,
    Column("user_region_id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("region_id", Id, ForeignKey("regions.region_id"), nullable=False),
    UniqueConstraint("user_id", "region_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("client", String(300)),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("sign_in_failure_id", Id, primary_key=True),
    Column("subject", String(120), nullable=False, unique=True),  # "user:name" or "address:ip"
    Column("failures", Integer, nullable=False),
    Column("failed_at", Moment, nullable=False),
    Column("blocked_until", Moment),
)

comments = Table(  # what colleagues tell each other about an order
    "comments",
    metadata,
    Column("comment_id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("orders.order_id"), nullable=False),
    Column("user_id", Id, ForeignKey("users.user_id")),
    Column("author", String(300), nullable=False),  # the person's name as it was then
    Column("text", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
    Index(None, "order_id", "comment_id"),
)

mentions = Table(  # who a comment calls by @username
    "mentions",
    metadata,
    Column("mention_id", Id, primary_key=True),
    Column("comment_id", Id, ForeignKey("comments.comment_id"), nullable=False),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("order_id", Id, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("written_at", Moment, nullable=False),
    Column("seen_at", Moment),
    UniqueConstraint("comment_id", "user_id"),
    Index(None, "user_id", "seen_at"),
)

stage_rules = Table(  # who answers for an order in a stage, how long, and what must be done by then
    "stage_rules",
    metadata,
    Column("stage_rule_id", Id, primary_key=True),
    Column("stage", String(20), nullable=False, unique=True),
    Column("position", SmallInteger, nullable=False),
    Column("owner_role", String(20), nullable=False),
    Column("target_hours", Integer, nullable=False),
    Column("exit_criteria", String(300), nullable=False),
    Column("exit_criteria_zh", String(300)),
    CheckConstraint("target_hours > 0", name="target_hours_positive"),
)

discount_limits = Table(  # a role without a row gives none
    "discount_limits",
    metadata,
    Column("discount_limit_id", Id, primary_key=True),
    Column("role", String(20), nullable=False, unique=True),
    Column("max_rate", Rate, nullable=False),
    CheckConstraint("max_rate >= 0 and max_rate <= 1", name="max_rate_a_share"),
)

refreshes = Table(  # each run of `python -m dashboard refresh`, one row for each part of it
    "refreshes",
    metadata,
    Column("refresh_id", Id, primary_key=True),
    Column("what", String(40), nullable=False),
    Column("as_of_on", Date, nullable=False),
    Column("version", Id, nullable=False),
    Column("state", String(20), nullable=False),  # running, done, failed
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("row_count", Integer),
    Column("facts", Text),  # JSON
    Column("details", Text),  # JSON: the facts with what counts everybody's customers
    Column("message", String(500)),
    Index(None, "what", "refresh_id"),
)

customer_scores = Table(  # one row for each customer who ordered; written by a refresh
    "customer_scores",
    metadata,
    Column(
        "customer_id",
        Id,
        ForeignKey("customers.customer_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("as_of_on", Date, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("orders", Integer, nullable=False),
    Column("orders_12m", Integer, nullable=False),
    Column("first_ordered_on", Date, nullable=False),
    Column("last_ordered_on", Date, nullable=False),
    Column("usual_gap_days", Days),
    Column("net_sales", Money, nullable=False),
    Column("net_sales_12m", Money, nullable=False),
    Column("net_sales_prior_12m", Money, nullable=False),
    Column("margin_12m", Money),
    Column("discount_share", Rate),
    Column("categories", Integer, nullable=False),
    Column("preferred_category_id", Id, ForeignKey("categories.category_id")),
    Column("enquiries_90", Integer, nullable=False),
    Column("enquiries_prior_90", Integer, nullable=False),
    Column("recency_score", SmallInteger, nullable=False),
    Column("frequency_score", SmallInteger, nullable=False),
    Column("monetary_score", SmallInteger, nullable=False),
    Column("segment", String(40), nullable=False),
    Column("rule_segment", String(40), nullable=False),
    Column("cluster", SmallInteger),
    Column("silent_30", Rate),
    Column("silent_90", Rate),
    Column("silent_180", Rate),
    Column("expected_orders_12m", Expected),
    Column("predicted_value_12m", Money),
    Column("predicted_low", Money),
    Column("predicted_high", Money),
    Column("value_at_risk_90", Money),
    Column("drivers", String(200)),
    Index(None, "segment"),
    Index(None, "net_sales_12m", "customer_id"),
    Index(None, "silent_90", "customer_id"),
)

segment_history = Table(  # in which segment a customer was at the end of each quarter
    "segment_history",
    metadata,
    Column("segment_history_id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False),
    Column("as_of_on", Date, nullable=False),
    Column("segment", String(40), nullable=False),
    UniqueConstraint("customer_id", "as_of_on"),
)

rebuy_dues = Table(  # when a customer is expected to buy a product again; written by a refresh
    "rebuy_dues",
    metadata,
    Column("rebuy_due_id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False),
    Column("product_id", Id, ForeignKey("products.product_id"), nullable=False),
    Column("as_of_on", Date, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("last_ordered_on", Date, nullable=False),
    Column("usual_gap_days", Days, nullable=False),
    Column("expected_on", Date, nullable=False),
    Column("earliest_on", Date, nullable=False),
    Column("latest_on", Date, nullable=False),
    Column("probability_30", Rate, nullable=False),
    Column("suggested_quantity", Integer, nullable=False),
    Column("is_held_out", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("customer_id", "product_id"),
    Index(None, "expected_on", "rebuy_due_id"),
)

stock_plans = Table(  # when to order how much of each stock, and why; written by a refresh
    "stock_plans",
    metadata,
    Column("stock_id", Id, ForeignKey("stock.stock_id"), primary_key=True, autoincrement=False),
    Column("as_of_on", Date, nullable=False),
    Column("daily_demand", Expected, nullable=False),
    Column("deviation", Expected, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("demand_source", String(20), nullable=False),
    Column("season", Expected, nullable=False),
    Column("seen_days", Integer, nullable=False),
    Column("empty_days", Integer, nullable=False),
    Column("large_days", Integer, nullable=False),
    Column("yearly_units", Integer, nullable=False),
    Column("lead_time_mean", Days, nullable=False),
    Column("lead_time_deviation", Days, nullable=False),
    Column("lead_time_source", String(20), nullable=False),
    Column("receipts", Integer, nullable=False),
    Column("abc", String(1), nullable=False),
    Column("xyz", String(1), nullable=False),
    Column("variation", Expected, nullable=False),
    Column("value_share", Rate, nullable=False),
    Column("service", Rate, nullable=False),
    Column("lead_time_demand", Expected, nullable=False),
    Column("undershoot", Expected, nullable=False),
    Column("safety_stock", Expected, nullable=False),
    Column("reorder_point", Integer, nullable=False),
    Column("order_quantity", Integer, nullable=False),
    Column("opening_units", Integer),
    Column("last_shipped_on", Date),
    Column("aged_30", Integer),
    Column("aged_90", Integer),
    Column("aged_180", Integer),
    Column("lead_time_grid", Text, nullable=False),
    Column("weeks_grid", Text, nullable=False),
    Column("lead_times", Text, nullable=False),
    Column("history", Text, nullable=False),
)

offers = Table(  # what to offer a customer, and why; written by a refresh
    "offers",
    metadata,
    Column("offer_id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False),
    Column("product_id", Id, ForeignKey("products.product_id"), nullable=False),
    Column("as_of_on", Date, nullable=False),
    Column("kind", String(10), nullable=False),  # again, new
    Column("rank", SmallInteger, nullable=False),
    Column("score", Expected, nullable=False),
    Column("method", String(20), nullable=False),  # blend, popular
    Column("reason", String(30), nullable=False),
    Column("source_product_id", Id, ForeignKey("products.product_id")),
    Column("own_count", Integer),
    Column("own_base", Integer),
    Column("shared_count", Integer),
    Column("shared_base", Integer),
    Column("shared_rate", Rate),  # about so much
    Column("orders_since", Integer),
    UniqueConstraint("customer_id", "product_id"),
    CheckConstraint("kind in ('again', 'new')", name="kind_known"),
    Index(None, "product_id", "score"),
)

offer_lists = Table(  # what each method alone would offer a customer; written by a refresh
    "offer_lists",
    metadata,
    Column(
        "customer_id", Id, ForeignKey("customers.customer_id"), primary_key=True,
        autoincrement=False,
    ),
    Column("as_of_on", Date, nullable=False),
    Column("order_count", Integer, nullable=False),
    Column("late_orders", Integer, nullable=False),
    Column("products", Text, nullable=False),
    Column("entries", Text, nullable=False),
    Column("counts", Text, nullable=False),
)  # fmt: skip

product_pairs = Table(  # what is bought together more often than by chance; written by a refresh
    "product_pairs",
    metadata,
    Column("product_pair_id", Id, primary_key=True),
    Column("product_id", Id, ForeignKey("products.product_id"), nullable=False),
    Column("other_product_id", Id, ForeignKey("products.product_id"), nullable=False),
    Column("as_of_on", Date, nullable=False),
    Column("together", Integer, nullable=False),
    Column("product_orders", Integer, nullable=False),
    Column("other_orders", Integer, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("shared_rate", Rate),  # of the orders with the product, about
    Column("lift", Expected, nullable=False),
    Column("lift_low", Expected, nullable=False),
    Column("lift_high", Expected, nullable=False),
    Column("q_value", Rate, nullable=False),
    UniqueConstraint("product_id", "other_product_id"),
    Index(None, "lift_low", "product_pair_id"),
)

offer_evaluations = Table(  # how good offers are on orders not learnt from; written by a refresh
    "offer_evaluations",
    metadata,
    Column("offer_evaluation_id", Id, primary_key=True),
    Column("as_of_on", Date, nullable=False),
    Column("protocol", String(20), nullable=False),
    Column("task", String(10), nullable=False),  # all, again, new
    Column("method", String(20), nullable=False),
    Column("measure", String(20), nullable=False),
    Column("list_length", Integer, nullable=False),
    Column("customers", Integer, nullable=False),
    Column("value", Expected, nullable=False),
    Column("low", Expected),
    Column("high", Expected),
    Column("gain", Expected),
    Column("gain_low", Expected),
    Column("gain_high", Expected),
    UniqueConstraint("protocol", "task", "method", "measure"),
)

reminders = Table(  # what was done, or not, about a customer whom a list named
    "reminders",
    metadata,
    Column("reminder_id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False, index=True),
    Column("product_id", Id, ForeignKey("products.product_id")),
    Column("cause", String(20), nullable=False),  # silent, rebuy, offer, care
    Column("action", String(40), nullable=False),
    Column("state", String(20), nullable=False),  # done, dismissed
    Column("is_held_out", Boolean, nullable=False, server_default=false()),
    Column("user_id", Id, ForeignKey("users.user_id")),
    Column("note", String(300)),
    Column("due_on", Date),
    Column("recorded_at", Moment, nullable=False),
)

allocations = Table(  # units of a stock that are set aside for a line of an open order
    "allocations",
    metadata,
    Column("allocation_id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("line_id", Id, ForeignKey("order_lines.line_id"), nullable=False, unique=True),
    Column("quantity", Integer, nullable=False),
    Column("promised_weight", SmallInteger, nullable=False),  # what counted how much, 0 to 100
    Column("margin_weight", SmallInteger, nullable=False),
    Column("value_weight", SmallInteger, nullable=False),
    Column("user_id", Id, ForeignKey("users.user_id")),
    Column("allocated_at", Moment, nullable=False),
    Column("request_id", String(64), nullable=False),  # of the edit, which is undone by it
)

calls = Table(  # whom a rep is to call in a week, as the list was made; written by a refresh
    "calls",
    metadata,
    Column("call_id", Id, primary_key=True),
    Column("week_on", Date, nullable=False),  # its Monday
    Column("as_of_on", Date, nullable=False),  # the last day that the list knows
    Column("employee_id", Id, ForeignKey("employees.employee_id"), nullable=False),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False, index=True),
    Column("rank", Integer, nullable=False),  # in the rep's week, from 1
    Column("currency", String(3), nullable=False),
    Column("expected_value", Money, nullable=False),
    Column("experiment", String(40), nullable=False),
    Column("is_held_out", Boolean, nullable=False, server_default=false()),
    Index(None, "week_on", "customer_id"),
)

call_reasons = Table(  # why a customer is on the list of a week, with the numbers of then
    "call_reasons",
    metadata,
    Column("call_reason_id", Id, primary_key=True),
    Column("week_on", Date, nullable=False),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False, index=True),
    Column("cause", String(20), nullable=False),  # silent, rebuy, again, new
    Column("product_id", Id, ForeignKey("products.product_id")),  # to be offered
    Column("probability", Rate, nullable=False),
    Column("value", Money, nullable=False),
    Column("expected_value", Money, nullable=False),  # probability × value
    Column("quantity", Integer),
    Column("orders", Integer),
    Column("last_ordered_on", Date),
    Column("usual_gap_days", Days),
    Column("expected_on", Date),
    Column("counted", Integer),
    Column("counted_of", Integer),
    Column("source_product_id", Id, ForeignKey("products.product_id")),
    Column("taken_rate", Rate),
    Index(None, "week_on", "customer_id"),
)

call_marks = Table(  # what came of a call
    "call_marks",
    metadata,
    Column("call_mark_id", Id, primary_key=True),
    Column("week_on", Date, nullable=False),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False),
    Column("product_id", Id, ForeignKey("products.product_id")),  # NULL: all the line was about
    Column("mark", String(20), nullable=False),
    Column("note", String(300)),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("marked_at", Moment, nullable=False),
    CheckConstraint("mark in ('called', 'bought', 'not_interested', 'wrong')", name="mark_known"),
    Index(None, "customer_id", "week_on"),
)

call_capacities = Table(  # how many calls a rep can make in a week; without a row the usual number
    "call_capacities",
    metadata,
    Column("call_capacity_id", Id, primary_key=True),
    Column("employee_id", Id, ForeignKey("employees.employee_id"), nullable=False, unique=True),
    Column("calls_a_week", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("calls_a_week >= 0", name="calls_a_week_counted"),
)

campaign_trials = Table(  # a campaign of which some customers are held out, to see what it brings
    "campaign_trials",
    metadata,
    Column("campaign_trial_id", Id, primary_key=True),
    Column("campaign_id", Id, ForeignKey("campaigns.campaign_id"), nullable=False, unique=True),
    Column("definition", Text, nullable=False),  # of the segment, as of saved_segments
    Column("held_out_rate", Rate, nullable=False),
    Column("within_days", Integer, nullable=False),  # in which an order counts
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("held_out_rate > 0 and held_out_rate < 1", name="held_out_rate_is_share"),
    CheckConstraint("within_days > 0", name="within_days_counted"),
)

campaign_customers = Table(  # who takes part in a trial, and who was held out of the campaign
    "campaign_customers",
    metadata,
    Column("campaign_customer_id", Id, primary_key=True),
    Column(
        "campaign_trial_id", Id, ForeignKey("campaign_trials.campaign_trial_id"), nullable=False
    ),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False, index=True),
    Column("is_held_out", Boolean, nullable=False, server_default=false()),
    Column("assigned_on", Date, nullable=False),
    Index(None, "campaign_trial_id", "customer_id"),
)

messages = Table(  # what an edit wrote to a customer or a colleague; `send` takes it out
    "messages",
    metadata,
    Column("message_id", Id, primary_key=True),
    Column("cause", String(80), nullable=False, unique=True),  # what led to it, once
    Column("kind", String(20), nullable=False),  # see letters.KINDS
    Column("channel", String(10), nullable=False, server_default="mail"),
    Column("customer_id", Id, ForeignKey("customers.customer_id")),
    Column("order_id", Id, ForeignKey("orders.order_id"), index=True),
    Column("employee_id", Id, ForeignKey("employees.employee_id")),  # whose task it is
    Column("user_id", Id, ForeignKey("users.user_id")),  # whom it tells of warnings
    Column("rights", Text),  # those of that person when it was written: `Scope.key`
    Column("email", String(254)),  # NULL: it goes to the webhook
    Column("language", String(10), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Moment),
    Column("last_error", String(300)),
    Column("sent_at", Moment),
    CheckConstraint("state in ('waiting', 'sent', 'failed', 'withdrawn')", name="state_known"),
    CheckConstraint("channel in ('mail', 'webhook')", name="channel_known"),
    CheckConstraint("customer_id is not null or user_id is not null", name="about_somebody"),
    Index(None, "customer_id", "made_at"),
    Index(
        "ix_messages_waiting",
        "next_try_at",
        "message_id",
        sqlite_where=text("state in ('waiting', 'failed')"),
        postgresql_where=text("state in ('waiting', 'failed')"),
    ),
)

alerts = Table(  # a warning: from when its cause was first seen until it is gone
    "alerts",
    metadata,
    Column("alert_id", Id, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("cause", String(80), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("product_id", Id, ForeignKey("products.product_id"), index=True),
    Column("warehouse_id", Id, ForeignKey("warehouses.warehouse_id")),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_on", Date, nullable=False),
    Column("ended_at", Moment),
    Column("facts", Text, nullable=False),  # JSON: numbers, put into words where they are shown
    Column("demand_facts", Text),  # JSON: those that tell what everybody orders
    CheckConstraint(
        "kind in ('short_order', 'out_of_stock', 'runs_out', 'reorder', 'unusual_day')",
        name="kind_known",
    ),
    CheckConstraint("severity in ('high', 'medium', 'low')", name="severity_known"),
    Index(
        "uq_alerts_open_cause",
        "cause",
        unique=True,
        sqlite_where=text("ended_at is null"),
        postgresql_where=text("ended_at is null"),
    ),
)

alert_orders = Table(  # the orders that wait for the stock a warning is about
    "alert_orders",
    metadata,
    Column("alert_order_id", Id, primary_key=True),
    Column("alert_id", Id, ForeignKey("alerts.alert_id"), nullable=False),
    Column("order_id", Id, ForeignKey("orders.order_id"), nullable=False, index=True),
    Column("quantity", Integer, nullable=False),
    Column("lacking", Integer, nullable=False),  # units of it that are not there
    UniqueConstraint("alert_id", "order_id"),
)

alert_answers = Table(  # who is on it, and who does not want to be reminded until when
    "alert_answers",
    metadata,
    Column("alert_answer_id", Id, primary_key=True),
    Column("alert_id", Id, ForeignKey("alerts.alert_id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("author", String(300), nullable=False),
    Column("note", Text),
    Column("until_on", Date),  # of a snooze: the day on which it is shown again
    Column("made_at", Moment, nullable=False),
    CheckConstraint("kind in ('acknowledged', 'snoozed')", name="kind_known"),
    CheckConstraint("(kind = 'snoozed') = (until_on is not null)", name="until_of_a_snooze"),
    Index(
        "uq_alert_answers_acknowledged",
        "alert_id",
        unique=True,
        sqlite_where=text("kind = 'acknowledged'"),
        postgresql_where=text("kind = 'acknowledged'"),
    ),
    Index(
        "uq_alert_answers_snoozed",
        "alert_id",
        "user_id",
        unique=True,
        sqlite_where=text("kind = 'snoozed'"),
        postgresql_where=text("kind = 'snoozed'"),
    ),
)

alert_settings = Table(  # what a person wants to be told of, and how
    "alert_settings",
    metadata,
    Column("user_id", Id, ForeignKey("users.user_id"), primary_key=True, autoincrement=False),
    Column("digest", String(10), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("unusual_days", Boolean, nullable=False),
    Column("changed_at", Moment, nullable=False),
    CheckConstraint("digest in ('none', 'daily', 'at_once')", name="digest_known"),
    CheckConstraint("channel in ('mail', 'webhook')", name="channel_known"),
)

alert_tellings = Table(  # which message told whom of which warning: each is told once
    "alert_tellings",
    metadata,
    Column("alert_telling_id", Id, primary_key=True),
    Column("alert_id", Id, ForeignKey("alerts.alert_id"), nullable=False),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("message_id", Id, ForeignKey("messages.message_id"), nullable=False, index=True),
    UniqueConstraint("alert_id", "user_id"),
)

saved_segments = Table(  # a choice of customers under a name; who is in it is asked anew each time
    "saved_segments",
    metadata,
    Column("saved_segment_id", Id, primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("definition", Text, nullable=False),  # JSON
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

calendar_events = Table(  # what forecasts know beforehand, as far as it does not follow from a rule
    "calendar_events",
    metadata,
    Column("calendar_event_id", Id, primary_key=True),
    *_names(),
    Column("kind", String(20), nullable=False),
    Column("first_on", Date),
    Column("last_on", Date),
    Column("stands_for", String(200), unique=True),  # the built-in event that it changes
    Column("is_off", Boolean, nullable=False, server_default=false()),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint(
        "kind in ('holiday', 'workday', 'shopping', 'promotion', 'other')", name="kind_known"
    ),
    Index(None, "first_on"),
)

scenarios = Table(  # a what-if saved under a name, with the numbers that it had then
    "scenarios",
    metadata,
    Column("scenario_id", Id, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("note", String(1000)),
    Column("decision", String(20), nullable=False, server_default="open"),
    Column("definition", Text, nullable=False),  # JSON: what is asked about, levers, seed
    Column("result", Text, nullable=False),  # JSON
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("learnt_version", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("decision in ('open', 'adopted', 'rejected')", name="decision_known"),
)

scenario_shares = Table(  # who else may open a scenario: a role, or a person
    "scenario_shares",
    metadata,
    Column("scenario_share_id", Id, primary_key=True),
    Column("scenario_id", Id, ForeignKey("scenarios.scenario_id"), nullable=False, index=True),
    Column("role", String(20)),
    Column("user_id", Id, ForeignKey("users.user_id"), index=True),
)

anomaly_notes = Table(  # what somebody found out about a day of unusual sales
    "anomaly_notes",
    metadata,
    Column("anomaly_note_id", Id, primary_key=True),
    Column("day_on", Date, nullable=False, index=True),
    Column("currency", String(3), nullable=False),
    Column("about", String(300), nullable=False),  # which orders the author looked at; empty: all
    Column("is_of_all", Boolean, nullable=False),  # the author sees the orders of everybody
    Column("employee_id", Id, ForeignKey("employees.employee_id")),  # who the author is
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("author", String(300), nullable=False),
    Column("note", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
)

customer_merges = Table(  # customers that became part of another one, with what brings them back
    "customer_merges",
    metadata,
    Column("merge_id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.customer_id"), nullable=False, index=True),
    Column("merged_id", Id, nullable=False),  # who is gone
    Column("merged_name", String(300), nullable=False),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("merged_at", Moment, nullable=False),
    Column("unmerged_at", Moment),
    Column("record", Text, nullable=False),  # JSON, with the personal data of both
)

completeness = Table(  # how much of the customers of an owner is filled in, day by day
    "completeness",
    metadata,
    Column("completeness_id", Id, primary_key=True),
    Column("measured_on", Date, nullable=False),
    Column("employee_id", Id, ForeignKey("employees.employee_id")),  # NULL: of nobody
    Column("region_id", Id, ForeignKey("regions.region_id")),  # of the owner
    Column("customers", Integer, nullable=False),
    Column("fields", Integer, nullable=False),  # of all of them that are looked at
    Column("filled", Integer, nullable=False),
    UniqueConstraint("measured_on", "employee_id"),
)


def _series() -> tuple[Column[Any], ...]:
    """Which series a forecast is of: a measure, in days, weeks or months, of the company or of a
    region (NULL: of no region), in total or one part of a split; the part whose column is NULL is
    what belongs to none."""
    return (
        Column("measure", String(20), nullable=False),
        Column("grain", String(10), nullable=False),
        Column("level", String(10), nullable=False),
        Column("region_id", Id, ForeignKey("regions.region_id")),
        Column("split", String(20), nullable=False),
        *_part(),
    )


def _part() -> tuple[Column[Any], ...]:
    return (
        Column("channel", String(40)),
        Column("category_id", Id, ForeignKey("categories.category_id")),
        Column("product_id", Id, ForeignKey("products.product_id")),
        Column("segment", String(40)),
    )


def _bounds() -> tuple[Column[Any], ...]:
    return tuple(
        Column(name, Money, nullable=False) for name in ("low_80", "high_80", "low_95", "high_95")
    )


forecasts = Table(  # what each series is expected to do next; written by a refresh
    "forecasts",
    metadata,
    Column("forecast_id", Id, primary_key=True),
    Column("refresh_id", Id, ForeignKey("refreshes.refresh_id"), nullable=False),
    *_series(),
    Column("currency", String(3), nullable=False),
    Column("first_on", Date),  # of the history; NULL: there is none
    Column("origin_on", Date, nullable=False),  # the last day that was learnt from
    Column("member", String(40), nullable=False),  # the model that was chosen
    Column("accuracy", Text, nullable=False),  # JSON, of the chosen and of the naive model
    Column("notes", Text, nullable=False),  # JSON
    Column("shared_error", Rate, nullable=False),  # correlation of the regions' errors
    CheckConstraint("measure in ('orders', 'units', 'net_sales', 'margin')", name="measure_known"),
    CheckConstraint("grain in ('day', 'week', 'month')", name="grain_known"),
    CheckConstraint("level in ('company', 'region')", name="level_known"),
    Index(None, "measure", "grain", "split", "level", "region_id"),
    Index(None, "product_id", "measure", "grain"),
)

forecast_values = Table(  # period by period
    "forecast_values",
    metadata,
    Column("forecast_id", Id, ForeignKey("forecasts.forecast_id"), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),  # 1: the first after the origin
    Column("period_on", Date, nullable=False),  # the day, the Monday, the first of the month
    Column("naive", Money, nullable=False),
    Column("value", Money, nullable=False),
    *_bounds(),
)

forecast_backtests = Table(  # how each model did from past origins
    "forecast_backtests",
    metadata,
    Column("forecast_backtest_id", Id, primary_key=True),
    Column("forecast_id", Id, ForeignKey("forecasts.forecast_id"), nullable=False, index=True),
    Column("member", String(40), nullable=False),
    Column("first_step", Integer, nullable=False),
    Column("last_step", Integer, nullable=False),
    Column("origins", Integer, nullable=False),
    Column("wape", Expected),
    Column("mase", Expected),
    Column("smape", Expected),
    Column("bias", Expected),
    Column("coverage_80", Rate),
    Column("coverage_95", Rate),
    Column("is_worse_than_naive", Boolean, nullable=False),
)

forecast_components = Table(  # what a total is made of: trend, seasons, events
    "forecast_components",
    metadata,
    Column("forecast_component_id", Id, primary_key=True),
    Column("forecast_id", Id, ForeignKey("forecasts.forecast_id"), nullable=False, index=True),
    Column("period_on", Date, nullable=False),
    Column("name", String(60), nullable=False),
    Column("value", Money, nullable=False),
)

forecast_drafts = Table(  # what a refresh has worked out of one series, by all that it rests on
    "forecast_drafts",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("refresh_id", Id, nullable=False),  # the last that needed it
    Column("draft", Text, nullable=False),  # JSON
)

forecast_adjustments = Table(  # what people know that no history tells
    "forecast_adjustments",
    metadata,
    Column("adjustment_id", Id, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("reason", String(300), nullable=False),
    Column("measure", String(20), nullable=False),
    Column("level", String(10), nullable=False),
    Column("region_id", Id, ForeignKey("regions.region_id")),
    Column("split", String(20), nullable=False),
    *_part(),
    Column("start_on", Date, nullable=False),
    Column("end_on", Date, nullable=False),
    Column("change_rate", Rate),  # of the baseline; or
    Column("amount", Money),  # of the whole span
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("author", String(300), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("start_on <= end_on", name="start_before_end"),
    CheckConstraint("(change_rate is null) <> (amount is null)", name="one_size"),
)

published_forecasts = Table(  # the ledger: what was said, for ever
    "published_forecasts",
    metadata,
    Column("published_forecast_id", Id, primary_key=True),
    *_series(),
    Column("currency", String(3), nullable=False),
    Column("origin_on", Date, nullable=False),
    Column("member", String(40), nullable=False),
    Column("data_version", Id, nullable=False),
    Column("inputs", Text, nullable=False),  # JSON
    Column("adjustments", Text, nullable=False),  # JSON, as they stood
    Column("note", String(300)),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("author", String(300), nullable=False),
    Column("published_at", Moment, nullable=False),
    Index(None, "published_at", "published_forecast_id"),
)

published_forecast_values = Table(
    "published_forecast_values",
    metadata,
    Column(
        "published_forecast_id",
        Id,
        ForeignKey("published_forecasts.published_forecast_id"),
        primary_key=True,
    ),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("period_on", Date, nullable=False),
    Column("naive", Money, nullable=False),
    Column("value", Money, nullable=False),
    Column("adjusted", Money, nullable=False),
    *_bounds(),
)

what_if_learnt = Table(  # what price, promotions and spend did; written by a refresh
    "what_if_learnt",
    metadata,
    Column("what_if_learnt_id", Id, primary_key=True),
    Column("rights", String(400), nullable=False),  # whose sales it was learnt from
    Column("currency", String(3), nullable=False),
    Column("end_on", Date, nullable=False),  # the Monday after the last week that was learnt from
    Column("data_version", Id, nullable=False),
    Column("orders", Integer, nullable=False),  # that were learnt from
    Column("learnt", Text, nullable=False),  # JSON
    UniqueConstraint("rights", "currency"),
)

edit_requests = Table(  # each request is carried out once; asked again, it is answered again
    "edit_requests",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("users.user_id"), nullable=False),
    Column("action", String(80), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Text, nullable=False),  # JSON
    Column("happened_at", Moment, nullable=False),
)

audit = Table(  # append-only and hash-chained, written by triggers; see audit_chain.py
    "audit",
    metadata,
    Column("audit_id", Id, primary_key=True),
    Column("happened_at", Moment, nullable=False),
    Column("user_id", Id, ForeignKey("users.user_id")),
    Column("actor", String(80), nullable=False),
    Column("actor_name", String(300)),  # as it was then
    Column("action", String(80), nullable=False),
    Column("table_name", String(60), nullable=False),
    Column("row_id", Id),
    Column("order_id", Id),  # the order that the row belongs to
    Column("reason", String(300)),
    Column("before", Text),  # JSON
    Column("after", Text),  # JSON
    Column("request_id", String(64)),
    Column("undoes", String(64)),  # the request that this one undoes
    Column("previous_hash", String(64), nullable=False, server_default=""),
    Column("hash", String(64), nullable=False, server_default=""),
    Index(None, "table_name", "row_id"),
    Index(None, "order_id", "audit_id"),
    Index(None, "request_id"),
    Index(None, "undoes"),
    Index(None, "actor", "audit_id"),
    Index(None, "happened_at"),
)

sealed_values = Table(  # personal values that the log has the digests of; see sealing.py
    "sealed_values",
    metadata,
    Column("sealed_value_id", Id, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("table_name", String(60), nullable=False),
    Column("row_id", Id),
    Column("field", String(60), nullable=False),
    Column("customer_id", Id),  # whose it was when it was sealed
    Column("salt", String(32), nullable=False),
    Column("value", Text, nullable=False),
    Index(None, "table_name", "row_id"),
    Index(None, "customer_id"),
)

erasures = Table(  # people who were erased: again after a restore, and never imported anew
    "erasures",
    metadata,
    Column("erasure_id", Id, primary_key=True),
    Column("customer_id", Id, nullable=False, unique=True),
    Column("erased_at", Moment, nullable=False),
    Column("erased_by", String(80), nullable=False),
)

changes = Table(  # the change sequence: gap-free, written by triggers
    "changes",
    metadata,
    Column("change_id", Id, primary_key=True, autoincrement=False),
    Column("table_name", String(60), nullable=False),  # "*": anything may have changed
    Column("row_id", Id),
)

data_version = Table(  # one row; `version` is the last change_id
    "data_version",
    metadata,
    Column("data_version_id", Id, primary_key=True),
    Column("version", Id, nullable=False, server_default="0"),
    Column("is_bulk", Boolean, nullable=False, server_default=false()),
)

properties = Table(  # facts about this database: its identity, time zone, currency, demo or not
    "properties",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)

imported_rows = Table(
    "imported_rows",
    metadata,
    Column("imported_row_id", Id, primary_key=True),
    Column("source", String(120), nullable=False),
    Column("table_name", String(60), nullable=False),
    Column("source_id", String(200), nullable=False),
    Column("row_id", Id, nullable=False),
    Column("row_hash", String(64), nullable=False),
    UniqueConstraint("source", "table_name", "source_id"),
)

# Tables whose rows are business data: followed by the change sequence, copied for analytics.
BUSINESS_TABLES: tuple[Table, ...] = (
    regions, channels, employees, customers, contacts, suppliers, categories, products, warehouses,
    stock, replenishments, campaigns, orders, order_lines, payments, shipments, returns,
    stock_movements, feedback, interactions, targets, opportunities, customer_scores,
    segment_history, rebuy_dues, stock_plans, reminders, allocations, call_marks,
)  # fmt: skip

# What a refresh works out of the others: written whole, never edited or imported.
RESULT_TABLES = (customer_scores, segment_history, rebuy_dues, stock_plans)
# Of these, all that is of one customer; a merge removes it.
RESULTS_OF_CUSTOMERS = (customer_scores, segment_history, rebuy_dues, offers, offer_lists)

# What other sessions must notice too, but no sum is made of.
FOLLOWED_TABLES = (
    *BUSINESS_TABLES, comments, mentions, stage_rules, discount_limits, saved_segments, scenarios,
    scenario_shares, refreshes, consents, customer_merges, completeness, messages,
    forecast_adjustments, published_forecasts, calendar_events, anomaly_notes, alerts,
    alert_orders, alert_answers, call_capacities, campaign_trials,
)  # fmt: skip

# Each change of a row of these is in `audit`.
AUDITED_TABLES: tuple[Table, ...] = (
    orders, order_lines, payments, stock, stock_movements, shipments, returns, replenishments,
    comments, stage_rules, discount_limits, reminders, saved_segments, scenarios, scenario_shares,
    customers, contacts, interactions, consents, messages, forecast_adjustments,
    published_forecasts, calendar_events, anomaly_notes, allocations, alert_answers,
    call_marks, call_capacities, campaign_trials,
)  # fmt: skip
