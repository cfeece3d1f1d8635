"""Where things lie in Redis: every subscriber in a bucket, every bucket in one slot.

A subscriber belongs to one of 256 buckets by the CRC-32 of the number; all keys of a subscriber and all
indices of the bucket carry the hash tag `{uXX}`, so one script changes an account, its ledger, the key's
row, messages, orders and the indices of due accounts and waiting messages at once, on a single server and
on a cluster alike.  (A tag `{msisdn}` would leave the indices in other slots, where a commit cannot reach
them.)  The number of buckets is written down at the first start; it can never change.

    PREFIX{uXX}a:MSISDN  hash   v, main, budget, personal, floor, due, body      the account
    PREFIX{uXX}k:HOME    hash   key -> [request, reply]                          idempotency
    PREFIX{uXX}l:HOME    list   [transfer, [[account, kopecks, kind, at, note], ...]]   ledger, a commit each
    PREFIX{uXX}i:MSISDN  zset   message ids (`ID@uYY`: the message lies there)   inbox
    PREFIX{uXX}q:MSISDN  list   ids of messages not at their end, as they were committed
    PREFIX{uXX}h:MSISDN  string the gateway that delivers to the phone now
    PREFIX{uXX}w:MSISDN  string the gateway the phone last spoke through, with a TTL
    PREFIX{uXX}d:MSISDN  string the open dialogue, with a TTL
    PREFIX{uXX}:due      zset   MSISDN by due instant        PREFIX{uXX}:lines:C  zset  lines of a company
    PREFIX{uXX}:texts    hash   id -> message                PREFIX{uXX}:out      zset  ids not yet delivered
    PREFIX{uXX}:orders   hash   id -> order                  PREFIX{uXX}:wait     zset  ids by not_before
    PREFIX{uXX}:afar     zset   ids for inboxes elsewhere    PREFIX{uXX}:open     zset  MSISDN by deadline
    PREFIX{uXX}:counters  hash  orders so far, latest instant committed
    PREFIX{u00}:meta     hash   format, buckets, pepper      PREFIX{u00}:ids      counter of message ids
    PREFIX{u00}:gateways hash   gateway -> its receiving binds
    PREFIX{u00}:phones   hash   MSISDN -> network state, of phones that are not simply switched on
    PREFIX{u00}:heart    zset   gateways by the instant until which they count as alive (the clock of Redis)
    PREFIX{uXX}:to:GATEWAY  stream  what other gateways tell it
"""

from binascii import crc32

from redis.crc import key_slot

BUCKETS = 256
FORMAT = 1
"""Of the keys and values; written down with the number of buckets."""


class Bucket:
    """The names of a bucket's own keys."""

    __slots__ = (
        "afar", "alive", "counters", "due", "index", "lines", "open", "orders", "out", "shared", "slot",
        "start", "texts", "wait",
    )  # fmt: skip

    def __init__(self, prefix: str, index: int) -> None:
        tag = f"u{index:02x}"
        start = f"{prefix}{{{tag}}}".encode()
        self.index = index
        self.slot = key_slot(tag.encode())
        self.start = start
        """How the names of its subscribers' keys begin."""
        self.due = start + b":due"
        self.texts = start + b":texts"
        self.out = start + b":out"
        self.afar = start + b":afar"
        self.orders = start + b":orders"
        self.wait = start + b":wait"
        self.open = start + b":open"
        self.alive = start + b":alive"
        self.counters = start + b":counters"
        self.lines = start + b":lines:"
        self.shared = (self.due, self.texts, self.out, self.afar, self.orders, self.wait, self.counters)
        """KEYS 6 to 12 of the script that commits."""


class Keys:
    """All buckets under one prefix."""

    def __init__(self, prefix: str) -> None:
        self.buckets = [Bucket(prefix, index) for index in range(BUCKETS)]
        self.meta = self.buckets[0].start + b":meta"
        self.ids = self.buckets[0].start + b":ids"
        self.gateways = self.buckets[0].start + b":gateways"
        self.phones = self.buckets[0].start + b":phones"
        self.heart = self.buckets[0].start + b":heart"

    def bucket(self, home: str) -> Bucket:
        """The bucket of a subscriber (or another home)."""
        return self.buckets[crc32(home.encode()) % BUCKETS]
