"""The blocks of what is bought together: the cards, the network and the rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.recommending.pair_network import lay_out
from dashboard.blanks import blank
from dashboard.cards import Card
from dashboard.connection import engine_and_version
from dashboard.exports import Export, export_menu
from dashboard.figures.pair_network import pair_network
from dashboard.figures.template import CONFIG
from dashboard.filters import choose, clear
from dashboard.paging import clicked_row, sort_box
from dashboard.reads import data_version, draw, read
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n, in_a_row, language
from dashboard.together_choice import show_pair
from dashboard.together_words import add_words, on_hover
from data_access.bought_together import (
    RuleFilter,
    RuleSort,
    list_rules,
)
from data_access.offered import find_last_offer_run
from data_access.offers import FEWEST_TOLD, MOST, counts_pairs
from data_access.scope import Scope

_ROWS_SEEN = 16
_LIST = "bought_together"
_SORTINGS: dict[str, tuple[str, RuleSort]] = {
    "sure": (N_("Surest lift first"), "lift_low"),
    "lift": (N_("Largest lift first"), "lift"),
    "together": (N_("Most orders together"), "together"),
    "confidence": (N_("Highest confidence"), "confidence"),
    "chance": (N_("Least likely chance"), "q_value"),
}


def no_rules(scope: Scope, *, has_rules: bool) -> None:
    """Why there is none: the filters, no refresh yet, or nothing is bought together."""
    if not has_rules and read(find_last_offer_run, scope, engine="record") is None:
        blank(
            _("What is bought together has not been worked out yet."),
            _("It appears here after `python -m dashboard refresh` has run."),
        )
    elif has_rules:
        blank(_("No pair fits these filters."), "", (_("Clear filters"), clear))
    else:
        blank(
            _("No two products are bought together more often than by chance."),
            _("A pair needs at least {n} orders that hold both.", n=FEWEST_TOLD),
        )


def rule_cards(scope: Scope, chosen: RuleFilter, found: dict[str, Any]) -> list[Card]:
    """Who sees only some orders is told no count of all of them."""
    pairs = Card(
        key="pairs", label=_("Pairs bought together"), value=formats.number(found["rules"]),
        help=_("Pairs of products that at least {n} orders hold, more often than by chance: of"
               " all of them at most one in ten is expected to be chance (false-discovery rate"
               " of Benjamini and Hochberg).", n=FEWEST_TOLD),
        note=_n("of {n} product", "of {n} products", int(found["products"])),
    )  # fmt: skip
    if counts_pairs(scope):
        return [pairs, *_counted_cards(scope, chosen, found)]
    largest = _first(scope, chosen, "lift")
    lift = Card(
        key="pair_lift", label=_("Largest lift, about"),
        value=_("{n}×", n=formats.number(largest["lift"], 1)),
        help=_("How many times as often as by chance, to a half"), note=_names(largest),
    )  # fmt: skip
    return [pairs, lift]


def _counted_cards(scope: Scope, chosen: RuleFilter, found: dict[str, Any]) -> list[Card]:
    surest = _first(scope, chosen, "lift_low")
    often = _first(scope, chosen, "together")
    return [
        Card(
            key="pair_orders", label=_("Orders looked at"), value=formats.number(found["orders"]),
            help=_("All orders of everybody that are not cancelled and hold goods, counted exactly;"
                   " no count below {n} is told.", n=FEWEST_TOLD),
            note=_("up to {day}", day=formats.day(found["as_of_on"])),
        ),
        Card(
            key="pair_surest", label=_("Surest pair"),
            value=_("{n}×", n=formats.number(surest["lift"], 1)),
            help=_("Lift: how many times as often the two are in one order as they would be by"
                   " chance. The surest has the highest lower end of its 95 % interval."),
            note=_names(surest),
        ),
        Card(
            key="pair_often", label=_("Most often together"),
            value=_n("{n} order", "{n} orders", int(often["together"])),
            help=_("The pair that most orders hold."),
            note=_names(often),
        ),
    ]  # fmt: skip


def network_block(scope: Scope, chosen: RuleFilter) -> None:
    """The largest groups as a picture: a click on a product shows what leads from it, one on an arc
    its orders."""
    network, product_ids, pairs = draw(_layout, scope, chosen)
    st.markdown(f"**{_('What hangs together')}**")
    key = f"pair_network_{data_version()}_{hash(chosen) % 9999}"
    st.plotly_chart(
        draw(_network, scope, chosen),
        config=CONFIG,
        alt=_("{n} products and the pairs among them, in groups that hang together; the table has"
              " the same pairs with their numbers", n=len(product_ids)),
        key=key,
        on_select=lambda: _network_clicked(key, product_ids, pairs),
        selection_mode="points",
    )  # fmt: skip
    words = [_("A thicker arc: a larger lift. Click a product to see what goes with it, an arc to"
               " see its orders.")]  # fmt: skip
    if len(product_ids) < network[0]:
        words.append(_("The {n} products of the largest groups, of {all}.", n=len(product_ids),
                       all=formats.number(network[0])))  # fmt: skip
    st.markdown(f":small[:gray[{in_a_row(words)}]]")


def rule_list(
    scope: Scope, chosen: RuleFilter, found: dict[str, Any], filters: Sequence[str]
) -> None:
    """The rules; a click on one opens the orders behind it."""
    said = st.query_params.get("sort", "sure")
    sortings = _sortings(scope)
    sorted_by = said if said in sortings else sortings[0]
    label, column = _SORTINGS[sorted_by]
    rules = _rules(scope, chosen, column)
    count = int(found["rules"])
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        told = _n("{n} pair", "{n} pairs", count)
        if count > len(rules):
            told = _("The first {n} of {all} pairs", n=len(rules), all=formats.number(count))
        advice = _("Click a row to see its orders")
        st.markdown(f"**{told}** :small[:gray[{advice}]]", width="content")
        with st.container(horizontal=True, gap="xsmall", width="content"):
            export_menu(
                Export(
                    slug="bought-together", name=_LIST, columns=_file_columns(scope),
                    rows=lambda person, most: _whole(person, chosen, column, most),
                    as_of=pd.Timestamp(found["as_of_on"]).date(),
                    filters=[*filters, _(label)],
                ),
                count,
            )  # fmt: skip
            labels = {name: _SORTINGS[name][0] for name in sortings}
            sort_box("rule_sorting", labels, sorted_by, width=160)  # beside the table's own toolbar
    ids = tuple(zip(rules["product_id"].tolist(), rules["other_product_id"].tolist(), strict=True))
    key = f"rules_{data_version()}_{sorted_by}_{hash(chosen) % 9999}"
    show_table(
        add_words(rules), _columns(scope), key=key, alt=_("Products bought together"),
        height="content" if len(rules) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _rule_clicked(key, ids), selection_mode="single-cell",
    )  # fmt: skip
    st.markdown(f":small[:gray[{_how(scope)}]]")


def _sortings(scope: Scope) -> tuple[str, ...]:
    return tuple(_SORTINGS) if counts_pairs(scope) else ("lift", "confidence")


def _how(scope: Scope) -> str:
    if not counts_pairs(scope):
        return _(
            "Found in all orders of the company, and told in round numbers: counts are for who sees"
            " all orders. Each pair is told in the direction that holds more often, or from the"
            " product chosen."
        )
    return _(
        "Counted over all orders; who sees only some of them is told round numbers. Each pair is"
        " told in the direction that holds more often, or from the product chosen. Chance: if this"
        " pair and every clearer one are believed, this share of them is expected to be no more"
        " than chance."
    )


def _columns(scope: Scope) -> list[Column]:
    names = [
        Column("product", _("Who buys"), width=150),
        Column("other_product", _("also buys"), width=150),
    ]
    if not counts_pairs(scope):
        return [
            *names,
            Column("confidence_told", _("Confidence, about"), "told_number", width=135,
                   help=_("Of the orders with the first product, those with the second too")),
            Column("lift_told", _("Lift, about"), "told_number", width=110,
                   help=_("How many times as often as by chance, to a half")),
        ]  # fmt: skip
    return [
        *names,
        Column("together", _("Orders"), "count", width=65,
               help=_("Orders that hold both products")),
        Column("confidence", _("Confidence"), "rate", width=90,
               help=_("Of the orders with the first product, those with the second too")),
        Column("lift_told", _("Lift (95 %)"), width=122,
               help=_("How many times as often as by chance, and the interval")),
        Column("q_told", _("Chance (q-value)"), width=125,
               help=_("q-value (Benjamini and Hochberg): the share of chance finds among the pairs"
                      " that are at least as clear as this one")),
        Column("back_confidence", _("The other way"), "rate", width=115,
               help=_("Of the orders with the second product, those with the first too")),
        Column("support_told", _("Support (all orders)"), width=140,
               help=_("Of all orders, those with both products")),
        Column("product_orders", _("Orders with the first"), "count", width=150),
        Column("other_orders", _("Orders with the second"), "count", width=160),
    ]  # fmt: skip


def _file_columns(scope: Scope) -> list[Column]:
    if not counts_pairs(scope):
        return _columns(scope)
    told = ("lift_told", "q_told", "support_told")
    return [
        *(each for each in _columns(scope) if each.name not in told),
        Column("support_told", _("Support (all orders)")),
        Column("lift", _("Lift"), "decimal"),
        Column("lift_low", _("Lift, at least (95 %)"), "decimal"),
        Column("lift_high", _("Lift, at most (95 %)"), "decimal"),
        Column("q_told", _("Chance (q-value)")),
        Column("orders", _("All orders"), "count"),
    ]


def _rules(scope: Scope, chosen: RuleFilter, rule_sort: RuleSort, limit: int = MOST) -> Any:
    return read(list_rules, scope, chosen, engine="record", rule_sort=rule_sort, limit=limit,
                language=language())  # fmt: skip


def _first(scope: Scope, chosen: RuleFilter, rule_sort: RuleSort) -> dict[Any, Any]:
    row: dict[Any, Any] = _rules(scope, chosen, rule_sort, 1).to_dict("records")[0]
    return row


def _whole(person: Scope, chosen: RuleFilter, rule_sort: RuleSort, most: int) -> pd.DataFrame:
    engine, _version = engine_and_version("record")
    return add_words(
        list_rules(engine, person, chosen, rule_sort=rule_sort, limit=most, language=language())
    )


def _layout(scope: Scope, chosen: RuleFilter) -> Any:
    """How many products the rules are about, those drawn, and the pair of each link."""
    rules = _rules(scope, chosen, "lift_low")
    network = lay_out(rules)
    ends = {*rules["product_id"], *rules["other_product_id"]}
    pairs = tuple(
        (int(rules["product_id"].iloc[row]), int(rules["other_product_id"].iloc[row]))
        for _one, _other, row in network.links
    )
    return (len(ends), network), network.product_ids, pairs


def _network(scope: Scope, chosen: RuleFilter) -> Any:
    rules = _rules(scope, chosen, "lift_low")
    network = lay_out(rules)
    names = {
        **dict(zip(rules["product_id"], rules["product"], strict=True)),
        **dict(zip(rules["other_product_id"], rules["other_product"], strict=True)),
    }
    rows = [rules.iloc[row].to_dict() for _one, _other, row in network.links]
    at = {product_id: place for place, product_id in enumerate(network.product_ids)}
    return pair_network(
        network,
        names=[str(names[each]) for each in network.product_ids],
        told=[on_hover(row) for row in rows],
        strengths=[float(row["lift"]) for row in rows],
        chosen=None if chosen.product_id is None else at.get(chosen.product_id),
    )


def _network_clicked(
    key: str, product_ids: tuple[int, ...], pairs: tuple[tuple[int, int], ...]
) -> None:
    """The last trace has the products, the one before it three points for each arc."""
    points = st.session_state[key]["selection"]["points"]
    point = points[0] if points and isinstance(points[0], dict) else {}
    trace, place = point.get("curve_number"), point.get("point_index")
    if not isinstance(place, int) or place < 0:
        return
    if trace == len(pairs) + 1 and place < len(product_ids):
        choose(product=[str(product_ids[place])])
    elif trace == len(pairs) and place // 3 < len(pairs):
        show_pair(pairs[place // 3])


def _rule_clicked(key: str, pairs: tuple[tuple[int, int], ...]) -> None:
    pair = clicked_row(key, pairs)
    if pair is not None:
        show_pair(pair)


def _names(rule: dict[Any, Any]) -> str:
    return f"{rule['product']} + {rule['other_product']}"
