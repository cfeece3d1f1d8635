"""The phones of `/` in a real browser: dial, read, answer, call, record, replay; no text is run."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import PATIENCE_MS, Handset, chromium, keep, menus_with_echo
from tests.e2e.running import Gateway, prompt_catalogue
from ussd_gateway.sms.concat import split_sms

NUMBERS = iter(range(79261230001, 79261239999))
EVIL_SENDER = "<svg onload=pwn=1>"
EVIL = [
    "<img src=x onerror=window.pwn=1>",
    "<script>window.pwn=1</script>",
    '"><svg onload=window.pwn=1>',
    "<iframe srcdoc='<script>parent.pwn=1</script>'>",
    "<a href=javascript:window.pwn=1>1</a>",
    "<style>@import '/pwn'</style>",
    "${window.pwn=1}{{7*7}}</textarea>",
]


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
    phone.find("[role=switch]").uncheck()
    expect(phone.find(".bars.none")).to_be_visible()
    body = {"msisdn": number, "text": "Вы где?"}
    assert gateway.ask("POST", "/api/v1/push", body)[1]["reason"] == "absent"
    phone.find("[role=switch]").check()
    expect(phone.find(".bars:not(.none)")).to_be_visible()
    expect(phone.find("dd").first).to_contain_text("100.00")
    assert gateway.ask("POST", "/api/v1/push", body)[0] in (200, 202)
    expect(phone.screen("notify")).to_have_text("Вы где?")


def test_the_subscriber_and_their_language_are_chosen(opened, gateway, number):
    page = opened(number)
    other = str(next(NUMBERS))
    phone = Handset(page, number)
    phone.show("settings")
    phone.find(".settings form input").fill(f"+{other}")
    phone.find(".settings form button").click()
    phone = Handset(page, other)
    phone.find(".settings select").select_option("en")
    expect(phone.find(".settings select")).to_be_enabled()
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


def test_phones_write_to_each_other(opened, number):
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


def assert_nothing_ran(page: Page) -> None:
    assert page.evaluate("window.pwn") is None
    strange = page.locator("body").locator("img, script, iframe, a, style, [onload], [onerror]")
    expect(strange).to_have_count(0)


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


# ---------------------------------------------------------------- how it looks

OVERFLOWING = """() => [
  ...(document.documentElement.scrollWidth > innerWidth ? ["the page"] : []),
  ...[...document.querySelectorAll("button, h1, h2, h3, .status span, .tabs span, .counter, label span")]
    .filter((each) => each.checkVisibility() && !each.closest(".list"))
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline")
    .map((each) => each.textContent),
]"""


@pytest.mark.parametrize("locale", ["ru-RU", "en-US"])
@pytest.mark.parametrize(
    "width, height, scheme", [(360, 740, "dark"), (1280, 860, "light")], ids=["phone", "desktop"]
)
def test_nothing_is_cut(opened, number, width, height, scheme, locale):
    page = opened(number, width=width, height=height, scheme=scheme, locale=locale)
    phone = Handset(page, number)
    name = f"handset-{locale[:2]}-{width}-{scheme}"

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
    phone.find(".thread").click()
    look("thread")
    phone.show("settings")
    expect(phone.find("dd")).to_have_count(2)
    look("subscriber")
    phone.dial("0505")
    expect(phone.find(".lines .network")).to_have_count(1)
    look("call")
    page.keyboard.press("Escape")
    page.locator("button.tools").click()
    page.locator("aside").scroll_into_view_if_needed()
    look("tools")
