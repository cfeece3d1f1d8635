"""`call` as a tester types it, against a running gateway and inside the process."""

import re

import pytest

from tests.e2e.running import Gateway, clean_environment, in_a_process, in_process, prompt_catalogue
from tests.e2e.terminal import Terminal

ANNA = "79261234567"
BORIS = "79261234568"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    gateway = Gateway(folder, PATHS__CATALOGUE=str(prompt_catalogue(folder)))
    yield gateway
    gateway.stop()
    assert "Traceback" not in gateway.errors.read_text()


def test_the_transcript(gateway):
    keys = ["2", "4", "2", "739105#", "739105#"]
    done = in_a_process(gateway.environment, "call", "0505", *keys, "--msisdn", ANNA)
    assert done.returncode == 0, done.stderr
    prompts = ["Сервис-Гид.", "Мой тариф - 1.", "Случайный пароль", "Введите новый", "Повторите", "изменен."]
    places = [done.stdout.index(prompt) for prompt in prompts]
    assert places == sorted(places)
    assert "hangs up" in done.stdout
    assert "SMS from 000110" in done.stdout
    assert gateway.ask("POST", "/api/v1/lk/login", {"login": ANNA, "password": "739105"})[0] == 200


@pytest.mark.parametrize("via", ["http", "smpp"])
def test_as_json(gateway, via):
    done = gateway.run("call", "0505", "0", "--msisdn", BORIS, "--json", "--wait", "1", "--via", via)
    assert done.returncode == 0, done.stderr
    greeting, agent, sms = done.events()
    assert list(greeting) == ["event", "text", "state"]
    assert (greeting["event"], greeting["state"], agent["state"]) == ("voice", "prompt", "end")
    assert greeting["text"].startswith("Service Guide.")
    assert (sms["event"], sms["from"]) == ("sms", "000110")
    assert re.search(r"\d{6}", sms["text"])


def test_inside_the_process(tmp_path):
    environment = clean_environment(
        STORAGE__URL="memory://", PATHS__CATALOGUE=str(prompt_catalogue(tmp_path))
    )
    done = in_process(
        environment, "call", "0505", "2 4 1", "--msisdn", ANNA, "--via", "embedded", "--json", "--wait", "1"
    )
    assert done.returncode == 0, done.stderr
    *prompts, sms = done.events()
    assert [prompt["state"] for prompt in prompts] == ["prompt", "prompt", "prompt", "end"]
    assert sms["event"] == "sms"


def test_silence(gateway):
    done = gateway.run("call", "0505", "", "", "", "--msisdn", ANNA, "--json", "--wait", "0")
    assert done.returncode == 0
    assert [event["state"] for event in done.events()] == ["prompt", "prompt", "prompt", "end"]


def test_it_hangs_up_when_the_keys_are_used_up(gateway):
    done = gateway.run("call", "0505", "1", "--msisdn", ANNA)
    assert done.returncode == 0
    assert "Баланс - 1" in done.stdout
    assert "hangs up" not in done.stdout


def test_keys_left_over_fail(gateway):
    done = gateway.run("call", "0501", "12", "3", "--msisdn", ANNA, "--wait", "0")
    assert done.returncode == 1
    assert "left over: 12 3" in done.stderr


def test_nobody_answers(gateway):
    done = gateway.run("call", "0599", "--msisdn", ANNA, "--json")
    assert done.returncode == 1
    assert done.events() == [{"event": "error", "reason": "nobody answers at this number", "status": None}]


def test_a_key_no_phone_has(gateway):
    done = gateway.run("call", "0505", "A", "--msisdn", ANNA)
    assert done.returncode == 2
    assert "0-9, * and #" in done.stderr


def test_a_gateway_that_is_not_running():
    done = in_process(clean_environment(HTTP__PORT="1"), "call", "0505", "--msisdn", ANNA, "--json")
    assert done.returncode == 3
    assert "make run" in done.stderr
    assert done.events()[0]["event"] == "error"


def test_by_hand(gateway):
    terminal = Terminal(gateway, "call", "0505", "--msisdn", ANNA)
    terminal.expect("Сервис-Гид.")
    terminal.expect("keys>")
    terminal.type("2x\r")
    terminal.expect("0-9, * and #")
    terminal.expect("keys>")
    terminal.type("24\r")
    terminal.expect("Задать свой - 2")
    terminal.expect("keys>")
    terminal.type("1\r")
    terminal.expect("Пароль придет в SMS")
    terminal.expect("SMS from 000110")
    assert terminal.close() == 0


def test_ctrl_d_hangs_up(gateway):
    terminal = Terminal(gateway, "call", "0505", "--msisdn", ANNA)
    terminal.expect("Сервис-Гид.")
    terminal.expect("keys>")
    terminal.type("\x04")
    terminal.expect("(hung up)")
    assert terminal.close() == 0
