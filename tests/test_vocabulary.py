"""Stored words are said in the person's language; what nobody knows stays as it is."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import create_engine, select

from dashboard.texts import in_language
from dashboard.vocabulary import WORDS, in_words
from data_access import letters
from data_access.demo import fulfilment, ledger, paying, returning
from data_access.edits import alert_messages, calendar_events, reminding
from data_access.tables import metadata

CAN_BE_WRITTEN = {
    "payments.method": paying.METHODS,
    "shipments.carrier": ledger.CARRIERS,
    "returns.reason": returning.REASONS,
    "orders.cancel_reason": fulfilment.REASONS,
    "reminders.cause": tuple(reminding.MAY_REMIND),
    "reminders.action": reminding.ACTIONS,
    "reminders.state": reminding.STATES,
    "messages.kind": letters.KINDS,
    "messages.state": letters.STATES,
    "messages.channel": alert_messages.CHANNELS,
    "alert_answers.kind": ("acknowledged", "snoozed"),
    "calendar_events.kind": calendar_events.EVENT_KINDS,
}
OWN_NAMES = {"DHL"}
# people write these, and a refresh works these out
NOT_IN_A_DEMO = ("messages.", "reminders.", "consents.", "customer_scores.", "calendar_events.",
                 "alert_answers.", "call_marks.")  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value"),
    [(column, value) for column, values in CAN_BE_WRITTEN.items() for value in values],
)
def test_what_can_be_written_reads_in_chinese(column: str, value: str) -> None:
    with in_language("zh_CN"):
        assert value in OWN_NAMES or re.search(r"[\u4e00-\u9fff]", in_words(column, value)), value


@pytest.mark.parametrize("column", [each for each in WORDS if not each.startswith(NOT_IN_A_DEMO)])
def test_what_a_demo_has_written_is_known(column: str, marked_demo: str) -> None:
    table, name = column.split(".")
    stored = metadata.tables[table].c[name]
    engine = create_engine(marked_demo)
    with engine.connect() as connection:
        values = set(connection.scalars(select(stored).where(stored.is_not(None)).distinct()))
    engine.dispose()
    assert values
    assert values - OWN_NAMES <= set(WORDS[column])


@pytest.mark.parametrize(("column", "value"), [(c, v) for c in WORDS for v in WORDS[c]])
def test_every_word_is_translated(column: str, value: str) -> None:
    with in_language("zh_CN"):
        assert re.search(r"[\u4e00-\u9fff]", in_words(column, value))


def test_unknown_words_are_shown_as_they_are_and_no_word_as_nothing() -> None:
    with in_language("zh_CN"):
        assert in_words("payments.method", "Barter *2*") == "Barter *2*"
        assert in_words("payments.method", None) == in_words("payments.method", float("nan")) == ""
