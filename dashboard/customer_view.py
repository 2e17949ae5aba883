"""One customer on one screen: who they are, what they are worth, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.next_steps import suggest_next_steps
from dashboard.cards import Card, show_cards
from dashboard.charts import show_chart
from dashboard.consent_dialog import consent_button
from dashboard.customer_dialogs import ACTIONS, open_dialog
from dashboard.customer_link import link_to_list
from dashboard.customer_words import (
    CONSENT_COLOURS,
    CONSENTS,
    INDUSTRIES,
    POSITIONS,
    PURPOSES,
    SOURCES,
    TYPES,
    said,
)
from dashboard.figures.sales_bars import sales_bars
from dashboard.live import dialog_closes
from dashboard.menu import may_open
from dashboard.offer_choice import link_to_offers
from dashboard.reads import read
from dashboard.recorded import knows_costs, knows_payments
from dashboard.segment_words import SEGMENT_NAMES
from dashboard.texts import _, _n, in_a_row, language, plain
from data_access.customer_details import (
    MOST_CONTACTS,
    find_customer_concerns,
    find_customer_scores,
    list_customer_contacts,
    list_customer_segments,
    sum_customer_categories,
    sum_customer_value,
)
from data_access.edits.rights import may_for_customer
from data_access.scope import Scope

Customer = dict[str, Any]
Facts = Mapping[str, Any]


def customer_header(scope: Scope, customer: Customer, scores: Facts) -> None:
    """The name, what kind of customer, and what can be done."""
    dialog_closes()  # a whole run does
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
    ):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", width="content"
        ):
            link_to_list(scope)
            st.title(plain(customer["customer"]), anchor=False, width="content")
            if customer["grade"]:
                st.badge(_("Grade {grade}", grade=plain(customer["grade"])), color="blue")
            if scores:
                st.badge(plain(said(SEGMENT_NAMES, scores["segment"])), color="violet")
            if customer["consent"] == "refused":
                st.badge(_("Refused to be contacted"), color="red", icon=":material/block:")
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", width="content"
        ):
            if may_open(scope.role, "offers"):
                link_to_offers(_("What to offer"), customer=customer["customer_id"])
            for action in ("log_interaction", "change_customer", "add_contact"):
                _action(scope, action, customer["customer_id"])


def _action(scope: Scope, action: str, customer_id: int, contact_id: int | None = None) -> None:
    if not may_for_customer(scope, action):
        return
    of_contact = contact_id is not None
    loud = "primary" if action == "log_interaction" else "secondary"
    st.button(
        "" if of_contact else _(ACTIONS[action].verb),
        key=f"{action}_{contact_id or customer_id}",
        type="tertiary" if of_contact else loud,  # type: ignore[arg-type]
        icon=ACTIONS[action].icon,
        help=_(ACTIONS[action].verb) if of_contact else None,
        on_click=open_dialog,
        args=("customer", action, customer_id, contact_id),
    )  # fmt: skip


def value_of(scope: Scope, customer_id: int, as_of: date) -> dict[str, Any]:
    """The row of the currency of most orders, and how many orders are in others; empty without an
    order."""
    frame = read(sum_customer_value, scope, customer_id, as_of, engine="record")
    if not len(frame):
        return {}
    first = {str(name): _plain(value) for name, value in frame.iloc[0].items()}
    return {**first, "others": int(frame["orders"].iloc[1:].sum())}


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    return value.item() if hasattr(value, "item") else value


def value_cards(scope: Scope, value: dict[str, Any], scores: Facts, as_of: date) -> None:
    """What the customer is worth, owes, and is likely to do."""
    if not value:
        st.markdown(f":gray[{_('This customer has not ordered yet.')}]")
        return
    show_cards([*_sales_cards(scope, value, as_of), *_score_cards(scores)])
    if value["others"]:
        st.caption(
            _n("{n} more order is in another currency.", "{n} more orders are in other currencies.",
               value["others"])
        )  # fmt: skip


def _sales_cards(scope: Scope, value: dict[str, Any], as_of: date) -> list[Card]:
    cards = []
    if value["net_sales"] is not None:
        cards.append(_sales_card(scope, value))
    cards.append(_orders_card(value))
    gap = value["gap_days"]
    days = (as_of - value["last_ordered_on"]).days
    usual = (
        _("usually every {gap}", gap=formats.duration(gap)) if gap else _("one order day so far")
    )
    cards.append(Card(
        key="last_order", label=_("Last order"),
        value=_("{age} ago", age=formats.age(days)) if days > 0 else _("today"), note=usual,
        help=_("The usual gap is the days from the first order to the last, by the gaps between"
               " order days."),
    ))  # fmt: skip
    if knows_payments(scope):
        cards.append(_owed_card(value))
    return cards


def _sales_card(scope: Scope, value: dict[str, Any]) -> Card:
    sales, currency = value["net_sales_12m"] or 0, value["currency"]
    ever = plain(formats.compact_money(value["net_sales"], currency))
    note = _("{amount} ever", amount=ever)
    explained = [_("Orders of the last 365 days after returns, without cancelled ones.")]
    if value["cost_12m"] is not None and sales and knows_costs(scope):
        margin = formats.rate((sales - value["cost_12m"]) / sales)
        note += " · " + _("gross margin {rate}", rate=margin)
        explained.append(_("Gross margin: net sales less cost of goods, as a share of net sales."))
    return Card(
        key="sales", label=_("Net sales, 12 months"), note=note,
        value=formats.compact_money(sales, currency),
        help=in_a_row(explained),
    )  # fmt: skip


def _orders_card(value: dict[str, Any]) -> Card:
    note = _n("{n} open", "{n} open", value["open_orders"])
    if value["net_sales"] is not None:
        average = formats.compact_money(value["net_sales"] / value["orders"], value["currency"])
        note = _("{amount} on average", amount=plain(average)) + f" · {note}"
    return Card(
        key="orders", label=_("Orders"), value=formats.number(value["orders"]), note=note,
        help=_("Orders ever, without cancelled ones; the average is net sales by orders."),
    )  # fmt: skip


def _owed_card(value: dict[str, Any]) -> Card:
    note = _("nothing past due")
    if value["past_due"]:
        amount = plain(formats.compact_money(value["past_due"], value["currency"]))
        note = f":red[{_('{amount} past due', amount=amount)}]"
    return Card(
        key="owed", label=_("Owed"), note=note,
        value=formats.compact_money(value["owed"] or 0, value["currency"]),
        help=_("Net sales less payments, of orders that are not cancelled."),
    )  # fmt: skip


def _score_cards(scores: Facts) -> list[Card]:
    if not scores:
        return []
    cards = []
    if scores["silent_90"] is not None:
        cards.append(Card(
            key="silent", label=_("Silent for 90 days"), value=formats.rate(scores["silent_90"], 0),
            help=_("The probability of no order in the 90 days after the last refresh."),
            note=_("worked out {day}", day=formats.day(scores["as_of_on"])),
        ))  # fmt: skip
    if scores["predicted_value_12m"] is not None:
        low, high = (
            formats.compact_money(scores[name], scores["currency"])
            for name in ("predicted_low", "predicted_high")
        )
        cards.append(Card(
            key="predicted", label=_("Expected value, next 12 months"),
            value=formats.compact_money(scores["predicted_value_12m"], scores["currency"]),
            help=_("What the customer is expected to buy for in the 12 months after the last"
                   " refresh, with the range that it likely lies in."),
            note=_("{low} to {high}", low=plain(low), high=plain(high)),
        ))  # fmt: skip
    return cards


def scores_of(scope: Scope, customer_id: int) -> dict[str, Any]:
    return read(find_customer_scores, scope, customer_id, engine="record")


def next_steps(
    scope: Scope, customer: Customer, value: dict[str, Any], scores: Facts, as_of: date
) -> None:
    """What to do, and why; only what follows from the data."""
    concerns = read(
        find_customer_concerns, scope, customer["customer_id"], as_of, language(), engine="record"
    )
    known = {name: scores.get(name) for name in ("silent_90",)}
    steps = suggest_next_steps({**value, **known, **concerns, "consent": customer["consent"]})
    st.subheader(_("What to do next"), anchor=False)
    with st.container(border=True, gap="small", key="next_steps"):
        if not steps:
            st.markdown(f":gray[{_('Nothing presses.')}]")
        for number, each in enumerate(steps, 1):
            what, why = _step(each.step, each.because, value)
            st.markdown(f"{number}. **{what}**  \n:small[:gray[{why}]]")
        if not scores and value:
            st.caption(
                _("Segment, probability of silence and expected value are not worked out yet:"
                  " an administrator runs `python -m dashboard refresh`.")
            )  # fmt: skip


def _step(step: str, why: Facts, value: dict[str, Any]) -> tuple[str, str]:
    match step:
        case "answer":
            day = formats.day(why["complaint_at"])
            of_order = f" · {plain(why['complaint_order'])}" if why["complaint_order"] else ""
            return _("Answer the complaint"), _n(
                "{n} complaint is open since {day}",
                "{n} complaints are open, the oldest since {day}",
                int(why["complaints"]), day=day,
            ) + of_order  # fmt: skip
        case "inform":
            return _("Tell when the order comes"), _n(
                "{number} was promised for {day} and is not delivered",
                "{number} was promised for {day}; {n} orders are late",
                int(why["late_orders"]), number=plain(why["late_order"]),
                day=formats.day(why["late_promised_on"]),
            )  # fmt: skip
        case "collect":
            amount = plain(formats.money(why["past_due"], value["currency"]))
            return _("Call about the payment"), _n(
                "{amount} of {n} order is past due since {day}",
                "{amount} of {n} orders is past due, the oldest since {day}",
                int(why["past_due_orders"]), amount=amount, day=formats.day(why["past_due_on"]),
            )  # fmt: skip
        case "call":
            return _("Call before they are gone"), _(
                "no order in the next 90 days is {chance} likely; the last was on {day}",
                chance=formats.rate(why["silent_90"], 0), day=formats.day(why["last_ordered_on"]),
            )  # fmt: skip
    return _("Offer what they are due to buy again"), _(
        "{product}, expected on {day}, usually {n} pcs", product=plain(why["rebuy_product"]),
        day=formats.day(why["rebuy_on"]), n=formats.number(why["rebuy_quantity"]),
    )  # fmt: skip


def profile(scope: Scope, customer: Customer) -> None:
    """Who the customer is; what the person may not see is not there."""
    st.subheader(_("Profile"), anchor=False)
    with st.container(border=True, key="profile"):
        grid = st.grid("auto", min_column_width=130, gap=("xsmall", "small"), key="profile_facts")
        for label, value in _facts(customer):
            grid.markdown(f":small[:gray[{label}]]  \n{plain(value)}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            told = (
                f":small[:gray[{_('Consent to be contacted')}]]  \n{' · '.join(_consent(customer))}"
            )
            st.markdown(told, width="stretch")
            consent_button(scope, customer["customer_id"], "customer")
        history = read(list_customer_segments, scope, customer["customer_id"], engine="record")
        if len(history):
            told = " ← ".join(
                f"{plain(said(SEGMENT_NAMES, segment))} ({formats.month(as_of_on)})"
                for as_of_on, segment in zip(
                    history["as_of_on"].head(4), history["segment"].head(4), strict=True
                )
            )
            st.markdown(f":small[:gray[{_('Segment before')}]]  \n:small[{told}]")


def _consent(customer: Customer) -> list[str]:
    colour = CONSENT_COLOURS[customer["consent"]]
    told = [f":{colour}[{said(CONSENTS, customer['consent'])}]"]
    if customer["consent_on"]:
        told.append(formats.day(customer["consent_on"]))
    if customer["consent_purpose"]:
        told.append(plain(said(PURPOSES, customer["consent_purpose"])))
    return told


def _facts(customer: Customer) -> list[tuple[str, str]]:
    facts = [
        (_("Kind of customer"), said(TYPES, customer["customer_type"])),
        (_("Industry"), said(INDUSTRIES, customer["industry"])),
        (_("Won through"), said(SOURCES, customer["source"])),
        (_("Sales rep"), customer["owner"]),
        (_("Region"), customer["region"]),
        (_("Customer since"), formats.day(customer["created_at"])),
        (_("Phone"), customer["phone"]),
        (_("E-mail"), customer["email"]),
        (_("Address"), customer["address"]),
        (_("City"), customer["city"]),
        (_("Born on"), formats.day(customer["born_on"])),
    ]
    return [
        (label, str(value)) for label, value in facts if value not in (None, "", formats.MISSING)
    ]


def contacts(scope: Scope, customer_id: int) -> None:
    """The people of the customer, the first to contact marked."""
    found = read(list_customer_contacts, scope, customer_id, engine="record")
    if not len(found):
        return
    st.subheader(_("Contacts"), anchor=False)
    with st.container(border=True, gap="small", key="contacts"):
        contact: Any
        for contact in found.itertuples():
            _contact(scope, customer_id, contact)
        if len(found) == MOST_CONTACTS:
            st.caption(_("The first {n} are shown.", n=formats.number(MOST_CONTACTS)))


def _contact(scope: Scope, customer_id: int, contact: Any) -> None:
    star = ":orange[:material/star:] " if contact.is_primary else ""
    position = (
        f" :small[:gray[{plain(said(POSITIONS, contact.position))}]]" if contact.position else ""
    )
    reach = " · ".join(plain(value) for value in (contact.phone, contact.email) if value)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        told = f"{star}**{plain(contact.name)}**{position}"
        st.markdown(f"{told}  \n:small[{reach}]" if reach else told, width="stretch")
        for action in ("change_contact", "remove_contact"):
            _action(scope, action, customer_id, int(contact.contact_id))


def preferred_categories(scope: Scope, customer_id: int, as_of: date, currency: str) -> None:
    """What they buy, as bars; the tick is the year before."""
    if not scope.sees("order_lines", "net_sales"):
        return
    frame = read(
        sum_customer_categories, scope, customer_id, as_of, currency, language(), engine="record"
    )
    if frame["name"].isna().all():
        return
    total = float(frame["net_sales"].sum()) or 1.0
    before = frame["previous_net_sales"].where(frame["previous_net_sales"] > 0)
    bars = frame.assign(share=frame["net_sales"] / total, change=frame["net_sales"] / before - 1)
    st.subheader(_("Preferred categories"), anchor=False)
    with st.container(border=True, key="preferred"):
        show_chart(
            sales_bars(bars, currency=currency),
            alt=_("Net sales of the last 12 months by category"),
            key="preferred_categories",
        )
        st.caption(_("Net sales of the last 12 months; the tick is the 12 months before."))
