"""USSD dialogues of an application behind SMPP: what phones do goes out as deliver_sm (or data_sm), what the
application says comes in as submit_sm (or data_sm), both in the dialect of its account.

A submit is answered when its screen is on the way (`acknowledge: early`) or, if it asks, when the subscriber
has answered (`late`, as some centres have it).  What cannot be shown is refused with a status that says why.
"""

from dataclasses import dataclass

import structlog

from ussd_gateway.access.accounts import SmppAccount
from ussd_gateway.access.application_binds import ApplicationBinds
from ussd_gateway.access.far_applications import Deed, FarApplications
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.link import Link
from ussd_gateway.access.outgoing import enveloped
from ussd_gateway.access.short_messages import Submit, accept
from ussd_gateway.applications import Applications, serving
from ussd_gateway.errors import PduError, StoreUnavailable
from ussd_gateway.exchange import Parcel
from ussd_gateway.msisdn import NumberingPlan, mask
from ussd_gateway.ports import Ids
from ussd_gateway.smpp.constants import CommandStatus, status_name
from ussd_gateway.smpp.pdus import GenericNack, Pdu
from ussd_gateway.smpp.text import fits_ussd
from ussd_gateway.ussd.dialects import Dialect, Said, as_code
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.primitives import Abort, Ask, Begin, Confirm, Continue, Drop, ToApplication

MAX_GUESTS = 10_000
"""Dialogues of phones at other gateways whose binds are remembered."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Statuses:
    """The command_status for each reason of a refusal (`applications.Heard`).

    SMPP has none for USSD; these are of the range for vendors (SMPP 3.4 table 5-2), 0x400 and the number
    that the reason has in MAP.
    """

    gone: int = 0x400
    busy: int = 0x448
    absent: int = 0x41B

    def of(self, heard: str) -> int:
        """The status for a reason."""
        return {"gone": self.gone, "busy": self.busy}.get(heard, self.absent)


class _Told:
    """One message to an application on its way (`roles.Delivery`)."""

    __slots__ = ("application", "dialogue", "request")

    def __init__(self, application: "SmppApplication", dialogue: Dialogue, request: Pdu) -> None:
        self.application = application
        self.dialogue = dialogue
        self.request = request

    def answered(self, link: Link, response: Pdu) -> None:
        if response.command_status or type(response) is GenericNack:
            self.application.refused(self.dialogue, response.command_status or CommandStatus.RUNKNOWNERR)

    def unanswered(self, link: Link) -> None:
        """The application's own timer decides."""

    def returned(self, link: Link) -> None:
        if not self.application.send(self.dialogue, self.request):
            self.application.refused(self.dialogue, CommandStatus.RDELIVERYFAILURE)


@dataclass(frozen=True, slots=True)
class _Unanswered:
    """A submit that is answered when the subscriber has."""

    link: Link
    request: Submit
    message_id: int


