"""`/metrics` as it is shown: what this process counts, or, at the first of several workers, all of them.

worker 1.. -> a file socket in the folder of the supervisor -> worker 0, when somebody asks for `/metrics`
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from ussd_gateway.web.live import HUB
from ussd_gateway.web.metrics import LOOP_LAG, counted, of_pages, watch_loop
from ussd_gateway.web.services import SERVICES, Services
from ussd_gateway.web.siblings import Siblings
from ussd_gateway.web.worker_totals import Report, Totals

PATIENCE_S = 1.0
"""How long a worker may take to tell; then it is shown as down."""
MAX_OCTETS = 1 << 22
"""Of what one tells; labels come from files, so it is far less."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

TOTALS = web.AppKey("totals", Totals)


async def show(request: web.Request) -> web.Response:
    """Everything that is counted, as text."""
    services = request.app[SERVICES]
    metrics: Iterable[Metric] = await counted(services, request.app[LOOP_LAG])
    metrics = [*metrics, of_pages(request.app[HUB].connections)]
    if services.siblings is not None:
        reports = await ask_others(services.siblings)
        reports[services.siblings.index] = Report.of(os.getpid(), metrics)
        metrics = request.app[TOTALS].show(reports)
    registry = CollectorRegistry()
    registry.register(_Listed(list(metrics)))
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE})


class _Listed(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


# ---------------------------------------------------------------- between workers


async def tell_the_first(services: Services, siblings: Siblings) -> Callable[[], Awaitable[None]]:
    """Answer the first worker from now on; the result ends it.  Raises OSError."""
    application = web.Application()
    application[SERVICES] = services
    application.cleanup_ctx.append(watch_loop)
    application.router.add_get("/", _tell)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.UnixSite(runner, str(siblings.folder / str(siblings.index))).start()
    except BaseException:
        await runner.cleanup()
        raise
    return runner.cleanup


async def _tell(request: web.Request) -> web.Response:
    metrics = await counted(request.app[SERVICES], request.app[LOOP_LAG])
    return web.Response(text=Report.of(os.getpid(), metrics).as_json())


async def ask_others(siblings: Siblings) -> dict[int, Report]:
    """What the other workers count, as far as they answer in time."""
    names = [path.name for path in siblings.folder.iterdir() if path.name.isdecimal()]
    answers = await asyncio.gather(*(_ask(str(siblings.folder / name)) for name in names))
    return {int(name): answer for name, answer in zip(names, answers, strict=True) if answer is not None}


async def _ask(path: str) -> Report | None:
    try:
        async with (
            asyncio.timeout(PATIENCE_S),
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(path)) as http,
            http.get("http://worker/") as response,
        ):
            octets = b""
            while more := await response.content.read(MAX_OCTETS):
                octets += more
                if len(octets) > MAX_OCTETS:
                    return None
            return Report.from_json(octets)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, TypeError, LookupError):
        return None
