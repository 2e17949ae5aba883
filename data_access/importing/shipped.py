"""Finds a mapping: a person's TOML file, or one that comes with OrderScope."""

from __future__ import annotations

import tomllib
from pathlib import Path

from data_access.importing.mapping import Mapping
from data_access.importing.parsing import parse_mapping
from data_access.importing.refusals import MappingRefused

SHIPPED = Path(__file__).parent / "mappings"


def shipped_names() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read_mapping(file_or_name: str) -> Mapping:
    """The mapping of a TOML file, or a shipped one by its name."""
    path = Path(file_or_name)
    if not path.suffix and (SHIPPED / f"{file_or_name}.toml").is_file():
        path = SHIPPED / f"{file_or_name}.toml"
    elif not path.is_file():
        names = ", ".join(shipped_names())
        raise MappingRefused("unknown_name", name=file_or_name, names=names)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise MappingRefused("unreadable", file=path.name, detail=error) from error
    return parse_mapping(document)
