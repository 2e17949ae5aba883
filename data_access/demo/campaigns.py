"""Promotions: shopping festivals of the whole shop, and campaigns for one category."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from data_access.demo.almanac import LUNAR_NEW_YEAR, dates
from data_access.demo.plan import CURRENCY, Array, Plan, Rows, words
from data_access.demo.wares import WARES

AFTER_DAYS, AFTER_FACTOR = 7, 0.92  # planted: the week after a promotion sells less
FESTIVALS = {  # name → (Chinese, first day, last day, discount in percent)
    "618 Shopping Festival": ("618年中大促", (6, 1), (6, 18), 12),
    "Double 11": ("双11全球狂欢节", (11, 1), (11, 11), 15),
    "Double 12": ("双12年终盛典", (12, 10), (12, 12), 10),
}
KINDS = (("discount", "{} week", "{}特惠周"), ("bundle offer", "{} bundle days", "{}满减专场"),
         ("member day", "Members' {} days", "{}会员日"))  # fmt: skip
# code, percent off, name, Chinese: standing offers, from the first day on
COUPONS: tuple[tuple[str, int, str, str], ...] = (
    ("HELLO5", 5, "Welcome coupon", "新客欢迎券"),
    ("FANS8", 8, "Followers' coupon", "粉丝专享券"),
    ("VIP10", 10, "VIP coupon", "VIP专享券"),
)
PERCENTS_OFF = tuple(percent for _, percent, *_ in COUPONS)


@dataclass(frozen=True)
class Campaign:
    name: str
    name_zh: str
    kind: str
    starts: int  # day index
    ends: int
    discount: int  # percent
    uplift: float  # planted: units × this while it runs; 1.0 where the almanac has the effect
    category: int | None  # None: everything, online


@dataclass(frozen=True)
class Campaigns:
    every: list[Campaign]  # campaign_id is the place + 1
    uplift_by_day: Array  # day × category
    by_category: Array  # day × category: campaign_id of the category's own campaign, 0 for none
    online: Array  # day: campaign_id of the shopping festival, 0 for none


def make_campaigns(plan: Plan) -> Campaigns:
    every = sorted(_festivals(plan) + _promotions(plan), key=lambda one: one.starts)
    shape = (plan.days, len(WARES))
    uplift, by_category = np.ones(shape), np.zeros(shape, int)
    online = np.zeros(plan.days, int)
    for number, campaign in enumerate(every, start=1):
        span = slice(max(campaign.starts, 0), campaign.ends + 1)
        if campaign.category is None:
            online[span] = number
            continue
        by_category[span, campaign.category] = number
        uplift[span, campaign.category] = campaign.uplift
        after = slice(campaign.ends + 1, campaign.ends + 1 + AFTER_DAYS)
        uplift[after, campaign.category] = AFTER_FACTOR
    return Campaigns(every, uplift, by_category, online)


def discounts(campaigns: Campaigns) -> Array:
    """Percent by campaign_id; 0 for none."""
    return np.array([0, *(campaign.discount for campaign in campaigns.every)])


def _festivals(plan: Plan) -> list[Campaign]:
    found = []
    for year in sorted({day.year for day in dates(plan.first_day, plan.days)}):
        for name, (name_zh, first, last, discount) in FESTIVALS.items():
            starts = plan.index_of(date(year, *first))
            ends = plan.index_of(date(year, *last))
            if starts >= 0 and ends < plan.days + 30:
                found.append(
                    Campaign(f"{name} {year}", f"{year}年{name_zh}", "shopping festival",
                             starts, ends, discount, 1.0, None)
                )  # fmt: skip
    return found


def _promotions(plan: Plan) -> list[Campaign]:
    """One category every two to three weeks, each about twice a year; the last runs now."""
    chance = plan.chance("campaigns")
    found: list[Campaign] = []
    starts = plan.days - int(chance.integers(4, 7))
    place = int(chance.integers(0, len(WARES)))
    while starts > 30:
        length = int(chance.integers(7, 15))
        ware = WARES[place % len(WARES)]
        kind, name, name_zh = KINDS[int(chance.integers(0, len(KINDS)))]
        day = plan.first_day + timedelta(days=starts)
        discount = int(chance.choice([8, 10, 12, 15, 20]))
        found.append(
            Campaign(
                name=f"{name.format(ware.name)}, {day:%B %Y}",
                name_zh=f"{day.year}年{day.month}月{name_zh.format(ware.name_zh)}",
                kind=kind,
                starts=starts,
                ends=starts + length - 1,
                discount=discount,
                uplift=round(1.15 + discount / 100 * float(chance.uniform(3.0, 5.5)), 2),
                category=place % len(WARES),
            )
        )
        place += int(chance.choice([3, 5]))  # coprime to eight: all categories have their turn
        starts -= int(chance.integers(14, 24))
    return found


def campaign_rows(plan: Plan, campaigns: Campaigns) -> Rows:
    chance = plan.chance("campaign rows")
    every, standing = campaigns.every, len(COUPONS)
    codes, names, names_zh = ([str(one[at]) for one in COUPONS] for at in (0, 2, 3))
    count = len(every) + standing
    budget = [round(float(chance.uniform(0.6, 1.6)) * plan.orders / 20_000 * 40_000, -2)
              for _ in every]  # fmt: skip
    ends = np.array([*(one.ends for one in every), *(0 for _ in COUPONS)])
    starts = np.array([*(one.starts for one in every), *(0 for _ in COUPONS)])
    return {
        "campaign_id": np.arange(1, count + 1),
        "name": words(*(one.name for one in every), *names),
        "name_zh": words(*(one.name_zh for one in every), *names_zh),
        "kind": words(*(one.kind for one in every), *("coupon" for _ in COUPONS)),
        "goal": words(*(_goal(one) for one in every), *("Win orders online" for _ in COUPONS)),
        "budget": np.array([*budget, *(0.0 for _ in COUPONS)]),
        "currency": words(*(CURRENCY for _ in range(count))),
        "discount_rate": np.array([*(one.discount for one in every), *PERCENTS_OFF]) / 100,
        "starts_on": plan.day(starts * 86_400),
        "ends_on": plan.day(ends * 86_400, np.arange(count) < len(every)),
        "coupon_code": words(*(None for _ in every), *codes),
    }


def _goal(campaign: Campaign) -> str:
    if campaign.category is None:
        return "Win new online customers and clear the season's stock"
    return f"Sell more {WARES[campaign.category].name} while stock is high"


def festival_days(plan: Plan) -> dict[str, list[str]]:
    """The lunar new years and shopping days inside the demo, for the truth file."""
    days = dates(plan.first_day, plan.days)
    return {
        "lunar_new_year": [str(d) for d in days if LUNAR_NEW_YEAR[d.year] == d],
        "double_11": [str(d) for d in days if (d.month, d.day) == (11, 11)],
        "618": [str(d) for d in days if (d.month, d.day) == (6, 18)],
    }
