"""The composition root: builds the house from its configuration, starts it, reloads its files, stops it.

store -> ids -> files -> phones and gateway -> listeners         (stopped in the opposite order)
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from ussd_gateway.access.accounts import Accounts
from ussd_gateway.access.binds import Binds
from ussd_gateway.access.capture import Capture
from ussd_gateway.access.delivery import TextDelivery
from ussd_gateway.access.fates import fates
from ussd_gateway.access.handsets import HandsetsRole
from ussd_gateway.access.lanes import Lanes
from ussd_gateway.access.lost_phones import hang_up_lost
from ussd_gateway.access.phones import Phones
from ussd_gateway.access.scheduler import Scheduler
from ussd_gateway.access.smpp_listener import SmppListener
from ussd_gateway.access.smpp_screens import SmppScreens
from ussd_gateway.access.together import Together
from ussd_gateway.actions import Actions
from ussd_gateway.application_role import applications_role, short_messages
from ussd_gateway.applications import Applications
from ussd_gateway.billing.subscribers import Subscribers
from ussd_gateway.calls import Calls
from ussd_gateway.centres import Centres
from ussd_gateway.clock import Clock, MovableClock, SystemClock, VirtualClock
from ussd_gateway.config import Config
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.fault_section import open_faults
from ussd_gateway.forwarding import Forwarding, check_short_codes
from ussd_gateway.gateway import Gateway
from ussd_gateway.ids import Ids
from ussd_gateway.jobs import Jobs
from ussd_gateway.menu.engine import Engine
from ussd_gateway.pushes import Pushes
from ussd_gateway.service import Files, Service, with_applications
from ussd_gateway.settings import (
    configured_files,
    http_applications,
    limits,
    listener_settings,
    readers,
    served_codes,
    smpp_account,
    text_delivery,
    web_server,
)
from ussd_gateway.sms.concat import Reassembler
from ussd_gateway.storage import (
    RedisSettings,
    ScryptHasher,
    StoreRegistry,
    SystemDice,
    open_dialogues,
    open_exchange,
    open_hasher,
    open_store,
)
from ussd_gateway.storage.mailbox import Mailbox
from ussd_gateway.ussd.dialects import dialect
from ussd_gateway.ussd.primitives import Confirm
from ussd_gateway.watch import Watch
from ussd_gateway.web.exposition import tell_the_first
from ussd_gateway.web.services import Services
from ussd_gateway.web.siblings import Siblings

SWEEP_MS = 500
"""How often expired dialogues are looked for."""
SWEEP_LIMIT = 1000
"""Dialogues ended in one go; a longer queue waits for the next turn of the loop."""
JOBS_MS = 1000
"""How often we look whether time has brought something to a sleeping account."""

log = structlog.get_logger(__name__)


class App:
    """One running gateway, from `start` to `stop`."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        hasher: ScryptHasher | None = None,
        on_fatal: Callable[[Exception], None] = lambda error: None,
        siblings: Siblings | None = None,
    ) -> None:
        """`on_fatal` is told, once, that the store is lost for good: the process must end.

        `clock` and `hasher` replace those of the configuration (a clock that stands still, a quick hash).
        `siblings`: we are one of several workers that share the SMPP port; the first has the HTTP port.
        """
        self.config = config
        self.clock: Clock = clock or (VirtualClock() if config.clock == "virtual" else SystemClock())
        self.plan = config.numbering_plan()
        self.not_ready: str | None = "starting"
        """Why the gateway cannot serve now; None while all is well."""
        self.watch = Watch()
        self.faults = open_faults(config.faults, config.smpp.accounts, self.clock, self.plan)
        self.smpp: SmppListener | None = None
        self.centres = Centres()
        self.pcap: Path | None = None
        """Where to write what passes over SMPP; to be set before `start`."""
        self.capture = Capture(self.watch)
        self.smpp_address: str | None = None
        self.http_address: tuple[str, int] | None = None
        self._hasher = hasher
        self._on_fatal = on_fatal
        self._siblings = siblings
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = AsyncExitStack()

    # ------------------------------------------------------------ life

    async def start(self, *, listen: bool = True) -> None:
        """Make ready to serve; without `listen` no socket is opened (a gateway inside another program).

        Raises ConfigError for files, addresses or a store that cannot be used, StoreUnavailable.
        """
        async with AsyncExitStack() as opened:
            await self._start(opened, listen)
            self._open = opened.pop_all()
        self.not_ready = None

    async def _start(self, opened: AsyncExitStack, listen: bool) -> None:
        files = self._load_files()
        await self._open_store(opened)
        scheduler = Scheduler(self.clock)
        opened.callback(scheduler.close)
        self.faults.scheduler = scheduler
        delivery = self._furnish(files, scheduler)
        await self.gateway.provision()
        if self.together is not None:
            self.together.connect(self.phones)
            await self.together.start()
            opened.push_async_callback(self.together.stop)
        await delivery.start()
        opened.push_async_callback(delivery.stop)
        opened.push_async_callback(self.reports.close)
        self._start_work(opened, scheduler)
        self.over_http = http_applications(self.config, self.applications, self.lanes, self.clock)
        opened.push_async_callback(self.over_http.close)
        if listen:
            await self._listen(opened, delivery)

    async def _open_store(self, opened: AsyncExitStack) -> None:
        """The store, what is kept beside it, and a clock that does not stand behind what is in it."""
        url, redis = self.config.storage.url, self.config.storage.redis
        # The hasher first: it looks for the pepper of a database that is there already.
        self.hasher = self._hasher or open_hasher(url, self.config.storage.pepper_file)
        opened.callback(self.hasher.close)
        self.store = open_store(
            url,
            RedisSettings(redis.prefix, redis.timeout_s, redis.wait, redis.journal),
            hasher=None if self._hasher else self.hasher,
            on_fatal=self._store_lost,
        )
        await self.store.open()
        opened.push_async_callback(self.store.close)
        if isinstance(self.clock, MovableClock):
            self.clock.catch_up(await self.store.latest_ms())
        self._actions = Actions(self.hasher, SystemDice(), StoreRegistry(self.store))
        self.ids = Ids(self.store, boot_tag=secrets.token_hex(4), on_low=self._refill_ids)
        await self.ids.refill()

    def _furnish(self, files: Files, scheduler: Scheduler) -> TextDelivery:
        """The phones and the gateway between them and the store."""
        config, clock = self.config, self.clock
        self.lanes = Lanes()
        self.binds = Binds()
        self.dialogues = open_dialogues(self.store)
        exchange = open_exchange(self.store)
        self.together = None if exchange is None else Together(exchange, self.binds, clock)
        self.delivery, self.reports = text_delivery(
            config, self.store, scheduler, clock, self.binds, self.together, self.watch, self.ids
        )
        delivery = self.delivery
        delivery.fate = fates(self.faults, clock)
        self.phones = Phones(delivery, self._undeliverable, self._confirm)
        self.gateway = Gateway(
            self._service(Engine(files.menus), files),
            store=self.store,
            dialogues=self.dialogues,
            subscribers=Subscribers(self.store, self.plan, auto_provision=config.subscribers.auto_provision),
            outlet=self.phones,
            ids=self.ids,
            clock=clock,
            plan=self.plan,
            limits=limits(config),
            watch=self.watch,
        )
        self.gateway.forwarding = Forwarding(self.plan, readers(config))
        self.calls = Calls(self.gateway, self.ids, clock)
        delivery.states.listen(hang_up_lost(self.gateway, self.calls, self.lanes))
        self.pushes = self.gateway.pushes = Pushes(
            dialogues=self.dialogues,
            outlet=self.phones,
            ids=self.ids,
            clock=clock,
            timers=limits(config).timers,
            run=self.lanes.run,
            watch=self.watch,
            sender=config.ussd.push_sender,
            queue_when_busy=config.ussd.push_when_busy == "queue",
        )
        if self.together is not None:
            self.pushes.elsewhere, self.together.on_push = self.together.tell_of_push, self.pushes.told
        self.applications = self.gateway.applications = Applications(
            self.gateway,
            dialogues=self.dialogues,
            outlet=self.phones,
            clock=clock,
            timers=limits(config).timers,
            application_timer_ms=round(config.ussd.application_timer_s * 1000),
            pushes=self.pushes,
        )
        return delivery

    def _start_work(self, opened: AsyncExitStack, scheduler: Scheduler) -> None:
        """What goes on though nobody asks: deadlines of dialogues, jobs."""
        config = self.config
        self._reassembler = Reassembler(
            expiry_ms=round(config.sms.reassembly_timer_s * 1000),
            max_sets_per_owner=config.sms.max_reassembly_sets,
        )
        self.jobs = Jobs(
            self.gateway,
            self.store,
            self.lanes,
            self.clock,
            Mailbox(config.storage.mailbox),
            share=self.together.share if self.together is not None else lambda msisdn: True,
        )
        self.gateway.on_orders = self.jobs.wake_for_orders
        scheduler.every(SWEEP_MS, self._sweep_soon)
        scheduler.every(JOBS_MS, self.jobs.wake)
        opened.push_async_callback(self._finish_work)
        opened.push_async_callback(self.jobs.stop)
        self.jobs.wake()

    async def _listen(self, opened: AsyncExitStack, delivery: TextDelivery) -> None:
        config = self.config
        smpp = self.smpp = self._smpp_listener(delivery)
        opened.callback(self.capture.close)
        self.capture.attach(smpp, self.centres, path=self.pcap)
        await smpp.start()
        opened.push_async_callback(smpp.stop)
        self.smpp_address = smpp.addresses[0]
        self._bind_to_centres(delivery)
        opened.push_async_callback(self.centres.close)
        if self._siblings is not None and self._siblings.index:
            opened.push_async_callback(await tell_the_first(self.services(), self._siblings))
            return
        web = web_server(config, self.services())
        self.http_address = await web.start()
        opened.push_async_callback(web.stop)

    def _bind_to_centres(self, delivery: TextDelivery) -> None:
        self.centres.open(
            self.config.links,
            self.gateway,
            lanes=self.lanes,
            ids=self.ids,
            clock=self.clock,
            plan=self.plan,
            binds=self.binds,
            delivery=delivery,
            phones=self.phones,
            reassembler=self._reassembler,
            undeliverable=self._undeliverable,
        )

    def services(self) -> Services:
        """What the HTTP API of this gateway stands on, once it has started."""
        return Services(
            gateway=self.gateway,
            calls=self.calls,
            jobs=self.jobs,
            lanes=self.lanes,
            store=self.store,
            clock=self.clock,
            plan=self.plan,
            hasher=self.hasher,
            phones=self.phones,
            dialogues=self.dialogues,
            ids=self.ids,
            pushes=self.pushes,
            faults=self.faults,
            delivery=self.delivery,
            reports=self.reports,
            listener=lambda: self.smpp,
            capture=self.capture,
            not_ready=self._why_not_ready,
            links=self.centres.states,
            siblings=self._siblings,
        )

    def _why_not_ready(self) -> str | None:
        missing = self._siblings.missing() if self._siblings is not None else None
        return self.not_ready or self.store.trouble() or missing

    async def stop(self) -> None:
        """Take no more requests, finish those in flight, say goodbye to peers, close the store."""
        self.not_ready = "stopping"
        await self._open.aclose()

    async def _finish_work(self) -> None:
        await self.lanes.drain()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # ------------------------------------------------------------ files

    def reload(self) -> None:
        """Read menus, commands and catalogue again; ConfigError leaves the present ones in force.

        Open dialogues go on with the menus they began with.
        """
        files = self._load_files()
        engine = self.gateway.service.engine
        engine.reload(files.menus)
        self.gateway.service = self._service(engine, files)
        log.info(
            "files reloaded", menus=len(files.menus.by_name), short_codes=len(files.commands.short_codes)
        )

    def _load_files(self) -> Files:
        return configured_files(self.config, self.plan)

    def _service(self, engine: Engine, files: Files) -> Service:
        routes = with_applications(files.routes, served_codes(self.config))
        check_short_codes(readers(self.config), files.commands.short_codes)
        return Service(engine, routes, files.voice, files.commands, self._actions, files.catalogue)

    # ------------------------------------------------------------ the SMPP side

    def _smpp_listener(self, delivery: TextDelivery) -> SmppListener:
        accounts = [smpp_account(account, self.config.smpp.window) for account in self.config.smpp.accounts]
        dialects = {
            account.system_id: dialect(account.dialect, account.dialled_string_in) for account in accounts
        }
        screens = {
            system_id: SmppScreens(system_id, spoken, self.binds, self.clock, self._undeliverable)
            for system_id, spoken in dialects.items()
        }
        for account in accounts:
            self.phones.register(account.access, screens[account.system_id])
        if self.together is not None:
            self.together.connect(self.phones, screens.values())
        messages = short_messages(
            self.config, self.gateway, self.lanes, self.ids, self.clock, self._reassembler
        )
        handsets = HandsetsRole(
            self.gateway,
            messages,
            lanes=self.lanes,
            ids=self.ids,
            clock=self.clock,
            plan=self.plan,
            binds=self.binds,
            delivery=delivery,
            screens=screens,
            dialects=dialects,
            dialogues=self.dialogues,
            no_dialogue_status=self.config.smpp.no_dialogue_status,
            absent_status=self.config.ussd.absent_status,
        )
        applications = applications_role(
            self.config,
            accounts,
            dialects,
            messages,
            self.applications,
            gateway=self.gateway,
            store=self.store,
            clock=self.clock,
            lanes=self.lanes,
            ids=self.ids,
            plan=self.plan,
            delivery=delivery,
            together=self.together,
        )
        return SmppListener(
            replace(listener_settings(self.config), reuse_port=self._siblings is not None),
            Accounts(accounts, exact_errors=self.config.smpp.bind_errors == "exact"),
            {"handsets": handsets, "application": applications},
            self.faults,
        )

    # ------------------------------------------------------------ work of its own

    def _sweep_soon(self) -> None:
        self._spawn(self._sweep())

    async def _sweep(self) -> None:
        """End the dialogues whose time has run out; forget long messages that stayed incomplete."""
        now_ms = self.clock.now_ms()
        self._reassembler.expire(now_ms)
        self.pushes.expire(now_ms)
        self.capture.settle()
        for call in self.calls.due(now_ms, SWEEP_LIMIT):
            self.lanes.run(call.msisdn, self.calls.expire(call))
        try:
            due = await self.dialogues.due(now_ms, SWEEP_LIMIT)
        except StoreUnavailable as error:
            log.warning("expired dialogues not found", error=str(error))
            return
        for dialogue in due:
            self.lanes.run(dialogue.msisdn, self.gateway.expire(dialogue.msisdn))
        if len(due) == SWEEP_LIMIT:
            self._sweep_soon()

    def _undeliverable(self, msisdn: str, dialogue_id: str) -> None:
        self.lanes.run(msisdn, self.gateway.undeliverable(msisdn, dialogue_id))

    def _confirm(self, msisdn: str) -> None:
        """A phone in this process has shown a notification."""
        self.lanes.run(msisdn, self.gateway.ussd(Confirm(msisdn, "http")))

    def _refill_ids(self) -> None:
        self._spawn(self._refill())

    async def _refill(self) -> None:
        try:
            await self.ids.refill()
        except StoreUnavailable as error:
            log.warning("no new message ids", error=str(error))

    def _store_lost(self, error: Exception) -> None:
        self.not_ready = f"the store is lost: {error}"
        log.critical("store lost", error=str(error))
        self._on_fatal(error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
