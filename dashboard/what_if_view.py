"""The blocks of the what-if page: what comes out, step by step, week by week, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.what_if.breakeven import best_price, expected_volume, neutral_volume
from dashboard.analytics.what_if.levers import Levers
from dashboard.analytics.what_if.parameters import describe_elasticity, elasticity_of, margin_rate
from dashboard.analytics.what_if.simulation import MEASURES, Outcome, simulate
from dashboard.analytics.what_if.stock import StockOutcome
from dashboard.analytics.what_if.world import World, weeks_ahead
from dashboard.cards import Card, show_cards
from dashboard.charts import show_chart
from dashboard.figures.scenario_fan import scenario_fan
from dashboard.figures.waterfall import Rung, waterfall
from dashboard.tables import Column, show_table
from dashboard.texts import _
from dashboard.what_if_levers import Names
from dashboard.what_if_words import LEVER_NAMES, MEASURE_NAMES

_MOST_STOCK = 8
MUCH = 0.6  # of the units
_PAST_WEEKS = 26


@dataclass(frozen=True)
class Answer:
    """A scenario worked out. is_range: prices so far from those seen that only a range is told."""

    levers: Levers
    outcome: Outcome
    stock: StockOutcome | None
    stock_before: StockOutcome | None
    is_range: bool
    has_margin: bool


def work_out(world: World, levers: Levers) -> Answer:
    """Everything about a scenario; nothing is fitted."""
    outcome = simulate(world.baseline, world.draws, levers)
    before = world.stock_at_rest
    after = before if levers.is_at_rest else world.stock_after(outcome.units, levers.lead_time_days)
    far = describe_elasticity(world).reach(levers.price_change) == "far"
    return Answer(
        levers, outcome, after, before,
        far and levers.experiment_elasticity is None, world.baseline.is_costed,
    )  # fmt: skip


def measures_of(answer: Answer) -> tuple[str, ...]:
    return MEASURES if answer.has_margin else ("revenue", "units")


def result_cards(answer: Answer, currency: str | None, target: float) -> None:
    """Outcome and difference, each as P50 with P10 and P90."""
    cards = [_measure_card(answer, measure, currency) for measure in measures_of(answer)]
    if target > 0:
        cards.append(_target_card(answer, currency, target))
    if answer.stock is not None and answer.stock_before is not None:
        cards += _stock_cards(answer.stock, answer.stock_before, currency)
    if unserved := answer.outcome.unserved():
        low, middle, high = unserved
        cards.append(
            Card(
                key="what_if_unmet", label=_("Units not served"),
                value=formats.compact_number(middle),
                help=_("Demand above the capacity that was not served in these weeks."),
                note=_("80% range: {low} to {high}", low=formats.compact_number(low),
                       high=formats.compact_number(high)),
            )
        )  # fmt: skip
    show_cards(cards, across=3)
    _warn_of_much(answer)


def _warn_of_much(answer: Answer) -> None:
    """Effects are learnt one by one and multiplied: together they are told no further than so."""
    if abs(answer.outcome.change_of_units()) > MUCH:
        told = _("Together the levers change more than {share} of the units: nothing like it was "
                 "seen, so take it as a direction only.", share=formats.rate(MUCH, 0))  # fmt: skip
        st.warning(told, icon=":material/warning:")


def _shown(measure: str, value: float, currency: str | None) -> str:
    if measure == "units":
        return formats.compact_number(value)
    return formats.compact_money(value, currency)


def _moved(measure: str, value: float, currency: str | None) -> str:
    told = _shown(measure, abs(value), currency)
    return f"+{told}" if value > 0 else f"−{told}" if value < 0 else told


def _measure_card(answer: Answer, measure: str, currency: str | None) -> Card:
    low, middle, high = answer.outcome.outcome(measure)
    down, moved, up = answer.outcome.difference(measure)
    whole = f"{_shown(measure, low, currency)} – {_shown(measure, high, currency)}"
    span = _("{low} to {high}", low=_moved(measure, down, currency),
             high=_moved(measure, up, currency))  # fmt: skip
    difference = span if answer.is_range else f"**{_moved(measure, moved, currency)}** ({span})"
    notes = [] if answer.is_range else [_("80% range: {range}", range=whole)]
    notes.append(_("Difference: {difference}", difference=difference))
    return Card(
        key=f"what_if_{measure}", label=_(MEASURE_NAMES[measure]),
        value=whole if answer.is_range else _shown(measure, middle, currency),
        help=_("The median of {count} simulated courses; the true value lies within the range 8 "
               "times in 10. The difference is that of scenario and baseline on the same courses.",
               count=len(answer.outcome.totals[measure])),
        note="  \n".join(notes),
    )  # fmt: skip


def _target_card(answer: Answer, currency: str | None, target: float) -> Card:
    low, middle, high = (value - target for value in answer.outcome.outcome("revenue"))
    chance = answer.outcome.chance_of("revenue", target)
    span = f"{_moved('revenue', low, currency)} – {_moved('revenue', high, currency)}"
    return Card(
        key="what_if_target", label=_("Gap to target"), value=_moved("revenue", middle, currency),
        help=_("Net sales of these weeks less the target; and the share of courses that reach it."),
        note="  \n".join([_("80% range: {range}", range=span),
                          _("Reached with a chance of {share}", share=formats.rate(chance, 0))]),
    )  # fmt: skip


def _stock_cards(after: StockOutcome, before: StockOutcome, currency: str | None) -> list[Card]:
    needed, was = after.all_needed, before.all_needed
    notes = [_("Difference: {difference}", difference=_moved("units", needed - was, None))]
    if isfinite(after.tied_up):  # every cost is known
        tied = formats.compact_money(after.tied_up, currency)
        more = _moved("revenue", after.tied_up - before.tied_up, currency)
        notes.append(_("Cash tied up: {amount} ({difference})", amount=tied, difference=more))
    return [
        Card(
            key="what_if_stock", label=_("Stock needed"), value=formats.compact_number(needed),
            help=_("Units that last through the lead time and one week in 95% of the courses, "
                   "each product for itself; and the cash they tie up at cost."),
            note="  \n".join(notes),
        ),
        Card(
            key="what_if_out", label=_("Products running out"),
            value=formats.number(after.running_out),
            help=_("With a chance of a half or more in these weeks, from what is on hand and on "
                   "its way, if nothing more is ordered."),
            note=_("Baseline: {n}", n=formats.number(before.running_out)),
        ),
    ]  # fmt: skip


def steps_block(answer: Answer, measure: str, currency: str | None) -> None:
    """The waterfall: what each lever adds to the mean difference, in the order they act."""
    total = answer.outcome.mean_difference(measure)
    rungs = [
        _rung(_(LEVER_NAMES[name]), moves[measure], measure, currency)
        for name, moves in answer.outcome.steps
    ]
    st.markdown(
        f"**{_('What each lever does')}** "
        f":small[:gray[{_('mean difference, in the order they act')}]]"
    )
    if not rungs:
        st.markdown(f":gray[{_('Move a lever to see what it does.')}]")
        return
    show_chart(
        waterfall(rungs, _rung(_("Together"), total, measure, currency)),
        alt=_("What each lever adds to the difference"), key="what_if_steps",
    )  # fmt: skip


def _rung(name: str, amount: float, measure: str, currency: str | None) -> Rung:
    said = _moved(measure, amount, currency)
    return Rung(name, amount, said, f"{name}: {said}")


def fan_block(world: World, answer: Answer, measure: str, currency: str | None) -> None:
    """Week by week, after what was."""
    st.markdown(
        f"**{_('Week by week')}** :small[:gray[{_('net sales; the bands hold 8 weeks in 10')}]]"
        if measure == "revenue"
        else f"**{_('Week by week')}** :small[:gray[{_('the bands hold 8 weeks in 10')}]]"
    )
    past = [
        (day.date(), float(value))
        for day, value in zip(
            pd.to_datetime(world.history["week_on"]), world.history["net_sales"], strict=True
        )
    ][-_PAST_WEEKS:]
    outcome = answer.outcome
    show_chart(
        scenario_fan(
            past if measure == "revenue" else [], weeks_ahead(world),
            outcome.fan(measure, of_baseline=True), outcome.fan(measure),
            currency=None if measure == "units" else currency,
        ),
        alt=_("Baseline and scenario with their ranges, week by week"), key="what_if_fan",
    )  # fmt: skip


def side_by_side(
    outcomes: Mapping[str, Outcome], measures: Sequence[str], currency: str | None
) -> None:
    """The baseline and these scenarios, by letter."""
    baseline = next(iter(outcomes.values()))
    st.markdown(f"**{_('Side by side')}** :small[:gray[{_('P50 (P10 – P90)')}]]")
    rows = []
    for measure in measures:
        row = {"what": _(MEASURE_NAMES[measure])}
        row["baseline"] = _range_of(baseline.baseline(measure), measure, currency)
        for letter, outcome in outcomes.items():
            row[letter] = _range_of(outcome.outcome(measure), measure, currency)
        rows.append(row)
        change = {"what": _("Difference"), "baseline": ""}
        for letter, outcome in outcomes.items():
            low, middle, high = outcome.difference(measure)
            change[letter] = (
                f"{_moved(measure, middle, currency)} ("
                + _(
                    "{low} to {high}",
                    low=_moved(measure, low, currency),
                    high=_moved(measure, high, currency),
                )
                + ")"
            )
        rows.append(change)
    columns = [
        Column("what", "", width=115, pinned=True),
        Column("baseline", _("Baseline"), width=182),
    ]
    columns += [
        Column(letter, _("Scenario {letter}", letter=letter), width=235) for letter in outcomes
    ]
    show_table(pd.DataFrame(rows), columns, key="what_if_compared",
               alt=_("The scenarios side by side"))  # fmt: skip


def _range_of(values: tuple[float, float, float], measure: str, currency: str | None) -> str:
    low, middle, high = (_shown(measure, value, currency) for value in values)
    return f"{middle} ({low} – {high})"


def break_even_block(world: World, answer: Answer, currency: str | None) -> None:
    """What the price change must bring to leave the margin as it is, and the price of most margin
    of a single product."""
    rate, change = margin_rate(world), answer.levers.price_change
    if rate is None:
        return
    elasticity, error = elasticity_of(world, answer.levers)
    lines = []
    if change:
        needed = neutral_volume(change, rate)
        expected = expected_volume(change, elasticity)
        if needed is None:
            lines.append(_("At this price each unit costs more than it brings."))
        else:
            lines.append(
                _("The margin stays as it is at {needed} units; {expected} are expected.",
                  needed=formats.change(needed), expected=formats.change(expected))
            )  # fmt: skip
    if world.baseline.shape[1] == 1:
        best = best_price(float(world.baseline.cost[0]), elasticity, error)
        told = (
            _("It is not sure enough that demand is elastic (P(ε < −1) > 90%) to name a best "
              "price.")
            if best is None
            else _("The price of most margin is about {amount}, at {now} now.",
                   amount=formats.money(best, currency),
                   now=formats.money(float(world.baseline.price[0]), currency))
        )  # fmt: skip
        lines.append(told)
    if lines:
        st.markdown(f"**{_('Break-even')}**  \n" + "  \n".join(lines))


def stock_block(world: World, answer: Answer, names: Names) -> None:
    """The products that run out first, in the baseline and in the scenario."""
    after, before, stock = answer.stock, answer.stock_before, world.stock
    if after is None or before is None or stock is None:
        return
    single = world.baseline.product_ids != 0
    listed = [place for place in after.first_out() if single[place]][:_MOST_STOCK]
    st.markdown(
        f"**{_('Runs out first')}** "
        f":small[:gray[{_('on hand and on its way, if nothing more is ordered')}]]"
    )
    if not listed:
        st.markdown(f":gray[{_('Nothing runs out in these weeks.')}]")
        return
    rows = [
        {
            "product": names.products.get(int(world.baseline.product_ids[place]), ""),
            "on_hand": float(stock.on_hand[place]),
            "before": _when(world, before.runs_out[1, place]),
            "after": _when(world, after.runs_out[1, place]),
            "early": _when(world, after.runs_out[0, place]),
            "chance": float(after.chance_out[place]),
        }
        for place in listed
    ]
    columns = [
        Column("product", _("Product"), width=210, pinned=True),
        Column("on_hand", _("Free"), "count", width=62,
               help=_("On hand and not reserved, in all warehouses.")),
        Column("before", _("Baseline"), width=95, help=_("P50 of the day it runs out")),
        Column("after", _("Scenario"), width=95, help=_("P50 of the day it runs out")),
        Column("early", _("As early as"), width=95, help=_("P10 of the day it runs out")),
        Column("chance", _("Chance"), "rate", width=68),
    ]  # fmt: skip
    show_table(pd.DataFrame(rows), columns, key="what_if_stock_table",
               alt=_("The products that run out first"))  # fmt: skip


def _when(world: World, weeks: float) -> str:
    if not np.isfinite(weeks):
        return "–"
    return formats.day(world.starts_on + timedelta(days=int(weeks * 7)))
