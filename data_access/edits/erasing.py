"""Erases one person: what tells of them goes, in the tables and in the log; orders, amounts and
counts stay, so that every total is what it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    Connection,
    Engine,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from data_access.accounts import utc_now
from data_access.audit_chain import recorded_as
from data_access.database import writing
from data_access.edits.exporting_people import PEOPLE
from data_access.edits.opening import row_id
from data_access.edits.person_rows import (
    CHUNK,
    chunks,
    ids_of_person,
    is_theirs,
    key_of,
    log_of,
    tables_of_people,
)
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused, NotFound
from data_access.importing.comparing import EXISTING
from data_access.policy import Role
from data_access.scope import Scope
from data_access.sealing import PERSONAL, digest_in
from data_access.tables import (
    audit,
    consents,
    contacts,
    customer_merges,
    customers,
    edit_requests,
    erasures,
    imported_rows,
    messages,
    metadata,
    orders,
    properties,
    sealed_values,
)

MAY_ERASE_PEOPLE = (Role.ADMIN,)
ERASE = "erase_person"
ERASURES = "erasures"  # the property that counts them: caches and copies begin anew when it moves
COMMAND_LINE = "command line"  # the actor
GONE = "(erased)"  # where a text may not be empty

# Rows that are about nothing else than the person.
_DELETED = (contacts, consents, messages)
# What tells of the person although the log never has it.
_PERSONAL_TOO: Mapping[str, tuple[str, ...]] = {
    "feedback": ("text",),
    "opportunities": ("name",),
    "customer_merges": ("merged_name", "record"),
}
_EMPTY = {"record": "{}"}  # column → what stands there instead of GONE
# Mostly chosen from a list and counted by: goes only where nobody else's row says the same.
_CHOSEN: Mapping[str, tuple[str, ...]] = {
    "customers": ("industry", "grade", "source", "city", "country"),
    "orders": ("cancel_reason",),
    "returns": ("reason",),
}


class ErasureRefused(EditRefused):
    """Nobody was erased."""

    messages: ClassVar[dict[str, str]] = {
        "confirmation": "This is not the name of the customer. Nobody was erased.",
        "erased": "This person was erased already.",
    }


def may_erase_people(scope: Scope) -> bool:
    return scope.role in MAY_ERASE_PEOPLE


def erase_person(
    engine: Engine,
    scope: Scope,
    customer_id: int,
    *,
    confirmation: str,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Erases the customer when `confirmation` repeats the name they are known by. `values` of the
    answer: `erasure_id`. Call `scrubbing.scrub` after it, which takes the bytes off the disk.
    Refused with RightRefused, NotFound or ErasureRefused."""

    def work(edit: Edit) -> Done:
        if not may_erase_people(edit.scope):
            raise RightRefused("role")
        known = _known(edit.connection, row_id(customer_id))
        _confirm(edit.connection, known, confirmation)
        if _erasure_of(edit.connection, known) is not None:
            raise ErasureRefused("erased")
        by = {"user_id": edit.scope.user_id, "actor": edit.scope.username,
              "actor_name": edit.scope.name, "request_id": edit.request_id}  # fmt: skip
        return Done(values={"erasure_id": _erase(edit.connection, known, edit.now, by)})

    return carry_out(
        engine, scope, ERASE, work, request_id=request_id, details=(customer_id,), now=now
    )


def erase_from_command_line(engine: Engine, customer_id: int, now: datetime | None = None) -> int:
    """As `erase_person`, by who holds the database; again for a person who was erased before, of
    whom a restore or an import brought something back. Returns the number of the erasure."""
    moment = now or utc_now()
    with (
        writing(engine) as connection,
        recorded_as(connection, actor=COMMAND_LINE, action=ERASE, now=moment),
    ):
        known = _known(connection, customer_id)
        return _erase(connection, known, moment, {"actor": COMMAND_LINE})


def erased_customers(engine: Engine) -> list[tuple[int, datetime]]:
    """Who was erased, and when: the list to keep outside of the database."""
    statement = select(erasures.c.customer_id, erasures.c.erased_at).order_by("erasure_id")
    with engine.connect() as connection:
        return [(row.customer_id, row.erased_at) for row in connection.execute(statement)]


