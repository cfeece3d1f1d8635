"""The phones of `/` in a real browser: dial, read, answer, call, record, replay; no text is run."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import (
    EVIL,
    LANGUAGES,
    OVERFLOWING,
    PATIENCE_MS,
    SIZES,
    Handset,
    assert_nothing_ran,
    chromium,
    keep,
    menus_with_echo,
)
from tests.e2e.running import Gateway, prompt_catalogue
from ussd_gateway.sms.concat import split_sms

NUMBERS = iter(range(79261230001, 79261239999))
EVIL_SENDER = "<svg onload=pwn=1>"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    gateway = Gateway(
        folder,
        STORAGE__URL="memory://",
        PATHS__CATALOGUE=str(prompt_catalogue(folder)),
        PATHS__MENUS=str(menus_with_echo(folder)),
    )
    yield gateway
    gateway.stop()


@pytest.fixture(scope="module")
def browser(needs_program):
    with chromium(needs_program("chromium")) as browser:
        yield browser


@pytest.fixture
def opened(browser, gateway):
    """`opened(*numbers, ...)` -> the page with phones of these numbers; without a failure in the end."""
    contexts, errors = [], []

    def opened(*numbers: str, width=1280, height=860, scheme="light", locale="en-US") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page: Page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(dialog.message))
        page.goto(f"http://127.0.0.1:{gateway.http_port}/#{','.join(numbers)}")
        for number in numbers:
            expect(Handset(page, number).find(".bars:not(.none)")).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def number() -> str:
    """A subscriber nobody else has used."""
    return str(next(NUMBERS))


def test_a_menu_is_walked_with_the_keyboard(opened, number):
    page = opened(number)
    phone = Handset(page, number)
    page.keyboard.type("*105#")
    page.keyboard.press("Enter")
    expect(phone.screen()).to_contain_text("1 Счет")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(phone.screen()).to_contain_text("1 Баланс")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(phone.find(".popup")).to_contain_text("100")
    page.keyboard.press("Escape")
    expect(phone.find(".popup")).to_have_count(0)
    expect(phone.find(".number")).to_be_focused()


def test_the_password_comes_by_itself(opened, gateway, number):
    phone = Handset(opened(number), number)
    phone.dial("*105*00#")
    expect(phone.screen("end")).to_contain_text("Пароль придет в SMS")
    toast = phone.find(".toast button")
    expect(toast).to_contain_text(re.compile(r": \d{6}\."))
    password = re.search(r": (\d{6})\.", toast.inner_text())
    assert password is not None
    phone.find(".popup .main").click()
    toast.click()
    expect(phone.find(".bubble")).to_contain_text(password[1])
    body = {"login": number, "password": password[1]}
    assert gateway.ask("POST", "/api/v1/lk/login", body)[0] == 200


def test_a_push_asks_and_is_answered(opened, gateway, number):
    phone = Handset(opened(number), number)
    status, push = gateway.ask("POST", "/api/v1/push", {"msisdn": number, "text": "Как дела?", "ask": True})
    assert (status, push["state"]) == (202, "shown")
    expect(phone.screen()).to_have_text("Как дела?")
    phone.answer("Хорошо")
    expect(phone.find('.popup[data-op="end"]')).to_be_visible()
    assert gateway.ask("GET", f"/api/v1/push/{push['push']}")[1]["answer"] == "Хорошо"


def test_a_phone_that_is_off_cannot_be_reached(opened, gateway, number):
    phone = Handset(opened(number), number)
    phone.show("settings")
    phone.find("[name=network]").select_option("off")
    expect(phone.find(".bars.none")).to_be_visible()
    body = {"msisdn": number, "text": "Вы где?"}
    assert gateway.ask("POST", "/api/v1/push", body)[1]["reason"] == "absent"
    phone.dial("*105#")
    expect(phone.find(".popup .error")).to_have_text("No network")
    phone.find(".popup .main").click()
    phone.show("settings")
    phone.find("[name=network]").select_option("on")
    expect(phone.find(".bars:not(.none)")).to_be_visible()
    expect(phone.find("dd").first).to_contain_text("100.00")
    assert gateway.ask("POST", "/api/v1/push", body)[0] in (200, 202)
    expect(phone.screen("notify")).to_have_text("Вы где?")


def test_the_subscriber_and_their_language_are_chosen(opened, gateway, number):
    page = opened(number)
    other = str(next(NUMBERS))
    phone = Handset(page, number)
    phone.show("settings")
    phone.find("[name=number]").fill(f"+{other}")
    # What is learned meanwhile leaves alone what is typed.
    gateway.ask("POST", "/api/v1/push", {"msisdn": number, "text": "Привет"})
    expect(phone.screen("notify")).to_be_visible()
    page.keyboard.press("Escape")
    expect(phone.find("[name=number]")).to_have_value(f"+{other}")
    phone.find(".settings form button").click()
    phone = Handset(page, other)
    phone.find("[name=language]").select_option("en")
    expect(phone.find("[name=language]")).to_be_enabled()
    phone.dial("*105#")
    expect(phone.screen()).to_contain_text("1 Account")
    assert gateway.ask("GET", f"/api/v1/subscribers/{other}")[1]["language"] == "en"


def test_a_call_is_made_by_keys(opened, number):
    page = opened(number)
    phone = Handset(page, number)
    phone.dial("0505")
    expect(phone.find(".lines .network")).to_have_count(1)
    page.keyboard.press("2")
    expect(phone.find(".lines .network")).to_have_count(2)
    phone.find('.voice [data-key="4"]').click()
    expect(phone.find(".lines .network")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(phone.find(".voice")).to_be_hidden()


def test_a_phone_over_smpp_shows_its_pdus(opened, number):
    page = opened(number)
    phone = Handset(page, number)
    phone.show("settings")
    phone.find("[name=way]").select_option("smpp")
    page.locator("button.beside").click()
    expect(page.locator(".beside[data-ready]")).to_be_visible()
    phone.dial("*105#")
    expect(phone.screen()).to_contain_text("1 Счет")
    phone.answer("1")
    expect(phone.screen()).to_contain_text("1 Баланс")
    pdus = page.locator(".beside .table tbody tr")
    expect(pdus.filter(has_text="deliver_sm").filter(has_text="1 Баланс")).to_have_count(1)
    pdus.filter(has_text="submit_sm").filter(has_text=f"{number} → *105#").last.click()
    expect(page.locator(".fields tr").filter(has_text="ussd_service_op")).to_contain_text("PSSR")
    expect(page.locator(".beside a")).to_have_attribute("href", re.compile(r"^/monitor#\w+-\w+$"))
    with page.expect_download() as saved:
        page.locator(".beside [name=trace]").click()
    assert "submit_sm" in saved.value.path().read_text()
    phone.find(".popup .leave").click()
    expect(phone.find(".popup")).to_have_count(0)
    phone.show("messages")
    phone.find(".new").click()
    phone.find(".composer input").fill("000110")
    phone.find("textarea").fill("00")
    phone.find(".composer .main").click()
    expect(phone.find(".bubble:not(.mine)")).to_contain_text("Пароль")
    expect(pdus.filter(has_text="000110")).not_to_have_count(0)


def test_the_network_state_is_the_gateways(opened, gateway, number):
    page = opened(number)
    address = f"/api/v1/subscribers/{number}/phone"
    phone = Handset(page, number)
    phone.show("settings")
    for state in ("memory_full", "out_of_coverage", "on"):
        phone.find("[name=network]").select_option(state)
        expect(phone.find("[name=network]")).to_be_enabled()
        expect(phone.find(".bars.none")).to_have_count(int(state == "out_of_coverage"))
        page.reload()
        phone.show("settings")
        expect(phone.find("[name=network]")).to_have_value(state)
        assert gateway.ask("GET", address)[1]["state"] == state


def test_pages_lead_to_each_other(opened, gateway, number):
    page = opened(number)
    phone = Handset(page, number)
    phone.show("settings")
    expect(phone.find(".settings option[value='79261234568']")).to_have_count(0)
    expect(page.locator("datalist option[value='79261234568']")).to_have_count(1)
    phone.find(".links a").last.click()
    expect(page.locator("[name=login]")).to_have_value(number)
    expect(page.locator("[name=password]")).to_be_focused()
    page.go_back()
    Handset(page, number).show("settings")
    Handset(page, number).find(".links a").first.click()
    expect(page.locator(".account [name=msisdn]")).to_have_value(number)
    page.locator(".account [data-page='/']").click()
    expect(Handset(page, number).find(".bars:not(.none)")).to_be_visible()
    for name, path in {"Monitor": "/monitor", "Account": "/lk", "Handset": "/"}.items():
        page.locator(".pages a", has_text=name).click()
        expect(page.locator(".pages [aria-current]")).to_have_text(name)
        assert page.url.removeprefix(f"http://127.0.0.1:{gateway.http_port}").partition("#")[0] == path


def test_phones_write_to_each_other(opened, gateway, number):
    other = str(next(NUMBERS))
    page = opened(number, other)
    anna, boris = Handset(page, number), Handset(page, other)
    anna.show("messages")
    anna.find(".new").click()
    anna.find(".composer input").fill(other)
    anna.find("textarea").fill("Привет!")
    anna.find(".composer .main").click()
    expect(boris.find(".toast")).to_contain_text("Привет!")
    expect(boris.find(".badge")).to_have_text("1")
    expect(anna.find(".bubble.mine")).to_contain_text("Привет!")
    boris.find(".toast button").click()
    boris.find("textarea").fill("Здравствуй")
    anna.find("textarea").fill("Ты где?")
    page.keyboard.press("Home")
    gateway.ask("POST", "/api/v1/sms", {"msisdn": other, "to": number, "text": "Тут"})
    expect(anna.find(".bubble:not(.mine)")).to_contain_text("Тут")
    page.keyboard.type("А ")
    expect(anna.find("textarea")).to_have_value("А Ты где?")
    expect(boris.find("textarea")).to_have_value("Здравствуй")


def test_parts_are_counted_as_the_gateway_counts_them(opened, number):
    phone = Handset(opened(number), number)
    phone.show("messages")
    phone.find(".new").click()
    cyrillic = ["я" * 70, "я" * 71, "я" * 66 + "😀я" * 3]
    for text in ["", "a" * 160, "a" * 161, "€" * 81, "[" * 80, *cyrillic, "{" * 230]:
        phone.find("textarea").fill(text)
        coding, parts = "UCS2" if text in cyrillic else "GSM 7-bit", len(split_sms(text, 0))
        expect(phone.find(".counter")).to_have_text(re.compile(rf"^{coding} .* parts: {parts}$"))


def test_a_session_is_recorded_and_replayed(opened, number):
    page = opened(number)
    phone = Handset(page, number)
    phone.find(".record").click()
    expect(phone.find(".record.going")).to_be_visible()
    phone.dial("*105#")
    expect(phone.screen()).to_contain_text("1 Счет")
    phone.answer("1")
    expect(phone.screen()).to_contain_text("1 Баланс")
    page.keyboard.press("Escape")
    phone.find(".record").click()
    script = page.locator(".script")
    expect(script).to_have_value(re.compile(r'dial: "\*105#"(.|\n)*send: "1"'))
    page.locator("[name=pace]").select_option("fast")
    page.locator("[name=play]").click()
    expect(page.locator(".verdict.passed")).to_be_visible()
    expect(page.locator(".steps li")).to_contain_text(["dial *105#", "expect", "send 1"])
    expect(phone.find(".popup")).to_have_count(0)


def test_a_replay_is_shown_on_its_phone(opened, number):
    page = opened(number)
    other = str(next(NUMBERS))
    page.locator("button.tools").click()
    page.locator(".script").fill(
        f'script: shown\nmsisdn: "{other}"\nsteps:\n  - dial: "*105#"\n  - expect: {{contains: Счет}}\n'
        "  - send: '1'\n  - expect: {contains: Nothing of the kind}\n"
    )
    page.locator("[name=play]").click()
    expect(Handset(page, other).screen()).to_contain_text("1 Счет")
    expect(page.locator(".verdict.failed")).to_be_visible()
    expect(page.locator(".steps li.failed")).to_contain_text("Nothing of the kind")


def test_mistakes_of_a_script_are_told(opened, number):
    page = opened(number)
    page.locator("button.tools").click()
    page.locator(".script").fill("script: wrong\nsteps:\n  - include: /etc/passwd\n")
    page.locator("[name=play]").click()
    expect(page.locator("[role=alert]")).to_contain_text("3:14: a script over HTTP names no files")


def test_a_gateway_with_a_token_is_told_it_once(browser, tmp_path, number):
    gateway = Gateway(tmp_path, STORAGE__URL="memory://", HTTP__TOKEN="Secret 77+/")
    page = browser.new_page(locale="en-US")
    try:
        page.goto(f"http://127.0.0.1:{gateway.http_port}/#{number}")
        for token in ("wrong", "Secret 77+/"):
            asked = page.locator("dialog[open] input")
            expect(asked).to_have_value("")
            asked.fill(token)
            page.keyboard.press("Enter")
        phone = Handset(page, number)
        expect(phone.find(".bars:not(.none)")).to_be_visible()
        phone.dial("*105#")
        expect(phone.screen()).to_contain_text("1 Счет")
        expect(page.locator("dialog")).to_have_count(0)
    finally:
        page.close()
        gateway.stop()


# ---------------------------------------------------------------- nothing runs


def test_texts_are_text(opened, gateway, number):
    page = opened(number)
    phone = Handset(page, number)
    for evil in EVIL:
        phone.dial("*777#")
        expect(phone.screen()).to_have_text("Что?")
        phone.answer(evil)
        expect(phone.screen()).to_have_text(evil)
        phone.answer(evil)
        expect(phone.screen("end")).to_have_text(evil)
        phone.find(".popup .main").click()
        gateway.ask("POST", "/api/v1/push", {"msisdn": number, "text": evil})
        expect(phone.screen("notify")).to_have_text(evil)
        phone.find(".popup .main").click()
    phone.show("messages")
    phone.find(".thread").click()
    expect(phone.find(".bubble span")).to_have_text(EVIL)
    assert_nothing_ran(page)


def test_a_sender_is_text(browser, gateway, number):
    """No short number of ours looks like this, so the event is put into the stream."""
    page = browser.new_page(locale="en-US")
    sockets = []

    def between(socket):
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket("**/ws", between)
    page.goto(f"http://127.0.0.1:{gateway.http_port}/#{number}")
    phone = Handset(page, number)
    expect(phone.find(".bars:not(.none)")).to_be_visible()
    event = {"event": "sms", "at": "2026-05-28T00:00:00Z", "msisdn": number, "message_id": 1, "text": "Hi"}
    sockets[0].send(json.dumps({**event, "from": EVIL_SENDER, "secret": False, "text_like": "", "parts": 1}))
    expect(phone.find(".toast strong")).to_have_text(f"New SMS from {EVIL_SENDER}")
    phone.show("messages")
    expect(phone.find(".thread .peer")).to_have_text(EVIL_SENDER)
    phone.find(".thread").click()
    expect(phone.find(".head h3")).to_have_text(EVIL_SENDER)
    assert_nothing_ran(page)
    page.close()


def test_scripts_and_answers_of_the_network_are_text(opened, number):
    page = opened(number)
    page.locator("button.tools").click()
    evil = EVIL[0]
    page.locator(".script").fill(
        f'script: "{evil}"\nmsisdn: "{number}"\nsteps:\n'
        f'  - dial: "*777#"\n  - expect: {{contains: "{evil}"}}\n'
    )
    page.locator("[name=pace]").select_option("fast")
    page.locator("[name=play]").click()
    expect(page.locator(".steps li.failed")).to_contain_text(evil)
    assert_nothing_ran(page)


def test_the_browser_would_run_nothing_else(opened, number):
    page = opened(number)
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.pwn = 1";
          document.body.append(script);
          const image = document.createElement("div");
          image.innerHTML = "<img src=x onerror='window.pwn=1'>";
          document.body.append(image);
          return fetch("http://127.0.0.1:1/").catch(() => {});
        }"""
    )
    assert page.evaluate("window.pwn") is None


