"""Personal values in the log as digests; customers, contacts, interactions and consents logged"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment
from data_access.migrations.logging_triggers import follow_rows, log_rows
from data_access.sealing import MARK, PERSONAL, digest_of

revision = "0006"
down_revision = "0005"

NEWLY_LOGGED = (
    ("customers", "customer_id"),
    ("contacts", "contact_id"),
    ("interactions", "interaction_id"),
    ("consents", "consent_id"),
)
LOGGED_BEFORE = (
    ("orders", "order_id"),
    ("payments", "payment_id"),
    ("shipments", "shipment_id"),
    ("returns", "return_id"),
    ("stock_movements", "movement_id"),
    ("comments", "comment_id"),
    ("reminders", "reminder_id"),
)
HASHED = ("audit_id", "happened_at", "user_id", "actor", "actor_name", "action", "table_name",
          "row_id", "order_id", "reason", "before", "after", "request_id", "undoes")  # fmt: skip
CHUNK = 2_000


def upgrade() -> None:
    _create_tables()
    _let_consents_join()
    if op.get_bind().dialect.name == "postgresql":
        _seal_on_postgresql()
    follow_rows("consents", "consent_id")
    with _log_open():
        told = _seal_earlier_rows()
    for table, key in (*LOGGED_BEFORE, *NEWLY_LOGGED):
        columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
        log_rows(table, key, columns)
    _tell(told)


def _create_tables() -> None:
    op.create_table(
        "consents",
        sa.Column("consent_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("text_version", sa.String(length=60), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("user_id", Id, nullable=True),
        sa.Column("recorded_by", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.CheckConstraint(
            "state in ('granted', 'refused', 'withdrawn')", name=op.f("ck_consents_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_consents_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_consents_user_id_users")
        ),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_consents")),
    )
    op.create_index(
        op.f("ix_consents_customer_id_consent_id"), "consents", ["customer_id", "consent_id"]
    )
    op.create_table(
        "sealed_values",
        sa.Column("sealed_value_id", Id, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("row_id", Id, nullable=True),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sealed_value_id", name=op.f("pk_sealed_values")),
        sa.UniqueConstraint("digest", name=op.f("uq_sealed_values_digest")),
    )
    op.create_index(
        op.f("ix_sealed_values_table_name_row_id"), "sealed_values", ["table_name", "row_id"]
    )
    op.create_index(op.f("ix_sealed_values_customer_id"), "sealed_values", ["customer_id"])
    op.create_table(
        "erasures",
        sa.Column("erasure_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("erased_at", Moment, nullable=False),
        sa.Column("erased_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("erasure_id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_erasures_customer_id")),
    )


def _let_consents_join() -> None:
    """What is known of each customer's consent begins its history."""
    connection = op.get_bind()
    now = datetime.now(UTC).replace(tzinfo=None)
    customers = sa.table("customers", *map(sa.column, ("customer_id", "consent")),
                         sa.column("consent_on", sa.Date()), sa.column("consent_purpose"),
                         sa.column("created_at", Moment))  # fmt: skip
    consents = sa.table("consents", *map(sa.column, ("customer_id", "state", "purpose",
                        "decided_on", "recorded_by", "recorded_at")))  # fmt: skip
    known = sa.select(
        customers.c.customer_id,
        customers.c.consent,
        sa.func.coalesce(customers.c.consent_purpose, ""),
        customers.c.consent_on,
        sa.literal("system"),
        sa.literal(now, Moment),
    ).where(customers.c.consent != "unknown", customers.c.consent_on.is_not(None))
    names = [column.name for column in consents.columns]
    connection.execute(consents.insert().from_select(names, known))


