"""Who may do what to an order: one table, action → role → the stages in which it is possible; and
who may do what to a customer, field by field, and to a forecast.

The rows are those of the person's Scope: nobody edits an order they do not see. Commands ask here
before they write, pages ask here what to offer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from data_access.errors import EditRefused
from data_access.policy import Role
from data_access.scope import Scope
from data_access.stages import OPEN_STAGES, STAGES

Stages = tuple[str, ...]

# stage → the stages that may follow it; nothing else does
TRANSITIONS: Mapping[str, Stages] = {
    "received": ("confirmed", "cancelled"),
    "confirmed": ("processing", "cancelled"),
    "processing": ("shipped", "cancelled"),
    "shipped": ("completed", "returned"),
    "completed": ("returned",),
    "cancelled": (),
    "returned": (),
}
# stage → the action that leads to it
ACTION_TO: Mapping[str, str] = {
    "confirmed": "confirm_order",
    "processing": "start_processing",
    "shipped": "ship_order",
    "completed": "complete_order",
    "cancelled": "cancel_order",
    "returned": "register_return",
}

RECEIVED: Stages = ("received",)
BEFORE_PACKING: Stages = ("received", "confirmed")
BEFORE_SHIPPING: Stages = ("received", "confirmed", "processing")
NOT_CANCELLED: Stages = tuple(stage for stage in STAGES if stage != "cancelled")
NEW = ""  # of an order that is not there yet


class RightRefused(EditRefused):
    """The role may not do this, or not to an order in this stage (the reason is the stage)."""

    messages: ClassVar[dict[str, str]] = {
        "role": "Your role may not do this.",
        "received": "The order is not confirmed yet: this cannot be done now.",
        "confirmed": "The order is confirmed: this cannot be done now.",
        "processing": "The order is in processing: this cannot be done now.",
        "shipped": "The order is shipped: this cannot be done now.",
        "completed": "The order is completed: this cannot be done now.",
        "cancelled": "The order is cancelled: this cannot be done now.",
        "returned": "The order came back: this cannot be done now.",
    }


HEADS = (Role.ADMIN, Role.MANAGER)
_HEADS = HEADS


def _for(stages: Stages, *roles: Role, **narrower: Stages) -> dict[Role, Stages]:
    """The heads and these roles in these stages; a role named with its own stages only in those."""
    own = {Role(name): found for name, found in narrower.items()}
    return {**dict.fromkeys((*_HEADS, *roles), stages), **own}


RIGHTS: Mapping[str, Mapping[Role, Stages]] = {
    "create_order": _for((NEW,), Role.SALES_LEAD, Role.SALES_REP),
    "confirm_order": _for(RECEIVED, Role.SALES_LEAD),
    "allow_short": _for(BEFORE_PACKING, Role.SALES_LEAD),  # confirm what is not all in stock
    "start_processing": _for(("confirmed",), Role.WAREHOUSE),
    "ship_order": _for(("processing",), Role.WAREHOUSE),
    "complete_order": _for(("shipped",), Role.SUPPORT),
    "cancel_order": _for(BEFORE_SHIPPING, Role.SALES_LEAD),
    "propose_cancellation": {Role.SALES_REP: RECEIVED},
    "register_return": _for(("shipped", "completed"), Role.SUPPORT),
    "take_payment": _for(NOT_CANCELLED, Role.FINANCE),
    "refund_payment": _for(STAGES, Role.FINANCE),
    "change_line_quantity": _for(BEFORE_PACKING, Role.SALES_LEAD, sales_rep=RECEIVED),
    "change_line_discount": _for(BEFORE_SHIPPING, Role.SALES_LEAD, sales_rep=RECEIVED),
    "change_promised_date": _for(OPEN_STAGES, Role.SALES_LEAD, sales_rep=RECEIVED),
    "change_address": _for(BEFORE_SHIPPING, Role.SALES_LEAD, sales_rep=RECEIVED),
    "change_owner": _for(OPEN_STAGES, Role.SALES_LEAD),
    "change_note": _for(STAGES, Role.SALES_LEAD, Role.SUPPORT, sales_rep=RECEIVED),
    "comment_on_order": _for(STAGES, Role.SALES_LEAD, Role.SALES_REP, Role.WAREHOUSE, Role.SUPPORT),
}

_SALES = (*_HEADS, Role.SALES_LEAD, Role.SALES_REP)
# action → the roles that may do it to a customer whom they see
CUSTOMER_RIGHTS: Mapping[str, tuple[Role, ...]] = {
    "change_customer": (*_SALES, Role.SUPPORT),
    "add_contact": (*_SALES, Role.SUPPORT),
    "change_contact": (*_SALES, Role.SUPPORT),
    "remove_contact": _SALES,
    "log_interaction": (*_SALES, Role.SUPPORT),
}
# field of a customer → the roles that may change it
CUSTOMER_FIELDS: Mapping[str, tuple[Role, ...]] = {
    **dict.fromkeys(
        ("name", "name_zh", "phone", "email", "address", "city", "country", "born_on"),
        (*_SALES, Role.SUPPORT),
    ),
    **dict.fromkeys(("customer_type", "industry", "source"), _SALES),
    **dict.fromkeys(("grade", "owner_id", "region_id"), (*_HEADS, Role.SALES_LEAD)),
}

# action → role → the states of a replenishment request in which it is possible. A sales lead asks
# for what the orders of their regions lack, and nothing else.
REPLENISHMENT_RIGHTS: Mapping[str, Mapping[Role, Stages]] = {
    "request_replenishment": _for((NEW,), Role.WAREHOUSE, Role.SALES_LEAD),
    "approve_replenishment": _for(("proposed",)),
    "reject_replenishment": _for(("proposed", "approved")),
    "order_replenishment": _for(("approved",)),
    "receive_replenishment": _for(("ordered",), Role.WAREHOUSE),
    "close_replenishment": _for(("ordered", "received"), warehouse=("received",)),
}

# who may say which days are special, for the forecasts of everybody
CALENDAR_RIGHTS: tuple[Role, ...] = (*_HEADS, Role.ANALYST)


# who divides a short stock among the orders they see that wait for it
ALLOCATING: tuple[Role, ...] = (*HEADS, Role.SALES_LEAD)


_PLANNERS = (*_HEADS, Role.ANALYST, Role.SALES_LEAD)
# action → the roles that may do it to a forecast that they see
FORECAST_RIGHTS: Mapping[str, tuple[Role, ...]] = {
    "adjust_forecast": _PLANNERS,
    "publish_forecast": _PLANNERS,
}
# who may have all of them worked out anew
_FORECASTERS = (*_HEADS, Role.ANALYST)


# who says what came of a call of the list, about customers whom they see
CALL_RIGHTS: tuple[Role, ...] = _SALES
# who says how many calls a rep has time for, of those whom they see
CALL_PLANNERS: tuple[Role, ...] = (*_HEADS, Role.SALES_LEAD)

# who holds customers out of a campaign
CAMPAIGN_PLANNERS: tuple[Role, ...] = _HEADS


# who saves what-if scenarios, and whom they can be shared with
SCENARIO_ROLES: tuple[Role, ...] = (*HEADS, Role.SALES_LEAD, Role.ANALYST)


# who may explain a day of unusual sales: each of the orders they see
DAY_NOTES = (*_SALES, Role.ANALYST)


def may_explain_days(scope: Scope) -> bool:
    """Whether this person may write a note about a day. Who sees some of the orders is told apart
    from others by the employee they are."""
    seen = scope.sees_all("anomaly_notes") or scope.employee_id is not None
    return scope.role in DAY_NOTES and seen


def may_remove_day_note(scope: Scope, user_id: int) -> bool:
    """Whether this person may take back the note that the other one wrote."""
    return may_explain_days(scope) and (user_id == scope.user_id or scope.role in _HEADS)


# who may answer to a warning that they see
ALERT_RIGHTS: Mapping[str, tuple[Role, ...]] = {
    "acknowledge_alert": (*_HEADS, Role.SALES_LEAD, Role.WAREHOUSE),
    "snooze_alert": (*_SALES, Role.WAREHOUSE),
    "reopen_alert": _HEADS,  # take back that somebody else is on it
}


def may_answer_alert(scope: Scope, action: str) -> bool:
    """Whether this role may do it to a warning that it sees."""
    return scope.role in ALERT_RIGHTS[action]


def may(scope: Scope, action: str, stage: str = NEW) -> bool:
    """Whether this role may do it to an order in this stage that it sees."""
    return stage in stages_of(scope, action)


def stages_of(scope: Scope, action: str) -> Stages:
    """The stages in which this role may do it; none for what it may never do."""
    return RIGHTS[action].get(scope.role, ()) if scope.role else ()


def need_right(scope: Scope, action: str, stage: str = NEW) -> None:
    """RightRefused unless `may`."""
    possible = stages_of(scope, action)
    if stage not in possible:
        raise RightRefused(stage if possible else "role")


def actions_for(scope: Scope, stage: str) -> tuple[str, ...]:
    """What this role may do to an order in this stage, in the order of the table."""
    return tuple(action for action in RIGHTS if may(scope, action, stage))


def next_stages(scope: Scope, stage: str) -> Stages:
    """The stages to which this role may move an order that is in this one."""
    following = TRANSITIONS.get(stage, ())
    return tuple(after for after in following if may(scope, ACTION_TO[after], stage))


def may_for_customer(scope: Scope, action: str) -> bool:
    """Whether this role may do it to a customer whom it sees."""
    return scope.role in CUSTOMER_RIGHTS[action]


def need_customer_right(scope: Scope, action: str) -> None:
    """RightRefused unless `may_for_customer`."""
    if not may_for_customer(scope, action):
        raise RightRefused("role")


def may_for_replenishment(scope: Scope, action: str, state: str = NEW) -> bool:
    """Whether this role may do it to a request in this state."""
    return state in REPLENISHMENT_RIGHTS[action].get(scope.role, ()) if scope.role else False


def need_replenishment_right(scope: Scope, action: str) -> None:
    """RightRefused for a role that may never do it."""
    if not scope.role or scope.role not in REPLENISHMENT_RIGHTS[action]:
        raise RightRefused("role")


def may_change_calendar(scope: Scope) -> bool:
    """Whether this role may add, change and remove events, and choose the country."""
    return scope.role in CALENDAR_RIGHTS


def may_allocate(scope: Scope) -> bool:
    """Whether this person may set units of a stock aside for orders that they see."""
    return scope.role in ALLOCATING


def may_refresh_forecasts(scope: Scope) -> bool:
    """Whether this person may have all forecasts worked out anew."""
    return scope.role in _FORECASTERS


def may_mark_calls(scope: Scope) -> bool:
    """Whether this role may say what came of a call."""
    return scope.role in CALL_RIGHTS


def may_plan_calls(scope: Scope) -> bool:
    """Whether this role may say how many calls a rep has time for."""
    return scope.role in CALL_PLANNERS


def may_try_campaigns(scope: Scope) -> bool:
    """Whether this role may hold customers out of a campaign, to see what it brings."""
    return scope.role in CAMPAIGN_PLANNERS


def may_for_forecast(scope: Scope, action: str) -> bool:
    """Whether this role may do it to a forecast that it sees."""
    return scope.role in FORECAST_RIGHTS[action]


def need_forecast_right(scope: Scope, action: str) -> None:
    """RightRefused unless `may_for_forecast`."""
    if not may_for_forecast(scope, action):
        raise RightRefused("role")


def customer_fields(scope: Scope) -> tuple[str, ...]:
    """The fields of a customer that this role may change and reads as they are stored."""
    return tuple(
        name
        for name, roles in CUSTOMER_FIELDS.items()
        if scope.role in roles and scope.reads("customers", name)
    )
