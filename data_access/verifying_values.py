"""Verifies the personal values that the log has the digests of: each that is still there must fit,
and each that is gone must be of a person whose erasure the log tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from data_access.sealing import PERSONAL, digest_in, digest_of, digests_of_text
from data_access.tables import sealed_values
from data_access.tampering import Tampered

NameOf = Callable[[str, int | None], str]


class Values:
    """The values that are there, and those that the log so far lacks."""

    def __init__(self, connection: Connection, name_of: NameOf) -> None:
        self._name_of = name_of
        self._kept = self._read(connection)
        self._gone: dict[tuple[str, int | str], int] = {}  # row, or request → first row of the log
        self.erased = 0

    def _read(self, connection: Connection) -> set[bytes]:
        kept: set[bytes] = set()
        statement = select(sealed_values).execution_options(yield_per=2_000)
        for row in connection.execute(statement):
            if digest_of(row.salt, row.value) != row.digest:
                name = self._name_of(row.table_name, row.row_id)
                raise Tampered(
                    "value", table=row.table_name, row_id=row.row_id, name=name, field=row.field
                )
            kept.add(bytes.fromhex(row.digest))
        return kept

    def look_for(self, row: RowMapping) -> None:
        """Notes where a value of this row of the log is gone."""
        reason = digest_in(row["reason"])
        if row["table_name"] in PERSONAL:
            digests = digests_of_text(f"{row['before']} {row['after']}")
            if any(bytes.fromhex(digest) not in self._kept for digest in digests):
                self._gone.setdefault((row["table_name"], row["row_id"]), row["audit_id"])
        if reason and bytes.fromhex(reason) not in self._kept:
            self._gone.setdefault(("audit", row["request_id"]), row["audit_id"])

    def note_erasure(self, told: Mapping[str, Any]) -> None:
        for table_name, ids in told["erased"].items():
            for row_id in ids:
                self.erased += self._gone.pop((table_name, row_id), None) is not None

    def check(self) -> None:
        """Raises for the first value that is gone without an erasure."""
        for (table_name, row_id), audit_id in self._gone.items():
            known = row_id if isinstance(row_id, int) else None
            name = self._name_of(table_name, known) if known else table_name
            raise Tampered(
                "value_gone", table=table_name, row_id=known, audit_id=audit_id, name=name
            )
