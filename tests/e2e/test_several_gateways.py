"""Several processes on one Redis: workers behind one port, and what becomes of the work of one that dies."""

import asyncio
import os
import signal
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from tests.e2e.running import Gateway, clean_environment, in_process
from tests.patience import until
from tests.redis_servers import Server
from ussd_gateway.phone.events import Screen, SmsArrived
from ussd_gateway.phone.smpp import SmppPhone

ALICE = "79261234567"
TAKEN_OVER_S = 25.0
"""A gateway counts as dead after 5 s, its claims a second later."""

Start = Callable[..., Gateway]


@pytest.fixture
def start(redis_servers: Callable[..., Server], tmp_path: Path) -> Iterator[Start]:
    """Starts gateways on one Redis."""
    server = redis_servers()
    server.start()
    running: list[Gateway] = []

    def start(*arguments: str) -> Gateway:
        folder = tmp_path / str(len(running))
        folder.mkdir()
        gateway = Gateway(
            folder,
            *arguments,
            STORAGE__URL=server.url,
            STORAGE__PEPPER_FILE=str(tmp_path / "pepper"),
            STORAGE__MAILBOX=str(tmp_path / "mailbox"),
            CLOCK="system",
        )
        running.append(gateway)
        return gateway

    yield start
    for gateway in running:
        gateway.stop()


async def phone_at(gateway: Gateway) -> SmppPhone:
    phone = SmppPhone(
        ALICE, host="127.0.0.1", port=gateway.smpp_port, system_id="handset", password="handset"
    )
    await phone.open()
    return phone


async def ask_for_a_password(phone: SmppPhone) -> None:
    """Promised for two seconds later."""
    await phone.dial("*105*00#")
    while not isinstance(await asyncio.wait_for(phone.events.get(), 10), Screen):
        pass  # the message that an earlier request promised


def living(gateway: Gateway) -> int:
    """How many gateways count as alive."""
    with Redis.from_url(gateway.environment["USSDGW_STORAGE__URL"]) as client:
        return int(client.hlen("ussd:{u00}:gateways"))


async def the_password(phone: SmppPhone) -> None:
    message = await asyncio.wait_for(phone.events.get(), TAKEN_OVER_S)
    assert isinstance(message, SmsArrived)
    assert "кабинет" in message.text


# ---------------------------------------------------------------- workers


def workers_of(supervisor: Gateway) -> list[int]:
    pid = supervisor.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
async def test_a_killed_worker_is_replaced_while_the_other_serves(start: Start) -> None:
    gateway = start("--workers", "2")
    assert gateway.ask("GET", "/readyz")[0] == 200
    for _ in range(2):
        before = workers_of(gateway)
        assert len(before) == 2
        os.kill(before[-1], signal.SIGKILL)
        await until(lambda before=before: set(workers_of(gateway)) != set(before))  # type: ignore[misc]
        phone = await phone_at(gateway)
        await ask_for_a_password(phone)
        await phone.close()
        await until(lambda: len(workers_of(gateway)) == 2 and ready(gateway))
    os.kill(gateway.process.pid, signal.SIGHUP)
    await until(lambda: sum(line["event"] == "files reloaded" for line in gateway.log()) == 2)
    assert gateway.stop() == 0
    assert "worker 1 ended with -9" in gateway.errors.read_text()


def ready(gateway: Gateway) -> bool:
    try:
        return gateway.ask("GET", "/readyz")[0] == 200
    except OSError:
        return False


def counted(gateway: Gateway) -> dict[str, dict[str, float]]:
    """Name of a metric -> worker (empty: all together) -> its value, of those with no other label."""
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.http_port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if set(sample.labels) <= {"worker"}:
                found.setdefault(sample.name, {})[sample.labels.get("worker", "")] = sample.value
    return found


@pytest.mark.slow
async def test_metrics_are_shown_for_each_worker_and_together(start: Start) -> None:
    gateway = start("--workers", "2")
    phones = [await phone_at(gateway) for _ in range(8)]  # the kernel deals them out
    for phone in phones:
        await phone.dial("*105*00#")
        assert isinstance(await asyncio.wait_for(phone.events.get(), 10), Screen)
    found = counted(gateway)
    assert found["ussdgw_worker_up"] == {"0": 1, "1": 1}
    begun = found["ussdgw_worker_dialogues_begun_total"]
    assert set(begun) == {"0", "1"}
    assert found["ussdgw_dialogues_begun_total"] == {"": 8} == {"": sum(begun.values())}
    assert found["ussdgw_smpp_connections"] == {"": 8}
    assert found["ussdgw_ready"] == {"": 1}
    memory = found["ussdgw_worker_process_resident_memory_bytes"]
    assert found["process_resident_memory_bytes"][""] == sum(memory.values())

    # What a dead worker had counted stays in the sum, before and after another takes its place.
    os.kill(workers_of(gateway)[-1], signal.SIGKILL)
    await until(lambda: counted(gateway)["ussdgw_worker_up"]["1"] == 0)
    assert counted(gateway)["ussdgw_dialogues_begun_total"] == {"": 8}
    await until(lambda: counted(gateway)["ussdgw_worker_up"]["1"] == 1)
    found = counted(gateway)
    assert found["ussdgw_dialogues_begun_total"] == {"": 8}
    assert found["ussdgw_worker_dialogues_begun_total"] == {"0": begun["0"], "1": 0}
    for phone in phones:
        await phone.close()


@pytest.mark.slow
async def test_the_first_worker_comes_back_with_its_http_port(start: Start) -> None:
    gateway = start("--workers", "2")
    first = min(workers_of(gateway))
    os.kill(first, signal.SIGKILL)
    await until(lambda: first not in workers_of(gateway) and ready(gateway))
    assert gateway.ask("GET", f"/api/v1/subscribers/{ALICE}")[0] == 200


@pytest.mark.parametrize("url", ["memory://", "sqlite:///gateway.db"])
def test_a_store_of_one_process_takes_no_workers(url: str) -> None:
    done = in_process(clean_environment(STORAGE__URL=url), "serve", "--workers", "2")
    assert done.returncode != 0
    assert "Redis" in done.stderr


# ---------------------------------------------------------------- death


@pytest.mark.slow
async def test_what_a_killed_gateway_was_to_deliver_comes_through_another(start: Start) -> None:
    first, second = start(), start()
    phone = await phone_at(first)
    await ask_for_a_password(phone)
    first.process.kill()
    await phone.close()
    moved = await phone_at(second)
    await the_password(moved)
    assert moved.events.empty()
    await moved.close()


@pytest.mark.slow
async def test_a_gateway_that_was_stopped_for_long_delivers_nothing_twice(start: Start) -> None:
    first, second = start(), start()
    old = await phone_at(first)
    await ask_for_a_password(old)
    first.process.send_signal(signal.SIGSTOP)
    try:
        moved = await phone_at(second)
        await the_password(moved)
        await until(lambda: living(first) == 1)
    finally:
        first.process.send_signal(signal.SIGCONT)
    told = "counted as dead by the other gateways"
    await until(lambda: any(line["event"] == told for line in first.log()))
    assert old.events.empty()
    assert moved.events.empty()
    await old.close()
    await moved.close()