def _known(connection: Connection, customer_id: int) -> int:
    statement = select(customers.c.customer_id).where(customers.c.customer_id == customer_id)
    found: int | None = connection.scalar(statement.with_for_update())
    if found is None:
        raise NotFound("customer")
    return found


def _confirm(connection: Connection, customer_id: int, confirmation: str) -> None:
    row = connection.execute(
        select(customers.c.name, customers.c.name_zh).where(customers.c.customer_id == customer_id)
    ).one()
    if not confirmation.strip() or confirmation.strip() not in {
        name.strip() for name in row if name
    }:
        raise ErasureRefused("confirmation")


def _erasure_of(connection: Connection, customer_id: int) -> int | None:
    statement = select(erasures.c.erasure_id).where(erasures.c.customer_id == customer_id)
    found: int | None = connection.scalar(statement)
    return found


def _erase(connection: Connection, customer_id: int, now: datetime, by: Mapping[str, Any]) -> int:
    ids = ids_of_person(connection, customer_id)
    gone = _rows_that_are_gone(connection, customer_id, ids)
    logged = log_of(connection, {**ids, **{name: ids.get(name, []) + gone.get(name, [])
                                           for name in {*ids, *gone}}})  # fmt: skip
    erasure_id = _enlist(connection, customer_id, now, str(by["actor"]))
    _blank_tables(connection, customer_id, ids, erasure_id)
    reasons = _forget_values(connection, ids, gone, logged)
    _forget_requests(connection, {row.request_id for row in logged if row.request_id})
    _forget_imports(connection, ids)
    erased = {name: sorted({*ids.get(name, []), *gone.get(name, [])}) for name in PERSONAL}
    told = {"erased": {**{name: own for name, own in erased.items() if own}, "audit": reasons}}
    connection.execute(
        insert(audit).values(
            happened_at=now, action=ERASE, table_name=PEOPLE, row_id=customer_id,
            after=json.dumps(told), **by,
        )
    )  # fmt: skip
    _count(connection)
    return erasure_id


def _rows_that_are_gone(
    connection: Connection, customer_id: int, ids: Mapping[str, list[int]]
) -> dict[str, list[int]]:
    """Table → rows that were about the customer, and are in the log only."""
    found: dict[str, list[int]] = {}
    sealed = select(sealed_values.c.table_name, sealed_values.c.row_id).distinct()
    whose = sealed_values.c.customer_id.in_(_records_of(connection, customer_id))
    rows = connection.execute(sealed.where(whose)).all()
    for table_name, own in _by_table(rows).items():
        unknown = sorted(own - set(ids.get(table_name, [])))
        table = metadata.tables[table_name]
        for chunk in chunks(unknown):
            there = set(connection.scalars(select(key_of(table)).where(key_of(table).in_(chunk))))
            found.setdefault(table_name, []).extend(set(chunk) - there)
    return found


def _records_of(connection: Connection, customer_id: int) -> list[int]:
    """The customer, and the records of the same person that were merged into it."""
    found, merges = [customer_id], customer_merges.c
    for one in found:  # grows as it is read: a record may have been merged into a merged one
        into = select(merges.merged_id).where(
            merges.customer_id == one, merges.unmerged_at.is_(None)
        )
        found += [each for each in connection.scalars(into) if each not in found]
    return found


