"""`record` and `dial --record` against a real gateway; what they write replays green on another one."""

import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.running import COMMAND_TIMEOUT_S, ROOT, Gateway, command, prompt_catalogue
from ussd_gateway.documents import read_yaml

TRANSPORTS = ["embedded", "smpp", "http"]
ANNA, BORIS = "79261234567", "79261234568"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    return str(prompt_catalogue(tmp_path_factory.mktemp("catalogue")))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, catalogue):
    """Where sessions are recorded."""
    gateway = Gateway(
        tmp_path_factory.mktemp("gateway"), STORAGE__URL="memory://", PATHS__CATALOGUE=catalogue
    )
    yield gateway
    gateway.stop()


@pytest.fixture(scope="module")
def other(tmp_path_factory, catalogue):
    """Where they are replayed."""
    gateway = Gateway(tmp_path_factory.mktemp("other"), STORAGE__URL="memory://", PATHS__CATALOGUE=catalogue)
    yield gateway
    gateway.stop()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.yaml"


def replays_green(other: Gateway, path: Path) -> None:
    for via in TRANSPORTS:
        done = other.run("replay", str(path), "--via", via)
        assert done.returncode == 0, (via, done.stdout, done.stderr, path.read_text(encoding="utf-8"))
        assert "not checked" not in done.stdout


class Recording:
    """`ussd-gateway record` in a process of its own."""

    def __init__(self, gateway: Gateway, path: Path, msisdn: str, *more: str) -> None:
        self.process = subprocess.Popen(
            command("record", "--msisdn", msisdn, "-o", str(path), *more),
            cwd=ROOT,
            env=gateway.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        assert "recording" in self.process.stderr.readline()

    def stop(self) -> str:
        """Ctrl-C; what it has printed."""
        self.process.send_signal(signal.SIGINT)
        told, errors = self.process.communicate(timeout=COMMAND_TIMEOUT_S)
        assert self.process.returncode == 0, errors
        return told


@pytest.mark.parametrize("via", ["smpp", "http"])
def test_a_dialogue_and_the_message_behind_it(gateway, other, path, via):
    done = gateway.run("dial", "*105*00#", "--msisdn", ANNA, "--via", via, "--record", str(path))
    assert done.returncode == 0, done.stderr
    secret = re.search(r": (\d{6})\.", done.stdout)
    assert secret is not None
    text = path.read_text(encoding="utf-8")
    assert secret[1] not in text
    script = read_yaml(path).value
    assert [next(iter(step)) for step in script["steps"]] == ["dial", "expect", "expect_sms"]
    assert script["steps"][1]["expect"]["screen"] == "password_sent"
    assert script["setup"][0]["account"]["balance"] == "250.00"
    replays_green(other, path)


def test_a_walk_over_a_phone_of_the_process_itself(other, path):
    done = other.run(
        "dial",
        "*105#",
        "1",
        "1",
        "--msisdn",
        BORIS,
        "--via",
        "embedded",
        "--wait",
        "0",
        "--record",
        str(path),
    )
    assert done.returncode == 0, done.stderr
    assert "setup" not in read_yaml(path).value
    replays_green(other, path)


def test_everything_a_phone_does_whatever_its_way(gateway, other, path):
    recording = Recording(gateway, path, ANNA)
    run = gateway.run
    first = run("dial", "*105*00#", "--msisdn", ANNA)
    run("dial", "*105*01#", "Secret77", "Secret77", "--msisdn", ANNA, "--via", "http")
    run("sms", "000105", "PAS Another88", "--msisdn", ANNA)
    run("dial", "*105*4*1#", "--msisdn", ANNA, "--wait", "0")
    run("call", "0505", "2 4", "", "1", "--msisdn", ANNA)
    run("clock", "advance", "24h")
    run("push", ANNA, "Новость", "--timeout", "1")
    run("dial", "*105*1*1#", "--msisdn", ANNA, "--wait", "0")
    run("dial", "*100#", "--msisdn", BORIS, "--wait", "0")
    told = recording.stop()
    text = path.read_text(encoding="utf-8")
    secret = re.search(r": (\d{6})\.", first.stdout)
    assert secret is not None
    for each in (secret[1], "Secret77", "Another88"):
        assert each not in text
        assert each not in told
    verbs = [next(iter(step)) for step in read_yaml(path).value["steps"]]
    assert {"dial", "send", "sms", "call", "press", "expect", "expect_sms", "expect_voice", "wait"} <= set(
        verbs
    )
    assert "*100#" not in text
    replays_green(other, path)


def test_it_stops_by_itself_and_writes_nothing_of_nothing(gateway, path):
    done = gateway.run("record", "--msisdn", "79262000001", "-o", str(path), "--for", "200ms")
    assert done.returncode == 1
    assert "nothing has happened" in done.stderr
    assert not path.exists()


def test_a_gateway_of_somebody_else_shows_only_what_a_phone_sees(gateway, path):
    target = ["--target", f"127.0.0.1:{gateway.smpp_port}"]
    done = gateway.run("dial", "*105#", "1", "--msisdn", BORIS, *target, "--record", str(path), "--loose")
    assert done.returncode == 0, done.stderr
    script = read_yaml(path).value
    assert "setup" not in script
    assert "screen" not in script["steps"][1]["expect"]
    done = gateway.run("replay", str(path), *target)
    assert done.returncode == 0, done.stdout


def test_what_is_refused(gateway, path):
    assert gateway.run("dial", "*100#", "--msisdn", ANNA, "--loose").returncode == 2
    assert gateway.run("record", "--msisdn", ANNA, "-o", str(path), "--for", "soon").returncode == 2
    nobody = ["--url", "http://127.0.0.1:9"]
    assert gateway.run("record", "--msisdn", ANNA, "-o", str(path), *nobody).returncode == 3
