"""Data quality: the cards, the rules with the rows behind each, and completeness by owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.blanks import blank
from dashboard.cards import Card
from dashboard.customer_link import open_customer
from dashboard.menu import may_open
from dashboard.order_list import open_order
from dashboard.paging import clicked_row
from dashboard.quality_words import KIND_NAMES, RELATION_NAMES, RULE_NAMES, severity_in_words
from dashboard.reads import data_version, read
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, language
from data_access.completeness import (
    FIELDS,
    list_completeness,
    readable_fields,
    sum_completeness_by_owner,
)
from data_access.quality import MOST_ROWS, list_quality_rows, sum_quality
from data_access.quality_rules import BY_CODE, RULES, rules_for
from data_access.scope import Scope

_LEADS_TO = {  # relation of a row → the page it opens
    **dict.fromkeys(("orders", "order_lines", "payments"), "order"),
    **dict.fromkeys(("customers", "contacts"), "customer"),
}
_OF_PEOPLE = ("customers", "contacts")  # whose details the analytics copy does not hold
_RULE = "rule"
_TABLE = "quality_rules"


def quality_of(scope: Scope, as_of: date) -> pd.DataFrame:
    """The rules this person can judge by, the gravest first."""
    codes = rules_for(scope)
    of_people = tuple(code for code in codes if BY_CODE[code].relation in _OF_PEOPLE)
    others = tuple(code for code in codes if code not in of_people)
    counted = pd.concat(
        [
            read(sum_quality, scope, as_of, of_people, engine="record"),
            read(sum_quality, scope, as_of, others),
        ],
        ignore_index=True,
    )
    weight = counted["severity"] * counted["broken"]
    return counted.assign(weight=weight).sort_values(
        ["weight", "severity", "code"], ascending=[False, False, True]
    )


def quality_cards(scope: Scope, counted: pd.DataFrame, pairs: int) -> list[Card]:
    """How much is filled in, and how much is wrong, orphaned or there twice."""
    by_kind = counted.groupby("kind")["broken"].sum()
    owners = completeness_now(scope)
    share = owners["filled"].sum() / owners["fields"].sum() if len(owners) else float("nan")
    wrong, orphans = int(by_kind.get("invalid", 0)), int(by_kind.get("orphan", 0))
    missing = int(by_kind.get("missing", 0))
    missing_told = _n("{n} value is missing", "{n} values are missing", missing)
    told = {
        "complete": (_("Customers complete"), formats.rate(share) if len(owners) else "–",
                     _("Filled fields ÷ fields of all customers you see: type, source, grade,"
                       " region, phone, e-mail, address, city, consent; without those that your"
                       " role sees masked."), missing_told),
        "invalid": (_("Wrong values"), formats.number(wrong),
                    _("Rows that break a rule of the kind “wrong”; a row counts once for each rule"
                      " that it breaks."), _("in all that you see")),
        "orphans": (_("Orphans"), formats.number(orphans),
                    _("Rows that name an order or customer which does not exist."),
                    _("whose parent is gone")),
        "duplicates": (_("Likely duplicates"), formats.number(pairs),
                       _("Pairs of customers whose names, phones, mails or addresses speak for one"
                         " customer; from a score of 70 % up."), _("pairs of customers")),
    }  # fmt: skip
    return [
        Card(key=key, label=label, value=value, help=explained, note=note)
        for key, (label, value, explained, note) in told.items()
    ]


def rule_list(scope: Scope, counted: pd.DataFrame, as_of: date) -> None:
    """The rules that some row breaks, and the rows of the one that is chosen."""
    broken = counted[counted["broken"] > 0]
    left_out = len(RULES) - len(counted)
    if left_out:
        st.caption(_n(
            "{n} rule is left out, because your role does not see what it judges by.",
            "{n} rules are left out, because your role does not see what they judge by.", left_out,
        ))  # fmt: skip
    if broken.empty:
        blank(_("Every row keeps every rule."), _("There is nothing to put right."), key="no_rules")
        return
    codes = tuple(broken["code"])
    key = f"{_TABLE}_{data_version()}"
    st.caption(_("Click a rule to see its rows"))
    shown = pd.DataFrame({
        "rule": [_(RULE_NAMES[code]) for code in broken["code"]],
        "relation": [_(RELATION_NAMES[name]) for name in broken["relation"]],
        "kind": [_(KIND_NAMES[kind]) for kind in broken["kind"]],
        "severity": [severity_in_words(each) for each in broken["severity"]],
        "broken": broken["broken"].to_numpy(),
        "total": broken["total"].to_numpy(),
        "share": (broken["broken"] / broken["total"]).to_numpy(),
    })  # fmt: skip
    show_table(
        shown,
        [
            Column("rule", _("Rule"), width=330),
            Column("relation", _("Where"), width=110),
            Column("kind", _("Kind"), width=100),
            Column("severity", _("Severity"), width=90),
            Column("broken", _("Rows"), "count"),
            Column("total", _("Of"), "count"),
            Column("share", _("Share"), "rate"),
        ],
        key=key,
        alt=_("Rules of data quality, the gravest first"),
        height=420 if len(shown) > 12 else "content",
        on_select=lambda: _choose(key, codes),
        selection_mode="single-cell",
    )
    chosen = st.query_params.get(_RULE, codes[0])
    _rows(scope, chosen if chosen in codes else codes[0], counted, as_of)


def _choose(key: str, codes: tuple[str, ...]) -> None:
    code = clicked_row(key, codes)
    if code is not None:
        st.query_params[_RULE] = code


def _rows(scope: Scope, code: str, counted: pd.DataFrame, as_of: date) -> None:
    count = int(counted.loc[counted["code"] == code, "broken"].sum())
    frame = read(list_quality_rows, scope, code, as_of, language(), engine="record")
    key = f"quality_rows_{code}_{data_version()}"
    opened = _opened(scope, BY_CODE[code].relation, key, frame)
    advice = "" if opened == "ignore" else f" · {_('Click a row to open it')}"
    st.markdown(f"**{_(RULE_NAMES[code])}** :small[:gray[{_capped(len(frame), count)}{advice}]]")
    if BY_CODE[code].relation == "customers":
        frame = frame.drop(columns="customer")  # who stands there by name already
    show_table(
        frame.assign(amount=frame["amount"].map(_plain_number)).dropna(axis="columns", how="all"),
        [
            Column("name", _("Name"), width=260),
            Column("order_number", _("Order"), width=150),
            Column("customer", _("Customer"), width=220),
            Column("said", _("What stands there"), width=180),
            Column("amount", _("What stands there"), width=140),
            Column("day_on", _("What stands there"), "day"),
            Column("currency", _("Currency"), width=90),
        ],
        key=key,
        alt=_("Rows that break the rule"),
        height=380 if len(frame) > 10 else "content",
        on_select=opened,
        selection_mode="single-cell",
    )


def _plain_number(value: Any) -> str | None:
    if pd.isna(value):
        return None
    return formats.number(value, 0 if float(value).is_integer() else 2)


def _opened(
    scope: Scope, relation: str, key: str, frame: pd.DataFrame
) -> Callable[[], None] | Literal["ignore"]:
    """A click on a row of this table leads to its order, or to its customer."""
    page = _LEADS_TO.get(relation, "")
    if not page or not may_open(scope.role, page):
        return "ignore"
    of_order = page == "order"
    values = tuple(frame["order_number" if of_order else "customer_id"])

    def clicked() -> None:
        value = clicked_row(key, values)
        if value is None or pd.isna(value):  # an orphan belongs to nobody
            return
        if of_order:
            open_order(str(value))
        else:
            open_customer(int(value))

    return clicked


def _capped(shown: int, count: int) -> str:
    if count > shown:
        return _("the newest {most} of {n}", most=MOST_ROWS, n=formats.number(count))
    return _n("{n} row", "{n} rows", count)


def completeness_now(scope: Scope) -> pd.DataFrame:
    """Of this person's customers, by owner."""
    found: pd.DataFrame = read(
        sum_completeness_by_owner, scope, readable_fields(scope), language(), engine="record"
    )
    return found


