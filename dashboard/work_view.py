"""My work: the queues that wait for a role, side by side, and the orders of the one chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.alert_words import KIND_HELP
from dashboard.comment_thread import mark_as_seen
from dashboard.figures.colours import STAGE_NAME
from dashboard.menu import ROLE_NAMES, find_page, may_open
from dashboard.order_list import open_order
from dashboard.paging import PAGE_ROWS, clicked_row, list_toolbar, pages_of
from dashboard.reads import data_version, read
from dashboard.recorded import knows_payments
from dashboard.session import current_scope
from dashboard.stage_strip import stages_seen
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, language, plain
from data_access.keyset import Cursor
from data_access.policy import Role
from data_access.rules import list_stage_rules
from data_access.scope import Scope
from data_access.work_queues import (
    DUE_SOON_DAYS,
    QUEUES,
    STAGE_OF,
    list_mentions,
    list_queue_orders,
)

MENTIONS, ALERTS = "mentions", "alerts"
MOST_MENTIONS = 20
HEADS = (Role.ADMIN, Role.MANAGER)
_MOST_ACROSS = 8  # queues; more stand in two rows
_PAYMENTS = ("unpaid", "to_refund")
_FINDS_RECEIVABLE = "find_receivable"
NAMES: dict[str, str] = {
    MENTIONS: N_("Mentions"),
    ALERTS: N_("Warnings"),
    "late": N_("Late"),
    "to_confirm": N_("To confirm"),
    "to_pack": N_("To pack"),
    "to_ship": N_("To ship"),
    "on_the_way": N_("On the way"),
    "unpaid": N_("To collect"),
    "to_refund": N_("To refund"),
}
_COLOURS = {
    MENTIONS: "orange",
    ALERTS: "red",
    "late": "red",
    "unpaid": "gray",
    **{queue: STAGE_NAME[stage] for queue, stage in STAGE_OF.items()},
}
_EMPTY: dict[str, str] = {
    MENTIONS: N_("Nobody waits for an answer of yours."),
    "late": N_("No order is past the deadline of its stage."),
    "to_confirm": N_("Every order is confirmed."),
    "to_pack": N_("No order waits to be packed."),
    "to_ship": N_("No packed order waits for the carrier."),
    "on_the_way": N_("No order is on its way to a customer."),
    "unpaid": N_("Nothing is due within a week."),
    "to_refund": N_("Nobody waits for money back."),
}


@dataclass(frozen=True)
class Waiting:
    """A queue with what is in it."""

    queue: str
    is_own: bool  # the person's role answers for it
    orders: int
    late: int
    at_stake: tuple[tuple[str, float], ...] = ()  # currency, amount

    @property
    def is_urgent(self) -> bool:
        return self.late > 0 or (self.queue == MENTIONS and self.orders > 0)


def queues_of(
    scope: Scope, sums: pd.DataFrame, mentions: int, warnings: Sequence[Waiting] = ()
) -> list[Waiting]:
    """The person's own queues and the others that hold something; what is most urgent first.
    `sums` is `sum_work_queues`."""
    owners = _owners(scope)
    found = [Waiting(MENTIONS, True, mentions, 0)] if scope.sees("mentions", "user_id") else []
    found += warnings
    for queue in QUEUES:
        rows = sums[sums["queue"] == queue]
        is_own = queue == "late" or scope.role in (*HEADS, owners.get(queue))
        if not _is_seen(scope, queue) or not (is_own or len(rows)):
            continue
        sums_known = rows.dropna(subset=["at_stake"])
        at_stake = zip(sums_known["currency"], sums_known["at_stake"].astype(float), strict=True)
        orders, late = int(rows["orders"].sum()), int(rows["late"].sum())
        found.append(Waiting(queue, is_own, orders, late, tuple(at_stake)))
    return sorted(found, key=lambda one: (not one.is_own, not one.is_urgent, not one.orders))


def _is_seen(scope: Scope, queue: str) -> bool:
    if queue in _PAYMENTS:
        return knows_payments(scope)
    return queue == "late" or STAGE_OF[queue] in stages_seen(scope)


def _owners(scope: Scope) -> dict[str, str]:
    """queue → the role that answers for it."""
    rules = read(list_stage_rules, scope, engine="record")
    of_stage = dict(zip(rules["stage"], rules["owner_role"], strict=True))
    owners = {queue: of_stage.get(stage, "") for queue, stage in STAGE_OF.items()}
    return {**owners, "unpaid": Role.FINANCE}


def chosen_queue(queues: Sequence[Waiting]) -> Waiting:
    """The queue that the address says, or that the person saw last, or the most urgent: it stays
    the same while others come and go."""
    names = [one.queue for one in queues]
    said = st.query_params.get("queue", st.session_state.get("work_queue"))
    if said not in names:
        said = next((one.queue for one in queues if one.orders), names[0])
    st.session_state["work_queue"] = said
    return queues[names.index(said)]


def queue_strip(queues: Sequence[Waiting], chosen: Waiting) -> None:
    """The queues side by side; a click shows the orders of one."""
    across = len(queues) if len(queues) <= _MOST_ACROSS else -(-len(queues) // 2)
    grid = st.grid(across, min_column_width=98, gap="xsmall", border=True, key="queues")
    for one in queues:
        with grid.cell(), st.container(gap="xxsmall"):
            name, colour = _(NAMES[one.queue]), _COLOURS[one.queue]
            is_chosen = one.queue == chosen.queue
            st.button(
                f":{colour}[✓ {name}]" if is_chosen else f":{colour}[●] {name}",
                key=f"queue_{one.queue}",
                type="tertiary",
                on_click=_choose,
                args=(one.queue,),
            )
            st.markdown(_figures(one))


def _choose(queue: str) -> None:
    st.query_params.pop("page", None)
    st.query_params["queue"] = queue
    st.session_state["work_queue"] = queue


def _figures(one: Waiting) -> str:
    count = f"**{formats.number(one.orders)}**" if one.orders else ":green[✓] :gray[0]"
    money = " + ".join(
        formats.compact_money(amount, currency) for currency, amount in one.at_stake[:2]
    )
    if money:
        count += f" :small[:gray[{plain(money)}]]"
    if one.queue == ALERTS:
        late = _n("{n} urgent", "{n} urgent", one.late) if one.late else ""
    else:
        late = _n("{n} late", "{n} late", one.late) if one.late and one.queue != "late" else ""
    return f"{count}  \n:small[:red[{late}]]" if late else count


def queue_title(scope: Scope, one: Waiting) -> None:
    """The queue, who answers for it within what time, and when an order may leave it."""
    rules = read(list_stage_rules, scope, engine="record")
    rule = rules[rules["stage"] == STAGE_OF.get(one.queue, "")]
    st.markdown(f"##### {_(NAMES[one.queue])}", help=_explained(one.queue, rule))
    row: Any
    for row in rule.itertuples():
        criteria = (language() == "zh_CN" and row.exit_criteria_zh) or row.exit_criteria
        st.markdown(
            ":small[:gray["
            + _(
                "{role} · within {hours} h · done when: {criteria}",
                role=_role(row.owner_role),
                hours=formats.number(row.target_hours),
                criteria=plain(criteria),
            )
            + "]]"
        )


def _explained(queue: str, rule: pd.DataFrame) -> str:
    match queue:
        case "mentions":
            return _("Comments that call you by @username and that you have not seen yet.")
        case "alerts":
            return _(KIND_HELP)
        case "late":
            return _("Orders that are in their stage for longer than its target time, the longest"
                     " over first.")  # fmt: skip
        case "unpaid":
            return _("Something is owed, and was due or is due within {n} days.", n=DUE_SOON_DAYS)
        case "to_refund":
            return _("More was paid than the order costs now, as after a return.")
    stage = _("Orders in this stage, those first whose deadline comes first.")
    return stage if len(rule) else _("Orders in this stage. It has no target time.")


def _role(role: str) -> str:
    return _(ROLE_NAMES[Role(role)]) if role in set(Role) else plain(role)


def show_queue(scope: Scope, one: Waiting, now: datetime, as_of: date) -> None:
    """The orders of the queue, a page of them; a click opens one."""
    if not one.orders:
        st.markdown(f":green[✓] {_(_EMPTY[one.queue])}")
        return

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(
            list_queue_orders, scope, one.queue, now, as_of, engine="record", after=after,
            limit=limit, language=language(),
        )  # fmt: skip

    pages = pages_of("work", f"{scope.key} {one.queue}", rows)
    frame = rows(pages.start, PAGE_ROWS)
    counted = _n("{n} order", "{n} orders", one.orders)
    list_toolbar(pages, frame, counted, lambda: None, advice=_("Click a row to open it"))
    numbers = tuple(frame["order_number"])
    table_key = f"work_{one.queue}_{data_version()}_{pages.number}"
    currencies = frame["currency"].unique()
    show_table(
        _with_ages(frame, one, now, as_of),
        _columns(scope, one),
        key=table_key,
        alt=_(NAMES[one.queue]),
        currency=currencies[0] if len(currencies) == 1 else None,
        on_select=lambda: _clicked(table_key, numbers),
        selection_mode="single-cell",
    )


def _with_ages(frame: pd.DataFrame, one: Waiting, now: datetime, as_of: date) -> pd.DataFrame:
    """The page with days in the stage, days until the deadline, and the owner in words."""
    unpaid = one.queue == "unpaid"
    past_due = _days(pd.Timestamp(as_of) - frame["due_on"])
    left = past_due if unpaid else _days(frame["deadline_at"] - pd.Timestamp(now))
    roles = [Role.FINANCE] * len(frame) if unpaid else frame["owner_role"]
    return frame.assign(
        in_stage=_days(pd.Timestamp(now) - frame["entered_at"]).clip(lower=0),
        left=left,
        owner=[_role(role) if role else "" for role in roles],
    )


def _days(times: pd.Series[Any]) -> pd.Series[Any]:
    days: pd.Series[Any] = times.dt.total_seconds() / 86_400
    return days


def _columns(scope: Scope, one: Waiting) -> list[Column]:
    columns = [
        Column("order_number", _("Order"), width=145),
        Column("customer", _("Customer"), width=170),
    ]
    if one.queue in ("late", "unpaid", "to_refund"):
        columns.append(Column("stage", _("Stage"), "stage", width=100))
    if one.queue == "unpaid":
        columns.append(Column("due_on", _("Due"), "day"))
        columns.append(Column("left", _("Due in"), "lateness"))
    else:
        columns.append(Column("left", _("Deadline"), "time_left", width=110))
        columns.append(Column("in_stage", _("In the stage"), "duration", width=95))
    if scope.sees("orders", "net_sales"):
        label = {"unpaid": _("Owed"), "to_refund": _("To pay back")}.get(one.queue, _("Net sales"))
        columns.append(Column("at_stake", label, "money", width=105))
    columns.append(Column("owner", _("Owner"), width=100))
    if scope.sees("employees", "name") and scope.role is not Role.SALES_REP:
        columns.append(Column("rep", _("Sales rep"), width=95))
    if one.queue != "unpaid":
        columns.append(Column("promised_on", _("Promised"), "day", width=100))
    return columns


def _clicked(table_key: str, numbers: tuple[str, ...]) -> None:
    scope = current_scope("work")
    number = clicked_row(table_key, numbers)
    if number is None:
        return
    if may_open(scope.role, "order"):
        open_order(number)
    else:
        st.session_state[_FINDS_RECEIVABLE] = number


def open_chosen_receivable() -> None:
    """Goes to what is owed for the order that was clicked by somebody who sees no order's page."""
    number = st.session_state.pop(_FINDS_RECEIVABLE, None)
    if number is not None:
        said: dict[str, Any] = {"period": "any", "q": number}
        st.switch_page(find_page("receivables").file, query_params=said)


