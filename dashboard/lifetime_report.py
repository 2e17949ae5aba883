"""What `python -m dashboard evaluate lifetime` prints: a table for each question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import formats
from dashboard.texts import N_, _

MODEL_NAMES = {
    "bg_nbd": "BG/NBD",
    "mbg_nbd": "MBG/NBD",
    "pareto_nbd": "Pareto/NBD",
    "mbg_cnbd": "MBG/CNBD",
}
_RIVALS = {
    "score": N_("silence score"),
    "model": N_("the model alone"),
    "recency": N_("time since the last order"),
    "alive": N_("1 − P(alive)"),
}


def report_lines(found: dict[str, Any]) -> list[str]:
    return [
        *_about(found),
        "",
        *_models(found),
        "",
        *_silence(found),
        "",
        *_spending(found),
    ]


def model_name(name: str, stages: int) -> str:
    return f"{MODEL_NAMES[name]}-{stages}" if stages > 1 else MODEL_NAMES[name]


def _about(found: dict[str, Any]) -> list[str]:
    lines = [
        _("{source}: {orders} rows, {first} to {last}",
          source=found["source"], orders=formats.number(found["rows"]),
          first=found["first_day"], last=found["last_day"]),
        _("learnt until {end}: {customers} customers, {repeaters} of whom ordered again, "
          "{orders} orders; foretold {days} days",
          end=found["calibration_end"], customers=formats.number(found["customers"]),
          repeaters=formats.number(found["repeaters"]), orders=formats.number(found["orders"]),
          days=found["horizon_days"]),
    ]  # fmt: skip
    left_out = found["rows_without_customer"] + found["rows_without_day"]
    if left_out:
        lines.append(_("left out: {n} rows without a customer or a day",
                       n=formats.number(left_out)))  # fmt: skip
    if found["rows_without_value"]:
        lines.append(_("without a value, counted as orders of nothing: {n} rows",
                       n=formats.number(found["rows_without_value"])))  # fmt: skip
    regularity = found["regularity"]
    if regularity is not None:
        lines.append(_("regularity of the gaps (Wheat–Morrison; 1 is chance): {k}",
                       k=formats.number(regularity, 2)))  # fmt: skip
    return lines


def _models(found: dict[str, Any]) -> list[str]:
    header = [_("model (time in weeks)"), _("parameters"), _("log-likelihood"),
              _("expected orders"), _("bias"), "AUC", "Brier", "ECE"]  # fmt: skip
    rows = [
        [
            f"{model_name(model['name'], model['stages'])}{' *' if model['is_chosen'] else ''}",
            "  ".join(f"{name} {value:.4f}" for name, value in model["parameters"].items()),
            f"{model['log_likelihood']:,.2f}",
            formats.number(model["expected_orders"]),
            _share(model["bias"]),
            *(_score(model[name]) for name in ("auc", "brier", "ece")),
        ]
        for model in found["models"]
    ]
    told = found["silence"]
    chosen = _("* chosen; its expected orders, set right by earlier days: {n} ({bias}), "
               "actual {actual}",
               n=formats.number(told["expected_orders"]), bias=_share(told["bias"]),
               actual=formats.number(told["actual_orders"]))  # fmt: skip
    return [*table_lines(header, rows), chosen]


def _silence(found: dict[str, Any]) -> list[str]:
    told = found["silence"]
    header = [_("no order in {days} days ({share} of {n})", days=told["horizon_days"],
                share=formats.rate(told["silent_rate"]), n=formats.number(told["customers"])),
              "AUC", "Brier", "ECE", _("lift of the first tenth")]  # fmt: skip
    rows = [
        [_(_RIVALS[name]), *(_score(scores[each]) for each in ("auc", "brier", "ece")),
         _score(scores["lift"], 2)]
        for name, scores in told["scores"].items()
    ]  # fmt: skip
    lines = table_lines(header, rows)
    for other, words in (("recency", _("time since the last order")),
                         ("model", _("the model alone"))):  # fmt: skip
        gap = told["differences"][f"score_minus_{other}"]
        lines.append(_("score less {other}: AUC {auc}, Brier {brier} (95%)", other=words,
                       auc=_interval(gap["auc"]), brier=_interval(gap["brier"])))  # fmt: skip
    if not told["is_stacked"]:
        lines.append(_("Too little history to learn how far to believe the model: the score is "
                       "the model's."))  # fmt: skip
    return lines


def _spending(found: dict[str, Any]) -> list[str]:
    spend, value = found["gamma_gamma"], found["value"]
    if not spend["is_fitted"]:
        fitted = _("Gamma-Gamma: not fitted, since the values do not differ or too few have one")
    else:
        fitted = _("Gamma-Gamma of {n} repeat customers: p {p}  q {q}  v {v}  "
                   "log-likelihood {likelihood}; correlation with the number of orders {related}",
                   n=formats.number(spend["customers"]), p=f"{spend['p']:.4f}",
                   q=f"{spend['q']:.4f}", v=f"{spend['v']:.4f}",
                   likelihood=f"{spend['log_likelihood']:,.2f}",
                   related=_score(spend["correlation"], 2))  # fmt: skip
    worth = _("value: expected {expected} ({low} to {high}), actual {actual}; {share} of the "
              "customers within their own 80% interval",
              expected=formats.number(value["expected"]), low=formats.number(value["low"]),
              high=formats.number(value["high"]), actual=formats.number(value["actual"]),
              share=formats.rate(value["coverage"]))  # fmt: skip
    return [fitted, worth]


def table_lines(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(line[place]) for line in (header, *rows)) for place in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        first, *others = cells
        padded = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        return "  ".join([f"{first:<{widths[0]}}", *padded])

    return [line(header), *map(line, rows)]


def _score(value: float | None, places: int = 3) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:+.1%}"


def _interval(gap: dict[str, float | None]) -> str:
    if gap["value"] is None:
        return "–"
    return f"{gap['value']:+.3f} ({gap['low']:+.3f} … {gap['high']:+.3f})"
