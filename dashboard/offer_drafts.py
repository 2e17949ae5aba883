"""A letter that offers a product, in English and in Chinese, whatever the page is in: plain text,
to be changed before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.texts import _, in_a_row, in_language

LANGUAGES = {"draft_en": "en", "draft_zh": "zh_CN"}  # column → language
Line = Mapping[Any, Any]


def add_drafts(lines: pd.DataFrame, sender: str) -> pd.DataFrame:
    """The rows of `list_segment_offers` with draft_en and draft_zh."""
    rows = lines.to_dict("records")
    return lines.assign(
        **{
            column: pd.Series([draft(row, sender, code) for row in rows], lines.index, dtype=object)
            for column, code in LANGUAGES.items()
        }
    )


def draft(line: Line, sender: str, code: str) -> str:
    """The letter to the customer of a row of `list_segment_offers`. Says nothing that the row does
    not: no price where none is seen, no order where there was none."""
    ending = "_zh" if code.startswith("zh") else ""
    with in_language(code):
        said = [_thanks(line, ending), _offer(line, ending), _price(line)]
        return _(
            "Dear {customer},\n\n{said}\n\nShall I put together an order for you?\n\nBest"
            " regards,\n{sender}",
            customer=line[f"customer{ending}"], said=in_a_row(each for each in said if each),
            sender=sender,
        )  # fmt: skip


def _thanks(line: Line, ending: str) -> str:
    last = line[f"last_product{ending}"]
    if _is_missing(last) or _is_missing(line["last_ordered_on"]):
        return ""
    return _("Thank you for your last order: {product}, on {day}.", product=last,
             day=formats.day(line["last_ordered_on"]))  # fmt: skip


def _offer(line: Line, ending: str) -> str:
    product, source = line[f"product{ending}"], line[f"source{ending}"]
    if line["kind"] == "again":
        return _("You have bought {product} before; it may be time for more.", product=product)
    if line["reason"] == "together" and not _is_missing(source):
        return _("Customers who bought {source}, as you did, also chose {product}.", source=source,
                 product=product)  # fmt: skip
    return _("We think that {product} would suit you.", product=product)


def _price(line: Line) -> str:
    if _is_missing(line["list_price"]):
        return ""
    price = formats.money(line["list_price"], line["currency"])
    return _("Its list price is {price}.", price=price)


def _is_missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))
