"""Files that the app hands out, read again; and the download buttons of a page in AppTest."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook
from streamlit.runtime.media_file_manager import MediaFileManager

MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Read:
    """A file as a spreadsheet shows it; every cell of CSV is text."""

    titles: list[str]
    rows: list[list[Any]]
    facts: dict[str, Any]

    def column(self, title: str) -> list[Any]:
        return [row[self.titles.index(title)] for row in self.rows]


def read_csv(content: bytes) -> Read:
    assert content.startswith(MARK)
    lines = list(csv.reader(StringIO(content[len(MARK) :].decode("utf-8"), newline="")))
    end = lines.index([])
    return Read(lines[0], lines[1:end], {line[0]: line[1] for line in lines[end + 1 :]})


def read_xlsx(content: bytes) -> Read:
    book = load_workbook(BytesIO(content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    table, about = ([list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book)
    return Read(table[0], table[1:], {row[0]: row[1] for row in about})


class Buttons(dict[str, Callable[[], bytes]]):
    """file name → what makes the file: the download buttons that pages have drawn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        register = MediaFileManager.add_deferred

        def keep(manager: Any, make: Any, *arguments: Any, **named: Any) -> str:
            self[named["file_name"]] = make
            return register(manager, make, *arguments, **named)

        monkeypatch.setattr(MediaFileManager, "add_deferred", keep)

    def click(self, name: str, ending: str = "csv") -> bytes:
        """What the browser gets for a click on the button of this list."""
        (make,) = (
            make
            for file_name, make in self.items()
            if file_name.startswith(f"{name}-") and file_name.endswith(ending)
        )
        return make()
