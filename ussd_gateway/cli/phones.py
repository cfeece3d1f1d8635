"""A phone for a command: over SMPP or HTTP to a running gateway, or inside a gateway of our own."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ussd_gateway.cli.codes import EXIT_UNABLE, CommandFailed
from ussd_gateway.cli.options import stack
from ussd_gateway.cli.output import note, say
from ussd_gateway.phone.events import Failure

if TYPE_CHECKING:
    from ussd_gateway.config import Config, SmppAccountConfig
    from ussd_gateway.phone.base import Phone

via_options = stack(
    click.option(
        "--via",
        type=click.Choice(["smpp", "http", "embedded"]),
        default="smpp",
        show_default=True,
        help="How to reach the gateway; embedded runs one inside this process.",
    ),
    click.option(
        "--target", metavar="HOST:PORT", help="Any SMPP server (default: the listener of the configuration)."
    ),
    click.option("--system-id", metavar="ID", help="Bind as (default: the phones' account of the config)."),
    click.option("--password", metavar="PW", help="Password of --system-id."),
    click.option(
        "--url",
        metavar="URL",
        help="The gateway's HTTP address, with --via http (default: from the configuration).",
    ),
)


@dataclass(frozen=True, slots=True)
class Way:
    """What the options above say."""

    via: str
    target: str | None
    system_id: str | None
    password: str | None
    url: str | None = None


def use(work: Coroutine[Any, Any, int], *, as_lines: bool) -> int:
    """Run what a command does with a phone; with --json its failure is an event as well."""
    import asyncio

    try:
        return asyncio.run(work)
    except CommandFailed as error:
        if as_lines:
            say(Failure(str(error), error.status), as_lines=True)
        raise


@asynccontextmanager
async def open_phone(config: "Config", msisdn: str, way: Way) -> AsyncIterator["Phone"]:
    """A phone that is switched on; raises GatewayError when there is no way to the gateway."""
    from ussd_gateway import logs

    logs.configure("error")
    if way.via == "embedded":
        async with _embedded(config, msisdn) as phone:
            yield phone
        return
    if way.via == "http":
        async with _over_http(config, msisdn, way.url) as phone:
            yield phone
        return
    phone = over_smpp(config, msisdn, way)
    try:
        await _switch_on(phone, way)
        yield phone
    finally:
        await phone.close()


async def _switch_on(phone: "Phone", way: Way) -> None:
    from ussd_gateway.access.esme import LinkError

    try:
        await phone.open()
    except LinkError as error:
        if error.status is not None:
            hint = "check --system-id and --password"
        elif way.target is None:
            hint = "is the gateway running? Start it with `make run`"
        else:
            hint = "is an SMPP server listening there?"
        raise CommandFailed(f"{error.reason}; {hint}", EXIT_UNABLE, error.status) from None


@asynccontextmanager
async def _embedded(config: "Config", msisdn: str) -> AsyncIterator["Phone"]:
    from ussd_gateway.app import App
    from ussd_gateway.phone.embedded import EmbeddedPhone

    app = App(config)
    try:
        await app.start(listen=False)
        phone = EmbeddedPhone(msisdn, app.gateway, app.phones, app.ids)
        await phone.open()
        yield phone
        await phone.close()
    finally:
        await app.stop()


def tell_of_absent(config: "Config", code: str, way: Way) -> None:
    """Say why nobody will answer, where an application over SMPP serves the code: it cannot bind to this."""
    from ussd_gateway.ussd.routing import Router

    if way.via != "embedded":
        return
    served: Router[str] = Router()
    for account in config.smpp.accounts:
        if account.role == "application" and account.enabled:
            for each in account.service_codes:
                served.add(each, account.system_id)
    found = served.find(code)
    if found is not None:
        note(
            f"{found.code} is served by the application {found.target!r}, which binds over SMPP, and nobody "
            f"can bind to a gateway inside this process; start one with `ussd-gateway serve` and dial there"
        )


@asynccontextmanager
async def _over_http(config: "Config", msisdn: str, url: str | None) -> AsyncIterator["Phone"]:
    from ussd_gateway.cli.api import address
    from ussd_gateway.phone.http import HttpPhone, NoGateway

    phone = HttpPhone(msisdn, url=url or address(config), token=config.http.token)
    try:
        await phone.open()
        yield phone
    except NoGateway as error:
        hint = "is the gateway running? Start it with `make run`"
        raise CommandFailed(f"{error}; {hint}", EXIT_UNABLE) from None
    finally:
        await phone.close()


def over_smpp(config: "Config", msisdn: str, way: Way) -> "Phone":
    from ussd_gateway.phone.smpp import SmppPhone

    access = smpp_access(config, msisdn, way)
    try:
        return SmppPhone(
            msisdn,
            host=access.host,
            port=access.port,
            system_id=access.system_id,
            password=access.password,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None


class SmppAccess(NamedTuple):
    """Where to bind, and as whom."""

    host: str
    port: int
    system_id: str
    password: str


def smpp_access(config: "Config", msisdn: str, way: Way) -> SmppAccess:
    """What the options say of it, and for the rest the configuration: the account that owns the number."""
    host, port = target_address(way.target) if way.target else (config.smpp.host, config.smpp.port)
    account = _account(config, msisdn)
    system_id = way.system_id or (account.system_id if account else "handset")
    password = way.password
    if password is None:
        known = next((one for one in config.smpp.accounts if one.system_id == system_id), None)
        password = known.password if known else system_id[:8]
    return SmppAccess(reachable(host), port, system_id, password)


def _account(config: "Config", msisdn: str) -> "SmppAccountConfig | None":
    """The account that speaks for this phone: the one whose pattern fits best, else any for phones."""
    accounts = [one for one in config.smpp.accounts if one.role == "handsets" and one.enabled]
    owners = [
        one
        for one in accounts
        if any(msisdn.startswith(pattern.partition("*")[0]) for pattern in one.msisdns)
    ]
    return next(iter(owners or accounts), None)


def target_address(text: str) -> tuple[str, int]:
    """`host:port`; a usage error for anything else."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise click.BadParameter(f"{text!r} is not HOST:PORT", param_hint="--target")
    return host.strip("[]"), int(port)


def reachable(host: str) -> str:
    """Where to connect to what listens on `host`: all interfaces include the loopback one."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
