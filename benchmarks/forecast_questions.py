"""What the page of forecasts asks: of stored forecasts, and of the history beside them."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Engine, func, select

from benchmarks.question import Question
from data_access.forecast_adjustments import (
    list_adjusted_periods,
    list_adjustment_effects,
    list_adjustments,
)
from data_access.forecast_ledger import list_published_forecasts, list_published_scores
from data_access.forecast_series import SeriesFilter, sum_forecast_history
from data_access.forecasts import (
    find_forecast_progress,
    find_last_forecast_run,
    list_forecast_backtests,
    list_forecast_components,
    list_forecast_parts,
    list_forecast_periods,
    list_forecasts,
    sum_forecast_parts,
)
from data_access.tables import products, regions

YEARS_SHOWN = 3


def forecast_questions(record: Engine, as_of: date, currency: str) -> list[Question]:
    with record.connect() as connection:
        two = connection.scalars(select(regions.c.region_id).order_by(regions.c.region_id).limit(2))
        region_ids = tuple(two)
        product_id = connection.scalar(select(func.min(products.c.product_id)))
    page = "forecast"
    first = as_of - timedelta(days=365 * YEARS_SHOWN)
    daily, monthly = SeriesFilter(), SeriesFilter(grain="month")
    product = SeriesFilter(measure="units", grain="week", split="product", part=str(product_id))
    some = SeriesFilter(region_ids=region_ids)
    clicked = f"{page}, by a click"
    opened = {"company": page, "two regions": clicked, "a product": clicked}
    asked = {"company": daily, "two regions": some, "a product": product}
    return [
        Question(page, "the last run", find_last_forecast_run, engine="record"),
        Question(page, "how it goes", find_forecast_progress, engine="record"),
        *(Question(opened[name], f"history, {name}", sum_forecast_history,
                   (series, as_of, currency, first)) for name, series in asked.items()),
        *(
            Question(opened[name], f"{what}, {name}", query, (series,), engine="record")
            for name, series in asked.items()
            for what, query in (
                ("models", list_forecasts),
                ("periods", list_forecast_periods),
                ("adjusted", list_adjusted_periods),
            )
        ),
        Question(page, "backtest", list_forecast_backtests, (daily,), engine="record"),
        Question(page, "components", list_forecast_components, (daily,), engine="record"),
        Question(page, "adjustments", list_adjustments, (daily,), engine="record"),
        Question(page, "their effects", list_adjustment_effects, (daily,), engine="record"),
        *(Question(page, f"parts by {cut}", list_forecast_parts, (monthly, cut), engine="record")
          for cut in ("region", "channel", "product")),
        *(Question(opened[name], f"sums by {cut}, {name}", sum_forecast_parts, (series, cut),
                   engine="record")
          for cut in ("region", "category", "product")
          for name, series in (("company", daily), ("two regions", some))),
        Question(page, "the ledger", list_published_forecasts, engine="record"),
        Question(page, "its scores", list_published_scores, (as_of,), engine="record"),
    ]  # fmt: skip
