"""A real browser before a running gateway: Debian's Chromium, led by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

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


def keep(page: Page, name: str, *, whole: bool = False) -> None:
    """Pictures for people to look at, by day and by night, in the folder that SCREENSHOTS names."""
    folder = os.environ.get("SCREENSHOTS")
    if not folder:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=whole)


EVIL = [
    "<img src=x onerror=window.pwn=1>",
    "<script>window.pwn=1</script>",
    '"><svg onload=window.pwn=1>',
    "<iframe srcdoc='<script>parent.pwn=1</script>'>",
    "<a href=javascript:window.pwn=1>1</a>",
    "<style>@import '/pwn'</style>",
    "${window.pwn=1}{{7*7}}</textarea>",
]
"""What would run if a page took a text for markup."""


def assert_nothing_ran(page: Page) -> None:
    """No text of a subscriber has become an element, let alone run."""
    assert page.evaluate("window.pwn") is None
    strange = "img, script, iframe, a:not([href^='/']), style, [onload], [onerror]"
    expect(page.locator("body").locator(strange)).to_have_count(0)


OVERFLOWING = """() => [
  ...(document.documentElement.scrollWidth > innerWidth ? ["the page"] : []),
  ...[...document.querySelectorAll(
      "button, h1, h2, h3, label span, .status span, .tabs span, .counter, .legend span, .rows li, .bar a")]
    .filter((each) => each.checkVisibility() && !each.closest(".list, .table"))
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline")
    .map((each) => each.textContent),
]"""
"""What does not fit where it stands."""
SIZES = pytest.mark.parametrize("width, height", [(390, 844), (1280, 860)], ids=["phone", "desktop"])
LANGUAGES = pytest.mark.parametrize("locale", ["ru-RU", "en-US"], ids=["ru", "en"])
