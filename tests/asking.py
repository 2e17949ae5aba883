"""Asks the record and its copy in columns, whose answers must be the same."""

from __future__ import annotations

from typing import Any

import pandas as pd

from data_access.analytics_copy import AnalyticsCopy
from data_access.database import Database
from data_access.scope import Scope


class Asked:
    """A database whose rows stand, and its copy."""

    def __init__(self, database: Database) -> None:
        self.database, self.copy = database, AnalyticsCopy(database.record)

    def ask(self, query: Any, scope: Scope, *arguments: Any) -> pd.DataFrame:
        """The answer of the record; the copy's must be the same."""
        record, copy = (
            query(engine, scope, *arguments) for engine in (self.database.record, self.copy.engine)
        )
        pd.testing.assert_frame_equal(record, copy)
        return pd.DataFrame(record)

    def close(self) -> None:
        self.copy.close()
