"""The HTTP listener: routes, guard and problems put together."""

import logging
from collections.abc import Sequence

from aiohttp import web, web_app

from ussd_gateway.access.asked import Validity
from ussd_gateway.errors import ConfigError
from ussd_gateway.web.africastalking import TALKS, Talks
from ussd_gateway.web.bodies import MAX_BODY_OCTETS
from ussd_gateway.web.exposition import TOTALS
from ussd_gateway.web.guard import Guard, is_loopback
from ussd_gateway.web.itself import TOKEN
from ussd_gateway.web.journal import JOURNAL, Journal
from ussd_gateway.web.live import HUB, Hub
from ussd_gateway.web.lk import STRANGERS, Strangers
from ussd_gateway.web.lk_sessions import LK_SESSIONS, LkSessions
from ussd_gateway.web.metrics import watch_loop
from ussd_gateway.web.monitor import serve_monitors
from ussd_gateway.web.once import ANSWERS, Answers
from ussd_gateway.web.openapi import DESCRIPTION, Description
from ussd_gateway.web.pages import add_pages
from ussd_gateway.web.problems import problems
from ussd_gateway.web.recordings import RECORDINGS, Recordings
from ussd_gateway.web.replays import REPLAY_BOOK, Replays
from ussd_gateway.web.routes import ROUTES
from ussd_gateway.web.sendsms import SEND_SMS, Sender, SendSms
from ussd_gateway.web.services import SERVICES, Services
from ussd_gateway.web.wire_phones import WIRE_PHONES, WirePhones
from ussd_gateway.web.worker_totals import Totals

SHUTDOWN_TIMEOUT_S = 3.0
"""How long requests in progress may take when the gateway stops."""


def build(
    services: Services,
    *,
    host: str,
    token: str | None,
    senders: Sequence[Sender] = (),
    validity: Validity | None = None,
) -> web.Application:
    """The application as it would listen on `host`; `validity` is that of the messages of `senders`."""
    guard = Guard(host, token)
    application = web.Application(client_max_size=MAX_BODY_OCTETS, middlewares=[problems, guard.middleware])
    application[SERVICES] = services
    application[STRANGERS] = Strangers()
    application[TALKS] = Talks()
    application[SEND_SMS] = SendSms.of(senders, services.reports, validity or Validity())
    application[LK_SESSIONS] = LkSessions()
    journal = application[JOURNAL] = Journal(services.gateway.watch, services.phones.switch_on_http)
    hub = application[HUB] = Hub(services.gateway.watch, services.phones.switch_on_http)
    wire_phones = application[WIRE_PHONES] = WirePhones(services.listener)
    recordings = application[RECORDINGS] = Recordings()
    replays = application[REPLAY_BOOK] = Replays()
    if token is not None:
        application[TOKEN] = token
    # Replays and recordings first: they are clients of this very server.
    closing = [replays.close, recordings.close, journal.close, hub.close, wire_phones.close]
    application.on_shutdown.extend(closing)
    add_pages(application)
    application[ANSWERS] = Answers()
    application[TOTALS] = Totals()
    application.cleanup_ctx.extend([watch_loop, serve_monitors])
    application[DESCRIPTION] = Description(ROUTES)
    for route in ROUTES:
        application.router.add_route(route.method, route.path, route.handler)
    return application


class WebServer:
    """Listens between `start` and `stop`."""

    def __init__(
        self,
        services: Services,
        *,
        host: str,
        port: int,
        token: str | None = None,
        senders: Sequence[Sender] = (),
        validity: Validity | None = None,
    ) -> None:
        """Raises ConfigError when `host` can be reached from elsewhere and there is no token."""
        if token is None and not is_loopback(host):
            raise ConfigError(f"http.host {host} can be reached from elsewhere: set http.token")
        self._host = host
        self._port = port
        # No access log: a line for each request would hold whole numbers in its address.  Nor a line for
        # what is no HTTP at all, or any port scanner could fill the log; it is answered with 400.
        rubbish = logging.getLogger("ussd_gateway.web.rubbish")
        rubbish.setLevel(logging.CRITICAL)
        self._runner = web.AppRunner(
            build(services, host=host, token=token, senders=senders, validity=validity),
            access_log=None,
            logger=rubbish,
            shutdown_timeout=SHUTDOWN_TIMEOUT_S,
        )

    async def start(self) -> tuple[str, int]:
        """Listen, and return the address; raises OSError when it is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except BaseException:
            await self._runner.cleanup()
            raise
        host, port = self._runner.addresses[0][:2]
        return host, port

    async def stop(self) -> None:
        """Stop listening; requests in progress are finished."""
        await self._runner.cleanup()
        _forget_stopped()


def _forget_stopped() -> None:
    """Let go of applications that have stopped.

    aiohttp remembers up to 1024 pairs of handler and application for ever, in a cache of its own.  A gateway
    that was stopped would stay in memory with all its accounts and menus, which counts where one process
    starts many: in tests.
    """
    remembered = getattr(web_app, "_cached_build_middleware", None)
    if remembered is not None:
        remembered.cache_clear()
