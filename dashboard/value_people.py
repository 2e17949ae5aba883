"""Customers to look at and to take away: those of a cohort, and what is known of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard.connection import engine_and_version
from dashboard.customer_link import open_customer
from dashboard.exports import Export, export_buttons, export_menu, whole_list
from dashboard.menu import may_open
from dashboard.paging import (
    PAGE_ROWS,
    clicked_row,
    list_toolbar,
    pages_of,
    sort_box,
)
from dashboard.reads import data_version, read
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, language
from dashboard.value_choice import choose_cohort, cohort_name, days_of_cohort
from data_access.keyset import Cursor
from data_access.scope import Scope
from data_access.value import ValueFilter
from data_access.value_lists import (
    CohortSort,
    count_customer_features,
    count_refusals,
    list_cohort_customers,
    list_customer_features,
)

Purpose = Literal["analysis", "contact"]
_PURPOSES: dict[Purpose, str] = {"analysis": N_("For analysis"), "contact": N_("For contact")}
_SORTINGS: dict[str, tuple[str, CohortSort, bool]] = {
    "worth": (N_("Most value so far"), "net_sales", True),
    "year": (N_("Most in the last 12 months"), "net_sales_12m", True),
    "potential": (N_("Most in the next 12 months"), "predicted_value", True),
    "silent": (N_("Last order longest ago"), "last_on", False),
}


def cohort_customers(
    scope: Scope,
    wanted: ValueFilter,
    cohort: int,
    as_of: date,
    count: int,
    *,
    filters: Sequence[str],
    predicts: bool,
) -> None:
    """The customers of the chosen cohort, page by page; all of them as a file."""
    said = st.query_params.get("sort", "worth")
    sorted_by = said if said in _SORTINGS else "worth"
    _label, column, descending = _SORTINGS[sorted_by]
    days = days_of_cohort(cohort)
    listed: dict[str, Any] = {
        "as_of": as_of,
        "sort": column,
        "descending": descending,
        "language": language(),
    }

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(list_cohort_customers, scope, wanted, days, after=after, limit=limit, **listed)

    columns = _columns(predicts=predicts)
    export = Export(
        slug="value",
        name="cohort_customers",
        columns=columns,
        rows=whole_list(list_cohort_customers, wanted, days, engine="analytics", **listed),
        as_of=as_of,
        currency=wanted.currency,
        filters=(*filters, _("First order: {cohort}", cohort=cohort_name(cohort))),
    )

    def controls() -> None:
        export_menu(export, count)
        _sort_box(sorted_by, predicts=predicts)

    _heading(cohort)
    pages = pages_of("cohort", f"{scope.key} {wanted} {cohort} {sorted_by}", rows)
    frame = rows(pages.start, PAGE_ROWS)
    opens = may_open(scope.role, "customer")
    list_toolbar(
        pages,
        frame,
        _n("{n} customer", "{n} customers", count),
        controls,
        advice=_("Click a row to open it") if opens else "",
    )
    ids = tuple(int(each) for each in frame["customer_id"])
    key = f"cohort_{data_version()}_{cohort}_{sorted_by}_{pages.number}"
    show_table(
        frame,
        columns,
        key=key,
        alt=_("Customers of the cohort"),
        currency=wanted.currency,
        on_select=(lambda: _clicked(key, ids)) if opens else "ignore",
        selection_mode="single-cell",
    )


def features_menu(
    scope: Scope, wanted: ValueFilter, as_of: date, *, filters: Sequence[str]
) -> None:
    """The button that offers what is known of each customer as a table."""
    count = read(count_customer_features, scope, wanted)
    with st.popover(
        _("Export customer features"), icon=":material/download:", key="export_features",
        width="content",
    ):  # fmt: skip
        if not count:
            st.markdown(f":gray[{_not_worked_out()}]")
            return
        purpose = st.segmented_control(
            _("What for"),
            list(_PURPOSES),
            default="analysis",
            required=True,
            format_func=lambda name: _(_PURPOSES[name]),
            key="features_purpose",
        )
        for_contact = purpose == "contact"
        st.markdown(f":small[:gray[{_purpose_told(for_contact=for_contact)}]]")
        columns = _chosen_columns(feature_columns(scope, for_contact=for_contact))
        left_out = read(count_refusals, scope, wanted) if for_contact else None
        export = features_export(
            wanted, as_of, columns, filters=filters, for_contact=for_contact, left_out=left_out
        )
        export_buttons(export, count - (left_out or 0))


def features_export(
    wanted: ValueFilter,
    as_of: date,
    columns: Sequence[Column],
    *,
    filters: Sequence[str],
    for_contact: bool,
    left_out: int | None,
) -> Export:
    said = language()

    def rows(person: Scope, most: int) -> pd.DataFrame:
        analytics, _version = engine_and_version("analytics")
        return list_customer_features(
            analytics, person, wanted, for_contact=for_contact, limit=most, language=said
        )

    return Export(
        slug="value",
        name="customer_features",
        columns=columns,
        rows=rows,
        as_of=as_of,
        currency=wanted.currency,
        filters=filters,
        left_out=left_out,
    )


def feature_columns(scope: Scope, *, for_contact: bool) -> list[Column]:
    """Every column of the features table, in words; names and contact details only where the list
    is for contact."""
    contact = [
        Column("customer", _("Customer")),
        Column("phone", _("Phone")),
        Column("email", _("E-mail")),
    ]
    about = [
        Column("customer_id", _("Customer no."), "count"),
        *(contact if for_contact else []),
        Column("customer_type", _("Customer type"), words="customers.customer_type"),
        Column("industry", _("Industry"), words="customers.industry"),
        Column("grade", _("Grade")),
        Column("source", _("Source"), words="customers.source"),
        Column("city", _("City")),
        Column("country", _("Country")),
        Column("rep", _("Sales rep")),
        Column("region", _("Region")),
        Column("preferred_category", _("Preferred category")),
    ]
    margin = [Column("margin_12m", _("Margin, last 12 months"), "money")]
    return [
        *about,
        Column("orders", _("Orders"), "count"),
        Column("orders_12m", _("Orders, last 12 months"), "count"),
        Column("first_ordered_on", _("First order"), "day"),
        Column("last_ordered_on", _("Last order"), "day"),
        Column("usual_gap_days", _("Usual time between orders"), "duration"),
        Column("net_sales", _("Value so far"), "money"),
        Column("net_sales_12m", _("Last 12 months"), "money"),
        Column("net_sales_prior_12m", _("The 12 months before"), "money"),
        *(margin if scope.sees("customer_scores", "margin_12m") else []),
        Column("predicted_value_12m", _("Next 12 months"), "money"),
        Column("predicted_low", _("Next 12 months, low"), "money"),
        Column("predicted_high", _("Next 12 months, high"), "money"),
        Column("value_at_risk_90", _("Value at risk, 90 days"), "money"),
        Column("discount_share", _("Discount share"), "rate"),
        Column("categories", _("Categories bought"), "count"),
        Column("enquiries_90", _("Enquiries, last 90 days"), "count"),
        Column("enquiries_prior_90", _("Enquiries, the 90 days before"), "count"),
        Column("recency_score", _("Recency score"), "count"),
        Column("frequency_score", _("Frequency score"), "count"),
        Column("monetary_score", _("Monetary score"), "count"),
        Column("segment", _("Segment"), words="customer_scores.segment"),
        Column("rule_segment", _("Segment by rule"), words="customer_scores.rule_segment"),
        Column("cluster", _("Cluster"), "count"),
        Column("expected_orders_12m", _("Expected orders, 12 months"), "count"),
        Column("silent_30", _("Silent for 30 days"), "chance"),
        Column("silent_90", _("Silent for 90 days"), "chance"),
        Column("silent_180", _("Silent for 180 days"), "chance"),
        Column("as_of_on", _("Worked out on"), "day"),
    ]


def _chosen_columns(columns: Sequence[Column]) -> list[Column]:
    labels = {column.name: column.label for column in columns}
    chosen = st.multiselect(
        _("Columns"),
        list(labels),
        format_func=lambda name: labels[name],
        key="features_columns",
        placeholder=_("All columns"),
    )
    return [column for column in columns if column.name in chosen] or list(columns)


def _purpose_told(*, for_contact: bool) -> str:
    if for_contact:
        return _("With names and contact details, as your role may read them.")
    return _("Every customer by number, without name and contact details.")


def _not_worked_out() -> str:
    return _(
        "Nothing is worked out yet. Ask an administrator to run `python -m dashboard refresh`."
    )


def _heading(cohort: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        title = _("Customers whose first order was in {cohort}", cohort=cohort_name(cohort))
        st.markdown(f"**{title}**", width="content")
        st.button(
            _("Close"),
            key="close_cohort",
            type="tertiary",
            icon=":material/close:",
            on_click=choose_cohort,
            args=(None,),
        )


def _columns(*, predicts: bool) -> list[Column]:
    columns = [
        Column("customer", _("Customer"), width=220),
        Column("first_on", _("First order"), "day"),
        Column("last_on", _("Last order"), "day"),
        Column("orders", _("Orders"), "count"),
        Column("net_sales", _("Value so far"), "money", width=130),
        Column("net_sales_12m", _("Last 12 months"), "money", width=130),
    ]
    if predicts:
        columns += [
            Column("predicted_value", _("Next 12 months"), "money", width=130),
            Column("predicted_low", _("Low"), "money", width=115,
                   help=_("One in ten such customers brings less.")),
            Column("predicted_high", _("High"), "money", width=115,
                   help=_("One in ten such customers brings more.")),
            Column("silent_90", _("Silent for 90 days"), "chance",
                   help=_("Chance of no order in the next 90 days.")),
        ]  # fmt: skip
    return [
        *columns,
        Column("region", _("Region"), width=110),
        Column("rep", _("Sales rep"), width=120),
    ]


def _sort_box(sorted_by: str, *, predicts: bool) -> None:
    labels = {name: each[0] for name, each in _SORTINGS.items() if predicts or name != "potential"}
    sort_box("cohort_sorting", labels, sorted_by, width=210)


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    customer_id = clicked_row(key, ids)
    if customer_id is not None:
        open_customer(customer_id)
