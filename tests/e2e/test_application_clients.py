"""Applications that we did not write: smpplib and the npm package smpp serve a dialogue of three steps in two
dialects; and the sample application of `examples/`."""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import smpplib.client
import smpplib.command
import smpplib.exceptions

from tests.world import REPOSITORY, World, running_world

ANNA = "79261234567"
PATIENCE_S = 20.0
NODE_APPLICATION = Path(__file__).parent / "applications" / "node_application.js"


@pytest.fixture
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    environment = {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}
    async with running_world("memory://", environment, app=getattr(request, "param", {})) as running:
        yield running


def port(world: World) -> int:
    assert world.app.smpp_address is not None
    return int(world.app.smpp_address.rpartition(":")[2])


@asynccontextmanager
async def program(*command: str, **environment: str) -> AsyncIterator[asyncio.StreamReader]:
    """A program that runs until the end of the block; its output."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, **environment}
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def line(output: asyncio.StreamReader) -> str:
    return (await asyncio.wait_for(output.readline(), PATIENCE_S)).decode().strip()


async def walk(world: World) -> list[tuple[str, str]]:
    """A phone dials and answers twice: what it was shown."""
    phone = await world.handset(ANNA)
    screens = [await phone.dial("*500#"), await phone.send("Anna"), await phone.send("30")]
    return [(screen.op, screen.text) for screen in screens]


THREE_STEPS = [("ask", "Your name?"), ("ask", "Your age?"), ("end", "Goodbye")]
DIALECTS = [{"dialect": "plain"}, {"dialect": "its15"}]


# ---------------------------------------------------------------- smpplib


@pytest.fixture
def patched_smpplib(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two parameters without which smpplib cannot read a USSD deliver_sm."""
    params = smpplib.command.DeliverSM.params
    for name, octets in (("ussd_service_op", 1), ("its_session_info", 2)):
        monkeypatch.setitem(params, name, smpplib.command.Param(type=int, size=octets))
    logging.getLogger("smpplib").setLevel(logging.ERROR)


def serve(port: int, dialect: str, bound: Callable[[], object]) -> list[tuple[int, bytes]]:
    """An application on smpplib for one dialogue: the operations and texts it heard."""
    client = smpplib.client.Client("127.0.0.1", port, allow_unknown_opt_params=True, timeout=PATIENCE_S)
    heard: list[tuple[int, bytes]] = []
    screens = [(2, "Your name?"), (2, "Your age?"), (17, "Goodbye")]

    def received(pdu: Any) -> None:
        op, text = screens[len(heard)]
        heard.append((pdu.ussd_service_op, pdu.short_message or b""))
        number = {}
        if dialect == "its15":
            number["its_session_info"] = pdu.its_session_info | (op == 17)
        client.send_message(
            service_type="USSD",
            source_addr=pdu.destination_addr.decode(),
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr=pdu.source_addr.decode(),
            short_message=text.encode(),
            ussd_service_op=op,
            **number,
        )

    client.set_message_received_handler(received)
    answered: list[int] = []
    client.set_message_sent_handler(lambda pdu: answered.append(pdu.status))
    client.connect()
    client.bind_transceiver(system_id="app", password="app")
    bound()
    while len(answered) < len(screens):
        client.read_once()
    client.unbind()
    client.disconnect()
    assert answered == [0, 0, 0]
    return heard


@pytest.mark.parametrize("world", DIALECTS, indirect=True, ids=["plain", "its15"])
async def test_smpplib_serves_a_dialogue(world, patched_smpplib, request):
    dialect = request.node.callspec.params["world"]["dialect"]
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    serving = asyncio.create_task(
        asyncio.to_thread(serve, port(world), dialect, lambda: loop.call_soon_threadsafe(ready.set))
    )
    await asyncio.wait_for(ready.wait(), PATIENCE_S)
    assert await walk(world) == THREE_STEPS
    assert await serving == [(1, b"*500#"), (18, b"Anna"), (18, b"30")]


# ---------------------------------------------------------------- npm smpp


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory, needs_program: Callable[[str], str]) -> str:
    """Where the npm package smpp was installed to."""
    needs_program("node")
    folder = tmp_path_factory.mktemp("node")
    options = ["--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run([needs_program("npm"), "install", *options, "smpp@0.5.1"], check=True, timeout=180)
    return str(folder / "node_modules")


@pytest.mark.parametrize("world", DIALECTS, indirect=True, ids=["plain", "its15"])
async def test_npm_smpp_serves_a_dialogue(world, node_modules, needs_program, request):
    session = "its" if request.node.callspec.params["world"]["dialect"] == "its15" else ""
    command = (needs_program("node"), str(NODE_APPLICATION), str(port(world)), session)
    async with program(*command, NODE_PATH=node_modules) as output:
        assert await line(output) == "bound"
        assert await walk(world) == THREE_STEPS
        said = [await line(output) for _ in range(6)]
    assert sorted(said) == ["answered 0"] * 3 + ["heard 1 *500#", "heard 18 30", "heard 18 Anna"]


# ---------------------------------------------------------------- our own example


async def test_the_sample_application_serves_its_code(world):
    example = str(REPOSITORY / "examples" / "ussd_application.py")
    search = {"PYTHONPATH": str(REPOSITORY)}
    async with program(sys.executable, example, "--port", str(port(world)), **search) as output:
        assert await line(output) == "bound, dial *500#"
        assert await walk(world) == [
            ("ask", "Your name?"),
            ("ask", "Anna, your age?"),
            ("end", "Hello Anna, 30 is a fine age"),
        ]
