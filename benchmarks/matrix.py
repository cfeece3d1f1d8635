"""Servers x modes x windows: each server is started once for a mode, and loaded at every window in turn."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

from benchmarks import audit, servers
from benchmarks.generator import Link, Load, LoadFailed, Tally, Traffic
from benchmarks.machine import Busy, Stopwatch
from benchmarks.servers import Server
from benchmarks.traffic import DialogueTraffic, SmsTraffic, address_range

GATEWAYS = ("memory", "sqlite")
YARDSTICKS = ("echo", "npm")
SERVERS = (*GATEWAYS, *YARDSTICKS)
MODES = ("sms", "ussd", "money")
PROVISION_WINDOW = 20
PROVISION_TIMEOUT_S = 60.0
MONEY_CODE = "*900#"
MONEY_PROOF = "charged 1"
"""Charges one kopeck and says so in one screen: menus/charge.yaml beside this file."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    servers: Sequence[str] = SERVERS
    modes: Sequence[str] = MODES
    windows: Sequence[int] = (1, 10, 100)
    connections: int = 10
    warm_up_s: float = 1.0
    seconds: float = 3.0
    phones: int = 500
    """Subscribers of each connection, taking turns."""
    code: str = "*105#"
    inputs: Sequence[str] = ("1", "1")
    proof: str = "100"
    """What the last screen must contain: the balance every account begins with."""
    server_core: int | None = None


@dataclass(slots=True)
class Cell:
    """One measured cell.  A step is one exchange, a unit a whole message, dialogue or charge."""

    server: str
    mode: str
    window: int
    seconds: float
    steps_per_s: float
    units_per_s: float
    accepted_per_s: float
    latencies: dict[str, dict[str, float]]
    cpu_us_per_step: float
    """Processor time the server spent on a step: hardly moved by what else the machine is doing."""
    busy: Busy
    errors: dict[str, int]


@dataclass(slots=True)
class Outcome:
    """All that a run of the matrix brought."""

    cells: list[Cell] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    """Server -> why it could not be had."""
    audits: list[audit.Audit] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """No error status, nothing lost, no ledger that disagrees."""
        sound = all(report.sound for report in self.audits)
        return sound and not self.failures and not any(cell.errors for cell in self.cells)


def run(plan: Plan, progress: Callable[[str], None]) -> Outcome:
    """Measure everything in the plan; what fails is in the outcome and does not stop the rest."""
    outcome = Outcome()
    for name, mode, start in _programme(plan):
        try:
            with start() as server:
                _load_one(plan, server, name, mode, outcome, progress)
        except servers.Unavailable as reason:
            outcome.skipped[name] = str(reason)
        except (servers.ServerFailed, LoadFailed) as problem:
            outcome.failures.append(f"{name}, {mode}: {problem}")
    return outcome


def _load_one(
    plan: Plan, server: Server, name: str, mode: str, outcome: Outcome, progress: Callable[[str], None]
) -> None:
    """Every window of one mode against one running server, and its books afterwards."""
    finished = 0
    try:
        if name in GATEWAYS and mode != "sms":
            progress(f"{server.name}: opening the accounts")
            finished = provision(plan, server, mode)
        for window in plan.windows:
            progress(f"{server.name}, {mode}, window {window}")
            cell, units = measure(plan, server, name, mode, window)
            outcome.cells.append(cell)
            finished += units
            if cell.errors:
                raise LoadFailed(f"window {window} had errors")
    except LoadFailed as problem:
        raise LoadFailed(f"{problem}{server.last_words()}") from problem
    server.stop()
    if mode == "money" and server.store_file:
        outcome.audits.append(audit.charges(server.name, server.store_file, finished))


def _programme(plan: Plan) -> Iterator[tuple[str, str, Callable[[], AbstractContextManager[Server]]]]:
    """(server, mode, how to start it): yardsticks first, and only for what they can do."""
    core = plan.server_core
    if "echo" in plan.servers:
        yield "echo", "sms", partial(servers.echo, core)
    if "npm" in plan.servers:
        yield "npm", "sms", partial(servers.bare_npm, core)
    for mode in plan.modes:
        for name in GATEWAYS:
            if name in plan.servers:
                yield name, mode, partial(servers.gateway, name, core)


def _connect(plan: Plan, server: Server) -> list[Link]:
    links = []
    for number in range(plan.connections):
        link = Link(server.address)
        link.bind("handset", "handset", address_range(number))
        links.append(link)
    return links


def _traffic(plan: Plan, links: Sequence[Link], mode: str, window: int, *, delivery: bool) -> Traffic:
    if mode == "sms":
        return SmsTraffic(links, window, delivery=delivery)
    # Twice the window at least: a phone rests while the others of its connection take their turn.
    phones = max(plan.phones, 2 * window)
    if mode == "money":
        return DialogueTraffic(links, window, code=MONEY_CODE, inputs=(), proof=MONEY_PROOF, phones=phones)
    return DialogueTraffic(links, window, code=plan.code, inputs=plan.inputs, proof=plan.proof, phones=phones)


def provision(plan: Plan, server: Server, mode: str) -> int:
    """Let every phone dial once, so that no account is opened while we measure; returns the dialogues."""
    links = _connect(plan, server)
    traffic = _traffic(plan, links, mode, PROVISION_WINDOW, delivery=True)
    load = Load(links, traffic)
    load.begin()
    finished, waited = 0, 0.0
    while finished < plan.phones * plan.connections and waited < PROVISION_TIMEOUT_S and not traffic.errors:
        waited += load.run_for(0.2)
        finished += traffic.next_phase().units
    load.drain()
    finished += traffic.next_phase().units
    load.close()
    if traffic.errors:
        raise LoadFailed(f"opening the accounts: {dict(traffic.errors)}")
    return finished


def measure(plan: Plan, server: Server, name: str, mode: str, window: int) -> tuple[Cell, int]:
    """One cell, and how many units were finished from its first request to its last."""
    links = _connect(plan, server)
    traffic = _traffic(plan, links, mode, window, delivery=name in GATEWAYS)
    load = Load(links, traffic)
    load.begin()
    load.run_for(plan.warm_up_s)
    finished = traffic.next_phase().units
    stopwatch = Stopwatch(server.process.pid)
    seconds = load.run_for(plan.seconds)
    busy = stopwatch.read(seconds)
    tally = traffic.next_phase()
    load.drain()
    finished += tally.units + traffic.next_phase().units
    load.close()
    return _cell(name, mode, window, seconds, tally, busy, traffic), finished


def _cell(
    name: str, mode: str, window: int, seconds: float, tally: Tally, busy: Busy, traffic: Traffic
) -> Cell:
    return Cell(
        server=name,
        mode=mode,
        window=window,
        seconds=seconds,
        steps_per_s=tally.steps / seconds,
        units_per_s=tally.units / seconds,
        accepted_per_s=tally.accepted / seconds,
        latencies={
            operation: histogram.summary_ms()
            for operation, histogram in tally.latencies.items()
            if histogram.counts
        },
        cpu_us_per_step=busy.server / 100 * seconds * 1e6 / tally.steps if tally.steps else 0.0,
        busy=busy,
        errors=dict(traffic.errors),
    )
