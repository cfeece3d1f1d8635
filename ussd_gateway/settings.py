"""`config.yaml` -> the settings that the rooms below take."""

import ipaddress

from ussd_gateway.access.accounts import NumberPatterns, SmppAccount
from ussd_gateway.access.asked import Validity
from ussd_gateway.access.binds import Binds
from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.endings import Endings
from ussd_gateway.access.http_applications import HttpApplication, HttpApplications
from ussd_gateway.access.http_calls import Caller, CallSettings
from ussd_gateway.access.http_reports import ORIGIN, HttpReports
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.roles import LinkSettings
from ussd_gateway.access.scheduler import Scheduler
from ussd_gateway.access.smpp_listener import ListenerSettings, TlsSettings
from ussd_gateway.access.together import Together
from ussd_gateway.applications import Applications
from ussd_gateway.billing.store import Store
from ussd_gateway.clock import Clock
from ussd_gateway.config import Config, SmppAccountConfig
from ussd_gateway.forwarding import Reader
from ussd_gateway.menu.model import AppScreen
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.ports import Ids, Limits
from ussd_gateway.service import Files, Folders, load_files
from ussd_gateway.smpp.limits import SessionConfig
from ussd_gateway.smpp.timers import TimerConfig
from ussd_gateway.ussd.dialogue import DialogueTimers
from ussd_gateway.watch import Watch
from ussd_gateway.web.sendsms import Sender
from ussd_gateway.web.server import WebServer
from ussd_gateway.web.services import Services

REPORT_TIMEOUT_S = 10.0
"""Longest wait for the receiver of a report."""


def configured_files(config: Config, plan: NumberingPlan) -> Files:
    """All files that the configuration names; ConfigError with every mistake in every one of them."""
    paths, profiles = config.paths, frozenset(config.http.known_profiles())
    menus, commands, catalogue = map(config.path, (paths.menus, paths.sms_commands, paths.catalogue))
    return load_files(Folders(menus, commands, catalogue, profiles), plan)


def limits(config: Config) -> Limits:
    """The gateway's own."""
    return Limits(
        timers=DialogueTimers.from_seconds(config.ussd.answer_timer_s, config.ussd.dialogue_timer_s),
        busy_on_second_begin=config.ussd.second_begin == "busy",
        max_dialogues=config.ussd.max_dialogues,
    )


def text_delivery(
    config: Config,
    store: Store,
    scheduler: Scheduler,
    clock: Clock,
    binds: Binds,
    together: Together | None,
    watch: Watch,
    ids: Ids,
) -> tuple[TextDelivery, HttpReports]:
    """The delivery of messages to phones and applications, alone or beside other gateways; the reports to
    those who sent over HTTP, to be closed before it."""
    retry_s, endings = config.sms.retry_s, Endings(store, ids, clock)
    if together is not None:
        delivery: TextDelivery = together.delivery(
            store, scheduler, retry_s=retry_s, watch=watch, endings=endings
        )
    else:
        delivery = TextDelivery(
            store,
            scheduler,
            clock,
            binds,
            retry_s=retry_s,
            max_per_phone=config.sms.max_queue_per_phone,
            watch=watch,
            endings=endings,
        )
    reports = HttpReports(store, ids, clock, _report_callers(config, clock))
    reports.deliver = delivery.deliver
    endings.tellers[ORIGIN], delivery.makers[ORIGIN] = reports.tell, reports.queue
    return delivery, reports


def _report_callers(config: Config, clock: Clock) -> dict[str, Caller]:
    """Who calls the addresses of reports, by the username of the sender."""
    return {
        sender.username: Caller(
            CallSettings(
                "http://localhost/",
                REPORT_TIMEOUT_S,
                tuple(ipaddress.ip_network(network) for network in sender.addresses),
            ),
            clock.now_ms,
        )
        for sender in config.http.senders
    }


def validity(config: Config) -> Validity:
    """How long messages are tried."""
    return Validity(round(config.sms.default_validity_s * 1000), round(config.sms.max_validity_s * 1000))


def readers(config: Config) -> dict[str, Reader]:
    """The short numbers of applications behind SMPP, and who reads what phones send there."""
    return {
        code: Reader(f"smpp:{account.system_id}", account.long_messages == "joined")
        for account in config.smpp.accounts
        if account.role == "application"
        for code in account.short_codes
    }


