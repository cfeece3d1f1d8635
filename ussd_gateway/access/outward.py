"""A bind of ours to somebody's message centre, kept up: bound, lost, tried again after a pause.

To the rest of `access/` it looks like a receiving bind of a simulator (`link.Link`): screens and messages
are delivered through it, only that they leave as submit_sm (SMPP 3.4 §4.4) and that what comes in is the
centre's deliver_sm.  A centre that says ESME_RTHROTTLED or ESME_RMSGQFUL is left alone for a while and then
asked again; whoever waits for the answer hears of it only when that has gone on for too long.
"""

import asyncio
import random
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import structlog

from ussd_gateway.access.accounts import NumberPatterns, SmppAccount
from ussd_gateway.access.esme import Esme, LinkError, Mode, NotSentError
from ussd_gateway.access.link import Link
from ussd_gateway.access.phone_queue import PhoneQueue
from ussd_gateway.access.roles import Delivery
from ussd_gateway.access.tap import Direction
from ussd_gateway.errors import LocalProtocolError
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.smpp.pdus import DataSm, DeliverSm, GenericNack, Pdu, ShortMessage, SubmitSm, SubmitSmResp
from ussd_gateway.sms.centre_receipts import is_receipt, read_receipt

Bind = Literal["transceiver", "pair", "transmitter", "receiver"]
MODES: dict[Bind, tuple[Mode, ...]] = {
    "transceiver": ("trx",),
    "pair": ("rx", "tx"),
    "transmitter": ("tx",),
    "receiver": ("rx",),
}
SLOW_DOWN = frozenset({CommandStatus.RTHROTTLED, CommandStatus.RMSGQFUL})
FIRST_BREATH_S, LONGEST_BREATH_S = 0.2, 10.0
MAX_QUEUED = 10_000
MAX_RECEIPTS = 100_000
"""Messages whose receipts are waited for."""
STEADY_S = 10.0
"""A bind that lasted so long counts as a good one: the next pause is the first again."""
DRAIN_S = 5.0

log = structlog.get_logger(__name__)


class CentreAccount(SmppAccount):
    """A centre we bind to, as the accounts that bind to us: whose phones are behind it, and its name."""

    __slots__ = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "access", self.system_id)


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """Where a link goes and how it behaves; `msisdns` are the numbers of the phones behind the centre.

    `window`: submits without an answer; `receipts`: ask for those of short messages; `retry_s`: the first and
    the longest pause before the next try to bind; `throttled_s`: how long one message is tried again at a
    centre that wants us to slow down.
    """

    name: str
    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    bind: Bind = "transceiver"
    msisdns: tuple[str, ...] = ("*",)
    address_range: str = ""
    window: int = 10
    receipts: bool = True
    retry_s: tuple[float, float] = (1.0, 60.0)
    answer_timer_s: float = 60.0
    throttled_s: float = 60.0


Watcher = Callable[[Link, Direction, bytes], None]


class OutwardRole(Protocol):
    """What a centre is to us (`outward_role.CentreRole`)."""

    def bound(self, link: Link) -> None: ...

    def unbound(self, link: Link) -> None: ...

    def take(self, link: "Outward", pdu: DeliverSm | DataSm) -> "asyncio.Future[int]":
        """Take a message or a USSD string; the command_status for it, when it is known."""
        ...


