"""A phone of a test: screens, messages and calls as texts, and failures that tell what was seen."""

import gc
import re
import threading
from decimal import Decimal

import pytest

from ussd_gateway.testing import Gateway, NetworkRefused, NotAsExpected, Phone, Refused

MSISDN = "79261234567"


@pytest.fixture
def gateway():
    with Gateway() as opened:
        yield opened


@pytest.fixture
def phone(gateway):
    return gateway.phone(MSISDN)


def test_a_screen_is_a_text_that_knows_where_it_came_from(phone):
    screen = phone.dial("*105#")
    assert "Счет" in screen
    assert (screen.op, screen.service_code) == ("ask", "*105#")
    assert phone.send("1").dialogue == screen.dialogue
    assert "│ 1 Счет" in screen.picture()


def test_the_last_screen_can_be_looked_at_again_even_when_time_has_passed(gateway, phone):
    shown = phone.dial("*100#")
    gateway.advance("1h")
    again = phone.expect(regex=r"(?P<left>\d+\.\d\d)", op="end", fits=True)
    assert again == shown
    assert Decimal(again.captured["left"]) == phone.balance()


def test_a_screen_that_comes_by_itself(gateway, phone):
    gateway.push(MSISDN, "Ответьте 1", ask=True)
    assert phone.expect(op="ask") == "Ответьте 1"
    assert "принят" in phone.send("1")


def test_an_unanswered_dialogue_ends_as_time_passes(gateway, phone):
    asked = phone.dial("*105#")
    gateway.advance("10m")
    ended = phone.expect(op="end")
    assert ended.dialogue == asked.dialogue
    assert ended != asked


def test_a_phone_without_a_network(gateway, phone):
    boris = gateway.phone("79261234568")
    boris.switch("out_of_coverage")
    with pytest.raises(NetworkRefused, match="out of coverage"):
        boris.dial("*100#")
    phone.sms("79261234568", "Where are you?")
    boris.no_sms("1m")
    gateway.switch("+7 926 123-45-68", "on")
    assert boris.expect_sms() == "Where are you?"


def test_a_message_comes_no_sooner_than_the_clock_says(gateway, phone):
    phone.dial("*105*00#")
    before = gateway.now()
    message = phone.expect_sms(sender="000110", regex=r"(?P<password>\d{6})", within="30s")
    assert (message.sender, message.parts) == ("000110", 1)
    assert 0 < (gateway.now() - before).total_seconds() <= 3
    assert gateway.login(MSISDN, message.captured["password"]).result == "ok"
    phone.no_sms("24h")


def test_messages_between_two_phones(gateway, phone):
    boris = gateway.phone("+7 926 123-45-68")
    phone.sms(boris.msisdn, "привет")
    assert boris.expect_sms(sender=MSISDN) == "привет"


def test_a_message_waits_for_a_phone_that_is_off(gateway):
    gateway.phone(MSISDN).sms("79261234568", "привет")
    assert gateway.phone("79261234568").expect_sms() == "привет"


def test_a_call(phone):
    heard = phone.call("0505")
    assert heard.state == "prompt"
    assert phone.press("2") != heard
    assert phone.silence() == phone.expect_voice()
    phone.cancel()


def test_a_text_that_is_not_there(phone):
    phone.dial("*105#")
    with pytest.raises(NotAsExpected) as raised:
        phone.expect("Нет такого", op="end")
    told = str(raised.value)
    assert told.startswith(f'{MSISDN}: expect contains "Нет такого", op end')
    assert "op:\n  - end\n  + ask\n" in told
    assert f"what happened:\n  > {MSISDN} dials *105#\n  < {MSISDN} *105# ask: 1 Счет\n" in told


def test_a_message_that_does_not_come_tells_which_did(phone):
    phone.sms("000100")
    with pytest.raises(NotAsExpected) as raised:
        phone.expect_sms(sender="000110")
    assert "no message from 000110 within 30s" in str(raised.value)
    assert re.search(r"\n  \+ \w+: .*250", str(raised.value))


def test_a_message_that_should_not_come(phone):
    phone.dial("*105*00#")
    with pytest.raises(NotAsExpected, match="a message has come"):
        phone.no_sms("30s")


def test_a_refused_message_fails_where_it_is_sent(phone):
    with pytest.raises(NetworkRefused, match="nobody has this number"):
        phone.sms("999999", "x")
    phone.no_sms()


def test_a_captured_password_is_told_to_nobody(gateway, phone):
    phone.dial("*105*00#")
    password = phone.expect_sms(regex=r"(?P<password>\d{6})").captured["password"]
    with pytest.raises(NotAsExpected) as raised:
        phone.expect_sms("another")
    assert password not in str(raised.value)
    assert "***" in gateway.story


def test_accounts(gateway):
    gateway.set_account(MSISDN, balance=Decimal("10.50"), language="en")
    gateway.topup(MSISDN, 5)
    gateway.expect_account(MSISDN, balance="15.50", language="en", status="active")
    assert gateway.balance(MSISDN) == Decimal("15.50")
    assert gateway.ledger(MSISDN, "topup")[0]["amount_kop"] == 500
    with pytest.raises(NotAsExpected, match=r"balance:\n  - 1\n  \+ 15\.50"):
        gateway.expect_account(MSISDN, balance=1)
    with pytest.raises(Refused):
        gateway.perform(MSISDN, "account.charge", fee="1000")
    gateway.perform(MSISDN, "account.charge", fee="5.50")
    assert gateway.balance(MSISDN) == 10


def test_two_gateways_share_nothing_but_the_files(gateway, phone):
    with Gateway() as other:
        other.topup(MSISDN, 100)
        assert other.balance(MSISDN) - gateway.balance(MSISDN) == 100
    assert phone.dial("*105#").op == "ask"


def test_a_phone_alone_has_a_gateway_of_its_own():
    with Phone("8 926 123-45-67") as phone:
        assert phone.dial("*100#").op == "end"
        assert phone.msisdn == MSISDN
        phone.topup(50)
        assert phone.balance() == 300
    with Phone() as phone:
        assert phone.balance() == 250


def test_a_forgotten_phone_leaves_no_thread():
    before = threading.active_count()
    phone = Phone()
    assert phone.dial("*100#")
    assert threading.active_count() > before
    del phone
    gc.collect()
    assert threading.active_count() == before


def test_a_phone_that_was_closed_is_switched_on_when_it_is_used(phone):
    phone.dial("*105#")
    phone.close()
    assert phone.dial("*105#").op == "ask"


def test_what_makes_no_sense(gateway):
    with pytest.raises(ValueError, match="no phone number"):
        gateway.phone("nobody")
    with pytest.raises(TypeError, match="either a gateway"):
        Phone(MSISDN, gateway, menus="menus")
    with pytest.raises(ValueError, match="duration"):
        gateway.advance("soon")
