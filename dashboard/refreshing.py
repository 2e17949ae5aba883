"""Works out anew what pages show, part by part. Each part is read, worked out and
written with its run in one transaction; one that is as new as the data is passed over."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from threadpoolctl import threadpool_limits

from dashboard.analytics.customer_features import (
    describe_customers,
    in_own_currency,
    quarter_ends,
    tell_segments_at,
)
from dashboard.analytics.rebuying import predict_rebuys
from dashboard.analytics.scoring import score_customers
from dashboard.analytics.segments import cluster_customers, rule_segments
from dashboard.call_refresh import refresh_calls
from dashboard.forecast_refresh import refresh_forecasts
from dashboard.offer_refresh import refresh_offers
from dashboard.stock_refresh import refresh_stock
from dashboard.what_if_learning import ALSO_READ, refresh_what_if
from data_access.errors import Refused
from data_access.holding_out import is_held_out
from data_access.refreshing import history, results, runs
from data_access.refreshing.runs import Run
from data_access.schema import read_properties

SEED = 7
QUARTERS = 8
HELD_OUT_AHEAD_DAYS = 14  # of an expected purchase, when the others are reminded
PARTS = (
    "scores", "segments", "rebuy", "offers", "calls", "completeness", "forecasts", "stock",
    "what_if",
)  # fmt: skip
# what may be asked for → its parts, in the order in which they are worked out
ASKED: Mapping[str, tuple[str, ...]] = {
    "all": PARTS,
    "customers": ("scores", "segments"),
    "ahead": ("forecasts", "stock", "what_if"),
    **{part: (part,) for part in PARTS},
}
Progress = Callable[[str, float], None]  # the part, and the share of it that is done
Advance = Callable[[float], None]
_NOT_KEPT = ("customers", "predicted", "cohorts")  # facts that pages ask the tables for


@dataclass(frozen=True)
class Source:
    """What a refresh reads from and writes to."""

    record: Engine
    writer: Engine
    analytics: Engine
    as_of: date
    zone: str
    database_id: str
    workers: int | None = None  # processes that forecast; None: one for each core
    dask: str | None = None  # the address of a scheduler that forecasts instead


@dataclass(frozen=True)
class Outcome:
    """How a part ended: done, skipped or failed; `message` also tells what is not well of a part
    that is done."""

    part: str
    state: str
    rows: int = 0
    message: str = ""


# a part's work: the rows it wrote, and what is not well
Work = Callable[[Source, Run, Advance], tuple[int, str]]


def source_of(
    record: Engine,
    writer: Engine,
    analytics: Engine,
    as_of: date,
    *,
    workers: int | None = None,
    dask: str | None = None,
) -> Source:
    facts = read_properties(record)
    return Source(
        record, writer, analytics, as_of,
        facts.get("time_zone", "Asia/Shanghai"), facts.get("database_id", ""), workers, dask,
    )  # fmt: skip


def refresh(source: Source, parts: Sequence[str], progress: Progress) -> list[Outcome]:
    """Works out these of PARTS; one that fails does not stop those after it."""
    # the models' matrices are so small that threads only wait for each other
    with threadpool_limits(1, user_api="blas"):
        return [_refresh_part(source, part, progress) for part in parts]


def _refresh_part(source: Source, part: str, progress: Progress) -> Outcome:
    version = runs.read_input_version(source.record, _ALSO_READ.get(part, ()))
    last = runs.find_last_done(source.record, part)
    if last is not None and (last.version, last.as_of) == (version, source.as_of):
        progress(part, 1.0)
        return Outcome(part, "skipped")
    run = runs.begin_run(source.writer, part, source.as_of, version)
    try:
        rows, message = _WORK[part](source, run, lambda share: progress(part, share))
    except Exception as error:
        message = _told(error)
        runs.fail_run(source.writer, run, message)
        return Outcome(part, "failed", message=message)
    except BaseException:
        runs.fail_run(source.writer, run, "broken off")
        raise
    progress(part, 1.0)
    return Outcome(part, "done", rows, message)


def _told(error: Exception) -> str:
    """One line, without the rows that a database puts into its messages."""
    if isinstance(error, Refused):
        return str(error)
    said = error.orig if isinstance(error, DBAPIError) else error
    lines = str(said).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _scores(source: Source, run: Run, advance: Advance) -> int:
    days = in_own_currency(history.read_order_days(source.analytics, source.as_of))
    categories = history.read_category_sales(source.analytics, source.as_of)
    enquiries = history.read_enquiries(source.analytics, source.as_of, source.zone)
    customers = describe_customers(days, categories, enquiries, source.as_of)
    advance(0.2)
    scores, facts = work_out_scores(customers, days, source.as_of)
    advance(0.8)
    results.replace_scores(source.writer, run, scores, facts, _written(len(scores), 0.8, advance))
    return len(scores)


def work_out_scores(
    customers: pd.DataFrame, days: pd.DataFrame, as_of: date
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """`customers` (as of `describe_customers`) with what the models say, currency by currency, and
    the facts of the currency that most of them order in."""
    found: list[pd.DataFrame] = []
    told: dict[str, Any] = {}
    counts = customers["currency"].value_counts()
    for currency in sorted(counts.index, key=lambda each: (-counts[each], each)):
        own = customers[customers["currency"] == currency]
        orders = days[days["currency"] == currency].rename(columns={"net_sales": "value"})
        scored, facts = score_customers(orders, as_of, SEED)
        joined = own.merge(scored, on="customer_id", how="left")
        clusters = cluster_customers(joined, SEED)
        found.append(joined.merge(clusters.labels, on="customer_id", how="left"))
        told = told or {
            **{name: value for name, value in facts.items() if name not in _NOT_KEPT},
            "currency": currency,
            "clusters": clusters.profiles,
        }
    if not found:
        return customers.assign(rule_segment=pd.Series(dtype="object")), {}
    scores = pd.concat(found, ignore_index=True)
    scores["rule_segment"] = rule_segments(scores)
    scores["drivers"] = scores["drivers"].replace("", None)
    scores = scores.sort_values("customer_id", ignore_index=True)
    return scores, _plain(told)


def _segments(source: Source, run: Run, advance: Advance) -> int:
    """Only quarters that are missing, and the last, whose orders may still change; all of them when
    anything may have changed, or the day is another quarter's."""
    wanted = quarter_ends(source.as_of, QUARTERS)
    last = runs.find_last_done(source.record, "segments")
    known = set(results.list_history_days(source.record)) & set(wanted[:-1])
    if last is None or runs.find_bulk_version(source.record) > last.version:
        known = set()
    days = history.read_order_days(source.analytics, wanted[-1])
    missing = [day for day in wanted if day not in known]
    told = []
    for number, day in enumerate(missing, start=1):
        told.append(tell_segments_at(days, day))
        advance(0.7 * number / len(missing))
    rows = pd.concat(told, ignore_index=True)
    facts = {"quarters": [day.isoformat() for day in wanted]}
    results.replace_history(
        source.writer, run, rows, known, facts, _written(len(rows), 0.7, advance)
    )
    return len(rows)