def _by_table(rows: Iterable[Any]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for table_name, number in rows:
        if table_name in PERSONAL and number is not None:
            found.setdefault(table_name, set()).add(number)
    return found


def _enlist(connection: Connection, customer_id: int, now: datetime, actor: str) -> int:
    known = _erasure_of(connection, customer_id)
    if known is not None:
        return known
    values = {"customer_id": customer_id, "erased_at": now, "erased_by": actor}
    statement = insert(erasures).values(**values).returning(erasures.c.erasure_id)
    return int(connection.scalars(statement).one())


def _blank_tables(
    connection: Connection, customer_id: int, ids: Mapping[str, list[int]], erasure_id: int
) -> None:
    names = {"name": f"Erased customer {erasure_id}", "name_zh": f"已删除的客户 {erasure_id}"}
    for table in tables_of_people():
        own = ids[table.name]
        if table in _DELETED:
            for chunk in chunks(own):
                connection.execute(delete(table).where(key_of(table).in_(chunk)))
            continue
        values: dict[str, Any] = {}
        for name in (*PERSONAL.get(table.name, ()), *_PERSONAL_TOO.get(table.name, ())):
            if name not in _CHOSEN.get(table.name, ()):
                values[name] = None if table.c[name].nullable else _EMPTY.get(name, GONE)
        if table is customers:
            values |= {**names, "consent": "unknown", "consent_on": None}
        if table is orders:
            values["version"] = orders.c.version + 1  # a form that is open is told
        if values:
            said = or_(
                *(
                    table.c[name].is_distinct_from(value)
                    for name, value in values.items()
                    if name != "version"
                )
            )
            for chunk in chunks(own):
                mine = and_(key_of(table).in_(chunk), said)
                connection.execute(update(table).where(mine).values(**values))
        for name in _CHOSEN.get(table.name, ()):
            _blank_own_words(connection, table, name, customer_id)


def _blank_own_words(connection: Connection, table: Table, name: str, customer_id: int) -> None:
    """Takes words out that no other customer's row has."""
    theirs, column = is_theirs(table, customer_id), table.c[name]
    assert isinstance(column.type, String)
    words = select(column).where(theirs, column.is_not(None)).distinct()
    for said in connection.scalars(words).all():
        others = select(key_of(table)).where(column == said, ~func.coalesce(theirs, False)).limit(1)
        if connection.scalar(others) is None:
            mine = update(table).where(theirs, column == said)
            connection.execute(mine.values({name: None}))


def _forget_values(
    connection: Connection, ids: Mapping[str, list[int]], gone: Mapping[str, list[int]],
    logged: Iterable[Any],
) -> list[str]:  # fmt: skip
    """Deletes what the log had sealed of the person, and the reasons given for edits of theirs;
    returns the requests whose reasons went."""
    for table_name in PERSONAL:
        for chunk in chunks([*ids.get(table_name, []), *gone.get(table_name, [])]):
            _forget_values_of(connection, metadata.tables[table_name], chunk)
    reasons = {row.request_id: digest_in(row.reason) for row in logged if row.reason}
    _delete_values(connection, [digest for digest in reasons.values() if digest])
    return sorted(request for request, digest in reasons.items() if digest and request)


def _forget_values_of(connection: Connection, table: Table, ids: list[int]) -> None:
    """All but what the rows still say: words that others have too, and what stands for a name."""
    now = select(table).where(key_of(table).in_(ids))
    rows = {row[key_of(table).name]: row for row in connection.execute(now).mappings()}
    sealed = select(sealed_values).where(
        sealed_values.c.table_name == table.name, sealed_values.c.row_id.in_(ids)
    )
    _delete_values(
        connection,
        [
            held.digest
            for held in connection.execute(sealed)
            if held.row_id not in rows or rows[held.row_id][held.field] != held.value
        ],
    )


def _delete_values(connection: Connection, digests: list[str]) -> None:
    for start in range(0, len(digests), CHUNK):
        chosen = digests[start : start + CHUNK]
        connection.execute(delete(sealed_values).where(sealed_values.c.digest.in_(chosen)))


def _forget_requests(connection: Connection, request_ids: set[str]) -> None:
    """What was asked and answered; the same request once more is refused."""
    wanted = sorted(request_ids)
    for start in range(0, len(wanted), CHUNK):
        connection.execute(
            update(edit_requests)
            .where(edit_requests.c.request_id.in_(wanted[start : start + CHUNK]))
            .values(fingerprint="", answer="{}")
        )


def _forget_imports(connection: Connection, ids: Mapping[str, list[int]]) -> None:
    """An import of the same source leaves these rows as they are now, whatever it says of them."""
    for table_name, own in ids.items():
        for chunk in chunks(own):
            connection.execute(
                update(imported_rows)
                .where(imported_rows.c.table_name == table_name, imported_rows.c.row_id.in_(chunk))
                .values(row_hash=EXISTING)
            )


def _count(connection: Connection) -> None:
    count = connection.scalar(
        select(func.count()).select_from(audit).where(audit.c.action == ERASE)
        .where(audit.c.table_name == PEOPLE)
    )  # fmt: skip
    connection.execute(delete(properties).where(properties.c.name == ERASURES))
    connection.execute(insert(properties).values(name=ERASURES, value=str(count)))
