"""The blocks of the page of who goes quiet: what to look at, the cards, the list and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.cards import Card
from dashboard.choices import sees_several_reps
from dashboard.edit_notice import notify
from dashboard.exports import Export, export_menu, whole_list
from dashboard.menu import find_page, may_open
from dashboard.message_view import WRITE_HELP
from dashboard.paging import (
    PAGE_ROWS,
    clicked_row,
    first_page,
    list_toolbar,
    pages_of,
    sort_box,
)
from dashboard.quiet_words import NO_CONTACT, add_words
from dashboard.reads import data_version, read
from dashboard.saving import draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n, language, plain
from dashboard.vocabulary import in_words
from data_access.edits.reminding import ACTIONS, LONGEST_NOTE, may_remind, record_reminder
from data_access.filters import OrderFilter
from data_access.going_quiet import (
    HORIZONS,
    REMEMBERED_DAYS,
    QuietFilter,
    QuietSort,
    QuietView,
    list_going_quiet,
    sum_reasons_for_leaving,
)
from data_access.keyset import Cursor
from data_access.scope import Scope

_CHANCES = (50, 60, 70, 80, 90)  # percent
_LONGEST_RULE = 730
_CHOSEN = "quiet_customer"
_VIEWS: dict[QuietView, tuple[str, str]] = {
    "score": (N_("Likely silent"), "likely_open"),
    "rule": (N_("By the rule"), "ruled_open"),
    "enquiries": (N_("Falling enquiries"), "falling_open"),
    "done": (N_("Acted upon"), "done"),
}
_SORTINGS: dict[str, tuple[str, QuietSort, bool]] = {
    "risk": (N_("Most value at risk"), "value_at_risk", True),
    "chance": (N_("Highest chance"), "chance", True),
    "silent": (N_("Silent longest"), "last_ordered_on", False),
    "sales": (N_("Most sales in 12 months"), "net_sales_12m", True),
}
_ROWS_SEEN = 12


def quiet_filter(chosen: OrderFilter) -> QuietFilter:
    """Draws what counts as quiet; returns it with the filters of the bar."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="quiet_bar"):
        horizon = st.segmented_control(
            _("No order in the next"), HORIZONS, default=90, required=True,
            format_func=lambda days: _n("{n} day", "{n} days", days),
            key="quiet_horizon", persist_state="session", on_change=first_page,
        )  # fmt: skip
        chance = st.selectbox(
            _("Likely from a chance of"), _CHANCES, index=2,
            format_func=lambda percent: formats.rate(percent / 100, 0),
            key="quiet_chance", width=170, persist_state="session", on_change=first_page,
        )  # fmt: skip
        threshold = st.number_input(
            _("The plain rule: days without an order"), 7, _LONGEST_RULE, 90, step=5,
            key="quiet_rule", width=260, persist_state="session", on_change=first_page,
        )  # fmt: skip
    return QuietFilter(
        horizon_days=horizon or 90,
        chance_from=(chance or 70) / 100,
        threshold_days=int(threshold),
        region_ids=chosen.region_ids,
        owner_ids=chosen.owner_ids,
        currency=chosen.currency,
    )


def quiet_cards(sums: pd.Series, quiet: QuietFilter) -> list[Card]:
    """Who is likely to stay silent, what is at stake, and what the plain rule says."""
    people = formats.number(sums["customers"])
    of_all = _("of {n} with an order in 365 d", n=people)
    expected = _("expected in all: {n} ({share})",
                 n=formats.number(sums["expected"]),
                 share=formats.rate(sums["expected"] / max(int(sums["customers"]), 1)))  # fmt: skip
    return [
        Card(
            key="quiet_likely", label=_("Likely silent"), value=formats.number(sums["likely"]),
            help=_("Customers with an order in the last 365 days whose chance of no order in the "
                   "next {days} days is {share} or more.",
                   days=quiet.horizon_days, share=formats.rate(quiet.chance_from, 0)),
            note=f"{of_all}  \n{expected}",
        ),
        Card(
            key="quiet_value", label=_("Value at risk, 90 d"),
            value=formats.compact_money(sums["value_at_risk"], quiet.currency),
            help=_("For each customer, what 90 days bring at the pace of the last 365 days × the "
                   "chance of no order in 90 days; added up."),
            note=_("{amount} of it with those likely silent", amount=formats.compact_money(
                sums["likely_value_at_risk"], quiet.currency)),
        ),
        Card(
            key="quiet_rule_count",
            label=_("No order for {days} d", days=quiet.threshold_days),
            value=formats.number(sums["ruled"]),
            help=_("The plain rule: the last order is at least so many days ago, and at most 365."),
            note=_("{n} of them also by the score", n=formats.number(sums["both"])),
        ),
        Card(
            key="quiet_enquiries", label=_("Falling enquiries"),
            value=formats.number(sums["falling"]),
            help=_("Two enquiries or more in the 90 days before the last 90, and fewer since."),
            note=of_all,
        ),
    ]  # fmt: skip


