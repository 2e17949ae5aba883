"""What `python -m dashboard evaluate forecast` prints."""

from __future__ import annotations

from typing import Any

from dashboard import formats
from dashboard.lifetime_report import table_lines
from dashboard.texts import N_, _

MODEL_NAMES = {
    "default": N_("default (chosen for each series)"),
    "default_expected": N_("default, set right for sums"),
    "seasonal_naive": N_("seasonal naive"),
    "naive": N_("last value"),
    "repeating": N_("exact repetition"),
    "year_on_year": N_("last year × year on year"),
    "theta": N_("Theta"),
    "damped": N_("damped trend"),
    "trend": N_("linear trend"),
    "autoregression": N_("autoregression"),
    "prophet_log": N_("Prophet (log)"),
    "boosting": N_("gradient boosting"),
    "median": N_("median of members"),
    "mean": N_("mean of members"),
    "weighted": N_("weighted mean of members"),
    "yearly_mean": N_("mean with last year"),
    "yearly_prophet": N_("Prophet with last year"),
    "prophet_default": N_("Prophet out of the box"),
}
_STEPS = {"day": N_("days"), "week": N_("weeks"), "month": N_("months"),
          "quarter": N_("quarters"), "year": N_("years"), "number": N_("periods")}  # fmt: skip
_SHOWN_BY_STEP = ("default", "seasonal_naive", "prophet_default")


def model_name(name: str) -> str:
    if name.startswith("seasonal_naive_"):
        return _("seasonal naive of {season}", season=name.removeprefix("seasonal_naive_"))
    return _(MODEL_NAMES[name])


def report_lines(found: dict[str, Any]) -> list[str]:
    return [
        *_about(found), "", *_models(found), "", *_by_step(found), "", *_chosen(found),
        *_differences(found),
    ]  # fmt: skip


def pooled_lines(found: dict[str, Any]) -> list[str]:
    """What several files tell together."""
    header = [_("model"), "WAPE", "MASE", "sMAPE", _("bias"), _("within 80%"), _("within 95%")]
    lines = [
        _("together: {series} series; MASE and sMAPE are means over all, WAPE and bias go by size",
          series=formats.number(found["series"])),
        "",
        *table_lines(header, [[model_name(each["name"]), *_scores(each)]
                              for each in found["models"]]),
        "",
    ]  # fmt: skip
    for name, ratio in found["ratios"].items():
        lines.append(
            _("default ÷ {rival}: WAPE {wape}, MASE {mase}", rival=model_name(name),
              wape=_score(ratio["wape"]), mase=_score(ratio["mase"]))
        )  # fmt: skip
    return [*lines, *_differences(found)]


def _about(found: dict[str, Any]) -> list[str]:
    lines = [
        _("{source}: {series} series, {horizon} {step} ahead at {origins} origins; season {season}",
          source=found["source"], series=formats.number(found["series"]),
          horizon=found["horizon"], step=_(_STEPS[found["step"]]),
          origins=found["origins"], season=found["season"]),
        _("WAPE and bias are pooled, MASE and sMAPE means over series, coverage is of all periods"),
    ]  # fmt: skip
    if found["season_of_models"] != found["season"]:
        lines.append(_("the models use a season of {season}", season=found["season_of_models"]))
    if found["series_too_short"]:
        lines.append(_("left out: {n} series too short to hold a part back",
                       n=formats.number(found["series_too_short"])))  # fmt: skip
    if found["series_uneven"]:
        lines.append(_("left out: {n} series whose periods are not evenly spaced",
                       n=formats.number(found["series_uneven"])))  # fmt: skip
    if found["periods_missing"]:
        lines.append(_("without a value, filled in to learn from and never scored: {n} periods",
                       n=formats.number(found["periods_missing"])))  # fmt: skip
    if 0 < found["series_with_prophet"] < found["series"]:
        lines.append(_("Prophet out of the box: on {n} series drawn at random",
                       n=formats.number(found["series_with_prophet"])))  # fmt: skip
    return lines


def _models(found: dict[str, Any]) -> list[str]:
    header = [_("model"), "WAPE", "MASE", "sMAPE", _("bias"), _("within 80%"), _("within 95%"),
              _("width of 80%")]  # fmt: skip
    rows = [
        [
            model_name(model["name"]) + (" !" if model["is_worse_than_naive"] else ""),
            *_scores(model),
            _score(model["width_80"]),
        ]
        for model in found["models"]
    ]
    return [*table_lines(header, rows), _("! worse than seasonal naive by WAPE")]


def _by_step(found: dict[str, Any]) -> list[str]:
    header = [_("by step of the horizon"), "WAPE", "MASE", "sMAPE", _("bias"), _("within 80%"),
              _("within 95%")]  # fmt: skip
    rows = [
        [f"{model_name(model['name'])}, {part['first_step']}–{part['last_step']}", *_scores(part)]
        for model in found["models"]
        if model["name"] in _SHOWN_BY_STEP
        for part in model["by_step"]
    ]
    return table_lines(header, rows)


def _chosen(found: dict[str, Any]) -> list[str]:
    often = ", ".join(
        f"{model_name(name)} {formats.number(count)}" for name, count in found["chosen"].items()
    )
    share = found["worse_than_naive"]
    return [
        _("the default was: {often}", often=often),
        _("series whose default was worse than seasonal naive: {share}",
          share="–" if share is None else formats.rate(share)),
    ]  # fmt: skip


def _differences(found: dict[str, Any]) -> list[str]:
    lines = []
    for name, gap in found["differences"].items():
        rival = model_name(name.removeprefix("default_minus_"))
        lines.append(
            _("default less {rival} (95%, series drawn anew): WAPE {wape}, MASE {mase}, sMAPE "
              "{smape}", rival=rival, wape=_interval(gap["wape"]), mase=_interval(gap["mase"]),
              smape=_interval(gap["smape"], 2))
        )  # fmt: skip
    return lines


def _scores(model: dict[str, Any]) -> list[str]:
    return [
        _score(model["wape"], 4), _score(model["mase"]), _score(model["smape"], 2),
        "–" if model["bias"] is None else f"{model['bias']:+.1%}",
        *("–" if model[name] is None else f"{model[name]:.1%}"
          for name in ("coverage_80", "coverage_95")),
    ]  # fmt: skip


def _score(value: float | None, places: int = 3) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _interval(gap: dict[str, float | None], places: int = 3) -> str:
    if gap["value"] is None or gap["low"] is None:
        return "–"
    return (f"{gap['value']:+.{places}f} ({gap['low']:+.{places}f} … "
            f"{gap['high']:+.{places}f})")  # fmt: skip
