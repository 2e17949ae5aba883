"""The only way a table leaves: asked for anew when somebody takes it, logged, then handed out.

The file is made on Streamlit's side of the download button, outside of any run of the page, so who
is signed in is asked there again, by the session with which the button was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.connection import EngineName, database, engine_and_version
from dashboard.export_files import Facts, sheet_of, to_csv, to_xlsx
from dashboard.saving import told
from dashboard.session import current_token, scope_of_session
from dashboard.tables import Column
from dashboard.texts import N_, _, _n, in_language, language
from dashboard.vocabulary import in_words
from data_access.accounts import utc_now
from data_access.edits.exporting import record_export
from data_access.edits.transaction import new_request_id
from data_access.errors import Refused
from data_access.keyset import MAX_PAGE_SIZE, Cursor, next_page
from data_access.scope import Scope

FileFormat = Literal["csv", "xlsx"]
MOST_ROWS = 100_000
FORMATS: dict[FileFormat, tuple[str, str, str]] = {  # label, media type, icon
    "csv": (N_("CSV file"), "text/csv", ":material/csv:"),
    "xlsx": (
        N_("Excel workbook"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ":material/table_view:",
    ),
}
_REFUSED = "refused_exports"


class ExportRefused(Refused):
    """No file is handed out."""

    messages: ClassVar[dict[str, str]] = {
        "session": "You are no longer signed in. Sign in and export again.",
        "rights": "Your rights have changed meanwhile. Load the page again.",
    }


@dataclass(frozen=True, kw_only=True)
class Export:
    """A list that may leave. `rows(scope, most)` answers the whole list, or its first `most` rows,
    for the person as they are when the file is made."""

    slug: str  # the page it stands on, whose rights it needs
    name: str  # of the list in the log and of the file, a word of `audit.reason`
    columns: Sequence[Column]
    rows: Callable[[Scope, int], pd.DataFrame]
    as_of: date
    currency: str | None = None
    filters: Sequence[str] = ()  # the filter in words
    search: str = ""  # what was searched for: told in the file, not in the log
    left_out: int | None = None  # of a list for contact: customers who refuse it
    for_contact: bool = False  # who refuses (`consent` of the rows) is left out and counted then


def export_menu(export: Export, count: int) -> None:
    """The button that offers the list of `count` rows as a file; of what was refused, it tells."""
    refused: dict[str, Refused] = st.session_state.setdefault(_REFUSED, {})
    refusal = refused.pop(export.name, None)
    with st.popover(
        _("Export"), icon=":material/download:", key=f"export_{export.name}", width="content"
    ):
        if refusal is not None:
            st.error(" ".join(told(refusal)), icon=":material/error:")
        export_buttons(export, count)
    if refusal is not None:
        st.toast(" ".join(told(refusal)), icon=":material/error:")


def title_and_export(export: Export, count: int, title: str) -> None:
    """Above a table of one page: the export next to it and left, since on a phone the table's
    own toolbar lies over whatever is there to the right."""
    st.markdown(title)
    export_menu(export, count)


def export_buttons(export: Export, count: int) -> None:
    """How many rows the file will have, and a button for each format."""
    st.markdown(f":small[{' '.join(_offered(export, count))}]")
    for file_format, (label, media_type, icon) in FORMATS.items():
        st.download_button(
            _(label),
            data=file_maker(export, file_format),
            file_name=f"{export.name}-{export.as_of:%Y-%m-%d}.{file_format}",
            mime=media_type,
            key=f"export_{export.name}_{file_format}",
            icon=icon,
            disabled=count == 0,
            width="stretch",
        )


def file_maker(export: Export, file_format: FileFormat) -> Callable[[], bytes]:
    """What makes the file when it is asked for, for whoever is signed in now with the same session
    as then and the same rights."""
    token, drawn_in = current_token(), language()
    refused: dict[str, Refused] = st.session_state.setdefault(_REFUSED, {})

    def make() -> bytes:
        with in_language(drawn_in):
            try:
                return make_file(export, file_format, token)
            except Refused as refusal:
                refused[export.name] = refusal  # the page tells it when it is drawn next
                raise

    return make


def make_file(export: Export, file_format: FileFormat, token: str | None) -> bytes:
    """The file for the person of this session, after it is in the log that they took it. Refused
    with ExportRefused or NotSaved."""
    scope = scope_of_session(token, export.slug)
    if scope is None:
        raise ExportRefused("session")
    found = export.rows(scope, MOST_ROWS + 1)
    frame, left_out = found.head(MOST_ROWS), export.left_out
    if export.for_contact:
        refuses = frame["consent"] == "refused"
        frame, left_out = frame[~refuses], int(refuses.sum())
    sheet = sheet_of(frame, export.columns, export.currency)
    facts = _facts(export, scope, len(frame), left_out, is_cut=len(found) > MOST_ROWS)
    content = to_csv(sheet, facts) if file_format == "csv" else to_xlsx(sheet, facts)
    record_export(
        database().writer,
        scope,
        export.name,
        file_format=file_format,
        rows=len(frame),
        told="; ".join((*export.filters, *[_("a search")] * bool(export.search))),
        left_out=left_out,
        request_id=new_request_id(),
    )
    return content


def whole_list(
    query: Callable[..., pd.DataFrame],
    *arguments: Any,
    engine: EngineName = "record",
    **named: Any,
) -> Callable[[Scope, int], pd.DataFrame]:
    """`rows` of an Export: all pages of `query(engine, scope, *arguments, after=, limit=, …)`."""

    def rows(scope: Scope, most: int) -> pd.DataFrame:
        chosen, _version = engine_and_version(engine)
        pages: list[pd.DataFrame] = []
        after: Cursor | None = None
        lacking = most
        while lacking > 0 and (not pages or after is not None):
            limit = min(lacking, MAX_PAGE_SIZE)
            page = query(chosen, scope, *arguments, after=after, limit=limit, **named)
            pages.append(page)
            after, lacking = next_page(page), lacking - len(page)
        return pd.concat(pages, ignore_index=True) if len(pages) > 1 else pages[0]

    return rows


def _offered(export: Export, count: int) -> list[str]:
    sentences = [_n("{n} row, as filtered.", "{n} rows, as filtered.", count)]
    if count > MOST_ROWS:
        sentences.append(_("A file holds the first {n}.", n=formats.number(MOST_ROWS)))
    if export.left_out is not None:
        sentences.append(left_out_sentence(export.left_out))
    if export.for_contact:
        sentences.append(_("Who refuses contact is left out; the file says how many."))
    return [*sentences, _("Each export is logged.")]


def left_out_sentence(left_out: int) -> str:
    """How many customers a list for contact leaves out."""
    return _n(
        "{n} customer who refuses contact is left out.",
        "{n} customers who refuse contact are left out.",
        left_out,
    )


def _facts(export: Export, scope: Scope, rows: int, left_out: int | None, *, is_cut: bool) -> Facts:
    filters = [*export.filters]
    if export.search:
        filters.append(_("Search: {words}", words=export.search))
    facts: list[tuple[str, Any]] = [
        (_("List"), in_words("audit.reason", export.name)),
        (_("Filter"), "; ".join(filters) or _("None: everything you may see")),
        (_("Rows"), rows),
    ]
    if is_cut:
        facts.append((_("Not complete"), _("Only the first {n} rows.", n=f"{MOST_ROWS:,}")))
    if left_out is not None:
        facts.append((_("Left out"), left_out_sentence(left_out)))
    return [
        *facts,
        (_("As of"), export.as_of),
        (_("Exported"), utc_now()),
        (_("Exported by"), f"{scope.name} ({scope.username})"),
    ]
