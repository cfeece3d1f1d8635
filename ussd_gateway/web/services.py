"""What the handlers stand on: the composition root fills it in once, and each request finds it here."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from ussd_gateway.access.capture import Capture
from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.faults import Faults
from ussd_gateway.access.http_reports import HttpReports
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.phones import Phones
from ussd_gateway.access.smpp_listener import SmppListener
from ussd_gateway.billing.passwords import Hasher
from ussd_gateway.billing.store import Store
from ussd_gateway.calls import Calls
from ussd_gateway.clock import Clock
from ussd_gateway.gateway import Gateway
from ussd_gateway.jobs import Jobs
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.ports import Ids, Performed
from ussd_gateway.pushes import Pushes
from ussd_gateway.ussd.store import DialogueStore
from ussd_gateway.vocabulary import Value
from ussd_gateway.web.problems import ProblemError
from ussd_gateway.web.siblings import Siblings

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Services:
    """`not_ready` says why the gateway cannot serve now, or None when it can.

    `listener` gives the SMPP listener; None before it listens, or without one.  `capture` has
    what passed on its links.  `siblings` are the other workers, where there are any.
    """

    gateway: Gateway
    calls: Calls
    jobs: Jobs
    lanes: Lanes
    store: Store
    clock: Clock
    plan: NumberingPlan
    hasher: Hasher
    phones: Phones
    dialogues: DialogueStore
    ids: Ids
    pushes: Pushes
    faults: Faults
    delivery: TextDelivery
    reports: HttpReports
    listener: Callable[[], SmppListener | None]
    capture: Capture
    not_ready: Callable[[], str | None]
    links: Callable[[], Sequence[Mapping[str, object]]]
    siblings: Siblings | None = None

    async def perform(
        self,
        lane: str,
        msisdn: str,
        action: str,
        args: Mapping[str, Value],
        *,
        key: str,
        request: str,
        remember: bool = False,
    ) -> Performed:
        """`Gateway.perform`, in the lane."""
        return await self.in_lane(
            lane,
            lambda: self.gateway.perform(msisdn, action, args, key=key, request=request, remember=remember),
        )

    async def in_lane(self, lane: str, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """What `ask` answers, behind whatever else is under way in `lane`.

        ProblemError 429 when that is too much.  Once begun it is finished, whether or not the client waits
        for the answer.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            try:
                result = await ask()
            except Exception as error:  # whatever it is, it is the waiting handler's to answer
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(result)

        if not self.lanes.has_room(lane):
            raise ProblemError(429, "too many requests wait for this subscriber")
        self.lanes.run(lane, work())
        return await answer


SERVICES = web.AppKey("services", Services)
