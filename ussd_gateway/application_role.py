"""Role `application`, put together: one `SmppApplication` an account, registered with the desk."""

from collections.abc import Mapping, Sequence

from ussd_gateway.access.accounts import SmppAccount
from ussd_gateway.access.alerts import Alerts
from ussd_gateway.access.application_dialogues import SmppApplication, Statuses
from ussd_gateway.access.applications import ApplicationsRole
from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.far_applications import FarApplications
from ussd_gateway.access.handsets import REFUSED_STATUS
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.message_desk import MessageDesk
from ussd_gateway.access.short_messages import ShortMessages, SmsGateway
from ussd_gateway.access.submit_multi import ManyPhones
from ussd_gateway.access.together import Together
from ussd_gateway.applications import Applications
from ussd_gateway.billing.store import Store
from ussd_gateway.clock import Clock
from ussd_gateway.config import Config
from ussd_gateway.gateway import Gateway
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.ports import Ids
from ussd_gateway.settings import validity
from ussd_gateway.smpp.constants import CommandStatus
from ussd_gateway.sms.concat import Reassembler
from ussd_gateway.ussd.dialects import Dialect


def applications_role(
    config: Config,
    accounts: Sequence[SmppAccount],
    dialects: Mapping[str, Dialect],
    short_messages: ShortMessages,
    desk: Applications,
    *,
    gateway: SmsGateway,
    store: Store,
    clock: Clock,
    lanes: Lanes,
    ids: Ids,
    plan: NumberingPlan,
    delivery: TextDelivery,
    together: Together | None,
) -> ApplicationsRole:
    """The handler for all binds of accounts with role application; `dialects` by system_id."""
    ussd, binds = config.ussd, delivery.applications
    far = FarApplications(together.exchange, binds) if together is not None else None
    served = {
        account.system_id: SmppApplication(
            account,
            dialects[account.system_id],
            binds,
            desk,
            lanes=lanes,
            ids=ids,
            plan=plan,
            statuses=Statuses(ussd.gone_status, ussd.busy_status, ussd.absent_status),
            far=far,
        )
        for account in accounts
        if account.role == "application"
    }
    for application in served.values():
        desk.register(application.name, application)
    if far is not None and together is not None:
        far.connect(served)
        together.applications = far
    desk_of_messages = MessageDesk(store, delivery, clock, validity(config), plan.parse)
    short_messages.replace_waiting = desk_of_messages.replace_waiting
    alerts = _alerts(accounts, delivery)
    short_messages.sets_flag = alerts.sets_flag
    return ApplicationsRole(
        short_messages,
        plan=plan,
        binds=binds,
        dialogues=served,
        delivery=delivery,
        alerts=alerts,
        desk=desk_of_messages,
        many=ManyPhones(gateway, lanes, ids, clock, plan, validity(config)),
        lanes=lanes,
    )


def _alerts(accounts: Sequence[SmppAccount], delivery: TextDelivery) -> Alerts:
    """Who hears that a phone has come back, told by the delivery."""

    def takes_texts(msisdn: str) -> bool:
        there = delivery.access_to(msisdn) is not None or delivery.shows(msisdn)
        return there and delivery.states.takes_texts(msisdn)

    when = {account.system_id: account.alerts for account in accounts if account.role == "application"}
    alerts = Alerts(delivery.applications, when, takes_texts)
    delivery.on_absent, delivery.on_reachable = alerts.absent, alerts.reachable
    return alerts


def short_messages(
    config: Config,
    gateway: Gateway,
    lanes: Lanes,
    ids: Ids,
    clock: Clock,
    reassembler: Reassembler,
) -> ShortMessages:
    """What takes the messages that peers submit."""

    def joins(destination: str) -> bool:
        reader = gateway.forwarding.reader(destination)
        return reader is None or reader.joined

    return ShortMessages(
        gateway,
        lanes,
        ids,
        clock,
        reassembler,
        lambda reason: REFUSED_STATUS.get(reason, CommandStatus.RSUBMITFAIL),
        validity=validity(config),
        joins=joins,
    )
