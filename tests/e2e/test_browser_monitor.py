"""The page `/monitor` in a real browser: dialogues, PDUs by fields, the map, faults, clock, accounts."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import PATIENCE_MS, chromium, keep, menus_with_echo
from tests.e2e.running import Gateway, prompt_catalogue
from tests.unit.access.wire import Peer, dial, sms

ANNA = "79261234567"
MASKED = "7926***4567"
SECRET = "Secret77"
EVIL = "<img src=x onerror=pwn=1>"

OVERFLOWING = """() => [
  ...(document.documentElement.scrollWidth > innerWidth ? ["the page"] : []),
  ...[...document.querySelectorAll("button, h1, h2, h3, label span, .legend span")]
    .filter((each) => each.checkVisibility() && !each.closest(".list"))
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline")
    .map((each) => each.textContent),
]"""


class Phones:
    """A bound peer that lives in a thread of its own, for the browser's client blocks."""

    def __init__(self, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._peer = self._run(Peer.bind(f"127.0.0.1:{port}"))

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def dial(self, msisdn: str, text: str, op: int = 1) -> None:
        self._run(self._peer.ask(dial(msisdn, text, op)))
        self._run(self._peer.screen())

    def sms(self, msisdn: str, to: str, text: str) -> None:
        self._run(self._peer.ask(sms(msisdn, to, text.encode())))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._peer.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()


@pytest.fixture
def gateway(tmp_path) -> Iterator[Gateway]:
    gateway = Gateway(
        tmp_path,
        STORAGE__URL="memory://",
        PATHS__CATALOGUE=str(prompt_catalogue(tmp_path)),
        PATHS__MENUS=str(menus_with_echo(tmp_path)),
    )
    yield gateway
    gateway.stop()


@pytest.fixture
def phones(gateway) -> Iterator[Phones]:
    phones = Phones(gateway.smpp_port)
    yield phones
    phones.close()


@pytest.fixture(scope="module")
def browser(needs_program):
    with chromium(needs_program("chromium")) as browser:
        yield browser


@pytest.fixture
def opened(browser, gateway):
    """`opened(...)` -> the page, told of the bind; without a failure in the end."""
    contexts, errors = [], []

    def opened(width=1440, height=1000, scheme="light", locale="en-US") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page: Page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"http://127.0.0.1:{gateway.http_port}/monitor")
        expect(page.locator(".binds tbody tr")).to_have_count(1)
        # The second look makes the first point of a line: by then everything is captured.
        expect(page.locator(".chart b").first).not_to_have_text("–")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors


def test_a_dialogue_is_followed(opened, phones):
    page = opened()
    phones.dial(ANNA, "*105#")
    row = page.locator(".dialogues tbody tr")
    expect(row).to_contain_text(MASKED)
    expect(row).to_contain_text("root")
    pdus = page.locator(".pdus .list tbody tr")
    expect(pdus.filter(has_text="submit_sm").first).to_be_visible()
    expect(pdus.filter(has_text="1 Счет")).to_have_count(1)
    row.click()
    expect(page.locator('.map .lit[data-screen="root"]')).to_have_count(1)
    expect(pdus).to_have_count(4)
    expect(page.locator(".account dd").first).to_have_text(MASKED)
    expect(page.locator(".account [name=msisdn]")).to_have_value("")
    phones.dial(ANNA, "1", op=18)
    expect(page.locator('.map .lit[data-screen="root"]')).to_have_count(0)
    expect(page.locator(".map .lit")).to_have_count(1)
    page.locator("[name=full]").check()
    expect(row).to_contain_text(ANNA)


