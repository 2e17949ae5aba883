"""What a refresh learnt of all customers together, and the part of it that counts nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TOLD = ("currency", "as_of", "regularity", "order_factor", "shared_error", "clusters")
_OF_MODEL = ("name", "stages", "is_fitted")
_OF_JUDGEMENT = ("day", "horizon_days", "silent_rate", "scores", "differences")


def without_counts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of the scores as people may read them who see only some of the customers."""
    told: dict[str, Any] = _only(facts, _TOLD)
    if "model" in facts:
        told["model"] = _only(facts["model"], _OF_MODEL)
    if "evaluation" in facts:
        judged = facts["evaluation"].items()
        told["evaluation"] = {horizon: _only(each, _OF_JUDGEMENT) for horizon, each in judged}
    return told


def _only(facts: Mapping[str, Any] | None, names: tuple[str, ...]) -> Any:
    return facts and {name: facts[name] for name in names if name in facts}
