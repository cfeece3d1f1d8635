"""What gateways on one Redis know of each other, and tell each other.

    a beat a second   I live, and these are my receiving binds; who else lives, and what are theirs?
    a stream each     parcels for one gateway: a screen for a phone behind it, a phone to look after
    a claim a phone   one gateway at a time delivers its messages; the claim of the dead may be broken

A gateway whose beat has not come through for LIFE_S counts as dead, on the clock of Redis.  It knows that
itself a little earlier (`sure`), on its own clock, and then delivers nothing; one that comes back from there
(a process that was stopped, a Redis that was gone) goes on under another name, so nothing it had claimed is
still its own.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog
from redis.asyncio.connection import Connection
from redis.exceptions import RedisError

from ussd_gateway.billing.store import OutMessage
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.exchange import Claim, Parcel, Reach
from ussd_gateway.storage.redis import RedisStore
from ussd_gateway.storage.redis_keys import Bucket
from ussd_gateway.storage.redis_scripts import BEAT, DONE, TAKE
from ussd_gateway.storage.redis_wire import pack

BEAT_S = 1.0
LIFE_S = 5.0
MARGIN_S = 1.0
"""How much earlier than everybody else a gateway knows that it counts as dead."""
CLAIM_MS = 86_400_000
"""Claims are not renewed while their gateway lives; those of gateways long forgotten vanish."""
UNKNOWN_MS = 6_000
"""The claim of a gateway unknown to us may be that of one just started, until it is so old."""
WHERE_MS = 3_600_000
"""How long it is remembered where a phone last spoke."""
HEARD = 500_000
"""How many phones a gateway remembers to have heard itself, at least."""
MOST_PARCELS = 20_000
"""Kept for a gateway that does not fetch them."""
MOST_MESSAGES = 1000
"""Of one phone, looked at in one go."""
BLOCK_MS = 1000
PAUSE_S = 0.2
GONE = "gone"
"""The kind of the parcel that says farewell."""

log = structlog.get_logger(__name__)


class RedisExchange:
    """Implements `exchange.Exchange` beside a RedisStore."""

    def __init__(self, store: RedisStore) -> None:
        self.id = secrets.token_hex(4)
        self.others: dict[str, Sequence[Reach]] = {}
        self.on_beat: Callable[[], None] = lambda: None
        self._store = store
        self._reach: Callable[[], Sequence[Reach]] = lambda: ()
        self._receive: Callable[[Parcel], None] = lambda parcel: None
        self._raw: dict[str, bytes] = {}
        self._sure_until_s = 0.0
        # MSISDN -> instants: when it last spoke through us, when Redis learned of it.
        self._heard: dict[str, list[int]] = {}
        self._heard_before: dict[str, list[int]] = {}
        self._beat_now = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._sending: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------ life

    async def start(self, reach: Callable[[], Sequence[Reach]], receive: Callable[[Parcel], None]) -> None:
        """`reach` tells what we take now; `receive` is given each parcel.  StoreUnavailable."""
        self._reach, self._receive = reach, receive
        self._loop = asyncio.get_running_loop()
        await self._beat()
        self._tasks = [self._loop.create_task(self._live()), self._loop.create_task(self._listen())]

    async def stop(self) -> None:
        """Leave: what we had claimed is free at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._sending, return_exceptions=True)
        self._sure_until_s = 0.0
        try:
            await self._say(b"[]", 0)
        except StoreUnavailable as error:
            log.warning("other gateways were not told that we leave", reason=str(error))
            return
        # Until their next beat they would send us what we cannot show any more.
        await asyncio.gather(
            *(self._send(other, Parcel(GONE, "", {"gateway": self.id})) for other in self.others)
        )

    def sure(self) -> bool:
        """Whether we count as alive, by our own reckoning."""
        return self._loop.time() < self._sure_until_s

    def reach_changed(self) -> None:
        """Tell the others soon what we take."""
        self._beat_now.set()

    async def _live(self) -> None:
        while True:
            try:
                async with asyncio.timeout(BEAT_S):
                    await self._beat_now.wait()
            except TimeoutError:
                pass
            self._beat_now.clear()
            try:
                await self._beat()
            except StoreUnavailable:
                await asyncio.sleep(PAUSE_S)  # the store says so in the log

    async def _say(self, reach: bytes, life_ms: int) -> list[bytes]:
        links = self._store.links
        keys, args = (links.keys.gateways, links.keys.heart), (self.id.encode(), reach, b"%d" % life_ms)
        answer: list[Any] = await links.run(BEAT, links.keys.buckets[0], keys, args, writes=True)
        self._was_known = bool(answer[0])
        return answer[1:]

    async def _beat(self) -> None:
        sent_s = self._loop.time()
        reach = json.dumps(self._reach(), separators=(",", ":")).encode()
        told = await self._say(reach, round(LIFE_S * 1000))
        # Redis says so only once, and that answer may be lost: our own clock knows it too.
        overdue = sent_s >= self._sure_until_s + MARGIN_S
        if self._sure_until_s and (overdue or not self._was_known):
            # We were counted out, and others may have taken over what we held.
            await self._say(b"[]", 0)
            log.warning("counted as dead by the other gateways", gateway=self.id)
            self.id = secrets.token_hex(4)
            self._heard.clear()
            self._heard_before.clear()
            told = await self._say(reach, round(LIFE_S * 1000))
        self._sure_until_s = sent_s + LIFE_S - MARGIN_S
        self._learn(dict(zip(map(bytes.decode, told[::2]), told[1::2], strict=True)))

    def _learn(self, raw: dict[str, bytes]) -> None:
        raw.pop(self.id, None)
        if raw != self._raw:
            self._raw = raw
            self.others = {name: [Reach(*each) for each in json.loads(text)] for name, text in raw.items()}
        self.on_beat()

    # ------------------------------------------------------------ parcels

    def send(self, gateway: str, parcel: Parcel) -> None:
        """To one gateway; lost when it dies before it has fetched it."""
        self._do(self._send(gateway, parcel))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, gateway: str, parcel: Parcel) -> None:
        links = self._store.links
        bucket, name = self._stream(gateway)
        text = json.dumps(parcel, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            await links.ask(bucket, b"XADD", name, b"MAXLEN", b"~", b"%d" % MOST_PARCELS, b"*", b"p", text)
            await links.ask(bucket, b"PEXPIRE", name, b"60000")
        except StoreUnavailable as error:
            log.warning("parcel lost", kind=parcel.kind, reason=str(error))

    def _stream(self, gateway: str) -> tuple[Bucket, bytes]:
        bucket = self._store.links.keys.bucket(gateway)
        return bucket, bucket.start + b":to:" + gateway.encode()

    async def _listen(self) -> None:
        """Hand on what comes, on a connection of its own, for it waits there."""
        while True:
            try:
                await self._read_parcels()
            except (StoreUnavailable, RedisError, OSError, TimeoutError):
                await asyncio.sleep(PAUSE_S)

    async def _read_parcels(self) -> None:
        listening_as = self.id
        bucket, name = self._stream(listening_as)
        connection = await self._store.links.fresh(bucket)
        try:
            last = b"0"
            while listening_as == self.id:
                last = await self._read_page(connection, name, last)
        finally:
            await connection.disconnect(nowait=True)

    async def _read_page(self, connection: Connection, name: bytes, last: bytes) -> bytes:
        command = (b"XREAD", b"COUNT", b"500", b"BLOCK", b"%d" % BLOCK_MS, b"STREAMS", name, last)
        await connection.send_packed_command([pack(command)], check_health=False)
        answer: Any = await connection.read_response(timeout=BLOCK_MS / 1000 + 5, disconnect_on_error=False)
        for _, entries in answer or ():
            for entry, (_, text) in entries:
                last = entry
                try:
                    self._take(Parcel(*json.loads(text)))
                except Exception:
                    log.exception("parcel not understood")
        if answer:
            await self._store.links.ask(self._stream(self.id)[0], b"XTRIM", name, b"MINID", last)
        return last

    def _take(self, parcel: Parcel) -> None:
        if parcel.kind == GONE:
            self._learn({name: raw for name, raw in self._raw.items() if name != parcel.body["gateway"]})
        else:
            self._receive(parcel)

    # ------------------------------------------------------------ phones

    def heard(self, msisdn: str) -> None:
        """The phone spoke through us.  Only when it had spoken elsewhere does Redis learn of it."""
        now_ms = time.time_ns() // 1_000_000
        noted = self._heard.get(msisdn) or self._heard_before.get(msisdn)
        if noted is not None and now_ms - noted[1] < WHERE_MS // 2:
            noted[0] = now_ms
            return
        self._heard[msisdn] = [now_ms, now_ms]
        if len(self._heard) > HEARD:
            self._heard_before, self._heard = self._heard, {}
        self._do(self._note(msisdn, now_ms))

    def is_here(self, msisdn: str) -> bool:
        """Whether the phone spoke through us, and as far as we know through nobody else since."""
        return msisdn in self._heard or msisdn in self._heard_before

    def left(self, msisdn: str, at_ms: int) -> None:
        """Another gateway has heard the phone, at that instant; it may have come back since."""
        noted = self._heard.pop(msisdn, None) or self._heard_before.pop(msisdn, None)
        if noted is not None and noted[0] > at_ms:
            self.heard(msisdn)

    async def _note(self, msisdn: str, at_ms: int) -> None:
        bucket = self._store.links.keys.bucket(msisdn)
        name = bucket.start + b"w:" + msisdn.encode()
        me = self.id.encode()
        try:
            before = await self._store.links.ask(
                bucket, b"SET", name, me, b"PX", b"%d" % WHERE_MS, b"GET", writes=True
            )
        except StoreUnavailable:
            self.left(msisdn, at_ms)
            return
        if before is not None and before != me and before.decode() in self.others:
            self.send(before.decode(), Parcel("left", msisdn, {"at_ms": at_ms}))

    async def where(self, msisdn: str) -> str | None:
        """The living gateway through which the phone last spoke."""
        bucket = self._store.links.keys.bucket(msisdn)
        stored = await self._store.links.ask(bucket, b"GET", bucket.start + b"w:" + msisdn.encode())
        name = stored.decode() if stored else ""
        return name if name in self.others or name == self.id else None

    async def claim(self, msisdn: str, takers: Sequence[str], *, in_hand: bool) -> Claim:
        """Who is to deliver to the phone; see `exchange.Exchange`."""
        bucket, keys = self._phone(msisdn)
        args = (
            self.id.encode(),
            b"1" if in_hand else b"0",
            b"%d" % CLAIM_MS,
            b"%d" % UNKNOWN_MS,
            b"%d" % MOST_MESSAGES,
            b"%d" % len(takers),
            *map(str.encode, takers),
            *map(str.encode, self.others),
        )
        where = bucket.start + b"w:" + msisdn.encode()
        answer = await self._store.links.run(TAKE, bucket, (keys[0], where, keys[1]), args, writes=True)
        return Claim(answer[0].decode(), [each.decode() for each in answer[1:]])

    async def fetch(self, msisdn: str, refs: Sequence[str]) -> list[OutMessage]:
        """The messages that a claim named, in that order; those that are gone are left out."""
        return await self._store.messages(msisdn, refs)

    async def done(self, msisdn: str, refs: Sequence[str], *, put_down: bool) -> int:
        """These need no delivery any more; how many are left."""
        bucket, keys = self._phone(msisdn)
        args = (self.id.encode(), b"1" if put_down else b"0", *map(str.encode, refs))
        return int(await self._store.links.run(DONE, bucket, keys, args, writes=True))

    def _phone(self, msisdn: str) -> tuple[Bucket, tuple[bytes, bytes]]:
        bucket = self._store.links.keys.bucket(msisdn)
        name = msisdn.encode()
        return bucket, (bucket.start + b"h:" + name, bucket.start + b"q:" + name)
