"""How far to trust a list of offers: what it would have found in orders that it did not learn from,
beside two plain ways to make one, and what being on a list brings against a held-out tenth."""

from __future__ import annotations

from typing import Any, Literal, get_args

import pandas as pd
import streamlit as st

from dashboard.call_effect import effect_block
from dashboard.choices import sees_several_reps
from dashboard.offer_trust_words import Judged, headline, how_told, table_rows
from dashboard.offers_report import METHODS
from dashboard.reads import data_version, read
from dashboard.session import today
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, in_a_row
from data_access.offers import list_offer_evaluations
from data_access.scope import Scope

Task = Literal["all", "again", "new"]
Protocol = Literal["last_order_out", "time_cut"]
_TASKS: dict[Task, str] = {
    "all": N_("All offers"), "again": N_("Buy again"), "new": N_("New for them"),
}  # fmt: skip
_PROTOCOLS: dict[Protocol, str] = {
    "last_order_out": N_("Last order held back"), "time_cut": N_("Held back from a day on"),
}  # fmt: skip


def trust_block(scope: Scope, *, task: Task = "all") -> None:
    """For below a list of offers. Draws nothing for who may see none of it."""
    if scope.sees("offer_evaluations"):
        told = read(list_offer_evaluations, scope, engine="record")
        st.markdown(f"**{_('How far to trust the offers')}**")
        judged = judged_of(told, "last_order_out", task)
        if judged is None:
            st.markdown(f":gray[{_('No orders have been held back yet to judge offers by.')}]")
        else:
            st.markdown(in_a_row(headline(judged)))
            _numbers(told, task)
    if scope.sees("calls") and sees_several_reps(scope):
        effect_block(scope, today())


def judged_of(told: pd.DataFrame, protocol: str, task: str) -> Judged | None:
    """The rows of `list_offer_evaluations` for one way to judge; None where nothing was judged."""
    rows = told[(told["protocol"] == protocol) & (told["task"] == task)]
    return None if rows.empty else Judged(task, rows)


def _numbers(told: pd.DataFrame, task: Task) -> None:
    """Closed until somebody asks."""
    block = st.expander(
        _("The numbers behind it"), icon=":material/verified:", key=f"offer_trust_{task}",
        on_change="rerun",
    )  # fmt: skip
    if not block.open:
        return
    with block:
        with st.container(horizontal=True, gap="small"):
            shown = _choice(_("Which offers"), _TASKS, task, f"offer_trust_task_{task}")
            protocol = _choice(_("How it was judged"), _PROTOCOLS, "last_order_out",
                               f"offer_trust_protocol_{task}")  # fmt: skip
        judged = judged_of(told, protocol, shown)
        if judged is None:
            st.markdown(f":gray[{_('No orders have been held back yet to judge offers by.')}]")
            return
        if (shown, protocol) != (task, "last_order_out"):
            st.markdown(in_a_row(headline(judged)))
        show_table(
            table_rows(judged, {name: _(words) for name, words in METHODS.items()}),
            _columns(judged.list_length),
            key=f"offer_trust_table_{data_version()}_{task}_{shown}_{protocol}",
            alt=_("How each way to make a list did on orders it had not learnt from"),
        )
        st.markdown(f":small[:gray[{in_a_row(how_told(judged, protocol))}]]")


def _choice(label: str, names: dict[Any, str], usual: str, key: str) -> str:
    chosen = st.segmented_control(
        label, list(names), default=usual, required=True, key=key,
        format_func=lambda name: _(names[name]), label_visibility="collapsed",
    )  # fmt: skip
    return chosen or usual


def _columns(length: int) -> list[Column]:
    return [
        Column("method", _("The list holds"), width=215, pinned=True),
        Column("hit", _("Hit rate at {k}", k=length), width=165, help=_(
            "The share of customers who ordered at least one of the products listed.")),
        Column("recall", _("Recall at {k}", k=length), width=165, help=_(
            "Of what a customer ordered, the share that was listed; the mean of all customers.")),
        Column("ndcg", _("NDCG at {k}", k=length), width=165, help=_(
            "As recall, but what stands at the top of the list counts more: 1 is a perfect list, 0"
            " one without a hit.")),
        Column("gap", _("Blend less this: NDCG"), width=180, help=_(
            "Customer by customer. Where the brackets hold zero, the difference may be chance.")),
        Column("recall_repeat", _("Recall: bought again"), width=140, help=_(
            "Of what a customer ordered again, the share that was listed.")),
        Column("recall_explore", _("Recall: bought anew"), width=140, help=_(
            "Of what a customer ordered for the first time, the share that was listed.")),
        Column("coverage", _("Catalogue covered"), width=125, help=_(
            "The share of all products that stood on at least one list.")),
        Column("novelty", _("Novelty"), width=90, help=_(
            "How little known the products listed are, in bits: one more means that half as many"
            " customers have bought them.")),
        Column("diversity", _("Diversity"), width=90, help=_(
            "How little the products of a list have in common: 1 means that nobody who bought one"
            " bought another.")),
    ]  # fmt: skip


assert set(_TASKS) == set(get_args(Task)) and set(_PROTOCOLS) == set(get_args(Protocol))
