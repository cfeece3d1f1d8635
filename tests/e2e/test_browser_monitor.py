"""The page `/monitor` in a real browser: dialogues, PDUs by fields, the map, faults, clock, accounts."""

import asyncio
import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import (
    EVIL,
    LANGUAGES,
    OVERFLOWING,
    PATIENCE_MS,
    SIZES,
    assert_nothing_ran,
    chromium,
    keep,
    menus_with_echo,
)
from tests.e2e.running import Gateway, prompt_catalogue
from tests.unit.access.wire import Peer, dial, sms
from ussd_gateway.smpp.text import choose_coding

ANNA = "79261234567"
MASKED = "7926***4567"
SECRET = "Secret77"


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
        pdu = dial(msisdn, "", op)
        pdu.data_coding, pdu.short_message = choose_coding(text)
        self._run(self._peer.ask(pdu))
        self._run(self._peer.screen())

    def hang_up(self, msisdn: str) -> None:
        self._run(self._peer.ask(dial(msisdn, "", 129)))

    def sms(self, msisdn: str, to: str, text: str) -> None:
        self._run(self._peer.ask(sms(msisdn, to, text.encode())))

    async def _hang_up(self) -> None:
        self._peer.close()
        await self._peer.ended()  # a loop that stops at once leaves the connection open

    def close(self) -> None:
        self._run(self._hang_up())
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
    pdus = page.locator(".pdus .table tbody tr")
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
    pdus = page.locator(".pdus .table tbody tr")
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


def test_secrets_are_starred_and_texts_are_text(opened, gateway, phones):
    page = opened()
    pdus = page.locator(".pdus .table tbody tr")
    for evil in EVIL:
        phones.dial(ANNA, "*777#")
        phones.dial(ANNA, evil, op=18)
        expect(pdus.filter(has_text=evil).first).to_be_visible()
        note = {"amount": "10.00", "note": evil}
        assert gateway.ask("POST", f"/api/v1/subscribers/{ANNA}/topup", note)[0] == 200
    phones.sms(ANNA, "000105", f"PAS {SECRET}")
    expect(pdus.filter(has_text="*" * 12).first).to_be_visible()
    pdus.filter(has_text=EVIL[0]).first.click()
    expect(page.locator(".fields tbody tr").filter(has_text="short_message")).to_contain_text(EVIL[0])
    fault = {"fault": "no_screen", "code": EVIL[1][:40]}
    assert gateway.ask("POST", "/api/v1/faults", fault)[0] in (200, 422)
    page.locator(".account [name=msisdn]").fill(ANNA)
    page.locator(".account [name=show]").click()
    expect(page.locator(".account .ledger")).to_contain_text(EVIL[-1])
    assert SECRET not in page.content()
    assert_nothing_ran(page)
    page.locator("[name=filter]").fill(EVIL[2])
    expect(pdus.first).to_contain_text(EVIL[2])
    page.locator("[name=filter]").fill("nothing like it")
    expect(page.locator(".pdus .none")).to_be_visible()


def test_every_dialogue_has_its_traces(opened, gateway, phones):
    page = opened()
    phones.dial(ANNA, "*105#")
    row = page.locator(".dialogues tbody tr")
    for name, beginning in {"pcap": b"\xd4\xc3\xb2\xa1", "trace": b""}.items():
        with page.expect_download() as saved:
            row.locator(f"[name={name}]").click()
        assert saved.value.suggested_filename.endswith(f".{name}")
        content = saved.value.path().read_bytes()
        assert content.startswith(beginning)
        assert b"*105#" in content
    page.goto(f"http://127.0.0.1:{gateway.http_port}/monitor#{ANNA}")
    page.reload()
    expect(page.locator('.map .lit[data-screen="root"]')).to_have_count(1)
    expect(page.locator(".pdus .table tbody tr").first).to_contain_text("deliver_sm")
    name = page.locator("[name=filter]").input_value()
    phones.hang_up(ANNA)
    expect(page.locator(".dialogues tbody tr")).to_have_count(0)
    page.goto(f"http://127.0.0.1:{gateway.http_port}/monitor#{name}")
    page.reload()
    expect(page.locator("[name=filter]")).to_have_value(name)
    expect(page.locator(".map .lit")).to_have_count(1)


def test_faults_clock_and_accounts(opened, gateway, phones):
    page = opened()
    page.locator(".faults [name=fault]").select_option("no_screen")
    page.locator(".faults [name=on]").select_option("sms")
    page.locator(".faults [name=account]").fill("handset")
    page.locator(".faults [name=times]").fill("3")
    page.locator(".faults [name=chance]").fill("50")
    page.locator(".faults [name=add]").click()
    expect(page.locator(".faults li")).to_contain_text("no_screen · sms · handset · × 3 · 50%")
    [fault] = gateway.ask("GET", "/api/v1/faults")[1]["faults"]
    assert (fault["times"], fault["chance"]) == (3, 0.5)
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
    page.locator(".clock [name=advance]").fill("2w")
    page.locator(".clock form button").click()
    expect(page.locator(".clock [role=status]")).to_be_visible()
    expect(page.locator(".clock [role=alert]")).to_have_count(0)
    assert gateway.ask("GET", "/api/v1/clock")[1]["now_ms"] >= before_ms + 15 * 86_400_000


@LANGUAGES
@SIZES
def test_nothing_is_cut(opened, gateway, phones, width, height, locale):
    page = opened(width=width, height=height, locale=locale)
    name = f"monitor-{locale[:2]}-{width}"
    page.locator(".pair").evaluate("(each) => each.scrollIntoView()")
    keep(page, f"{name}-empty")
    phones.dial(ANNA, "*105#")
    gateway.ask("POST", "/api/v1/faults", {"fault": "no_screen", "times": 2})
    page.locator(".dialogues tbody tr").click()
    expect(page.locator(".account dd").first).to_be_visible()
    expect(page.locator(".faults li")).to_have_count(1)
    page.locator(".pdus .table tbody tr").filter(has_text="deliver_sm").filter(has_text="1 Счет").click()
    expect(page.locator(".fields tbody tr").first).to_be_visible()
    page.locator('.clock [data-step="1m"]').click()
    expect(page.locator(".clock [role=status]")).to_be_visible()
    keep(page, name, whole=True)
    assert page.evaluate(OVERFLOWING) == []
    page.locator(".map").evaluate("(each) => each.scrollIntoView()")
    page.get_by_label(re.compile("Smaller|Мельче")).click()
    page.get_by_label(re.compile("Smaller|Мельче")).click()
    keep(page, f"{name}-map")
