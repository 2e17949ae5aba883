"""What `python -m dashboard evaluate recommend` and `evaluate rules` print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import formats
from dashboard.lifetime_report import table_lines
from dashboard.texts import N_, _

METHODS = {
    "popularity": N_("popular products"),
    "frequency": N_("personal frequency"),
    "personal": N_("decayed frequency with popularity"),
    "cosine": N_("item to item (cosine)"),
    "ease": N_("item to item (EASE)"),
    "content": N_("like what was bought"),
    "blend": N_("blend"),
}
_TASKS = {
    "all": N_("all products"),
    "again": N_("buy again: lists of products bought before"),
    "new": N_("new for the customer: lists of products never bought"),
}
_PROTOCOLS = {
    "last_order_out": N_("last order out"),
    "time_cut": N_("learnt until {cut}, measured on what came after"),
}


def report_lines(found: dict[str, Any]) -> list[str]:
    lines = [
        _("{source}: {customers} customers, {orders} orders, {products} products,"
          " {first} to {last}",
          source=found["source"], customers=formats.number(found["customers"]),
          orders=formats.number(found["orders"]), products=formats.number(found["products"]),
          first=found["first"], last=found["last"]),
    ]  # fmt: skip
    if found["rows_left_out"]:
        lines.append(_("left out: {n} rows that miss a customer, an order, a day or a product",
                       n=formats.number(found["rows_left_out"])))  # fmt: skip
    for name, protocol in found["protocols"].items():
        lines += ["", *_protocol(_(_PROTOCOLS[name], cut=protocol["cut"]), protocol, found["k"])]
    return lines


def _protocol(title: str, told: dict[str, Any], k: int) -> list[str]:
    lines = [
        _("{title}: {customers} customers, {tested} measured, {share} of what they ordered was"
          " bought before; weights learnt from {learnt} earlier orders",
          title=title, customers=formats.number(told["customers"]),
          tested=formats.number(told["tested"]), share=formats.rate(told["repeat_share"]),
          learnt=formats.number(told["learnt_from"]))
    ]  # fmt: skip
    for name, task in told["tasks"].items():
        lines += ["", f"{_(_TASKS[name])} ({formats.number(task['customers'])})"]
        lines += _task(task, k) if task["methods"] else [_("nothing to measure")]
    cold = told["cold"]
    if cold["customers"]:
        lines += ["", _("{n} customers who had never ordered, given popular products: recall"
                        " {recall}, NDCG {ndcg}, hit rate {hit}",
                        n=formats.number(cold["customers"]), recall=_number(cold["recall"]),
                        ndcg=_number(cold["ndcg"]), hit=_number(cold["hit"]))]  # fmt: skip
    return lines


def _task(task: dict[str, Any], k: int) -> list[str]:
    header = [
        _("method"), _("recall at {k}", k=k), _("NDCG at {k}", k=k), _("hit rate at {k}", k=k),
        _("repeat"), _("explore"), _("coverage"), _("novelty"), _("diversity"),
        _("NDCG: blend less this (95%)"),
    ]  # fmt: skip
    rows = [
        [
            _(METHODS[name]),
            *(_number(own[each]["mean"]) for each in ("recall", "ndcg", "hit")),
            *(_number(own[each]) for each in ("recall_repeat", "recall_explore", "coverage")),
            _number(own["novelty"], 2),
            _number(own["diversity"], 3),
            _gap(task["differences"].get(name, {}).get("ndcg")),
        ]
        for name, own in task["methods"].items()
    ]
    return table_lines(header, rows)


def _gap(gap: dict[str, float | None] | None) -> str:
    if gap is None or gap["mean"] is None:
        return "–"
    return f"{gap['mean']:+.4f} ({gap['low']:+.4f} … {gap['high']:+.4f})"


def _number(value: float | None, places: int = 4) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def rules_lines(found: dict[str, Any], most: int) -> list[str]:
    lines = [
        _("{source}: {orders} orders, {products} products; at least {least} orders together",
          source=found["source"], orders=formats.number(found["orders"]),
          products=formats.number(found["products"]),
          least=formats.number(found["least_orders"])),
        _("itemsets: {n} ({by_length})", n=formats.number(found["itemset_count"]),
          by_length=_by_length(found["itemsets_by_length"])),
        _("rules: {n} ({by_length}) with a confidence of at least {confidence}",
          n=formats.number(found["rule_count"]),
          by_length=_by_length(found["rules_by_length"]), confidence=found["min_confidence"]),
    ]  # fmt: skip
    if not found["rules"]:
        return lines
    header = [_("rule"), _("together"), _("of"), _("support"), _("confidence"), _("lift"),
              _("95% interval"), _("q-value")]  # fmt: skip
    rows = [_rule(rule) for rule in found["rules"][:most]]
    lines += ["", *table_lines(header, rows)]
    if len(found["rules"]) > most:
        lines.append(_("… and {n} more; --json has all of them",
                       n=formats.number(len(found["rules"]) - most)))  # fmt: skip
    return lines


def _rule(rule: dict[str, Any]) -> Sequence[str]:
    return [
        f"{' + '.join(map(str, rule['if']))} → {' + '.join(map(str, rule['then']))}",
        formats.number(rule["together"]),
        formats.number(rule["if_orders"]),
        f"{rule['support']:.4f}",
        f"{rule['confidence']:.3f}",
        f"{rule['lift']:.2f}",
        f"{rule['lift_low']:.2f} … {rule['lift_high']:.2f}",
        f"{rule['q_value']:.2g}",
    ]


def _by_length(counts: dict[str, int]) -> str:
    return ", ".join(f"{length}: {formats.number(count)}" for length, count in counts.items())
