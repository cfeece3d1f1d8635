"""What the handlers stand on: the composition root fills it in once, and each request finds it here."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from ussd_gateway.access.lanes import Lanes
from ussd_gateway.billing.passwords import Hasher
from ussd_gateway.billing.store import Store
from ussd_gateway.clock import Clock
from ussd_gateway.gateway import Gateway
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.ports import Performed
from ussd_gateway.vocabulary import Value
from ussd_gateway.web.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Services:
    """`not_ready` says why the gateway cannot serve now, or None when it can."""

    gateway: Gateway
    lanes: Lanes
    store: Store
    clock: Clock
    plan: NumberingPlan
    hasher: Hasher
    not_ready: Callable[[], str | None]

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
        """`Gateway.perform` behind whatever else is under way in `lane`; ProblemError 429 when that is much.

        Once begun it is finished, whether or not the client waits for the answer.
        """
        answer: asyncio.Future[Performed] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            try:
                performed = await self.gateway.perform(
                    msisdn, action, args, key=key, request=request, remember=remember
                )
            except Exception as error:  # whatever it is, it is the waiting handler's to answer
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(performed)

        if not self.lanes.has_room(lane):
            raise ProblemError(429, "too many requests wait for this subscriber")
        self.lanes.run(lane, work())
        return await answer


SERVICES = web.AppKey("services", Services)
