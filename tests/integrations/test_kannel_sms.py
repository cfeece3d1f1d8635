"""docs/integrations/kannel_sms.md, followed: keywords, messages to phones and their receipts; and a gateway
that is killed while a message waits."""

import re
import shlex
import signal
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.running import Gateway
from tests.integrations.conftest import GatewayOf
from tests.integrations.guide import Guide, Typed, instead
from tests.integrations.kannel import Kannel, running_kannel

GUIDE = Guide("kannel_sms")
NeedsProgram = Callable[[str], str]
DATES = re.compile(r"date:\d{10}")
IDS = re.compile(r"id:\d+")


def timeless(report: str) -> str:
    """A report without what differs from one run to the next."""
    return IDS.sub("id:N", DATES.sub("date:D", report))


@contextmanager
def kannel_for(gateway: Gateway, folder: Path, needs_program: NeedsProgram) -> Iterator[Kannel]:
    """Kannel of both guides."""
    with running_kannel(
        Guide("kannel"), gateway.smpp_port, folder, needs_program, more=GUIDE.file("keyword.conf")
    ) as running:
        yield running


@pytest.fixture(scope="module")
def kannel(
    gateway: Gateway, tmp_path_factory: pytest.TempPathFactory, needs_program: NeedsProgram
) -> Iterator[Kannel]:
    with kannel_for(gateway, tmp_path_factory.mktemp("kannel"), needs_program) as running:
        yield running


def sendsms(kannel: Kannel, **changes: str) -> str:
    """The curl of the guide with other fields; what it prints."""
    (typed,) = (each for each in GUIDE.typed() if each.command.startswith("curl "))
    url = urllib.parse.urlsplit(shlex.split(typed.command)[1])
    fields = dict(urllib.parse.parse_qsl(url.query)) | changes
    fields["dlr-url"] = instead(fields["dlr-url"], {":8000/": f":{kannel.http_port}/"})
    query = urllib.parse.urlencode(fields)
    address = f"http://127.0.0.1:{kannel.sendsms_port}{url.path}?{query}"
    with urllib.request.urlopen(address, timeout=10) as answer:
        printed = str(answer.read().decode())
    assert printed == typed.output.strip()
    return printed


def reports(kannel: Kannel, number: int) -> list[str]:
    """The next reports, sorted: Kannel calls for several at a time."""
    return sorted(timeless(kannel.service.line_with("/dlr ")) for _ in range(number))


def next_after(old: str, kannel: Kannel) -> list[str]:
    """The next report, one that begins so left out: a kill before our note of Kannel's answer repeats it."""
    found = reports(kannel, 1)
    return reports(kannel, 1) if found[0].startswith(old) else found


def type_in(gateway: Gateway, typed: Typed) -> None:
    """A command of the guide; it prints what the guide says."""
    assert gateway.run(*shlex.split(typed.command)).stdout == typed.output


def printed_as(block: str) -> list[str]:
    return sorted(timeless(line) for line in GUIDE.file(block).splitlines())


def test_the_guide(gateway: Gateway, kannel: Kannel) -> None:
    keyword, comes_back = GUIDE.commands_of_ours()
    type_in(gateway, keyword)
    sendsms(kannel)
    assert reports(kannel, 2) == printed_as("reports")
    type_in(gateway, comes_back)
    assert reports(kannel, 1) == printed_as("delivered")


def test_a_phone_that_stays_off(gateway: Gateway, kannel: Kannel) -> None:
    sendsms(kannel, to="79261234599", validity="1")
    assert len(reports(kannel, 2)) == 2
    assert gateway.run("clock", "advance", "2m").returncode == 0
    (report,) = reports(kannel, 1)
    assert report.startswith("/dlr 34 ")
    assert "stat:EXPIRED err:027" in report


def test_other_alphabets(gateway: Gateway, kannel: Kannel) -> None:
    sendsms(kannel, text="Привет", coding="2", charset="UTF-8", to="79261234568")
    assert len(reports(kannel, 2)) == 2
    done = gateway.run("sms", "7070", "back", "--msisdn", "79261234568", "--wait", "30")
    assert "│ Привет  " in done.stdout
    assert "/dlr 1 " in reports(kannel, 1)[0]


def test_a_gateway_that_is_killed_while_a_message_waits(
    gateway_in: GatewayOf, tmp_path: Path, needs_program: NeedsProgram
) -> None:
    """The phone gets it from the next one, and Kannel, which has bound again, knows whose receipt it is."""
    _, comes_back = GUIDE.commands_of_ours()
    for name in ("gateway", "kannel"):
        (tmp_path / name).mkdir()
    with gateway_in(tmp_path / "gateway") as first:
        port = first.smpp_port
        with kannel_for(first, tmp_path / "kannel", needs_program) as kannel:
            sendsms(kannel)
            assert reports(kannel, 2) == printed_as("reports")
            first.stop(signal.SIGKILL)
            kannel.until_status("re-connecting")
            with gateway_in(tmp_path / "gateway", SMPP__PORT=str(port)) as second:
                kannel.until_status("online")
                type_in(second, comes_back)
                assert next_after("/dlr 4 ", kannel) == printed_as("delivered")
