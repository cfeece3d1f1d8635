"""`dial` and `sms` as a tester types them, against a running gateway and inside the process."""

import asyncio
import re
import signal
import subprocess

import pytest

from tests.e2e.running import (
    ROOT,
    Gateway,
    clean_environment,
    command,
    in_a_process,
    in_process,
    prompt_catalogue,
)
from tests.e2e.terminal import Terminal
from ussd_gateway.phone.events import as_json
from ussd_gateway.phone.http import HttpPhone

ANNA = "79261234567"
BORIS = "79261234568"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    gateway = Gateway(folder, PATHS__CATALOGUE=str(prompt_catalogue(folder)))
    yield gateway
    gateway.stop()
    assert "Traceback" not in gateway.errors.read_text()


def test_first_call(gateway):
    done = in_a_process(gateway.environment, "dial", "*105*00#", "--msisdn", ANNA)
    assert done.returncode == 0, done.stderr
    assert "Запрос принят. Пароль придет в SMS в течение 30 секунд" in done.stdout
    assert "SMS from 000110" in done.stdout
    password = re.search(r": (\d{6})\.", done.stdout)
    assert password is not None
    form = {"login": "8 926 123-45-67", "password": password[1]}
    assert gateway.ask("POST", "/api/v1/lk/login", form) == (200, {"msisdn": ANNA})
    status, body = gateway.ask("POST", "/api/v1/lk/login", {**form, "password": "000000x"})
    assert (status, body["attempts_left"]) == (401, 5)


def test_dial_and_sms_over_http(gateway):
    url = f"http://127.0.0.1:{gateway.http_port}"
    done = gateway.run("dial", "*105*00#", "--msisdn", BORIS, "--via", "http", "--json", "--url", url)
    assert done.returncode == 0, done.stderr
    screen, sms = done.events()
    assert (screen["event"], screen["op"], screen["service_code"]) == ("screen", "end", "*105*00#")
    assert (sms["event"], sms["from"]) == ("sms", "000110")
    assert re.search(r"\d{6}", sms["text"])
    done = gateway.run("sms", "000100", "--msisdn", BORIS, "--via", "http", "--json")
    assert [event["event"] for event in done.events()] == ["sms"]


async def test_push(gateway):
    done = gateway.run("push", ANNA, "Новости")
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be reached" in done.stderr
    phone = HttpPhone(ANNA, url=f"http://127.0.0.1:{gateway.http_port}")
    await phone.open()
    done = await asyncio.to_thread(gateway.run, "push", ANNA, "Новости")
    assert (done.returncode, done.stdout) == (0, "shown\n"), done.stderr
    asking = asyncio.create_task(
        asyncio.to_thread(gateway.run, "push", ANNA, "Ответьте 1", "--ask", "--json")
    )
    shown = [await asyncio.wait_for(phone.events.get(), 10) for _ in range(2)]
    assert [as_json(event)["op"] for event in shown] == ["notify", "ask"]
    await phone.answer("1")
    (event,) = (await asking).events()
    assert (event["event"], event["state"], event["answer"]) == ("push", "answered", "1")
    await phone.close()


def test_nobody_answers_over_http(gateway, unused_tcp_port):
    url = f"http://127.0.0.1:{unused_tcp_port}"
    done = gateway.run("dial", "*105#", "--msisdn", ANNA, "--via", "http", "--url", url)
    assert done.returncode == 3
    assert "is the gateway running?" in done.stderr


def test_dial_walks_a_menu_and_hangs_up(gateway):
    done = gateway.run("dial", "*105#", "1", "6", "--msisdn", ANNA, "--wait", "0")
    assert done.returncode == 0, done.stderr
    assert "1 Счет" in done.stdout
    assert "1 Баланс" in done.stdout
    assert "+79261234567" in done.stdout


def test_dial_as_json(gateway):
    done = gateway.run("dial", "*105#", "1", "--msisdn", ANNA, "--json", "--wait", "0")
    first, second = done.events()
    assert list(first) == ["event", "op", "text", "service_code", "dialogue"]
    assert (first["event"], first["op"], first["service_code"]) == ("screen", "ask", "*105#")
    assert first["dialogue"] == second["dialogue"]
    assert "1 Баланс" in second["text"]


