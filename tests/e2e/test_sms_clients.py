"""Receipts and messages of phones as smpplib and aiosmpplib read them, which we did not write."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiosmpplib
import pytest
import smpplib.client

from tests.e2e.mailing import ANNA, CODE, phone
from tests.e2e.test_listener_clients import PATIENCE_S, Hook, port
from tests.unit.access.wire import no_peer_left, sms
from tests.world import World, running_world

__all__ = ["no_peer_left"]

# aiosmpplib leaves its writer to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <StreamWriter:ResourceWarning")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running_world("memory://", {"USSDGW_SMPP__DRAIN_TIMEOUT_S": "0.05"}) as running:
        yield running


class SmpplibApplication:
    """Blocking: to be used in a thread."""

    def __init__(self, number: int) -> None:
        logging.getLogger("smpplib").setLevel(logging.ERROR)
        self.accepted: list[str] = []
        self.heard: list[Any] = []
        self.client = smpplib.client.Client(
            "127.0.0.1", number, allow_unknown_opt_params=True, timeout=PATIENCE_S
        )
        self.client.set_message_sent_handler(lambda pdu: self.accepted.append(pdu.message_id.decode()))
        self.client.set_message_received_handler(self._heard)
        self.client.connect()
        self.client.bind_transceiver(system_id="app", password="app")

    def _heard(self, pdu: Any) -> None:
        self.heard.append(pdu)

    def submit(self, text: bytes) -> None:
        """Submit a message, and read its submit_sm_resp and its receipt."""
        self.client.send_message(
            source_addr=CODE,
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr=ANNA,
            short_message=text,
            registered_delivery=True,
        )
        while not (self.accepted and self.heard):
            self.client.read_once()

    def hear(self) -> Any:
        """The next message."""
        count = len(self.heard)
        while len(self.heard) == count:
            self.client.read_once()
        return self.heard[-1]

    def close(self) -> None:
        self.client.unbind()
        self.client.disconnect()


async def test_smpplib_matches_a_receipt_and_hears_a_phone(world):
    handset = await phone(world)
    application = await asyncio.to_thread(SmpplibApplication, port(world))
    submitting = asyncio.ensure_future(asyncio.to_thread(application.submit, b"Hello"))
    await handset.hear()
    await submitting
    (receipt,), (message_id,) = application.heard, application.accepted
    assert receipt.receipted_message_id.decode() == message_id
    assert (receipt.message_state, receipt.esm_class) == (2, 4)
    assert (receipt.source_addr, receipt.destination_addr) == (ANNA.encode(), CODE.encode())
    hearing = asyncio.ensure_future(asyncio.to_thread(application.hear))
    assert await handset.status_of(sms(ANNA, CODE, b"Yes")) == 0
    assert (await hearing).short_message == b"Yes"
    await asyncio.to_thread(application.close)


@pytest.fixture
async def application(world: World) -> AsyncIterator[tuple[aiosmpplib.ESME, Hook]]:
    hook = Hook()
    client = aiosmpplib.ESME("127.0.0.1", port(world), "app", "app", hook=hook, log_level=logging.ERROR)
    running = asyncio.ensure_future(client.start())
    yield client, hook
    await client.stop()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("status, stat, err", [(0, "DELIVRD", 0), (0x65, "UNDELIV", 0x65)])
async def test_aiosmpplib_takes_a_receipt_apart(world, application, status, stat, err):
    client, hook = application
    handset = await phone(world)
    await client.broker.enqueue(
        aiosmpplib.SubmitSm(
            short_message="Hello",
            source=aiosmpplib.PhoneNumber(CODE),
            destination=aiosmpplib.PhoneNumber(ANNA, aiosmpplib.TON.INTERNATIONAL, aiosmpplib.NPI.ISDN),
            registered_delivery=1,
            log_id="hello",
        )
    )
    await handset.hear(status)
    accepted = await hook.nth(aiosmpplib.SubmitSmResp, 1)
    receipt = await hook.nth(aiosmpplib.DeliverSm, 1)
    assert receipt.is_receipt()
    told = receipt.parse_receipt()
    assert (told["id"], told["stat"], told["err"], told["text"]) == (accepted.message_id, stat, err, "Hello")
