"""A real browser on a real server: `python -m tests.browser` installs one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Locator,
    Page,
    expect,
    sync_playwright,
)

# The shell first: without windows and menus it draws the same pages with a quarter less work.
NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable",
    "google-chrome",
)  # fmt: skip
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
CONNECTED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"]'
AT_REST = f'{CONNECTED}[data-test-script-state="notRunning"]'
GO = """address => {
  history.pushState({}, '', address);
  dispatchEvent(new PopStateEvent('popstate', {state: {}}));
}"""
# Streamlit looks for its endpoints beside a deep link first, and tells the console so.
HARMLESS = ("/_stcore/", "Failed to load resource: the server responded with a status of 404",
            "Executing inline script violates", "Permissions-Policy", "preloaded using link",
            "was preloaded", "Applying inline style")  # fmt: skip
PATIENCE = 60_000  # milliseconds; a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def find() -> str | None:
    """The system's browser; None leaves it to Playwright, which knows its own download."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Tab:
    """A page, and everything that its server has sent it."""

    page: Page
    origin: str
    received: list[bytes] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str = "/") -> Tab:
        self.page.goto(f"{self.origin}{address}", wait_until="commit")
        return self.settle()

    def go(self, address: str) -> Tab:
        """To another page as Back and Forward lead there: the app draws it in the place of the
        one before and is not loaded again, which is most of what opening an address costs."""
        if not self.page.url.startswith(self.origin):
            return self.open(address)
        before = self.page.title()
        self.page.evaluate(GO, address)
        # by then the script of the other page runs: there is something to wait for
        self.page.wait_for_function(
            "before => document.title !== before", arg=before, timeout=PATIENCE
        )
        return self.settle()

    def settle(self) -> Tab:
        """Waits until the script has run and what it sent is drawn."""
        self.page.wait_for_selector(CONNECTED, timeout=PATIENCE, state="attached")
        self.page.wait_for_timeout(100)
        self.page.wait_for_selector(AT_REST, timeout=PATIENCE, state="attached")
        for testid in ("stSkeleton", "stAppSkeleton"):
            skeleton = self.page.get_by_test_id(testid)
            expect(skeleton).to_have_count(0)
        return self

    @property
    def text(self) -> str:
        return self.page.locator("body").inner_text()

    @property
    def heading(self) -> str:
        return self.page.get_by_test_id("stMain").locator("h1").first.inner_text()

    def everything_sent(self) -> bytes:
        return b"\n".join(self.received)

    def is_wide_on_a_phone(self) -> bool:
        """Whether the page, drawn anew as wide as a phone, scrolls sideways."""
        before = self.page.viewport_size
        self.page.set_viewport_size({"width": 390, "height": 844})
        found = self.settle().scrolls_sideways()
        if before is not None:
            self.page.set_viewport_size(before)
        return found

    def scrolls_sideways(self) -> bool:
        wide = "element => element.scrollWidth > element.clientWidth + 1"
        return any(
            self.page.locator(place).first.evaluate(wide)
            for place in ("html", "body", '[data-testid="stMain"]')
        )


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Without motion: what moves is drawn again and again, by the processor where no GPU is."""
    defaults = {
        "locale": "en-GB", "viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce",
    }  # fmt: skip
    context = browser.new_context(**{**defaults, **options})
    context.set_default_timeout(PATIENCE)
    return context


def click_in(table: Locator, x: float, y: float) -> None:
    """Scrolls there first: what is above a table may grow while it is drawn."""
    table.click(position={"x": x, "y": y})


def new_tab(context: BrowserContext, origin: str) -> Tab:
    tab = Tab(context.new_page(), origin)

    def keep(payload: str | bytes) -> None:
        tab.received.append(payload.encode() if isinstance(payload, str) else payload)

    def listen(message: Any) -> None:
        if message.type == "error" and not any(part in message.text for part in HARMLESS):
            tab.complaints.append(message.text)

    tab.page.on("websocket", lambda socket: socket.on("framereceived", keep))
    tab.page.on("console", listen)
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    return tab


def sign_in(context: BrowserContext, origin: str, username: str, password: str) -> None:
    """As the form does it; the cookie is in the context then."""
    answer = context.request.post(
        f"{origin}/auth/login",
        form={"username": username, "password": password},
        headers={"Origin": origin},
        max_redirects=0,
    )
    assert answer.status == 303, answer.text()
    assert "problem" not in answer.headers["location"], answer.headers["location"]


def main() -> int:
    """0 when a browser starts, installing one first if none does."""
    if _starts():
        return 0
    installers = [_install_package, _install_download] if _is_debian() else [_install_download]
    for install in installers:
        if install() and _starts():
            return 0
    sys.stderr.write(
        "The tests need a browser and could not install one: install Chromium"
        " (on Debian as root: apt install chromium-headless-shell fonts-noto-cjk)"
        " and run make test again.\n"
    )
    return 1


def _starts() -> bool:
    try:
        with chromium() as browser:
            return browser.is_connected()
    except Error:
        return False


def _is_debian() -> bool:
    # Ubuntu's package of that name only leads to a snap, which does not start in a container
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text("utf-8").splitlines()


def _install_package() -> bool:
    if shutil.which("apt-get") is None:
        return False
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and shutil.which("sudo") is None:
        return False
    install = ["apt-get", "install", "-y", "--no-install-recommends"]
    commands = (["apt-get", "update"], [*install, NAMES[0], "fonts-noto-cjk"])
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return all(
        subprocess.run([*root, *command], check=False, env=environment).returncode == 0
        for command in commands
    )


def _install_download() -> bool:
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    if sys.platform == "linux" and os.geteuid() == 0:
        command.insert(-1, "--with-deps")
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
