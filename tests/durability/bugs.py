"""Bugs that can be planted into a gateway of `nursery`, to see whether its harness still finds them."""

from hashlib import sha1
from itertools import count

from ussd_gateway.jobs import Jobs
from ussd_gateway.storage.redis_scripts import COMMIT

Edits = tuple[tuple[bytes, bytes], ...]
NO_VERSION: Edits = (
    (b"if tonumber(stored[1] or 0) ~= version - 1 then", b"if false then"),
    (b" ~= tonumber(ARGV[pocket + 6]) then", b" == false then"),
)
NO_KEY: Edits = ((b"if known then", b"if false then"), *NO_VERSION)


def plant(bug: str) -> None:
    """In this process, for good; the empty name plants nothing."""
    if bug == "no version check":
        _edit_commit(NO_VERSION)
    elif bug == "no key check":
        _edit_commit(NO_KEY)
    elif bug == "orders under new keys":
        _forget_keys_of_orders()
    else:
        assert not bug


def _edit_commit(edits: Edits) -> None:
    """Change the script of commits, whose name on the wire is that of its text."""
    for old, new in edits:
        assert COMMIT.source.count(old) == 1, "the script has changed, and so must the bug"
        COMMIT.source = COMMIT.source.replace(old, new)
    COMMIT.sha = sha1(COMMIT.source, usedforsecurity=False).hexdigest().encode()


def _forget_keys_of_orders() -> None:
    perform = Jobs._perform
    numbers = count()

    async def perform_anew(self, order, msisdn, action, key):
        return await perform(self, order, msisdn, action, f"{key}:{id(self)}:{next(numbers)}")

    setattr(Jobs, "_perform", perform_anew)  # noqa: B010  (a type checker would rightly object)
