"""Why an import, or one row of it, is refused."""

from __future__ import annotations

from typing import ClassVar

from data_access.errors import Refused


class MappingRefused(Refused):
    """The mapping file cannot be used; the sentence names its table and key."""

    messages: ClassVar[dict[str, str]] = {
        "unreadable": "The mapping {file} cannot be read: {detail}.",
        "unknown_name": "There is no mapping {name}. Shipped are {names}; or name a TOML file.",
        "unknown_key": "The mapping's {where} has an unknown key {key}.",
        "wrong_kind": "The mapping's {where} must be {kind}.",
        "no_source": 'The mapping names no source: add source = "a short name" at its top.',
        "no_tables": "The mapping has no tables.",
        "unknown_table": "The mapping's {where} is not a table that can be imported. Known are"
        " {names}.",
        "unknown_column": "The mapping's {where} is not a column that can be imported. Known are"
        " {names}.",
        "missing_column": "The mapping's {where} has no column {column}, which every row needs.",
        "day_and_moment": "The mapping's {where} has both {day} and {moment}, which must not"
        " disagree: keep one, the other follows from it.",
        "one_origin": "The mapping's {where} needs exactly one of from, select and rows.",
        "no_id": "The mapping's {where} has no id: say which column identifies a row.",
        "one_way": "The mapping's {where} needs exactly one of column, sql and value.",
        "needs_lookup": "The mapping's {where} must be a lookup in {table}.",
        "wrong_lookup": "The mapping's {where} looks up {found}, but refers to {table}.",
        "lookup_unmapped": "The mapping's {where} looks up {table}, which the mapping does not"
        ' fill. Add tables.{table}, or by = "a unique column" to find rows that are there.',
        "lookup_by": "The mapping's {where} cannot look up by {column}. Unique columns are"
        " {names}.",
        "bad_value": "The mapping's {where} has the value {value}, which is refused: {detail}",
        "zone": "The mapping's time_zone {found} is not a time zone such as Europe/London.",
    }


class ImportRefused(Refused):
    """Nothing was imported. Where it is one file's fault, `values` has its `file` and `row`."""

    messages: ClassVar[dict[str, str]] = {
        "demo_database": "This is a demo database, whose passwords everybody knows. Import into"
        " another one: set CRM_DATABASE_URL.",
        "no_such_source": "There is no file, folder or database {source}.",
        "empty_folder": "The folder {source} holds no CSV or XLSX file.",
        "unknown_kind": "{file} is not a kind of file that can be imported. Use CSV, CSV.GZ, XLSX"
        " or a database.",
        "unreachable": "The database {source} cannot be read: {detail}",
        "no_driver": "No driver is installed for {source} databases.",
        "same_name": "{file} and {other} would both be the table {table}. Rename one.",
        "no_table": "{where}: the source has no table or file {table}. It has {names}.",
        "nothing_mapped": "The source has none of the mapping's tables: {names}.",
        "no_column": "{where}: the source's {table} has no column {column}. It has {names}.",
        "failed_sql": "{where}: the source cannot answer: {detail}",
        "empty_file": "{file}, row {row}: the file is empty.",
        "unknown_encoding": "{file}, row {row}: the text is neither UTF-8, UTF-16 nor GB18030."
        " Name its encoding with --encoding.",
        "doubtful_encoding": "{file}, row {row}: the text may be GB18030 or a Western encoding."
        " Name it with --encoding, such as --encoding gb18030 or --encoding cp1252.",
        "no_such_encoding": "{encoding} is not a text encoding.",
        "wrong_encoding": "{file}, row {row}: the text is not {encoding}.",
        "wrong_delimiter": "The delimiter must be one character, not {delimiter}.",
        "header_twice": "{file}, row {row}: two columns are named {column}.",
        "header_missing": "{file}, row {row}: column {number} has no name.",
        "header_long": "{file}, row {row}: more than {most} columns.",
        "header_reserved": "{file}, row {row}: a column may not be named {column}.",
        "too_large": "{file}, row {row}: more than {most} when unpacked.",
        "too_many_rows": "{file}, row {row}: more than {most} rows. Save the sheet as CSV.",
        "damaged": "{file}, row {row}: the file is damaged or not what its name says.",
        "unsafe_workbook": "{file}, row {row}: the workbook holds XML that no spreadsheet"
        " program writes.",
        "rows_refused": "Nothing was imported: {count} rows are refused. Correct them, or leave"
        " them out with --allow-refused.",
        "changed_meanwhile": "Nothing was imported: the database refused a row of {table}, which"
        " somebody may have changed meanwhile. Try again. ({detail})",
        "not_written": "Nothing was imported: the database could not be written. ({detail})",
    }


class RowRefused(Refused):
    """One row, or one cell of it, cannot be imported. Kept in the report, not raised past it."""

    messages: ClassVar[dict[str, str]] = {
        "ragged": "has {found} fields, the header has {expected}",
        "quote": "has a quotation mark out of place",
        "long_field": "has a field that is too long",
        "formula": "cell {cell} is a formula without a stored result; save the workbook in a"
        " spreadsheet program",
        "error_cell": "cell {cell} holds the error {value}",
        "not_text": "holds a character that cannot be stored",
        "no_id": "has no id",
        "same_id": "has the same id as row {row}",
        "long_id": "has an id longer than {most} characters",
        "shortened_id": "has the id {value}, which a spreadsheet has shortened",
        "required": "{column} is empty",
        "too_long": "{column} is longer than {most} characters",
        "no_number": "{column} is not a number: {value}",
        "no_integer": "{column} is not a whole number: {value}",
        "out_of_range": "{column} is out of range: {value}",
        "no_share": "{column} is not a share from 0 to 1: {value}",
        "no_day": "{column} is not a day: {value}",
        "ambiguous_day": "{column} may be day/month or month/day: {value}; set date_order in the"
        " mapping",
        "no_moment": "{column} is not a moment: {value}",
        "no_truth": "{column} is neither yes nor no: {value}",
        "no_currency": "{column} is not a currency of three letters: {value}",
        "not_one_of": "{column} is not one of {names}: {value}",
        "not_mapped": "{column} has a value the mapping does not know: {value}",
        "unknown_reference": "{column} refers to {value}, which is not in {table}",
        "circle": "{column} refers to the row itself, directly or through others",
        "not_unique": "{column} is already used: {value}",
        "not_unique_here": "{column} is the same as in row {row}: {value}",
        "deleted": "was deleted here after an earlier import",
    }
