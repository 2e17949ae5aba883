"""The words of planning: what the calendar stores and the log tells of it."""

from __future__ import annotations

from dashboard.texts import N_

EVENT_KIND_NAMES: dict[str, str] = {
    "holiday": N_("Public holiday"),
    "workday": N_("Adjusted working day"),
    "shopping": N_("Shopping days"),
    "promotion": N_("Promotion"),
    "other": N_("Other event"),
}
PLANNING_FIELDS: dict[str, str] = {
    "first_on": N_("First day"),
    "last_on": N_("Last day"),
    "stands_for": N_("In place of"),
    "is_off": N_("Switched off"),
}
PLANNING_ACTIONS: dict[str, str] = {
    "add_event": N_("added an event to the calendar"),
    "change_event": N_("changed an event of the calendar"),
    "remove_event": N_("removed an event from the calendar"),
    "switch_event_off": N_("switched an event of the calendar off"),
    "choose_country": N_("chose the country of the holidays"),
}
