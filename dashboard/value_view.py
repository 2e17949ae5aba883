"""The blocks of the customer value page."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.cohorts import (
    add_repurchase_rates,
    retention_by_quarter,
    share_of_best,
    value_by_quarter,
)
from dashboard.cards import Card
from dashboard.charts import show_chart
from dashboard.figures.retention import (
    NOT_OVER,
    repurchase_bars,
    repurchase_over_time,
    retention_heat,
    sales_by_tenth,
)
from dashboard.reads import data_version, read
from dashboard.recorded import knows_two_years
from dashboard.session import current_scope
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n, language
from dashboard.value_cards import value_cards
from dashboard.value_choice import choose_cohort, chosen_cohort, cohort_name, ends_of_years
from dashboard.vocabulary import in_words
from data_access.retention import (
    RepurchaseCut,
    sum_repurchase,
    sum_repurchase_by,
    sum_retention,
)
from data_access.scope import Scope
from data_access.value import (
    YEAR,
    ValueFilter,
    find_shared_error,
    sum_sales_by_tenth,
    sum_value_by_cohort,
)

MONTHS = 12
MOST_COHORTS = 12
YEARS_TOLD = 9  # two years of quarters, and today
MOST_BARS = 8
_CUTS: dict[RepurchaseCut, str] = {
    "channel": N_("Channel"),
    "region": N_("Region"),
    "source": N_("Source"),
}


def cards_of(scope: Scope, wanted: ValueFilter, as_of: date, months: pd.DataFrame) -> list[Card]:
    """`months` as `cohort_months` has them."""
    tenths = read(sum_sales_by_tenth, scope, wanted, as_of)
    rates = _repurchase_rates(scope, wanted, as_of)
    compared = knows_two_years(scope, wanted.currency, as_of)
    return value_cards(
        months if compared else months.assign(net_sales_prior_12m=0.0),
        rates, share_of_best(tenths), _shared_error(scope), wanted.currency,
    )  # fmt: skip


def cohort_months(scope: Scope, wanted: ValueFilter, as_of: date) -> pd.DataFrame:
    """What is known of each month with first orders."""
    return read(sum_value_by_cohort, scope, wanted, as_of)


def cohort_values(scope: Scope, months: pd.DataFrame) -> pd.DataFrame:
    """A row for each cohort, as `value_by_quarter` has it."""
    return value_by_quarter(months, _shared_error(scope))


def retention_block(scope: Scope, wanted: ValueFilter, as_of: date) -> None:
    """How many of each cohort came back in each month."""
    st.markdown(f"**{_('Who comes back')}** :small[:gray[{_('% ordering again in month n')}]]")
    cells = retention_by_quarter(read(sum_retention, scope, wanted, as_of), as_of, MONTHS)
    cohorts = sorted(set(cells["cohort"]), reverse=True)[:MOST_COHORTS]
    if not cohorts:
        st.markdown(f":gray[{_('No cohort is a month old yet.')}]")
        return
    show_chart(
        retention_heat(
            cells, cohorts=cohorts, names=[cohort_name(each) for each in cohorts], most=MONTHS
        ),
        alt=_("Share of each cohort that ordered again, by months since the first order"),
        key="retention",
    )
    told = _("{mark} the month is not over for all of them", mark=NOT_OVER)
    st.markdown(f":small[:gray[{told}]]".replace("*", "\\*"))


def cohort_table(values: pd.DataFrame, currency: str, *, predicts: bool) -> None:
    """What each cohort has brought and is expected to bring; a click chooses one."""
    st.markdown(
        f"**{_('Value by first order')}** :small[:gray[{_('Click a row for its customers')}]]"
    )
    cohorts = tuple(int(each) for each in values["cohort"])
    frame = values.assign(
        name=[cohort_name(each) for each in cohorts],
        expected=[
            formats.money_range(*each, currency) or formats.MISSING
            for each in zip(
                values["predicted_value"],
                values["predicted_low"],
                values["predicted_high"],
                strict=True,
            )
        ],
    )
    expected = Column(
        "expected", _("Next 12 months"), width=190,
        help=_("The sum of the cohort's customers; it lies within the brackets 8 times in 10."),
    )  # fmt: skip
    columns = [
        Column("name", _("First order"), width=75),
        Column("customers", _("Customers"), "count", width=76),
        Column("net_sales", _("Value so far"), "compact_money", width=88),
        Column("net_sales_12m", _("Last 12 months"), "compact_money", width=106),
        *([expected] if predicts else []),
        Column("value_per_customer", _("Each"), "compact_money", width=72,
               help=_("Value so far, per customer")),
    ]  # fmt: skip
    key = f"cohorts_{data_version()}_{currency}_{len(cohorts)}"
    height = (min(len(frame), MOST_COHORTS) + 1) * ROW_HEIGHT + 6
    show_table(
        frame,
        columns,
        key=key,
        alt=_("Customers by the quarter of their first order, and their value"),
        currency=currency,
        height=height,
        on_select=lambda: _cohort_clicked(key, cohorts),
        selection_mode="single-cell",
    )


def repurchase_blocks(scope: Scope, wanted: ValueFilter, as_of: date) -> None:
    """The repurchase rate over time and by one thing, and who buys how much."""
    left, middle, right = st.columns(3, gap="xsmall")
    with left, st.container(border=True, gap="xsmall"):
        st.markdown(
            f"**{_('Repurchase rate')}** :small[:gray[{_('of the 12 months up to each day')}]]"
        )
        rates = _repurchase_rates(scope, wanted, as_of)
        if rates["rate"].notna().any():
            show_chart(
                repurchase_over_time(rates.iloc[1:]),
                alt=_("Repurchase rate of the last twelve months, at the end of each quarter"),
                key="repurchase_over_time",
            )
        else:
            st.markdown(f":gray[{_('Nobody ordered in these years.')}]")
    with middle, st.container(border=True, gap="xsmall"):
        _repurchase_by(scope, wanted, as_of)
    with right, st.container(border=True, gap="xsmall"):
        st.markdown(
            f"**{_('Who brings the sales')}** "
            f":small[:gray[{_('tenths of the customers, last 12 months')}]]"
        )
        tenths = read(sum_sales_by_tenth, scope, wanted, as_of)
        whole = float(tenths["net_sales"].sum())
        if not whole:
            st.markdown(f":gray[{_('Nobody ordered in the last 12 months.')}]")
            return
        show_chart(
            sales_by_tenth(
                tenths.assign(share=tenths["net_sales"] / whole).dropna(subset=["share"]),
                currency=wanted.currency,
            ),
            alt=_("Share of net sales of each tenth of the customers"),
            key="sales_by_tenth",
        )


def _repurchase_by(scope: Scope, wanted: ValueFilter, as_of: date) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{_('Repurchase rate by')}**", width="content")
        cut = st.segmented_control(
            _("Repurchase rate by"),
            list(_CUTS),
            default="channel",
            required=True,
            format_func=lambda name: _(_CUTS[name]),
            key="repurchase_cut",
            label_visibility="collapsed",
            persist_state="session",
        )
    found = read(sum_repurchase_by, scope, wanted, as_of, cut or "channel", language())
    found = add_repurchase_rates(found[found["customers"] > 0])
    if cut == "source":
        found = found.assign(name=[in_words("customers.source", name) for name in found["name"]])
    if not len(found):
        st.markdown(f":gray[{_('Nobody ordered in the last 12 months.')}]")
        return
    show_chart(
        repurchase_bars(found.head(MOST_BARS)),
        alt=_("Repurchase rate of the last twelve months by one thing"),
        key=f"repurchase_by_{cut}",
    )
    told = [_("Bar: this year, tick: the year before.")]
    if len(found) > MOST_BARS:
        left = len(found) - MOST_BARS
        told.append(_n("{n} more is not shown.", "{n} more are not shown.", left))
    st.markdown(f":small[:gray[{' '.join(told)}]]")


def _repurchase_rates(scope: Scope, wanted: ValueFilter, as_of: date) -> pd.DataFrame:
    """Of the year before, then of the year up to each end of a quarter and today: one question."""
    ends = (as_of - timedelta(days=YEAR), *ends_of_years(as_of, YEARS_TOLD))
    return add_repurchase_rates(read(sum_repurchase, scope, wanted, ends))


def _shared_error(scope: Scope) -> float | None:
    found: float | None = read(find_shared_error, scope, engine="record")["shared_error"]
    return found


def _cohort_clicked(key: str, cohorts: tuple[int, ...]) -> None:
    current_scope("value")
    cells = st.session_state[key]["selection"]["cells"]
    row = int(cells[0][0]) if cells else -1
    if 0 <= row < len(cohorts):
        choose_cohort(None if cohorts[row] == chosen_cohort() else cohorts[row])
