"""The HTTP API of a running gateway: money and guesses in parallel, the moved clock, tokens, rubbish."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.e2e.running import Gateway

ANNA = "79261234567"
BORIS = "79261234568"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    yield gateway
    assert gateway.stop() == 0
    assert not [line for line in gateway.log() if line["level"] in ("error", "critical")]


def in_parallel(count, call):
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(call, range(count)))


def balance(gateway, msisdn):
    return gateway.ask("GET", f"/api/v1/subscribers/{msisdn}")[1]["balance"]


def test_it_is_ready(gateway):
    assert gateway.ask("GET", "/healthz") == (200, {"status": "ok"})
    assert gateway.ask("GET", "/readyz") == (200, {"status": "ready"})


def test_one_key_in_parallel_pays_once(gateway):
    before = balance(gateway, ANNA)
    path = f"/api/v1/subscribers/{ANNA}/topup"
    headers = {"Idempotency-Key": "parallel"}
    answers = in_parallel(40, lambda _: gateway.ask("POST", path, {"amount": "1.00"}, headers))
    assert before == "250.00"
    assert answers == [answers[0]] * 40
    assert answers[0][1]["balance"] == balance(gateway, ANNA) == "251.00"


def test_parallel_payments_all_count(gateway):
    path = f"/api/v1/subscribers/{BORIS}/topup"
    answers = in_parallel(40, lambda _: gateway.ask("POST", path, {"amount": "1.00"}))
    assert {status for status, _ in answers} == {200}
    assert len({body["balance"] for _, body in answers}) == 40
    assert balance(gateway, BORIS) == "290.00"
    lines = gateway.ask("GET", f"/api/v1/subscribers/{BORIS}/ledger?kind=topup")[1]["entries"]
    assert sum(line["amount_kop"] for line in lines) == 4000


def test_parallel_guesses_are_counted_one_by_one(gateway):
    number = "79261230007"
    assert (
        gateway.run("dial", "*105*01#", "Secret77", "Secret77", "--msisdn", number, "--wait", "0").returncode
        == 0
    )
    form = {"login": number, "password": "wrong1"}
    answers = in_parallel(20, lambda _: gateway.ask("POST", "/api/v1/lk/login", form))
    assert sorted(body["attempts_left"] for status, body in answers if status == 401) == [1, 2, 3, 4, 5]
    assert [status for status, _ in answers].count(423) == 15
    assert gateway.ask("POST", "/api/v1/lk/login", {**form, "password": "Secret77"})[0] == 423


def test_moving_the_clock_delivers_what_is_due(gateway):
    done = gateway.run("dial", "*105*00#", "--msisdn", ANNA, "--wait", "0")
    assert done.returncode == 0
    assert gateway.ask("POST", "/api/v1/clock", {"advance": "30s"})[0] == 200
    done = gateway.run("dial", "*205#", "--msisdn", ANNA, "--json", "--wait", "1")
    sms = next(event for event in done.events() if event["event"] == "sms")
    password = re.search(r"\d{6}", sms["text"])
    assert password is not None
    assert gateway.ask("POST", "/api/v1/lk/login", {"login": ANNA, "password": password[0]})[0] == 200
    messages = gateway.ask("GET", f"/api/v1/subscribers/{ANNA}/inbox")[1]["messages"]
    assert messages[-1]["text"] == sms["text"]


def test_the_clock_ends_a_dialogue_that_waits_too_long(gateway):
    assert gateway.run("dial", "*105#", "--msisdn", BORIS, "--wait", "0").returncode == 0
    assert gateway.ask("POST", "/api/v1/clock", {"advance": "1h"})[0] == 200
    assert gateway.run("dial", "*105#", "1", "--msisdn", BORIS, "--wait", "0").returncode == 0


@pytest.mark.parametrize(
    "rubbish",
    [b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100, b"POST /api/v1/clock HTTP/1.1\r\nContent-Length: x\r\n\r\n"],
    ids=["version", "zeros", "length"],
)
def test_rubbish_costs_nobody_else_anything(gateway, rubbish):
    with closing(socket.create_connection(("127.0.0.1", gateway.http_port), timeout=10)) as connection:
        connection.sendall(rubbish)
        answer = connection.recv(65536)
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert gateway.ask("GET", "/healthz")[0] == 200


def test_a_large_body_is_refused(gateway):
    status, _ = gateway.ask("POST", "/api/v1/lk/login", {"login": "x" * 100_000, "password": "x"})
    assert status == 413


def test_a_token_is_asked_for_and_used_by_the_commands(tmp_path):
    gateway = Gateway(tmp_path, HTTP__TOKEN="Canary77", STORAGE__URL="memory://")
    assert gateway.ask("GET", f"/api/v1/subscribers/{ANNA}")[0] == 401
    assert gateway.ask("GET", "/healthz")[0] == 200
    headers = {"Authorization": "Bearer Canary77"}
    assert gateway.ask("GET", f"/api/v1/subscribers/{ANNA}", headers=headers)[0] == 200
    assert gateway.run("account", ANNA).returncode == 0
    gateway.environment["USSDGW_HTTP__TOKEN"] = "another"
    done = gateway.run("account", ANNA)
    assert done.returncode == 3
    assert "http.token" in done.stderr
    assert gateway.stop() == 0
    assert "Canary77" not in gateway.errors.read_text()
