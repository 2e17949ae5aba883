"""How warnings read, on pages and in messages: the numbers that are stored with each become words
where they are shown, in the language of the reader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dashboard import formats
from dashboard.texts import N_, _, _n, language
from data_access.policy import Role
from data_access.scope import Scope

KIND_NAMES: dict[str, str] = {
    "short_order": N_("Orders lack stock"),
    "out_of_stock": N_("Sold out"),
    "runs_out": N_("Will run out"),
    "reorder": N_("Reorder"),
    "unusual_day": N_("Unusual day"),
}
SEVERITY_NAMES: dict[str, str] = {
    "high": N_("Urgent"),
    "medium": N_("Soon"),
    "low": N_("To plan"),
}
SEVERITY_COLOURS: dict[str, str] = {"high": "red", "medium": "orange", "low": "yellow"}
KIND_HELP = N_(
    "Orders lack stock: less is on hand than open orders need. Sold out: nothing is free. Will"
    " run out: what is free does not last until goods ordered today arrive. Reorder: at or below"
    " the reorder point with all that is on order. Unusual day: sales far from what is expected. A"
    " discontinued product is warned of only where orders lack it."
)


def sees_for_all(scope: Scope) -> bool:
    """Whether the person is told of everybody's orders, or of those that are theirs."""
    return scope.role is Role.WAREHOUSE or scope.sees_all("orders")


def facts_of(row: Any) -> dict[str, Any]:
    """The numbers of a row of `list_alerts`, as far as the person sees them."""
    demand = row.demand_facts
    return {**json.loads(row.facts), **(json.loads(demand) if isinstance(demand, str) else {})}


def about(row: Any, facts: Mapping[str, Any]) -> str:
    """What the warning is about: product and warehouse, or the day."""
    if row.kind == "unusual_day":
        return str(facts["day_on"])
    return " · ".join(str(part) for part in (row.product, row.warehouse) if part)


def sentence(row: Any, facts: Mapping[str, Any], *, of_all: bool) -> str:
    """What is the matter, in one line. `of_all`: the reader sees the orders of everybody."""
    match row.kind:
        case "short_order":
            return _short(row, facts, of_all=of_all)
        case "unusual_day":
            return _day(facts)
        case "out_of_stock":
            first = _("nothing free")
        case "runs_out":
            first = _left(facts)
        case _:
            first = _at_point(facts)
    told = [first, _coming(facts)]
    if row.orders:
        told.append(_n("{n} order waits for it", "{n} orders wait for it", int(row.orders)))
    return " · ".join(told)


def _short(row: Any, facts: Mapping[str, Any], *, of_all: bool) -> str:
    orders = int(row.short_orders)
    if of_all:
        told = [
            _n("{n} unit missing", "{n} units missing", int(facts["lacking"])),
            _n("{n} order lacks it", "{n} orders lack it", orders) if orders else "",
        ]
    else:
        told = [
            _n("{n} order of yours lacks {units}", "{n} orders of yours lack {units}", orders,
               units=_units(row.lacking))
            if orders
            else _n("{n} order of yours waits for it", "{n} orders of yours wait for it",
                    int(row.orders))
        ]  # fmt: skip
    return " · ".join(part for part in (*told, _coming(facts)) if part)


def _units(count: Any) -> str:
    return _n("{n} unit", "{n} units", int(count))


def _left(facts: Mapping[str, Any]) -> str:
    units = formats.number(facts["available"])
    days = facts.get("days_of_supply")
    if days is None:
        return _("{units} free", units=units)
    return _("{units} free, enough for {days}", units=units, days=formats.age(days))


def _at_point(facts: Mapping[str, Any]) -> str:
    units, point = formats.number(facts["available"]), facts.get("reorder_point")
    if point is None:
        return _("{units} free", units=units)
    return _("{units} free, reorder point {point}", units=units, point=formats.number(point))


def _coming(facts: Mapping[str, Any]) -> str:
    if facts["on_order"]:
        units = formats.number(facts["on_order"])
        if facts["expected_on"]:
            return _("{units} on order, due {day}", units=units, day=facts["expected_on"])
        return _("{units} on order", units=units)
    if facts["requested"]:
        return _("{units} requested, nothing ordered", units=formats.number(facts["requested"]))
    return _("nothing on order")


def _day(facts: Mapping[str, Any]) -> str:
    currency = facts["currency"]
    told = _(
        "net sales {sales} instead of {low} to {high}",
        sales=formats.compact_money(facts["net_sales"], currency),
        low=formats.compact_money(facts["low"], currency),
        high=formats.compact_money(facts["high"], currency),
    )
    event = (language() == "zh_CN" and facts.get("event_zh")) or facts.get("event")
    return f"{told} · {event}" if event else told


def link_of(
    row: Any, facts: Mapping[str, Any], order_number: str | None
) -> tuple[str, dict[str, str]]:
    """The page that the warning leads to, and what its address says: the order, for who sees no
    page of stock."""
    if row.kind == "unusual_day":
        return "why", {
            "view": "days", "period": "last_30", "day": facts["day_on"],
            "currency": facts["currency"],
        }  # fmt: skip
    if order_number is not None:
        return "order", {"number": order_number}
    return "stock", {"q": str(row.sku)}
