"""Personal values in the log: it holds only their digests, so that one person can be taken out.

A trigger writes a personal value, with a random salt, into `sealed_values`, and `sealed:DIGEST` in
its place into the log. The digest is SHA-256, in hexadecimal digits, over the UTF-8 of the salt
followed by the value. A value is sealed once for a field of a row, however often the log has it.
Without salt and value nobody can tell from a digest what it was: see docs/decisions/0011.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, insert, select

from data_access.tables import sealed_values

MARK = "sealed:"
_SEALED = re.compile(r"sealed:([0-9a-f]{64})")
CHUNK = 500

# table → columns that tell of a person, or that people write into as they like
PERSONAL: Mapping[str, tuple[str, ...]] = {
    "customers": (
        "name", "name_zh", "industry", "grade", "source", "phone", "email", "address", "city",
        "country", "born_on", "consent_purpose",
    ),
    "contacts": ("name", "position", "phone", "email"),
    "interactions": ("subject", "note"),
    "orders": ("ship_address", "note", "cancel_reason"),
    "payments": ("reference",),
    "shipments": ("tracking_number",),
    "returns": ("reason", "note"),
    "stock_movements": ("note",),
    "comments": ("text",),
    "reminders": ("note",),
    "consents": ("purpose", "text_version"),
    "messages": ("email", "subject", "body", "last_error"),
    "anomaly_notes": ("note",),
    "alert_answers": ("note",),
    "call_marks": ("note",),
}  # fmt: skip
REASON = ("audit", "reason")  # of an edit, in the words of who made it


def digest_of(salt: str, value: str) -> str:
    return hashlib.sha256((salt + value).encode("utf-8", "surrogatepass")).hexdigest()


def digest_in(value: Any) -> str | None:
    """The digest that stands for a value; None for anything else."""
    found = _SEALED.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None


def is_sealed(value: Any) -> bool:
    """Whether this is the digest of a value and not the value itself: it was erased, or has not
    been opened."""
    return digest_in(value) is not None


def digests_in(table_name: str, image: Mapping[str, Any]) -> list[str]:
    found = (digest_in(image.get(name)) for name in PERSONAL.get(table_name, ()))
    return [digest for digest in found if digest]


def digests_of_text(image: str) -> list[str]:
    """Of an image that has not been read; what a person types is in it as a digest only."""
    return _SEALED.findall(image)


def open_image(table_name: str, image: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The image with the values in place of their digests, as far as they are still there."""
    opened = {
        name: values.get(digest_in(image[name]) or "", image[name])
        for name in PERSONAL.get(table_name, ())
        if name in image
    }
    return {**image, **opened}


def values_of(connection: Connection, digests: Iterable[str]) -> dict[str, str]:
    """digest → value, of those that are still there."""
    wanted = sorted(set(digests))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        statement = select(sealed_values.c.digest, sealed_values.c.value).where(
            sealed_values.c.digest.in_(chunk)
        )
        found |= {row.digest: row.value for row in connection.execute(statement)}
    return found


def opener(
    connection: Connection, images: Iterable[tuple[str, str | None]]
) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    """Opens images of (table, JSON), whose values are looked up at once."""
    digests = {
        digest
        for table_name, image in images
        if table_name in PERSONAL and image
        for digest in digests_of_text(image)
    }
    values = values_of(connection, digests)
    return lambda table_name, image: open_image(table_name, image, values)


def seal(connection: Connection, table_name: str, field: str, value: str) -> str:
    """What stands for the value in the log; the value is kept beside it."""
    salt = secrets.token_hex(16)
    digest = digest_of(salt, value)
    connection.execute(
        insert(sealed_values).values(
            table_name=table_name, field=field, value=value, salt=salt, digest=digest
        )
    )
    return MARK + digest


def opened(sealed: ColumnElement[Any]) -> ColumnElement[Any]:
    """In SQL: the value for what stands sealed (NULL when erased), and all else as it is."""
    digest = func.substr(sealed, len(MARK) + 1)
    value = select(sealed_values.c.value).where(sealed_values.c.digest == digest)
    return case((sealed.like(f"{MARK}%"), value.scalar_subquery()), else_=sealed)


def teach_salts(connection: Any) -> None:
    """Gives a connection of SQLite's driver what the triggers make digests with. A salt follows
    from a key that only this connection knows, so that it is the same when asked twice."""
    key = secrets.token_bytes(32)

    def salt(*of: object) -> str:
        said = json.dumps(of, default=str).encode("utf-8", "surrogatepass")
        return hmac.digest(key, said, "sha256").hex()[:32]

    connection.create_function("audit_salt", -1, salt, deterministic=True)
    connection.create_function("audit_digest", 2, digest_of, deterministic=True)
