"""What is looked at before a Redis is used: is it ours, does it keep what it acknowledges."""

import structlog

from ussd_gateway.errors import ConfigError, StoreUnavailable
from ussd_gateway.storage.redis_keys import BUCKETS, FORMAT
from ussd_gateway.storage.redis_links import Links

log = structlog.get_logger(__name__)

WANTED = (("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction"))
"""With anything else an acknowledged kopeck may be lost by a crash of the server."""


async def check_place(links: Links, pepper_id: str) -> None:
    """Write down at the first start how this place is laid out; ConfigError when it is laid out otherwise."""
    bucket, meta = links.keys.buckets[0], links.keys.meta
    mine = {b"format": b"%d" % FORMAT, b"buckets": b"%d" % BUCKETS}
    if pepper_id:
        mine[b"pepper"] = pepper_id.encode()
    for name, value in mine.items():
        await links.ask(bucket, b"HSETNX", meta, name, value)
    stored = dict(zip(mine, await links.ask(bucket, b"HMGET", meta, *mine), strict=True))
    for name in (b"format", b"buckets"):
        if stored[name] != mine[name]:
            raise ConfigError(
                f"this Redis was laid out with {name.decode()} {stored[name].decode()}, this version of the "
                f"gateway uses {mine[name].decode()}; give it another prefix or database"
            )
    if pepper_id and stored[b"pepper"] != mine[b"pepper"]:
        raise ConfigError(
            "passwords in this Redis were hashed with another pepper: copy the pepper file of the gateway "
            "that was first to the place storage.pepper_file names"
        )


async def check_settings(links: Links) -> None:
    """Warn of settings with which a server may lose what it has acknowledged."""
    for bucket, line in zip(links.first_buckets(), links.masters(), strict=True):
        for name, wanted in WANTED:
            try:
                pair = await links.ask(bucket, b"CONFIG", b"GET", name.encode())
            except StoreUnavailable as error:
                log.warning("settings of Redis not known", server=line.name, reason=str(error))
                break
            value = pair[1].decode() if len(pair) == 2 else "unknown"
            if value != wanted:
                log.warning(
                    "Redis may lose what it has acknowledged",
                    server=line.name,
                    setting=f"{name} {value}",
                    wanted=f"{name} {wanted}",
                )
