"""`python -m dashboard evaluate rules`: what is bought together, of any length, by exact counts."""

from __future__ import annotations

import argparse
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from dashboard.commands.evaluate_recommend import add_usual_arguments, read_lines
from data_access.errors import Refused
from data_access.importing.lines_file import OF_ORDERS

CONFIDENCE = "0.2"
FEWEST_TOGETHER = 10  # orders, where no support is asked for
USUAL_SHARE = Fraction(1, 1000)
SHOWN = 30


class RulesRefused(Refused):
    messages: ClassVar[dict[str, str]] = {
        "no_orders": "There are no orders to learn from.",
        "many": "More than {most} itemsets are held by at least {least} orders. Ask for a larger"
        " --min-support.",
    }


def add_rules_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="FILE",
        help="CSV or XLSX with order_id and product_id (and customer_id, if orders are numbered by"
        " customer) instead of the CRM database",
    )  # fmt: skip
    parser.add_argument(
        "--min-support", type=_support, metavar="S",
        help="the share of orders that hold an itemset, such as 0.01 or 1%%, or their number, such"
        f" as 25 (default: a thousandth and at least {FEWEST_TOGETHER} orders)",
    )  # fmt: skip
    parser.add_argument(
        "--min-confidence", type=_confidence, default=CONFIDENCE, metavar="C",
        help="the least share of orders with the left side that have the right side too (default:"
        " %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--longest-right", type=_number, default=1, metavar="N",
        help="how many products a rule may lead to (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--itemsets", action="store_true", help="with --json: the itemsets too")
    parser.add_argument("--top", type=_number, default=SHOWN, metavar="N",
                        help="how many rules are printed (default: %(default)s)")  # fmt: skip
    add_usual_arguments(parser)


def run_rules(arguments: argparse.Namespace) -> int:
    from dashboard.analytics.recommending.itemsets import (
        TooManySetsError,
        find_itemsets,
        least_orders,
        read_held,
    )
    from dashboard.analytics.recommending.rules import make_rules
    from dashboard.offers_report import rules_lines

    lines, _attributes, source = read_lines(arguments, OF_ORDERS)
    if not len(lines):
        raise RulesRefused("no_orders")
    held = read_held(lines)
    support = arguments.min_support
    least = (
        least_orders(support, held.orders)
        if support
        else max(FEWEST_TOGETHER, least_orders(str(USUAL_SHARE), held.orders))
    )
    try:
        itemsets = find_itemsets(held, least)
    except TooManySetsError as many:
        raise RulesRefused("many", most=many.args[0], least=least) from None
    rules = make_rules(
        itemsets, held.orders, Fraction(arguments.min_confidence),
        longest_right=arguments.longest_right,
    )  # fmt: skip
    names = held.product_ids.tolist()
    found: dict[str, Any] = {
        **source,
        "orders": held.orders,
        "products": len(names),
        "min_support": support,
        "least_orders": least,
        "min_confidence": arguments.min_confidence,
        "itemset_count": len(itemsets),
        "itemsets_by_length": _by_length(map(len, itemsets)),
        "rule_count": len(rules),
        "rules_by_length": _by_length(
            len(left) + len(right)
            for left, right in zip(rules["antecedent"], rules["consequent"], strict=True)
        ),
        "rules": _told(rules, names),
    }
    if arguments.itemsets:
        found["itemsets"] = [
            {"products": [names[item] for item in items], "orders": count,
             "support": count / held.orders}
            for items, count in sorted(itemsets.items(), key=lambda each: (len(each[0]), each))
        ]  # fmt: skip
    if arguments.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
    else:
        sys.stdout.write("\n".join(rules_lines(found, arguments.top)) + "\n")
    return 0


def _told(rules: pd.DataFrame, names: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "if": [names[item] for item in rule["antecedent"]],
            "then": [names[item] for item in rule["consequent"]],
            "together": rule["together"],
            "if_orders": rule["antecedent_orders"],
            "then_orders": rule["consequent_orders"],
            **{name: rule[name] for name in ("support", "confidence", "lift", "lift_low",
                                             "lift_high", "p_value", "q_value")},
        }
        for rule in rules.to_dict("records")
    ]  # fmt: skip


def _by_length(lengths: Any) -> dict[str, int]:
    counted = pd.Series(list(lengths), dtype="int64").value_counts().sort_index()
    return {str(length): int(count) for length, count in counted.items()}


def _support(text: str) -> str:
    from dashboard.analytics.recommending.itemsets import least_orders

    try:
        least_orders(text, 1)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(
            "a share above 0 and at most 1 (0.01, 1%), or a number of orders"
        ) from None
    return text


def _confidence(text: str) -> str:
    try:
        share = Fraction(text)
    except (ValueError, ZeroDivisionError):
        share = Fraction(-1)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("a share from 0 to 1")
    return text


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("a number from 1 to 1000")
    return int(text)