def test_a_pdu_is_read_field_by_field(opened, phones):
    page = opened()
    phones.dial(ANNA, "*105#")
    pdus = page.locator(".pdus .list tbody tr")
    pdus.filter(has_text="deliver_sm").filter(has_text="1 Счет").click()
    fields = page.locator(".fields tbody tr")
    expect(fields.filter(has_text="ussd_service_op")).to_contain_text("USSR_REQUEST")
    expect(fields.filter(has_text="destination_addr")).to_contain_text(MASKED)
    expect(page.locator('.map .lit[data-screen="root"]')).to_have_count(1)
    fields.filter(has_text="command_id").hover()
    expect(page.locator(".hex .on")).to_have_text(["00", "00", "00", "05"])
    with page.expect_download() as saved:
        page.locator(".detail [name=pcap]").click()
    assert saved.value.path().read_bytes()[:4] == b"\xd4\xc3\xb2\xa1"


def test_secrets_are_starred_and_texts_are_text(opened, phones):
    page = opened()
    phones.dial(ANNA, "*777#")
    phones.dial(ANNA, EVIL, op=18)
    phones.sms(ANNA, "000105", f"PAS {SECRET}")
    pdus = page.locator(".pdus .list tbody tr")
    expect(pdus.filter(has_text=EVIL).first).to_be_visible()
    expect(pdus.filter(has_text="*" * 12).first).to_be_visible()
    pdus.filter(has_text=EVIL).first.click()
    expect(page.locator(".fields tbody tr").filter(has_text="short_message")).to_contain_text(EVIL)
    assert SECRET not in page.content()
    assert page.evaluate("window.pwn") is None
    page.locator("[name=filter]").fill("nothing like it")
    expect(page.locator(".pdus .none")).to_be_visible()


def test_faults_clock_and_accounts(opened, gateway, phones):
    page = opened()
    page.locator(".faults [name=fault]").select_option("no_screen")
    page.locator(".faults [name=times]").fill("3")
    page.locator(".faults [name=add]").click()
    expect(page.locator(".faults li")).to_contain_text("no_screen · × 3")
    assert gateway.ask("GET", "/api/v1/faults")[1]["faults"][0]["times"] == 3
    page.locator(".faults [data-fault]").click()
    expect(page.locator(".faults li")).to_have_count(0)
    assert gateway.ask("GET", "/api/v1/faults")[1]["faults"] == []
    gateway.ask("POST", f"/api/v1/subscribers/{ANNA}/topup", {"amount": "250.00"})
    page.locator(".account [name=msisdn]").fill(ANNA)
    page.locator(".account [name=show]").click()
    expect(page.locator(".account .ledger tbody tr").first).to_contain_text("250.00")
    before_ms = gateway.ask("GET", "/api/v1/clock")[1]["now_ms"]
    page.locator('.clock [data-step="24h"]').click()
    expect(page.locator(".clock [role=status]")).to_be_visible()
    assert gateway.ask("GET", "/api/v1/clock")[1]["now_ms"] >= before_ms + 86_400_000


@pytest.mark.parametrize("locale", ["ru-RU", "en-US"])
@pytest.mark.parametrize(
    "width, height, scheme", [(360, 740, "dark"), (1440, 1000, "light")], ids=["phone", "desktop"]
)
def test_nothing_is_cut(opened, phones, width, height, scheme, locale):
    page = opened(width=width, height=height, scheme=scheme, locale=locale)
    phones.dial(ANNA, "*105#")
    row = page.locator(".dialogues tbody tr")
    row.click()
    expect(page.locator(".account dd").first).to_be_visible()
    page.locator(".pdus .list tbody tr").filter(has_text="deliver_sm").filter(has_text="1 Счет").click()
    expect(page.locator(".fields tbody tr").first).to_be_visible()
    for place in (".charts", ".dialogues", ".map", ".pdus", ".triple"):
        page.locator(place).scroll_into_view_if_needed()
        page.locator(place).evaluate("(each) => each.scrollIntoView()")
        keep(page, f"monitor-{locale[:2]}-{width}-{scheme}-{place[1:]}")
    assert page.evaluate(OVERFLOWING) == []
