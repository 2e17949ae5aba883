"""Campaigns of which some customers are held out: who takes part, and what the trial has counted.
Asked of the record."""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import Engine, Select, Subquery, and_, case, exists, func, or_, select

from data_access.consent import refuses
from data_access.dialects import days_between
from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.scope import Scope

MOST_TRIALS = 100


def list_trials(engine: Engine, scope: Scope, *, language: str = "en") -> pd.DataFrame:
    """campaign_trial_id, campaign_id, campaign, starts_on, ends_on, definition, held_out_rate,
    within_days, user_id, created_at, version, customers and held_out (who take part, of those whom
    the person sees), the newest first."""
    trials, campaigns = scope.visible.campaign_trials, scope.visible.campaigns
    people = scope.visible.campaign_customers
    counts = (
        select(
            people.c.campaign_trial_id,
            func.count().label("customers"),
            func.sum(case((people.c.is_held_out, 1), else_=0)).label("held_out"),
        )
        .group_by(people.c.campaign_trial_id)
        .subquery("counts")
    )
    names = ("campaign_trial_id", "campaign_id", "definition", "held_out_rate", "within_days",
             "user_id", "created_at", "version")  # fmt: skip
    return read_frame(
        engine,
        select(
            *(trials.c[name] for name in names),
            name_in(language, campaigns).label("campaign"),
            campaigns.c.starts_on,
            campaigns.c.ends_on,
            func.coalesce(counts.c.customers, 0).label("customers"),
            func.coalesce(counts.c.held_out, 0).label("held_out"),
        )
        .join_from(trials, campaigns, campaigns.c.campaign_id == trials.c.campaign_id)
        .outerjoin(counts, counts.c.campaign_trial_id == trials.c.campaign_trial_id)
        .order_by(trials.c.campaign_trial_id.desc())
        .limit(MOST_TRIALS),
    )


def list_campaigns_to_try(
    engine: Engine, scope: Scope, as_of: date, *, language: str = "en"
) -> pd.DataFrame:
    """campaign_id, campaign: those that are not over on `as_of` and have no trial, what starts last
    first."""
    trials, campaigns = scope.visible.campaign_trials, scope.visible.campaigns
    tried = exists().where(trials.c.campaign_id == campaigns.c.campaign_id)
    return read_frame(
        engine,
        select(campaigns.c.campaign_id, name_in(language, campaigns).label("campaign"))
        .where(or_(campaigns.c.ends_on.is_(None), campaigns.c.ends_on >= as_of), ~tried)
        .order_by(campaigns.c.starts_on.is_(None), campaigns.c.starts_on, campaigns.c.campaign_id)
        .limit(MOST_TRIALS),
    )


def sum_campaign_effect(engine: Engine, scope: Scope, as_of: date) -> pd.DataFrame:
    """campaign_trial_id, step (the day of the assignment), is_held_out (1, 0), assigned, customers,
    bought: customers by the day on which they were assigned; of how many the days that count
    (`within_days` after it) are over on `as_of`, and how many of those ordered in them. As
    `call_effects.sum_call_effect`, so that the same code reads both."""
    people, trials = scope.visible.campaign_customers, scope.visible.campaign_trials
    orders = scope.visible.orders
    first = (
        select(
            people.c.campaign_trial_id,
            people.c.customer_id,
            func.max(case((people.c.is_held_out, 1), else_=0)).label("is_held_out"),
            func.min(people.c.assigned_on).label("step"),
        )
        .group_by(people.c.campaign_trial_id, people.c.customer_id)
        .subquery("first")
    )
    ordered = exists().where(
        orders.c.customer_id == first.c.customer_id,
        orders.c.stage != "cancelled",
        days_between(first.c.step, orders.c.ordered_on).between(1, trials.c.within_days),
    )
    is_over = days_between(first.c.step, as_of) >= trials.c.within_days
    told = (
        select(
            first.c.campaign_trial_id,
            first.c.step,
            first.c.is_held_out,
            case((is_over, 1), else_=0).label("is_over"),
            case((and_(is_over, ordered.correlate(first, trials)), 1), else_=0).label("has_bought"),
        )
        .join_from(first, trials, trials.c.campaign_trial_id == first.c.campaign_trial_id)
        .subquery("told")
    )
    by = (told.c.campaign_trial_id, told.c.step, told.c.is_held_out)
    return read_frame(
        engine,
        select(
            *by,
            func.count().label("assigned"),
            func.sum(told.c.is_over).label("customers"),
            func.sum(told.c.has_bought).label("bought"),
        )
        .group_by(*by)
        .order_by(*by),
    )


def list_campaign_customers(
    engine: Engine,
    scope: Scope,
    campaign_trial_id: int,
    *,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """customer_id, customer, rep, phone, email, consent, assigned_on: a page of those whom the
    campaign is for: who take part, are not held out and have not refused contact since."""
    people, customers = scope.visible.campaign_customers, scope.visible.customers
    held_out = scope.visible.campaign_customers.alias("held_out")
    other = exists().where(
        held_out.c.campaign_trial_id == people.c.campaign_trial_id,
        held_out.c.customer_id == people.c.customer_id,
        held_out.c.is_held_out,
    )
    chosen = (
        select(people.c.campaign_customer_id, people.c.customer_id, people.c.assigned_on)
        .join_from(people, customers, customers.c.customer_id == people.c.customer_id)
        .where(
            people.c.campaign_trial_id == campaign_trial_id, ~other.correlate(people),
            ~refuses(customers),
        )
    )  # fmt: skip
    return read_page(
        engine,
        Sort(people.c.customer_id, people.c.campaign_customer_id, descending=False,
             has_nulls=False),
        chosen,
        lambda page: _shown(scope, page, language),
        limit=limit,
        after=after,
    )  # fmt: skip


def _shown(scope: Scope, page: Subquery, language: str) -> Select[tuple[object, ...]]:
    customers, employees = scope.visible.customers, scope.visible.employees
    return (
        select(
            page.c.customer_id,
            name_in(language, customers).label("customer"),
            name_in(language, employees).label("rep"),
            customers.c.phone,
            customers.c.email,
            customers.c.consent,
            page.c.assigned_on,
        )
        .join_from(page, customers, customers.c.customer_id == page.c.customer_id)
        .outerjoin(employees, employees.c.employee_id == customers.c.owner_id)
    )
