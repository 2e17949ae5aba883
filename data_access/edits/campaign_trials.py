"""Holds customers of a segment out of a campaign, so that its effect shows.

Everybody in the segment who may be contacted takes part; a hash of the campaign and the customer
says who is held out, so nobody chooses. Customers who come into the segment later can be added; who
takes part stays as they were assigned.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Engine, Row, insert, select, update

from data_access.consent import refuses
from data_access.divisions import Division, definition_of, divided_customers, read_definition
from data_access.edits.clock import business_time
from data_access.edits.fields import Fields
from data_access.edits.rights import RightRefused, may_try_campaigns
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.holding_out import is_held_out_of_campaign
from data_access.scope import Scope
from data_access.tables import campaign_customers, campaign_trials, campaigns, properties

HELD_OUT_RATES = (0.1, 0.2, 0.5)
MOST_DAYS = 365
_AT_ONCE = 500


class TrialRefused(EditRefused):
    """No customers are held out so."""

    messages: ClassVar[dict[str, str]] = {
        "no_campaign": "There is no such campaign.",
        "over": "This campaign is over.",
        "tried": "This campaign has its held-out customers already.",
        "gone": "There is no such trial any more.",
        "changed": "Somebody added customers to this trial meanwhile. Look at it again.",
        "nobody": "Nobody in this segment may be contacted.",
        "nobody_new": "Everybody in the segment who may be contacted takes part already.",
    }


def start_trial(
    engine: Engine,
    scope: Scope,
    campaign_id: int,
    division: Division,
    *,
    held_out_rate: float,
    within_days: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Assigns everybody in the segment who may be contacted. `held_out_rate` is one of
    HELD_OUT_RATES; an order counts `within_days` of the assignment. `values` of the answer:
    campaign_trial_id, customers, held_out. Refused with RightRefused, FieldsRefused or
    TrialRefused."""
    fields = Fields()
    if held_out_rate not in HELD_OUT_RATES:
        fields.refuse("held_out_rate", "unknown")
    days = fields.whole("within_days", within_days, least=1, most=MOST_DAYS)
    fields.check()
    definition = definition_of(division)

    def work(edit: Edit) -> Done:
        if not may_try_campaigns(edit.scope):
            raise RightRefused("role")
        today = business_time(edit).today
        campaign = _find_campaign(edit, campaign_id)
        if campaign.ends_on is not None and campaign.ends_on < today:
            raise TrialRefused("over")
        tried = select(campaign_trials.c.campaign_trial_id).where(
            campaign_trials.c.campaign_id == campaign.campaign_id
        )
        if edit.connection.scalar(tried) is not None:
            raise TrialRefused("tried")
        trial_id = edit.connection.scalars(
            insert(campaign_trials)
            .values(
                campaign_id=campaign.campaign_id, definition=definition,
                held_out_rate=Decimal(str(held_out_rate)), within_days=days,
                user_id=edit.scope.user_id, created_at=edit.now, changed_at=edit.now,
            )
            .returning(campaign_trials.c.campaign_trial_id)
        ).one()  # fmt: skip
        told = _assign(edit, trial_id, campaign.campaign_id, division, held_out_rate, today)
        if not told["customers"]:
            raise TrialRefused("nobody")
        return Done(values={"campaign_trial_id": trial_id, **told})

    return carry_out(
        engine, scope, "start_trial", work, request_id=request_id,
        details=(campaign_id, definition, held_out_rate, within_days), now=now,
    )  # fmt: skip


def extend_trial(
    engine: Engine,
    scope: Scope,
    campaign_trial_id: int,
    *,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Assigns those who have come into the segment since. `values` of the answer and refusals as of
    `start_trial`."""

    def work(edit: Edit) -> Done:
        if not may_try_campaigns(edit.scope):
            raise RightRefused("role")
        trial = _find_trial(edit, campaign_trial_id)
        if trial.version != seen_version:
            raise TrialRefused("changed")
        today = business_time(edit).today
        campaign = _find_campaign(edit, trial.campaign_id)
        if campaign.ends_on is not None and campaign.ends_on < today:
            raise TrialRefused("over")
        edit.connection.execute(
            update(campaign_trials)
            .where(campaign_trials.c.campaign_trial_id == trial.campaign_trial_id)
            .values(changed_at=edit.now, version=trial.version + 1)
        )
        told = _assign(
            edit, trial.campaign_trial_id, trial.campaign_id, read_definition(trial.definition),
            float(trial.held_out_rate), today,
        )  # fmt: skip
        if not told["customers"]:
            raise TrialRefused("nobody_new")
        return Done(values={"campaign_trial_id": trial.campaign_trial_id, **told})

    return carry_out(
        engine, scope, "extend_trial", work, request_id=request_id,
        details=(campaign_trial_id, seen_version), now=now,
    )  # fmt: skip


def _assign(
    edit: Edit, trial_id: int, campaign_id: int, division: Division, rate: float, today: date
) -> dict[str, Any]:
    """Of those whom the person sees in the segment, may be contacted and take no part yet."""
    people, customers = divided_customers(edit.scope, division), edit.scope.visible.customers
    part = select(campaign_customers.c.customer_id).where(
        campaign_customers.c.campaign_trial_id == trial_id
    )
    ids = edit.connection.scalars(
        select(people.c.customer_id)
        .join_from(people, customers, customers.c.customer_id == people.c.customer_id)
        .where(~refuses(customers), people.c.customer_id.not_in(part))
        .order_by(people.c.customer_id)
    ).all()
    known = select(properties.c.value).where(properties.c.name == "database_id")
    database_id = str(edit.connection.scalar(known) or "")
    rows = [
        {"campaign_trial_id": trial_id, "customer_id": each, "assigned_on": today,
         "is_held_out": is_held_out_of_campaign(database_id, campaign_id, each, rate)}
        for each in ids
    ]  # fmt: skip
    for first in range(0, len(rows), _AT_ONCE):
        edit.connection.execute(insert(campaign_customers), rows[first : first + _AT_ONCE])
    return {"customers": len(rows), "held_out": sum(row["is_held_out"] for row in rows)}


def _find_campaign(edit: Edit, campaign_id: Any) -> Row[Any]:
    found = None
    if isinstance(campaign_id, int):
        visible = edit.scope.visible.campaigns.c.campaign_id
        found = edit.connection.execute(
            select(campaigns)
            .where(campaigns.c.campaign_id == campaign_id, campaigns.c.campaign_id.in_(
                select(visible)))
            .with_for_update()
        ).one_or_none()  # fmt: skip
    if found is None:
        raise TrialRefused("no_campaign")
    return found


def _find_trial(edit: Edit, campaign_trial_id: Any) -> Row[Any]:
    found = None
    if isinstance(campaign_trial_id, int):
        found = edit.connection.execute(
            select(campaign_trials)
            .where(campaign_trials.c.campaign_trial_id == campaign_trial_id)
            .with_for_update()
        ).one_or_none()
    if found is None:
        raise TrialRefused("gone")
    return found
