"""Answers to warnings. Who acknowledges one is on it, and all who see it are told so; who snoozes
one puts it off for themselves alone, until a day. Both end with the warning: when its cause comes
back, that is another warning, to which nobody has answered yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Engine, Row, delete, insert, select

from data_access.edits.clock import business_time
from data_access.edits.fields import MOST_ID, Fields
from data_access.edits.rights import RightRefused, may_answer_alert
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.scope import Scope
from data_access.tables import alert_answers, alerts

LONGEST_NOTE = 300
LONGEST_SNOOZE = timedelta(days=90)
MOST_AT_ONCE = 500


class AlertRefused(EditRefused):
    """The warning is as it was."""

    messages: ClassVar[dict[str, str]] = {
        "none": "Choose at least one warning.",
        "many": "At most {most} warnings at a time.",
        "unknown": "There is no such warning, or it is not yours to see.",
        "ended": "The cause is gone, and the warning with it.",
        "taken": "{name} is on it already.",
        "no_day": "This is not a day.",
        "past": "A warning is put off until a day to come.",
        "far": "A warning is put off for {days} days at most.",
        "others": "Only who is on it, a manager or an administrator may take that back.",
        "open": "Nobody has answered to it yet.",
    }


def acknowledge_alerts(
    engine: Engine,
    scope: Scope,
    alert_ids: Sequence[int],
    *,
    note: str = "",
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """The person is on it, for everybody to see: all of these warnings, or none. Those that have
    ended meanwhile are left out; `values` counts both, `answered` and `ended`."""
    fields = Fields()
    words = fields.text("note", note, most=LONGEST_NOTE, one_line=False)
    fields.check()
    ids = _chosen(alert_ids)

    def work(edit: Edit) -> Done:
        rows = _need(edit, ids, "acknowledge_alert")
        for row in rows:
            held = _answer(edit, row.alert_id, "acknowledged")
            if held is not None:
                raise AlertRefused("taken", name=held.author)
            _write(edit, row.alert_id, "acknowledged", words)
        return Done(values={"answered": len(rows), "ended": len(ids) - len(rows)})

    return carry_out(
        engine, scope, "acknowledge_alert", work, request_id=request_id, details=(ids, words),
        now=now,
    )  # fmt: skip


def snooze_alerts(
    engine: Engine,
    scope: Scope,
    alert_ids: Sequence[int],
    *,
    until_on: date,
    reason: str,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """The person is shown these warnings again on the day, should they hold then. An earlier
    snooze of theirs is replaced."""
    fields = Fields()
    words = fields.text("reason", reason, most=LONGEST_NOTE, required=True, one_line=False)
    fields.check()
    ids = _chosen(alert_ids)
    if not isinstance(until_on, date) or isinstance(until_on, datetime):
        raise AlertRefused("no_day")

    def work(edit: Edit) -> Done:
        today = business_time(edit).today
        if until_on <= today:
            raise AlertRefused("past")
        if until_on > today + LONGEST_SNOOZE:
            raise AlertRefused("far", days=LONGEST_SNOOZE.days)
        rows = _need(edit, ids, "snooze_alert")
        for row in rows:
            _take_back(edit, row.alert_id, "snoozed", alert_answers.c.user_id == edit.scope.user_id)
            _write(edit, row.alert_id, "snoozed", words, until_on)
        return Done(values={"answered": len(rows), "ended": len(ids) - len(rows)})

    return carry_out(
        engine, scope, "snooze_alert", work, request_id=request_id,
        details=(ids, str(until_on), words), now=now,
    )  # fmt: skip


def reopen_alerts(
    engine: Engine,
    scope: Scope,
    alert_ids: Sequence[int],
    *,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Takes answers back: the person's own snooze, and that somebody is on it, where that is the
    person or the person is a manager or an administrator."""
    ids = _chosen(alert_ids)

    def work(edit: Edit) -> Done:
        rows = _need(edit, ids, "snooze_alert")
        for row in rows:
            own = alert_answers.c.user_id == edit.scope.user_id
            was_put_off = _take_back(edit, row.alert_id, "snoozed", own)
            held = _answer(edit, row.alert_id, "acknowledged")
            if held is None and not was_put_off:
                raise AlertRefused("open")
            if held is None:
                continue
            if may_take_back(edit.scope, held.user_id):
                _take_back(edit, row.alert_id, "acknowledged")
            elif not was_put_off:
                raise AlertRefused("others")
        return Done(values={"answered": len(rows), "ended": len(ids) - len(rows)})

    return carry_out(
        engine, scope, "reopen_alert", work, request_id=request_id, details=(ids,), now=now
    )


def may_take_back(scope: Scope, user_id: int) -> bool:
    """Whether this person may say that the other one is not on it after all."""
    own = user_id == scope.user_id
    return may_answer_alert(scope, "acknowledge_alert") and (
        own or may_answer_alert(scope, "reopen_alert")
    )


def _chosen(alert_ids: Sequence[int]) -> list[int]:
    ids = [each for each in alert_ids if isinstance(each, int) and 0 < each <= MOST_ID]
    if not ids:
        raise AlertRefused("unknown" if alert_ids else "none")
    if len(ids) > MOST_AT_ONCE:
        raise AlertRefused("many", most=MOST_AT_ONCE)
    return sorted(set(ids))


def _need(edit: Edit, ids: list[int], action: str) -> list[Any]:
    """Those of the warnings that are open still; refused unless the person sees all of them."""
    if not may_answer_alert(edit.scope, action):
        raise RightRefused("role")
    visible = edit.scope.visible.alerts.c.alert_id
    rows = edit.connection.execute(
        select(alerts.c.alert_id, alerts.c.ended_at)
        .where(alerts.c.alert_id.in_(ids), _seen_or_ended(visible))
        .order_by(alerts.c.alert_id)
        .with_for_update(of=alerts)
    ).all()
    if len(rows) < len(ids):
        raise AlertRefused("unknown")
    standing = [row for row in rows if row.ended_at is None]
    if not standing:
        raise AlertRefused("ended")
    return standing


def _seen_or_ended(visible: Any) -> Any:
    # what has ended has lost its orders, by which some roles see it, and tells nothing more
    return alerts.c.alert_id.in_(select(visible)) | alerts.c.ended_at.is_not(None)


def _answer(edit: Edit, alert_id: int, kind: str) -> Row[Any] | None:
    return edit.connection.execute(
        select(alert_answers).where(
            alert_answers.c.alert_id == alert_id, alert_answers.c.kind == kind
        )
    ).one_or_none()


def _write(
    edit: Edit, alert_id: int, kind: str, words: str | None, until_on: date | None = None
) -> None:
    edit.connection.execute(
        insert(alert_answers).values(
            alert_id=alert_id,
            kind=kind,
            user_id=edit.scope.user_id,
            author=edit.scope.name,
            note=words,
            until_on=until_on,
            made_at=business_time(edit).at,
        )
    )


def _take_back(edit: Edit, alert_id: int, kind: str, *whose: Any) -> bool:
    done = edit.connection.execute(
        delete(alert_answers).where(
            alert_answers.c.alert_id == alert_id, alert_answers.c.kind == kind, *whose
        )
    )
    return bool(done.rowcount)
