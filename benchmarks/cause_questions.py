"""What the page of causes asks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

from benchmarks.question import Question, choices
from data_access.bridging import (
    PartBy,
    sum_sales_by_customer_group,
    sum_sales_by_part,
    sum_sales_by_product,
    sum_sales_of_two_periods,
)
from data_access.bridging_rows import Part, list_customers_of_group, list_orders_of_part
from data_access.filters import OrderFilter
from data_access.unusual import DAY_PARTS, list_day_notes, sum_day_by_part, sum_net_sales_by_day


def cause_questions(page: str, chosen: OrderFilter, as_of: date) -> list[Question]:
    """What the page asks at first, and apart from it what it is asked for by a click."""
    assert chosen.period is not None
    asked, clicked = (chosen, as_of, chosen.period.previous()), f"{page}, by a click"
    parts = {
        "both": Part(products="both"), "lost": Part(customers="lost"),
        "web": Part(by="channel", keys=("web",)),
    }  # fmt: skip
    yesterday = as_of - timedelta(days=1)
    return [
        Question(f"{page}, unusual days", "sales by day", sum_net_sales_by_day, (chosen, as_of)),
        Question(
            f"{page}, unusual days", "notes", list_day_notes, (chosen.currency,), engine="record"
        ),
        *(
            Question(f"{page}, unusual days, by a click", f"a day by {by}", sum_day_by_part,
                     (chosen, as_of, yesterday, by, "en"))
            for by in DAY_PARTS
        ),
        *choices(page),
        Question(page, "sales of two periods", sum_sales_of_two_periods, asked),
        Question(page, "sales by product", sum_sales_by_product, (*asked, "en")),
        Question(page, "sales by customer group", sum_sales_by_customer_group, asked),
        *(
            Question(
                clicked if by == "product" else page, f"sales by {by}",
                sum_sales_by_part, (*asked, by, "en"),
            )
            for by in get_args(PartBy)
        ),
        *(
            Question(clicked, f"orders of {name}", list_orders_of_part, (*asked, part, "en"))
            for name, part in parts.items()
        ),
        Question(
            clicked, "customers lost", list_customers_of_group, (*asked, "lost", "en")
        ),
    ]  # fmt: skip
