"""Segments saved under a name: a choice of customers, not a list of them. Who is in it is asked
anew each time, and of the customers that the person who asks may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, Row, delete, func, insert, select, update

from data_access.divisions import Division, definition_of
from data_access.edits.fields import MOST_ID, Fields, refuse_field
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import saved_segments

LONGEST_NAME = 120
MOST_SAVED = 200
_MAY_SAVE = (Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.ANALYST)
_MAY_CHANGE_ALL = (Role.ADMIN, Role.MANAGER)


class SegmentRefused(EditRefused):
    """The segment cannot be saved or changed so."""

    messages: ClassVar[dict[str, str]] = {
        "gone": "There is no such segment any more.",
        "others": "Only who saved a segment, a manager or an administrator may change it.",
        "changed": "Somebody changed this segment meanwhile. Look at it again.",
        "name_taken": "There is a segment of this name already.",
        "too_many": "There are {most} saved segments already. Remove one first.",
    }


def may_save_segments(scope: Scope) -> bool:
    return scope.role in _MAY_SAVE


def may_change_segment(scope: Scope, user_id: int) -> bool:
    """Whether this person may rename or remove the segment that the other one saved."""
    return may_save_segments(scope) and (user_id == scope.user_id or scope.role in _MAY_CHANGE_ALL)


def save_segment(
    engine: Engine,
    scope: Scope,
    division: Division,
    *,
    name: str,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Keeps the choice under the name; the answer's values have its saved_segment_id."""
    called, definition = _name(name), definition_of(division)

    def work(edit: Edit) -> Done:
        _need_role(edit)
        if (
            edit.connection.scalar(select(func.count()).select_from(saved_segments)) or 0
        ) >= MOST_SAVED:
            raise SegmentRefused("too_many", most=MOST_SAVED)
        _need_free(edit, called)
        saved_segment_id = edit.connection.scalars(
            insert(saved_segments)
            .values(
                name=called,
                user_id=edit.scope.user_id,
                definition=definition,
                created_at=edit.now,
                changed_at=edit.now,
            )
            .returning(saved_segments.c.saved_segment_id)
        ).one()
        return Done(values={"saved_segment_id": saved_segment_id, "name": called})

    return carry_out(
        engine, scope, "save_segment", work, request_id=request_id,
        details=(called, definition), now=now,
    )  # fmt: skip


def rename_segment(
    engine: Engine,
    scope: Scope,
    saved_segment_id: int,
    *,
    name: str,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    called = _name(name)

    def work(edit: Edit) -> Done:
        saved = _open(edit, saved_segment_id, seen_version)
        if called == saved.name:
            refuse_field("name", "unchanged")
        _need_free(edit, called)
        edit.connection.execute(
            update(saved_segments)
            .where(saved_segments.c.saved_segment_id == saved.saved_segment_id)
            .values(name=called, changed_at=edit.now, version=saved.version + 1)
        )
        return Done(values={"saved_segment_id": saved.saved_segment_id, "name": called})

    return carry_out(
        engine, scope, "rename_segment", work, request_id=request_id,
        details=(saved_segment_id, called, seen_version), now=now,
    )  # fmt: skip


def remove_segment(
    engine: Engine,
    scope: Scope,
    saved_segment_id: int,
    *,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Forgets the choice; the customers stay as they are."""

    def work(edit: Edit) -> Done:
        saved = _open(edit, saved_segment_id, seen_version)
        edit.connection.execute(
            delete(saved_segments).where(
                saved_segments.c.saved_segment_id == saved.saved_segment_id
            )
        )
        return Done(values={"saved_segment_id": saved.saved_segment_id, "name": saved.name})

    return carry_out(
        engine, scope, "remove_segment", work, request_id=request_id,
        details=(saved_segment_id, seen_version), now=now,
    )  # fmt: skip


def _name(name: Any) -> str:
    fields = Fields()
    called = fields.text("name", name, most=LONGEST_NAME, required=True)
    fields.check()
    return str(called)


def _need_role(edit: Edit) -> None:
    if not may_save_segments(edit.scope):
        raise RightRefused("role")


def _need_free(edit: Edit, name: str) -> None:
    taken = select(saved_segments.c.saved_segment_id).where(saved_segments.c.name == name)
    if edit.connection.scalar(taken) is not None:
        raise SegmentRefused("name_taken")


def _open(edit: Edit, saved_segment_id: int, seen_version: int) -> Row[Any]:
    _need_role(edit)
    if not isinstance(saved_segment_id, int) or not 0 < saved_segment_id <= MOST_ID:
        raise SegmentRefused("gone")
    saved = edit.connection.execute(
        select(saved_segments)
        .where(saved_segments.c.saved_segment_id == saved_segment_id)
        .with_for_update()
    ).one_or_none()
    if saved is None:
        raise SegmentRefused("gone")
    if not may_change_segment(edit.scope, saved.user_id):
        raise SegmentRefused("others")
    if saved.version != seen_version:
        raise SegmentRefused("changed")
    return saved
