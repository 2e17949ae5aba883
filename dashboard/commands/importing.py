"""Import another system's rows (a database, CSV or XLSX files) through a mapping file."""

from __future__ import annotations

import argparse
import json
import sys

from sqlalchemy.exc import OperationalError
from tqdm import tqdm

from dashboard.formats import money, number
from dashboard.settings import settings
from dashboard.texts import N_, _, _n, in_a_row
from data_access.database import Database, connect
from data_access.importing import (
    ImportRefused,
    ImportReport,
    import_source,
    open_source,
    read_mapping,
    shipped_names,
)
from data_access.schema import (
    has_schema,
    read_properties,
    schema_is_current,
    upgrade_schema,
)

SHOWN_REFUSALS = 20

_COUNTS = (
    ("new", N_("new")),
    ("changed", N_("changed")),
    ("unchanged", N_("unchanged")),
    ("refused", N_("refused")),
    ("existing", N_("there already")),
    ("gone", N_("gone from the source, kept")),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", help="a database URL, a SQLite file, a CSV or XLSX file, or a folder of them"
    )
    parser.add_argument(
        "--mapping",
        required=True,
        metavar="FILE|NAME",
        help=f"a TOML file, or one of {', '.join(shipped_names())}",
    )
    parser.add_argument("--dry-run", action="store_true", help="report, and write nothing")
    parser.add_argument(
        "--allow-refused", action="store_true", help="leave refused rows out instead of stopping"
    )
    parser.add_argument(
        "--source",
        dest="source_name",
        metavar="NAME",
        help="remember the rows under this name instead of the mapping's",
    )
    parser.add_argument("--database", metavar="URL", help="instead of CRM_DATABASE_URL")
    parser.add_argument("--encoding", help="of CSV files, when it is not found rightly")
    parser.add_argument("--delimiter", help="of CSV files, when it is not found rightly")
    parser.add_argument("--json", action="store_true", help="the whole report as JSON")


def run(arguments: argparse.Namespace) -> int:
    mapping = read_mapping(arguments.mapping)
    database = _database(arguments.database or settings().database_url)
    try:
        source = open_source(
            arguments.source,
            encoding=arguments.encoding,
            delimiter="\t" if arguments.delimiter in ("\\t", "tab") else arguments.delimiter,
        )
        try:
            with tqdm(unit=" rows", unit_scale=True, disable=None, file=sys.stderr) as bar:
                report = import_source(
                    database,
                    source,
                    mapping,
                    source_name=arguments.source_name,
                    is_dry_run=arguments.dry_run,
                    allow_refused=arguments.allow_refused,
                    progress=lambda phase, table, rows: _advance(bar, phase, table, rows),
                )
        finally:
            source.close()
    finally:
        database.dispose()
    return _tell(report, arguments)


def _database(url: str) -> Database:
    database = connect(url)
    try:
        if not has_schema(database.writer) or not schema_is_current(database.writer):
            upgrade_schema(database.writer, time_zone=settings().time_zone)
    except OperationalError as error:
        database.dispose()
        raise ImportRefused("not_written", detail=str(error.orig).splitlines()[0]) from error
    if read_properties(database.record).get("demo") == "1":
        database.dispose()
        raise ImportRefused("demo_database")
    return database


def _advance(bar: tqdm[None], phase: str, table: str, rows: int) -> None:
    doing = _("reading {table}", table=table) if phase == "read" else ""
    bar.set_description(doing or _("writing {table}", table=table), refresh=False)
    bar.update(rows)


def _tell(report: ImportReport, arguments: argparse.Namespace) -> int:
    is_stopped = bool(report.refused) and not arguments.allow_refused
    if arguments.json:
        _print(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        for line in _lines(report):
            _print(line)
        if report.is_dry_run or not is_stopped:
            _print(_outcome(report))
    if is_stopped and not report.is_dry_run:
        raise ImportRefused("rows_refused", count=len(report.refused))
    return 1 if is_stopped else 0


def _lines(report: ImportReport) -> list[str]:
    lines = []
    for file in report.files:
        layout = (
            _(
                "encoding {encoding}, delimiter {delimiter}",
                encoding=file.encoding,
                delimiter="tab" if file.delimiter == "\t" else file.delimiter,
            )
            if file.encoding
            else _("workbook")
        )
        rows = _n("{n} row", "{n} rows", file.rows)
        first = " | ".join(cell or "" for cell in file.first_row)[:100]
        lines.append(f"{file.file}: {layout}, {rows}; {_('first row')}: {first}")
        if file.unused:
            names = ", ".join(file.unused)
            lines.append(_("{file}: not imported: {names}", file=file.file, names=names))
    for counts in report.counts:
        parts = [
            f"{number(getattr(counts, name))} {_(words)}"
            for name, words in _COUNTS
            if getattr(counts, name)
        ]
        lines.append(f"{counts.table}: {', '.join(parts) or _('no rows')}")
    lines += _refusals(report)
    for totals in report.totals:
        lines.append(
            _(
                "{source}, {currency}: {orders}, {lines}, gross sales {gross}, net sales {net}",
                source=report.source,
                currency=totals.currency,
                orders=_n("{n} order", "{n} orders", totals.orders),
                lines=_n("{n} line", "{n} lines", totals.lines),
                gross=money(totals.gross_sales, totals.currency),
                net=money(totals.net_sales, totals.currency),
            )
        )
    return lines


def _refusals(report: ImportReport) -> list[str]:
    lines = [
        _(
            "refused: {file}, row {row}{table}: {reason}",
            file=refused.file,
            row=refused.row,
            table=f" ({refused.table} {refused.source_id or ''})".replace(" )", ")")
            if refused.table
            else "",
            reason=_(refused.reason.message, **refused.reason.values),
        )
        for refused in report.refused[:SHOWN_REFUSALS]
    ]
    hidden = len(report.refused) - len(lines)
    if hidden > 0:
        lines.append(_("… and {count} more; --json lists all", count=number(hidden)))
    return lines


def _outcome(report: ImportReport) -> str:
    if report.is_dry_run:
        return _("Dry run: nothing was written.")
    if report.is_written:
        advice = _("Run python -m dashboard refresh to bring the customer pages up to date.")
        return in_a_row((_("Imported."), advice))
    return _("Nothing to import: everything is as it was.")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
