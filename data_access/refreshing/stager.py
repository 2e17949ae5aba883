"""Puts Arrow streams into the tables of a new SQLite database through an Arrow driver.

Runs as a process of its own, which imports nothing of ours: `staging.py` sends it the rows.
"""

from __future__ import annotations

import sys
from contextlib import closing
from typing import IO

import pyarrow as pa
from adbc_driver_sqlite.dbapi import connect


def stage(path: str, stream: IO[bytes]) -> None:
    """Reads, until nothing comes, a line with the name of a table and the rows that it gets."""
    with (
        closing(connect(path, autocommit=True)) as connection,
        closing(connection.cursor()) as cursor,
    ):
        cursor.execute("PRAGMA journal_mode = OFF")  # it is deleted when it is not whole
        cursor.execute("PRAGMA synchronous = OFF")
        while name := stream.readline().decode().strip():
            with pa.ipc.open_stream(stream) as reader:
                cursor.adbc_ingest(name, reader, mode="create_append")


if __name__ == "__main__":
    stage(sys.argv[1], sys.stdin.buffer)
