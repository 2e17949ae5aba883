"""Keeps the calendar that forecasts use: events of one's own, and what differs from the built-in
ones, whose dates follow from rules and are stored nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from sqlalchemy import Engine, Row, delete, func, insert, select, update

from data_access.audit_chain import record
from data_access.database import note_change
from data_access.edits.fields import MOST_ID, Fields
from data_access.edits.rights import RightRefused, may_change_calendar
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.scope import Scope
from data_access.tables import calendar_events, properties

EventKind = Literal["holiday", "workday", "shopping", "promotion", "other"]
EVENT_KINDS: tuple[EventKind, ...] = ("holiday", "workday", "shopping", "promotion", "other")
COUNTRY, DEFAULT_COUNTRY = "calendar_country", "CN"  # the property, and what holds without it
LONGEST_NAME = 120
LONGEST_EVENT = 92  # days
MOST_EVENTS = 2_000
LAST_DAY = date(2100, 12, 31)
_ONE_YEAR = re.compile(r"[^/]+/[^/]+/[^/]+")
_BUILT_IN = re.compile(r"[A-Z]{2}/[^/]{1,120}(/[0-9-]{4,10}\+*)?|campaign/[0-9]{1,18}")


class CalendarRefused(EditRefused):
    """The calendar cannot be changed so."""

    messages: ClassVar[dict[str, str]] = {
        "gone": "There is no such event any more.",
        "changed": "Somebody changed this event meanwhile. Look at it again.",
        "changed_already": "Somebody changed this built-in event meanwhile. Look at it again.",
        "unchanged": "Nothing is different from before.",
        "turned": "The last day lies before the first.",
        "too_long": "An event lasts {most} days at most.",
        "too_many": "There are {most} events already. Remove some first.",
        "no_country": "The holidays of this country are not known.",
        "no_event": "There is no such built-in event.",
        "off": "The event is switched off. Bring it back first.",
    }


def add_event(
    engine: Engine,
    scope: Scope,
    *,
    name: str,
    name_zh: str = "",
    kind: str,
    first_on: date,
    last_on: date,
    stands_for: str | None = None,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """An event of one's own; or, with the key of a built-in one as `stands_for`, its other days.
    The answer's values have its calendar_event_id."""
    values = _checked(name, name_zh, kind, first_on, last_on)
    _need_known(stands_for)
    if stands_for is not None and not _ONE_YEAR.fullmatch(stands_for):
        raise CalendarRefused("no_event")  # days are those of one year

    def work(edit: Edit) -> Done:
        return _insert(edit, {**values, "stands_for": stands_for, "is_off": False})

    return carry_out(
        engine, scope, "add_event", work, request_id=request_id, details=(values, stands_for),
        now=now,
    )  # fmt: skip


