"""A demo CRM: three years of a company that sells tea, kitchenware and gadgets all over China."""

from data_access.demo.accounts import ACCOUNTS, PASSWORD
from data_access.demo.building import build_demo, refuse_unfit
from data_access.demo.plan import DemoRefused, Plan
from data_access.demo.truth import write_truth

__all__ = [
    "ACCOUNTS",
    "PASSWORD",
    "DemoRefused",
    "Plan",
    "build_demo",
    "refuse_unfit",
    "write_truth",
]
