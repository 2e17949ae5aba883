"""Why a customer is likely to stay silent, and what to do about it, in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.texts import _, _n
from dashboard.vocabulary import in_words

_OF_COMPANIES = {"overdue": "call", "long_silent": "visit"}
_OF_PEOPLE = {"overdue": "coupon", "long_silent": "coupon", "one_order": "coupon"}
NO_CONTACT = "none"


def add_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows, and why, action (a code) and proposal (what the list says of it), done."""
    rows = frame.to_dict("records")
    actions = [propose(row) for row in rows]
    return frame.assign(
        why=[reason(row) for row in rows],
        action=actions,
        proposal=[_said(action) for action in actions],
        done=[_done(row) for row in rows],
    )


def reason(row: dict[Any, Any]) -> str:
    """What the drivers of the score say of this customer, the strongest first; falling enquiries
    at the end."""
    codes = [code for code in str(row["drivers"] or "").split(",") if code]
    said = [words for code in codes if (words := _driver(code, row))]
    before, now = _whole(row["enquiries_prior_90"]), _whole(row["enquiries_90"])
    if before >= 2 and now < before:
        said.append(_("enquiries fell from {before} to {now}", before=before, now=now))
    return " · ".join(said)


def propose(row: dict[Any, Any]) -> str:
    """Calls and visits for companies, coupons and content for people; nothing for who does not wish
    to be contacted."""
    if row["consent"] == "refused":
        return NO_CONTACT
    by_driver = _OF_COMPANIES if row["customer_type"] == "company" else _OF_PEOPLE
    codes = str(row["drivers"] or "").split(",")
    return next((by_driver[code] for code in codes if code in by_driver), "content")


def _driver(code: str, row: dict[Any, Any]) -> str:
    silent, gap = formats.age(row["days_silent"]), row["usual_gap_days"]
    match code:
        case "overdue" if not pd.isna(gap):
            return _("silent for {days}, usually orders every {gap}",
                     days=silent, gap=formats.age(gap))  # fmt: skip
        case "long_silent" | "overdue":
            return _("no order for {days}", days=silent)
        case "seldom" if not pd.isna(gap):
            return _("orders only every {gap}", gap=formats.age(gap))
        case "few_orders":
            return _n("only {n} order so far", "only {n} orders so far", _whole(row["orders"]))
        case "one_order":
            return _("has ordered once")
    return ""


def _said(action: str) -> str:
    if action == NO_CONTACT:
        return _("no contact wished")
    return in_words("reminders.action", action)


def _done(row: dict[Any, Any]) -> str:
    if pd.isna(row["done_at"]):
        return ""
    state = in_words("reminders.state", row["done_state"])
    return f"{state} {formats.day(row['done_at'])}"


def _whole(value: Any) -> int:
    return 0 if pd.isna(value) else int(value)
