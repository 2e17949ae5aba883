"""Scenarios under a name: saved with the numbers they had, opened by a link, shared, decided on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import streamlit as st

from dashboard.analytics.what_if.levers import Levers, UnreadableLeversError, read_levers
from dashboard.analytics.what_if.simulation import MEASURES, Outcome
from dashboard.analytics.what_if.world import World
from dashboard.reads import read
from dashboard.what_if_asked import Question
from data_access.filters import OrderFilter
from data_access.scenarios import find_scenario
from data_access.scope import Scope

PARAMETER, FORM = "scenario", "scenario"


@dataclass(frozen=True)
class Opened:
    """A scenario that the address names. is_own_view: whether who saved it saw the same regions;
    `result` is empty where not, as its numbers are of others, and for who does not see all."""

    row: dict[str, Any]
    question: Question
    levers: Levers
    versions: tuple[str, str]
    is_own_view: bool
    result: dict[str, Any]

    @property
    def scenario_id(self) -> int:
        return int(self.row["scenario_id"])


def definition_of(scope: Scope, question: Question, levers: Levers, world: World) -> str:
    """What makes the same numbers of the same data again."""
    return json.dumps(
        {
            "levers": json.loads(levers.as_json()),
            "category_ids": list(question.chosen.category_ids),
            "region_ids": list(question.chosen.region_ids),
            "currency": question.chosen.currency,
            "product_id": question.product_id,
            "horizon": question.horizon,
            "seed": question.seed,
            "as_of": str(question.as_of),
            "versions": versions_of(world),
            "covers": covers_of(scope),
        },
        sort_keys=True,
    )


def versions_of(world: World) -> list[str]:
    """Of the data that effects were learnt from, and of those the baseline rests on."""
    return [world.learnt.version, str(world.facts.get("version", ""))]


def covers_of(scope: Scope) -> list[int] | None:
    """The regions whose orders the person sees; None: all of them."""
    return None if scope.sees_all("orders") else sorted(scope.region_ids)


def result_of(outcome: Outcome, has_margin: bool) -> str:
    """P10, P50 and P90 of scenario, baseline and difference; and how they add up week by week, to
    be compared with what happens."""
    kept = [name for name in MEASURES if has_margin or name != "margin"]
    return json.dumps(
        {
            name: {
                "scenario": _rounded(outcome.outcome(name)),
                "baseline": _rounded(outcome.baseline(name)),
                "difference": _rounded(outcome.difference(name)),
                "scenario_by_week": _adding_up(outcome.totals[name]),
                "baseline_by_week": _adding_up(outcome.before[name]),
            }
            for name in kept
        }
    )


def read_result(text: str | None) -> dict[str, Any]:
    try:
        said = json.loads(text or "{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def opened_scenario(scope: Scope) -> Opened | None:
    """What the address names; None where it names nothing, or nothing the person may open."""
    number = st.query_params.get(PARAMETER, "")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    row = read(find_scenario, scope, scope.user_id, scope.role, int(number), engine="record")
    return read_definition(scope, row) if row else None


def read_definition(scope: Scope, row: dict[str, Any]) -> Opened | None:
    """None where another version of OrderScope saved it."""
    try:
        said = json.loads(row["definition"])
        chosen = OrderFilter(
            region_ids=tuple(int(each) for each in said["region_ids"]),
            category_ids=tuple(int(each) for each in said["category_ids"]),
            currency=said["currency"],
        )
        product_id = said["product_id"]
        question = Question(
            chosen, None if product_id is None else int(product_id), int(said["horizon"]),
            date.fromisoformat(said["as_of"]), int(said["seed"]),
        )  # fmt: skip
        first, second = said["versions"]
        levers = read_levers(json.dumps(said["levers"]))
        is_own_view = said["covers"] == covers_of(scope)
    except (ValueError, KeyError, TypeError, UnreadableLeversError):
        return None
    if not 1 <= question.horizon <= 52:
        return None
    result = read_result(row["result"]) if is_own_view else {}
    return Opened(row, question, levers, (str(first), str(second)), is_own_view, result)


def has_moved_on(opened: Opened, world: World) -> bool:
    """Whether the data are no longer those it was saved with."""
    return list(opened.versions) != versions_of(world)


def weeks_over(opened: Opened, today: date) -> int:
    """How many of its weeks have passed."""
    starts = opened.row["starts_on"]
    last = today - timedelta(days=today.weekday())
    return int(np.clip((last - starts).days // 7, 0, opened.question.horizon))


def _adding_up(totals: Any) -> list[list[float]]:
    """(weeks, 3): P10, P50 and P90 of the sum of the first so many weeks."""
    rows = np.quantile(np.cumsum(totals, axis=1), (0.1, 0.5, 0.9), axis=0).T
    return [[round(float(value), 2) for value in row] for row in rows]


def _rounded(values: tuple[float, float, float]) -> list[float]:
    return [round(value, 2) for value in values]
