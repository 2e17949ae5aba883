"""`make texts`: brings the catalogues in step with the sentences in the code.

Sentences are the constants given to `_`, `_n` and `N_`, and the `messages` of refusals. A .po file
is written sorted, without places and dates, so a change of text is all that a diff shows.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from dashboard.texts import LANGUAGES, LOCALES

ROOT = Path(__file__).parents[2]
FOLDERS = ("dashboard", "pages", "data_access")
# Header lines that are dates, or places that we do not have.
_LEFT_OUT = ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Generated-By",
             "Project-Id-Version", "Report-Msgid-Bugs-To", "Language-Team")  # fmt: skip
_HEADER = "# The sentences of OrderScope: edit msgstr here, run `make texts` after changing code."

Message = str | tuple[str, str]


def messages_of(tree: ast.AST) -> Iterator[Message]:
    """Every message id in one parsed file; a plural one is a pair."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _marked(node)
        elif isinstance(node, ast.ClassDef):
            yield from _refusals(node)


def messages_in(root: Path = ROOT) -> set[Message]:
    """Every message id in the code."""
    return {
        message
        for folder in FOLDERS
        for path in (root / folder).rglob("*.py")
        for message in messages_of(ast.parse(path.read_text("utf-8")))
    }


def template(root: Path = ROOT) -> Catalog:
    catalog = Catalog(charset="utf-8")
    for message in messages_in(root):
        catalog.add(message)
    return catalog


def updated(code: str, fresh: Catalog) -> bytes:
    """The catalogue of a language with the messages of `fresh`, translations kept."""
    path = po_file(code)
    catalog = Catalog(locale=code, project="OrderScope", charset="utf-8", fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=code)
    catalog.update(fresh, no_fuzzy_matching=True, update_creation_date=False)
    catalog.header_comment = _HEADER
    written = BytesIO()
    write_po(written, catalog, width=100, sort_output=True, ignore_obsolete=True, no_location=True)
    lines = written.getvalue().splitlines(keepends=True)
    left_out = tuple(f'"{name}:'.encode() for name in _LEFT_OUT)
    return b"".join(line for line in lines if not line.startswith(left_out)).rstrip() + b"\n"


def po_file(code: str) -> Path:
    return LOCALES / code / "LC_MESSAGES" / "orderscope.po"


def untranslated(code: str) -> list[str]:
    with po_file(code).open("rb") as file:
        catalog = read_po(file, locale=code)
    return [
        str(message.id)
        for message in catalog
        if message.id and (message.fuzzy or not all(_strings(message.string)))
    ]


def main() -> int:
    """Writes every catalogue; says what is still to be translated."""
    fresh = template()
    for code in LANGUAGES:
        po_file(code).parent.mkdir(parents=True, exist_ok=True)
        po_file(code).write_bytes(updated(code, fresh))
        missing = [] if code == "en" else untranslated(code)
        sys.stdout.write(f"{code}: {len(fresh)} sentences, {len(missing)} not translated\n")
        for message in missing:
            sys.stdout.write(f"  {message}\n")
    return 0


def _marked(call: ast.Call) -> Iterator[Message]:
    name = getattr(call.func, "id", None) or getattr(call.func, "attr", None)
    words = [
        argument.value
        for argument in call.args[:2]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    if name in ("_", "N_") and words:
        yield words[0]
    elif name == "_n" and len(words) == 2:
        yield (words[0], words[1])


def _refusals(node: ast.ClassDef) -> Iterator[Message]:
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        named = any(isinstance(target, ast.Name) and target.id == "messages" for target in targets)
        if named and isinstance(value, ast.Dict):
            for text in value.values:
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield text.value


def _strings(string: object) -> tuple[object, ...]:
    return string if isinstance(string, tuple | list) and string else (string,)  # type: ignore[return-value]


if __name__ == "__main__":
    sys.exit(main())
