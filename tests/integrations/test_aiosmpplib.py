"""docs/integrations/aiosmpplib.md, followed; and what becomes of phones when aiosmpplib cannot read us."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.e2e.running import Gateway
from tests.integrations.conftest import GatewayOf
from tests.integrations.guide import OTHER_DIALECT, Guide, Program, follow, instead, program

GUIDE = Guide("aiosmpplib")
UNAVAILABLE = "Сервис временно недоступен"
PHONE = ("--msisdn", "79261234567", "--wait", "0")
SETTINGS = dict(re.findall(r"USSDGW_(\w+)=(\w+)", GUIDE.text))
SENDS = "                await esme.broker.enqueue(submit(message, *screen))\n"

DATA_SM = """
    - system_id: data
      password: data
      role: application
      deliver_as: data_sm
      service_codes: ["*516#"]
"""


@pytest.fixture(scope="module")
def as_told(gateway_in: GatewayOf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway with the settings of the guide."""
    assert len(SETTINGS) == 4
    with gateway_in(tmp_path_factory.mktemp("settings"), DATA_SM, **SETTINGS) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the file of the guide."""
    (tmp_path / "ussd.py").write_text(GUIDE.file("ussd.py"), encoding="utf-8")
    return tmp_path


@pytest.fixture
def application(as_told: Gateway, folder: Path) -> Iterator[Program]:
    """The application of the guide, bound."""
    with program(sys.executable, "ussd.py", str(as_told.smpp_port), folder=folder) as running:
        assert running.line() == "bound"
        yield running


def test_the_guide(as_told: Gateway, application: Program) -> None:
    assert f"aiosmpplib=={version('aiosmpplib')}`" in GUIDE.text
    follow(GUIDE, as_told)
    assert [application.line() for _ in range(3)] == ["submitted: ESME_ROK"] * 3
    follow(GUIDE, as_told, {"Anna": "Анна"})


def test_it_cannot_read_that_the_phone_hung_up(as_told: Gateway, application: Program) -> None:
    done = as_told.run("dial", "*500#", "Anna", *PHONE)
    assert "Anna, your age?" in done.stdout
    assert application.line_with("unreadable").endswith("0501000181")
    follow(GUIDE, as_told)


def test_it_cannot_read_an_empty_answer(as_told: Gateway, application: Program) -> None:
    done = as_told.run("dial", "*500#", "", *PHONE)
    assert UNAVAILABLE in done.stdout
    assert application.line_with("unreadable").endswith("0501000112")
    follow(GUIDE, as_told)


def test_numbers_of_dialogues_that_it_can_read(as_told: Gateway, folder: Path) -> None:
    with program(sys.executable, "ussd.py", str(as_told.smpp_port), "app15", folder=folder) as application:
        assert application.line() == "bound"
        follow(GUIDE, as_told, OTHER_DIALECT)


def test_it_does_not_know_data_sm(as_told: Gateway, folder: Path) -> None:
    with program(sys.executable, "ussd.py", str(as_told.smpp_port), "data", folder=folder) as application:
        assert application.line() == "bound"
        assert UNAVAILABLE in as_told.run("dial", "*516#", *PHONE).stdout
        assert application.line().startswith("unreadable: 0000")


def last_screen_twice(folder: Path) -> None:
    """The application of the guide, but it submits the last screen twice: the second one comes too late."""
    again = "                if screen[0] == END:\n    " + SENDS.replace("*screen", 'END, "again"')
    text = instead(GUIDE.file("ussd.py"), {SENDS: SENDS + again})
    (folder / "ussd.py").write_text(text, encoding="utf-8")


def test_it_is_told_that_it_was_too_late(as_told: Gateway, folder: Path) -> None:
    last_screen_twice(folder)
    with program(sys.executable, "ussd.py", str(as_told.smpp_port), folder=folder) as application:
        assert application.line() == "bound"
        follow(GUIDE, as_told)
        said = [application.line() for _ in range(4)]
        assert said == ["submitted: ESME_ROK"] * 3 + ["submitted: ESME_RSUBMITFAIL"]


def test_it_binds_anew_when_it_hears_a_status_of_vendors(gateway: Gateway, folder: Path) -> None:
    last_screen_twice(folder)
    with program(sys.executable, "ussd.py", str(gateway.smpp_port), folder=folder) as application:
        assert application.line() == "bound"
        follow(GUIDE, gateway)
        assert [application.line() for _ in range(4)] == ["submitted: ESME_ROK"] * 3 + ["bound"]
        done = gateway.run("dial", "*500#", "Anna", *PHONE)
        assert "Anna, your age?" in done.stdout


def test_it_is_told_that_its_password_is_wrong(as_told: Gateway, folder: Path) -> None:
    text = instead(GUIDE.file("ussd.py"), {"logging.CRITICAL": "logging.ERROR"})
    (folder / "ussd.py").write_text(text, encoding="utf-8")
    with program(sys.executable, "ussd.py", str(as_told.smpp_port), "nobody", folder=folder) as application:
        assert "ESME_RINVPASWD" in application.line_with("ESME_R")
