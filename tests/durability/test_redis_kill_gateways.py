"""kill -9 of gateways on one Redis under load: nothing acknowledged is lost, nothing is charged twice.

Two whole gateways serve the same subscribers over SMPP and HTTP (`nursery` says what is not whole about
them), one is killed at a time, fifty times; the server, with `appendfsync always`, stays.  Callers of the API
give their requests keys and repeat what got no answer under the same key, at whichever gateway lives.  Then
an auditor reads Redis alone.  DURABILITY_KILLS asks for more.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count

import aiohttp
import pytest

from tests.durability import bugs, nursery
from tests.durability.nursery import Born, Pipe
from tests.durability.redis_auditor import Auditor, Books
from tests.durability.test_kill_gateway import PHONES, Told, load
from tests.patience import until
from tests.redis_servers import Running
from tests.unit.access.wire import no_peer_left  # noqa: F401  (a fixture)

KILLS = int(os.environ.get("DURABILITY_KILLS", "50"))
CLIENTS = 6
WARM = 100
"""Charges before and after a failover."""
SEED = 20261122
OPENING_KOP = 10_000
PAUSE_S = 0.02
"""Before a request is repeated."""


async def serve(pipe: Pipe, url: str, bug: str, environment: dict[str, str]) -> None:
    """The life of a gateway."""
    bugs.plant(bug)
    app = nursery.Gateway(nursery.config(url, **environment))
    await app.start()
    pipe.say((app.smpp_address, app.http_address))
    await asyncio.Event().wait()


TOWNS = 6
"""So many lives a planted bug may take to show."""


class Town:
    """Two gateways, phones and clients of the API; what callers were told."""

    def __init__(
        self, url: str, *, bug: str = "", new_keys: bool = False, environment: dict[str, str] | None = None
    ) -> None:
        """`new_keys`: a bug of the clients, who repeat what got no answer as something new."""
        self._life = (serve, url, bug, environment or {})
        self._new_keys = new_keys
        self._dice = random.Random(SEED)
        self._numbers = count()
        self._gateways: list[Born] = []
        self._addresses: list[tuple[str, tuple[str, int]]] = []
        self._over = False
        self.told = Told()
        self.paid: dict[str, str] = {}
        """Key -> the number that was charged under it, as the API said."""
        self.asked: Counter[str] = Counter()
        """Number -> charges ever asked of the API; each request once, however often it was repeated."""
        self.unknown = 0
        """Requests that got no answer, and were repeated."""
        self.resolved = 0
        """Of these, done before; the repeat got the stored answer."""

    async def live(self, kills: int) -> None:
        """From the first gateway to the last kill; at the end every request has got its answer."""
        await asyncio.gather(self._bear(), self._bear())
        half = len(PHONES) // 2
        phones = [asyncio.create_task(self._phones(part)) for part in (PHONES[:half], PHONES[half:])]
        clients = [asyncio.create_task(self._client()) for _ in range(CLIENTS)]
        try:
            for kill in range(kills):
                self.told.wait_for(self._dice.randrange(5, 60))
                await self._until(self.told.enough, *phones, *clients)
                await self._replace(kill % 2)
            self._over = True
            async with asyncio.timeout(60):
                await asyncio.gather(*clients)
        finally:
            for gateway in self._gateways:
                gateway.kill()
            for task in (*phones, *clients):
                task.cancel()
            ended = await asyncio.gather(*phones, *clients, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in ended[:2]), ended

    async def lose(self, fail_over: Callable[[Callable[[], int]], Awaitable[None]]) -> None:
        """No phones; one gateway dies together with the master that `fail_over` kills."""
        await asyncio.gather(self._bear(), self._bear())
        clients = [asyncio.create_task(self._client()) for _ in range(CLIENTS)]
        try:
            # Every account is open, and the replica knows it.
            await until(lambda: len(set(self.paid.values())) == len(PHONES))
            opened = len(self.paid)
            await until(lambda: len(self.paid) > opened + WARM)
            await fail_over(lambda: len(self.paid))
            self._gateways[0].kill()
            then = len(self.paid)
            # The other goes on with the new master, and only then somebody takes over what the dead one left.
            await until(lambda: len(self.paid) > then + WARM)
            await self._replace(0)
            self._over = True
            async with asyncio.timeout(60):
                await asyncio.gather(*clients)
        finally:
            for task in clients:
                task.cancel()
            for gateway in self._gateways:
                gateway.kill()

    async def _until(self, event: asyncio.Event, *tasks: "asyncio.Task[None]") -> None:
        """Wait for it as long as everybody is well."""
        waiting = asyncio.create_task(event.wait())
        done, _ = await asyncio.wait(
            [waiting, *tasks], timeout=nursery.ANSWER_S, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        for task in done - {waiting}:
            task.result()
        assert done, "nothing goes on"

    async def _bear(self) -> None:
        gateway = Born(*self._life)
        addresses = await asyncio.to_thread(gateway.heard)
        self._gateways.append(gateway)
        self._addresses.append(addresses)

    async def _replace(self, place: int) -> None:
        """Kill one in the middle of its work; the other goes on alone until the next is there."""
        self._gateways[place].kill()
        gateway = Born(*self._life)
        self._addresses[place] = await asyncio.to_thread(gateway.heard)
        self._gateways[place] = gateway

    async def _phones(self, phones: list[str]) -> None:
        """Phones behind one bind, which moves when its gateway dies."""
        while not self._over:
            address, _ = self._dice.choice(self._addresses)
            try:
                await load(address, self.told, phones, self._dice)
            except (asyncio.IncompleteReadError, ConnectionError):
                await asyncio.sleep(PAUSE_S)
        await asyncio.Event().wait()

    async def _client(self) -> None:
        """Charges one after the other; each is repeated until it is answered."""
        async with aiohttp.ClientSession() as session:
            while not self._over:
                msisdn = self._dice.choice(PHONES)
                self.asked[msisdn] += 1
                key = f"{next(self._numbers)}"
                while not await self._charge(session, msisdn, key):
                    self.unknown += 1
                    if self._new_keys:
                        key = f"{next(self._numbers)}"
                    await asyncio.sleep(PAUSE_S)

    async def _charge(self, session: aiohttp.ClientSession, msisdn: str, key: str) -> bool:
        """Ask once; whether there was an answer."""
        _, (host, port) = self._dice.choice(self._addresses)
        url = f"http://{host}:{port}/api/v1/subscribers/{msisdn}/actions/account.charge"
        headers = {"Idempotency-Key": key}
        try:
            async with session.post(url, json={"fee_kop": 1}, headers=headers) as response:
                body = await response.text()
                if response.status == 503:
                    return False
                assert response.status == 200, body
                self.resolved += response.headers.get("Idempotency-Replayed") == "true"
        except (aiohttp.ClientError, ConnectionError):
            return False
        self.paid[key] = msisdn
        return True


def complaints(town: Town, books: Books) -> list[str]:
    """What callers were told against what is written."""
    found = books.complaints() + books.written_over()
    told = town.told
    for key, msisdn in town.paid.items():
        if f"api:{key}" not in books.keys.get(msisdn, ()):
            found.append(f"{key} was acknowledged and is lost")
    for msisdn in PHONES:
        if msisdn not in books.accounts:
            continue
        charged = OPENING_KOP - books.accounts[msisdn]["main"]
        by_api = sum(name.startswith("api:") for name, _ in books.ledger[msisdn])
        if by_api != town.asked[msisdn]:
            found.append(f"{msisdn} was charged {by_api} times for {town.asked[msisdn]} requests")
        if not told.shown[msisdn] <= charged - by_api <= told.dialled[msisdn]:
            found.append(
                f"{msisdn} was charged {charged - by_api} times by {told.dialled[msisdn]} dials, "
                f"{told.shown[msisdn]} of them answered"
            )
    lost = told.accepted - books.texts.keys()
    found += [f"message {message_id} was accepted and is lost" for message_id in sorted(lost)]
    return found


def read(running: Running) -> Books:
    auditor = Auditor(running)
    try:
        return auditor.books()
    finally:
        auditor.close()


@pytest.mark.slow
@pytest.mark.timeout(100 + 2 * KILLS)
async def test_gateways_killed_fifty_times(redis_server: Running) -> None:
    redis_server.flush()
    town = Town(redis_server.url)
    await town.live(KILLS)
    books = read(redis_server)
    assert complaints(town, books) == []
    assert town.told.shown.total() > 5 * KILLS
    assert len(town.told.accepted) > KILLS
    # Some were killed between the commit and the answer: that is what keys are for.
    assert town.unknown >= town.resolved > 0
    print(  # noqa: T201
        f"kills {KILLS}, charges by API {len(town.paid)}, screens {town.told.shown.total()}, "
        f"messages {len(town.told.accepted)}, repeats {town.unknown}, of these done before {town.resolved}"
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "bug, new_keys, complaint",
    [
        ("no version check", False, "has version"),
        ("no key check", False, "was done twice"),
        ("", True, "was charged"),
    ],
)
async def test_planted_bugs_are_found(
    redis_server: Running, bug: str, new_keys: bool, complaint: str
) -> None:
    found: list[str] = []
    # Whether a kill falls between a commit and its answer is chance, so one town may not show every bug.
    for _ in range(TOWNS):
        redis_server.flush()
        town = Town(redis_server.url, bug=bug, new_keys=new_keys)
        await town.live(8)
        found += complaints(town, read(redis_server))
        if any(complaint in each for each in found):
            break
    assert any(complaint in each for each in found), found
