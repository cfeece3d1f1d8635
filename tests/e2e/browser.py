"""A real browser before a running gateway: Debian's Chromium, led by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.e2e.running import ROOT

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MS = 10_000
ECHO = """\
menu: echo
about: Says what it was told
service_codes: ["*777#"]
languages: [ru]
start: ask
screens:
  ask:
    text: {ru: "Что?"}
    input: {name: said, match: text, max_length: 60}
    to: again
  again:
    text: {ru: "{said}"}
    input: {name: more, match: text, max_length: 60}
    to: last
  last:
    end: {ru: "{said}"}
    sms: {ru: "{said}"}
    from: "000105"
"""
"""A menu whose screens and messages are what the subscriber typed."""


def menus_with_echo(folder: Path) -> Path:
    """The shipped menus and the echo."""
    copy = folder / "menus"
    shutil.copytree(ROOT / "menus", copy)
    (copy / "echo.yaml").write_text(ECHO, encoding="utf-8")
    return copy


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """The browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


class Handset:
    """One phone of the page `/`, as a hand uses it."""

    def __init__(self, page: Page, msisdn: str) -> None:
        self.page = page
        self.element = page.locator(f'section[data-msisdn="{msisdn}"]')

    def find(self, selector: str) -> Locator:
        return self.element.locator(selector)

    def show(self, view: str) -> None:
        self.find(f'[data-view="{view}"]').click()

    def dial(self, code: str) -> None:
        self.show("dial")
        self.find(".number").fill(code)
        self.find(".call").click()

    def screen(self, op: str = "ask") -> Locator:
        """The text of the network's screen, once there is one of this kind."""
        return self.find(f'.popup[data-op="{op}"] .text')

    def answer(self, text: str) -> None:
        self.find(".popup input").fill(text)
        self.find(".popup .main").click()


def keep(page: Page, name: str) -> None:
    """A picture of the page for people to look at, in the folder that SCREENSHOTS names, if it names one."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
