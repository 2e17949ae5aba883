"""The demo's accounts: one per role, all with the same password, only ever in a demo database."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo.people import LEADS, REGION_CODES, Staff
from data_access.demo.plan import Array, Plan, Rows, words
from data_access.passwords import hash_password
from data_access.policy import Role

PASSWORD = "orderscope-demo"  # noqa: S105  shown on the demo's sign-in page
PARTNER_CHANNEL = "partner"


@dataclass(frozen=True)
class Account:
    username: str
    role: Role
    title: str | None  # of the employee whose account it is


ACCOUNTS = (
    Account("admin", Role.ADMIN, None),
    Account("manager", Role.MANAGER, "General manager"),
    Account("lead", Role.SALES_LEAD, "Sales lead"),
    Account("rep", Role.SALES_REP, "Sales representative"),
    Account("analyst", Role.ANALYST, "Sales analyst"),
    Account("finance", Role.FINANCE, "Finance"),
    Account("warehouse", Role.WAREHOUSE, "Warehouse keeper"),
    Account("support", Role.SUPPORT, "Customer support"),
    Account("partner", Role.PARTNER, None),
)
NAMES = {"admin": "System administrator 系统管理员", "partner": "Hengxin Trading 恒信商贸"}


def account_rows(plan: Plan, staff: Staff, customers_of: Array) -> dict[str, Rows]:
    """`customers_of`: how many customers each employee has; the rep is the best of the east."""
    people = [_employee(staff, account, customers_of) for account in ACCOUNTS]
    count = len(ACCOUNTS)
    now = np.full(count, plan.moment(np.array([plan.now]))[0])
    lead = next(n for n, account in enumerate(ACCOUNTS) if account.role is Role.SALES_LEAD)
    regions = [REGION_CODES.index(code) + 1 for code in LEADS[0]]
    return {
        "users": {
            "user_id": np.arange(1, count + 1),
            "username": words(*(account.username for account in ACCOUNTS)),
            "name": words(
                *(
                    NAMES.get(account.username, f"{staff.names[place]} {staff.names_zh[place]}")
                    for account, place in zip(ACCOUNTS, people, strict=True)
                )
            ),
            "email": words(*(f"{account.username}@orderscope.example" for account in ACCOUNTS)),
            "password_hash": words(hash_password(PASSWORD))[np.zeros(count, int)],
            "role": words(*(account.role.value for account in ACCOUNTS)),
            "employee_id": np.array(people) + 1,
            "channel": words(
                *(PARTNER_CHANNEL if a.role is Role.PARTNER else None for a in ACCOUNTS)
            ),
            "is_active": np.ones(count, bool),
            "is_demo": np.ones(count, bool),
            "created_at": now,
            "password_changed_at": now,
        },
        "user_regions": {
            "user_region_id": np.arange(1, len(regions) + 1),
            "user_id": np.full(len(regions), lead + 1),
            "region_id": np.array(regions),
        },
    }


def _employee(staff: Staff, account: Account, customers_of: Array) -> int:
    """Place of the employee; −1 for an account that is nobody's of the staff."""
    if account.title is None:
        return -1
    titled = staff.titled(account.title)
    if account.role is Role.SALES_REP:
        east = titled[staff.region[titled] == REGION_CODES.index(LEADS[0][0])]
        return int(east[np.argmax(customers_of[east])])
    return int(titled[0])
