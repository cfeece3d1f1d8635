"""Open dialogues in Redis: a step may come through any gateway, and a paused one brings no old state back.

A dialogue is one string, `id LF version LF deadline LF JSON`.  A save names the version it was loaded with,
and Redis refuses it when another has been saved since.  The time to live is only for what nobody sweeps up:
the deadline itself is found by `due`, on the gateway's clock, by whichever gateway looks first; it claims
the dialogue, so that no other ends it too.
"""

import asyncio
import json

from ussd_gateway.errors import Conflict
from ussd_gateway.menu.steps import Position
from ussd_gateway.storage.redis import RedisStore
from ussd_gateway.storage.redis_keys import Bucket
from ussd_gateway.storage.redis_scripts import CLAIM, LOAD, REMOVE, SAVE
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.store import CLAIM_MS
from ussd_gateway.vocabulary import Value

KEPT_MS = 3_600_000
"""How long beyond its whole duration a dialogue may lie that no gateway ends."""
COUNT_S = 2.0
"""How old the number of open dialogues may be."""

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


class RedisDialogueStore:
    """Implements ussd.store.DialogueStore beside a RedisStore, on the same lines."""

    def __init__(self, store: RedisStore) -> None:
        self._store = store
        self._count = 0
        self._counted_s = 0.0
        self._counting = False

    async def get(self, msisdn: str) -> Dialogue | None:
        """The account comes along, for the step that wants the dialogue wants it next."""
        links = self._store.links
        bucket = links.keys.bucket(msisdn)
        name = msisdn.encode()
        keys = (bucket.start + b"d:" + name, bucket.start + b"a:" + name)
        stored, fields = await links.run(LOAD, bucket, keys, (), writes=False)
        self._store.expect(msisdn, fields)
        return None if stored is None else _dialogue(msisdn, stored)

    async def save(self, dialogue: Dialogue) -> None:
        links = self._store.links
        bucket = links.keys.bucket(dialogue.msisdn)
        name = dialogue.msisdn.encode()
        life_ms = dialogue.ends_by_ms - dialogue.started_ms + KEPT_MS
        args = (
            dialogue.id.encode(),
            b"%d" % dialogue.version,
            _value(dialogue),
            b"%d" % life_ms,
            b"%d" % dialogue.deadline_ms,
            name,
            # An application is given less time than a subscriber.
            b"1" if dialogue.state == "application" else b"0",
        )
        answer = await links.run(SAVE, bucket, (bucket.start + b"d:" + name, bucket.open), args, writes=True)
        if answer == b"":
            raise Conflict(f"dialogue {dialogue.id} is no longer stored")
        if answer != 1:
            raise Conflict(f"dialogue {dialogue.id} was overtaken by {answer.decode()}")
        self._count += dialogue.version == 0
        dialogue.version += 1

    async def remove(self, dialogue: Dialogue) -> bool:
        links = self._store.links
        bucket = links.keys.bucket(dialogue.msisdn)
        name = dialogue.msisdn.encode()
        keys = (bucket.start + b"d:" + name, bucket.open)
        removed = await links.run(REMOVE, bucket, keys, (dialogue.id.encode(), name), writes=True)
        self._count -= removed
        return bool(removed)

    async def due(self, now_ms: int, limit: int) -> list[Dialogue]:
        now, most = b"%d" % now_ms, b"%d" % limit
        until = b"%d" % (now_ms + CLAIM_MS)
        links = self._store.links

        def first(bucket: Bucket) -> tuple[bytes, ...]:
            return (b"ZRANGEBYSCORE", bucket.open, b"-inf", now, b"WITHSCORES", b"LIMIT", b"0", most)

        pages = await links.everywhere(first)
        late = [
            (int(at_ms), name, bucket)
            for bucket, page in zip(links.keys.buckets, pages, strict=True)
            for name, at_ms in zip(page[::2], page[1::2], strict=True)
        ]
        late.sort(key=lambda one: one[:2])
        calls = [
            (bucket, (bucket.start + b"d:" + name, bucket.open), (name, now, until))
            for _, name, bucket in late[:limit]
        ]
        claimed = await links.run_all(CLAIM, calls, writes=True)
        found = [
            _dialogue(name.decode(), stored)
            for (_, name, _), stored in zip(late, claimed, strict=False)
            if stored is not None
        ]
        return sorted(found, key=lambda dialogue: dialogue.deadline_ms)

    async def count(self) -> int:
        """As it was a moment ago, but for our own: it only keeps the number of dialogues within reason."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._counted_s > COUNT_S and not self._counting:
            self._counting = True
            try:
                numbers = await self._store.links.everywhere(lambda bucket: (b"ZCARD", bucket.open))
                self._count, self._counted_s = sum(numbers), now_s
            finally:
                self._counting = False
        return self._count

    async def some(self, limit: int) -> list[Dialogue]:
        """Those with the latest deadlines."""
        links = self._store.links

        def last(bucket: Bucket) -> tuple[bytes, ...]:
            return (b"ZREVRANGE", bucket.open, b"0", b"%d" % (limit - 1), b"WITHSCORES")

        pages = await links.everywhere(last)
        latest = [
            (int(at_ms), name, bucket)
            for bucket, page in zip(links.keys.buckets, pages, strict=True)
            for name, at_ms in zip(page[::2], page[1::2], strict=True)
        ]
        latest.sort(key=lambda one: one[:2], reverse=True)
        chosen = latest[:limit]
        stored = await asyncio.gather(
            *(links.ask(bucket, b"GET", bucket.start + b"d:" + name) for _, name, bucket in chosen)
        )
        return [
            _dialogue(name.decode(), text)
            for (_, name, _), text in zip(chosen, stored, strict=True)
            if text is not None
        ]


def _position_fields(position: Position) -> tuple[object, ...]:
    # By hand, for it is done at every step: `to_json`, which copies deeply, takes ten times as long.
    return (
        position.menu,
        position.version,
        position.state,
        position.variables,
        position.page,
        position.wrong,
        position.history,
        position.pending,
    )


def _position(
    menu: str,
    version: str,
    state: str,
    variables: dict[str, Value],
    page: int,
    wrong: int,
    history: list[str],
    pending: list[str],
) -> Position:
    return Position(menu, version, state, variables, page, wrong, tuple(history), tuple(pending))


def _value(dialogue: Dialogue) -> bytes:
    """As it will stand in Redis once saved: with the next version."""
    position = dialogue.position
    rest = (
        dialogue.service_code,
        dialogue.access,
        dialogue.session_info.hex(),
        dialogue.state,
        dialogue.step,
        dialogue.started_ms,
        dialogue.answer_by_ms,
        dialogue.ends_by_ms,
        isinstance(position, Position),
        _position_fields(position) if isinstance(position, Position) else position,
    )
    head = f"{dialogue.id}\n{dialogue.version + 1}\n{dialogue.deadline_ms}\n"
    return f"{head}{_encode(rest)}".encode()


def _dialogue(msisdn: str, stored: bytes) -> Dialogue:
    dialogue_id, version, _, text = stored.decode().split("\n", 3)
    code, access, info, state, step, started_ms, answer_by_ms, ends_by_ms, in_menu, position = json.loads(
        text
    )
    return Dialogue(
        dialogue_id,
        msisdn,
        code,
        access,
        bytes.fromhex(info),
        _position(*position) if in_menu else position,
        started_ms,
        answer_by_ms,
        ends_by_ms,
        step,
        int(version),
        state,
    )
