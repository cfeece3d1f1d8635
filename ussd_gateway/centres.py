"""The message centres that we are bound to (`links` of `config.yaml`), put together, opened and closed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from ussd_gateway.access.binds import Binds
from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.handsets import REFUSED_STATUS
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.outward import LinkPlan, Outward, Watcher
from ussd_gateway.access.outward_role import CentreRole, as_application
from ussd_gateway.access.phones import Phones, Undeliverable
from ussd_gateway.access.short_messages import ShortMessages
from ussd_gateway.access.smpp_screens import SmppScreens
from ussd_gateway.clock import Clock
from ussd_gateway.gateway import Gateway
from ussd_gateway.link_section import LinkConfig
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.ports import Ids
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.sms.concat import Reassembler
from ussd_gateway.ussd.dialects import dialect


class Centres:
    """All links of one gateway; none until `open`."""

    def __init__(self) -> None:
        self._links: list[Outward] = []
        self._watcher: Watcher | None = None

    def open(
        self,
        links: Sequence[LinkConfig],
        gateway: Gateway,
        *,
        lanes: Lanes,
        ids: Ids,
        clock: Clock,
        plan: NumberingPlan,
        binds: Binds,
        delivery: TextDelivery,
        phones: Phones,
        reassembler: Reassembler,
        undeliverable: Undeliverable,
    ) -> None:
        """Begin to bind to every link that is enabled; each is kept up by itself."""
        short_messages = ShortMessages(
            gateway,
            lanes,
            ids,
            clock,
            reassembler,
            lambda reason: REFUSED_STATUS.get(reason, CommandStatus.RSUBMITFAIL),
        )
        # Negative numbers: those of a listener's binds are positive.
        for number, link in enumerate((each for each in links if each.enabled), start=1):
            spoken = dialect(link.dialect, link.dialled_string_in)
            access = f"link:{link.name}"
            screens = SmppScreens(access, as_application(spoken), binds, clock, undeliverable)
            phones.register(access, screens)
            role = CentreRole(
                gateway,
                short_messages,
                lanes=lanes,
                plan=plan,
                binds=binds,
                delivery=delivery,
                screens=screens,
                dialect=spoken,
            )
            self._links.append(Outward(-number, _plan(link), role))
        for outward in self._links:
            outward.listen(self._watcher)
            outward.start()

    async def close(self) -> None:
        """Answer what is under way, unbind everywhere."""
        await asyncio.gather(*(link.stop() for link in self._links))

    def listen(self, on_pdu: Watcher | None) -> None:
        """Hand on each PDU that passes on any link, those to come too; with None no more."""
        self._watcher = on_pdu
        for link in self._links:
            link.listen(on_pdu)

    def states(self) -> list[Mapping[str, Any]]:
        """How each link stands (`Outward.state`)."""
        return [link.state() for link in self._links]


def _plan(link: LinkConfig) -> LinkPlan:
    return LinkPlan(
        name=link.name,
        host=link.host,
        port=link.port,
        system_id=link.system_id,
        password=link.password,
        bind=link.bind,
        msisdns=link.msisdns,
        address_range=link.address_range,
        window=link.window,
        receipts=link.receipts,
        retry_s=link.retry_s,
        answer_timer_s=link.answer_timer_s,
        throttled_s=link.throttled_s,
    )
