"""Where orders wait: the longest queue in words, the time in each stage as a map and a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.delivery import (
    DAY,
    compare_dwell,
    find_longest_queue,
    split_cycle,
)
from dashboard.charts import show_chart
from dashboard.delivery_cards import sees_delivered
from dashboard.figures.colours import STAGE_NAME
from dashboard.figures.stage_waits import cycle_parts, stage_heat
from dashboard.filters import OF_LISTS, STAGE_NAMES, link_to, stage_names
from dashboard.menu import find_page
from dashboard.paging import clicked_row
from dashboard.reads import data_version, draw, read
from dashboard.session import business_zone
from dashboard.stage_strip import stages_seen
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, in_a_row, language, plain
from data_access.delivery import sum_cycle_times
from data_access.dwelling import Cut, sum_dwell_times, sum_queues
from data_access.filters import OrderFilter
from data_access.scope import Scope
from data_access.stages import OPEN_STAGES

CUTS: dict[Cut, str] = {"channel": N_("By channel"), "region": N_("By region")}
_KEYS: dict[Cut, list[str]] = {"stage": [], "channel": ["channel"], "region": ["region_id"]}
_MEASURES: dict[str, str] = {
    "median": N_("Median"),
    "nine_in_ten": N_("9 of 10 within"),
    "waiting": N_("Waiting now"),
}
_MOST_ROWS = 9  # of the map
_WORTH_SAYING = 0.1  # a change that gets an arrow
_FEWEST_BEFORE = 5  # orders that a change rests on
_LEFT = "queue_chosen"


def open_chosen_queue() -> None:
    """Goes to the orders of the row that was clicked in the table of waits."""
    rows = st.session_state.pop(_LEFT, None)
    if rows is not None:
        st.switch_page(find_page("orders").file, query_params=link_to(**rows))


def waits_block(scope: Scope, chosen: OrderFilter, as_of: date, cuts: list[Cut]) -> None:
    """`cuts`: by what the map can be split."""
    st.markdown(f"**{_('Where orders wait')}**")
    _queue_line(scope, chosen, as_of, cuts)
    wide, narrow = (
        st.columns([2, 1], gap="small") if sees_delivered(scope) else (st.container(), None)
    )
    with wide:
        measure, cut = _choices(scope, cuts)
        show_chart(
            draw(_heat, scope, chosen, as_of, measure, cut),
            alt=_("Time in each stage, by channel or region"),
            key="stage_heat",
        )
    if narrow is not None:
        with narrow:
            _cycle(scope, chosen, as_of)
    _table(scope, chosen, as_of, cut)


def _queue_line(scope: Scope, chosen: OrderFilter, as_of: date, cuts: list[Cut]) -> None:
    queues = _queues(scope, chosen, as_of, "stage")
    longest = find_longest_queue(queues)
    if longest is None:
        st.markdown(f":gray[{_('No order is open.')}]")
        return
    stage = str(longest["stage"])
    words = [
        _n(
            "The longest queue: **{stage}** holds {n} order, the oldest for {age}.",
            "The longest queue: **{stage}** holds {n} orders, the oldest for {age}.",
            int(longest["orders"]),
            stage=_(STAGE_NAMES[stage]),
            age=formats.age(longest["longest"]),
        )
    ]
    if "region" in cuts:
        words += _largest_part(_queues(scope, chosen, as_of, "region"), stage)
    if sees_delivered(scope):
        words += _usual_stay(scope, chosen, as_of, stage)
    st.markdown(in_a_row(words))
    st.page_link(
        find_page("orders").file,
        label=f":blue[{_('Show the orders that wait there')}]",
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params=link_to(**_rows_of(stage)),
    )


def _queues(scope: Scope, chosen: OrderFilter, as_of: date, cut: Cut) -> pd.DataFrame:
    whenever = replace(chosen, period=None)
    return read(sum_queues, scope, whenever, as_of, cut, language(), business_zone())


def _largest_part(queues: pd.DataFrame, stage: str) -> list[str]:
    largest = find_longest_queue(queues[queues["stage"] == stage])
    if largest is None or pd.isna(largest["name"]):
        return []
    return [
        _("The largest part is in {region}: {n}, the oldest for {age}.",
          region=plain(largest["name"]), n=formats.number(largest["orders"]),
          age=formats.age(largest["longest"]))
    ]  # fmt: skip


def _usual_stay(scope: Scope, chosen: OrderFilter, as_of: date, stage: str) -> list[str]:
    waits = compare_dwell(
        read(sum_dwell_times, scope, chosen, as_of, "stage", language(), business_zone(), (stage,))
    )
    of_stage = waits[waits["median"].notna()]
    return [
        _("Half of the orders left within {median}, nine in ten within {long} (before: {before}).",
          median=formats.duration(row["median"]), long=formats.duration(row["nine_in_ten"]),
          before=formats.duration(row["previous_nine_in_ten"]))
        for row in of_stage.to_dict("records")
    ]  # fmt: skip


def _rows_of(stage: str, **parts: str) -> dict[str, Any]:
    everything = {"period": "any", "from": "", "to": "", "sort": "oldest"}
    return {**dict.fromkeys(OF_LISTS, ""), **everything, "stage": [stage], **parts}


def _choices(scope: Scope, cuts: list[Cut]) -> tuple[str, Cut]:
    with st.container(horizontal=True, gap="small", horizontal_alignment="distribute"):
        measures = list(_MEASURES) if sees_delivered(scope) else ["waiting"]
        measure = measures[0]
        if len(measures) > 1:
            measure = _segments("waits_measure", _("What is shown"), measures, _MEASURES)
        else:
            st.markdown(f":small[:gray[{_('Orders waiting now, and how old the oldest is')}]]")
        cut: Cut = cuts[0] if cuts else "stage"
        if len(cuts) > 1:
            cut = _segments("waits_cut", _("Split"), cuts, CUTS)  # type: ignore[assignment]
    return measure, cut


def _segments(key: str, label: str, options: list[Any], names: dict[Any, str]) -> str:
    return str(
        st.segmented_control(
            label,
            options,
            default=options[0],
            required=True,
            format_func=lambda name: _(names[name]),
            key=key,
            label_visibility="collapsed",
            persist_state="session",
        )
        or options[0]
    )


def _waits(scope: Scope, chosen: OrderFilter, as_of: date, cut: Cut) -> pd.DataFrame:
    """stage, name, the key of the cut; orders, median, nine_in_ten, those of the previous period
    and change (days; nothing where delivered orders are not seen); waiting, oldest, middle."""
    queues = _queues(scope, chosen, as_of, cut)
    keys = ["stage", *_KEYS[cut]]
    names = [] if cut == "stage" else ["name"]
    now = queues.rename(
        columns={"orders": "waiting", "longest": "oldest", "median": "middle"}
    )[[*keys, *names, "waiting", "oldest", "middle"]]  # fmt: skip
    if not sees_delivered(scope):
        return now if names else now.assign(name=_("All orders"))
    dwell = compare_dwell(
        read(sum_dwell_times, scope, chosen, as_of, cut, language(), business_zone()), _KEYS[cut]
    )
    both = dwell.merge(now, on=[*keys, *names], how="outer")
    both = both.fillna({"waiting": 0, "orders": 0})
    return both if names else both.assign(name=_("All orders"))


def _heat(scope: Scope, chosen: OrderFilter, as_of: date, measure: str, cut: Cut) -> Any:
    whole = _waits(scope, chosen, as_of, "stage")
    parts = _waits(scope, chosen, as_of, cut).copy() if cut != "stage" else whole.head(0)
    parts["name"] = parts["name"].where(parts["name"].notna(), _("None"))
    weight = "waiting" if measure == "waiting" else "orders"
    largest = parts.groupby("name")[weight].sum().sort_values(ascending=False, kind="stable")
    names = [_("All orders"), *largest.head(_MOST_ROWS).index]
    cells = pd.concat([whole, parts], ignore_index=True)
    cells = cells[cells["name"].isin(names) & cells[measure].notna()]
    shade = cells[measure].astype("float64").clip(lower=0) ** 0.5
    if measure == "waiting":  # everything together is no longer queue than its parts
        is_whole = cells["name"] == names[0]
        shade = shade.where(~is_whole, shade / max(len(names) - 1, 1) ** 0.5)
    rows = cells.to_dict("records")
    drawn = cells[["stage", "name"]].assign(
        shade=shade,
        cell=[_cell(row, measure) for row in rows],
        hover=[_hover(row) for row in rows],
    )
    stages = [stage for stage in OPEN_STAGES if stage in stages_seen(scope)]
    return stage_heat(drawn, names=names, stage_names=stage_names(stages))


def _cell(row: dict[Any, Any], measure: str) -> str:
    if measure == "waiting":
        return f"{formats.number(row['waiting'])} · {formats.age(row['oldest'])}"
    arrow = ""
    before = row["previous_orders"]
    if measure == "median" and not pd.isna(before) and before >= _FEWEST_BEFORE:
        change = row["change"]
        arrow = (
            ""
            if pd.isna(change) or abs(change) < _WORTH_SAYING
            else "\u2009▲"
            if change > 0
            else "\u2009▼"
        )
    return f"{formats.duration(row[measure])}{arrow}"


def _hover(row: dict[Any, Any]) -> str:
    lines = [f"<b>{row['name']}</b> · {_(STAGE_NAMES[row['stage']])}"]
    if not pd.isna(row.get("median", float("nan"))):
        lines += [
            _("Median: {now} (before: {before})", now=formats.duration(row["median"]),
              before=formats.duration(row["previous_median"])),
            _("9 of 10 within {now} (before: {before})", now=formats.duration(row["nine_in_ten"]),
              before=formats.duration(row["previous_nine_in_ten"])),
            _("Left in the period: {n}", n=formats.number(row["orders"])),
        ]  # fmt: skip
    if not pd.isna(row["waiting"]):
        lines.append(_("Waiting now: {n}, the oldest for {age}", n=formats.number(row["waiting"]),
                       age=formats.age(row["oldest"])))  # fmt: skip
    return "<br>".join(lines)


def _cycle(scope: Scope, chosen: OrderFilter, as_of: date) -> None:
    sums = read(sum_cycle_times, scope, chosen, as_of)
    now = sums[sums["span"] == "now"].iloc[0]
    if not now["delivered_orders"]:
        st.markdown(f":gray[{_('Nothing was delivered in this period.')}]")
        return
    st.markdown(f":small[:gray[{_('Mean cycle time by stage')}]]")
    show_chart(
        draw(_parts, scope, chosen, as_of),
        alt=_("Mean days in each stage, this period and the previous one"),
        key="cycle_parts",
    )
    parts = split_cycle(sums[sums["span"] == "now"])
    said = " + ".join(
        f":{STAGE_NAME[stage]}[●] {_(STAGE_NAMES[stage])} {formats.duration(days)}".replace(
            " ", "\u00a0"
        )
        for stage, days in zip(parts["stage"], parts["days"], strict=True)
    )
    st.markdown(f":small[{said}]")
    told = _(
        "The parts of the mean add up to it. Medians do not: half of the orders took up to "
        "{median}, nine in ten up to {long}.",
        median=formats.duration(now["cycle_median"] / DAY),
        long=formats.duration(now["cycle_nine_in_ten"] / DAY),
    )
    st.markdown(f":small[:gray[{told}]]")


def _parts(scope: Scope, chosen: OrderFilter, as_of: date) -> Any:
    return cycle_parts(
        split_cycle(read(sum_cycle_times, scope, chosen, as_of)),
        stage_names=stage_names(OPEN_STAGES),
    )


def _table(scope: Scope, chosen: OrderFilter, as_of: date, cut: Cut) -> None:
    block = st.expander(
        _("The same numbers as a table"), icon=":material/table_rows:", key="waits_table",
        on_change="rerun",
    )  # fmt: skip
    if not block.open:
        return
    waits = pd.concat(
        [_waits(scope, chosen, as_of, "stage"), _waits(scope, chosen, as_of, cut)]
        if cut != "stage" else [_waits(scope, chosen, as_of, "stage")],
        ignore_index=True,
    )  # fmt: skip
    place = {stage: number for number, stage in enumerate(OPEN_STAGES)}
    waits = waits.assign(
        place=waits["stage"].map(place), name=waits["name"].where(waits["name"].notna(), _("None"))
    ).sort_values("place", kind="stable", ignore_index=True)
    key = f"waits_{data_version()}_{cut}"
    rows = tuple(waits[["stage", *_KEYS[cut]]].itertuples(index=False, name=None))
    with block:
        show_table(
            waits,
            _columns(sees_delivered(scope)),
            key=key,
            alt=_("Time in each stage, by channel or region"),
            on_select=lambda: _clicked(key, rows, cut),
            selection_mode="single-cell",
        )


def _columns(past: bool) -> list[Column]:
    columns = [
        Column("stage", _("Stage"), "stage", width=110),
        Column("name", _("Which"), width=150),
        Column("waiting", _("Waiting now"), "count", width=95),
        Column("oldest", _("Oldest"), "age"),
    ]
    if not past:
        return [*columns, Column("middle", _("Median age"), "age", width=100)]
    return [
        *columns,
        Column("orders", _("Left it"), "count", width=80,
               help=_("Orders that left the stage in the period")),
        Column("median", _("Median"), "duration"),
        Column("previous_median", _("Before"), "duration", help=_("In the previous period")),
        Column("nine_in_ten", _("9 of 10 within"), "duration", width=115),
        Column("previous_nine_in_ten", _("Before"), "duration", help=_("In the previous period")),
    ]  # fmt: skip


def _clicked(key: str, rows: tuple[tuple[Any, ...], ...], cut: Cut) -> None:
    row = clicked_row(key, rows)
    if row is None:
        return
    parts = {} if len(row) < 2 or pd.isna(row[1]) else {cut: str(row[1])}
    st.session_state[_LEFT] = _rows_of(row[0], **parts)
