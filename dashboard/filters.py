"""What a person has chosen: it lives in the address and goes with them from page to page.

An address that names a choice is the whole truth, so a link means the same to everybody; an
address without any shows what the person chose last in this session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.periods import ANY, OWN, PERIODS, period_of
from dashboard.texts import N_, _
from data_access.filters import OrderFilter, Period, PeriodBasis
from data_access.owing import PAYMENT_STATES
from data_access.stages import STAGES

Values = dict[str, tuple[str, ...]]  # parameter of the address → what it says

STAGE_NAMES: dict[str, str] = {
    "received": N_("Received"),
    "confirmed": N_("Confirmed"),
    "processing": N_("Processing"),
    "shipped": N_("Shipped"),
    "completed": N_("Completed"),
    "cancelled": N_("Cancelled"),
    "returned": N_("Returned"),
}
PAYMENT_STATE_NAMES: dict[str, str] = {
    "unpaid": N_("Unpaid"),
    "partly_paid": N_("Partly paid"),
    "paid": N_("Paid"),
}
BASIS_NAMES: dict[str, str] = {
    "promised": N_("Promised date"),
    "shipped": N_("Shipment date"),
    "delivered": N_("Delivery date"),
}
_BASES: dict[str, PeriodBasis] = {
    "promised": "promised_on",
    "shipped": "shipped_on",
    "delivered": "completed_on",
}
PARAMETERS = (
    "period", "from", "to", "by", "channel", "region", "category", "rep", "stage",
    "payment", "overdue", "late", "otif", "returned", "past_due", "min", "max", "currency", "q",
    "person", "action", "kind", "type", "industry", "grade", "source", "consent", "segment",
    "bought", "cohort", "warehouse", "class", "supplier", "product", "fewest", "confidence",
)  # fmt: skip
_LOOKED_AT = ("period", "from", "to", "currency")
_EVERYWHERE = (*_LOOKED_AT, "channel", "region", "category")
# a link to the rows behind a number says all of them anew
OF_LISTS = tuple(name for name in PARAMETERS if name not in _EVERYWHERE)
_OF_PLACES = ("page", "number")  # the page of a list, the number of an order
_STORE = "filters"
_MOST = 100  # values of one parameter that are read from an address


@dataclass(frozen=True)
class Choice:
    """One thing to choose from a list. `parameter` is its name in the address, `names` says what
    there is and how it reads."""

    parameter: str
    label: str
    everything: str  # shown while nothing is chosen
    names: Mapping[Any, str]
    many: bool = True

    def read(self, values: Values) -> tuple[Any, ...]:
        """What is chosen, in the order of the list; a value that is not on it is not chosen."""
        said = values.get(self.parameter, ())
        chosen = tuple(value for value in self.names if str(value) in said)
        return chosen if self.many else chosen[:1]


def stage_names(stages: Sequence[str] = STAGES) -> dict[str, str]:
    """Each stage as the person reads it."""
    return {stage: _(STAGE_NAMES[stage]) for stage in stages}


def stage_choice() -> Choice:
    return Choice("stage", _("Stage"), _("All stages"), stage_names())


def payment_choice() -> Choice:
    names = {state: _(PAYMENT_STATE_NAMES[state]) for state in PAYMENT_STATES}
    return Choice("payment", _("Payment"), _("Any payment state"), names, many=False)


def basis_choice() -> Choice:
    names = {basis: _(name) for basis, name in BASIS_NAMES.items()}
    return Choice("by", _("Period by"), _("Order date"), names, many=False)


def current() -> Values:
    """The choices of the address, or those made last if it names none."""
    there = set(st.query_params)
    said = {
        name: tuple(st.query_params.get_all(name)[:_MOST]) for name in PARAMETERS if name in there
    }
    if said:
        st.session_state[_STORE] = said
    kept: Values = st.session_state.setdefault(_STORE, {})
    return kept


def choose(**changes: Sequence[str] | None) -> None:
    """Sets parameters (None and empty: back to the default), here and in the address."""
    values = {**current(), **{name: tuple(said or ()) for name, said in changes.items()}}
    _keep({name: said for name, said in values.items() if said})


def clear() -> None:
    """Back to no filter at all; what is looked at, the period and the currency, stays."""
    _keep({name: said for name, said in current().items() if name in _LOOKED_AT})


def is_filtered() -> bool:
    """Whether anything but the period and the currency is chosen."""
    return any(name not in _LOOKED_AT for name in current())


def show_in_address(values: Values) -> None:
    """Makes the address say what is shown, so that it can be sent to somebody."""
    if any(st.query_params.get_all(name) != list(said) for name, said in values.items()):
        _write(values)


def _keep(values: Values) -> None:
    st.session_state[_STORE] = values
    _write(values)


def _write(values: Values) -> None:
    others = {
        name: st.query_params.get_all(name) for name in st.query_params if name not in PARAMETERS
    }
    for name in _OF_PLACES:  # another filter, another list: it starts at the beginning
        others.pop(name, None)
    st.query_params.from_dict({**others, **{name: list(said) for name, said in values.items()}})


def link_to(
    values: Values | None = None, /, **changes: str | Sequence[str] | None
) -> dict[str, Any]:
    """Query parameters for a link: the choices now, with changes (None: without)."""
    linked: dict[str, Any] = dict(current() if values is None else values)
    linked.update(changes)
    return {
        name: said if isinstance(said, str) else list(said) for name, said in linked.items() if said
    }


def preset_of(values: Values, presets: Sequence[str], default: str) -> str:
    said = first(values, "period")
    return said if said in presets and said in PERIODS else default


def period_from(values: Values, preset: str, as_of: date) -> Period | None:
    """The chosen days; own dates that are missing or wrong mean the last 30 days."""
    if preset == ANY:
        return None
    if preset != OWN:
        return period_of(preset, as_of)
    start, end = read_day(first(values, "from")), read_day(first(values, "to"))
    if start is None or end is None or end < start:
        return period_of("last_30", as_of)
    return Period(start, end)


def order_filter_from(
    values: Values, choices: Sequence[Choice], *, period: Period | None, currency: str | None
) -> OrderFilter:
    """The filter that the choices make; a choice this page does not offer does not count."""
    chosen = {choice.parameter: choice.read(values) for choice in choices}
    return OrderFilter(
        period=period,
        period_basis=next((_BASES[basis] for basis in chosen.get("by", ())), "ordered_on"),
        stages=chosen.get("stage", ()),
        channels=chosen.get("channel", ()),
        region_ids=chosen.get("region", ()),
        owner_ids=chosen.get("rep", ()),
        category_ids=chosen.get("category", ()),
        payment_state=next(iter(chosen.get("payment", ())), None),
        currency=currency,
    )


def read_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def read_amount(text: str | None) -> float | None:
    """A plain number from zero up; anything else is no limit."""
    try:
        amount = float(text) if text else None
    except ValueError:
        return None
    return amount if amount is not None and 0 <= amount < 1e15 else None


def first(values: Values, name: str) -> str | None:
    """The one value of a parameter."""
    return next(iter(values.get(name, ())), None)


def described(period: Period | None) -> str:
    """2026-10-25 – 2026-11-23"""
    if period is None:
        return _("Any time")
    if period.start == period.end:
        return formats.day(period.start)
    return f"{formats.day(period.start)} – {formats.day(period.end)}"