def test_a_page_of_another_site_is_refused(browser, gateway):
    """What it would send and listen to with the reader's browser, the gateway does not take."""
    context = browser.new_context()
    page = context.new_page()
    page.route("http://evil.example/", lambda route: route.fulfill(body="<p>evil", content_type="text/html"))
    page.goto("http://evil.example/")
    came = page.evaluate(
        """async (host) => {
          const socket = new WebSocket(`ws://${host}/ws`, ["ussd-gateway"]);
          const opened = await new Promise((done) => {
            socket.onopen = () => done(true);
            socket.onerror = () => done(false);
          });
          const body = '{"amount": "10.00"}';
          const topup = `http://${host}/api/v1/subscribers/79261234567/topup`;
          const posted = await fetch(topup, {method: "POST", mode: "no-cors", body})
            .then((answer) => answer.type, () => "failed");
          return {opened, posted};
        }""",
        f"127.0.0.1:{gateway.http_port}",
    )
    context.close()
    assert came["opened"] is False
    assert came["posted"] in ("opaque", "failed")
    assert gateway.ask("GET", "/api/v1/subscribers/79261234567")[1]["balance"] == "250.00"


# ---------------------------------------------------------------- how it looks


@LANGUAGES
@SIZES
def test_nothing_is_cut(opened, gateway, number, width, height, locale):
    page = opened(number, width=width, height=height, locale=locale)
    phone = Handset(page, number)
    name = f"handset-{locale[:2]}-{width}"

    def look(what: str) -> None:
        keep(page, f"{name}-{what}")
        assert page.evaluate(OVERFLOWING) == [], what

    look("keypad")
    phone.dial("*105*00#")
    expect(phone.find(".toast button")).to_be_visible()
    look("message")
    phone.find(".popup .main").click()
    phone.dial("*105#")
    expect(phone.screen()).to_be_visible()
    look("menu")
    page.keyboard.press("Escape")
    phone.show("messages")
    look("messages")
    phone.find(".thread").click()
    phone.find("textarea").fill("Я" * 71)
    look("thread")
    phone.show("settings")
    expect(phone.find("dd")).to_have_count(2)
    look("subscriber")
    phone.find("[name=network]").select_option("off")
    expect(phone.find(".bars.none")).to_be_visible()
    phone.dial("*105#")
    look("off")
    page.keyboard.press("Escape")
    phone.show("settings")
    phone.find("[name=network]").select_option("on")
    expect(phone.find(".bars:not(.none)")).to_be_visible()
    phone.dial("0505")
    expect(phone.find(".lines .network")).to_have_count(1)
    phone.find('.voice [data-key="2"]').click()
    expect(phone.find(".lines .network")).to_have_count(2)
    look("call")
    page.keyboard.press("Escape")
    gateway.ask("POST", "/api/v1/push", {"msisdn": number, "text": "Как дела?", "ask": True})
    expect(phone.screen()).to_be_visible()
    look("push")
    page.keyboard.press("Escape")
    phone.show("settings")
    phone.find("[name=way]").select_option("smpp")
    page.locator("button.beside").click()
    expect(page.locator(".beside[data-ready]")).to_be_visible()
    phone.dial("*105#")
    expect(phone.screen()).to_be_visible()
    pdus = page.locator(".beside .table tbody tr")
    pdus.filter(has_text="deliver_sm").filter(has_text="1 Счет").click()
    expect(page.locator(".fields tbody tr").first).to_be_visible()
    phone.find(".popup .leave").click()
    page.locator("aside.beside").scroll_into_view_if_needed()
    look("pdus")
    page.locator("button.beside").click()
    page.locator("button.tools").click()
    page.locator("[name=pace]").select_option("fast")
    page.locator("[name=play]").click()
    expect(page.locator(".verdict.passed")).to_be_visible()
    page.locator("aside.tools").scroll_into_view_if_needed()
    look("tools")
    page.evaluate("scrollTo(0, 0)")
    page.locator(".bar button").first.click()
    expect(page.locator("section.phone:has(.bars:not(.none))")).to_have_count(
        page.locator("section.phone").count()
    )
    look("phones")
    page.locator(".bar .theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.locator(".bar .language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en" if locale[:2] == "ru" else "ru")
    assert page.evaluate(OVERFLOWING) == []