class SmppApplication:
    """One account of role application (`ports.Application`)."""

    def __init__(
        self,
        account: SmppAccount,
        dialect: Dialect,
        binds: ApplicationBinds,
        desk: Applications,
        *,
        lanes: Lanes,
        ids: Ids,
        plan: NumberingPlan,
        statuses: Statuses,
        far: FarApplications | None = None,
    ) -> None:
        """`far`: the way to binds of this account at other gateways, where there are any."""
        self.name = account.access
        self._account = account
        self._dialect = dialect
        self._binds = binds
        self._desk = desk
        self._lanes = lanes
        self._ids = ids
        self._plan = plan
        self._statuses = statuses
        self._far = far
        self._unanswered: dict[str, _Unanswered] = {}
        self._guests: dict[str, int] = {}
        """Dialogue of a phone at another gateway -> the bind that heard its beginning."""
        self._stems = tuple(code[:-1] for code in account.service_codes)

    # ------------------------------------------------------------ to the application (ports.Application)

    def begin(self, dialogue: Dialogue, dialled: str) -> bool:
        one_shot = serving(dialogue)["one_shot"]
        return self._tell(dialogue, Begin(dialogue.msisdn, dialled, dialogue.access, one_shot=one_shot))

    def answer(self, dialogue: Dialogue, text: str) -> bool:
        self._answer_late(dialogue, "answer")
        return self._tell(dialogue, Continue(dialogue.msisdn, text, dialogue.access), "answer")

    def confirm(self, dialogue: Dialogue) -> None:
        self._tell(dialogue, Confirm(dialogue.msisdn, dialogue.access))

    def over(self, dialogue: Dialogue, how: str) -> None:
        self._answer_late(dialogue, "over")
        abort = Abort(dialogue.msisdn, dialogue.access)
        self._tell(dialogue, abort, "over", timed_out=how == "timeout")

    def overtaken(self, dialogue: Dialogue) -> None:
        if self._far is not None and serving(dialogue).get("via", self._far.id) != self._far.id:
            self._send_there(serving(dialogue)["via"], dialogue, None, "over")

    def send(self, dialogue: Dialogue, request: Pdu | None, deed: Deed = "tell") -> bool:
        """Whether there is a bind that takes it, here or at another gateway; no request: nothing to tell."""
        position, code, far = serving(dialogue), dialogue.service_code, self._far
        if far is None:
            return request is None or self._send_here(dialogue, request)
        via = position.get("via", far.id)
        if via != far.id:
            if far.choose(self._account.system_id, code, via) == via:
                self._send_there(via, dialogue, request, deed)
                return True
            position["bind"] = 0  # it counted at that gateway
        if request is None:
            return True
        if self._send_here(dialogue, request):
            position["via"] = far.id
            return True
        gateway = far.choose(self._account.system_id, code)
        if gateway is None:
            return False
        position["via"], position["bind"] = gateway, 0
        self._send_there(gateway, dialogue, request, deed)
        return True

    def _send_here(self, dialogue: Dialogue, request: Pdu) -> bool:
        position = serving(dialogue)
        link = self._binds.choose(self._account.system_id, dialogue.service_code, position["bind"])
        if link is None or not link.has_room:
            return False
        position["bind"] = link.number
        link.deliver(request, _Told(self, dialogue, request))
        return True

    def _send_there(self, gateway: str, dialogue: Dialogue, request: Pdu | None, deed: Deed) -> None:
        """When the step is over and the dialogue is saved: the answer may be there at once."""
        assert self._far is not None
        parcel = self._far.parcel(self._account.system_id, dialogue, request, deed)
        self._lanes.run(dialogue.msisdn, self._forward(gateway, parcel))

    async def _forward(self, gateway: str, parcel: Parcel) -> None:
        assert self._far is not None
        self._far.send(gateway, parcel)

    def told(self, dialogue: Dialogue, request: Pdu | None, deed: Deed) -> None:
        """A phone at another gateway has done something (`far_applications.Here`)."""
        self._answer_late(dialogue, deed)
        position = serving(dialogue)
        known = self._guests.pop(dialogue.id, 0)
        position["bind"] = position["bind"] or known
        if deed == "over":
            self._desk.remember(dialogue)
        if request is not None and not self._send_here(dialogue, request):
            self.refused(dialogue, CommandStatus.RDELIVERYFAILURE)
        elif deed != "over":
            self._guests[dialogue.id] = position["bind"]
            if len(self._guests) > MAX_GUESTS:
                del self._guests[next(iter(self._guests))]

    def _answer_late(self, dialogue: Dialogue, deed: Deed) -> None:
        """A submit that waits for the subscriber: it has been answered, or never will be."""
        late = self._unanswered.pop(dialogue.msisdn, None) if deed != "tell" else None
        if late is not None and deed == "answer":
            accept(late.link, late.request, late.message_id)
        elif late is not None:
            late.link.refuse(late.request, self._statuses.gone)

    def refused(self, dialogue: Dialogue, command_status: int) -> None:
        """The application would not take it."""
        reason = status_name(command_status)
        log.info("application refused", account=self._account.system_id, reason=reason, dialogue=dialogue.id)
        self._lanes.run(dialogue.msisdn, self._desk.refused(dialogue.msisdn, dialogue.id))

    def _tell(
        self, dialogue: Dialogue, what: ToApplication, deed: Deed = "tell", *, timed_out: bool = False
    ) -> bool:
        session = bytes.fromhex(serving(dialogue)["session"])
        request = self._dialect.tell(dialogue, what, session, timed_out=timed_out)
        whole = enveloped(request, self._account) if request is not None else None
        return self.send(dialogue, whole, deed)

    # ------------------------------------------------------------ from the application

    def take(self, link: Link, request: Submit) -> bool:
        """Take what the application submits, if it is USSD; it is answered then, now or later."""
        try:
            said = self._dialect.hear(request, lenient=self._account.lenient)
        except PduError as error:
            link.refuse(request, error.command_status)
            return True
        if said is None:
            return False
        msisdn = self._plan.parse(request.destination_addr)
        code = as_code(request.source_addr)
        if msisdn is None or not self._plan.is_mobile(msisdn):
            link.refuse(request, CommandStatus.RINVDSTADR)
        elif not self._serves(code):
            link.refuse(request, CommandStatus.RINVSRCADR)
        elif not isinstance(said.primitive, Drop) and not fits_ussd(said.primitive.text):
            link.refuse(request, CommandStatus.RINVMSGLEN)
        elif not self._lanes.has_room(msisdn):
            link.refuse(request, CommandStatus.RTHROTTLED)
        else:
            self._lanes.run(msisdn, self._say(link, request, said, msisdn, code))
        return True

    def _serves(self, code: str) -> bool:
        """Whether a code is one of its own or below one."""
        return any(code.startswith(stem) and code[len(stem)] in "*#" for stem in self._stems)

    async def _say(self, link: Link, request: Submit, said: Said, msisdn: str, code: str) -> None:
        def belongs(dialogue: Dialogue) -> bool | None:
            given = bytes.fromhex(serving(dialogue)["session"])
            return self._dialect.belongs(dialogue, given, said.session_info)

        try:
            message_id = self._ids.message_id()
            heard = await self._desk.says(
                self.name,
                msisdn,
                said.primitive,
                belongs=belongs,
                sender=code,
                session=said.session_info,
            )
        except StoreUnavailable as error:
            log.warning("dialogue not reached", msisdn=mask(msisdn), error=str(error))
            link.refuse(request, CommandStatus.RSYSERR)
            return
        except BaseException:
            link.refuse(request, CommandStatus.RSYSERR)
            raise
        if heard not in ("taken", "queued"):
            link.refuse(request, self._statuses.of(heard))
        elif self._account.acknowledge == "late" and heard == "taken" and isinstance(said.primitive, Ask):
            self._unanswered[msisdn] = _Unanswered(link, request, message_id)
        else:
            accept(link, request, message_id)
