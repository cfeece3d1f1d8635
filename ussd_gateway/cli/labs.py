"""A gateway for scripts to be played against: inside this process, or reached over SMPP or HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from ussd_gateway.cli.api import address, url_option
from ussd_gateway.cli.codes import EXIT_UNABLE, CommandFailed
from ussd_gateway.cli.options import stack
from ussd_gateway.cli.output import note
from ussd_gateway.cli.phones import Way, over_smpp

if TYPE_CHECKING:
    from ussd_gateway.config import Config
    from ussd_gateway.replay.lab import Lab
    from ussd_gateway.replay.labs.backroom_http import HttpBackRoom

lab_options = stack(
    click.option(
        "--via",
        type=click.Choice(["smpp", "http", "embedded"]),
        default="smpp",
        show_default=True,
        help="How to reach the gateway; embedded runs one inside this process, with an empty store.",
    ),
    click.option(
        "--target", metavar="HOST:PORT", help="Any SMPP server (default: the listener of the configuration)."
    ),
    click.option("--system-id", metavar="ID", help="Bind as (default: the phones' account of the config)."),
    click.option("--password", metavar="PW", help="Password of --system-id."),
    url_option,
)

NOT_OURS = "accounts, the ledger, calls and time are not checked"


@asynccontextmanager
async def open_lab(config: "Config", way: Way, url: str | None) -> AsyncIterator["Lab"]:
    """The gateway the options name; raises CommandFailed when there is none."""
    from ussd_gateway import logs

    logs.configure("error")
    if way.via == "embedded":
        from ussd_gateway.laboratory import open_laboratory

        async with open_laboratory(config) as laboratory:
            yield laboratory.lab
        return
    from ussd_gateway.replay.labs.over_http import HttpAddress

    http = HttpAddress(url or address(config), config.http.token)
    back_room = await _back_room(http.url, http.token, way, asked_for=url is not None)
    try:
        if way.via == "http":
            from ussd_gateway.replay.labs.http import HttpLab

            assert back_room is not None, "a gateway over HTTP is ours"
            yield HttpLab(http, back_room)
        else:
            from ussd_gateway.replay.labs.smpp import SmppLab

            yield SmppLab(
                lambda msisdn: over_smpp(config, msisdn, way),
                back_room=back_room,
                http=http if back_room is not None else None,
            )
    finally:
        if back_room is not None:
            await back_room.close()


async def _back_room(url: str, token: str | None, way: Way, *, asked_for: bool) -> "HttpBackRoom | None":
    """The HTTP API of the gateway; None for a gateway that is somebody else's, or has none."""
    from ussd_gateway.phone.http import NoGateway
    from ussd_gateway.replay.labs.backroom_http import HttpBackRoom

    if way.via == "smpp" and way.target is not None and not asked_for:
        return None
    back_room = HttpBackRoom(url, token=token)
    try:
        await back_room.open()
    except NoGateway as error:
        if way.via == "http" or asked_for:
            raise CommandFailed(
                f"{error}; is the gateway running? Start it with `make run`", EXIT_UNABLE
            ) from None
        note(f"{error}; {NOT_OURS}")
        return None
    return back_room
