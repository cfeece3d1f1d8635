"""`serve`: what it prints, how it stops, what it refuses to start on, and reloading without a break."""

import re
import shlex
import shutil
import signal
import subprocess
import threading
import time

import pytest

from tests.e2e.running import ROOT, Gateway, clean_environment, command, in_process

ANNA = "79261234567"


def serve(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """A start that is expected to fail."""
    return subprocess.run(
        command("serve", *arguments),
        check=False,
        cwd=ROOT,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.fixture
def gateway(tmp_path):
    """One that the test may stop."""
    gateway = Gateway(tmp_path)
    yield gateway
    gateway.stop()


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """One for all who only look at it."""
    gateway = Gateway(tmp_path_factory.mktemp("standing"))
    yield gateway
    gateway.stop()


def test_the_banner_tells_where_and_what_to_try(standing):
    banner = "\n".join(standing.banner)
    assert f"SMPP  127.0.0.1:{standing.smpp_port}" in banner
    assert f"HTTP  http://127.0.0.1:{standing.http_port}" in banner
    tries = [line.strip() for line in standing.banner[standing.banner.index("try") + 1 : -1]]
    assert len(tries) == 3
    assert f"dial '*105*00#' --msisdn {ANNA} --target 127.0.0.1:{standing.smpp_port}" in tries[0]
    pasted = shlex.split(tries[1])
    pasted = pasted[pasted.index("dial") :]
    assert in_process(clean_environment(), *pasted).returncode == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stops_with_zero(tmp_path, how):
    gateway = Gateway(tmp_path)
    assert gateway.stop(how) == 0
    assert "Traceback" not in gateway.errors.read_text()


def test_what_was_done_survives_a_restart(tmp_path):
    first = Gateway(tmp_path)
    assert first.run("account", ANNA, "topup", "10.00").returncode == 0
    first.stop()
    second = Gateway(tmp_path)
    assert second.ask("GET", f"/api/v1/subscribers/{ANNA}")[1]["balance"] == "260.00"
    second.stop()


def test_stopping_says_goodbye_to_phones(gateway):
    process = subprocess.Popen(
        command("dial", "*205#", "--msisdn", ANNA, "--wait", "30"),
        cwd=ROOT, env=gateway.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith("┌")
    assert gateway.stop() == 0
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 3
    assert "has unbound" in errors


def test_reloads_menus_without_dropping_a_dialogue(tmp_path):
    menus = tmp_path / "menus"
    shutil.copytree(ROOT / "menus", menus)
    gateway = Gateway(tmp_path, PATHS__MENUS=str(menus))
    menu = menus / "number.yaml"
    text = menu.read_text(encoding="utf-8")
    assert "end: number\n" in text

    menu.write_text(text.replace("end: number\n", "end: {ru: Новый текст, en: New text}\n"), encoding="utf-8")
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(lambda: any(line["event"] == "files reloaded" for line in gateway.log()))
    assert "Новый текст" in gateway.run("dial", "*205#", "--msisdn", ANNA, "--wait", "0").stdout

    menu.write_text("menu: [broken", encoding="utf-8")
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(lambda: any(line["event"] == "reload refused" for line in gateway.log()))
    refusal = next(line for line in gateway.log() if line["event"] == "reload refused")
    assert re.search(r"number\.yaml:\d+:\d+: ", refusal["problem"])
    assert "Новый текст" in gateway.run("dial", "*205#", "--msisdn", ANNA, "--wait", "0").stdout
    assert gateway.stop() == 0


def wait_for(condition, timeout_s: float = 10) -> None:
    """Poll what another process does; the only clock it shares with us is the wall's."""
    deadline = time.monotonic() + timeout_s
    never = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        never.wait(0.02)


def test_a_second_process_on_the_same_file_is_refused(standing):
    done = serve(STORAGE__URL=f"sqlite:///{standing.database}", SMPP__PORT="0", HTTP__PORT="0")
    assert done.returncode == 3
    assert f"in use by another gateway (process {standing.process.pid})" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("listener", ["SMPP", "HTTP"])
def test_a_port_in_use_is_refused(standing, listener):
    port = str(standing.smpp_port if listener == "SMPP" else standing.http_port)
    ports = {"SMPP__PORT": "0", "HTTP__PORT": "0", f"{listener}__PORT": port}
    done = serve(STORAGE__URL="memory://", **ports)
    assert done.returncode == 3
    assert "cannot listen" in done.stderr
    assert port in done.stderr
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_mistake_in_the_configuration_at_once(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("smpp:\n  port: many\n  colour: red\nhttp:\n  port: 99999\n", encoding="utf-8")
    done = serve("--config", str(config), CLOCK="sundial")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    for place in (f"{config}:2:9: ", f"{config}:3:3: ", f"{config}:5:9: ", "$USSDGW_CLOCK:1:1: "):
        assert any(line.removeprefix("ussd-gateway: ").startswith(place) for line in lines), (place, lines)


def test_a_missing_configuration():
    done = in_process(clean_environment(), "serve", "--config", "nowhere.yaml")
    assert done.returncode == 2
    assert "nowhere.yaml" in done.stderr


def test_http_off_the_loopback_needs_a_token(tmp_path):
    done = serve(HTTP__HOST="0.0.0.0", HTTP__PORT="0", SMPP__PORT="0", STORAGE__URL="memory://")
    assert done.returncode in (2, 3)
    assert "http.token" in done.stderr


def test_logs_hold_no_secret_and_no_whole_number(gateway):
    gateway.run("dial", "*105*01#", "Canary77", "Canary77", "--msisdn", ANNA, "--wait", "0")
    gateway.run("sms", "000105", "PAS Canary88", "--msisdn", ANNA, "--wait", "0")
    form = {"login": ANNA, "password": "Canary88"}
    assert gateway.ask("POST", "/api/v1/lk/login", form)[0] == 200
    gateway.ask("POST", "/api/v1/lk/login", {"login": ANNA, "password": "Canary99"})
    gateway.stop()
    text = gateway.errors.read_text()
    assert "bound" in text
    for secret in ("Canary", ANNA, '"password"'):
        assert secret not in text
