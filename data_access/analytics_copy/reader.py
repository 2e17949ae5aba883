"""Reads queries through an Arrow driver, in one transaction, and writes Arrow streams to stdout.

Runs as a process of its own, which imports nothing of ours: `snapshot.py` sends it what to read.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from typing import IO, Any

import pyarrow as pa

BATCH_ROWS = 100_000


def read(job: dict[str, Any], stream: IO[bytes]) -> None:
    """A line of JSON with the row of `job["heading"]`, then each query as one Arrow stream
    without its first `job["skipped"]` rows."""
    with (
        closing(_connection(job["driver"], job["source"])) as connection,
        closing(connection.cursor()) as cursor,
    ):
        if job["driver"] == "sqlite":
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": BATCH_ROWS})
        else:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(job["heading"])
        stream.write(json.dumps(cursor.fetchone()).encode() + b"\n")
        for query in job["queries"]:
            cursor.execute(query)
            _write(cursor.fetch_record_batch(), stream, job["skipped"])
        stream.flush()


def _connection(driver: str, source: str) -> Any:
    if driver == "sqlite":
        from adbc_driver_sqlite.dbapi import connect as connect_sqlite

        return connect_sqlite(source)
    from adbc_driver_postgresql.dbapi import connect as connect_postgresql

    return connect_postgresql(source)


def _write(reader: pa.RecordBatchReader, stream: IO[bytes], skipped: int) -> None:
    with pa.ipc.new_stream(stream, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch.slice(skipped))
            skipped = 0


if __name__ == "__main__":
    read(json.load(sys.stdin), sys.stdout.buffer)