def quiet_list(
    scope: Scope, quiet: QuietFilter, as_of: date, sums: pd.Series, filters: Sequence[str]
) -> None:
    """The customers, those with most at risk first; a click on one says what can be done. All of
    them as a file, which tells the `filters` in words and leaves out who refuses contact."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{_('Who to look after first')}**", width="content")
        view = _view_box(sums)
    said = st.query_params.get("sort", "risk")
    sorted_by = said if said in _SORTINGS else "risk"
    _label, column, descending = _SORTINGS[sorted_by]

    listed: dict[str, Any] = {
        "view": view, "sort": column, "descending": descending, "language": language(),
    }  # fmt: skip

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(list_going_quiet, scope, as_of, quiet, after=after, limit=limit, **listed)

    def controls() -> None:
        whole = whole_list(list_going_quiet, as_of, quiet, engine="analytics", **listed)
        export_menu(
            Export(
                slug="quiet",
                name="going_quiet",
                columns=_columns(scope, quiet, view),
                rows=lambda person, most: add_words(whole(person, most)),
                as_of=as_of,
                currency=quiet.currency,
                filters=[*filters, _quiet_in_words(quiet, view)],
                for_contact=True,
            ),
            count,
        )
        _sort_box(sorted_by)

    count = int(sums[_VIEWS[view][1]])
    if not count:
        st.markdown(f":gray[{_nobody(view)}]")
        return
    pages = pages_of("quiet", f"{scope.key} {quiet.key} {view} {column}", rows)
    found = rows(pages.start, PAGE_ROWS)
    frame = add_words(found)
    list_toolbar(
        pages, found, _n("{n} customer", "{n} customers", count), controls,
        advice=_("Click a row to act on it") if may_remind(scope, "silent") else "",
    )  # fmt: skip
    ids = tuple(int(each) for each in frame["customer_id"])
    key = f"quiet_{data_version()}_{view}_{column}_{pages.number}_{hash(quiet.key) % 9999}"
    show_table(
        frame,
        _columns(scope, quiet, view),
        key=key,
        alt=_("Customers who go quiet"),
        currency=quiet.currency,
        height="content" if len(frame) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, ids),
        selection_mode="single-cell",
    )
    chosen = frame[frame["customer_id"] == st.session_state.get(_CHOSEN)]
    if len(chosen) and may_remind(scope, "silent"):
        _action_panel(scope, chosen.iloc[0])


def _quiet_in_words(quiet: QuietFilter, view: QuietView) -> str:
    name = _(_VIEWS[view][0])
    if view == "rule":
        return f"{name}: " + _("No order for {days} d", days=quiet.threshold_days)
    if view == "score":
        chance = _("Chance of no order in the next {days} days.", days=quiet.horizon_days)
        return f"{name}: {chance} ≥ {formats.rate(quiet.chance_from, 0)}"
    return name


def _columns(scope: Scope, quiet: QuietFilter, view: QuietView) -> list[Column]:
    chance = _("Chance of no order in the next {days} days.", days=quiet.horizon_days)
    risk = _("What 90 days bring at the pace of the last 365 days × the chance of no order in them")
    reps = [Column("rep", _("Sales rep"), width=100)] if sees_several_reps(scope) else []
    return [
        Column("customer", _("Customer"), width=195),
        *([Column("done", _("Done"), width=140)] if view == "done" else []),
        Column("chance", _("Silent"), "chance", width=95, help=chance),
        Column("value_at_risk_90", _("At risk"), "money", width=105, help=risk),
        Column("why", _("Why"), width=258),
        Column("proposal", _("Proposal"), width=140),
        *reps,
        Column("last_ordered_on", _("Last order"), "day"),
        Column("usual_gap_days", _("Usual gap"), "age", width=90,
               help=_("Median days between two orders")),
        Column("net_sales_12m", _("Sales, 12 months"), "money", width=130),
    ]  # fmt: skip


def _action_panel(scope: Scope, row: pd.Series) -> None:
    """Done or dismissed, for the customer whose row was clicked."""
    customer_id = int(row["customer_id"])
    form = f"quiet_{customer_id}"
    draw_request(form)
    with st.container(border=True, gap="xsmall", key="quiet_panel"):
        why = f" :gray[{plain(row['why'])}]" if row["why"] else ""
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(f"**{plain(row['customer'])}**{why}", width="content")
            if may_open(scope.role, "customer"):
                st.page_link(
                    find_page("customer").file, label=_("Open the customer"),
                    icon=":material/person_search:", query_params={"customer": str(customer_id)},
                )  # fmt: skip
        show_refusal(form)
        if row["action"] == NO_CONTACT:
            st.markdown(f":orange[{_('This customer does not wish to be contacted.')}]")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            proposed = ACTIONS.index(row["action"]) if row["action"] in ACTIONS else 0
            st.selectbox(
                _("What was done"), ACTIONS, index=proposed, width=200, key=f"{form}_action",
                format_func=lambda action: in_words("reminders.action", action),
            )  # fmt: skip
            st.text_input(_("Note"), max_chars=LONGEST_NOTE, key=f"{form}_note")
            st.checkbox(_("Write an e-mail"), key=f"{form}_write", help=_(WRITE_HELP))
            st.button(
                _("Mark as done"), type="primary", icon=":material/check:", key=f"{form}_done",
                disabled=row["action"] == NO_CONTACT,
                on_click=_record, args=(customer_id, str(row["customer"]), "done"),
            )  # fmt: skip
            st.button(
                _("Dismiss"), icon=":material/do_not_disturb_on:", key=f"{form}_dismissed",
                help=_("Takes the customer off the list for {n} days.", n=REMEMBERED_DAYS),
                on_click=_record, args=(customer_id, str(row["customer"]), "dismissed"),
            )  # fmt: skip


def _record(customer_id: int, name: str, state: str) -> None:
    scope = current_scope("quiet")
    form = f"quiet_{customer_id}"
    action = st.session_state[f"{form}_action"]
    note = st.session_state.get(f"{form}_note") or ""
    write = bool(st.session_state.get(f"{form}_write"))
    done = save(
        form,
        lambda engine, request_id: record_reminder(
            engine, scope, customer_id, cause="silent", action=action, state=state, note=note,
            write=write, request_id=request_id,
        ),
    )  # fmt: skip
    if done is None:
        return
    st.session_state.pop(_CHOSEN, None)
    words = in_words("reminders.state", state)
    notify("quiet", _("{customer}: {what}", customer=plain(name), what=words), done)


def reasons_block(scope: Scope, quiet: QuietFilter, as_of: date, zone: str) -> None:
    """What went wrong around the last order of those who went quiet, and of those who did not."""
    found = read(sum_reasons_for_leaving, scope, as_of, quiet, zone)
    counts: dict[Any, dict[Any, Any]] = found.set_index("state").to_dict("index")
    st.markdown(f"**{_('What went before')}**")
    if "quiet" not in counts or "active" not in counts:
        st.markdown(f":gray[{_('Too few customers to compare those who left with others.')}]")
        return
    names = {
        "late": _("Last order came late"),
        "returned": _("Something of it came back"),
        "complained": _("Complained within 30 days of it"),
        "any_reason": _("Any of these"),
    }
    rows = [
        {"what": label, "quiet": _share(counts["quiet"], name),
         "active": _share(counts["active"], name), "customers": int(counts["quiet"][name])}
        for name, label in names.items() if not pd.isna(counts["quiet"][name])
    ]  # fmt: skip
    show_table(
        pd.DataFrame(rows),
        [
            Column("what", _("Around the last order"), width=205),
            Column("customers", _("Went quiet"), "count", width=85,
                   help=_("Customers without an order for {days} days",
                          days=quiet.threshold_days)),
            Column("quiet", _("of those who went quiet"), "rate", width=155),
            Column("active", _("of the others"), "rate", width=100),
        ],
        key="quiet_reasons",
        alt=_("What went before the silence"),
    )  # fmt: skip
    told = _(
        "{quiet} customers with two orders or more went quiet, {active} did not and ordered last "
        "more than 30 days ago. It is no proof of a cause.",
        quiet=formats.number(counts["quiet"]["customers"]),
        active=formats.number(counts["active"]["customers"]),
    )
    st.markdown(f":small[:gray[{told}]]")


def _share(counts: dict[Any, Any], name: str) -> float:
    return float(counts[name]) / max(int(counts["customers"]), 1)


def _view_box(sums: pd.Series) -> QuietView:
    view = st.segmented_control(
        _("Which customers"), list(_VIEWS), default="score", required=True,
        format_func=lambda name: f"{_(_VIEWS[name][0])} {formats.number(sums[_VIEWS[name][1]])}",
        key="quiet_view", label_visibility="collapsed", persist_state="session",
        on_change=first_page,
    )  # fmt: skip
    return view or "score"


def _nobody(view: QuietView) -> str:
    if view == "done":
        return _n("Nobody was acted upon in the last {n} day.",
                  "Nobody was acted upon in the last {n} days.", REMEMBERED_DAYS)  # fmt: skip
    return _("Nobody, as things stand.")


def _sort_box(sorted_by: str) -> None:
    labels = {name: each[0] for name, each in _SORTINGS.items()}
    sort_box("quiet_sorting", labels, sorted_by, width=200)


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    chosen = clicked_row(key, ids)
    if chosen is not None:
        st.session_state[_CHOSEN] = chosen
