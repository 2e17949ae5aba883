"""An error that no page expected shows a number to the person and its cause to the log alone."""

from __future__ import annotations

import logging
import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.starting import show_script_error


def broken_page() -> None:
    from dashboard.starting import show_script_error

    try:
        raise ValueError("secret path /etc/passwd")
    except ValueError as error:
        show_script_error(error)


def page_without_database() -> None:
    from sqlalchemy.exc import OperationalError

    from dashboard.starting import show_script_error

    show_script_error(OperationalError("SELECT secret", {}, Exception("secret host")))


def test_an_error_shows_its_number_and_logs_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "orderscope"):
        tab = AppTest.from_function(broken_page).run()
    sentence = tab.error[0].value
    number = re.search(r"number ([0-9a-f]{8})", sentence)
    assert number and "secret" not in sentence and not tab.exception
    (record,) = [record for record in caplog.records if record.name == "orderscope"]
    assert number[1] in record.getMessage() and "secret path" in caplog.text


def test_an_outage_within_a_page_is_said_in_a_sentence() -> None:
    tab = AppTest.from_function(page_without_database).run()
    assert tab.error[0].value == "The database did not answer. Try again in a moment."


def test_streamlit_is_told_that_the_error_is_shown() -> None:
    assert show_script_error(ValueError("shown already")) is True