def smpp_account(account: SmppAccountConfig, default_window: int) -> SmppAccount:
    """One peer that may bind."""
    return SmppAccount(
        system_id=account.system_id,
        password=account.password,
        role=account.role,
        msisdns=NumberPatterns(account.msisdns),
        service_codes=account.service_codes,
        short_codes=account.short_codes,
        addresses=account.addresses,
        enabled=account.enabled,
        max_binds=account.max_binds,
        window=account.window or default_window,
        dialect=account.dialect,
        dialled_string_in=account.dialled_string_in,
        lenient=account.lenient,
        acknowledge=account.acknowledge,
        deliver_as=account.deliver_as,
        text_in=account.text_in,
        alerts=account.alerts,
    )


def listener_settings(config: Config) -> ListenerSettings:
    """Sockets, sessions and links of the SMPP listener."""
    smpp = config.smpp
    tls = None
    if smpp.tls is not None:
        tls = TlsSettings(
            smpp.tls.host, smpp.tls.port, config.path(smpp.tls.certificate), config.path(smpp.tls.key)
        )
    session = SessionConfig(
        window_in=smpp.window,
        window_out=smpp.window,
        max_command_length=smpp.max_command_length,
        max_violations=smpp.max_protocol_violations,
        full_error_bodies=smpp.full_error_bodies,
        timers=TimerConfig(
            session_init_timer_s=smpp.session_init_timer_s,
            enquire_link_timer_s=smpp.enquire_link_timer_s,
            enquire_link_response_timer_s=smpp.enquire_link_response_timer_s,
            inactivity_timer_s=smpp.inactivity_timer_s,
            response_timer_s=smpp.response_timer_s,
        ),
    )
    link = LinkSettings(
        session=session,
        system_id=smpp.system_id,
        max_unsent_bytes=smpp.max_unsent_bytes,
        slow_reader_timer_s=smpp.slow_reader_timer_s,
    )
    return ListenerSettings(
        host=smpp.host,
        port=smpp.port,
        allow_plaintext=smpp.allow_plaintext,
        tls=tls,
        max_connections=smpp.max_connections,
        max_connections_per_address=smpp.max_connections_per_address,
        drain_timeout_s=smpp.drain_timeout_s,
        link=link,
    )


def http_applications(config: Config, desk: Applications, lanes: Lanes, clock: Clock) -> HttpApplications:
    """The web applications of service codes and of menus, known to the desk; `close` them at the end."""
    profiles = config.http.known_profiles()
    menus = config.http.menus

    def at_screen(name: str, screen: AppScreen) -> HttpApplication:
        called = CallSettings(
            url=screen.url,
            timeout_s=screen.timeout_ms / 1000,
            besides=tuple(ipaddress.ip_network(network) for network in menus.addresses),
            secret=menus.secret,
            header=menus.signature_header,
        )
        caller = Caller(called, clock.now_ms)
        profile, network = profiles[screen.profile], menus.network
        return HttpApplication(name, profile, caller, desk, lanes=lanes, clock=clock, network=network)

    return HttpApplications(
        desk,
        [
            HttpApplication(
                f"http:{each.name}",
                profiles[each.profile],
                Caller(
                    CallSettings(
                        url=each.url,
                        timeout_s=each.timeout_s,
                        networks=tuple(ipaddress.ip_network(network) for network in each.addresses),
                        secret=each.secret,
                        header=each.signature_header,
                    ),
                    clock.now_ms,
                ),
                desk,
                lanes=lanes,
                clock=clock,
                network=each.network,
                events_url=each.events_url,
            )
            for each in config.http.applications
        ],
        at_screen,
    )


def web_server(config: Config, services: Services) -> WebServer:
    """The HTTP listener; raises ConfigError, see there."""
    http = config.http
    senders = [
        Sender(each.username, each.password, each.short_codes, each.addresses) for each in http.senders
    ]
    return WebServer(
        services,
        host=http.host,
        port=http.port,
        token=http.token,
        senders=senders,
        validity=validity(config),
    )


def served_codes(config: Config) -> dict[str, str]:
    """The service codes of applications, with the name of who serves each."""
    over_http = {
        code: f"http:{application.name}"
        for application in config.http.applications
        for code in application.service_codes
    }
    return over_http | {
        code: smpp_account(account, 1).access
        for account in config.smpp.accounts
        if account.role == "application"
        for code in account.service_codes
    }