def _rebuy(source: Source, run: Run, advance: Advance) -> int:
    days = history.read_product_days(source.analytics, source.as_of)
    packs = history.read_packs(source.analytics)
    advance(0.1)
    dues = predict_rebuys(days, packs, source.as_of)
    advance(0.8)
    ids = dues["customer_id"].unique()
    chosen = {each for each in ids if is_held_out(source.database_id, int(each))}
    dues = dues.assign(is_held_out=dues["customer_id"].isin(chosen).to_numpy(dtype=bool))
    _note_held_out(source, dues)
    results.replace_dues(source.writer, run, dues, {}, _written(len(dues), 0.8, advance))
    return len(dues)


def _completeness(source: Source, run: Run, advance: Advance) -> int:
    return results.measure_owners(source.writer, run)


def _note_held_out(source: Source, dues: pd.DataFrame) -> None:
    """Those who would be reminded now if they were not held out."""
    ahead = pd.Timestamp(source.as_of) + pd.Timedelta(days=HELD_OUT_AHEAD_DAYS)
    refusing = history.read_refusing(source.record)
    noted = dues[
        dues["is_held_out"]
        & (pd.to_datetime(dues["expected_on"]) <= ahead)
        & ~dues["customer_id"].isin(refusing)
    ]
    results.record_held_out(source.writer, noted, source.as_of, source.zone)


def _written(total: int, done: float, advance: Advance) -> Callable[[int], None]:
    """Tells of rows that are written, after the share that is done before."""
    written = 0

    def count(rows: int) -> None:
        nonlocal written
        written += rows
        advance(done + (1 - done) * written / max(total, 1) * 0.99)

    return count


def _plain(value: Any) -> Any:
    """As JSON has it: no numbers that are none."""
    match value:
        case dict():
            return {str(name): _plain(each) for name, each in value.items()}
        case str():
            return value
        case list() | tuple():
            return [_plain(each) for each in value]
        case np.generic():
            return _plain(value.item())
        case float() if not math.isfinite(value):
            return None
    return value


def _counted(work: Callable[[Source, Run, Advance], int]) -> Work:
    return lambda source, run, advance: (work(source, run, advance), "")


_WORK: Mapping[str, Work] = {
    "scores": _counted(_scores),
    "segments": _counted(_segments),
    "rebuy": _counted(_rebuy),
    "offers": _counted(refresh_offers),
    "calls": _counted(refresh_calls),
    "completeness": _counted(_completeness),
    "forecasts": refresh_forecasts,
    "stock": refresh_stock,
    "what_if": _counted(refresh_what_if),
}
# what a part reads beside what all of them do
_ALSO_READ: Mapping[str, tuple[str, ...]] = {
    "calls": ("customer_scores", "rebuy_dues", "offers", "call_capacities"),
    "forecasts": ("customer_scores", "calendar_events", "campaigns"),
    "stock": ("forecasts", "stock", "stock_movements", "replenishments", "suppliers", "warehouses"),
    "what_if": ALSO_READ,
}
