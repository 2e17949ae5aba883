"""The one table of pages: address, file, title, icon, and the roles that may open it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dashboard.texts import N_
from data_access.edits.rights import HEADS, RIGHTS
from data_access.policy import Role

PAGES_FOLDER = Path(__file__).resolve().parent.parent / "pages"
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class MenuPage:
    slug: str  # the address: /orders; the same in every language
    file: Path
    title: str  # a msgid
    icon: str
    roles: frozenset[Role]
    in_menu: bool = True  # False: reached from another page or by its address


def _page(
    slug: str, title: str, icon: str, roles: frozenset[Role], *, in_menu: bool = True
) -> MenuPage:
    file = PAGES_FOLDER / f"{slug.replace('-', '_')}.py"
    return MenuPage(slug, file, title, icon, roles, in_menu)


_OVERVIEW = frozenset({Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.SALES_REP, Role.ANALYST})
_AHEAD = frozenset({Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.ANALYST})
_MAKE_ORDERS = frozenset(RIGHTS["create_order"])
_HEADS = frozenset(HEADS)

_DELIVERY = frozenset(
    {Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.WAREHOUSE, Role.ANALYST, Role.SUPPORT}
)
_STOCK = frozenset({Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.WAREHOUSE, Role.ANALYST})
_CUSTOMERS = _OVERVIEW | {Role.SUPPORT}
_PLANNING = frozenset({Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.ANALYST})
_ACTING = EVERYBODY - {Role.ANALYST, Role.PARTNER}  # who has something to do with an order

# the sections of the menu, each with its pages; what stands first belongs to none
SECTIONS: tuple[tuple[str, tuple[MenuPage, ...]], ...] = (
    (
        "",
        (
            _page("overview", N_("Overview"), ":material/monitoring:", _OVERVIEW),
            _page("why", N_("Why it changed"), ":material/stacked_bar_chart:", _OVERVIEW),
            _page("work", N_("My work"), ":material/checklist:", _ACTING),
        ),
    ),
    (
        N_("Orders and stock"),
        (
            _page("orders", N_("Orders"), ":material/receipt_long:", EVERYBODY - {Role.FINANCE}),
            _page("new-order", N_("New order"), ":material/add_shopping_cart:", _MAKE_ORDERS),
            _page("order", N_("Order"), ":material/receipt:", EVERYBODY, in_menu=False),
            _page("delivery", N_("Delivery"), ":material/local_shipping:", _DELIVERY),
            _page("stock", N_("Stock"), ":material/inventory_2:", _STOCK),
            _page("shortages", N_("Shortages"), ":material/production_quantity_limits:", _STOCK),
            _page("replenishment", N_("Replenishment"), ":material/add_business:", _STOCK),
            _page(
                "receivables",
                N_("Receivables"),
                ":material/account_balance_wallet:",
                _OVERVIEW | {Role.FINANCE},
            ),
        ),
    ),
    (
        N_("Customers and segments"),
        (
            _page("customers", N_("Customers"), ":material/groups:", _CUSTOMERS),
            _page("customer", N_("Customer"), ":material/person_search:", _CUSTOMERS,
                  in_menu=False),
            _page("segments", N_("Segments"), ":material/donut_small:", _OVERVIEW),
            _page("quiet", N_("Going quiet"), ":material/notifications_paused:", _OVERVIEW),
            _page("rebuy", N_("Due to rebuy"), ":material/event_repeat:", _OVERVIEW),
            _page("calls", N_("Call list"), ":material/call:", _OVERVIEW),
            _page("offers", N_("Offers"), ":material/recommend:", _OVERVIEW),
            _page("bought-together", N_("Bought together"), ":material/join_inner:", _OVERVIEW),
            _page("value", N_("Customer value"), ":material/diamond:", _OVERVIEW),
        ),
    ),
    (
        N_("Planning"),
        (
            _page("forecast", N_("Forecast"), ":material/trending_up:", _PLANNING),
            _page("event-calendar", N_("Calendar"), ":material/calendar_month:", _PLANNING),
            _page("what-if", N_("What-if"), ":material/tune:", _AHEAD),
        ),
    ),
    (
        N_("Data and account"),
        (
            _page("quality", N_("Data quality"), ":material/fact_check:", _OVERVIEW),
            _page("changes", N_("Changes"), ":material/history:", _HEADS),
            _page("privacy", N_("Privacy"), ":material/shield_person:", _HEADS),
            # in the menu, which Streamlit hides where it would hold one page only
            _page("account", N_("Account"), ":material/person:", EVERYBODY),
        ),
    ),
)  # fmt: skip
PAGES: tuple[MenuPage, ...] = tuple(page for _title, pages in SECTIONS for page in pages)
MOST_WITHOUT_SECTIONS = 9  # pages; a longer menu is told apart by sections

_LANDING = {
    Role.ADMIN: "overview",
    Role.MANAGER: "overview",
    Role.SALES_LEAD: "overview",
    Role.ANALYST: "overview",
    Role.SALES_REP: "work",
    Role.WAREHOUSE: "work",
    Role.SUPPORT: "orders",
    Role.PARTNER: "orders",
    Role.FINANCE: "receivables",
}

ROLE_NAMES: dict[Role, str] = {
    Role.ADMIN: N_("Administrator"),
    Role.MANAGER: N_("Manager"),
    Role.SALES_LEAD: N_("Sales lead"),
    Role.SALES_REP: N_("Sales representative"),
    Role.ANALYST: N_("Analyst"),
    Role.FINANCE: N_("Finance"),
    Role.WAREHOUSE: N_("Warehouse"),
    Role.SUPPORT: N_("Support"),
    Role.PARTNER: N_("Partner"),
}

ROLE_SIGHTS: dict[Role, str] = {
    Role.ADMIN: N_("Everything, and the accounts"),
    Role.MANAGER: N_("Every region, customer and order"),
    Role.SALES_LEAD: N_("The customers and orders of their regions"),
    Role.SALES_REP: N_("Their own customers and those customers' orders"),
    Role.ANALYST: N_("Every order, contact details masked"),
    Role.FINANCE: N_("Payments and what is still owed"),
    Role.WAREHOUSE: N_("What must ship, and stock; no prices"),
    Role.SUPPORT: N_("Orders, returns and feedback; no margins"),
    Role.PARTNER: N_("The orders of their own channel"),
}


def find_page(slug: str) -> MenuPage:
    """The page of this address; KeyError for any other."""
    return {page.slug: page for page in PAGES}[slug]


def may_open(role: Role | None, slug: str) -> bool:
    """Whether the role may open the page; an unknown role opens nothing but the account page."""
    page = find_page(slug)
    return slug == "account" if role is None else role in page.roles


def landing(role: Role | None) -> str:
    """The page that answers the role's first question."""
    return _LANDING[role] if role else "account"
