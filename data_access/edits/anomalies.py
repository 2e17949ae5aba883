"""Notes that explain days of unusual sales, and take them off the list of what to look into."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, delete, insert, select

from data_access.edits.clock import business_time
from data_access.edits.fields import FIRST_DAY, LONGEST_TEXT, MOST_ID, Fields
from data_access.edits.rights import RightRefused, may_explain_days, may_remove_day_note
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.scope import Scope
from data_access.tables import anomaly_notes

LONGEST_ABOUT = 300


class DayNoteRefused(EditRefused):
    """The note cannot be written or taken back so."""

    messages: ClassVar[dict[str, str]] = {
        "no_day": "This is not a day.",
        "not_over": "A day is explained when it is over.",
        "currency": "Choose one currency first.",
        "too_narrow": "So many filters cannot be kept with a note. Take some away.",
        "gone": "There is no such note any more.",
        "others": "Only who wrote a note, a manager or an administrator may take it back.",
    }


def acknowledge_day(
    engine: Engine,
    scope: Scope,
    day_on: date,
    *,
    currency: str,
    about: str = "",
    note: str,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Keeps what was found out about the day. `about` says which orders were looked at, as
    `data_access.unusual.about` does; the answer's values have the anomaly_note_id."""
    fields = Fields()
    words = fields.text("note", note, most=LONGEST_TEXT, required=True, one_line=False)
    fields.check()
    if not isinstance(day_on, date) or isinstance(day_on, datetime) or day_on < FIRST_DAY:
        raise DayNoteRefused("no_day")
    if not (isinstance(currency, str) and len(currency) == 3):
        raise DayNoteRefused("currency")
    if not isinstance(about, str) or len(about) > LONGEST_ABOUT:
        raise DayNoteRefused("too_narrow")

    def work(edit: Edit) -> Done:
        _need_right(edit)
        if day_on >= business_time(edit).today:
            raise DayNoteRefused("not_over")
        number = edit.connection.scalars(
            insert(anomaly_notes)
            .values(
                day_on=day_on,
                currency=currency,
                about=about,
                is_of_all=edit.scope.sees_all("orders"),
                employee_id=edit.scope.employee_id,
                user_id=edit.scope.user_id,
                author=edit.scope.name,
                note=words,
                written_at=edit.now,
            )
            .returning(anomaly_notes.c.anomaly_note_id)
        ).one()
        return Done(values={"anomaly_note_id": number})

    return carry_out(
        engine, scope, "acknowledge_day", work, request_id=request_id,
        details=(str(day_on), currency, about, words), now=now,
    )  # fmt: skip


def remove_day_note(
    engine: Engine,
    scope: Scope,
    anomaly_note_id: int,
    *,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Takes the note back: the day is to be looked into again."""

    def work(edit: Edit) -> Done:
        _need_right(edit)
        number: Any = anomaly_note_id
        if not isinstance(number, int) or not 0 < number <= MOST_ID:
            raise DayNoteRefused("gone")
        key = anomaly_notes.c.anomaly_note_id == number
        found = edit.connection.execute(
            select(anomaly_notes.c.user_id, anomaly_notes.c.employee_id).where(key)
        ).one_or_none()
        sees_all = edit.scope.sees_all("anomaly_notes")
        if found is None or not (sees_all or found.employee_id == edit.scope.employee_id):
            raise DayNoteRefused("gone")
        if not may_remove_day_note(edit.scope, found.user_id):
            raise DayNoteRefused("others")
        edit.connection.execute(delete(anomaly_notes).where(key))
        return Done(values={"anomaly_note_id": number})

    return carry_out(
        engine, scope, "remove_day_note", work, request_id=request_id,
        details=(anomaly_note_id,), now=now,
    )  # fmt: skip


def _need_right(edit: Edit) -> None:
    if not may_explain_days(edit.scope):
        raise RightRefused("role")
