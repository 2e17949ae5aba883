"""The analytics copy: the record's business tables in columns, for sums, counts and series.

It is built from the record and kept in step by the change sequence; nothing stands only in it, so
it can be deleted at any time. Queries run on it unchanged, over the relations of their Scope.
"""

from data_access.analytics_copy.copy import AnalyticsCopy, LiveAnalytics, open_analytics
from data_access.analytics_copy.snapshot import SnapshotFailed

__all__ = ["AnalyticsCopy", "LiveAnalytics", "SnapshotFailed", "open_analytics"]
