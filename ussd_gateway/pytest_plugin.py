"""The pytest plugin: fixture `ussd_gateway`, a gateway for each test (docs/testing.md).

Every pytest run on the machine imports this module, so it imports nothing but pytest: the gateway comes
with the first test that asks for it.
"""

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ussd_gateway.testing import Gateway
    from ussd_gateway.testing.options import Options

_PATHS = {
    "config": "config.yaml of the gateway that is started (default: the one here, else the packaged one)",
    "menus": "folder of menus instead of the one it names",
    "sms_commands": "folder of SMS commands instead of the one it names",
    "catalogue": "folder of the catalogue instead of the one it names",
}
_TEXTS = {
    "smpp": "HOST:PORT of a running gateway to test instead",
    "system_id": "system_id to bind with (handset)",
    "password": "password to bind with (handset)",
    "http": "http://HOST:PORT of a running gateway to test instead, or beside --ussd-smpp",
    "token": "token of its HTTP API",
}
_SCOPES = ("function", "class", "module", "package", "session")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--ussd-menus DIR` on the command line, `ussd_menus = DIR` in the file."""
    group = parser.getgroup("ussd-gateway", "ussd-gateway: the gateway under test")
    for name, help_text in (_PATHS | _TEXTS).items():
        metavar = {"config": "FILE", "smpp": "HOST:PORT", "http": "URL"}.get(name)
        metavar = metavar or ("DIR" if name in _PATHS else "TEXT")
        option = f"--ussd-{name.replace('_', '-')}"
        group.addoption(option, dest=f"ussd_{name}", metavar=metavar, default=None, help=help_text)
        parser.addini(f"ussd_{name}", help_text, default=None)
    parser.addini("ussd_scope", f"how long one gateway lives: {', '.join(_SCOPES)}", default="function")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a setting that would only be found out in the middle."""
    scope = config.getini("ussd_scope")
    if scope not in _SCOPES:
        raise pytest.UsageError(f"ussd_scope: {scope!r} is none of {', '.join(_SCOPES)}")


def _scope(fixture_name: str, config: pytest.Config) -> Any:
    return config.getini("ussd_scope")


@pytest.fixture(scope="session")
def ussd_gateway_options(pytestconfig: pytest.Config) -> "Options":
    """What the gateway is made of; a conftest.py may say otherwise."""
    folder = pytestconfig.inipath.parent if pytestconfig.inipath else pytestconfig.rootpath
    options: Any = {}
    for name in (*_PATHS, *_TEXTS):
        value = pytestconfig.getoption(f"ussd_{name}")
        if value is None:
            value = pytestconfig.getini(f"ussd_{name}")
            if value and name in _PATHS:  # a file names paths from where it is
                value = folder / value
        if value:
            options[name] = value
    return options  # type: ignore[no-any-return]


@pytest.fixture(scope=_scope)
def ussd_gateway(ussd_gateway_options: "Options") -> Iterator["Gateway"]:
    """A gateway in this process, with an empty store and a clock that stands still; or one at an address."""
    from ussd_gateway.testing import Gateway  # noqa: PLC0415  # nobody else shall pay for it

    with Gateway(**ussd_gateway_options) as gateway:
        yield gateway


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails tells what its phones had seen."""
    report = yield
    gateway = getattr(item, "funcargs", {}).get("ussd_gateway")
    if report.failed and call.when == "call" and (story := getattr(gateway, "story", "")):
        report.sections.append(("What the phones saw", story))
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """A screen or message that a comparison was about, as the phone shows it."""
    texts = sys.modules.get("ussd_gateway.testing.texts")
    if texts is None:
        return None
    operands, pictures = [], []
    for each in (left, right):
        if isinstance(each, texts.Told):
            operands.append(each.origin)
            pictures += each.picture().split("\n")
        else:
            operands.append(repr(each))
    return [f" {op} ".join(operands), *pictures] if pictures else None