def show_mentions(scope: Scope) -> None:
    """The comments that call the person, each with the way to its order."""
    mentions = read(
        list_mentions, scope, scope.user_id, engine="record", limit=MOST_MENTIONS,
        language=language(),
    )  # fmt: skip
    if not len(mentions):
        st.markdown(f":green[✓] {_(_EMPTY[MENTIONS])}")
    mention: Any
    for mention in mentions.itertuples():
        with st.container(border=True, gap="xxsmall", key=f"mention_{mention.mention_id}"):
            written = formats.moment(mention.written_at)
            about = f"{plain(mention.order_number)} · {plain(mention.customer or '')}"
            st.markdown(f"**{plain(mention.author)}** :small[:gray[{written}]] · {about}")
            st.text(mention.text)
            _mention_buttons(int(mention.mention_id), mention.order_number)


def _mention_buttons(mention_id: int, number: str) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Open order"),
            key=f"open_mention_{mention_id}",
            icon=":material/open_in_new:",
            on_click=_open_mention,
            args=(mention_id, number),
        )
        st.button(
            _("Mark as seen"),
            key=f"seen_mention_{mention_id}",
            type="tertiary",
            icon=":material/done:",
            on_click=mark_as_seen,
            args=("work", mention_id),
        )


def _open_mention(mention_id: int, number: str) -> None:
    mark_as_seen("work", mention_id)
    open_order(number)
