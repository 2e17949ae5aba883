"""How severities, kinds of demand and sources of lead times read, and the arithmetic of a
suggestion, step by step."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.analytics.inventory.demand import SMOOTHING
from dashboard.stock_plan import StockRule
from dashboard.texts import N_, _, _n

SEVERITY_NAMES: dict[str, str] = {
    "short": N_("Short"),
    "out": N_("Sold out"),
    "critical": N_("Will run out"),
    "low": N_("Order now"),
    "coming": N_("On its way"),
    "over": N_("Overstock"),
    "dead": N_("Dead stock"),
    "ok": N_("Enough"),
}
SEVERITY_COLOURS: dict[str, str] = {
    "short": "red",
    "out": "red",
    "critical": "orange",
    "low": "yellow",
    "coming": "blue",
    "over": "violet",
    "dead": "gray",
    "ok": "green",
}
SEVERITY_HELP = N_(
    "Short: less is there than is promised. Sold out: nothing is free. Will run out: what is free "
    "does not last until goods ordered today arrive. Order now: at or below the reorder point. On "
    "its way: the same, but enough is on order. Overstock: more than 180 days of supply and more "
    "than an order brings. Dead stock: not shipped for 180 days."
)
_KINDS: dict[str, str] = {
    "regular": N_("sold on most days"),
    "intermittent": N_("sold on few days"),
    "borrowed": N_("new: leans on the products of its category"),
    "shared": N_("seldom sold here: leans on the product's other warehouses"),
    "none": N_("nothing was sold"),
}
_LEVELS: dict[str, str] = {
    "forecast": N_("level and season from the product's forecast"),
    "category": N_("level and season from its category's forecast"),
    "history": N_("level from the last year, not yet from a forecast"),
}
_SMOOTHED = N_("chance of a sale × its size, both smoothed (TSB, α = {alpha})")
_SOURCES: dict[str, str] = {
    "receipts": N_("receipts of this product"),
    "supplier_receipts": N_("receipts of its supplier"),
    "stated": N_("as stated for the product"),
    "supplier_stated": N_("as stated for the supplier"),
    "assumed": N_("assumed: nothing is known"),
}


def not_planned() -> str:
    """Why there is no suggestion, and how there comes to be one."""
    return _(
        "What to order is worked out each night by `python -m dashboard refresh --what stock`, "
        "which has not planned this yet: the reorder points are those that are set."
    )


def arithmetic(row: pd.Series, rule: StockRule, currency: str | None) -> pd.DataFrame:
    """step, sum, result: how the suggestion for this stock was worked out."""
    number: Any = formats.number
    told = _observed(row)
    rate, lead = number(row["daily_demand"], 2), number(row["lead_time_mean"], 1)
    level = formats.rate(row["service"], 0)
    lead_from = _(_SOURCES[row["lead_time_source"]])
    if row["receipts"]:
        lead_from = f"{lead_from}: {number(row['receipts'])}"
    steps = [
        (_("Demand a day"), told, f"{rate} ± {number(row['deviation'], 1)}"),
        (_("Lead time"), lead_from,
         _("{days} ± {spread} d", days=lead, spread=number(row["lead_time_deviation"], 1))),
        (_("Demand in the lead time"), _("mean of 1,000 simulated lead times"),
         number(row["lead_time_demand"], 1)),
        (_("Reorder point"),
         _("class {name}: covers {level} of them, as met when ordering, and {units} that the day "
           "of ordering takes", name=row["abc"], level=level, units=number(row["undershoot"], 1)),
         number(row["suggested_point"])),
        (_("Safety stock"),
         f"{number(row['suggested_point'])} − {number(row['lead_time_demand'], 1)}",
         number(row["safety_stock"], 1)),
        (_("Normal formula"),
         f"{rate} × {lead} + {number(row['z'], 2)} × √({lead} × {number(row['deviation'], 1)}² + "
         f"{rate}² × {number(row['lead_time_deviation'], 1)}²)",
         number(row["normal_reorder_point"], 1)),
        (_("Projected stock"),
         _("{there} on hand + {coming} on order − {held} reserved",
           there=number(row["on_hand"]), coming=number(row["on_order"]),
           held=number(row["reserved"])),
         number(row["projected"])),
        (_("Order quantity"), _quantity(row, rule, currency), number(row["order_quantity"])),
        (_("Suggestion"), _why(row), _order(row)),
    ]  # fmt: skip
    return pd.DataFrame(steps, columns=["step", "sum", "result"])


def _observed(row: pd.Series) -> str:
    told = [
        _(_KINDS[row["kind"]]),
        _(_LEVELS[row["demand_source"]]),
        *(
            [_(_SMOOTHED, alpha=SMOOTHING)]
            if (row["kind"], row["demand_source"]) == ("intermittent", "history")
            else []
        ),
        _n("{n} day seen", "{n} days seen", int(row["seen_days"])),
    ]
    if abs(row["season"] - 1) >= 0.005:
        told.append(_("× {factor} of the year behind", factor=formats.number(row["season"], 2)))
    if row["empty_days"]:
        told.append(_n("{n} day with an empty shelf", "{n} days with an empty shelf",
                       int(row["empty_days"])))  # fmt: skip
    if row["large_days"]:
        told.append(_n("{n} large order counted in part", "{n} large orders counted in part",
                       int(row["large_days"])))  # fmt: skip
    return " · ".join(told)


def _quantity(row: pd.Series, rule: StockRule, currency: str | None) -> str:
    number: Any = formats.number
    if pd.isna(row["economic_quantity"]) and pd.notna(row["planned_quantity"]):
        wanted = _("nearest of 1, 2, 4, 8 … weeks of demand: costs are not shown to your role")
    elif pd.isna(row["economic_quantity"]):
        wanted = _("{rate} × 30 d = {units}", rate=number(row["daily_demand"], 2),
                   units=number(row["wanted"], 1))  # fmt: skip
    else:
        wanted = _(
            "√(2 × {fixed} × {yearly} a year ÷ {holding}) = {units}",
            fixed=formats.money(rule.fixed_cost, currency), yearly=number(row["yearly_demand"]),
            holding=formats.money(row["holding_cost"], currency),
            units=number(row["economic_quantity"], 1),
        )  # fmt: skip
    return wanted + " · " + _(
        "at least {least}, packs of {pack}",
        least=number(row["minimum_order_quantity"]), pack=number(row["pack_size"]),
    )  # fmt: skip


def _why(row: pd.Series) -> str:
    if row["is_discontinued"]:
        return _("discontinued: not ordered again")
    point = "–" if pd.isna(row["reorder_point"]) else formats.number(row["reorder_point"])
    sign = "≤" if row["projected"] <= row["reorder_point"] else ">"
    told = _("projected {projected} {sign} reorder point {point}",
             projected=formats.number(row["projected"]), sign=sign, point=point)  # fmt: skip
    if row["suggested"] > row["order_quantity"]:
        told += " · " + _("one order quantity does not lift it above")
    if row["suggested"] and row["projected"] < 0:
        told += " · " + _n("{n} of it for orders that wait", "{n} of it for orders that wait",
                           int(-row["projected"]))  # fmt: skip
    return told


def _order(row: pd.Series) -> str:
    units = int(row["suggested"])
    return _("Order {n}", n=formats.number(units)) if units else _("Nothing to order")
