"""Opens what a person names as the source of an import: a database, files, or a folder."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL

from data_access.importing.databases import DatabaseSource, read_url
from data_access.importing.files import FileSource, is_importable
from data_access.importing.refusals import ImportRefused
from data_access.importing.source_tables import Source


def open_source(
    source: str, *, encoding: str | None = None, delimiter: str | None = None
) -> Source:
    """A source for a SQLAlchemy URL, a SQLite file, a CSV or XLSX file, or a folder of those."""
    if "://" in source:
        return DatabaseSource(read_url(source))
    path = Path(source)
    try:
        if path.is_dir():
            paths = sorted(child for child in path.iterdir() if is_importable(child))
            if not paths:
                raise ImportRefused("empty_folder", source=source)
            return FileSource(paths, encoding, delimiter)
        if not path.is_file():
            raise ImportRefused("no_such_source", source=source)
        with path.open("rb") as file:
            is_sqlite = file.read(16) == b"SQLite format 3\0"
    except OSError as error:
        raise ImportRefused("no_such_source", source=source) from error
    if is_sqlite:
        query = {"mode": "ro", "uri": "true"}
        database = f"file:{path.resolve()}"
        return DatabaseSource(URL.create("sqlite", database=database, query=query))
    return FileSource([path], encoding, delimiter)
