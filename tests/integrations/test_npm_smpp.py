"""docs/integrations/npm_smpp.md, followed."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from tests.e2e.running import Gateway
from tests.integrations.guide import OTHER_DIALECT, Guide, follow, program

GUIDE = Guide("npm_smpp")
INSTALL_TIMEOUT_S = 120


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory,
    needs_program: Callable[[str], str],
    cannot_run: Callable[[str], NoReturn],
) -> Path:
    """With the package and the file of the guide."""
    made: Path = tmp_path_factory.mktemp("node")
    assert "npm install smpp@0.5.1" in GUIDE.text
    options = ["--silent", "--no-audit", "--no-fund", "--prefer-offline", "--prefix", str(made)]
    install = [needs_program("npm"), "install", *options, "smpp@0.5.1"]
    done = subprocess.run(install, check=False, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S)
    if done.returncode:
        cannot_run(f"npm could not install smpp: {done.stderr or done.stdout}")
    (made / "ussd.js").write_text(GUIDE.file("ussd.js"), encoding="utf-8")
    return made


def test_the_guide(gateway: Gateway, folder: Path, needs_program: Callable[[str], str]) -> None:
    with program(needs_program("node"), "ussd.js", str(gateway.smpp_port), folder=folder) as application:
        assert application.line() == "bound"
        follow(GUIDE, gateway)
        assert [application.line() for _ in range(3)] == [
            "Your name? -> 0",
            "Anna, your age? -> 0",
            "Hello Anna, 30 is a fine age -> 0",
        ]


def test_another_dialect(gateway: Gateway, folder: Path, needs_program: Callable[[str], str]) -> None:
    options = (str(gateway.smpp_port), "app15")
    with program(needs_program("node"), "ussd.js", *options, folder=folder) as application:
        assert application.line() == "bound"
        follow(GUIDE, gateway, OTHER_DIALECT)
        assert application.line_with("Hello") == "Hello Анна, 30 is a fine age -> 0"
