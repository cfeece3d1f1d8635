"""The port every phone implements."""

import asyncio
from typing import Protocol

from ussd_gateway.phone.events import Event


class Phone(Protocol):
    """One subscriber's handset, switched on between `open` and `close`.

    Nothing is returned by the calls but acceptance: screens, messages and refusals arrive as `events`, in
    the order the network sent them.
    """

    msisdn: str
    events: asyncio.Queue[Event]

    async def open(self) -> None:
        """Switch on; raises `LinkError` or `StoreUnavailable` when there is no network."""
        ...

    async def dial(self, code: str) -> None:
        """Dial a USSD string such as `*105*1#`; a dialogue that is still open here is forgotten."""
        ...

    async def answer(self, text: str) -> None:
        """Answer the screen that asks; the text goes as it is, and may be empty."""
        ...

    async def hang_up(self) -> None:
        """Leave the dialogue, if one is open."""
        ...

    async def send_sms(self, to: str, text: str) -> None:
        """Send a short message, in parts when it is long."""
        ...

    async def close(self) -> None:
        """Switch off."""
        ...
