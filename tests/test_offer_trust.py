"""How far to trust offers: what is said of the measured lists, to whom, and beside what."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from dashboard.offer_trust import judged_of
from dashboard.offer_trust_words import headline, how_told, table_rows
from dashboard.texts import in_language
from data_access.database import Database
from tests.browsing import Browser, says
from tests.called import open_list
from tests.crm import add

AS_OF = date(2026, 11, 23)


def measured(hit_gain: tuple[float, float, float] = (0.06, 0.02, 0.1),
             ndcg_gain: tuple[float, float, float] = (0.03, 0.01, 0.05),
             **values: Any) -> list[dict[str, Any]]:  # fmt: skip
    """The rows that a refresh writes of three methods, with the gains over personal frequency."""
    rows = []
    hits = {"popularity": 0.25, "frequency": 0.37, "blend": 0.43}
    for method, hit in hits.items():
        gains = {"hit": hit_gain, "ndcg": ndcg_gain} if method == "frequency" else {
            "hit": (0.18, 0.1, 0.26), "ndcg": (0.1, 0.05, 0.15)}  # fmt: skip
        for measure, value in (("hit", hit), ("recall", 0.3), ("ndcg", 0.2), ("coverage", 0.55),
                               ("novelty", 3.456), ("diversity", 0.5),
                               ("recall_repeat", 0.61), ("recall_explore", 0.07)):  # fmt: skip
            ranged = measure in ("hit", "recall", "ndcg")
            gain = gains.get(measure, (None,) * 3) if method != "blend" else (None,) * 3
            rows.append(
                {"as_of_on": AS_OF, "protocol": "last_order_out", "task": "all", "method": method,
                 "measure": measure, "list_length": 10, "customers": 585, "value": value,
                 "low": value - 0.02 if ranged else None, "high": value + 0.03 if ranged else None,
                 "gain": gain[0], "gain_low": gain[1], "gain_high": gain[2], **values}
            )  # fmt: skip
    return rows


def said(**values: Any) -> str:
    judged = judged_of(pd.DataFrame(measured(**values)), "last_order_out", "all")
    assert judged is not None
    return " ".join(headline(judged))


def test_a_sales_lead_reads_how_many_of_a_hundred() -> None:
    assert said() == (
        "Of 100 customers, **43** bought at least one of the 10 products offered with their next"
        " order. Popular products alone: 25. What each customer buys most often, alone: 37. **The"
        " blend is clearly better than that: +6.0 in 100 (95 %: +2.0 to +10.0).**"
    )


def test_where_the_blend_is_not_clearly_better_it_says_so() -> None:
    unsure = said(hit_gain=(0.01, -0.01, 0.03), ndcg_gain=(0.0, -0.01, 0.01))
    assert "does not clearly reach more customers: +1.0 in 100 may be chance (95 %: -1.0" in unsure
    assert "better" not in unsure and "higher" not in unsure
    assert "It does put what they buy higher on the list." in said(hit_gain=(0.01, -0.01, 0.03))
    worse = said(hit_gain=(-0.05, -0.08, -0.02), ndcg_gain=(-0.02, -0.03, -0.01))
    assert "clearly worse than that: -5.0 in 100 (95 %: -8.0 to -2.0)" in worse
    mixed = said(ndcg_gain=(0.0, -0.01, 0.01))
    assert "clearly better" in mixed and "does not clearly put what they buy higher" in mixed
    rows = pd.DataFrame(measured())
    chance = (rows["method"] == "popularity") & (rows["measure"] == "hit")
    rows.loc[chance, ["gain_low", "value"]] = [-0.01, 0.42]
    judged = judged_of(rows, "last_order_out", "all")
    assert judged and "Popular products alone: 42, a difference that may be chance." in headline(
        judged
    )
    assert judged_of(rows, "time_cut", "all") is None


def test_the_table_has_each_method_with_its_ranges() -> None:
    judged = judged_of(pd.DataFrame(measured()), "last_order_out", "all")
    assert judged
    found = table_rows(judged, {"blend": "blend", "frequency": "personal frequency"})
    assert found["method"].tolist() == ["blend", "personal frequency", "popularity"]
    first, second = found.iloc[0], found.iloc[1]
    assert (first["hit"], first["ndcg"], first["gap"]) == (
        "43.0% (41.0–46.0)", "0.200 (0.180–0.230)", "–",
    )  # fmt: skip
    assert second["gap"] == "+0.030 (+0.010 … +0.050)"
    assert first[["coverage", "novelty", "diversity", "recall_repeat", "recall_explore"]].tolist()\
        == ["55.0%", "3.46", "0.50", "61.0%", "7.0%"]  # fmt: skip


def test_only_who_sees_every_customer_reads_how_many_were_judged() -> None:
    judged = judged_of(pd.DataFrame(measured()), "last_order_out", "all")
    hidden = judged_of(pd.DataFrame(measured(customers=None)), "last_order_out", "all")
    assert judged and "585 customers were judged." in how_told(judged, "last_order_out")
    assert hidden and not [each for each in how_told(hidden, "time_cut") if "judged." in each]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


def test_it_stands_below_the_list_of_calls(browser: Browser) -> None:
    called = open_list(browser.database)
    browser.sign_in(called.shop.scopes["sales_rep"].user_id)
    for row in measured():
        exact = {name: None if row[name] is None else Decimal(str(round(row[name], 4)))
                 for name in ("value", "low", "high", "gain", "gain_low", "gain_high")}  # fmt: skip
        add(browser.database.writer, "offer_evaluations", **{**row, **exact})
    tab = browser.open("calls")
    assert says(tab, "Of 100 customers, **43** bought at least one of the 10 products")
    assert not says(tab, "What the list brings")  # the trial is about more than a rep's customers
    tab.session_state["offer_trust_all"] = True  # opened
    tab.run()
    (table,) = (each.value for each in tab.dataframe if "ndcg" in each.value)
    assert table["method"].tolist() == ["blend", "personal frequency", "popular products"]
    assert not says(tab, "585")
    tab.segmented_control(key="offer_trust_protocol_all").set_value("time_cut").run()
    assert not tab.exception and says(tab, "No orders have been held back yet")
    browser.sign_in(called.shop.scopes["sales_lead"].user_id)
    tab = browser.open("calls", locale="zh-CN")
    assert says(tab, "每 100 位客户中，有 **43** 位") and says(tab, "名单带来的效果")
    with in_language("zh_CN"):
        assert "混合方法明显更好" in said()
