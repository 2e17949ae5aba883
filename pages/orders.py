"""Orders: where they stand, which are late, and the list of them."""

from dataclasses import replace

import streamlit as st

from dashboard.blanks import nothing_found
from dashboard.charts import show_chart
from dashboard.choices import (
    category_choice,
    channel_choice,
    currencies,
    region_choice,
    rep_choice,
    worth_choosing,
)
from dashboard.edit_notice import notice_line
from dashboard.figures.ages import open_orders_by_age
from dashboard.filter_bar import ALL_PRESETS, Bar, filter_bar, filter_in_words
from dashboard.filters import basis_choice, payment_choice, stage_choice, stage_names
from dashboard.live import follow_changes, page_title
from dashboard.order_list import (
    new_order_button,
    open_chosen_order,
    order_columns,
    order_list,
)
from dashboard.periods import ANY
from dashboard.reads import read
from dashboard.recorded import knows_payments
from dashboard.session import business_zone, current_scope, today
from dashboard.stage_strip import stage_strip, stages_seen
from dashboard.texts import _
from data_access.filters import searched
from data_access.pipeline import (
    AGES,
    count_orders,
    sum_open_orders_by_age,
    sum_orders_by_stage,
)
from data_access.policy import Role
from data_access.stages import OPEN_STAGES, TO_SHIP_STAGES

scope = current_scope("orders")
as_of = today()
open_chosen_order("orders")
must_ship = scope.role is Role.WAREHOUSE
page_title(
    _("What must ship") if must_ship else _("Orders"), as_of, lambda: new_order_button(scope)
)
notice_line(scope, "orders", "orders")

channels, regions, reps = channel_choice(scope), region_choice(scope), rep_choice(scope)
more = [stage_choice(), category_choice(scope)]
if not must_ship:
    more.append(basis_choice())
if knows_payments(scope):
    more.append(payment_choice())
bar = Bar(
    presets=() if must_ship else ALL_PRESETS,
    preset=ANY if must_ship else "last_90",
    search=_("Search orders"),
    choices=worth_choosing(channels, regions, reps),
    more=worth_choosing(*more),
    currencies=() if must_ship else currencies(scope),
    amounts=scope.sees("orders", "net_sales"),
    switches=("overdue",) if must_ship else ("overdue", "late", "otif", "returned"),
)
chosen = filter_bar(bar, as_of)
if chosen.search:
    chosen = read(searched, scope, chosen, engine="record")
if must_ship and not chosen.stages:
    chosen = replace(chosen, stages=TO_SHIP_STAGES)

of_all_stages = replace(chosen, stages=())
stages = read(sum_orders_by_stage, scope, of_all_stages, as_of, business_zone())
stage_strip(stages, stages_seen(scope), chosen.stages, chosen.currency)

ages = st.expander(
    _("Age of open orders"), icon=":material/hourglass_top:", key="order_ages", on_change="rerun"
)
if ages.open:
    with ages:
        by_age = read(sum_open_orders_by_age, scope, of_all_stages, as_of)
        show_chart(
            open_orders_by_age(by_age, stage_names=stage_names(OPEN_STAGES), ages=AGES),
            alt=_("Open orders by days since they were ordered, for each stage"),
            key="orders_by_age",
        )

if read(count_orders, scope, chosen, as_of):
    columns = order_columns(
        scope,
        channels=len(channels.names) > 1,
        regions=len(regions.names) > 1,
        reps=len(reps.names) > 1,
    )
    order_list(
        scope,
        chosen,
        as_of,
        columns,
        sorting="promised" if must_ship else "newest",
        filters=filter_in_words(bar, chosen),
    )
else:
    nothing_found(scope, chosen.currency, has_period=not must_ship)
follow_changes("orders")
