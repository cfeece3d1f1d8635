"""docs/integrations/smpplib.md, followed; and what smpplib does without the patch."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.e2e.running import ROOT, Gateway, command
from tests.integrations.guide import OTHER_DIALECT, Guide, follow, instead, program

GUIDE = Guide("smpplib")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the file of the guide."""
    (tmp_path / "ussd.py").write_text(GUIDE.file("ussd.py"), encoding="utf-8")
    return tmp_path


def test_the_guide(gateway: Gateway, folder: Path) -> None:
    with program(sys.executable, "ussd.py", str(gateway.smpp_port), folder=folder) as application:
        assert application.line() == "bound"
        follow(GUIDE, gateway)
        assert [application.line() for _ in range(3)] == ["submitted 0"] * 3


def test_another_dialect(gateway: Gateway, folder: Path) -> None:
    with program(sys.executable, "ussd.py", str(gateway.smpp_port), "app15", folder=folder) as application:
        assert application.line() == "bound"
        follow(GUIDE, gateway, OTHER_DIALECT)


def test_without_the_patch(gateway: Gateway, folder: Path) -> None:
    """The day this fails, smpplib has learnt it, and the guide can do with less."""
    text = instead(
        GUIDE.file("ussd.py"), {'DeliverSM.params["ussd_service_op"] = Param(type=int, size=1)\n': ""}
    )
    (folder / "ussd.py").write_text(text, encoding="utf-8")
    dial = command("dial", "*500#", "--msisdn", "79261234567")
    with program(sys.executable, "ussd.py", str(gateway.smpp_port), folder=folder) as application:
        assert application.line() == "bound"
        with program(*dial, folder=ROOT, environment=gateway.environment):
            assert application.line_with("Error") == "KeyError: 'ussd_service_op'"


def test_the_version_of_the_guide() -> None:
    assert f"smpplib=={version('smpplib')}`" in GUIDE.text
