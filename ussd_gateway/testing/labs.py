"""Opens the gateway that the options of a test name, as a lab that scripts are played on."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from ussd_gateway import logs
from ussd_gateway.config import Config, load_config
from ussd_gateway.laboratory import open_laboratory, unchanged_files
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.phone.smpp import SmppPhone
from ussd_gateway.replay.lab import Lab
from ussd_gateway.replay.labs.backroom_http import HttpBackRoom
from ussd_gateway.replay.labs.http import HttpLab
from ussd_gateway.replay.labs.over_http import HttpAddress
from ussd_gateway.replay.labs.smpp import SmppLab
from ussd_gateway.service import Files, Folders
from ussd_gateway.testing.options import Where


@asynccontextmanager
async def open_lab(where: Where) -> AsyncIterator[tuple[Lab, NumberingPlan]]:
    """The lab and how it writes numbers; raises ConfigError for files, GatewayError when none is there."""
    _log_as_others_do()
    if not where.embedded:
        async with _running(where) as lab:
            yield lab, NumberingPlan()
        return
    config = _config(where)
    async with open_laboratory(config, files=_files(config)) as laboratory:
        yield laboratory.lab, config.numbering_plan()


@asynccontextmanager
async def _running(where: Where) -> AsyncIterator[Lab]:
    """Somebody's gateway at an address; with its HTTP API it is one of ours."""
    back_room = None
    if where.http is not None:
        back_room = HttpBackRoom(where.http, token=where.token)
        await back_room.open()
    http = None if where.http is None else HttpAddress(where.http, where.token)
    try:
        if where.smpp is None:
            assert http is not None, "no address"
            assert back_room is not None, "no address"
            yield HttpLab(http, back_room)
        else:
            yield SmppLab(lambda msisdn: _over_smpp(where, msisdn), back_room=back_room, http=http)
    finally:
        if back_room is not None:
            await back_room.close()


def _over_smpp(where: Where, msisdn: str) -> SmppPhone:
    assert where.smpp is not None, "no address"
    host, port = where.smpp
    return SmppPhone(msisdn, host=host, port=port, system_id=where.system_id, password=where.password)


# ---------------------------------------------------------------- a gateway of our own


def _config(where: Where) -> Config:
    config = load_config(where.config, os.environ)
    return config.model_copy(update={"paths": config.paths.model_copy(update=dict(where.folders))})


def _files(config: Config) -> Files:
    paths, profiles = config.paths, frozenset(config.http.known_profiles())
    menus, commands, catalogue = map(config.path, (paths.menus, paths.sms_commands, paths.catalogue))
    return unchanged_files(Folders(menus, commands, catalogue, profiles), config.numbering_plan())


# ---------------------------------------------------------------- what it logs


def _log_as_others_do() -> None:
    """Hand our events to the standard library's logging, where test runners collect them.

    Whoever has configured structlog knows better.
    """
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.stdlib.filter_by_level,
                logs.shorten_exception,
                logs.drop_secrets,
                logs.clean_values,
                structlog.processors.KeyValueRenderer(key_order=["event"]),
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
            logger_factory=structlog.stdlib.LoggerFactory(),
        )
