"""One connection to one Redis server, on which commands go out in order and are answered in order.

    submit, submit, submit    within a turn of the event loop
    -> one write              (and one WAIT, when replicas must have it)
    -> replies, in the same order, while the next batch is already on its way

Nothing is ever sent twice: when the connection breaks, what had been sent is answered as of unknown outcome,
and the next command connects anew.  Only the key of a commit can tell what became of it.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from redis.asyncio.connection import Connection
from redis.exceptions import RedisError, ResponseError

from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.storage.redis_wire import pack

PAUSE_S = 0.1
"""After a vain attempt to connect, commands are refused at once for so long."""


class Request:
    """A packed command; `writes`: losing the answer leaves it unknown whether it happened."""

    __slots__ = ("future", "packed", "sent_s", "writes")

    def __init__(self, packed: bytes, future: "asyncio.Future[Any] | None", writes: bool) -> None:
        self.packed = packed
        self.future = future
        self.writes = writes
        self.sent_s = 0.0

    def answer(self, reply: Any) -> None:
        """Resolve with a reply or an exception, unless the caller has gone."""
        future = self.future
        if future is None or future.done():
            return
        if isinstance(reply, Exception):
            future.set_exception(reply)
        else:
            future.set_result(reply)


class Line:
    """The connection and what waits on it."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        name: str,
        *,
        timeout_s: float,
        wait: int,
        welcome: "Callable[[Line, Connection], Awaitable[None]]",
    ) -> None:
        """`connect` gives a fresh connection; `welcome`, however long it takes, makes it ready for commands.

        `name` is for messages.
        """
        self.name = name
        self._connect = connect
        self._welcome = welcome
        self._timeout_s = timeout_s
        self._wait = wait
        self._wait_command = pack((b"WAIT", b"%d" % wait, b"%d" % (timeout_s * 500)))
        self._loop = asyncio.get_running_loop()
        self._queue: list[Request] = []
        self._sent: deque[Request] = deque()
        self._held: list[tuple[Request, Any]] = []
        """Done by the server, not yet said to be on the replicas."""
        self._wanted = asyncio.Event()
        self._refused: tuple[float, str] = (0.0, "")
        self._task = self._loop.create_task(self._run())

    def submit(self, packed: bytes, writes: bool) -> "asyncio.Future[Any]":
        """Send it at the end of this turn; the reply, an error reply, or StoreUnavailable."""
        future: asyncio.Future[Any] = self._loop.create_future()
        until_s, reason = self._refused
        if until_s and self._loop.time() < until_s:
            future.set_exception(StoreUnavailable(reason))
            return future
        self._queue.append(Request(packed, future, writes))
        self._wanted.set()
        return future

    def hold_off(self, reason: str) -> None:
        """Refuse all commands until the connection is ready."""
        self._refused = (math.inf, f"{self.name} {reason}")
        self._refuse(self._refused[1])

    async def close(self) -> None:
        """Let go; what is still unanswered is answered as lost."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._refused = (math.inf, "the connection is closed")
        self._refuse("the connection is closed")

    # ------------------------------------------------------------ the connection's life

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                async with asyncio.timeout(self._timeout_s):
                    connection = await self._connect()
                await self._welcome(self, connection)
            except (RedisError, OSError, TimeoutError, StoreUnavailable) as error:
                reason = f"{self.name} cannot be reached: {str(error) or type(error).__name__}"
                self._refused = (self._loop.time() + PAUSE_S, reason)
                self._refuse(reason)
                continue
            self._refused = (0.0, "")
            await self._serve(connection)

    def _refuse(self, reason: str) -> None:
        """Answer what was never sent."""
        queue, self._queue = self._queue, []
        self._wanted.clear()
        for request in queue:
            request.answer(StoreUnavailable(reason))

    async def _serve(self, connection: Connection) -> None:
        """Write, read and watch until one of them fails."""
        tasks = [
            self._loop.create_task(work)
            for work in (self._write(connection), self._read(connection), self._watch())
        ]
        reason = "closed"
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            reason = str(next(iter(done)).exception())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._lose(f"{self.name} was lost: {reason}")
            with suppress(RedisError, OSError, TimeoutError):
                await connection.disconnect(nowait=True)

    def _lose(self, reason: str) -> None:
        """Answer what was sent and not answered."""
        lost = [request for request, _ in self._held] + list(self._sent)
        self._held.clear()
        self._sent.clear()
        for request in lost:
            request.answer(StoreUnavailable(reason, outcome_unknown=request.writes))

    async def _write(self, connection: Connection) -> None:
        while True:
            await self._wanted.wait()
            queue, self._queue = self._queue, []
            self._wanted.clear()
            now_s = self._loop.time()
            if self._wait and any(request.writes for request in queue):
                queue.append(Request(self._wait_command, None, writes=False))
            for request in queue:
                request.sent_s = now_s
            # Before it is sent: from the first octet on it may happen.
            self._sent.extend(queue)
            await connection.send_packed_command(
                [b"".join([request.packed for request in queue])], check_health=False
            )

    async def _read(self, connection: Connection) -> None:
        sent = self._sent
        while True:
            try:
                reply = await connection.read_response(timeout=math.inf, disconnect_on_error=False)
            except ResponseError as error:
                reply = error
            request = sent.popleft()
            if request.future is None:
                self._settle(reply)
            elif self._wait and request.writes and not isinstance(reply, Exception):
                self._held.append((request, reply))
            else:
                request.answer(reply)

    def _settle(self, replicas: Any) -> None:
        """WAIT has answered for all writes before it."""
        held, self._held = self._held, []
        enough = isinstance(replicas, int) and replicas >= self._wait
        for request, reply in held:
            request.answer(
                reply
                if enough
                else StoreUnavailable(f"{replicas} of {self._wait} replicas have it", outcome_unknown=True)
            )

    async def _watch(self) -> None:
        """Ends when the oldest command has been unanswered for too long."""
        while True:
            await asyncio.sleep(self._timeout_s / 4)
            if self._sent and self._loop.time() - self._sent[0].sent_s > self._timeout_s:
                raise TimeoutError(f"no answer within {self._timeout_s:g} s")
