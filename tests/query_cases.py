"""Every query of the pages with the arguments it is asked with, for tests that go through all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any, get_args

import pandas as pd
from sqlalchemy import Engine

from data_access import (
    alerts,
    allocating,
    attention,
    backlog,
    bought_together,
    bridging,
    bridging_rows,
    calendar_events,
    call_capacities,
    call_effects,
    calls,
    campaign_trials,
    consent,
    delivery,
    dwelling,
    effects,
    forecast_series,
    going_quiet,
    inventory,
    late_orders,
    new_order,
    offered,
    offers,
    options,
    order_details,
    orders,
    pipeline,
    receivables,
    replenishments,
    retention,
    sales,
    segment_lists,
    segment_offers,
    segment_spend,
    segments,
    stock_plans,
    unusual,
    value,
    value_lists,
    what_if,
    what_if_learnt,
    what_if_stock,
)
from data_access.divisions import WAYS, DividedBy, Division
from data_access.errors import NotFound
from data_access.filters import OrderFilter, Period
from data_access.going_quiet import QuietFilter
from data_access.replenishments import RequestFilter
from data_access.scope import Scope

Answer = pd.DataFrame | dict[str, Any] | int


@dataclass(frozen=True)
class Case:
    name: str
    ask: Callable[[Engine, Scope, OrderFilter, date], Answer]
    is_aggregate: bool = True


def _sorted(sort: Any, descending: bool) -> Case:
    return Case(
        f"list_orders by {sort}{' descending' * descending}",
        lambda engine, scope, chosen, as_of: orders.list_orders(
            engine, scope, chosen, as_of=as_of, sort=sort, descending=descending
        ),
        is_aggregate=False,
    )


def _by_cut(query: Callable[..., pd.DataFrame], cut: str) -> Case:
    return Case(
        f"{query.__name__} by {cut}",
        lambda engine, scope, chosen, as_of: query(engine, scope, chosen, as_of, cut),
    )


def _of_the_first(query: Callable[..., pd.DataFrame]) -> Case:
    return Case(
        query.__name__,
        lambda engine, scope, chosen, as_of: query(engine, scope, 1),
        is_aggregate=False,
    )


def _effect(engine: Engine, scope: Scope, chosen: OrderFilter, as_of: date) -> dict[str, Any]:
    try:
        found = effects.find_effect(
            engine, scope, 1, effects.Proposed("cancel_order"), as_of, "zh_CN"
        )
    except NotFound as refusal:
        return {"refused": refusal.reason}
    return asdict(found)


def _promised_on(engine: Engine, scope: Scope, chosen: OrderFilter, as_of: date) -> dict[str, Any]:
    lines = (new_order.NewLine(1, 2), new_order.NewLine(2, 9))
    return {"day": new_order.suggest_promised_on(engine, scope, lines, as_of, 1)}


def _backlog_by_day(engine: Engine, scope: Scope, chosen: OrderFilter, as_of: date) -> pd.DataFrame:
    period = chosen.period or Period(as_of, as_of)
    return backlog.sum_backlog_by_day(engine, scope, chosen, as_of, (period,))


def _of_days(
    query: Callable[..., pd.DataFrame], *, in_currency: bool = False
) -> Callable[[Engine, Scope, OrderFilter, date], Answer]:
    def ask(engine: Engine, scope: Scope, chosen: OrderFilter, as_of: date) -> Answer:
        span = chosen.period or Period(as_of - timedelta(days=400), as_of)
        return query(engine, scope, span.start, span.end, *([chosen.currency] * in_currency))

    return ask


def _quiet(chosen: OrderFilter) -> QuietFilter:
    return QuietFilter(region_ids=chosen.region_ids, owner_ids=chosen.owner_ids,
                       currency=chosen.currency)  # fmt: skip


def _value_filter(chosen: OrderFilter) -> value.ValueFilter:
    return value.ValueFilter(
        currency=chosen.currency or "CNY",
        region_ids=chosen.region_ids,
        owner_ids=chosen.owner_ids,
        sources=("referral",) if chosen.channels else (),
    )


def _of_value(query: Callable[..., Any], *more: Any, name: str = "", **named: Any) -> Case:
    return Case(
        f"{query.__name__}{name and ' by '}{name}",
        lambda engine, scope, chosen, as_of: query(
            engine, scope, _value_filter(chosen), as_of, *more, **named
        ),
    )


def _repurchase(engine: Engine, scope: Scope, chosen: OrderFilter, as_of: date) -> pd.DataFrame:
    ends = (as_of, as_of - timedelta(days=90), as_of - timedelta(days=365))
    return retention.sum_repurchase(engine, scope, _value_filter(chosen), ends)


def _cohort(engine: Engine, scope: Scope, chosen: OrderFilter, as_of: date) -> pd.DataFrame:
    days = chosen.period or Period(as_of - timedelta(days=700), as_of)
    return value_lists.list_cohort_customers(
        engine, scope, _value_filter(chosen), days, as_of=as_of, language="zh_CN"
    )


def _features(engine: Engine, scope: Scope, chosen: OrderFilter, as_of: date) -> pd.DataFrame:
    return value_lists.list_customer_features(
        engine, scope, _value_filter(chosen), for_contact=bool(chosen.stages), limit=50
    )


def _divided(query: Callable[..., Any], by: DividedBy, *more: Any, dated: bool = False) -> Case:
    def ask(engine: Engine, scope: Scope, chosen: OrderFilter, as_of: date) -> Answer:
        division = Division(by=by, currency=chosen.currency, region_ids=chosen.region_ids)
        return query(engine, scope, division, *([as_of] if dated else []), *more)  # type: ignore[no-any-return]

    return Case(" ".join((query.__name__, by, *map(str, more))), ask)


def _history(split: forecast_series.Split) -> Case:
    def ask(engine: Engine, scope: Scope, chosen: OrderFilter, as_of: date) -> Answer:
        part = {"channel": "web_shop", "category": "1", "product": "1"}.get(split, "")
        series = forecast_series.SeriesFilter(
            grain="week", split=split, part=part, region_ids=chosen.region_ids
        )
        first = as_of - timedelta(days=700)
        return forecast_series.sum_forecast_history(engine, scope, series, as_of, "CNY", first)

    return Case(f"sum_forecast_history by {split}", ask)


def _of_two_periods(query: Callable[..., Any], *more: Any, is_aggregate: bool = True) -> Case:
    def ask(engine: Engine, scope: Scope, chosen: OrderFilter, as_of: date) -> Answer:
        period = chosen.period or Period(as_of - timedelta(days=30), as_of)
        dated = replace(chosen, period=period)
        return query(engine, scope, dated, as_of, period.previous(), *more)  # type: ignore[no-any-return]

    told = (getattr(each, "__dict__", each) for each in more)
    return Case(" ".join((query.__name__, *map(str, told))), ask, is_aggregate)


CASES: tuple[Case, ...] = (
    _of_two_periods(bridging.sum_sales_of_two_periods),
    _of_two_periods(bridging.sum_sales_by_product),
    _of_two_periods(bridging.sum_sales_by_customer_group),
    *(_of_two_periods(bridging.sum_sales_by_part, by) for by in get_args(bridging.PartBy)),
    *(
        _of_two_periods(bridging_rows.list_orders_of_part, part, is_aggregate=False)
        for part in (
            bridging_rows.Part(products="both"),
            bridging_rows.Part(customers="kept_grown"),
            bridging_rows.Part(by="category", keys=(1, None), others=True),
        )
    ),
    _of_two_periods(bridging_rows.list_customers_of_group, "lost", is_aggregate=False),
    Case("sum_net_sales_by_day", unusual.sum_net_sales_by_day),
    *(
        Case(
            f"sum_day_by_part {by}",
            lambda engine, scope, chosen, as_of, by=by: unusual.sum_day_by_part(
                engine, scope, chosen, as_of, as_of - timedelta(days=1), by
            ),
        )
        for by in unusual.DAY_PARTS
    ),
    *(_divided(segments.sum_segments, by) for by in WAYS),
    *(
        _divided(segments.sum_segments_by, "cluster", pivot_by, dated=True)
        for pivot_by in get_args(segments.PivotBy)
    ),
    _divided(segments.sum_movements, "rfm"),
    _divided(segments.sum_next_purchases, "rule"),
    _divided(segment_spend.sum_segment_spend, "rfm", dated=True),
    _divided(segment_lists.list_missing_categories, "rfm", dated=True),
    _divided(segment_lists.list_segment_customers, "rfm"),
    *(
        Case(query.__name__, query)
        for query in (
            sales.sum_sales,
            sales.sum_sales_by_day,
            sales.sum_sales_by_channel,
            sales.sum_sales_by_region,
            sales.sum_sales_by_category,
            pipeline.count_orders,
            pipeline.sum_orders_by_stage,
            pipeline.sum_open_orders_by_age,
            backlog.sum_backlog,
            receivables.sum_receivables_by_age,
            receivables.sum_payments_over_time,
            delivery.sum_punctuality,
            delivery.sum_cycle_times,
            late_orders.list_open_orders,
        )
    ),
    *(
        Case(
            f"{query.__name__} by {grain}",
            lambda engine, scope, chosen, as_of, query=query, grain=grain: query(
                engine, scope, chosen, as_of, grain
            ),
        )
        for query in (delivery.sum_punctuality_over_time, delivery.sum_cycle_times_over_time)
        for grain in ("day", "month")
    ),
    *(
        _by_cut(query, cut)
        for query in (dwelling.sum_dwell_times, dwelling.sum_queues)
        for cut in ("stage", "channel", "region")
    ),
    Case(
        "list_stage_histories",
        lambda engine, scope, chosen, as_of: late_orders.list_stage_histories(engine, scope, as_of),
    ),
    Case("sum_backlog_by_day", _backlog_by_day),
    Case("find_effect", _effect, is_aggregate=False),
    Case("suggest_promised_on", _promised_on, is_aggregate=False),
    Case(
        "sum_attention",
        lambda engine, scope, chosen, as_of: attention.sum_attention(
            engine, scope, as_of, chosen.currency
        ),
    ),
    *(
        Case(query.__name__, lambda engine, scope, chosen, as_of, query=query: query(engine, scope))
        for query in (
            options.list_channels,
            options.list_regions,
            options.list_reps,
            options.list_categories,
            options.count_orders_by_option,
            consent.sum_consents,
            options.find_data_span,
        )
    ),
    Case(
        "sum_going_quiet",
        lambda engine, scope, chosen, as_of: going_quiet.sum_going_quiet(
            engine, scope, as_of, _quiet(chosen)
        ),
    ),
    *(
        Case(
            f"list_going_quiet by {sort}",
            lambda engine, scope, chosen, as_of, sort=sort: going_quiet.list_going_quiet(
                engine, scope, as_of, _quiet(chosen), view="all", sort=sort
            ),
        )
        for sort in ("value_at_risk", "chance", "last_ordered_on", "net_sales_12m")
    ),
    Case(
        "sum_reasons_for_leaving",
        lambda engine, scope, chosen, as_of: going_quiet.sum_reasons_for_leaving(
            engine, scope, as_of, _quiet(chosen)
        ),
    ),
    *(
        _sorted(sort, descending)
        for sort in ("ordered_at", "promised_on", "net_sales", "units", "days_late")
        for descending in (True, False)
    ),
    Case(
        "list_receivables",
        lambda engine, scope, chosen, as_of: receivables.list_receivables(
            engine, scope, chosen, as_of=as_of
        ),
        is_aggregate=False,
    ),
    *(
        _of_value(query)
        for query in (
            value.sum_value_by_cohort,
            value.sum_sales_by_tenth,
            retention.sum_retention,
        )
    ),
    *(
        _of_value(retention.sum_repurchase_by, cut, "zh_CN", name=cut)
        for cut in ("channel", "region", "source")
    ),
    *(_history(split) for split in forecast_series.SPLIT_MEASURES),
    Case(
        "list_stock",
        lambda engine, scope, chosen, as_of: inventory.list_stock(engine, scope, "zh_CN"),
    ),
    *(
        Case(query.__name__, lambda engine, scope, chosen, as_of, query=query: query(engine, scope))
        for query in (
            inventory.list_expected_receipts,
            inventory.sum_waiting_by_stock,
            alerts.sum_waiting_by_order,
        )
    ),
    Case(
        "sum_movements_of_stock",
        lambda engine, scope, chosen, as_of: inventory.sum_movements_of_stock(
            engine, scope, 1, 1, as_of - timedelta(days=90), as_of
        ),
    ),
    Case(
        "list_stock_plans",
        lambda engine, scope, chosen, as_of: stock_plans.list_stock_plans(engine, scope),
        is_aggregate=False,
    ),
    Case(
        "list_shown_plans",
        lambda engine, scope, chosen, as_of: stock_plans.list_shown_plans(engine, scope, (1, 2)),
        is_aggregate=False,
    ),
    Case(
        "list_plan_histories",
        lambda engine, scope, chosen, as_of: stock_plans.list_plan_histories(
            engine, scope, (1, 2, 3)
        ),
        is_aggregate=False,
    ),
    Case(
        "list_waiting_lines",
        lambda engine, scope, chosen, as_of: inventory.list_waiting_lines(
            engine, scope, 1, 1, "zh_CN"
        ),
        is_aggregate=False,
    ),
    Case(
        "count_replenishments",
        lambda engine, scope, chosen, as_of: replenishments.count_replenishments(
            engine, scope, RequestFilter(), as_of
        ),
    ),
    *(
        Case(
            f"list_replenishments by {sort}",
            lambda engine, scope, chosen, as_of, sort=sort: replenishments.list_replenishments(
                engine, scope, RequestFilter(), as_of=as_of, sort=sort, language="zh_CN"
            ),
            is_aggregate=False,
        )
        for sort in get_args(replenishments.RequestSort)
    ),
    Case(
        "list_shortages",
        lambda engine, scope, chosen, as_of: allocating.list_shortages(engine, scope, "zh_CN"),
    ),
    Case(
        "totals of shortages",
        lambda engine, scope, chosen, as_of: allocating.list_shortages(engine, scope).attrs,
    ),
    Case(
        "list_stock_lines",
        lambda engine, scope, chosen, as_of: allocating.list_stock_lines(
            engine, scope, 1, 1, "zh_CN"
        ),
        is_aggregate=False,
    ),
    *(
        Case(
            query.__name__,
            lambda engine, scope, chosen, as_of, query=query: query(engine, scope, chosen, as_of),
            is_aggregate=False,
        )
        for query in (calls.sum_calls, calls.list_calls)
    ),
    Case(
        "list_call_reasons",
        lambda engine, scope, chosen, as_of: calls.list_call_reasons(engine, scope, as_of),
        is_aggregate=False,
    ),
    Case(
        "sum_call_effect",
        lambda engine, scope, chosen, as_of: call_effects.sum_call_effect(engine, scope, as_of),
        is_aggregate=False,
    ),
    *(
        Case(
            query.__name__,
            lambda engine, scope, chosen, as_of, query=query: query(
                engine, scope, bought_together.RuleFilter(category_ids=chosen.category_ids)
            ),
            is_aggregate=False,
        )
        for query in (bought_together.list_rules, bought_together.find_rules)
    ),
    *(
        Case(
            query.__name__,
            lambda engine, scope, chosen, as_of, query=query: query(engine, scope, 1, 2, as_of),
            is_aggregate=False,
        )
        for query in (bought_together.list_pair_orders, bought_together.count_pair_orders)
    ),
    Case(
        "find_segment_reach",
        lambda engine, scope, chosen, as_of: segment_offers.find_segment_reach(
            engine, scope, Division()
        ),
        is_aggregate=False,
    ),
    *(
        Case(
            query.__name__,
            lambda engine, scope, chosen, as_of, query=query: query(
                engine, scope, Division(currency=chosen.currency), as_of
            ),
            is_aggregate=False,
        )
        for query in (
            segment_offers.sum_segment_offers,
            segment_offers.list_segment_offers,
            segment_offers.count_segment_offers,
        )
    ),
    Case(
        "sum_campaign_effect",
        lambda engine, scope, chosen, as_of: campaign_trials.sum_campaign_effect(
            engine, scope, as_of
        ),
        is_aggregate=False,
    ),
    *(
        Case(
            query.__name__,
            lambda engine, scope, chosen, as_of, query=query, more=more: query(
                engine, scope, *more(as_of), language="zh_CN"
            ),
            is_aggregate=False,
        )
        for query, more in (
            (campaign_trials.list_trials, lambda as_of: ()),
            (campaign_trials.list_campaigns_to_try, lambda as_of: (as_of,)),
            (campaign_trials.list_campaign_customers, lambda as_of: (1,)),
        )
    ),
    *(
        Case(
            query.__name__,
            lambda engine, scope, chosen, as_of, query=query: query(engine, scope),
            is_aggregate=False,
        )
        for query in (
            call_capacities.list_call_capacities,
            offers.list_pairs,
            offers.list_offer_evaluations,
        )
    ),
    *(
        Case(
            query.__name__,
            lambda engine, scope, chosen, as_of, query=query: query(engine, scope, 1, as_of),
            is_aggregate=False,
        )
        for query in (offers.list_offers, offers.list_wanting)
    ),
    Case(
        "list_offered_products",
        lambda engine, scope, chosen, as_of: offered.list_offered_products(
            engine, scope, 1, (1, 2, 3), as_of
        ),
        is_aggregate=False,
    ),
    Case(
        "list_most_sold",
        lambda engine, scope, chosen, as_of: offered.list_most_sold(engine, scope, as_of),
    ),
    Case("sum_repurchase", _repurchase),
    Case("sum_orders_by_day", _of_days(calendar_events.sum_orders_by_day, in_currency=True)),
    Case("list_promotions", _of_days(calendar_events.list_promotions), is_aggregate=False),
    Case("list_cohort_customers", _cohort, is_aggregate=False),
    Case("list_customer_features", _features, is_aggregate=False),
    *(
        Case(query.__name__, query)
        for query in (
            what_if.sum_product_weeks,
            what_if.sum_category_days,
            what_if.list_campaign_spans,
            what_if.sum_orders_by_customer_age,
        )
    ),
    Case(
        "find_learnt",
        lambda engine, scope, chosen, as_of: what_if_learnt.find_learnt(
            engine, scope, chosen.currency or "CNY"
        ),
        is_aggregate=False,
    ),
    Case(
        "sum_expected_by_hundredth",
        lambda engine, scope, chosen, as_of: what_if.sum_expected_by_hundredth(
            engine, scope, chosen
        ),
    ),
    Case(
        "list_lead_times",
        lambda engine, scope, chosen, as_of: what_if_stock.list_lead_times(engine, scope, as_of),
    ),
    Case(
        "find_sold",
        lambda engine, scope, chosen, as_of: what_if.find_sold(
            engine, scope, chosen, None, chosen.period or Period(as_of - timedelta(days=60), as_of)
        ),
    ),
    Case(
        "sum_targets",
        lambda engine, scope, chosen, as_of: what_if.sum_targets(
            engine, scope, chosen, chosen.period or Period(as_of, as_of + timedelta(days=60))
        ),
    ),
    *(
        Case(query.__name__, lambda engine, scope, chosen, as_of, query=query: query(engine, scope))
        for query in (
            what_if_stock.list_product_stock,
            what_if_stock.list_arrivals,
            what_if.list_goods,
        )
    ),
    *(
        _of_the_first(query)
        for query in (
            order_details.list_order_lines,
            order_details.list_order_payments,
            order_details.list_order_shipments,
            order_details.list_order_returns,
            order_details.list_order_events,
            offers.list_bought_with,
        )
    ),
)


def comparable(answer: Answer) -> Any:
    """The answer as plain values: None for what is missing, decimals to four places."""
    if isinstance(answer, pd.DataFrame):
        return {
            "columns": list(answer.columns),
            "rows": [tuple(map(_cell, row)) for row in answer.itertuples(index=False, name=None)],
        }
    return answer


def _cell(value: Any) -> Any:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    return round(float(value), 4) + 0.0 if isinstance(value, int | float) else value
