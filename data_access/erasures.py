"""Who was erased: by the number that is left of them. Asked of the record alone."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Engine, func, select

from data_access.frames import read_frame
from data_access.scope import Scope

MOST_ERASURES = 500


def list_erasures(engine: Engine, scope: Scope) -> pd.DataFrame:
    """erasure_id, erased_at, erased_by, newest first, at most MOST_ERASURES."""
    erasures = scope.visible.erasures.c
    statement = (
        select(erasures.erasure_id, erasures.erased_at, erasures.erased_by)
        .order_by(erasures.erasure_id.desc())
        .limit(MOST_ERASURES)
    )
    return read_frame(engine, statement)


def count_erasures(engine: Engine, scope: Scope) -> int:
    """How many people were erased."""
    statement = select(func.count().label("rows")).select_from(scope.visible.erasures)
    return int(read_frame(engine, statement)["rows"].iloc[0])
