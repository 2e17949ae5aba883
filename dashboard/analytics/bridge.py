"""A change in net sales or gross margin taken apart, so that the parts sum to it exactly.

The price-volume-mix bridge of management accounting, over the products sold in both periods (0 the
one before, 1 now; q units ordered, p what a unit brought, Q and P̄₀ = Σp₀q₀ ÷ Q₀ over all of them):

    price   Σ(p₁ − p₀)q₁         volume  (Q₁ − Q₀)P̄₀         mix  Σp₀q₁ − Q₁P̄₀

Each is a sum over products: volume (q₁ − q₀)P̄₀ and mix (q₁ − q₀)(p₀ − P̄₀) of each. Sold is what
units bring after discount and before returns, so price is split in two, list price and discount,
and returns stand apart. Of the margin, p is what a unit brings less what it cost, and the change of
its cost is an effect of its own. Products that were not sold in one of the periods have no p in it
and stand apart as new or gone; so do charges (postage, fees), which are no goods. All in decimals;
amounts are the four-place decimals of the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, Literal

import pandas as pd

Measure = Literal["net_sales", "margin"]
EFFECTS = (
    "price", "discount", "unit_cost", "volume", "mix", "new", "gone", "corrections", "returns",
    "charges",
)  # fmt: skip
_EXACT = Context(prec=50, rounding=ROUND_HALF_UP)
_STEP, _NEARLY = Decimal("0.0001"), Decimal("1e-12")
_NOTHING = Decimal(0)


def product_effects(products: pd.DataFrame, measure: Measure = "net_sales") -> pd.DataFrame:
    """What each product adds to each effect; the sum of all cells is the change.

    From  product_id, name, is_goods; units, gross_sales, returns_value, net_sales, cost and
          sold_cost, and each with before_           one row per product
    To    product_id, name and a column of decimals for each of EFFECTS, in the same order

    >>> products = pd.DataFrame({"product_id": [1, 2], "name": ["a", "b"], "is_goods": [1, 1],
    ...     "units": [12, 5], "gross_sales": [132.0, 50.0], "returns_value": [0.0, 0.0],
    ...     "net_sales": [132.0, 50.0], "cost": [0.0, 0.0], "sold_cost": [0.0, 0.0],
    ...     "before_units": [10, 10], "before_gross_sales": [100.0, 100.0],
    ...     "before_returns_value": [0.0, 0.0], "before_net_sales": [100.0, 100.0],
    ...     "before_cost": [0.0, 0.0], "before_sold_cost": [0.0, 0.0]})
    >>> effects = product_effects(products)
    >>> [(name, float(effects[name].sum())) for name in ("price", "volume", "mix")]
    [('price', 12.0), ('volume', -30.0), ('mix', 0.0)]
    """
    with localcontext(_EXACT):
        rows = [_Product(row, measure) for row in products.itertuples()]
        both = [row for row in rows if row.group == "both"]
        units = sum((row.units_before for row in both), _NOTHING)
        mean = sum((row.sold_before for row in both), _NOTHING) / units if units else _NOTHING
        found = [row.effects(mean) for row in rows]
    return pd.DataFrame(
        {
            "product_id": products["product_id"].to_numpy(),
            "name": products["name"].to_numpy(),
            **{name: pd.Series([each[name] for each in found], dtype=object) for name in EFFECTS},
        }
    )


def sum_effects(effects: pd.DataFrame) -> dict[str, Decimal]:
    """The sum of each effect; those that no product has are left out, but for price, volume and
    mix."""
    with localcontext(_EXACT):
        sums = {name: sum(effects[name], _NOTHING) for name in EFFECTS}
    always = ("price", "volume", "mix")
    return {name: each for name, each in sums.items() if abs(each) > _NEARLY or name in always}


def steps(before: Decimal, effects: Mapping[str, Decimal], places: int = 2) -> dict[str, Decimal]:
    """The effects rounded so that `before` and they sum to what is now, each to its `places`: a
    bridge has levels, each level is rounded, and a step is the way between two of them.

    >>> thirds = {name: Decimal(1) / 3 for name in "abc"}
    >>> [str(step) for step in steps(Decimal("0.5"), thirds).values()]
    ['0.33', '0.34', '0.33']
    """
    found, level = {}, before
    with localcontext(_EXACT):
        for name, effect in effects.items():
            found[name] = rounded(level + effect, places) - rounded(level, places)
            level += effect
    return found


def rounded(amount: Decimal, places: int = 2) -> Decimal:
    """Halves away from zero; what a division left in the 13th place does not decide."""
    unit = Decimal(1).scaleb(-places)
    return amount.quantize(_NEARLY, context=_EXACT).quantize(unit, context=_EXACT)


def exact(amount: Any) -> Decimal:
    """An amount of the database, which has four places; what is missing is nothing."""
    return _NOTHING if pd.isna(amount) else Decimal(repr(float(amount))).quantize(_STEP)


def part_effects(parts: pd.DataFrame, measure: Measure = "net_sales") -> pd.Series[Any]:
    """The change of each part.

    From  net_sales, cost, before_net_sales, before_cost     any rows
    To    a decimal per row
    """
    return pd.Series(
        [
            amount_of(row.net_sales, row.cost, measure)
            - amount_of(row.before_net_sales, row.before_cost, measure)
            for row in parts.itertuples()
        ],
        index=parts.index,
        dtype=object,
    )


def amount_of(net_sales: Any, cost: Any, measure: Measure) -> Decimal:
    return exact(net_sales) - (exact(cost) if measure == "margin" else _NOTHING)


def top_movers(parts: pd.DataFrame, measure: Measure, most: int) -> pd.DataFrame:
    """The parts that moved most, and all the others as one.

    From  key, name, net_sales, cost, before_net_sales, before_cost   one row per part
    To    key, name, change (decimal), parts                          at most `most` + 1 rows, the
          largest rise first; the others, of which there are `parts` > 1, last
    """
    moved = parts.assign(change=part_effects(parts, measure))
    by_size = moved["change"].map(abs).sort_values(ascending=False, kind="stable").index
    shown, others = moved.loc[by_size[:most]], moved.loc[by_size[most:]]
    if len(others) == 1:  # one more row says more than "1 other"
        shown, others = moved.loc[by_size], others.head(0)
    shown = shown.sort_values("change", ascending=False, kind="stable").assign(parts=1)
    rows = shown[["key", "name", "change", "parts"]]
    if len(others):
        rest = pd.DataFrame(
            {
                "key": [None],
                "name": [None],
                "change": [sum(others["change"], _NOTHING)],
                "parts": [len(others)],
            },
            dtype=object,
        )
        rows = pd.concat([rows.astype(object), rest])
    return rows.reset_index(drop=True)


def leading(
    effects: Mapping[str, Decimal], change: Decimal
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The effects that explain the change: the fewest, at most two, that bring at least two thirds
    of what moved its way; and the largest one against it, if it took a fifth of that away.

    >>> leading({"price": Decimal(9), "volume": Decimal(-30), "mix": Decimal(-2)}, Decimal(-23))
    (('volume',), ('price',))
    """
    rising = change >= 0
    sized = sorted(effects.items(), key=lambda each: abs(each[1]), reverse=True)
    along = [(name, abs(each)) for name, each in sized if each and (each > 0) == rising]
    against = [(name, abs(each)) for name, each in sized if each and (each > 0) != rising]
    whole = sum((size for _name, size in along), _NOTHING)
    enough = bool(along) and along[0][1] * 3 >= whole * 2
    told = tuple(name for name, _size in along[: 1 if enough else 2])
    opposed = bool(against) and against[0][1] * 5 >= whole
    return told, ((against[0][0],) if opposed else ())