def test_the_password_sms_as_json(gateway):
    done = gateway.run("dial", "*105*00#", "--msisdn", BORIS, "--json", "--wait", "0.3")
    screen, sms = done.events()
    assert (screen["op"], sms["event"], sms["from"], sms["parts"]) == ("end", "sms", "000110", 1)
    assert re.search(r"\d{6}", sms["text"])


def test_inputs_left_over_fail(gateway):
    done = gateway.run("dial", "*100#", "1", "--msisdn", ANNA, "--wait", "0")
    assert done.returncode == 1
    assert "Баланс" in done.stdout
    assert "left over: 1" in done.stderr


def test_a_number_the_account_may_not_use_is_refused(gateway):
    done = gateway.run("dial", "*100#", "--msisdn", "+442071234567", "--json")
    assert done.returncode == 1
    assert done.events()[-1] == {
        "event": "error", "reason": "the gateway refused: ESME_RINVSRCADR", "status": 10,
    }  # fmt: skip


def test_no_number_is_a_usage_error(gateway):
    done = gateway.run("dial", "*100#", "--msisdn", "12")
    assert done.returncode == 2
    assert "'12' is not a phone number" in done.stderr


def test_a_wrong_password_cannot_connect(gateway):
    done = gateway.run("dial", "*100#", "--msisdn", ANNA, "--password", "wrong")
    assert done.returncode == 3
    assert "ESME_RINVPASWD" in done.stderr


def test_nobody_there(gateway):
    done = gateway.run("dial", "*100#", "--msisdn", ANNA, "--target", "127.0.0.1:1")
    assert done.returncode == 3
    assert done.stdout == ""
    assert "could not connect to 127.0.0.1:1: connection refused" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_failures_to_connect_are_events_too(gateway):
    done = gateway.run("dial", "*100#", "--msisdn", ANNA, "--password", "wrong", "--json")
    (event,) = done.events()
    assert (event["event"], event["status"]) == ("error", 0x0E)
    (event,) = gateway.run("sms", "1", "--msisdn", ANNA, "--target", "127.0.0.1:1", "--json").events()
    assert (event["event"], event["status"]) == ("error", None)


@pytest.mark.parametrize("arguments", [["dial", "*100#", "--msisdn", ANNA], ["account", ANNA]])
def test_a_gateway_that_is_not_running(arguments):
    done = in_process(clean_environment(SMPP__PORT="1", HTTP__PORT="1"), *arguments)
    assert done.returncode == 3
    assert "make run" in done.stderr


@pytest.mark.parametrize("target", ["nowhere", "host:", "host:99999", ":2775"])
def test_a_target_that_is_none(gateway, target):
    done = gateway.run("dial", "*100#", "--msisdn", ANNA, "--target", target)
    assert done.returncode == 2
    assert "HOST:PORT" in done.stderr


@pytest.mark.parametrize("text", [["00"], [" 00 "], []])
def test_sms_asks_for_a_password(gateway, text):
    done = gateway.run("sms", "000110", *text, "--msisdn", ANNA, "--json", "--wait", "0.3")
    assert done.returncode == 0, done.stderr
    (sms,) = done.events()
    assert sms["from"] == "000110"
    assert re.search(r"\d{6}", sms["text"])


def test_sms_that_nobody_takes_is_refused(gateway):
    done = gateway.run("sms", "999", "hello", "--msisdn", ANNA)
    assert done.returncode == 1
    assert "ESME_RINVDSTADR" in done.stderr


def test_sms_without_an_answer(gateway):
    done = gateway.run("sms", BORIS, "Привет " * 20, "--msisdn", ANNA, "--wait", "0.1")
    assert done.returncode == 0
    assert "no SMS came back" in done.stderr


def test_a_long_sms_between_phones_arrives_whole(gateway):
    text = "Привет, это длинное сообщение. " * 5
    assert gateway.run("sms", "79261234569", text, "--msisdn", ANNA, "--wait", "0").returncode == 0
    done = gateway.run("dial", "*205#", "--msisdn", "79261234569", "--json", "--wait", "0.5")
    sms = next(event for event in done.events() if event["event"] == "sms")
    assert (sms["from"], sms["text"], sms["parts"]) == (ANNA, text, 3)