@contextmanager
def _log_open() -> Iterator[None]:
    """The log is append-only; this once its rows are written anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE audit DISABLE TRIGGER audit_kept")
        yield
        op.execute("ALTER TABLE audit ENABLE TRIGGER audit_kept")
        return
    found = sa.text("SELECT sql FROM sqlite_master WHERE name = 'audit_not_changed'")
    trigger = str(op.get_bind().scalar(found))
    op.execute("DROP TRIGGER audit_not_changed")
    yield
    op.execute(trigger)


def _seal_earlier_rows() -> dict[str, Any]:
    """Writes each row of the log anew, with digests for personal values and the hash that follows.
    Tells the head that the log had, and the first row that did not follow then."""
    connection, sealing = op.get_bind(), _Sealing()
    is_postgresql = connection.dialect.name == "postgresql"
    moment = "to_char(happened_at, 'YYYY-MM-DD HH24:MI:SS.US')" if is_postgresql else "happened_at"
    fields = ", ".join(moment + " AS happened_at" if n == "happened_at" else n for n in HASHED)
    earlier, previous, broken, last_id = "", "", None, 0
    while True:
        rows = connection.execute(
            sa.text(
                f"SELECT {fields}, previous_hash, hash FROM audit WHERE audit_id > {last_id}"
                f" ORDER BY audit_id LIMIT {CHUNK}"
            )
        ).mappings().all()  # fmt: skip
        if not rows:
            break
        anew = []
        for row in rows:
            fits = row["previous_hash"] == earlier and _hash(earlier, row) == row["hash"]
            if broken is None and not fits:
                broken = row["audit_id"]
            sealed = {**row, **sealing.images_of(row)}
            found = _hash(previous, sealed)
            anew.append({"id": row["audit_id"], "previous_hash": previous, "hash": found,
                         **{name: sealed[name] for name in ("before", "after", "reason")}})  # fmt: skip
            earlier, previous, last_id = row["hash"], found, row["audit_id"]
        sealing.write(connection)
        connection.execute(
            sa.text(
                'UPDATE audit SET "before" = :before, "after" = :after, reason = :reason,'
                " previous_hash = :previous_hash, hash = :hash WHERE audit_id = :id"
            ),
            anew,
        )
    return {"sealed": {"rows": last_id, "head": earlier, "broken_at": broken}}


class _Sealing:
    """Gives each value its salt and digest, the same for the same field of a row."""

    def __init__(self) -> None:
        self._digests: dict[tuple[Any, ...], str] = {}
        self._new: list[dict[str, Any]] = []

    def images_of(self, row: Any) -> dict[str, Any]:
        table, found = row["table_name"], {}
        if table in PERSONAL:
            found = {side: self._image(table, row["row_id"], row[side])
                     for side in ("before", "after") if row[side]}  # fmt: skip
        if row["reason"] and row["request_id"]:
            of = ("audit", None, "reason", row["request_id"])
            found["reason"] = self._sealed(of, row["reason"], None)
        return found

    def _image(self, table: str, row_id: int, text: str) -> str:
        try:
            image = json.loads(text, parse_float=Decimal)
        except ValueError:
            return text
        for name in PERSONAL[table]:
            value = image.get(name)
            if value is not None:
                of = (table, row_id, name)
                image[name] = self._sealed(of, str(value), self._customer_id(table, image))
        pairs = (f"{json.dumps(name)}:{_json(value)}" for name, value in image.items())
        return "{" + ",".join(pairs) + "}"

    def _customer_id(self, table: str, image: dict[str, Any]) -> int | None:
        if "customer_id" in image or "order_id" not in image:
            return image.get("customer_id")
        order = sa.text("SELECT customer_id FROM orders WHERE order_id = :id")
        return op.get_bind().scalar(order, {"id": image["order_id"]})

    def _sealed(self, of: tuple[Any, ...], value: str, customer_id: int | None) -> str:
        known = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if (*of, known) not in self._digests:
            salt = secrets.token_hex(16)
            digest = self._digests[*of, known] = digest_of(salt, value)
            table, row_id, field = of[:3]
            self._new.append({"table_name": table, "row_id": row_id, "field": field,
                              "customer_id": customer_id, "value": value, "salt": salt,
                              "digest": digest})  # fmt: skip
        return MARK + self._digests[*of, known]

    def write(self, connection: sa.Connection) -> None:
        if self._new:
            table = sa.table("sealed_values", *map(sa.column, self._new[0]))
            connection.execute(table.insert(), self._new)
            self._new = []


def _json(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _hash(previous: str, row: Any) -> str:
    texts = [previous, *(row[name] for name in HASHED)]
    said = "".join("~;" if t is None else f"{len(str(t))}:{t};" for t in texts)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _tell(told: dict[str, Any]) -> None:
    """One row says that the log was written anew, how it ended before, and what is there of the
    tables that are logged from now on."""
    connection = op.get_bind()
    held = {
        table: list(
            connection.execute(
                sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(sa.column(key)), 0))
                .select_from(sa.table(table))
            ).one()
        )
        for table, key in NEWLY_LOGGED
    }  # fmt: skip
    names = ("actor", "action", "table_name", "after")
    audit = sa.table("audit", sa.column("happened_at", Moment), *map(sa.column, names))
    connection.execute(
        audit.insert().values(
            happened_at=datetime.now(UTC).replace(tzinfo=None),
            actor="system",
            action="seal_log",
            table_name="*",
            after=json.dumps({"held": held, **told}),
        )
    )


def _seal_on_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION seal_image(
          of_table text, of_row bigint, of_customer bigint, image json, fields text[]
        ) RETURNS json LANGUAGE plpgsql AS $$
        DECLARE sealed json;
        BEGIN
          IF image IS NULL THEN RETURN NULL; END IF;
          INSERT INTO sealed_values
            (table_name, row_id, field, customer_id, value, salt, digest)
          SELECT of_table, of_row, found.field, of_customer, found.value, found.salt,
                 encode(sha256(convert_to(found.salt || found.value, 'UTF8')), 'hex')
          FROM (SELECT each AS field, image->>each AS value,
                       replace(gen_random_uuid()::text, '-', '') AS salt
                FROM unnest(fields) AS each OFFSET 0) AS found
          WHERE found.value IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM sealed_values AS held
            WHERE held.table_name = of_table AND held.row_id = of_row
              AND held.field = found.field AND held.value = found.value);
          SELECT json_object_agg(cell.key, CASE WHEN held.digest IS NULL THEN cell.value
                                           ELSE to_json('sealed:' || held.digest) END
                                 ORDER BY cell.place)
          INTO sealed
          FROM json_each(image) WITH ORDINALITY AS cell(key, value, place)
          LEFT JOIN sealed_values AS held
            ON held.table_name = of_table AND held.row_id = of_row AND held.field = cell.key
            AND held.value = image->>cell.key AND cell.key = ANY (fields);
          RETURN sealed;
        END $$
        """
    )
    op.execute(
        """
        CREATE OR REPLACE FUNCTION log_change() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          said jsonb := coalesce(nullif(current_setting('orderscope.audit', true), ''), '{}');
          before_image json; after_image json; image jsonb; of_row bigint; of_customer bigint;
        BEGIN
          IF (SELECT is_bulk FROM data_version) THEN RETURN NULL; END IF;
          IF TG_OP <> 'INSERT' THEN
            before_image := row_to_json(OLD); image := to_jsonb(OLD);
          END IF;
          IF TG_OP <> 'DELETE' THEN
            after_image := row_to_json(NEW); image := to_jsonb(NEW);
          END IF;
          IF before_image::text = after_image::text THEN RETURN NULL; END IF;
          of_row := (image->>TG_ARGV[0])::bigint;
          IF TG_NARGS > 1 THEN
            of_customer := (image->>'customer_id')::bigint;
            IF NOT image ? 'customer_id' THEN
              SELECT customer_id INTO of_customer FROM orders
              WHERE order_id = (image->>'order_id')::bigint;
            END IF;
            before_image := seal_image(TG_TABLE_NAME, of_row, of_customer, before_image,
                                       TG_ARGV[1:]);
            after_image := seal_image(TG_TABLE_NAME, of_row, of_customer, after_image,
                                      TG_ARGV[1:]);
          END IF;
          INSERT INTO audit (happened_at, user_id, actor, actor_name, action, table_name, row_id,
                             order_id, reason, before, after, request_id, undoes)
          VALUES (coalesce((said->>'happened_at')::timestamp, clock_timestamp() AT TIME ZONE 'UTC'),
                  (said->>'user_id')::bigint, coalesce(said->>'actor', 'system'),
                  said->>'actor_name', coalesce(said->>'action', lower(TG_OP)), TG_TABLE_NAME,
                  of_row, (image->>'order_id')::bigint,
                  said->>'reason', before_image::text, after_image::text,
                  said->>'request_id', said->>'undoes');
          RETURN NULL;
        END $$
        """
    )
