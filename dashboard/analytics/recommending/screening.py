"""What keeps a product from being offered, as a code that a page words: "left out because …"."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

LEFT_OUT = ("not_available", "refused", "returned_often", "low_margin")


@dataclass(frozen=True)
class Screen:
    """`least_margin` and `most_returned` are shares; None asks for nothing."""

    needs_stock: bool = True
    least_margin: float | None = None
    most_returned: float | None = 0.3
    fewest_returned: int = 2  # returned units, so that one mishap does not count

    def apply(self, offers: pd.DataFrame) -> pd.DataFrame:
        """
        From  available (units; NA where no stock is kept), is_refused, bought_units,
              returned_units (of this customer), margin_rate (NA where unknown)
        To    the same with left_out: the first of LEFT_OUT that holds, None to be offered

        >>> told = pd.DataFrame({"available": [0, 5, 5], "is_refused": [False, True, False],
        ...     "bought_units": [1, 1, 4], "returned_units": [0, 0, 3], "margin_rate": [0.4] * 3})
        >>> Screen().apply(told)["left_out"].tolist()
        ['not_available', 'refused', 'returned_often']
        """
        found = pd.Series([None] * len(offers), index=offers.index, dtype="object")
        for code, holds in reversed(self._holds(offers)):
            found = found.mask(holds.fillna(False).astype(bool), code)
        return offers.assign(left_out=found.where(found.notna(), None))

    def _holds(self, offers: pd.DataFrame) -> list[tuple[str, pd.Series[bool]]]:
        never = pd.Series(False, index=offers.index)
        returned = pd.to_numeric(offers["returned_units"]).fillna(0)
        bought = pd.to_numeric(offers["bought_units"]).fillna(0)
        margin = pd.to_numeric(offers["margin_rate"])
        is_out = pd.to_numeric(offers["available"]) <= 0
        often = (returned >= self.fewest_returned) & (returned > (self.most_returned or 0) * bought)
        return [
            ("not_available", is_out if self.needs_stock else never),
            ("refused", offers["is_refused"]),
            ("returned_often", often if self.most_returned is not None else never),
            ("low_margin", margin < self.least_margin if self.least_margin is not None else never),
        ]
