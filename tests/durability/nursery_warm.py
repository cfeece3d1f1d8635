"""For the process that gateways are forked from: everything is read and run once before the first fork."""

import asyncio

from tests.durability.nursery import Gateway, config
from ussd_gateway import logs
from ussd_gateway.storage import redis

assert redis.RedisStore.__doc__, "loaded only by those who use it"


async def rehearse() -> None:
    """What the first start of a process makes is inherited by the others."""
    app = Gateway(config("memory://"))
    await app.start()
    await app.stop()


logs.configure("error")
asyncio.run(rehearse())
