"""Messages in Redis: where they lie, which inbox shows them, how far they have come.

A message lies in the bucket of the commit that caused it.  When it goes to somebody else, that commit cannot
reach the other's inbox; it leaves a note (`afar`), the inbox is told next, and the note is taken away.  A
gateway that dies in between leaves the note, and any gateway finishes the work.
"""

from collections.abc import Iterable, Sequence

from ussd_gateway.billing.store import FINAL_STATES, Commit, OutMessage
from ussd_gateway.storage.redis_keys import Bucket
from ussd_gateway.storage.redis_links import Links
from ussd_gateway.storage.redis_rows import message_contents, message_from
from ussd_gateway.storage.redis_scripts import AMEND, MARK, TELL

PLACES = 100_000
"""Messages under way of which we remember the bucket."""
MOST_NOTES = 1000
"""Notes of one bucket looked at in one go."""


class Inboxes:
    """All messages of a place."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._buckets = links.keys.buckets
        self._place_of: dict[int, Bucket] = {}

    # ------------------------------------------------------------ coming

    async def tell(self, commit: Commit) -> None:
        """Let inboxes elsewhere know of the messages of a commit, which is durable already."""
        bucket = self._links.keys.bucket(commit.home)
        for message in commit.messages:
            self._remember(message.message_id, bucket)
        afar = [
            (message.message_id, message.destination)
            for message in commit.messages
            if message.destination != commit.home
        ]
        if afar:
            await self._tell(bucket, afar)

    async def _tell(self, bucket: Bucket, afar: Sequence[tuple[int, str]]) -> None:
        for message_id, destination in afar:
            theirs = self._links.keys.bucket(destination)
            inbox = theirs.start + b"i:" + destination.encode()
            member = b"%d@%02x" % (message_id, bucket.index)
            under_way = theirs.start + b"q:" + destination.encode()
            await self._links.run(TELL, theirs, (inbox, under_way), (b"%d" % message_id, member), writes=True)
        ids = [b"%d" % message_id for message_id, _ in afar]
        await self._links.ask(bucket, b"ZREM", bucket.afar, *ids, writes=True)

    async def catch_up(self) -> None:
        """Finish what a gateway left that died between a commit and the inboxes."""
        most = b"%d" % (MOST_NOTES - 1)
        pages = await self._links.everywhere(lambda bucket: (b"ZRANGE", bucket.afar, b"0", most))
        for bucket, ids in zip(self._buckets, pages, strict=True):
            if ids:
                messages = await self._fetch(bucket, [int(each) for each in ids])
                await self._tell(bucket, [(each.message_id, each.destination) for each in messages])

    def _remember(self, message_id: int, bucket: Bucket) -> None:
        places = self._place_of
        places[message_id] = bucket
        if len(places) > PLACES:
            del places[next(iter(places))]

    # ------------------------------------------------------------ looking

    async def newest(self, msisdn: str, limit: int) -> list[OutMessage]:
        """The messages of one inbox with the largest ids, those first."""
        home = self._links.keys.bucket(msisdn)
        inbox = home.start + b"i:" + msisdn.encode()
        members = await self._links.ask(home, b"ZREVRANGE", inbox, b"0", b"%d" % (limit - 1))
        found = await self.named(msisdn, [member.decode() for member in members])
        return sorted(found, key=lambda message: -message.message_id)

    async def after(self, msisdn: str, limit: int, after: int) -> list[OutMessage]:
        """The messages of one inbox with ids above `after`, by id."""
        home = self._links.keys.bucket(msisdn)
        words = (home.start + b"i:" + msisdn.encode(), b"(%d" % after, b"+inf", b"LIMIT", b"0", b"%d" % limit)
        members = await self._links.ask(home, b"ZRANGEBYSCORE", *words)
        return await self.named(msisdn, [member.decode() for member in members])

    async def named(self, msisdn: str, refs: Sequence[str]) -> list[OutMessage]:
        """Messages by their names in that inbox, in the order of the names."""
        home = self._links.keys.bucket(msisdn)
        places: dict[int, list[int]] = {}
        order: dict[int, int] = {}
        for ref in refs:
            message_id, _, place = ref.partition("@")
            order[int(message_id)] = len(order)
            places.setdefault(int(place, 16) if place else home.index, []).append(int(message_id))
        found = []
        for index, ids in places.items():
            found += await self._fetch(self._buckets[index], ids)
            for each in ids:
                self._remember(each, self._buckets[index])
        return sorted(found, key=lambda message: order[message.message_id])

    async def pending(self, destination: str) -> list[OutMessage]:
        """All messages on their way to one destination, by id."""
        home = self._links.keys.bucket(destination)
        under_way = home.start + b"q:" + destination.encode()
        refs = await self._links.ask(home, b"LRANGE", under_way, b"0", b"-1")
        found = await self.named(destination, [ref.decode() for ref in dict.fromkeys(refs)])
        waiting = [message for message in found if message.state not in FINAL_STATES]
        return sorted(waiting, key=lambda message: message.message_id)

    async def one(self, message_id: int) -> OutMessage | None:
        """The message with this id, wherever it lies."""
        for bucket in self._places(message_id):
            if found := await self._fetch(bucket, [message_id]):
                return found[0]
        return None

    def _places(self, message_id: int) -> Sequence[Bucket]:
        """Where a message may lie: its id does not say, so perhaps everywhere."""
        known = self._place_of.get(message_id)
        return self._buckets if known is None else (known,)

    async def undelivered(self, limit: int, after: int) -> list[OutMessage]:
        """At most `limit` messages with an id above `after` that are not at their end, by id."""
        share = max(16, 2 * limit // len(self._buckets))
        ids: list[tuple[int, Bucket]] = []
        while len(ids) < limit:
            page, after = await self._after(after, share)
            ids += page
            if not after:
                break
        wanted: dict[Bucket, list[int]] = {}
        for message_id, bucket in ids[:limit]:
            wanted.setdefault(bucket, []).append(message_id)
            self._remember(message_id, bucket)
        found = []
        for bucket, theirs in wanted.items():
            found += await self._fetch(bucket, theirs)
        return sorted(found, key=lambda message: message.message_id)

    async def _after(self, after: int, share: int) -> tuple[list[tuple[int, Bucket]], int]:
        """The next ids of all buckets as far as they are known whole, and up to where; 0: to the end."""
        low, most = b"(%d" % after, b"%d" % share

        def first(bucket: Bucket) -> tuple[bytes, ...]:
            return (b"ZRANGEBYSCORE", bucket.out, low, b"+inf", b"LIMIT", b"0", most)

        pages = await self._links.everywhere(first)
        # A bucket that filled its share has more behind it: nothing beyond is known yet.
        frontier = min((int(page[-1]) for page in pages if len(page) == share), default=0)
        found = [
            (int(each), bucket)
            for bucket, page in zip(self._buckets, pages, strict=True)
            for each in page
            if not frontier or int(each) <= frontier
        ]
        return sorted(found, key=lambda pair: pair[0]), frontier

    async def _fetch(self, bucket: Bucket, ids: Sequence[int]) -> list[OutMessage]:
        rows = await self._links.ask(bucket, b"HMGET", bucket.texts, *(b"%d" % each for each in ids))
        return [message_from(each, row) for each, row in zip(ids, rows, strict=True) if row]

    # ------------------------------------------------------------ going

    async def amend(self, message: OutMessage) -> bool:
        """Put other contents into a message; whether it was there and in no final state."""
        args = (b"%d" % message.message_id, message_contents(message).encode())
        for bucket in self._places(message.message_id):
            if await self._links.run(AMEND, bucket, (bucket.texts,), args, writes=True):
                return True
        return False

    async def mark(self, message_ids: Iterable[int], rank: int, at_ms: int, status: int) -> None:
        """Note how far messages have come."""
        known: dict[Bucket, list[int]] = {}
        strange: list[int] = []
        for message_id in message_ids:
            bucket = self._place_of.get(message_id)
            if bucket is None:
                strange.append(message_id)
            else:
                known.setdefault(bucket, []).append(message_id)
        if strange:
            # An id does not say where its message lies: whoever has it knows.
            for bucket in self._buckets:
                known.setdefault(bucket, []).extend(strange)
        state, end = b"%d" % rank, b"%d %d" % (at_ms, status)
        await self._links.run_all(
            MARK,
            [
                (bucket, (bucket.texts, bucket.out), (state, end, *(b"%d" % each for each in ids)))
                for bucket, ids in known.items()
            ],
            writes=True,
        )
        if rank >= 2:
            for ids in known.values():
                for each in ids:
                    self._place_of.pop(each, None)
