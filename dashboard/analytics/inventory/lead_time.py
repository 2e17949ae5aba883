"""How long a supplier takes, from what was received before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.survival import Floats

FEWEST_RECEIPTS = 5
RECEIPTS_DAYS = 730  # back, that receipts are asked for
ASSUMED_DAYS = 14
SOURCES = ("receipts", "supplier_receipts", "stated", "supplier_stated", "assumed")
LEVELS = 201  # of the distribution that is handed on


@dataclass(frozen=True)
class LeadTimes:
    """By item: days and where they are known from. `quantiles` (items, LEVELS) are whole days at
    equal steps of chance."""

    mean: Floats
    deviation: Floats
    source: npt.NDArray[np.str_]
    receipts: npt.NDArray[np.int64]
    quantiles: Floats

    def draw(self, chances: Floats) -> npt.NDArray[np.int64]:
        """(items, len(chances)): the days at these chances."""
        at = np.rint(np.asarray(chances) * (LEVELS - 1)).astype(np.int64)
        return self.quantiles[:, at].astype(np.int64)


def learn_lead_times(items: pd.DataFrame, receipts: pd.DataFrame) -> LeadTimes:
    """Of each of `items`, in their order.

    From  items     product_id, supplier_id, lead_time_days, supplier_lead_time_days (NaN: not told)
          receipts  product_id, supplier_id, lead_days: from the order to the goods

    An item's own receipts where there are five or more, else its supplier's, else what is stated
    of the product, else of the supplier, else 14 days. A receipt in less than half of the stated
    time was hurried and tells nothing of the next usual one.

    >>> items = pd.DataFrame({"product_id": [1, 2, 3], "supplier_id": [7, 7, 8],
    ...     "lead_time_days": [10.0, 10.0, 21.0], "supplier_lead_time_days": [np.nan] * 3})
    >>> receipts = pd.DataFrame({"product_id": [1] * 6, "supplier_id": [7] * 6,
    ...     "lead_days": [8, 9, 10, 11, 12, 2]})
    >>> found = learn_lead_times(items, receipts)
    >>> found.mean.tolist(), found.source.tolist()
    ([10.0, 10.0, 21.0], ['receipts', 'supplier_receipts', 'stated'])
    """
    stated = items["lead_time_days"].astype("float64")
    of_supplier = items["supplier_lead_time_days"].astype("float64")
    told = stated.fillna(of_supplier)
    by_product = dict(zip(items["product_id"], told, strict=True))
    usual = receipts[
        (receipts["lead_days"] >= 0)
        & ~(receipts["lead_days"] < 0.5 * receipts["product_id"].map(by_product))
    ]
    own = {key: part.to_numpy() for key, part in usual.groupby("product_id")["lead_days"]}
    shared = {key: part.to_numpy() for key, part in usual.groupby("supplier_id")["lead_days"]}
    levels = np.linspace(0, 1, LEVELS)
    described: dict[tuple[str, object], tuple[float, float, int, Floats]] = {}
    chosen = []
    rows = zip(items["product_id"], items["supplier_id"], stated, of_supplier, strict=True)
    for product, supplier, days, supplier_days in rows:
        mine, theirs = own.get(product, ()), shared.get(supplier, ())
        if len(mine) >= FEWEST_RECEIPTS:
            key, sample = ("receipts", product), np.asarray(mine, np.float64)
        elif len(theirs) >= FEWEST_RECEIPTS:
            key, sample = ("supplier_receipts", supplier), np.asarray(theirs, np.float64)
        elif days == days:
            key, sample = ("stated", days), np.array([days])
        elif supplier_days == supplier_days:
            key, sample = ("supplier_stated", supplier_days), np.array([supplier_days])
        else:
            key, sample = ("assumed", None), np.array([float(ASSUMED_DAYS)])
        if key not in described:
            spread = float(sample.std(ddof=1)) if len(sample) > 1 else 0.0
            count = len(sample) if "receipts" in key[0] else 0
            quantiles = np.quantile(sample, levels, method="inverted_cdf")
            described[key] = (float(sample.mean()), spread, count, quantiles)
        chosen.append(key)
    found = [described[key] for key in chosen]
    return LeadTimes(
        mean=np.array([each[0] for each in found]),
        deviation=np.array([each[1] for each in found]),
        source=np.array([key[0] for key in chosen], dtype=str),
        receipts=np.array([each[2] for each in found], np.int64),
        quantiles=np.array([each[3] for each in found]).reshape(len(found), LEVELS),
    )
