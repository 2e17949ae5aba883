"""What dividing a short stock does: who is served, when the others are, and who is late."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.allocation import Weights, allocate


def plan_shares(
    waiting: pd.DataFrame,
    available: int,
    weights: Weights,
    by_hand: Mapping[int, int] | None = None,
    *,
    whole_first: bool = True,
) -> pd.DataFrame:
    """The lines in the order of their scores (`allocate`), with what each is to get.

    From  the columns of `allocate`, margin of the whole line
    To    the same, and score, planned (units), is_by_hand

    The margin is judged per unit, for units are what is scarce. A line set by hand (line_id →
    units) keeps its units, at most what it asks; the others share what that leaves: with
    `whole_first` lines that can be served whole come first, because goods leave whole, and the
    highest of the others gets what is left; without, the highest score takes all it asks.
    Σ planned ≤ available, unless more than that was set by hand.

    >>> waiting = pd.DataFrame({"order_id": [1, 2, 3], "line_id": [1, 2, 3], "quantity": [9, 4, 3],
    ...     "promised_on": pd.to_datetime(["2026-11-01", "2026-11-02", "2026-11-03"]),
    ...     "margin": 0.0, "customer_value": 0.0})
    >>> plan_shares(waiting, 8, Weights())[["line_id", "planned"]]
       line_id  planned
    0        1        1
    1        2        4
    2        3        3
    >>> plan_shares(waiting, 8, Weights(), {3: 2}, whole_first=False)[["planned", "is_by_hand"]]
       planned  is_by_hand
    0        6       False
    1        0       False
    2        2        True
    """
    asked = waiting["quantity"].clip(lower=0)
    of_unit = waiting["margin"] / asked.where(asked > 0)
    scored = allocate(waiting.assign(margin=of_unit), available, weights)
    fixed = by_hand or {}
    is_by_hand = scored["line_id"].isin(list(fixed)).to_numpy()
    wanted = scored["quantity"].clip(lower=0).to_numpy(np.int64)
    kept = scored["line_id"].map(fixed).fillna(0).to_numpy(np.int64)
    planned = np.where(is_by_hand, np.clip(kept, 0, wanted), 0)
    left = max(int(available) - int(planned.sum()), 0)
    if whole_first:
        for place in np.flatnonzero(~is_by_hand):
            if wanted[place] <= left:
                planned[place] = wanted[place]
                left -= int(wanted[place])
    for place in np.flatnonzero(~is_by_hand):
        more = min(int(wanted[place] - planned[place]), left)
        planned[place] += more
        left -= more
    margin = waiting.set_index("line_id")["margin"].reindex(scored["line_id"]).to_numpy()
    return scored.drop(columns=["allocated", "short"]).assign(
        margin=margin, planned=planned, is_by_hand=is_by_hand
    )


def tell_ready(
    lines: pd.DataFrame, got: str, receipts: pd.DataFrame, as_of: pd.Timestamp, *, ahead: int = 0
) -> pd.DataFrame:
    """When each line can leave, in the order of the lines: those that get all today, the others
    when the receipts to come have brought what they and those before them lack.

    From  quantity, `got`, promised_on; receipts: expected_on, quantity
    To    the same, and lacks (units), ready_on (NaT: nothing on order brings it), is_late

    Of the receipts `ahead` units go to others first. What is overdue is expected tomorrow, what
    has no day brings nothing yet. A line is late when it is promised, and cannot leave by that day.

    >>> lines = pd.DataFrame({"quantity": [4, 3, 9], "gets": [4, 1, 0],
    ...     "promised_on": pd.to_datetime(["2026-11-30", "2026-12-01", None])})
    >>> receipts = pd.DataFrame({"expected_on": pd.to_datetime(["2026-12-02"]), "quantity": [5]})
    >>> told = tell_ready(lines, "gets", receipts, pd.Timestamp("2026-11-26"))
    >>> told[["lacks", "ready_on", "is_late"]]
       lacks   ready_on  is_late
    0      0 2026-11-26    False
    1      2 2026-12-02     True
    2      9        NaT    False
    """
    lacks = (lines["quantity"] - lines[got]).clip(lower=0).astype(np.int64)
    known = receipts[receipts["expected_on"].notna() & (receipts["quantity"] > 0)]
    tomorrow = as_of + pd.Timedelta(days=1)
    days = known["expected_on"].where(known["expected_on"] > tomorrow, tomorrow)
    coming = known.assign(expected_on=days).sort_values("expected_on", kind="stable")
    brought = coming["quantity"].to_numpy(np.int64).cumsum()
    needed = lacks.to_numpy(np.int64).cumsum() + ahead
    place = np.searchsorted(brought, needed)
    arrives = np.append(coming["expected_on"].to_numpy("datetime64[ns]"), np.datetime64("NaT"))
    ready = pd.Series(arrives[place], index=lines.index).where(lacks > 0, as_of)
    promised = lines["promised_on"]
    is_late = promised.notna() & (ready.isna() | (ready > promised))
    return lines.assign(lacks=lacks, ready_on=ready, is_late=is_late)


def sum_served(told: pd.DataFrame) -> dict[str, float]:
    """Of the lines of `tell_ready`: orders (served in full), late (orders), net_sales and margin of
    the lines that are served in full; NaN where nothing of it is known.

    >>> told = pd.DataFrame({"order_id": [1, 1, 2], "lacks": [0, 2, 0],
    ...     "net_sales": [8.0, 9.0, 5.0], "margin": [1.0, 2.0, None],
    ...     "is_late": [False, True, False]})
    >>> sum_served(told)
    {'orders': 1, 'late': 1, 'net_sales': 13.0, 'margin': 1.0}
    """
    full = told[told["lacks"] == 0]
    waits = told.loc[told["lacks"] > 0, "order_id"]
    return {
        "orders": int(told.loc[~told["order_id"].isin(waits), "order_id"].nunique()),
        "late": int(told.loc[told["is_late"], "order_id"].nunique()),
        **{
            name: float(full[name].sum()) if told[name].notna().any() else np.nan
            for name in ("net_sales", "margin")
        },
    }
