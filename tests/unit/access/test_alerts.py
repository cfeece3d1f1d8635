"""Who is told that a phone has come back, when, and how often."""

import pytest

from tests.unit.access.wired import WiredPeer
from ussd_gateway.access.accounts import SmppAccount
from ussd_gateway.access.alerts import Alerts, AlertWhen
from ussd_gateway.access.application_binds import ApplicationBinds
from ussd_gateway.access.link import Link
from ussd_gateway.billing.store import OutMessage
from ussd_gateway.smpp.pdus import AlertNotification, Pdu
from ussd_gateway.smpp.tlvs import MS_AVAILABILITY_STATUS
from ussd_gateway.terms import Address, Terms

ANNA = "79261234567"
BORIS = "79031112233"
SHORT_CODE = Address(3, 9, "7070")
ACCOUNTS: dict[str, AlertWhen] = {"app": "pending", "picky": "asked", "silent": "never"}


class Office:
    """Alerts with the applications bound to them, and the phones that are away."""

    def __init__(self) -> None:
        self.binds = ApplicationBinds()
        self.away = {ANNA, BORIS}
        self.alerts = Alerts(self.binds, ACCOUNTS, lambda msisdn: msisdn not in self.away)

    def bind(self, system_id: str = "app") -> WiredPeer:
        return WiredPeer(self, account=SmppAccount(system_id, "", role="application"))

    def absent(
        self,
        msisdn: str = ANNA,
        origin: str = "smpp:app",
        dpf: int | None = None,
        source: Address = SHORT_CODE,
    ) -> None:
        terms = Terms(origin=origin, source=source, dpf=dpf)
        self.alerts.absent(msisdn, OutMessage(1, "7070", msisdn, "", False, 0, 0, terms=terms))

    def back(self, msisdn: str = ANNA) -> None:
        self.away.discard(msisdn)
        self.alerts.reachable(msisdn)

    # ------------------------------------------------------------ roles.RoleHandler

    def bound(self, link: Link) -> None:
        self.binds.add(link)
        self.alerts.bound(link)

    def unbound(self, link: Link) -> None:
        self.binds.remove(link)

    def request(self, link: Link, request: Pdu) -> None:
        raise AssertionError("these peers submit nothing")


@pytest.fixture
async def office() -> Office:
    return Office()


def told(peer: WiredPeer) -> list[tuple[str, str]]:
    """(phone, address of the application) of the alerts that came."""
    alerts = peer.read()
    assert all(type(alert) is AlertNotification for alert in alerts)
    return [(alert.source_addr, alert.esme_addr) for alert in alerts if isinstance(alert, AlertNotification)]


async def test_an_alert_names_the_phone_and_the_application_as_it_wrote(office: Office) -> None:
    peer = office.bind()
    office.absent()
    assert peer.read() == []
    office.back()
    [alert] = peer.read()
    assert isinstance(alert, AlertNotification)
    assert (alert.source_addr_ton, alert.source_addr_npi, alert.source_addr) == (1, 1, ANNA)
    assert (alert.esme_addr_ton, alert.esme_addr_npi, alert.esme_addr) == SHORT_CODE
    assert MS_AVAILABILITY_STATUS.get(alert) == 0


async def test_many_messages_make_one_alert_and_it_comes_once(office: Office) -> None:
    peer = office.bind()
    for _ in range(3):
        office.absent()
    office.absent(source=Address(0, 0, "7071"))
    office.back()
    assert told(peer) == [(ANNA, "7071"), (ANNA, "7070")]
    office.back()
    assert told(peer) == []
    assert len(office.alerts) == 0


async def test_a_phone_that_is_still_away_alerts_nobody(office: Office) -> None:
    peer = office.bind()
    office.absent()
    office.absent(BORIS)
    office.alerts.reachable(ANNA)
    assert told(peer) == []
    office.away.clear()
    office.alerts.reachable()
    assert sorted(told(peer)) == [(BORIS, "7070"), (ANNA, "7070")]


@pytest.mark.parametrize("system_id", ACCOUNTS)
@pytest.mark.parametrize("dpf", [None, 0, 1])
async def test_who_sets_the_flag(office: Office, system_id: str, dpf: int | None) -> None:
    peer = office.bind(system_id)
    office.absent(origin=f"smpp:{system_id}", dpf=dpf)
    office.back()
    wanted = {"app": dpf != 0, "picky": dpf == 1, "silent": False}[system_id]
    assert told(peer) == [(ANNA, "7070")] * wanted


@pytest.mark.parametrize("origin", ["", "http:shop", ANNA, "smpp:gone"])
async def test_messages_of_nobody_who_can_be_alerted(office: Office, origin: str) -> None:
    office.absent(origin=origin)
    office.alerts.absent(ANNA, OutMessage(2, "000105", ANNA, "", False, 0, 0))
    assert len(office.alerts) == 0


async def test_an_application_that_is_not_bound_hears_it_when_it_is(office: Office) -> None:
    for _ in range(2):
        office.away.add(ANNA)
        office.absent()
        office.back()
    other = office.bind("picky")
    peer = office.bind()
    assert told(peer) == [(ANNA, "7070")]
    assert told(other) == []
    assert told(office.bind()) == []


async def test_one_bind_of_several_hears_it(office: Office) -> None:
    first, second = office.bind(), office.bind()
    office.absent()
    office.absent(BORIS)
    office.back()
    office.back(BORIS)
    assert len(told(first)) == len(told(second)) == 1