class _Product:
    """One product in both periods; `sold` and `returned` are margin where that is asked."""

    def __init__(self, row: Any, measure: Measure) -> None:
        margin = measure == "margin"
        self.units, self.units_before = Decimal(int(row.units)), Decimal(int(row.before_units))
        self.list_now, self.list_before = exact(row.gross_sales), exact(row.before_gross_sales)
        returns, returns_before = exact(row.returns_value), exact(row.before_returns_value)
        after_discount = exact(row.net_sales) + returns
        after_discount_before = exact(row.before_net_sales) + returns_before
        self.discounts = self.list_now - after_discount
        self.discounts_before = self.list_before - after_discount_before
        cost, kept = (exact(row.sold_cost), exact(row.cost)) if margin else (_NOTHING, _NOTHING)
        cost_before, kept_before = (
            (exact(row.before_sold_cost), exact(row.before_cost))
            if margin
            else (_NOTHING, _NOTHING)
        )
        self.cost, self.cost_before = cost, cost_before
        self.sold, self.sold_before = after_discount - cost, after_discount_before - cost_before
        self.returned = returns - (cost - kept)
        self.returned_before = returns_before - (cost_before - kept_before)
        self.group = _group(bool(row.is_goods), self.units > 0, self.units_before > 0)

    def effects(self, mean: Decimal) -> dict[str, Decimal]:
        found = dict.fromkeys(EFFECTS, _NOTHING)
        if self.group == "charges":
            now, before = self.sold - self.returned, self.sold_before - self.returned_before
            return found | {"charges": now - before}
        found["returns"] = self.returned_before - self.returned
        if self.group != "both":
            return found | {self.group: self.sold - self.sold_before}
        more, grown = self.units - self.units_before, self.units / self.units_before
        return found | {
            "price": self.list_now - self.list_before * grown,
            "discount": self.discounts_before * grown - self.discounts,
            "unit_cost": self.cost_before * grown - self.cost,
            "volume": more * mean,
            "mix": more * (self.sold_before / self.units_before - mean),
        }


def _group(is_goods: bool, is_sold: bool, was_sold: bool) -> str:
    if not is_goods:
        return "charges"
    if is_sold and was_sold:
        return "both"
    return "new" if is_sold else "gone" if was_sold else "corrections"
