"""What the handlers stand on: the composition root fills it in once, and each request finds it here."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from ussd_gateway.billing.passwords import Hasher
from ussd_gateway.billing.store import Store
from ussd_gateway.clock import Clock
from ussd_gateway.gateway import Gateway
from ussd_gateway.msisdn import NumberingPlan


@dataclass(frozen=True, slots=True)
class Services:
    """`not_ready` says why the gateway cannot serve now, or None when it can."""

    gateway: Gateway
    store: Store
    clock: Clock
    plan: NumberingPlan
    hasher: Hasher
    not_ready: Callable[[], str | None]


SERVICES = web.AppKey("services", Services)
