"""docs/integrations/kannel.md, followed: Kannel as a USSD application; a gateway that is killed meanwhile."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.running import Gateway
from tests.integrations.conftest import GatewayOf
from tests.integrations.guide import OTHER_DIALECT, Guide, follow
from tests.integrations.kannel import Kannel, running_kannel

GUIDE = Guide("kannel")
NeedsProgram = Callable[[str], str]


@pytest.fixture(scope="module")
def kannel(
    gateway: Gateway, tmp_path_factory: pytest.TempPathFactory, needs_program: NeedsProgram
) -> Iterator[Kannel]:
    """Bound as the guide has it."""
    folder = tmp_path_factory.mktemp("kannel")
    with running_kannel(GUIDE, gateway.smpp_port, folder, needs_program) as running:
        yield running


def test_the_guide(gateway: Gateway, kannel: Kannel) -> None:
    follow(GUIDE, gateway)
    assert [kannel.service.line() for _ in range(3)] == [
        "/ussd +79261234567 *500# ?smpp?ussd_service_op=%01&",
        "/ussd +79261234567 Anna ?smpp?ussd_service_op=%12&",
        "/ussd +79261234567 30 ?smpp?ussd_service_op=%12&",
    ]
    assert "Kannel bearerbox version `1.4.5'" in kannel.status()


def test_kannel_hears_that_the_phone_hung_up(gateway: Gateway, kannel: Kannel) -> None:
    done = gateway.run("dial", "*500#", "Anna", "--msisdn", "79261234568", "--wait", "0")
    assert "Anna, your age?" in done.stdout
    assert kannel.service.line_with("%81") == "/ussd +79261234568  ?smpp?ussd_service_op=%81&"


def test_another_dialect(gateway: Gateway, tmp_path: Path, needs_program: NeedsProgram) -> None:
    with running_kannel(GUIDE, gateway.smpp_port, tmp_path, needs_program, account="app15") as kannel:
        follow(GUIDE, gateway, OTHER_DIALECT)
        heard = [kannel.service.line() for _ in range(3)]
    assert [words.split()[2] for words in heard] == ["*515#", "Анна", "30"]
    assert all("its_session_info=" in words for words in heard)


def test_a_gateway_that_is_killed(gateway_in: GatewayOf, tmp_path: Path, needs_program: NeedsProgram) -> None:
    """Kannel notices, binds again by itself, and the dialogue after that is as the one before."""
    for name in ("gateway", "kannel"):
        (tmp_path / name).mkdir()
    with gateway_in(tmp_path / "gateway") as first:
        port = first.smpp_port
        with running_kannel(GUIDE, port, tmp_path / "kannel", needs_program) as kannel:
            follow(GUIDE, first)
            first.stop(signal.SIGKILL)
            kannel.until_status("re-connecting")
            with gateway_in(tmp_path / "gateway", SMPP__PORT=str(port)) as second:
                kannel.until_status("online")
                follow(GUIDE, second)
            heard = [kannel.service.line().split()[2] for _ in range(6)]
    assert heard == ["*500#", "Anna", "30"] * 2
