"""Takes the README's pictures, and a contact sheet of every page as every role meets it.

    python -m docs.pictures            the README's pictures (docs/*.png)
    python -m docs.pictures --sheets   also build/pictures/ROLE.png: both languages, both themes,
                                       a laptop and a phone

It starts OrderScope on a demo CRM of its own, always the same one.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import product
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, expect
from tqdm import tqdm

from dashboard.commands.refresh import refresh_parts
from dashboard.menu import PAGES, may_open
from data_access.database import connect
from data_access.demo import ACCOUNTS, PASSWORD, Plan, build_demo
from data_access.policy import Role
from data_access.schema import upgrade_schema
from tests.browser import Tab, chromium, new_context, new_tab, sign_in
from tests.serving import Server, serving

DOCS = Path(__file__).resolve().parent
BUILD = DOCS.parent / "build" / "pictures"
ORDERS, SEED, AS_OF = 20_000, 7, date(2026, 11, 23)
LOCALES = {"en": "en-GB", "zh_CN": "zh-CN"}
SIZES = {"laptop": (1440, 900), "phone": (390, 844)}
THUMBNAIL_HEIGHT = 620
_ORDER_NUMBER = re.compile(r"^SO-")
GAP, TITLE = 12, 22


@dataclass(frozen=True)
class Look:
    language: str = "en"
    theme: str = "light"
    size: str = "laptop"

    def __str__(self) -> str:
        return f"{self.language} {self.theme} {self.size}"


LOOKS = [Look(*parts) for parts in product(LOCALES, ("light", "dark"), SIZES)]
# picture of the README → who, which page, how
README = {
    "overview": ("manager", "/overview", Look()),
    "orders": ("rep", "/orders?period=any", Look()),
    "overview-zh-dark": ("manager", "/overview", Look("zh_CN", "dark")),
    "orders-phone": ("warehouse", "/orders", Look(size="phone")),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m docs.pictures", description=__doc__)
    parser.add_argument("--sheets", action="store_true", help="also the contact sheets")
    parser.add_argument("--role", action="append", help="only these roles' sheets")
    arguments = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    with _demo_server() as server, chromium() as browser:
        for name, (username, address, look) in README.items():
            with _signed_in(browser, server, username, look) as tab:
                _save(_picture(tab, address), DOCS / f"{name}.png")
        if arguments.sheets or arguments.role:
            accounts = [a for a in ACCOUNTS if a.role in (arguments.role or list(Role))]
            for account in tqdm(accounts, unit="role", disable=None):
                _contact_sheet(browser, server, account.username, account.role)
    return 0


@contextmanager
def _demo_server() -> Iterator[Server]:
    path = BUILD / f"crm-{ORDERS}-{SEED}-{AS_OF}.sqlite"
    for old in BUILD.glob("crm-*"):
        old.unlink()
    database = connect(f"sqlite:///{path}")
    upgrade_schema(database.writer)
    build_demo(database.writer, Plan(ORDERS, SEED, AS_OF))
    copy = f"duckdb:///{path.with_suffix('.duckdb')}"
    refresh_parts(database, "all", AS_OF, copy)
    database.dispose()
    with serving(f"sqlite:///{path}", BUILD, CRM_ANALYTICS_URL=copy) as server:
        yield server


@contextmanager
def _signed_in(browser: Browser, server: Server, username: str, look: Look) -> Iterator[Tab]:
    width, height = SIZES[look.size]
    is_phone = look.size == "phone"
    context = new_context(
        browser,
        locale=LOCALES[look.language],
        color_scheme=look.theme,
        viewport={"width": width, "height": height},
        is_mobile=is_phone,
        has_touch=is_phone,
        device_scale_factor=2 if is_phone else 1,
    )
    sign_in(context, server.origin, username, PASSWORD)
    yield new_tab(context, server.origin)
    context.close()


def _picture(tab: Tab, address: str) -> Image.Image:
    tab.open(address)
    charts = tab.page.get_by_test_id("stPlotlyChart")
    for chart in charts.all():
        expect(chart.locator(".main-svg").first).to_be_attached()
    tab.page.wait_for_timeout(700)  # tables and charts draw themselves after they are there
    return Image.open(BytesIO(tab.page.screenshot()))


def _save(picture: Image.Image, path: Path) -> None:
    picture.convert("RGB").save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(DOCS.parent)} {path.stat().st_size // 1024} KB\n")


def _contact_sheet(browser: Browser, server: Server, username: str, role: Role) -> None:
    """One row for each page, one column for each look."""
    slugs = [page.slug for page in PAGES if may_open(role, page.slug)]
    rows: dict[str, list[Image.Image]] = {slug: [] for slug in slugs}
    for look in LOOKS:
        with _signed_in(browser, server, username, look) as tab:
            for slug in slugs:
                rows[slug].append(_thumbnail(_picture(tab, _address(tab, slug, role))))
    widths = [picture.width for picture in rows[slugs[0]]]
    sheet = Image.new(
        "RGB",
        (sum(widths) + GAP * (len(widths) + 1), len(rows) * (THUMBNAIL_HEIGHT + GAP + TITLE)),
        "#888888",
    )
    for row, (slug, pictures) in enumerate(rows.items()):
        left, top = GAP, row * (THUMBNAIL_HEIGHT + GAP + TITLE)
        for look, picture in zip(LOOKS, pictures, strict=True):
            ImageDraw.Draw(sheet).text((left, top + 6), f"{role} /{slug} {look}", fill="white")
            sheet.paste(picture, (left, top + TITLE))
            left += picture.width + GAP
    _save(sheet, BUILD / f"{role}.png")


def _address(tab: Tab, slug: str, role: Role) -> str:
    if slug == "customer":
        return _first_customer(tab)
    if slug != "order":
        return f"/{slug}"
    tab.open("/orders?period=any" if may_open(role, "orders") else "/receivables")
    first = tab.page.locator('[data-testid^="glide-cell-"]').filter(has_text=_ORDER_NUMBER).first
    expect(first).to_be_attached()
    return f"/order?number={first.inner_text()}"


def _first_customer(tab: Tab) -> str:
    """As a click on the list's first row leads there."""
    tab.open("/customers")
    table = tab.page.get_by_test_id("stDataFrame").filter(visible=True).first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    tab.page.mouse.click(box["x"] + 60, box["y"] + 50)
    tab.page.wait_for_url("**/customer?**")
    return tab.page.url.removeprefix(tab.origin)


def _thumbnail(picture: Image.Image) -> Image.Image:
    width = round(picture.width * THUMBNAIL_HEIGHT / picture.height)
    return picture.convert("RGB").resize((width, THUMBNAIL_HEIGHT), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    sys.exit(main())
