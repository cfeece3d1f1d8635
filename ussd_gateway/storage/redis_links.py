"""The way from a bucket to the server that has it: one server, the master of sentinels, a cluster.

Each server has one line (`redis_line`), so everything one gateway asks about one subscriber is answered
in the order it was asked.  A server that answers "not here" (MOVED, ASK, READONLY) or "not now" has done
nothing: the same command goes where it belongs.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MovedError,
    NoScriptError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.storage.redis_keys import Bucket, Keys
from ussd_gateway.storage.redis_line import Line
from ussd_gateway.storage.redis_restore import Ask
from ussd_gateway.storage.redis_scripts import SCRIPTS, Script
from ussd_gateway.storage.redis_settings import RedisSettings
from ussd_gateway.storage.redis_url import Address, Place
from ussd_gateway.storage.redis_wire import pack

ATTEMPTS = 6
NOT_NOW_S = 0.05
"""Pause after "not now"; doubled each time."""
REFRESH_S = 0.5
"""The map of a cluster is asked for at most so often."""


Words = tuple[bytes, ...]
_PAST = re.compile(r"^(?:run_id|master_replid):\w+", re.MULTILINE)


class Sent(NamedTuple):
    """A command on its way."""

    bucket: Bucket
    line: Line
    packed: bytes
    writes: bool
    future: "asyncio.Future[Any]"


class Links:
    """Lines to all servers of a place."""

    def __init__(self, place: Place, settings: RedisSettings, keys: Keys) -> None:
        self.keys = keys
        self._place = place
        self._settings = settings
        self._lines: dict[Address, Line] = {}
        self._of_bucket: list[Line] = []
        self._refreshing: asyncio.Task[None] | None = None
        self._refreshed_s = 0.0
        self.trouble: str | None = None
        """The latest reason why a command failed, until a write has succeeded since."""
        self.connections = 0
        """How often we have connected: behind another connection there may be another past (a failover)."""
        self._clients: dict[Address, tuple[str, int]] = {}
        """Address -> (run id of the server, our client id there)."""
        self.restore: Callable[[Ask], Awaitable[object]] | None = None
        """Gives a server what it may have forgotten (the journal)."""
        self.starting = True
        """Commands may wait as long as that takes; later they are refused meanwhile."""
        self._pasts: dict[str, str] = {}
        """Server -> the history it is known to have whole."""

    # ------------------------------------------------------------ life

    async def open(self) -> None:
        """Find the servers; StoreUnavailable."""
        if self._place.kind == "cluster":
            for address in self._place.addresses:
                self._line(address)
            await self._read_map()
        else:
            self._of_bucket = [self._line(self._place.addresses[0])] * len(self.keys.buckets)

    async def close(self) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
        for line in self._lines.values():
            await line.close()

    def masters(self) -> list[Line]:
        """One line to each server that has buckets."""
        return list(dict.fromkeys(self._of_bucket))

    def first_buckets(self) -> list[Bucket]:
        """One bucket of each server."""
        return [self.keys.buckets[self._of_bucket.index(line)] for line in self.masters()]

    # ------------------------------------------------------------ commands

    async def ask(self, bucket: Bucket, *command: bytes, writes: bool = False) -> Any:
        """One command on keys of that bucket."""
        return await self._settle(self._submit(bucket, pack(command), writes))

    async def run(self, script: Script, bucket: Bucket, keys: Words, args: Words, *, writes: bool) -> Any:
        """One script on keys of that bucket."""
        line = self._of_bucket[bucket.index]
        packed = script.call(keys, args)
        answer = line.submit(packed, writes)
        try:
            return await answer
        except (StoreUnavailable, ResponseError):
            sent = Sent(bucket, line, packed, writes, answer)
            return await self._settle(sent, partial(script.full_call, keys, args))

    async def run_all(
        self, script: Script, calls: Sequence[tuple[Bucket, Words, Words]], *, writes: bool
    ) -> list[Any]:
        """The script on several (bucket, KEYS, ARGV), all sent before the first answer; in their order."""
        sent = [self._submit(bucket, script.call(keys, args), writes) for bucket, keys, args in calls]
        for each in sent:
            _ignore(each.future)
        return [
            await self._settle(each, partial(script.full_call, keys, args))
            for each, (_, keys, args) in zip(sent, calls, strict=True)
        ]

    async def everywhere(self, command: Callable[[Bucket], Words]) -> list[Any]:
        """The same asked of all buckets, answered in their order."""
        sent = [self._submit(bucket, pack(command(bucket)), writes=False) for bucket in self.keys.buckets]
        for each in sent:
            _ignore(each.future)
        return [await self._settle(each) for each in sent]

    def _submit(self, bucket: Bucket, packed: bytes, writes: bool) -> "Sent":
        line = self._of_bucket[bucket.index]
        return Sent(bucket, line, packed, writes, line.submit(packed, writes))

    async def _settle(self, sent: "Sent", full: Callable[[], bytes] | None = None) -> Any:
        """The answer; a command that was turned away goes where it belongs, or again a little later.

        `full` gives the call of a script the server does not know.
        """
        bucket, line, packed, writes, answer = sent
        pause_s = NOT_NOW_S
        for _ in range(ATTEMPTS):
            try:
                return await answer
            except StoreUnavailable as error:
                self.trouble = str(error)
                self._refresh_soon()
                raise
            except NoScriptError:
                assert full is not None, "only scripts can be unknown"
                packed = full()
            except MovedError:
                await self._refresh()
                line = self._of_bucket[bucket.index]
            except AskError as moving:
                # The slot is on its way: just this command, announced, to where it goes.
                line = self._line((moving.host, moving.port))
                _ignore(line.submit(pack((b"ASKING",)), writes=False))
            except (TryAgainError, ClusterDownError, ReadOnlyError) as error:
                if isinstance(error, ReadOnlyError):
                    await self._forget(line)
                await asyncio.sleep(pause_s)
                pause_s *= 2
                self._refresh_soon()
                line = self._of_bucket[bucket.index]
            except ResponseError as error:
                raise _refusal(error) from error
            answer = line.submit(packed, writes)
        _ignore(answer)
        raise StoreUnavailable(f"{line.name} does not take commands now", outcome_unknown=writes)

    # ------------------------------------------------------------ the map of a cluster

    def _refresh_soon(self) -> None:
        now_s = asyncio.get_running_loop().time()
        idle = self._refreshing is None or self._refreshing.done()
        if self._place.kind == "cluster" and idle and now_s - self._refreshed_s > REFRESH_S:
            self._refreshed_s = now_s
            self._refreshing = asyncio.get_running_loop().create_task(self._quietly_refresh())

    async def _refresh(self) -> None:
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.get_running_loop().create_task(self._quietly_refresh())
        await asyncio.shield(self._refreshing)

    async def _quietly_refresh(self) -> None:
        with suppress(StoreUnavailable):
            await self._read_map()

    async def _read_map(self) -> None:
        """Which server has which bucket, from the first one that knows; StoreUnavailable."""
        problem: Exception = StoreUnavailable("no server of the cluster answers")
        for address, line in list(self._lines.items()):
            try:
                slots = await line.submit(pack((b"CLUSTER", b"SLOTS")), writes=False)
            except (StoreUnavailable, ResponseError) as error:
                problem = error
                continue
            owners: dict[int, Line] = {}
            for first, last, master, *_ in slots:
                owner = self._line((master[0].decode() or address[0], int(master[1])))
                owners.update(dict.fromkeys(range(first, last + 1), owner))
            if all(bucket.slot in owners for bucket in self.keys.buckets):
                self._of_bucket = [owners[bucket.slot] for bucket in self.keys.buckets]
                return
            problem = StoreUnavailable("the cluster does not cover all slots")
        raise StoreUnavailable(str(problem)) from problem

    # ------------------------------------------------------------ connections

    def _line(self, address: Address) -> Line:
        line = self._lines.get(address)
        if line is None:
            place = self._place
            name = place.service if place.kind == "sentinel" else f"{address[0]}:{address[1]}"
            line = self._lines[address] = Line(
                lambda: self._connect(address),
                f"Redis {name}",
                timeout_s=self._settings.timeout_s,
                wait=self._settings.wait,
                welcome=self._welcome,
            )
        return line

    async def fresh(self, bucket: Bucket) -> Connection:
        """A connection to the server of that bucket for somebody who waits on it, and who closes it."""
        line = self._of_bucket[bucket.index]
        address = next(address for address, known in self._lines.items() if known is line)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                if self._place.kind == "sentinel":
                    address = await self._master()
                connection = self._connection(address)
                await connection.connect()  # type: ignore[no-untyped-call]
                return connection
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"{line.name} cannot be reached: {error}") from error

    async def _forget(self, line: Line) -> None:
        """A master that has become a replica: connect to whoever is master now."""
        if self._place.kind == "cluster":
            return
        address = self._place.addresses[0]
        if self._lines.get(address) is line:
            del self._lines[address]
            self._of_bucket = [self._line(address)] * len(self.keys.buckets)
            await line.close()

    async def _connect(self, address: Address) -> Connection:
        if self._place.kind == "sentinel":
            address = await self._master()
        connection = self._connection(address)
        self.connections += 1
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            await self._fence(connection, address)
            # All at once, so that the first commits of a busy gateway are not turned away one by one.
            await _ask_all(connection, *((b"SCRIPT", b"LOAD", script.source) for script in SCRIPTS))
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return connection

    async def _welcome(self, line: Line, connection: Connection) -> None:
        """Before the first command: a server with another past gets what we know of and it does not."""
        if self.restore is None:
            return
        timeout_s = self._settings.timeout_s

        async def ask(commands: Sequence[bytes]) -> list[Any]:
            async with asyncio.timeout(timeout_s):
                return await _ask_packed(connection, commands)

        try:
            # The run of the process and the history it replicates: one of them changes with every failover.
            infos = await ask([pack((b"INFO", b"server")), pack((b"INFO", b"replication"))])
            past = " ".join(_PAST.findall(" ".join(_text(info) for info in infos)))
            server = f"{connection.host}:{connection.port}"
            if not past or self._pasts.get(server) != past:
                if not self.starting:
                    line.hold_off("is being given what it has forgotten")
                await self.restore(ask)
                self._pasts[server] = past
        except BaseException:
            await connection.disconnect(nowait=True)
            raise

    def _connection(self, address: Address) -> Connection:
        place = self._place
        factory: Any = Connection if place.tls is None else SSLConnection
        made: Connection = factory(
            host=address[0],
            port=address[1],
            protocol=2,
            # A repeated command could happen twice: whoever sent it asks for its key instead.
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=self._settings.timeout_s,
            socket_timeout=None,
            client_name="ussd-gateway",
            **place.login,
            **(place.tls or {}),
        )
        return made

    async def _master(self) -> Address:
        """Whom the sentinels call master now."""
        place = self._place
        sentinel = Sentinel(  # type: ignore[no-untyped-call]
            place.addresses,
            sentinel_kwargs={
                "socket_connect_timeout": self._settings.timeout_s / 4,
                "socket_timeout": self._settings.timeout_s / 4,
                "retry": Retry(NoBackoff(), 0),
                **place.sentinel_login,
            },
        )
        try:
            host, port = await sentinel.discover_master(place.service)
        finally:
            for client in sentinel.sentinels:
                await client.aclose()
        return host, int(port)

    async def _fence(self, connection: Connection, address: Address) -> None:
        """See to it that nothing our last connection sent can still happen once this one is used.

        The server may not have read it yet; asked for its key now it would answer "never", and do it later.
        """
        info, client = await _ask_all(connection, (b"INFO", b"server"), (b"CLIENT", b"ID"))
        if isinstance(info, Exception) or isinstance(client, Exception):
            return  # not allowed to this user
        run_id = next((line for line in info.decode().splitlines() if line.startswith("run_id:")), "")
        before = self._clients.get(address)
        self._clients[address] = (run_id, client)
        if before is not None and before[0] == run_id:
            await _ask_all(connection, (b"CLIENT", b"KILL", b"ID", b"%d" % before[1]))


async def _ask_all(connection: Connection, *commands: Sequence[bytes]) -> list[Any]:
    """Replies, or errors in their places; RedisError when the connection fails."""
    return await _ask_packed(connection, [pack(command) for command in commands])


async def _ask_packed(connection: Connection, commands: Sequence[bytes]) -> list[Any]:
    await connection.send_packed_command([b"".join(commands)], check_health=False)
    replies: list[Any] = []
    for _ in commands:
        try:
            replies.append(await connection.read_response(disconnect_on_error=False))
        except ResponseError as error:
            replies.append(error)
    return replies


def _text(reply: Any) -> str:
    return reply.decode() if isinstance(reply, bytes) else ""


def _refusal(error: RedisError) -> StoreUnavailable:
    """An error reply as what follows from it: most are given before anything was done."""
    text = str(error)
    # A script that stopped half-way has kept what it wrote.
    return StoreUnavailable(f"Redis: {text}", outcome_unknown="script:" in text)


def _ignore(future: "asyncio.Future[Any]") -> None:
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
