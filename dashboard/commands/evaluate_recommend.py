"""`python -m dashboard evaluate recommend`: what would have been offered, and what was ordered."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from dashboard.settings import settings
from dashboard.texts import _
from data_access.database import connect
from data_access.errors import Refused
from data_access.importing.lines_file import OF_CUSTOMERS, OF_ORDERS, read_lines_file
from data_access.purchasing import read_attributes, read_bought_lines
from data_access.schema import need_schema

SEED = 7
MOST_K = 100


class RecommendEvaluationRefused(Refused):
    messages: ClassVar[dict[str, str]] = {
        "no_orders": "There are no orders to learn from.",
        "no_repeats": "No customer has two orders, so nothing can be held back: {customers}"
        " customers, {orders} orders.",
        "cut": "The cut must lie between the first and the last order ({first} and {last}), with"
        " a customer who ordered before and after; {cut} does not.",
        "cut_word": "--cut must be {needed}, not {cut}.",
    }


def add_recommend_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="FILE",
        help="CSV or XLSX with customer_id, order_id, ordered_on (day or running number) and"
        " product_id instead of the CRM database; category, supplier, price and name of the"
        " product are used where they are there",
    )  # fmt: skip
    parser.add_argument("--k", type=_length, default=10, metavar="K",
                        help="how long the lists are (default: %(default)s)")  # fmt: skip
    parser.add_argument(
        "--cut", metavar="DATE",
        help="the last day (or number) that the global time cut learns from (default: what leaves"
        " the last tenth of the orders)",
    )  # fmt: skip
    add_usual_arguments(parser)
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help="of what is drawn")
    parser.add_argument(
        "--date-order", choices=["dmy", "mdy"], help="of days such as 3/4/2025 in the file"
    )


def add_usual_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.add_argument("--database", metavar="URL", help="instead of CRM_DATABASE_URL")
    parser.add_argument("--encoding", help="of the file, when it is not found rightly")
    parser.add_argument("--delimiter", help="of the file, when it is not found rightly")


def run_recommend(arguments: argparse.Namespace) -> int:
    from dashboard.analytics.recommending import evaluation  # loads scipy
    from dashboard.analytics.recommending.baskets import read_baskets
    from dashboard.offers_report import report_lines

    lines, attributes, source = read_lines(arguments, OF_CUSTOMERS)
    if not len(lines):
        raise RecommendEvaluationRefused("no_orders")
    baskets = read_baskets(lines)
    last_orders = evaluation.split_last_orders(baskets)
    orders = int(baskets.orders_of.sum())
    if not last_orders.truth.nnz:
        raise RecommendEvaluationRefused(
            "no_repeats", customers=len(baskets.customer_ids), orders=orders
        )
    splits = [last_orders]
    cut = _cut(arguments.cut, lines["ordered_on"], evaluation.usual_cut(baskets))
    if cut is not None:
        at_cut = evaluation.split_at(baskets, cut)
        if _has_tested(at_cut):
            splits.append(at_cut)
        elif arguments.cut:
            first, last = lines["ordered_on"].min(), lines["ordered_on"].max()
            raise RecommendEvaluationRefused(
                "cut", cut=arguments.cut, first=_told(first), last=_told(last)
            )
    content_of = content_source(baskets.product_ids, attributes)
    found = {
        **source,
        "customers": len(baskets.customer_ids),
        "orders": orders,
        "products": len(baskets.product_ids),
        "first": _told(lines["ordered_on"].min()),
        "last": _told(lines["ordered_on"].max()),
        "k": arguments.k,
        "default": evaluation.DEFAULT,
        "protocols": {
            split.name: {
                "cut": None if split.cut is None else _cut_told(split.cut, lines["ordered_on"]),
                **evaluation.evaluate(
                    baskets, split, k=arguments.k, seed=arguments.seed, content_of=content_of
                ),
            }
            for split in splits
        },
    }
    if arguments.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
    else:
        sys.stdout.write("\n".join(report_lines(found)) + "\n")
    return 0


def read_lines(
    arguments: argparse.Namespace, columns: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """The lines of a file or of the database with these columns, what is known of the products,
    and what to tell of the source."""
    if arguments.data:
        file = read_lines_file(
            arguments.data, columns=columns, encoding=arguments.encoding,
            delimiter="\t" if arguments.delimiter in ("\\t", "tab") else arguments.delimiter,
            date_order=getattr(arguments, "date_order", None),
        )  # fmt: skip
        told = {"source": arguments.data.name, "rows": file.rows, "rows_left_out": file.left_out}
        return file.lines, file.attributes, told
    database = connect(arguments.database or settings().database_url)
    try:
        need_schema(database.record)
        lines = read_bought_lines(database.record)
        attributes = read_attributes(database.record)
    finally:
        database.dispose()
    known = lines if columns == OF_ORDERS else lines[lines["customer_id"].notna()]
    told = {"source": _("the CRM database"), "rows": len(lines),
            "rows_left_out": len(lines) - len(known)}  # fmt: skip
    return known.reset_index(drop=True), attributes, told


def content_source(product_ids: Any, attributes: pd.DataFrame) -> Callable[[Any], Any] | None:
    """How alike products are, by their places; None where nothing is known of them."""
    from dashboard.analytics.recommending.similarity import content

    known = [name for name in ("category", "supplier", "price", "name") if name in attributes]
    if not known or not attributes[known].notna().any().any():
        return None
    facts = attributes.set_index("product_id")[known].reindex(product_ids).reset_index(drop=True)
    if "price" in facts:
        facts["price"] = facts["price"].astype("float64")
    return lambda places: content(facts.iloc[places].reset_index(drop=True))


def _has_tested(split: Any) -> bool:
    before = np.bincount(split.learnt.customer, minlength=split.truth.shape[0]) > 0
    return bool((before & (np.diff(split.truth.indptr) > 0)).any())


def _cut(word: str | None, when: pd.Series, usual: float | None) -> float | None:
    if word is None:
        return usual
    from dashboard.analytics.recommending.baskets import as_numbers

    try:
        if pd.api.types.is_numeric_dtype(when):
            return float(word)
        return float(as_numbers(pd.Series([pd.Timestamp(word)]))[0])
    except ValueError:
        needed = _("a number") if pd.api.types.is_numeric_dtype(when) else _("a day")
        raise RecommendEvaluationRefused("cut_word", cut=word, needed=needed) from None


def _cut_told(cut: float, when: pd.Series) -> Any:
    if pd.api.types.is_numeric_dtype(when):
        return int(cut) if cut == int(cut) else cut
    return _told(pd.Timestamp(0) + pd.Timedelta(days=cut))


def _told(when: Any) -> Any:
    if isinstance(when, float | int | np.number):
        return int(when) if when == int(when) else float(when)
    return str(when)[:10]


def _length(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_K:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_K}")
    return int(text)
