"""`account`, `inbox`, `clock`, `check`, `graph`, and what every command has in common."""

import json
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests.e2e.running import ROOT, Gateway, clean_environment, command, in_process, prompt_catalogue
from ussd_gateway.cli.program import COMMANDS

ANNA = "79261234567"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    gateway = Gateway(folder, PATHS__CATALOGUE=str(prompt_catalogue(folder)))
    yield gateway
    gateway.stop()


def here(*arguments: str, **settings: str):
    """A command that needs no gateway."""
    return in_process(clean_environment(**settings), *arguments)


# ---------------------------------------------------------------- account


def test_an_account_is_shown(gateway):
    done = gateway.run("account", "8 926 123-45-68")
    assert done.returncode == 0, done.stderr
    rows = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert (rows["number"], rows["balance"], rows["language"]) == ("+79261234568", "250.00", "en")
    assert rows["password"] == "not set"
    assert "left of" in rows["minutes"]


def test_a_corporate_account_shows_its_budget(gateway):
    assert "412.50 left of 700.00" in gateway.run("account", "79260000001").stdout


def test_money_is_added_and_set(gateway):
    done = gateway.run("account", ANNA, "topup", "10,50")
    assert (done.returncode, done.stdout) == (0, f"{ANNA}: balance 260.50\n")
    done = gateway.run("account", ANNA, "set", "3.50", "--json")
    assert done.events()[0]["balance"] == "3.50"
    assert gateway.run("account", ANNA, "--json").events()[0]["balance_kop"] == 350


@pytest.mark.parametrize(
    "arguments, code, word",
    [
        ([ANNA, "topup"], 2, "SUM"),
        ([ANNA, "show", "5"], 2, "SUM"),
        (["nobody"], 2, "not a phone number"),
        ([ANNA, "steal", "5"], 2, "steal"),
        ([ANNA, "topup", "ten"], 1, "ten"),
        ([ANNA, "topup", "0"], 1, "outside what is allowed"),
        (["442071234567"], 1, "no account"),
    ],
)
def test_account_errors(gateway, arguments, code, word):
    done = gateway.run("account", *arguments)
    assert done.returncode == code
    assert word in done.stderr
    assert done.stdout == ""


# ---------------------------------------------------------------- inbox


def test_the_inbox_shows_what_no_phone_has_taken(gateway):
    number = "79261234569"
    assert gateway.run("sms", number, "Привет", "--msisdn", ANNA, "--wait", "0").returncode == 0
    done = gateway.run("inbox", "--msisdn", number)
    assert f"SMS from {ANNA}" in done.stdout
    assert "Привет" in done.stdout
    assert "not delivered yet" in done.stdout
    (event,) = gateway.run("inbox", "--msisdn", number, "--json").events()
    assert (event["event"], event["from"], event["text"], event["parts"]) == ("sms", ANNA, "Привет", 1)
    assert event["state"] == "queued"


def test_the_inbox_is_followed(gateway):
    number = "79261230001"
    process = subprocess.Popen(
        command("inbox", "--msisdn", number, "--follow", "--json"),
        cwd=ROOT, env=gateway.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for text in ("one", "two"):
        gateway.run("sms", number, text, "--msisdn", ANNA, "--wait", "0")
        assert json.loads(process.stdout.readline())["text"] == text
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors.strip()) == (130, "")


# ---------------------------------------------------------------- clock


def test_the_clock_is_moved(gateway):
    before = gateway.run("clock", "--json").events()[0]
    done = gateway.run("clock", "advance", "24h", "--json")
    assert done.events()[0]["now_ms"] - before["now_ms"] >= 86_400_000
    told = gateway.run("clock", "set", "2040-01-01T00:00:00+03:00").stdout.splitlines()
    assert any(line.startswith("2039-12-31T21:00:00") and line.endswith("(virtual)") for line in told)
    assert gateway.run("clock").stdout.endswith("(virtual)\n")


@pytest.mark.parametrize(
    "arguments, code, word",
    [
        (["advance"], 2, "give a duration"),
        (["show", "1h"], 2, "give a duration"),
        (["advance", "soon"], 1, "duration such as 24h"),
        (["set", "2001-01-01"], 1, "forward only"),
        (["back"], 2, "back"),
    ],
)
def test_clock_errors(gateway, arguments, code, word):
    done = gateway.run("clock", *arguments)
    assert done.returncode == code
    assert word in done.stderr


