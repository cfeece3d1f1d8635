"""A year in the life of many subscribers: `python -m benchmarks.year`.

The whole gateway but its listeners and menus, over SQLite, and a clock that is moved from noon to noon.  Each
day some top up, spend, change tariff, borrow, send money to each other; the gateway's own jobs do what time
brings: fees, points, loans, autopay, renewals.  At the end the store audits itself, and `benchmarks.books`
adds everything up again from the file.  Exit 1 unless the books balance, no period was paid twice and nothing
is left that should have happened.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path

import click

from benchmarks import books
from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.storage.vault import ScryptHasher
from ussd_gateway.vocabulary import Value

ROOT = Path(__file__).resolve().parents[1]
BEGIN_MS = 1_767_258_000_000
"""1 January 2026, noon in Moscow."""
DAY_MS = 86_400_000
TARIFFS = ("16N", "16M", "15S", "0618P", "1019V")
SERVICES = ("130", "134", "240", "480")
PACKAGES = ("3351", "372", "945")
AT_ONCE = 500
"""Numbers whose requests are under way at a time."""

Request = tuple[str, str, dict[str, Value]]


class Year:
    """The subscribers, what they do each day, and what came of it."""

    def __init__(self, app: App, clock: ManualClock, numbers: list[str], seed: int) -> None:
        self._app = app
        self._clock = clock
        self._numbers = numbers
        self._chance = random.Random(seed)
        self._keys = count(1)
        self.requests: Counter[str] = Counter()
        self.happened: Counter[str] = Counter()

    async def begin(self) -> None:
        """Everybody gets an account and some habits."""
        await self._all([(number, "account.topup", {"amount_kop": 50_000}) for number in self._numbers])
        habits: list[Request] = []
        for number in self._numbers:
            habits.append((number, "bonus.join", {}))
            if self._chance.random() < 0.8:
                habits.append((number, "tariff.change", {"code": self._chance.choice(TARIFFS[1:])}))
            if self._chance.random() < 0.3:
                habits.append((number, "svc.on", {"code": self._chance.choice(SERVICES)}))
            if self._chance.random() < 0.3:
                habits.append((number, "pkg.autorenew", {"on": True}))
        await self._all(habits)
        for number in self._numbers[::3]:
            await self._bind_card(number)
        autopay: dict[str, Value] = {"threshold_kop": 3_000, "amount_kop": 10_000}
        await self._all([(number, "pay.autopay_set", autopay) for number in self._numbers[::3]])

    async def day(self) -> None:
        """From noon to noon, and what people do then."""
        with self._app.jobs.watch() as report:
            self._clock.advance(DAY_MS)
            await self._app.jobs.catch_up()
            await self._all(self._wishes())
            await self._app.jobs.catch_up()
        self.happened.update(report.counts)

    def _wishes(self) -> list[Request]:
        wishes: list[Request] = []
        for action, one_in in (
            ("account.topup", 20), ("account.charge", 7), ("pay.transfer_now", 100), ("pay.promised", 200),
            ("tariff.change", 150), ("pkg.buy", 60), ("bonus.redeem_money", 150), ("svc.on", 100),
        ):  # fmt: skip
            for number in self._chance.sample(self._numbers, len(self._numbers) // one_in):
                wishes.append((number, action, self._details(action)))
        return wishes

    def _details(self, action: str) -> dict[str, Value]:
        chance = self._chance
        match action:
            case "account.topup":
                return {"amount_kop": chance.choice((10_000, 30_000, 50_000))}
            case "account.charge":
                return {"fee_kop": chance.randrange(100, 6_000), "note": "звонок"}
            case "pay.transfer_now":
                return {"to": chance.choice(self._numbers), "amount_kop": chance.choice((1_000, 10_000))}
            case "pay.promised":
                return {"tier": chance.choice(("50", "150"))}
            case "tariff.change":
                return {"code": chance.choice(TARIFFS)}
            case "pkg.buy":
                return {"code": chance.choice(PACKAGES)}
            case "bonus.redeem_money":
                return {"amount": 5}
            case _:
                return {"code": chance.choice(SERVICES)}

    async def _all(self, requests: list[Request]) -> None:
        """Carry them out, those of one number one after another, those of many numbers at once."""
        of_number: dict[str, list[Request]] = {}
        for request in requests:
            of_number.setdefault(request[0], []).append(request)
        queues = list(of_number.values())
        for start in range(0, len(queues), AT_ONCE):
            await asyncio.gather(*(self._in_turn(queue) for queue in queues[start : start + AT_ONCE]))

    async def _in_turn(self, requests: list[Request]) -> None:
        for request in requests:
            await self._one(*request)

    async def _one(self, number: str, action: str, args: dict[str, Value]) -> None:
        key = f"year:{next(self._keys)}"
        performed = await self._app.gateway.perform(number, action, args, key=key, request=action)
        self.requests[f"{action} {performed.outcome.name}"] += 1

    async def _bind_card(self, number: str) -> None:
        """Bind a card by the code that comes by SMS."""
        await self._one(number, "pay.card_bind", {"number": "4111111111111111"})
        [message] = await self._app.store.inbox(number, 1)
        code = message.text.rsplit(":", 1)[1].split(".")[0].strip()
        await self._one(number, "pay.card_confirm", {"code": code})


async def live(subscribers: int, days: int, seed: int, folder: Path) -> bool:
    """The whole year; whether the books balance."""
    clock, file = ManualClock(BEGIN_MS), folder / "gateway.db"
    for name in ("menus", "commands"):
        (folder / name).mkdir()
    environment = {
        "USSDGW_STORAGE__URL": f"sqlite:///{file}",
        "USSDGW_STORAGE__MAILBOX": str(folder / "mailbox"),
        "USSDGW_PATHS__MENUS": str(folder / "menus"),
        "USSDGW_PATHS__SMS_COMMANDS": str(folder / "commands"),
    }
    config = load_config(ROOT / "config.yaml", environment)
    app = App(config, clock=clock, hasher=ScryptHasher(b"not a secret", cost=4))
    await app.start(listen=False)
    numbers = [str(79_270_000_000 + number) for number in range(subscribers)]
    year = Year(app, clock, numbers, seed)
    started = time.perf_counter()
    await year.begin()
    print(f"{subscribers:,} subscribers ready after {time.perf_counter() - started:.0f} s", flush=True)
    for day in range(1, days + 1):
        await year.day()
        if day % 30 == 0:
            print(f"day {day}: {time.perf_counter() - started:.0f} s", flush=True)
    took_s = time.perf_counter() - started
    left = await app.store.due(clock.now_ms(), 1)
    orders = await app.store.orders_pending(clock.now_ms(), 1)
    report = await app.store.audit()
    await app.stop()
    for title, counts in (("asked for", year.requests), ("happened", year.happened)):
        print(f"{title}:")
        for name, number in sorted(counts.items()):
            print(f"  {number:>9,}  {name}")
    verdict = books.check(file, clock.now_ms())
    problems = [*report.problems, *verdict.problems]
    print(f"{days} days took {took_s:.0f} s, the file has {file.stat().st_size / 1e6:,.0f} MB")
    print(f"accounts {report.accounts:,}, ledger entries {report.entries:,}, their sum {report.balances_kop}")
    print(
        f"added up again: {verdict.lines:,} lines, {verdict.fees:,} fees of a day or a month, "
        f"{verdict.points:,} points earned"
    )
    print(f"problems: {problems[:20] or 'none'}; left undone: {len(left) + len(orders)}")
    return not (problems or report.balances_kop or left or orders)


@click.command(context_settings={"show_default": True})
@click.option("--subscribers", type=click.IntRange(10), default=10_000)
@click.option("--days", type=click.IntRange(1), default=365)
@click.option("--seed", default=20261122)
@click.option("--folder", type=click.Path(path_type=Path), help="Keep the database in this empty folder.")
def main(subscribers: int, days: int, seed: int, folder: Path | None) -> None:
    """Live a year of many subscribers, and audit the books."""
    with tempfile.TemporaryDirectory() as scratch:
        sound = asyncio.run(live(subscribers, days, seed, folder or Path(scratch)))
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
