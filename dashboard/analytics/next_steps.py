"""What to do next for one customer, and why: rules over computed facts, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Step = Literal["answer", "inform", "collect", "call", "offer"]
SILENT = 0.5  # at least so likely to place no order in 90 days, and worth a call
FEWEST_ORDERS = 2  # before which nobody has a rhythm to fall out of


@dataclass(frozen=True)
class NextStep:
    """What to do; `because` has the facts that it rests on."""

    step: Step
    because: Mapping[str, Any] = field(default_factory=dict)


def suggest_next_steps(facts: Mapping[str, Any]) -> list[NextStep]:
    """An open complaint comes before money, and money before selling; who refused to be contacted
    is neither called without a cause of theirs nor offered anything.

    From  complaints, complaint_order, complaint_at, late_orders, late_order, late_promised_on,
          past_due, past_due_on, past_due_orders, silent_90, orders, rebuy_product, rebuy_on,
          rebuy_quantity, consent; each may be missing
    To    steps, the most urgent first

    >>> facts = {"complaints": 1, "past_due": 80.0, "silent_90": 0.7, "orders": 5}
    >>> [step.step for step in suggest_next_steps(facts)]
    ['answer', 'collect', 'call']
    >>> [step.step for step in suggest_next_steps({**facts, "consent": "refused"})]
    ['answer', 'collect']
    >>> suggest_next_steps({})
    []
    """

    def of(*names: str) -> dict[str, Any]:
        return {name: facts.get(name) for name in names}

    found = []
    if _number(facts, "complaints"):
        found.append(NextStep("answer", of("complaints", "complaint_order", "complaint_at")))
    if _number(facts, "late_orders"):
        found.append(NextStep("inform", of("late_orders", "late_order", "late_promised_on")))
    if _number(facts, "past_due") > 0:
        found.append(NextStep("collect", of("past_due", "past_due_on", "past_due_orders")))
    if facts.get("consent") == "refused":
        return found
    is_silent = _number(facts, "silent_90") >= SILENT
    if is_silent and _number(facts, "orders") >= FEWEST_ORDERS:
        found.append(NextStep("call", of("silent_90", "last_ordered_on", "gap_days")))
    if facts.get("rebuy_product"):
        found.append(NextStep("offer", of("rebuy_product", "rebuy_on", "rebuy_quantity")))
    return found


def _number(facts: Mapping[str, Any], name: str) -> float:
    """0 for what is not known."""
    value = facts.get(name)
    return 0.0 if value is None or value != value else float(value)
