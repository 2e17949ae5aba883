"""Records that a list left the app: who took it, which, by what filter, and how many rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from data_access.audit_chain import record
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.scope import Scope

EXPORTS = "exports"  # what the log has in place of a table
MOST_TOLD = 1_000  # characters of the filter


def record_export(
    engine: Engine,
    scope: Scope,
    name: str,
    *,
    file_format: str,
    rows: int,
    told: str = "",
    left_out: int | None = None,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """One row in the log for the list of this `name`; `told` is the filter in words, without what
    was searched for, which may be a person's name; `left_out` counts the customers of a list for
    contact who refuse it. Call it before the file is handed out; refused with NotSaved, and then
    no file is."""
    said: dict[str, Any] = {
        "rows": rows,
        "file_format": file_format,
        **({"filter": told[:MOST_TOLD]} if told else {}),
        **({} if left_out is None else {"left_out": left_out}),
    }

    def work(edit: Edit) -> Done:
        record(
            edit.connection,
            actor=scope.username,
            user_id=scope.user_id,
            actor_name=scope.name,
            action="export",
            now=edit.now,
            table_name=EXPORTS,
            reason=name,
            after=said,
            request_id=edit.request_id,
        )
        return Done(values={"rows": rows})

    return carry_out(
        engine, scope, "export", work, request_id=request_id, details=(name, said), now=now
    )
