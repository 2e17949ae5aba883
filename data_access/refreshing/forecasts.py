"""Writes what a refresh forecast: single series as they come, so that a run that breaks off has not
worked for nothing; then all that pages read, at once."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Table, delete, insert, select, update

from data_access.database import replacing, writing
from data_access.loading import Rows, load, rows_in
from data_access.refreshing.runs import Run, finish_run, need_running
from data_access.tables import (
    forecast_backtests,
    forecast_components,
    forecast_drafts,
    forecast_values,
    forecasts,
)

RESULTS: tuple[Table, ...] = (forecasts, forecast_values, forecast_backtests, forecast_components)
_AT_ONCE = 500
Draft = Mapping[str, Any]


def read_drafts(engine: Engine, fingerprints: Iterable[str]) -> dict[str, Draft]:
    """What is known already of these fingerprints."""
    found: dict[str, Draft] = {}
    with engine.connect() as connection:
        for chunk in _chunks(sorted(set(fingerprints))):
            rows = connection.execute(
                select(forecast_drafts.c.fingerprint, forecast_drafts.c.draft).where(
                    forecast_drafts.c.fingerprint.in_(chunk)
                )
            )
            found |= {row.fingerprint: _unpacked(row.draft) for row in rows}
    return found


def store_drafts(engine: Engine, run: Run, drafts: Mapping[str, Draft]) -> None:
    """Keeps what was worked out just now; RunRefused where another run does this one's work."""
    with writing(engine) as connection:
        need_running(connection, run)
        known = set(
            connection.scalars(
                select(forecast_drafts.c.fingerprint).where(
                    forecast_drafts.c.fingerprint.in_(list(drafts))
                )
            )
        )
        rows = [
            {"fingerprint": each, "refresh_id": run.refresh_id, "draft": _packed(draft)}
            for each, draft in drafts.items()
            if each not in known
        ]
        if rows:
            connection.execute(insert(forecast_drafts), rows)


def replace_forecasts(
    engine: Engine,
    run: Run,
    tables: Mapping[str, Rows],
    used: Iterable[str],
    facts: Mapping[str, Any],
    details: Mapping[str, Any],
    written: Callable[[int], None],
) -> None:
    """`tables` has the columns of each of RESULTS by its name; `used` are the fingerprints whose
    drafts are kept for the next run."""
    with replacing(engine, forecasts.name) as connection:
        for table in reversed(RESULTS):
            connection.execute(delete(table))
        for table in RESULTS:
            if rows_in(tables[table.name]):
                load(connection, table, tables[table.name], written)
        _keep_drafts(connection, run, sorted(set(used)))
        finish_run(connection, run, rows_in(tables[forecasts.name]), facts, details)


def empty_rows(table: Table) -> Rows:
    return {column.name: np.array([], dtype=object) for column in table.columns}


def _keep_drafts(connection: Connection, run: Run, used: Sequence[str]) -> None:
    for chunk in _chunks(used):
        connection.execute(
            update(forecast_drafts)
            .where(forecast_drafts.c.fingerprint.in_(chunk))
            .values(refresh_id=run.refresh_id)
        )
    connection.execute(
        delete(forecast_drafts).where(forecast_drafts.c.refresh_id != run.refresh_id)
    )


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[first : first + _AT_ONCE] for first in range(0, len(values), _AT_ONCE))


def _packed(draft: Draft) -> str:
    return base64.b64encode(zlib.compress(json.dumps(draft).encode(), 6)).decode()


def _unpacked(text: str) -> Draft:
    draft: Draft = json.loads(zlib.decompress(base64.b64decode(text)))
    return draft
