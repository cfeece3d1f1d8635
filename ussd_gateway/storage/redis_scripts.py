"""The Lua scripts that run inside Redis, each read from `lua/`."""

from hashlib import sha1
from importlib import resources

from ussd_gateway.storage.redis_wire import pack


class Script:
    """One script: its source, and how a call of it begins on the wire."""

    __slots__ = ("sha", "source")

    def __init__(self, name: str) -> None:
        self.source = resources.files(__package__).joinpath("lua", f"{name}.lua").read_bytes()
        # Redis itself names scripts so; nothing secret hangs on it.
        self.sha = sha1(self.source, usedforsecurity=False).hexdigest().encode()

    def call(self, keys: tuple[bytes, ...], args: tuple[bytes, ...]) -> bytes:
        """The call by name, which a server that has just been started does not know (NOSCRIPT)."""
        return pack((b"EVALSHA", self.sha, b"%d" % len(keys), *keys, *args))

    def full_call(self, keys: tuple[bytes, ...], args: tuple[bytes, ...]) -> bytes:
        """The call with the source, which makes the name known."""
        return pack((b"EVAL", self.source, b"%d" % len(keys), *keys, *args))


COMMIT = Script("commit")
MARK = Script("mark")
AMEND = Script("amend")
FORGET = Script("forget")
RESERVE = Script("reserve")
SUBSCRIBER = Script("subscriber")
LOAD = Script("load")
SAVE = Script("save")
REMOVE = Script("remove")
CLAIM = Script("claim")
TELL = Script("tell")
BEAT = Script("beat")
TAKE = Script("take")
DONE = Script("done")

SCRIPTS = (
    COMMIT,
    MARK,
    AMEND,
    FORGET,
    RESERVE,
    SUBSCRIBER,
    LOAD,
    SAVE,
    REMOVE,
    CLAIM,
    TELL,
    BEAT,
    TAKE,
    DONE,
)
