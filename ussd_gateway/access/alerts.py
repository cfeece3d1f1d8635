"""alert_notification: an application hears that a phone it could not reach has come back (SMPP 3.4 §4.12).

    a message of the application finds its phone away -> the delivery pending flag (SMPP 3.4 §5.3.2.29)
    the phone takes messages again                    -> one alert to each application with a flag, no flags

Flags live in memory.  After a restart those whose messages still wait are set again, as these find their
phone away once more; those whose messages have come to their end meanwhile are forgotten.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import structlog

from ussd_gateway.access.application_binds import ApplicationBinds
from ussd_gateway.access.link import Link
from ussd_gateway.billing.store import OutMessage
from ussd_gateway.msisdn import mask
from ussd_gateway.smpp.constants import CommandId, Npi, Ton
from ussd_gateway.smpp.pdus import AlertNotification, Pdu
from ussd_gateway.smpp.tlvs import MS_AVAILABILITY_STATUS
from ussd_gateway.terms import Address

AlertWhen = Literal["pending", "asked", "never"]
"""Which messages set the flag: all that do not ask for none, those that ask for it (set_dpf 1), or none."""

AVAILABLE = 0
"""ms_availability_status (SMPP 3.4 §5.3.2.30)."""
MAX_PHONES = 100_000

log = structlog.get_logger(__name__)


class _Flag(NamedTuple):
    """Who wants to hear: an application, as the address it wrote from."""

    system_id: str
    address: Address


class Alerts:
    """The flags of all phones, and who is told when they come back."""

    def __init__(
        self,
        binds: ApplicationBinds,
        when: Mapping[str, AlertWhen],
        takes_texts: Callable[[str], bool],
    ) -> None:
        """`when` by system_id; `takes_texts`: whether messages can be given to a phone now."""
        self._binds = binds
        self._when = when
        self._takes_texts = takes_texts
        self._flags: dict[str, set[_Flag]] = {}
        # For applications that are not bound: each phone once for each address.
        self._owed: dict[str, dict[tuple[str, Address], AlertNotification]] = {}

    def __len__(self) -> int:
        """How many phones have a flag."""
        return len(self._flags)

    def wants(self, system_id: str, dpf: int | None) -> bool:
        """Whether a message of the application with this set_dpf (None: without) sets the flag."""
        when = self._when.get(system_id, "never")
        return when != "never" and (dpf == 1 or (dpf is None and when == "pending"))

    def sets_flag(self, system_id: str, dpf: int | None, msisdn: str) -> bool:
        """Whether such a message to the phone would set the flag now."""
        return self.wants(system_id, dpf) and not self._takes_texts(msisdn)

    def absent(self, msisdn: str, message: OutMessage) -> None:
        """A message was not taken at the first attempt; perhaps its phone is away."""
        terms = message.terms
        if terms is None or not terms.origin.startswith("smpp:"):
            return
        system_id = terms.origin.removeprefix("smpp:")
        if not self.sets_flag(system_id, terms.dpf, msisdn):
            return
        if msisdn not in self._flags and len(self._flags) >= MAX_PHONES:
            log.warning("no more delivery pending flags are kept", msisdn=mask(msisdn))
            return
        self._flags.setdefault(msisdn, set()).add(_Flag(system_id, terms.source or Address()))

    def reachable(self, msisdn: str | None = None) -> None:
        """This phone, or any, may have come back."""
        if not self._flags:
            return
        for back in (msisdn,) if msisdn is not None else tuple(self._flags):
            if back in self._flags and self._takes_texts(back):
                for flag in sorted(self._flags.pop(back)):
                    self._tell(flag.system_id, _alert(back, flag.address))

    def bound(self, link: Link) -> None:
        """A receiving bind of an application came: it hears what it could not be told before."""
        assert link.account is not None
        for alert in self._owed.pop(link.account.system_id, {}).values():
            self._tell(link.account.system_id, alert)

    def _tell(self, system_id: str, alert: AlertNotification) -> None:
        link = self._binds.choose(system_id, alert.esme_addr)
        if link is None:
            address = Address(alert.esme_addr_ton, alert.esme_addr_npi, alert.esme_addr)
            self._owed.setdefault(system_id, {})[alert.source_addr, address] = alert
        elif link.session.can_send(CommandId.ALERT_NOTIFICATION):
            # A peer of version 3.3 knows of no such thing.
            link.deliver(alert, _Told(self, system_id, alert))


class _Told:
    """An alert on its way (`roles.Delivery`); it is never answered."""

    __slots__ = ("_alert", "_alerts", "_system_id")

    def __init__(self, alerts: Alerts, system_id: str, alert: AlertNotification) -> None:
        self._alerts = alerts
        self._system_id = system_id
        self._alert = alert

    def answered(self, link: Link, response: Pdu) -> None:
        """Only when it could not be written: nothing can be done."""

    def unanswered(self, link: Link) -> None:
        """Nobody waits for an answer."""

    def returned(self, link: Link) -> None:
        self._alerts._tell(self._system_id, self._alert)


def _alert(msisdn: str, address: Address) -> AlertNotification:
    return AlertNotification(
        source_addr_ton=Ton.INTERNATIONAL,
        source_addr_npi=Npi.E164,
        source_addr=msisdn,
        esme_addr_ton=address.ton,
        esme_addr_npi=address.npi,
        esme_addr=address.digits,
        tlvs=[MS_AVAILABILITY_STATUS(AVAILABLE)],
    )
