"""How a source writes numbers, days and moments."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Formats:
    """As a mapping says; the business zone is the database's own."""

    decimal_comma: bool = False
    date_order: str | None = None  # "dmy" or "mdy", for days such as 3/4/2025
    dates_1904: bool = False  # serial numbers of an old Macintosh workbook
    zone: ZoneInfo | None = None  # of moments without an offset; None: UTC
    business_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