def switch_event_off(
    engine: Engine,
    scope: Scope,
    stands_for: str,
    *,
    name: str,
    name_zh: str = "",
    kind: str,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """A built-in event, of one year or of all, or a campaign does not count. `remove_event` brings
    it back."""
    fields = Fields()
    values = _words(fields, name, name_zh, kind)
    fields.check()
    _need_known(stands_for)

    def work(edit: Edit) -> Done:
        return _insert(edit, {**values, "stands_for": stands_for, "is_off": True})

    return carry_out(
        engine, scope, "switch_event_off", work, request_id=request_id,
        details=(values, stands_for), now=now,
    )  # fmt: skip


def change_event(
    engine: Engine,
    scope: Scope,
    calendar_event_id: int,
    *,
    name: str,
    name_zh: str = "",
    kind: str,
    first_on: date,
    last_on: date,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    values = _checked(name, name_zh, kind, first_on, last_on)

    def work(edit: Edit) -> Done:
        event = _open(edit, calendar_event_id, seen_version)
        if event.is_off:
            raise CalendarRefused("off")
        if all(getattr(event, key) == value for key, value in values.items()):
            raise CalendarRefused("unchanged")
        edit.connection.execute(
            update(calendar_events)
            .where(calendar_events.c.calendar_event_id == event.calendar_event_id)
            .values(
                **values,
                user_id=edit.scope.user_id,
                changed_at=edit.now,
                version=event.version + 1,
            )
        )
        return Done(values={"calendar_event_id": event.calendar_event_id, "name": values["name"]})

    return carry_out(
        engine, scope, "change_event", work, request_id=request_id,
        details=(calendar_event_id, values, seen_version), now=now,
    )  # fmt: skip


def remove_event(
    engine: Engine,
    scope: Scope,
    calendar_event_id: int,
    *,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """An own event is gone; a built-in one is again as it was built in."""

    def work(edit: Edit) -> Done:
        event = _open(edit, calendar_event_id, seen_version)
        edit.connection.execute(
            delete(calendar_events).where(
                calendar_events.c.calendar_event_id == event.calendar_event_id
            )
        )
        return Done(values={"calendar_event_id": event.calendar_event_id, "name": event.name})

    return carry_out(
        engine, scope, "remove_event", work, request_id=request_id,
        details=(calendar_event_id, seen_version), now=now,
    )  # fmt: skip


def choose_country(
    engine: Engine,
    scope: Scope,
    country: str,
    *,
    known: Callable[[], tuple[str, ...]],
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Whose public holidays count for everybody; `known` answers the codes of the countries whose
    holidays can be told."""
    if not isinstance(country, str) or country not in known():
        raise CalendarRefused("no_country")

    def work(edit: Edit) -> Done:
        _need_right(edit)
        stored = select(properties.c.value).where(properties.c.name == COUNTRY)
        before = edit.connection.scalar(stored) or DEFAULT_COUNTRY
        if country == before:
            raise CalendarRefused("unchanged")
        edit.connection.execute(delete(properties).where(properties.c.name == COUNTRY))
        edit.connection.execute(insert(properties).values(name=COUNTRY, value=country))
        note_change(edit.connection, calendar_events.name)  # properties are not followed
        record(
            edit.connection, actor=scope.username, user_id=scope.user_id, actor_name=scope.name,
            action="choose_country", now=edit.now, table_name="properties",
            before={"country": before}, after={"country": country}, request_id=edit.request_id,
        )  # fmt: skip
        return Done(values={"country": country})

    return carry_out(
        engine, scope, "choose_country", work, request_id=request_id, details=(country,), now=now
    )


def _checked(name: Any, name_zh: Any, kind: Any, first_on: Any, last_on: Any) -> dict[str, Any]:
    fields = Fields()
    values = _words(fields, name, name_zh, kind)
    for field, day in (("first_on", first_on), ("last_on", last_on)):
        if day is None:
            fields.refuse(field, "required")
            continue
        values[field] = fields.past_day(field, day, last=LAST_DAY)
    fields.check()
    if values["last_on"] < values["first_on"]:
        raise CalendarRefused("turned")
    if (values["last_on"] - values["first_on"]).days >= LONGEST_EVENT:
        raise CalendarRefused("too_long", most=LONGEST_EVENT)
    return values


def _words(fields: Fields, name: Any, name_zh: Any, kind: Any) -> dict[str, Any]:
    if kind not in EVENT_KINDS:
        fields.refuse("kind", "unknown")
    return {
        "name": fields.text("name", name, most=LONGEST_NAME, required=True),
        "name_zh": fields.text("name_zh", name_zh, most=LONGEST_NAME),
        "kind": str(kind),
    }


def _need_known(stands_for: Any) -> None:
    if stands_for is not None and not (
        isinstance(stands_for, str) and _BUILT_IN.fullmatch(stands_for)
    ):
        raise CalendarRefused("no_event")


def _need_right(edit: Edit) -> None:
    if not may_change_calendar(edit.scope):
        raise RightRefused("role")


def _insert(edit: Edit, values: dict[str, Any]) -> Done:
    _need_right(edit)
    count = edit.connection.scalar(select(func.count()).select_from(calendar_events)) or 0
    if count >= MOST_EVENTS:
        raise CalendarRefused("too_many", most=MOST_EVENTS)
    if values["stands_for"] is not None:
        taken = select(calendar_events.c.calendar_event_id).where(
            calendar_events.c.stands_for == values["stands_for"]
        )
        if edit.connection.scalar(taken) is not None:
            raise CalendarRefused("changed_already")
    event_id = edit.connection.scalars(
        insert(calendar_events)
        .values(**values, user_id=edit.scope.user_id, changed_at=edit.now)
        .returning(calendar_events.c.calendar_event_id)
    ).one()
    return Done(values={"calendar_event_id": event_id, "name": values["name"]})


def _open(edit: Edit, calendar_event_id: int, seen_version: int) -> Row[Any]:
    _need_right(edit)
    if not isinstance(calendar_event_id, int) or not 0 < calendar_event_id <= MOST_ID:
        raise CalendarRefused("gone")
    event = edit.connection.execute(
        select(calendar_events)
        .where(calendar_events.c.calendar_event_id == calendar_event_id)
        .with_for_update()
    ).one_or_none()
    if event is None:
        raise CalendarRefused("gone")
    if event.version != seen_version:
        raise CalendarRefused("changed")
    return event