def completeness_list(scope: Scope, as_of: date) -> None:
    """The owners by how complete their customers are, with the change since a month ago."""
    owners = completeness_now(scope)
    if owners.empty:
        blank(_("There are no customers for you yet."), key="no_owners")
        return
    before = _month_ago(scope, as_of)
    share = owners["filled"] / owners["fields"]
    earlier = owners["employee_id"].map(before).astype("float64")
    shown = pd.DataFrame({
        "place": [formats.number(place) for place in range(1, len(owners) + 1)],
        "owner": owners["owner"].fillna(_("Nobody")),
        "customers": owners["customers"],
        "missing": owners["fields"] - owners["filled"],
        "share": share,
        "change": [formats.points(each) if each == each else "–" for each in share - earlier],
    })  # fmt: skip
    if not before:
        st.caption(_("The change is shown as soon as there is a measurement a month old."))
    show_table(
        shown,
        [
            Column("place", "#", width=50),
            Column("owner", _("Owner"), width=200),
            Column("share", _("Complete"), "chance"),
            Column("change", _("Since last month"), width=140),
            Column("customers", _("Customers"), "count", width=100),
            Column("missing", _("Missing values"), "count", width=120),
        ],
        key=f"completeness_{data_version()}",
        alt=_("Owners by how complete their customers are"),
    )


def _month_ago(scope: Scope, as_of: date) -> dict[Any, float]:
    """The share of each owner at the last measurement that is four weeks old; nothing for who
    sees some fields masked and so counts others today."""
    if readable_fields(scope) != FIELDS:
        return {}
    until = (pd.Timestamp(as_of) - pd.Timedelta(days=28)).date()
    history = read(list_completeness, scope, until, language(), engine="record")
    last = history[history["measured_on"] == history["measured_on"].max()]
    return dict(zip(last["employee_id"], last["filled"] / last["fields"], strict=True))
