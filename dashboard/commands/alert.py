"""Warn of stock that runs out and of unusual days, and write to who wants to be told; every few
minutes, if you like: it does nothing while nothing has changed."""

from __future__ import annotations

import argparse
import sys
from datetime import date

from dashboard.settings import settings
from dashboard.texts import _, _n
from data_access.accounts import utc_now
from data_access.database import connect
from data_access.edits.alerting import Warned
from data_access.schema import has_schema, need_schema, schema_is_current, upgrade_schema
from data_access.scope import Scope


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser  # all is said by the settings


def run(arguments: argparse.Namespace) -> int:
    del arguments
    from dashboard.alert_digest import write_digests
    from dashboard.alerting import work_out_alerts

    known = settings()
    database = connect(known.database_url)
    try:
        if has_schema(database.writer) and not schema_is_current(database.writer):
            upgrade_schema(database.writer, time_zone=known.time_zone)
        need_schema(database.record)
        outcome = work_out_alerts(database, _find, known.currency, utc_now())
        written = outcome.written
        match outcome.state:
            case "nobody":
                _say(_("There is no administrator and no manager, so nobody is warned."))
            case "skipped":
                _say(_n("Nothing has changed: {n} warning is open.",
                        "Nothing has changed: {n} warnings are open.", written.open))  # fmt: skip
            case _:
                counts = {name: f"{count:,}" for name, count in vars(written).items()}
                _say(
                    _("Warnings: {begun} new, {changed} changed, {ended} over, {open} open.",
                      **counts)
                )  # fmt: skip
        told = write_digests(database, utc_now(), known.public_url)
        if told:
            _say(_n("{n} message written; `send` sends it.",
                    "{n} messages written; `send` sends them.", told))  # fmt: skip
    finally:
        database.dispose()
    return 0


def _find(scope: Scope, as_of: date, currency: str) -> list[Warned]:
    from streamlit.logger import set_log_level

    set_log_level("ERROR")  # that no page runs is no news here
    from dashboard.alert_causes import find_causes  # loads what /stock is drawn with

    return find_causes(scope, as_of, currency)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
