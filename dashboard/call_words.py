"""Why a customer is to be called, what that is worth and what happened last time, in words that are
true of the numbers that the list was made with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.analytics.calling import OFFERS
from dashboard.texts import _, _n, in_a_row, plain
from dashboard.vocabulary import in_words

BY_DATA = "ordered"  # the result that nobody marked: the data have an order
Reason = Mapping[Any, Any]


def reasons_by_customer(reasons: pd.DataFrame) -> dict[int, list[dict[Any, Any]]]:
    """The rows of `list_call_reasons` of each customer, in their order."""
    found: dict[int, list[dict[Any, Any]]] = {}
    for row in reasons.to_dict("records"):
        found.setdefault(int(row["customer_id"]), []).append(row)
    return found


def add_words(lines: pd.DataFrame, reasons: pd.DataFrame) -> pd.DataFrame:
    """The lines of `list_calls` with texts, no Markdown: why, offer, formula, result,
    last_talk, value_told and last_amount (money in its own currency)."""
    known = reasons_by_customer(reasons)
    rows = lines.to_dict("records")
    own = [known.get(int(row["customer_id"]), []) for row in rows]
    return lines.assign(
        why=[" · ".join(in_short(each) for each in mine) for mine in own],
        offer=[" · ".join(offered(mine)) for mine in own],
        formula=[formula(mine, row["currency"]) for row, mine in zip(rows, own, strict=True)],
        result=[result_of(row) for row in rows],
        last_talk=[_last_talk(row) for row in rows],
        value_told=[formats.money(row["expected_value"], row["currency"]) for row in rows],
        last_amount=[_amount(row) for row in rows],
    )


def in_short(reason: Reason) -> str:
    """For the cell of a table."""
    chance = formats.rate(reason["probability"], 0)
    if reason["cause"] == "silent":
        return _("likely silent ({chance}), last order {day}",
                 chance=chance, day=formats.day(reason["last_ordered_on"]))  # fmt: skip
    if reason["cause"] in OFFERS:
        return f"{reason['product']} ({chance})"
    due_on = formats.day(reason["expected_on"])
    return _("{product} due {day} ({chance})", product=reason["product"], day=due_on, chance=chance)


def in_full(reason: Reason) -> str:
    """A sentence with the numbers that it rests on. Markdown."""
    chance, last_on = formats.rate(reason["probability"]), formats.day(reason["last_ordered_on"])
    gap = reason["usual_gap_days"]
    if reason["cause"] == "silent":
        said = _("With a chance of {chance} they order nothing for 90 days: the last order was on"
                 " {day}", chance=chance, day=last_on)  # fmt: skip
        if pd.isna(gap):
            return f"{said}."
        return _("{said}, usually one every {gap}.", said=said, gap=formats.age(gap))
    if reason["cause"] in OFFERS:
        return _offer_in_full(reason)
    return _n(
        "{product} is expected to be needed on {day}: bought on {n} day, the last on {last},"
        " usually every {gap}. With a chance of {chance} they buy it within 30 days.",
        "{product} is expected to be needed on {day}: bought on {n} days, the last on {last},"
        " usually every {gap}. With a chance of {chance} they buy it within 30 days.",
        int(reason["orders"]),
        product=f"**{plain(reason['product'])}**", day=formats.day(reason["expected_on"]),
        last=last_on, gap=formats.age(gap), chance=chance,
    )  # fmt: skip


def _offer_in_full(reason: Reason) -> str:
    """What it goes by, and what its chance is made of."""
    values = {
        "product": f"**{plain(reason['product'])}**",
        "n": formats.number(reason["counted"]), "of": formats.number(reason["counted_of"]),
    }  # fmt: skip
    if reason["cause"] == "again":
        why = _("To offer again: {product}, in {n} of their {of} orders.", **values)
    elif pd.isna(reason["counted_of"]):
        why = _("New for them: {product}. Customers who bought {source} bought it too.",
                source=plain(reason["source_product"]), product=values["product"])  # fmt: skip
    else:
        why = _("New for them: {product}. Of {of} customers who bought {source}, {n} bought it"
                " too.", source=plain(reason["source_product"]), **values)  # fmt: skip
    measured = _(
        "At least {taken} of such offers were in the next order, where it was measured; × the"
        " chance that they order within 90 days: {chance}.",
        taken=formats.rate(reason["taken_rate"]), chance=formats.rate(reason["probability"]),
    )  # fmt: skip
    return in_a_row((why, measured))


def offered(reasons: Iterable[Reason]) -> list[str]:
    """What to offer: 12 × Pen."""
    return [
        _("{quantity} × {product}", quantity=formats.number(each["quantity"]),
          product=each["product"])
        for each in reasons
        if not pd.isna(each["product_id"])
    ]  # fmt: skip


def formula(reasons: Iterable[Reason], currency: str | None) -> str:
    """80.0% × ¥1,000.00 + 35.0% × ¥300.00 = ¥905.00, without what adds nothing."""
    mine = list(reasons)
    terms = [
        f"{formats.rate(each['probability'])} × {formats.money(each['value'], currency)}"
        for each in mine
        if each["expected_value"]
    ]
    whole = formats.money(sum(each["expected_value"] for each in mine), currency)
    return f"{' + '.join(terms)} = {whole}" if terms else ""


def result_of(row: Reason) -> str:
    """What came of the line, as it was marked and as the data have it; empty while it is open."""
    ordered = _("has ordered since") if row["has_ordered"] else ""
    if pd.isna(row["mark"]):
        return ordered
    marked = in_words("call_marks.mark", row["mark"])
    if row["marked_product"] is not None and not pd.isna(row["marked_product"]):
        marked = _("{mark}: {product}", mark=marked, product=row["marked_product"])
    return _("{marked}, {ordered}", marked=marked, ordered=ordered) if ordered else marked


def last_time(row: Reason) -> list[str]:
    """The last order and the last conversation. Markdown."""
    said: list[str] = []
    if pd.isna(row["last_order_id"]):
        said.append(_("No order yet."))
    else:
        number, day = plain(row["last_order_number"]), formats.day(row["last_ordered_on"])
        if pd.isna(row["last_net_sales"]):
            said.append(_("Last order {number} on {day}.", number=number, day=day))
        else:
            said.append(
                _("Last order {number} on {day}: {amount}.", number=number, day=day,
                  amount=_amount(row))
            )  # fmt: skip
    if pd.isna(row["last_contact_at"]):
        said.append(_("No conversation is noted."))
    else:
        subject = row["last_subject"]
        about = f" ({plain(subject)})" if subject and not pd.isna(subject) else ""
        said.append(
            _("Last conversation: {kind} on {day}{about}.", about=about,
              kind=in_words("interactions.kind", row["last_contact"]),
              day=formats.moment(row["last_contact_at"])[:10])
        )  # fmt: skip
    return said


def _amount(row: Reason) -> str:
    if pd.isna(row["last_net_sales"]):
        return ""
    return formats.money(row["last_net_sales"], row["last_currency"])


def _last_talk(row: Reason) -> str:
    if pd.isna(row["last_contact_at"]):
        return ""
    kind = in_words("interactions.kind", row["last_contact"])
    return f"{kind} {formats.moment(row['last_contact_at'])[:10]}"
