"""How the log calls what people plan with: events, forecasts, scenarios, notes on days."""

from __future__ import annotations

from dashboard import call_log_words
from dashboard.texts import N_

CALL_MARKS = call_log_words.MARKS
EVENT_KINDS: dict[str, str] = {
    "holiday": N_("Public holiday"),
    "workday": N_("Adjusted working day"),
    "shopping": N_("Shopping days"),
    "promotion": N_("Promotion"),
    "other": N_("Other event"),
}
TABLES: dict[str, str] = {
    **call_log_words.TABLES,
    "calendar_events": N_("Event of the calendar"),
    "properties": N_("Setting"),
    "forecast_adjustments": N_("Adjustment of a forecast"),
    "published_forecasts": N_("Published forecast"),
    "scenarios": N_("Scenario"),
    "scenario_shares": N_("Share of a scenario"),
    "anomaly_notes": N_("Note on an unusual day"),
}
FIELDS: dict[str, str] = {
    **call_log_words.FIELDS,
    "forecast_adjustments.created_at": N_("Created at"),
    "forecast_adjustments.reason": N_("Reason"),
    "measure": N_("Measure"),
    "grain": N_("Periods"),
    "level": N_("Company or region"),
    "split": N_("Divided by"),
    "category_id": N_("Category"),
    "segment": N_("Segment"),
    "start_on": N_("From"),
    "end_on": N_("Until"),
    "change_rate": N_("Change of the forecast"),
    "origin_on": N_("Learnt until"),
    "member": N_("Model"),
    "data_version": N_("Version of the data"),
    "inputs": N_("Inputs"),
    "adjustments": N_("Adjustments"),
    "published_at": N_("Published at"),
    "scenarios.created_at": N_("Created at"),
    "decision": N_("Decision"),
    "result": N_("Result"),
    "starts_on": N_("From"),
    "ends_on": N_("To"),
    "learnt_version": N_("Data version"),
    "first_on": N_("First day"),
    "last_on": N_("Last day"),
    "stands_for": N_("In place of"),
    "is_off": N_("Switched off"),
}
ACTIONS: dict[str, str] = {
    **call_log_words.ACTIONS,
    "add_event": N_("added an event to the calendar"),
    "change_event": N_("changed an event of the calendar"),
    "remove_event": N_("removed an event from the calendar"),
    "switch_event_off": N_("switched an event of the calendar off"),
    "choose_country": N_("chose the country of the holidays"),
    "adjust_forecast": N_("adjusted a forecast"),
    "change_adjustment": N_("changed an adjustment of a forecast"),
    "remove_adjustment": N_("removed an adjustment of a forecast"),
    "publish_forecast": N_("published a forecast"),
    "save_scenario": N_("saved a scenario"),
    "change_scenario": N_("changed a scenario"),
    "decide_scenario": N_("decided on a scenario"),
    "share_scenario": N_("shared a scenario"),
    "remove_scenario": N_("removed a scenario"),
    "acknowledge_day": N_("explained an unusual day"),
    "remove_day_note": N_("removed a note on an unusual day"),
}
