"""A menu one of whose screens a web application shows: checked, drawn, explored, played and measured."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

import pytest

from tests.e2e.running import clean_environment, in_process

MENU = """\
menu: shop
about: A shop
service_codes: ["*384#"]
start: root
languages: [ru]
screens:
  root:
    choices:
      1: {label: Опрос, to: survey}
      2: {label: Номер, end: "{subscriber.msisdn}"}
  survey:
    app: {http: "http://127.0.0.1:PORT/ussd?key=1", timeout: 5s}
    on:
      done: {to: thanks}
      failed: {end: Не вышло}
  thanks:
    text: "{said}\\n{choices}"
    choices:
      1: {label: Все, end: Пока}
"""
SCRIPT = """\
script: A survey
data: {rows: [{msisdn: "79261234567"}]}
steps:
  - dial: "*384#"
  - send: "1"
  - expect: {screen: survey, contains: Нравится, op: ask}
  - send: "7"
  - expect: {screen: survey, contains: Точно}
  - send: "1"
  - expect: {screen: thanks, contains: "Спасибо: 7*1", op: ask}
  - send: "1"
  - expect: {text: Пока, op: end}
  - dial: "*384*1*7*1#"
  - expect: {screen: thanks, contains: "Спасибо: 7*1"}
"""


EMBEDDED = ("--via", "embedded")


class Survey(BaseHTTPRequestHandler):
    """In the form of Africa's Talking; two questions."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        text = fields.get("text", "")
        said = ["CON Нравится?\n1 Да\n2 Нет", "CON Точно?\n1 Да", f"END Спасибо: {text}"]
        reply = said[len(text.split("*")) if text else 0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A gateway that ends cuts its connections; whatever else goes wrong is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def serving() -> Iterator[int]:
    with Server(("127.0.0.1", 0), Survey) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def port() -> Iterator[int]:
    with serving() as port:
        yield port


@pytest.fixture
def menus(tmp_path: Path, port: int) -> Path:
    folder = tmp_path / "menus"
    folder.mkdir()
    (folder / "shop.yaml").write_text(MENU.replace("PORT", str(port)), encoding="utf-8")
    return folder


def run(menus: Path, *arguments: str) -> tuple[int, str]:
    done = in_process(clean_environment(PATHS__MENUS=str(menus)), *arguments)
    return done.returncode, done.stdout + done.stderr


def test_check_and_graph_know_such_a_screen(menus: Path) -> None:
    code, told = run(menus, "check", str(menus))
    assert (code, told) == (0, f"ok: {menus / 'shop.yaml'}\n")
    code, told = run(menus, "graph", "shop")
    assert code == 0
    assert '[["survey<br/>127.0.0.1"]]' in told
    assert "key=1" not in told
    broken = (menus / "shop.yaml").read_text(encoding="utf-8").replace("timeout: 5s", "profile: talking")
    (menus / "shop.yaml").write_text(broken, encoding="utf-8")
    code, told = run(menus, "check", str(menus))
    assert code == 1
    assert "shop.yaml:12:" in told
    assert "unknown profile `talking`" in told


def test_a_script_plays_through_it_and_is_measured(menus: Path, tmp_path: Path) -> None:
    script = tmp_path / "survey.yaml"
    script.write_text(SCRIPT, encoding="utf-8")
    code, told = run(
        menus, "replay", str(script), "--via", "embedded", "--coverage", "--cover", "shop", "--json"
    )
    assert code == 0, told
    (menu,) = json.loads(told.splitlines()[-1])["menus"]
    assert [each["to"] for each in menu["missed"]] == ["root.2"]
    assert (menu["screens"], menu["outcomes"]) == ({"taken": 4, "of": 5}, {"taken": 1, "of": 1})
    (left_out,) = menu["not_counted"]
    assert (left_out["event"], left_out["reason"]) == (
        "failed",
        "happens only while the web application fails",
    )


def test_explore_answers_it_and_its_scripts_run_green(menus: Path, tmp_path: Path) -> None:
    code, told = run(menus, "explore", "shop", "-q", "-o", str(tmp_path / "out"))
    assert code == 0, told
    scripts = tmp_path / "out" / "shop"
    assert "Спасибо" in "".join(path.read_text(encoding="utf-8") for path in scripts.iterdir())
    code, told = run(menus, "replay", str(scripts), *EMBEDDED, "--min-coverage", "100", "--cover", "shop")
    assert code == 0, told


def test_explore_tells_what_it_could_not_find_without_the_application(tmp_path: Path) -> None:
    with serving() as port:
        pass
    folder = tmp_path / "menus"
    folder.mkdir()
    (folder / "shop.yaml").write_text(MENU.replace("PORT", str(port)), encoding="utf-8")
    code, told = run(folder, "explore", "shop", "-q", "-o", str(tmp_path / "out"))
    assert code == 1
    assert "not found: survey" in told
