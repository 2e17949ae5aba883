"""How the log calls what it has of forecasts."""

from __future__ import annotations

from dashboard.texts import N_

FORECAST_FIELDS: dict[str, str] = {
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
}
FORECAST_ACTIONS: dict[str, str] = {
    "adjust_forecast": N_("adjusted a forecast"),
    "change_adjustment": N_("changed an adjustment of a forecast"),
    "remove_adjustment": N_("removed an adjustment of a forecast"),
    "publish_forecast": N_("published a forecast"),
}
