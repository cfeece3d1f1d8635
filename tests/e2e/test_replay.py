"""`replay`: one script through every transport, its exit codes, and what a failure prints."""

from pathlib import Path

import pytest

from tests.e2e.running import Gateway, clean_environment, in_process

TRANSPORTS = ["embedded", "smpp", "http"]

PASSWORD_LIFE = r"""
script: Password life
phones: {boris: "79261234568"}
variables: {own: Secret77}
secrets: [own]
setup:
  - topup: "500"
steps:
  - dial: "*105*00#"
  - expect: {contains: "30", op: end, service_code: "*105*00#", fits: true}
  - expect_sms: {from: "000110", regex: "(?P<password>\\d{6})", within: 30s}
  - login: {password: "{{ password }}", result: ok}
  - sms: {to: "000105", text: "PAS {{ own }}"}
  - expect_sms: {from: "000110", contains: "изменен"}
  - login: {password: "{{ own }}"}
  - login: {password: "{{ password }}", result: wrong}
  - topup: "100"
  - wait: 1h
  - assert: {password_set: true, locked: false, ledger: {kind: topup, count: 1, sum: "100.00"}}
  - dial: "*105#"
  - expect: {op: ask}
  - send: "1"
  - send: "0"
  - expect: {op: ask, contains: ["1", "2"]}
  - cancel: true
  - push: {text: "Ответьте 1", ask: true}
  - expect: {text: "Ответьте 1", op: ask}
  - send: "1"
  - expect: {op: end}
  - push: "Новость"
  - expect: {text: "Новость", op: notify}
  - call: "0505"
  - expect_voice: {state: prompt}
  - cancel: true
  - parallel:
    - steps:
        - sms: {to: boris, text: ping}
        - expect_sms: {from: "79261234568", text: pong}
    - phone: boris
      steps:
        - expect_sms: {text: ping, parts: 1}
        - sms: {to: "{{ msisdn }}", text: pong}
  - no_sms: 30s
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), STORAGE__URL="memory://")
    yield gateway
    gateway.stop()


@pytest.fixture
def script(tmp_path: Path):
    """Writes a script and gives its path."""

    def write(text: str, name: str = "script.yaml") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize("via", TRANSPORTS)
def test_one_script_passes_whatever_the_way(gateway, script, via):
    done = gateway.run("replay", script(PASSWORD_LIFE), "--via", via)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Secret77" not in done.stdout


@pytest.mark.parametrize("via", TRANSPORTS)
def test_a_failure_tells_where_and_what(gateway, script, via):
    path = script(
        'script: wrong\nmsisdn: "79262345678"\nsteps:\n  - dial: "*105#"\n'
        "  - expect:\n      op: ask\n      contains: Нечто\n"
    )
    done = gateway.run("replay", path, "--via", via)
    assert done.returncode == 1
    assert f"{path}:7:7: " in done.stdout
    assert "Нечто" in done.stdout
    assert "1 Счет" in done.stdout


def test_reports(gateway, script, tmp_path):
    path = script("script: report\nsteps:\n  - dial: '*105#'\n  - expect: {op: end}\n")
    report, page = tmp_path / "report.xml", tmp_path / "report.html"
    reports = ["--junit", str(report), "--report", str(page)]
    done = gateway.run("replay", path, "--via", "http", "--json", *reports)
    assert done.returncode == 1
    events = done.events()
    assert [each["op"] for each in events if each["event"] == "screen"] == ["ask"]
    assert events[-1]["event"] == "verdict"
    assert events[-1]["passed"] is False
    assert 'failures="1"' in report.read_text(encoding="utf-8")
    assert "1 Счет" in page.read_text(encoding="utf-8")


def test_a_folder_is_played_whole(script):
    path = script("script: one\nsteps:\n  - dial: '*105#'\n  - expect: {op: ask}\n", "one.yaml")
    script("script: two\nsteps:\n  - dial: '*100#'\n  - expect: {op: end}\n", "two.yaml")
    done = in_process(clean_environment(), "replay", str(Path(path).parent), "--via", "embedded")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "one" in done.stdout
    assert "two" in done.stdout


def test_a_gateway_of_somebody_else_is_judged_by_what_it_shows(gateway, script):
    path = script(
        'script: foreign\nmsisdn: "79262345679"\nsteps:\n  - dial: "*105#"\n'
        "  - expect: {op: ask, screen: root}\n  - assert: {balance: '1.00'}\n"
    )
    target = f"127.0.0.1:{gateway.smpp_port}"
    done = in_process(clean_environment(), "replay", path, "--target", target, "--system-id", "handset")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not checked" in done.stdout
    ours = gateway.run("replay", path, "--target", target, "--url", f"http://127.0.0.1:{gateway.http_port}")
    assert ours.returncode == 1
    assert "balance" in ours.stdout


FAULTS = """
script: faults
phones: {boris: "79261234568"}
steps:
  - inject: {fault: status, status: ESME_RTHROTTLED, phone: boris}
  - dial: "*100#"
  - expect: {op: end}
  - dial: {code: "*100#", phone: boris}
  - expect: {error: true, status: ESME_RTHROTTLED, phone: boris}
  - inject: {fault: late_response, delay: 50ms, msisdn: boris}
  - dial: {code: "*100#", phone: boris}
  - expect: {op: end, phone: boris}
  - inject: double_response
  - dial: "*100#"
  - expect: {op: end}
  - inject: {fault: double_screen, phone: "{{ msisdn }}"}
  - dial: "*100#"
  - expect: {op: end}
  - inject: {fault: drop_response, phone: boris}
  - dial: {code: "*100#", phone: boris}
  - expect: {error: no answer, phone: boris}
  - expect: {op: end, phone: boris}
  - dial: {code: "*100#", phone: boris}
  - expect: {op: end, phone: boris}
