"""Finds a text file's encoding and delimiter. Never falls back on an encoding that accepts
everything: 王伟 read as Latin-1 would be ÍõÎ° without a complaint."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import string
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from data_access.importing.refusals import ImportRefused

DELIMITERS = (",", ";", "\t", "|")
MOST_BYTES = 2 * 1024**3
_BLOCK = 1 << 20
_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_RECORDS = 200

# longest first: the mark of UTF-16-LE begins the one of UTF-32-LE
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GB_FOUR = re.compile(rb"[\x81-\xfe][0-9][\x81-\xfe][0-9]")
_GB_TWO = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked when its name ends in .gz."""
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, errors="strict", newline="")


def find_encoding(path: Path) -> str:
    """The name of the file's encoding; reads the whole file, for one byte can decide."""
    start = next(_blocks(path), b"")
    if not start:
        raise ImportRefused("empty_file", file=path.name, row=1)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    candidates = [marked] if marked else _unmarked(start)
    wrong_at = 1
    for encoding in candidates:
        wrong_at = _first_wrong_line(path, encoding)
        if not wrong_at:
            if encoding == "gb18030" and _looks_western(path):
                raise ImportRefused("doubtful_encoding", file=path.name, row=1)
            if encoding == "utf-8" and _looks_chinese(path):
                return "gb18030"
            return encoding
    if marked:
        raise ImportRefused("wrong_encoding", file=path.name, row=wrong_at, encoding=marked)
    raise ImportRefused("unknown_encoding", file=path.name, row=wrong_at)


def check_encoding(path: Path, encoding: str) -> str:
    """The encoding a person has named, or a refusal with the first line that is not in it."""
    try:
        is_text = codecs.lookup(encoding)._is_text_encoding
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        raise ImportRefused("no_such_encoding", encoding=encoding)
    if next(_blocks(path), b"").startswith(codecs.BOM_UTF8) and encoding.lower() in _UTF_8:
        encoding = "utf-8-sig"
    wrong_at = _first_wrong_line(path, encoding)
    if wrong_at:
        raise ImportRefused("wrong_encoding", file=path.name, row=wrong_at, encoding=encoding)
    return encoding


_UTF_8 = ("utf-8", "utf8", "utf_8")


def find_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that cuts the header and most records into the same number of fields."""
    with open_text(path, encoding) as file:
        sample = file.read(_SAMPLE_CHARACTERS)
        whole = len(sample) < _SAMPLE_CHARACTERS
    scores = {delimiter: _score(sample, delimiter, whole) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > (0.0, 1) else ","


def _unmarked(start: bytes) -> list[str]:
    # Text in a byte encoding holds no zero byte; every separator in UTF-16 does, in one half.
    if b"\0" in start:
        even, odd = start[::2].count(0), start[1::2].count(0)
        return ["utf-16-le" if odd >= even else "utf-16-be"]
    return ["utf-8", "gb18030"]


def _first_wrong_line(path: Path, encoding: str) -> int:
    """0, or the line at which the file stops being text in this encoding."""
    lines = 1
    try:
        decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
        for block in _blocks(path):
            lines += decoder.decode(block).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        seen = getattr(error, "object", b"")[: getattr(error, "start", 0)]
        return lines + bytes(seen).count(b"\n")
    return 0


def _looks_western(path: Path) -> bool:
    """Whether each two-byte character ends in an ASCII letter, as `ü` before a letter would."""
    pairs = western = 0
    for block in _blocks(path):
        rest = _GB_FOUR.sub(b"", block)
        for pair in _GB_TWO.findall(rest):
            pairs += 1
            western += pair[1:].isalpha() and pair[1] < 0x80
        if western < pairs:
            return False
    return pairs > 0


def _looks_chinese(path: Path) -> bool:
    """Whether valid UTF-8 is Chinese by all appearance: 郑谢 in GB18030 happens to be UTF-8 for two
    letters of two scripts. So it is when UTF-8 needs two bytes for each letter (for Chinese it
    needs three), each pair is a common Chinese character, and none a Latin letter in a word. Signs
    such as £, ° and ½ decide nothing: they stand alone in Western text."""
    found, rest = False, b""
    for block in _blocks(path):
        block, rest = _cut_after_ascii(rest + block)
        for run in _HIGH_RUN.finditer(block):
            high, low = run[0][::2], run[0][1::2]
            if len(run[0]) % 2 or max(high) > 0xDF or min(low) < 0xA1:
                return False
            beside = block[max(run.start() - 1, 0) : run.start()] + block[run.end() : run.end() + 1]
            if max(high) <= 0xC5 and any(letter in _LETTERS for letter in beside):
                return False
            found |= max(high) != _OF_SIGNS
    return found


_OF_SIGNS = 0xC2  # the first byte of Latin-1's signs in UTF-8
_LETTERS = string.ascii_letters.encode()
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def _cut_after_ascii(block: bytes) -> tuple[bytes, bytes]:
    """The block without the last, perhaps unfinished word, and that word."""
    end = max(block.rfind(separator) for separator in (b"\n", b",", b";", b"\t", b"|", b" "))
    return (block[: end + 1], block[end + 1 :]) if len(block) >= _BLOCK else (block, b"")


def _blocks(path: Path) -> Iterator[bytes]:
    total = 0
    try:
        with open_bytes(path) as file:
            while block := file.read(_BLOCK):
                total += len(block)
                if total > MOST_BYTES:
                    raise ImportRefused("too_large", file=path.name, row=1, most="2 GiB")
                yield block
    except (OSError, EOFError, zlib.error) as error:
        raise ImportRefused("damaged", file=path.name, row=1) from error


def _score(sample: str, delimiter: str, whole: bool) -> tuple[float, int]:
    """(share of records as wide as the header, width); a one-column reading scores nothing."""
    widths: list[int] = []
    try:
        for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if record:
                widths.append(len(record))
            if len(widths) >= _SAMPLE_RECORDS:
                break
    except csv.Error:
        pass
    if not whole and len(widths) > 1:
        widths.pop()  # cut off in the middle
    if not widths or widths[0] < 2:
        return (0.0, 1)
    return (Counter(widths)[widths[0]] / len(widths), widths[0])
