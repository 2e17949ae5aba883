"""What is said when somebody changed something past the log."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from data_access.errors import Refused
from data_access.row_images import Difference


class Head(NamedTuple):
    """The end of the log. Kept elsewhere, it tells later whether the log was cut off or rewritten
    up to there."""

    audit_id: int
    hash: str


class Tampered(Refused):
    """The first row that is not as it must be."""

    messages: ClassVar[dict[str, str]] = {
        "switched_off": "The log is switched off: the trigger {name} is missing.",
        "bulk": "The log is switched off: a bulk load has never ended.",
        "empty": "The log is empty: all that it held was deleted.",
        "cut_off": "The log ends at row {last}: row {audit_id} that you kept is missing.",
        "other_head": "Row {audit_id} of the log is not the one that you kept.",
        "sealed_since": "Personal values were sealed after row {audit_id} that you kept, which no"
        " longer tells anything; only the head from just before the upgrade does.",
        "unlinked": "Row {audit_id} of the log does not follow the row before it.",
        "rewritten": "Row {audit_id} of the log, about {name}, was rewritten.",
        "before": "{name} was changed past the log before its row {audit_id}: {what}.",
        "changed": "{name} is not as row {audit_id} of the log left it: {what}.",
        "deleted": "{name} was deleted past the log; row {audit_id} has it last.",
        "back": "{name} is there, though row {audit_id} of the log deleted it.",
        "added": "{name} was added past the log.",
        "value": "A personal value of {name} in the log, {field}, was changed.",
        "value_gone": "A personal value in row {audit_id} of the log, about {name}, was deleted,"
        " and no erasure tells of it.",
        "broken_before": "Row {audit_id} of the log did not follow the row before it when personal"
        " values were sealed.",
        "count": "{table} has {count} rows, the log knows of {expected}.",
    }

    def __init__(
        self, reason: str, *, table: str = "", row_id: int | None = None,
        changed: tuple[Difference, ...] = (), **values: object,
    ) -> None:  # fmt: skip
        what = ", ".join(f"{one.field} {one.before} → {one.after}" for one in changed)
        super().__init__(reason, table=table, what=what, **values)
        self.table_name, self.row_id, self.changed = table, row_id, changed