"""


def test_faults_are_met_by_the_phone_they_are_for(gateway, script, monkeypatch):
    monkeypatch.setattr("ussd_gateway.phone.smpp.ANSWER_TIMEOUT_S", 0.3)
    done = gateway.run("replay", script(FAULTS), "--via", "smpp")
    assert done.returncode == 0, done.stdout + done.stderr
    assert gateway.ask("GET", "/api/v1/faults") == (200, {"faults": []})


PROFILES = """
script: profiles of faults
phones: {boris: "79261234568"}
variables: {status: ESME_RSUBMITFAIL}
steps:
  - inject: {profile: [magic], account: handset, seed: 7}
  - dial: "*105#"
  - expect: {op: ask}
  - send: "fault:throttled"
  - expect: {error: true, status: ESME_RTHROTTLED}
  - sms: {to: "000105", text: "fault:full", phone: boris}
  - expect: {error: true, status: ESME_RMSGQFUL, phone: boris}
  - inject: {profile: healthy}
  - dial: "*100#"
  - expect: {op: end}
  - inject: {fault: status, chance: 100%, times: 1, text: "*100#", status: "{{ status }}", phone: boris}
  - dial: {code: "*100#", phone: boris}
  - expect: {error: true, status: ESME_RSUBMITFAIL, phone: boris}
  - dial: {code: "*100#", phone: boris}
  - expect: {op: end, phone: boris}
"""


def test_profiles_of_faults_are_given_and_taken(gateway, script):
    done = gateway.run("replay", script(PROFILES), "--via", "smpp")
    assert done.returncode == 0, done.stdout + done.stderr
    assert gateway.ask("GET", "/api/v1/faults/profiles")[1]["accounts"][0]["profiles"] == ["healthy"]


def test_a_fault_that_does_not_exist_is_refused(script):
    path = script("script: no fault\nsteps:\n  - inject: {fault: earthquake}\n  - dial: '*105#'\n")
    done = in_process(clean_environment(), "replay", path, "--via", "embedded")
    assert done.returncode == 2
    assert f"{path}:3:21: expected 'drop_response'" in done.stderr


def test_an_invalid_script_is_refused_whole(script):
    path = script("script: bad\nsteps:\n  - dail: '*105#'\n  - expect: {opp: ask}\n")
    done = in_process(clean_environment(), "replay", path, "--via", "embedded")
    assert done.returncode == 2
    assert f"{path}:3:5: " in done.stderr
    assert f"{path}:4:" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--target", "127.0.0.1:1"],
        ["--url", "http://127.0.0.1:1"],
    ],
)
def test_no_gateway(script, arguments):
    path = script("script: none\nsteps:\n  - dial: '*105#'\n")
    done = in_process(clean_environment(), "replay", path, *arguments)
    assert done.returncode == 3
    assert "connect" in done.stderr


def test_a_wrong_password(gateway, script):
    path = script("script: none\nsteps:\n  - dial: '*105#'\n")
    done = gateway.run("replay", path, "--password", "wrong")
    assert done.returncode == 3
    assert "ESME_RINVPASWD" in done.stderr


def test_no_script(tmp_path):
    done = in_process(clean_environment(), "replay", str(tmp_path), "--via", "embedded")
    assert done.returncode == 2
