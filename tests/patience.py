"""Waiting for what another process does: a condition looked at again and again, and a limit."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ussd_gateway.errors import StoreUnavailable

T = TypeVar("T")

LIMIT_S = 20.0
"""Far longer than anything takes."""
LOOK_S = 0.01


async def until(true: Callable[[], bool]) -> None:
    """Come back when it is true; TimeoutError when it never is."""
    async with asyncio.timeout(LIMIT_S):
        while not true():  # noqa: ASYNC110  # another process has no asyncio.Event to set
            await asyncio.sleep(LOOK_S)


async def once_there(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer of a store that may be away for a moment; TimeoutError when it stays away."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                return await ask()
            except StoreUnavailable:
                await asyncio.sleep(LOOK_S)
