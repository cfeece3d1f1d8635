"""Clients we did not write: smpplib and aiosmpplib walk a menu, order a password and read their SMS."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiosmpplib
import pytest
import smpplib.client
import smpplib.command
import smpplib.exceptions

from tests.world import World, running_world

# aiosmpplib leaves its writer to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <StreamWriter:ResourceWarning")

ANNA = "79261234567"
PATIENCE_S = 5.0


@pytest.fixture
async def world() -> AsyncIterator[World]:
    environment = {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05", "USSDGW_SMPP__FULL_ERROR_BODIES": "true"}
    async with running_world("memory://", environment) as running:
        yield running


def port(world: World) -> int:
    assert world.app.smpp_address is not None
    return int(world.app.smpp_address.rpartition(":")[2])


# ---------------------------------------------------------------- smpplib: blocking, in a thread


@pytest.fixture
def patched_smpplib(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two parameters without which smpplib cannot read a USSD deliver_sm."""
    params = smpplib.command.DeliverSM.params
    for name, octets in (("ussd_service_op", 1), ("its_session_info", 2)):
        monkeypatch.setitem(params, name, smpplib.command.Param(type=int, size=octets))
    logging.getLogger("smpplib").setLevel(logging.ERROR)


class SmpplibPhone:
    """Submits and reads on one connection; whatever is not an answer to a submit waits in `delivered`."""

    def __init__(self, port: int) -> None:
        self.client = smpplib.client.Client(
            "127.0.0.1", port, allow_unknown_opt_params=True, timeout=PATIENCE_S
        )
        self.delivered: list[Any] = []
        self.accepted: list[str] = []
        self.client.set_message_received_handler(self._delivered)
        self.client.set_message_sent_handler(lambda pdu: self.accepted.append(pdu.message_id.decode()))
        self.client.connect()
        self.client.bind_transceiver(system_id="handset", password="handset")

    def _delivered(self, pdu: Any) -> None:
        self.delivered.append(pdu)

    def submit(self, text: bytes, to: str, **fields: Any) -> Any:
        """Submit, and read the submit_sm_resp and one deliver_sm."""
        self.client.send_message(
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr=ANNA,
            destination_addr=to,
            short_message=text,
            **fields,
        )
        wanted = len(self.delivered) + 1
        while len(self.delivered) < wanted:
            self.client.read_once()
        return self.delivered[-1]

    def close(self) -> None:
        self.client.unbind()
        self.client.disconnect()


async def test_smpplib_walks_a_menu(world, patched_smpplib):
    def walk() -> tuple[list[tuple[int, str]], list[str]]:
        phone = SmpplibPhone(port(world))
        screens = []
        for text, op in ((b"*105#", 1), (b"1", 18), (b"1", 18)):
            screen = phone.submit(text, "*105#", service_type="USSD", ussd_service_op=op)
            screens.append((screen.ussd_service_op, screen.short_message.decode("utf-16-be")))
        phone.submit(b"HELP", "000105")
        phone.close()
        return screens, phone.accepted

    screens, accepted = await asyncio.to_thread(walk)
    assert [op for op, _ in screens] == [2, 2, 2] or [op for op, _ in screens] == [2, 2, 17]
    assert "1 Счет" in screens[0][1]
    assert "1 Баланс" in screens[1][1]
    assert len(set(accepted)) == 4


async def test_smpplib_is_told_its_password_is_wrong(world):
    def bind() -> int:
        client = smpplib.client.Client("127.0.0.1", port(world), allow_unknown_opt_params=True)
        client.connect()
        with pytest.raises(smpplib.exceptions.PDUError) as caught:
            client.bind_transceiver(system_id="handset", password="wrong")
        client.disconnect()
        return int(caught.value.args[1])

    assert await asyncio.to_thread(bind) == 0x0E


# ---------------------------------------------------------------- aiosmpplib


class Hook(aiosmpplib.AbstractHook):  # type: ignore[misc]
    """Collects what arrives."""

    def __init__(self) -> None:
        self.received_messages: list[Any] = []
        self.changed = asyncio.Event()

    async def sending(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        pass

    async def received(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        assert smpp_message is not None, pdu.hex()
        self.received_messages.append(smpp_message)
        self.changed.set()

    async def send_error(self, smpp_message: Any, error: Exception, client_id: str) -> None:
        raise AssertionError(error)

    async def until(self, found: Callable[[], Any]) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while not (result := found()):
                self.changed.clear()
                await self.changed.wait()
            return result

    async def nth(self, kind: type, number: int) -> Any:
        """The `number`-th message of a kind, counted from 1."""

        def find() -> Any:
            found = [message for message in self.received_messages if isinstance(message, kind)]
            return found[number - 1] if len(found) >= number else None

        return await self.until(find)


@pytest.fixture
async def esme(world) -> AsyncIterator[tuple[aiosmpplib.ESME, Hook]]:
    hook = Hook()
    client = aiosmpplib.ESME(
        "127.0.0.1", port(world), "handset", "handset", hook=hook, log_level=logging.ERROR
    )
    running = asyncio.ensure_future(client.start())
    yield client, hook
    await client.stop()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def message(text: str, to: str, op: int | None = None) -> aiosmpplib.SubmitSm:
    return aiosmpplib.SubmitSm(
        short_message=text,
        source=aiosmpplib.PhoneNumber(ANNA, aiosmpplib.TON.INTERNATIONAL, aiosmpplib.NPI.ISDN),
        destination=aiosmpplib.PhoneNumber(to),
        service_type="USSD" if op is not None else "",
        registered_delivery=0,
        log_id=f"{text} {op}",
        optional_params=[aiosmpplib.OptionalParam(0x0501, chr(op))] if op is not None else None,
    )


def op_of(screen: Any) -> int:
    return next(ord(param.value) for param in screen.optional_params if param.tag == 0x0501)


async def test_aiosmpplib_walks_a_menu(esme):
    client, hook = esme
    for number, (text, op) in enumerate((("*105#", 1), ("1", 18), ("1", 18)), start=1):
        await client.broker.enqueue(message(text, "*105#", op))
        screen = await hook.nth(aiosmpplib.DeliverSm, number)
        assert screen.destination.number == ANNA
        if number == 1:
            assert "1 Счет" in screen.short_message
            assert op_of(screen) == 2


async def test_aiosmpplib_orders_a_password(world, esme):
    client, hook = esme
    await client.broker.enqueue(message("*105*00#", "*105*00#", 1))
    screen = await hook.nth(aiosmpplib.DeliverSm, 1)
    assert op_of(screen) == 17
    assert "30 секунд" in screen.short_message
    await world.settle()
    world.clock.advance(2_000)
    text = await hook.nth(aiosmpplib.DeliverSm, 2)
    assert text.source.number == "000110"


async def test_aiosmpplib_gets_the_status_of_a_refusal(esme):
    client, hook = esme
    await client.broker.enqueue(message("HELP", "999999"))
    response = await hook.nth(aiosmpplib.SubmitSmResp, 1)
    assert response.command_status == aiosmpplib.SmppCommandStatus.ESME_RINVDSTADR
