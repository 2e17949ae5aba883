"""How the log calls what became of the calls of a list, the time that reps have for them, and
campaigns of which customers are held out."""

from __future__ import annotations

from dashboard.texts import N_

MARKS: dict[str, str] = {
    "called": N_("Called"),
    "bought": N_("Bought"),
    "not_interested": N_("Not interested"),
    "wrong": N_("Wrong"),
}
TABLES: dict[str, str] = {
    "call_marks": N_("Result of a call"),
    "call_capacities": N_("Calls a week"),
    "campaign_trials": N_("Trial of a campaign"),
}
FIELDS: dict[str, str] = {
    "mark": N_("Result"),
    "week_on": N_("Week from"),
    "marked_at": N_("Marked at"),
    "calls_a_week": N_("Calls a week"),
    "campaign_trials.created_at": N_("Created at"),
    "held_out_rate": N_("Share held out"),
    "within_days": N_("Days in which an order counts"),
}
ACTIONS: dict[str, str] = {
    "mark_call": N_("told what came of a call"),
    "take_back_mark": N_("took the result of a call back"),
    "take_back_refusal": N_("took back that a product is not wanted"),
    "change_capacity": N_("changed the calls a week of a rep"),
    "start_trial": N_("held customers out of a campaign"),
    "extend_trial": N_("added customers to the trial of a campaign"),
}