def test_a_url_reaches_any_gateway(gateway):
    url = f"http://127.0.0.1:{gateway.http_port}/"
    assert here("clock", "--url", url).returncode == 0
    assert here("clock", "--url", "gopher").returncode == 2
    done = here("clock", "--url", "http://127.0.0.1:1")
    assert done.returncode == 3
    assert "could not connect to http://127.0.0.1:1" in done.stderr


def test_something_else_behind_the_url():
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *args: object) -> None:
            """Nothing: the test looks at the answer alone."""

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        Thread(target=server.handle_request).start()
        done = here("clock", "--url", f"http://127.0.0.1:{server.server_port}")
    assert done.returncode == 3
    assert "is no ussd-gateway" in done.stderr


# ---------------------------------------------------------------- check


def test_the_shipped_files_are_sound():
    done = here("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ok: configuration, ")
    assert len(done.stdout.splitlines()) == 1


@pytest.fixture
def project(tmp_path):
    """A copy of the shipped files."""
    for folder in ("menus", "sms_commands", "catalogue"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "config.yaml", tmp_path)
    return tmp_path


def test_every_mistake_at_once(project):
    (project / "menus" / "number.yaml").write_text("menu: number\nscreens: {number: {end: no.such.text}}\n")
    (project / "sms_commands" / "000100_balance.yaml").write_text("short_code: '000100'\ncommands: 5\n")
    config = project / "config.yaml"
    config.write_text(config.read_text() + "\ncolour: red\n")
    done = here("check", "--config", str(config))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    for name in ("number.yaml", "000100_balance.yaml", "config.yaml"):
        assert any(f"{name}:" in line for line in lines), (name, lines)
    for line in lines:
        _, row, column, message = line.split(":", 3)
        assert int(row) >= 1
        assert int(column) >= 1
        assert message.strip()
    assert done.stderr == ""


def test_the_scripts_beside_the_configuration_are_checked(project):
    shutil.copytree(ROOT / "scenarios", project / "scenarios")
    config = str(project / "config.yaml")
    assert " scripts" in here("check", "--config", config).stdout
    path = project / "scenarios" / "parts" / "locked.yaml"
    path.write_text("steps:\n  - dail: '*105#'\n", encoding="utf-8")
    done = here("check", "--config", config)
    assert done.returncode == 1
    assert f"{path}:2:5: " in done.stdout


def test_chosen_files_are_checked(project):
    menus, commands = project / "menus", project / "sms_commands"
    for path in (
        menus,
        menus / "balance.yaml",
        commands,
        project / "catalogue",
        project / "config.yaml",
        project,
    ):
        done = here("check", str(path))
        assert (done.returncode, done.stderr) == (0, ""), (path, done)
        assert done.stdout.startswith("ok: ")


@pytest.mark.parametrize(
    "name, text, message",
    [
        (
            "menus/extra.yaml",
            "menu: extra\nservice_codes: ['*1#']\nstart: nowhere\nscreens: {a: {end: bye}}\n",
            "nowhere",
        ),
        (
            "sms_commands/extra.yaml",
            "short_code: '1'\ncommands: [{keyword: A, action: no.such}]\n",
            "no.such",
        ),
        ("catalogue/tariffs.yaml", "tariffs: 5\n", "mapping"),
        ("shopping.yaml", "milk: 2\n", "neither a menu"),
        ("list.yaml", "- 1\n", "neither a menu"),
        ("broken.yaml", "menu: [\n", "not YAML"),
        ("bomb.yaml", "[" * 200_000, ""),
    ],
)
def test_a_chosen_file_with_a_mistake(project, name, text, message):
    path = project / name
    path.write_text(text, encoding="utf-8")
    done = here("check", str(path))
    assert done.returncode == 1
    assert path.name in done.stdout
    assert message in done.stdout


def test_a_path_that_is_not_there():
    assert here("check", "no/such/file.yaml").returncode == 2


# ---------------------------------------------------------------- graph


