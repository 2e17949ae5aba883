"""What the measured lists of offers say, in words and as the rows of a table; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.texts import _, in_a_row

DEFAULT, PERSONAL, POPULAR = "blend", "frequency", "popularity"
_WITH_RANGE = ("hit", "recall", "ndcg")
_SHARES = ("recall_repeat", "recall_explore", "coverage")


@dataclass(frozen=True)
class Judged:
    """`rows` of `list_offer_evaluations` of one protocol and task: one for each method and
    measure."""

    task: str
    rows: pd.DataFrame

    @property
    def list_length(self) -> int:
        return int(self.rows["list_length"].iloc[0])

    @property
    def customers(self) -> int | None:
        """None where the person may not know how many there are."""
        count = self.rows["customers"].iloc[0]
        return None if pd.isna(count) else int(count)

    @property
    def methods(self) -> list[str]:
        """The default first, the plain two after it."""
        known = list(dict.fromkeys(self.rows["method"]))
        first = [name for name in (DEFAULT, PERSONAL, POPULAR) if name in known]
        return [*first, *(name for name in known if name not in first)]

    def row(self, method: str, measure: str) -> Mapping[Any, Any] | None:
        found = self.rows[
            (self.rows["method"] == method) & (self.rows["measure"] == measure)
        ].to_dict("records")
        return found[0] if found else None


def headline(judged: Judged) -> list[str]:
    """How many of 100 customers the list reached, the plain lists, and whether it is better."""
    own, popular, personal = (judged.row(name, "hit") for name in (DEFAULT, POPULAR, PERSONAL))
    if own is None:
        return [_("Nothing was ordered that such a list could have held.")]
    said = [_first(judged, f"**{_of_100(own)}**")]
    if popular is not None:
        said.append(_popular(popular))
    if personal is not None:
        said.append(_("What each customer buys most often, alone: {n}.", n=_of_100(personal)))
        said.append(f"**{_verdict(personal, judged.row(PERSONAL, 'ndcg'))}**")
    return said


def _popular(row: Mapping[Any, Any]) -> str:
    n, sign = _of_100(row), _sign(row)
    if sign > 0:
        return _("Popular products alone: {n}.", n=n)
    if sign < 0:
        return _("Popular products alone: {n}, clearly more.", n=n)
    return _("Popular products alone: {n}, a difference that may be chance.", n=n)


def _first(judged: Judged, n: str) -> str:
    values = {"n": n, "k": judged.list_length}
    if judged.task == "again":
        return _("Of 100 customers who bought something again, {n} bought at least one of the {k}"
                 " products offered to them again.", **values)  # fmt: skip
    if judged.task == "new":
        return _("Of 100 customers who bought something new to them, {n} bought at least one of the"
                 " {k} new products offered.", **values)  # fmt: skip
    return _("Of 100 customers, {n} bought at least one of the {k} products offered with their next"
             " order.", **values)  # fmt: skip


def _verdict(hits: Mapping[Any, Any], order: Mapping[Any, Any] | None) -> str:
    """Of the blend over personal frequency: by customers reached, and by the order of the list."""
    reached = _sign(hits)
    ordered = 0 if order is None else _sign(order)
    if reached > 0:
        said = _("The blend is clearly better than that: {gap} in 100 (95 %: {low} to {high}).",
                 **_in_100(hits))  # fmt: skip
    elif reached < 0:
        said = _("The blend is clearly worse than that: {gap} in 100 (95 %: {low} to {high}).",
                 **_in_100(hits))  # fmt: skip
    else:
        said = _("The blend does not clearly reach more customers: {gap} in 100 may be chance"
                 " (95 %: {low} to {high}).", **_in_100(hits))  # fmt: skip
    if ordered == reached:
        return said
    if ordered > 0:
        return in_a_row((said, _("It does put what they buy higher on the list.")))
    if ordered < 0:
        return in_a_row((said, _("It puts what they buy lower on the list.")))
    return in_a_row((said, _("It does not clearly put what they buy higher on the list.")))


def how_told(judged: Judged, protocol: str) -> list[str]:
    """How the numbers were made. Only who sees every customer reads how many there were."""
    day = formats.day(pd.Timestamp(judged.rows["as_of_on"].iloc[0]))
    if protocol == "time_cut":
        said = [_("Worked out on {day}: the last tenth of all orders was held back, the rest learnt"
                  " from, and the lists compared with what was held back.", day=day)]  # fmt: skip
    else:
        said = [_("Worked out on {day}: each customer's last order was held back, the rest learnt"
                  " from, and the lists compared with what was held back.", day=day)]  # fmt: skip
    if judged.customers is not None:
        said.append(_("{n} customers were judged.", n=formats.number(judged.customers)))
    said.append(_("In brackets: where 95 of 100 repetitions with other customers would lie."))
    return said


def table_rows(judged: Judged, names: Mapping[str, str]) -> pd.DataFrame:
    """method, hit, recall, ndcg, gap, recall_repeat, recall_explore, coverage, novelty, diversity:
    all of them texts."""
    rows = []
    for method in judged.methods:
        told = {name: judged.row(method, name) for name in (*_WITH_RANGE, *_SHARES)}
        rows.append(
            {
                "method": names.get(method, method),
                **{name: _share(told[name]) for name in (*_WITH_RANGE[:2], *_SHARES)},
                "ndcg": _plain(told["ndcg"]),
                "gap": _gap(told["ndcg"]),
                "novelty": _plain(judged.row(method, "novelty"), 2),
                "diversity": _plain(judged.row(method, "diversity"), 2),
            }
        )
    return pd.DataFrame(rows)


def _sign(gain: Mapping[Any, Any]) -> int:
    """1: clearly above zero, -1: clearly below, 0: may be chance."""
    low, high = gain["gain_low"], gain["gain_high"]
    if pd.isna(low) or pd.isna(high):
        return 0
    return 1 if low > 0 else -1 if high < 0 else 0


def _of_100(row: Mapping[Any, Any] | None) -> str:
    return formats.MISSING if row is None else formats.number(100 * float(row["value"]))


def _in_100(row: Mapping[Any, Any]) -> dict[str, str]:
    names = {"gap": "gain", "low": "gain_low", "high": "gain_high"}
    return {name: _signed(100 * float(row[key]), 1) for name, key in names.items()}


def _share(row: Mapping[Any, Any] | None) -> str:
    """43.1% (40.2–46.0)"""
    if row is None:
        return formats.MISSING
    value = formats.rate(float(row["value"]))
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return value
    low, high = (formats.number(100 * float(row[name]), 1) for name in ("low", "high"))
    return f"{value} ({low}–{high})"


def _plain(row: Mapping[Any, Any] | None, places: int = 3) -> str:
    if row is None:
        return formats.MISSING
    value = formats.number(float(row["value"]), places)
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return value
    low, high = (formats.number(float(row[name]), places) for name in ("low", "high"))
    return f"{value} ({low}–{high})"


def _gap(row: Mapping[Any, Any] | None) -> str:
    if row is None or pd.isna(row["gain"]):
        return formats.MISSING
    gap, low, high = (_signed(float(row[name]), 3) for name in ("gain", "gain_low", "gain_high"))
    return f"{gap} ({low} … {high})"


def _signed(value: float, places: int) -> str:
    text = formats.number(value, places)
    return f"+{text}" if value > 0 and text.strip("0.") else text