class Outward(Link):
    """One configured centre and our binds to it, from `start` to `stop`.

    The constructor of the base class is left out on purpose: there is no socket that a listener accepted.
    """

    def __init__(self, number: int, plan: LinkPlan, role: OutwardRole) -> None:
        """`number` names it among binds (`Link.number`); those of a listener are positive."""
        self.number = number
        self.account = CentreAccount(f"link:{plan.name}", "", msisdns=NumberPatterns(plan.msisdns))
        self.host = plan.host
        self.address_range = ""
        self.receiving = False
        self.short_ids = False
        self.plan = plan
        self.receipts: Counter[str] = Counter()
        """How many receipts of each state have come."""
        self._to_role = role
        self._breath = Breath()
        self._esmes: dict[Mode, Esme] = {}
        self._troubles: dict[Mode, str] = dict.fromkeys(MODES[plan.bind], "not bound yet")
        self._keepers: list[asyncio.Task[None]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._answers: dict[int, asyncio.Future[int]] = {}
        self._open: set[asyncio.Future[int]] = set()
        self._submitted: OrderedDict[str, int] = OrderedDict()
        self._stopping = False
        self._watcher: Watcher | None = None

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Begin to bind, and to bind again whenever that is lost."""
        self._keepers = [
            asyncio.create_task(self._keep(mode), name=f"link {self.plan.name} {mode}")
            for mode in self._troubles
        ]

    async def stop(self) -> None:
        """Answer what the centre is waiting for, then unbind."""
        self._stopping = True
        if self._open:
            await asyncio.wait(self._open, timeout=DRAIN_S)
        self._unbound()
        for keeper in self._keepers:
            keeper.cancel()
        tasks = [*self._keepers, *self._sending]
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def state(self) -> dict[str, Any]:
        """For whoever watches: bound or not, and what stands in the way."""
        told: dict[str, Any] = {
            "name": self.plan.name,
            "state": "down" if not self._esmes else "partly bound" if self._troubles else "bound",
        }
        if self._troubles:
            told["reason"] = "; ".join(sorted(set(self._troubles.values())))
        return told | {"waiting": len(self._sending), "receipts": dict(self.receipts)}

    async def _keep(self, mode: Mode) -> None:
        """Bind, wait until that is lost, pause, bind again."""
        loop, pauses = asyncio.get_running_loop(), Pauses(*self.plan.retry_s)
        while True:
            lost: asyncio.Future[str] = loop.create_future()
            esme = self._esme(mode, lost)
            bound_s = loop.time()
            try:
                await esme.connect()
                self._up(mode, esme)
                self._down(mode, await lost)
            except LinkError as error:
                self._down(mode, error.reason)
            except Exception:
                # Whatever it is, the link must not stay down for it.
                log.exception("link failed", link=self.plan.name, mode=mode)
                self._down(mode, "failed, see the log")
            finally:
                await esme.close()
            await asyncio.sleep(pauses.after(loop.time() - bound_s))

    def _esme(self, mode: Mode, lost: "asyncio.Future[str]") -> Esme:
        plan = self.plan

        def on_lost(error: LinkError) -> None:
            if not lost.done():
                self._down(mode, error.reason)
                lost.set_result(error.reason)

        return Esme(
            plan.host,
            plan.port,
            plan.system_id,
            plan.password,
            on_pdu=self._received,
            on_lost=on_lost,
            on_frame=self._passed,
            mode=mode,
            address_range=plan.address_range,
            window=plan.window,
        )

    def listen(self, on_pdu: Watcher | None) -> None:
        """Hand on each PDU that passes, those of both binds where there are two; with None no more."""
        self._watcher = on_pdu

    def _passed(self, direction: Direction, frame: bytes) -> None:
        if self._watcher is not None:
            self._watcher(self, direction, frame)

    def _up(self, mode: Mode, esme: Esme) -> None:
        log.info("bound to centre", link=self.plan.name, mode=mode)
        self._esmes[mode] = esme
        self._troubles.pop(mode, None)
        if mode != "rx" and not self._stopping:
            self.receiving = True
            self._to_role.bound(self)

    def _down(self, mode: Mode, reason: str) -> None:
        self._esmes.pop(mode, None)
        if self._troubles.get(mode) != reason:
            log.warning("not bound to centre", link=self.plan.name, mode=mode, reason=reason)
        self._troubles[mode] = reason
        if mode != "rx":
            self._unbound()

    def _unbound(self) -> None:
        if self.receiving:
            self.receiving = False
            self._to_role.unbound(self)

    # ------------------------------------------------------------ to the centre (what Link offers)

    @property
    def has_room(self) -> bool:
        return self.receiving and len(self._sending) < MAX_QUEUED

    def deliver(self, request: Pdu, delivery: Delivery) -> None:
        """Submit what a listener's bind would deliver.

        Faults are for those who bind to us: what goes to a centre is left as it is.
        """
        if not self.receiving or not isinstance(request, ShortMessage):
            asyncio.get_running_loop().call_soon(delivery.returned, self)
            return
        task = asyncio.create_task(self._submit(self._as_submit(request), delivery))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _as_submit(self, request: ShortMessage) -> SubmitSm:
        ussd = bool(request.service_type or request.tlvs)
        return SubmitSm(
            service_type=request.service_type,
            source_addr_ton=request.source_addr_ton,
            source_addr_npi=request.source_addr_npi,
            source_addr=request.source_addr,
            dest_addr_ton=request.dest_addr_ton,
            dest_addr_npi=request.dest_addr_npi,
            destination_addr=request.destination_addr,
            esm_class=request.esm_class,
            registered_delivery=int(self.plan.receipts and not ussd),
            data_coding=request.data_coding,
            short_message=request.short_message,
            tlvs=request.tlvs,
        )

    async def _submit(self, pdu: SubmitSm, delivery: Delivery) -> None:
        loop = asyncio.get_running_loop()
        give_up_s = loop.time() + self.plan.throttled_s
        while True:
            await self._breath.over()
            esme = self._esmes.get("trx") or self._esmes.get("tx")
            if esme is None or not self.receiving:
                delivery.returned(self)
                return
            try:
                response = await esme.submit(pdu, self.plan.answer_timer_s)
            except NotSentError:
                delivery.returned(self)
                return
            except LinkError as error:
                log.warning("centre did not answer", link=self.plan.name, reason=error.reason)
                delivery.unanswered(self)
                return
            except LocalProtocolError:
                # A field of ours that no PDU can hold: as if the centre had refused it.
                delivery.answered(self, GenericNack(command_status=CommandStatus.RUNKNOWNERR))
                return
            if response.command_status not in SLOW_DOWN or loop.time() >= give_up_s:
                break
            self._breath.take()
        self._breath.fine()
        if (
            pdu.registered_delivery
            and isinstance(response, SubmitSmResp)
            and isinstance(delivery, PhoneQueue)
        ):
            self._await_receipt(response.message_id, delivery.messages[0].message_id)
        delivery.answered(self, response)

    # ------------------------------------------------------------ from the centre

    def _received(self, pdu: Pdu) -> "asyncio.Future[int] | None":
        if not isinstance(pdu, DeliverSm | DataSm):
            return None
        if is_receipt(pdu):
            self._receipt(pdu)
            return None
        if self._stopping:
            answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            answer.set_result(CommandStatus.RX_T_APPN)
            return answer
        answer = self._to_role.take(self, pdu)
        self._open.add(answer)
        answer.add_done_callback(self._open.discard)
        return answer

    def expect(self, request: Pdu, answer: "asyncio.Future[int]") -> None:
        """The result of `answer` is to be what `respond` or `refuse` say of this request."""
        self._answers[id(request)] = answer

    def respond(self, request: Pdu, response: Pdu) -> None:
        self.refuse(request, response.command_status)

    def refuse(self, request: Pdu, command_status: int) -> None:
        answer = self._answers.pop(id(request))
        if not answer.done():
            answer.set_result(command_status)

    def _await_receipt(self, given: str, message_id: int) -> None:
        self._submitted[given] = message_id
        if len(self._submitted) > MAX_RECEIPTS:
            self._submitted.popitem(last=False)

    def _receipt(self, pdu: DeliverSm | DataSm) -> None:
        noted = read_receipt(pdu)
        if noted is None:
            log.info("receipt not understood", link=self.plan.name)
            return
        self.receipts[noted.state] += 1
        message_id = self._submitted.get(noted.message_id)
        log.info("receipt", link=self.plan.name, message_id=message_id, state=noted.state)


class Pauses:
    """How long to wait before the next try to bind: each time twice as long, and some chance in it."""

    def __init__(
        self, first_s: float, longest_s: float, dice: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._first_s = self._next_s = first_s
        self._longest_s = longest_s
        self._dice = dice

    def after(self, lasted_s: float) -> float:
        """Seconds, after a try that lasted so long; one that was steady makes it the first pause again."""
        pause_s = self._first_s if lasted_s >= STEADY_S else self._next_s
        self._next_s = min(2 * pause_s, self._longest_s)
        return pause_s * self._dice(0.5, 1.0)


class Breath:
    """How long a centre that was too much for is left alone: longer each time, until it takes something."""

    def __init__(self, dice: Callable[[float, float], float] = random.uniform) -> None:
        self._dice = dice
        self._pause_s = 0.0
        self._until_s = 0.0

    def take(self) -> None:
        """The centre throttles; the answers of one burst count once."""
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._until_s:
            self._pause_s = min(2 * self._pause_s or FIRST_BREATH_S, LONGEST_BREATH_S)
            self._until_s = now_s + self._pause_s * self._dice(0.75, 1.25)

    def fine(self) -> None:
        """The centre took something."""
        self._pause_s = 0.0

    async def over(self) -> None:
        """Wait until it may be asked again."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._until_s - loop.time()))
