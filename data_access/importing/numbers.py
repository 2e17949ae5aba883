"""Reads amounts, shares and whole numbers as people write them."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from data_access.columns import ExactDecimal
from data_access.importing.formats import Formats
from data_access.importing.refusals import RowRefused

_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def _number(column: str, text: str, formats: Formats) -> Decimal:
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    negative = plain.startswith("(") and plain.endswith(")")
    plain = plain[1:-1] if negative else plain
    plain = re.sub(r"^([+-]?)\s*[$€£¥]\s*|\s*[元€]$", r"\1", plain).replace("\u00a0", " ")
    if plain[:1] in "+-" and plain:
        negative = negative != (plain[0] == "-")
        plain = plain[1:]
    if formats.decimal_comma:
        plain = plain.translate({ord(","): ".", ord("."): ",", ord(" "): ",", ord("'"): ","})
    whole, dot, fraction = plain.partition(".")
    if "," in whole:
        if not _GROUPED.fullmatch(whole):
            raise RowRefused("no_number", column=column, value=text[:40])
        plain = whole.replace(",", "") + dot + fraction
    if not _NUMBER.fullmatch(plain):
        raise RowRefused("no_number", column=column, value=text[:40])
    number = Decimal(plain)
    return -number if negative else number


def to_decimal(
    column: str, text: str, kind: ExactDecimal, formats: Formats, share: bool
) -> Decimal:
    percent = share and text.rstrip().endswith(("%", "％"))
    number = _number(column, text.rstrip(" %％") if percent else text, formats)
    number = number / 100 if percent else number
    if share and not 0 <= number <= 1:
        raise RowRefused("no_share", column=column, value=text[:40])
    try:
        number = number.quantize(Decimal(1).scaleb(-kind.scale), ROUND_HALF_EVEN)
    except InvalidOperation:
        number = Decimal(10) ** kind.precision
    if abs(number) >= Decimal(10) ** (kind.precision - kind.scale):
        raise RowRefused("out_of_range", column=column, value=text[:40])
    return number + 0  # no negative zero


def to_integer(column: str, text: str, most: int, formats: Formats) -> int:
    try:
        number = _number(column, text, formats)
    except RowRefused as error:
        raise RowRefused("no_integer", column=column, value=text[:40]) from error
    if abs(number) >= most:
        raise RowRefused("out_of_range", column=column, value=text[:40])
    if number != int(number):
        raise RowRefused("no_integer", column=column, value=text[:40])
    return int(number)