def test_another_server_is_reached_by_target_and_credentials(gateway):
    done = in_process(
        clean_environment(),
        *("dial", "*205#", "--msisdn", ANNA, "--wait", "0"),
        *("--target", f"127.0.0.1:{gateway.smpp_port}", "--system-id", "handset", "--password", "handset"),
    )
    assert done.returncode == 0, done.stderr
    assert "+79261234567" in done.stdout


# ---------------------------------------------------------------- inside the process


@pytest.fixture
def embedded(tmp_path):
    """Runs a command with a gateway of its own inside; the store stays between commands."""
    settings = {
        "STORAGE__URL": f"sqlite:///{tmp_path / 'embedded.db'}",
        "PATHS__CATALOGUE": str(prompt_catalogue(tmp_path)),
    }
    return lambda *arguments: in_process(
        clean_environment(**settings), *arguments, "--via", "embedded", "--json"
    )


def test_embedded_dial(embedded):
    done = embedded("dial", "*105*00#", "--msisdn", ANNA, "--wait", "0.3")
    assert done.returncode == 0, done.stderr
    screen, sms = done.events()
    assert (screen["op"], screen["service_code"]) == ("end", "*105*00#")
    assert re.search(r"\d{6}", sms["text"])


def test_embedded_dial_of_a_code_that_an_application_serves(embedded):
    done = embedded("dial", "*500*1#", "--msisdn", ANNA, "--wait", "0")
    assert done.returncode == 0
    (screen,) = [each for each in done.events() if each["event"] == "screen"]
    assert (screen["op"], screen["service_code"]) == ("end", "*500#")
    assert "*500# is served by the application 'app'" in done.stderr
    assert "ussd-gateway serve" in done.stderr


def test_embedded_dialogue_and_sms(embedded):
    done = embedded("dial", "*105#", "1", "--msisdn", ANNA, "--wait", "0")
    assert [event["op"] for event in done.events()] == ["ask", "ask"]
    done = embedded("sms", "000110", "00", "--msisdn", ANNA, "--wait", "0.3")
    assert [event["event"] for event in done.events()] == ["sms"]
    done = embedded("sms", "999", "00", "--msisdn", ANNA)
    assert done.returncode == 1
    assert done.events() == [{"event": "error", "reason": "nobody has this number", "status": None}]


def test_embedded_on_a_store_in_use(gateway):
    done = gateway.run("dial", "*100#", "--msisdn", ANNA, "--via", "embedded")
    assert done.returncode == 3
    assert "in use by another gateway" in done.stderr


# ---------------------------------------------------------------- by hand


def test_dialling_by_hand(gateway):
    terminal = Terminal(gateway, "dial", "*105#", "--msisdn", ANNA)
    terminal.expect("1 Счет")
    terminal.expect("answer>")
    terminal.type("1\r")
    terminal.expect("1 Баланс")
    terminal.expect("answer>")
    terminal.type("\x04")  # hangs up
    terminal.expect("hung up")
    terminal.expect("phone>")
    terminal.type("*205#\r")
    terminal.expect("+79261234567")
    terminal.expect("phone>")
    terminal.type("sms 000110 00\r")
    terminal.expect("SMS from 000110")
    terminal.expect("phone>")
    terminal.type("what now\r")
    terminal.expect("Dial a code")
    terminal.expect("phone>")
    terminal.type("\x04")
    assert terminal.close() == 0


def test_ctrl_c_leaves(gateway):
    terminal = Terminal(gateway, "dial", "*105#", "--msisdn", ANNA)
    terminal.expect("answer? ")
    terminal.expect("answer>")
    terminal.type("\x03")
    assert terminal.close() == 0


def test_ctrl_c_while_waiting_for_sms(gateway):
    process = subprocess.Popen(
        command("dial", "*205#", "--msisdn", ANNA, "--wait", "60"),
        cwd=ROOT, env=gateway.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith("┌")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in errors
