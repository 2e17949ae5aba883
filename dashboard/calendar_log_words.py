"""The kinds of events, and how the log calls what it has of the calendar."""

from __future__ import annotations

from dashboard.texts import N_

KINDS: dict[str, str] = {
    "holiday": N_("Public holiday"),
    "workday": N_("Adjusted working day"),
    "shopping": N_("Shopping days"),
    "promotion": N_("Promotion"),
    "other": N_("Other event"),
}
TABLES: dict[str, str] = {
    "calendar_events": N_("Event of the calendar"),
    "properties": N_("Setting"),
}
FIELDS: dict[str, str] = {
    "first_on": N_("First day"),
    "last_on": N_("Last day"),
    "stands_for": N_("In place of"),
    "is_off": N_("Switched off"),
}
ACTIONS: dict[str, str] = {
    "add_event": N_("added an event to the calendar"),
    "change_event": N_("changed an event of the calendar"),
    "remove_event": N_("removed an event from the calendar"),
    "switch_event_off": N_("switched an event of the calendar off"),
    "choose_country": N_("chose the country of the holidays"),
}