def test_menus_are_drawn():
    mermaid = here("graph", "service_guide").stdout
    assert mermaid.startswith("flowchart")
    assert "Счет" in mermaid
    assert "Account" in here("graph", "service_guide", "--language", "en").stdout
    assert here("graph", "service_guide", "--format", "dot").stdout.startswith("digraph")
    drawn = json.loads(here("graph", "service_guide", "--format", "json").stdout)
    assert drawn["service_codes"][0] == "*105#"
    by_file = here("graph", "menus/service_guide.yaml", "--format", "json").stdout
    assert json.loads(by_file) == drawn


def test_menus_that_cannot_be_drawn(tmp_path):
    done = here("graph", "nosuch")
    assert done.returncode == 2
    assert "service_guide" in done.stderr
    assert here("graph", "nosuch.yaml").returncode == 2
    broken = tmp_path / "broken.yaml"
    broken.write_text("menu: 1\nscreens: 5\n")
    done = here("graph", str(broken))
    assert done.returncode == 2
    assert "broken.yaml:2:" in done.stderr


def test_svg_without_graphviz_says_what_is_missing(monkeypatch, tmp_path):
    environment = clean_environment() | {"PATH": str(tmp_path)}
    done = in_process(environment, "graph", "balance", "--format", "svg")
    assert done.returncode == 3
    assert "graphviz" in done.stderr


def test_svg_is_what_dot_makes_of_it(tmp_path):
    dot = tmp_path / "dot"
    dot.write_text('#!/bin/sh\n[ "$1" = -Tsvg ] && echo "<svg><!--" && /bin/cat && echo "--></svg>"\n')
    dot.chmod(0o755)
    done = in_process(clean_environment() | {"PATH": str(tmp_path)}, "graph", "balance", "--format", "svg")
    assert done.returncode == 0, done.stderr
    assert ElementTree.fromstring(done.stdout).tag == "svg"
    assert "digraph" in done.stdout
    dot.write_text("#!/bin/sh\nexit 1\n")
    done = in_process(clean_environment() | {"PATH": str(tmp_path)}, "graph", "balance", "--format", "svg")
    assert done.returncode == 3


# ---------------------------------------------------------------- all of them


def test_help_lists_every_command():
    done = subprocess.run(command("--help"), check=True, cwd=ROOT, capture_output=True, text=True)
    assert [name for name in COMMANDS if f"\n  {name} " in done.stdout] == list(COMMANDS)


@pytest.mark.parametrize("arguments", [["--help"], ["replay", "--help"]], ids=" ".join)
def test_help_imports_nothing_heavy(arguments):
    """What keeps it quick; how quick, `benchmarks/` shows."""
    code = f"import sys, ussd_gateway.cli.program as program; program.run({arguments}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"asyncio", "aiohttp", "aiosmpplib", "pydantic", "yaml", "rich", "structlog", "redis"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    done = here(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: ussd-gateway {name} ")


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["dial"], ["dial", "*100#"], ["--nosuch"], ["clock", "--nosuch"]]
)
def test_wrong_usage(arguments):
    done = here(*arguments)
    assert done.returncode == 2
    assert "Usage: ussd-gateway" in done.stderr


def test_version():
    done = here("--version")
    assert done.stdout.startswith("ussd-gateway 0.")


def test_a_reader_that_goes_away():
    head = f"{sys.executable} -m ussd_gateway graph service_guide | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", head], check=True, cwd=ROOT, env=clean_environment(), capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["flowchart LR", "0"]


def test_an_internal_error_takes_one_line(monkeypatch):
    monkeypatch.setattr("ussd_gateway.cli.check.Check.everything", lambda self, path: 1 / 0)
    done = here("check")
    assert done.returncode == 3
    assert done.stderr.startswith("ussd-gateway: internal error: ZeroDivisionError")
    assert len(done.stderr.splitlines()) == 1
    with pytest.raises(ZeroDivisionError):
        in_process(clean_environment() | {"USSD_GATEWAY_TRACEBACK": "1"}, "check")


def test_names_in_other_alphabets_do_not_stop_an_old_terminal(gateway):
    environment = gateway.environment | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(
        command("dial", "*105#", "--msisdn", ANNA),
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
    )
    assert done.returncode == 0
    assert b"?" in done.stdout
