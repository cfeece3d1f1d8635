"""`replay` against USSD centres of other people: what it sees is judged, what nobody can see is said."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.running import Done, clean_environment, in_process

FOLDER = Path(__file__).with_name("foreign")
NPM_PACKAGE = "smpp@0.5.1"
INSTALL_TIMEOUT_S = 120

LAST = "Привезем завтра. Код придет в SMS."

SCRIPT = """
script: Parcels
phones: {anna: "79261234567"}
steps:
  - dial: {code: "*500#", phone: anna}
  - expect: {text: "Посылки. Какой номер?", op: ask, service_code: "*500#", within: 5s, phone: anna}
  - send: {text: "4711", phone: anna}
  - expect: {contains: ["Посылка 4711", "1 Привезти"], op: ask, fits: true, phone: anna}
  - send: {text: "1", phone: anna}
  - expect: {text: "Привезем завтра. Код придет в SMS.", op: end, phone: anna}
  - expect_sms: {from: "5000", regex: "код: (?P<code>\\\\d{6})$", phone: anna}
  - sms: {to: "5000", text: "{{ code }}", phone: anna}
  - expect_sms: {from: "5000", text: Принято, parts: 1, phone: anna}
  - assert: {ledger: {kind: topup, count: 0}, phone: anna}
"""

Centre = Callable[[str], int]
"""Starts one whose last screen has this text; gives its port."""


@contextmanager
def running(argv: list[str], environment: dict[str, str]) -> Iterator[int]:
    """A centre in a process of its own; its port is the first line it prints."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


@pytest.fixture(scope="module")
def modules(needs_program: Callable[[str], str], cannot_run: Callable[[str], None], tmp_path_factory) -> Path:
    """Where node finds the package; nothing of it stays behind."""
    needs_program("node")
    folder: Path = tmp_path_factory.mktemp("npm")
    install = [needs_program("npm"), "install", "--silent", "--no-audit", "--no-fund", "--prefer-offline"]
    try:
        done = subprocess.run(
            [*install, "--prefix", str(folder), NPM_PACKAGE],
            check=False,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
        )
        reason = "" if done.returncode == 0 else f"{done.stderr or done.stdout}".strip() or "no reason given"
    except subprocess.TimeoutExpired:
        reason = f"it took more than {INSTALL_TIMEOUT_S} s"
    if reason:
        cannot_run(f"npm could not install {NPM_PACKAGE}: {reason}")
    return folder / "node_modules"


@pytest.fixture(params=["npm", "plain"])
def centre(request) -> Iterator[Centre]:
    """Each of the two in turn."""
    if request.param == "npm":
        modules = request.getfixturevalue("modules")
        argv, environment = ["node", str(FOLDER / "npm_centre.js")], {"NODE_PATH": str(modules)}
    else:
        argv, environment = [sys.executable, "-I", str(FOLDER / "plain_centre.py")], {}
    opened = []

    def start(last: str) -> int:
        opened.append(running([*argv, last], os.environ | environment))
        return opened[-1].__enter__()

    yield start
    for each in opened:
        each.__exit__(None, None, None)


def replay(tmp_path: Path, port: int, *more: str) -> Done:
    script = tmp_path / "parcels.yaml"
    script.write_text(SCRIPT, encoding="utf-8")
    target = ["--target", f"127.0.0.1:{port}", "--system-id", "tester", "--password", "pw"]
    return in_process(clean_environment(), "replay", str(script), *target, *more)


def test_a_dialogue_and_messages(centre, tmp_path):
    done = replay(tmp_path, centre(LAST), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    events = done.events()
    shown = [(each["op"], each["service_code"]) for each in events if each["event"] == "screen"]
    assert shown == [("ask", "*500#"), ("ask", "*500#"), ("end", "*500#")]
    assert [each["text"] for each in events if each["event"] == "sms"] == ["Ваш код: ***", "Принято"]
    steps = [(each["verb"], each["status"]) for each in events if each["event"] == "step"]
    assert steps[-1] == ("assert", "not_checked")
    assert {status for _, status in steps[:-1]} == {"passed"}
    assert "839201" not in done.stdout


def test_what_cannot_be_checked_is_said(centre, tmp_path):
    done = replay(tmp_path, centre(LAST), "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not checked" in done.stdout
    assert "nobody here can look into this gateway" in done.stdout


def test_a_changed_text_is_red_where_it_differs(centre, tmp_path):
    done = replay(tmp_path, centre("Привезем в среду. Код придет в SMS."))
    assert done.returncode == 1
    assert f"{tmp_path / 'parcels.yaml'}:10:14: " in done.stdout
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "- Привезем завтра. Код придет в SMS." in lines
    assert "+ Привезем в среду. Код придет в SMS." in lines
