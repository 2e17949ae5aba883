"""Two people changed one order: what it was, what the other made of it, and what one's own draft
says, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.edit_fields import Field, in_field, owner_names
from dashboard.filters import STAGE_NAMES
from dashboard.texts import N_, _, plain
from dashboard.vocabulary import FIELD_NAMES, WORDS, in_words
from data_access.errors import OrderChange
from data_access.scope import Scope

# what two people may both care about, `table.column`, where it goes by another name than its own
_SHOWN: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "orders.stage", "orders.promised_on", "orders.owner_id", "orders.ship_address",
            "orders.note", "orders.cancel_reason", "orders.due_on", "orders.net_sales",
            "orders.paid", "order_lines.returned_quantity", "order_lines.discount_rate",
            "payments.method", "shipments.carrier", "shipments.tracking_number", "returns.reason",
        ),
        "",
    ),
    "order_lines.quantity": N_("Quantity of a line"),
    "payments.amount": N_("Payment"),
    "returns.quantity": N_("Return"),
}  # fmt: skip
_MONEY = ("net_sales", "paid", "amount")
_Place = tuple[str, int | None]  # `table.column`, and which of the order's lines


@dataclass(frozen=True)
class Mine:
    """What a field of the draft says now."""

    field: Field
    value: Any
    line_id: int | None = None

    @property
    def place(self) -> _Place:
        return _place(self.field.stored, self.line_id)


@dataclass
class _Clash:
    original: Any
    theirs: Any
    person: str
    happened_at: Any


def conflict_view(
    scope: Scope,
    changes: Sequence[OrderChange],
    mine: Sequence[Mine],
    currency: str | None,
    as_of: date,
) -> None:
    """`changes` are those since the draft was begun, newest first. Below it one's own fields go on
    as they were."""
    people = ", ".join(dict.fromkeys(plain(change.person) for change in changes))
    latest = formats.moment(changes[0].happened_at) if changes else ""
    words = (
        _("{people} changed this order since you opened it ({moment}).", people=people,
          moment=latest)
        if people
        else _("This order was changed since you opened it.")
    )  # fmt: skip
    with st.container(border=True, gap="xsmall", key="conflict"):
        st.markdown(f":orange[:material/warning: **{words}**]")
        names = owner_names(scope, as_of) if scope.sees("employees", "name") else {}
        rows = _rows(changes, mine, currency, names)
        if rows:
            heads = ("", _("Original"), _("Theirs"), _("Mine"), _("By"))
            bars = ["|" + "|".join(cells) + "|" for cells in (heads, (":--",) * 5, *rows)]
            st.markdown("\n".join(bars))
        st.caption(_("Your input is kept below. What it would do now is shown anew."))


def _rows(
    changes: Sequence[OrderChange],
    mine: Sequence[Mine],
    currency: str | None,
    names: Mapping[int, str],
) -> list[tuple[str, ...]]:
    own = {each.place: each for each in mine if each.field.stored}
    rows: list[tuple[str, ...]] = []
    for (stored, row), clash in _clashes(changes).items():
        said = own.pop((stored, row), None)
        rows.append(
            (
                _(_SHOWN[stored] or FIELD_NAMES[stored.partition(".")[2]]),
                _shown(stored, clash.original, currency, names),
                f"**{_shown(stored, clash.theirs, currency, names)}**",
                _said(said, currency, names) if said else f":gray[{_('not touched')}]",
                f":small[:gray[{plain(clash.person)}, {formats.moment(clash.happened_at)}]]",
            )
        )
    for said in own.values():
        untouched = f":gray[{_('not touched')}]"
        rows.append((_(said.field.label), "", untouched, _said(said, currency, names), ""))
    return rows


def _clashes(changes: Sequence[OrderChange]) -> dict[_Place, _Clash]:
    """What each field was before all of the changes, and what it is after them."""
    found: dict[_Place, _Clash] = {}
    for change in changes:  # newest first
        stored = f"{change.table_name}.{change.field}"
        if stored in _SHOWN:
            clash = found.setdefault(
                _place(stored, change.row_id),
                _Clash(change.before, change.after, change.person, change.happened_at),
            )
            clash.original = change.before
    return {place: clash for place, clash in found.items() if clash.original != clash.theirs}


def _place(stored: str, row_id: int | None) -> _Place:
    return stored, row_id if stored.startswith("order_lines.") else None


def _said(mine: Mine, currency: str | None, names: Mapping[int, str]) -> str:
    return f"**{_cell(in_field(mine.field, mine.value, currency, names))}**"


def _shown(stored: str, value: Any, currency: str | None, names: Mapping[int, str]) -> str:
    """The value as the log keeps it, as a person reads it."""
    column = stored.partition(".")[2]
    if value is None or value == "":
        return formats.MISSING
    if column == "stage":
        return _(STAGE_NAMES.get(value, value))
    if column == "owner_id":
        return _cell(names.get(value, formats.MISSING))
    if column in _MONEY:
        return formats.money(value, currency)
    if column == "discount_rate":
        return formats.rate(value)
    return _cell(in_words(stored, value) if stored in WORDS else str(value))


def _cell(text: str) -> str:
    """Somebody's own words in one cell of a table."""
    return plain(text.replace("\n", " "))
