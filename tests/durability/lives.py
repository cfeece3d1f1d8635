"""The process that test_kill_jobs kills: subscribers living day by day on one file, from where it was left.

`python -m tests.durability.lives FOLDER DAYS`: what happens on which day is always the same, and so are the
keys of requests; the file `day` in the folder says how far the last process came.  Prints a line for each
request it has seen through.
"""

import asyncio
import random
import sys
from pathlib import Path

from ussd_gateway.app import App
from ussd_gateway.clock import ManualClock
from ussd_gateway.config import load_config
from ussd_gateway.storage.vault import ScryptHasher
from ussd_gateway.vocabulary import Value

ROOT = Path(__file__).resolve().parents[2]
BEGIN_MS = 1_780_000_000_000
DAY_MS = 86_400_000
NUMBERS = [str(79_270_000_000 + n) for n in range(12)]
REQUESTS_A_DAY = 8

Request = tuple[str, str, dict[str, Value]]


def requests_of(day: int) -> list[Request]:
    """What people do on a day."""
    chance = random.Random(day)
    choices: list[Request] = []
    for _ in range(REQUESTS_A_DAY):
        who, other = chance.sample(NUMBERS, 2)
        what: list[tuple[str, dict[str, Value]]] = [
            ("account.topup", {"amount_kop": chance.choice((5_000, 20_000))}),
            ("account.charge", {"fee_kop": chance.randrange(100, 4_000)}),
            ("pay.transfer_now", {"to": other, "amount_kop": 700}),
            ("pay.transfer_bar", {"on": chance.random() < 0.3}),
            ("pay.promised", {"tier": "50"}),
            ("svc.on", {"code": chance.choice(("130", "134", "272"))}),
            ("tariff.change", {"code": chance.choice(("16M", "15S", "16N"))}),
            ("pkg.buy", {"code": "3351"}),
            ("bonus.join", {}),
        ]
        choices.append((who, *chance.choice(what)))
    return choices


async def live(folder: Path, days: int) -> None:
    progress = folder / "day"
    day = int(progress.read_text()) if progress.exists() else 0
    for name in ("menus", "commands"):
        (folder / name).mkdir(exist_ok=True)
    environment = {
        "USSDGW_STORAGE__URL": f"sqlite:///{folder}/gateway.db",
        "USSDGW_STORAGE__MAILBOX": str(folder / "mailbox"),
        "USSDGW_PATHS__MENUS": str(folder / "menus"),
        "USSDGW_PATHS__SMS_COMMANDS": str(folder / "commands"),
        "USSDGW_LOG__LEVEL": "error",
    }
    clock = ManualClock(BEGIN_MS + day * DAY_MS)
    config = load_config(ROOT / "config.yaml", environment)
    app = App(config, clock=clock, hasher=ScryptHasher(b"a pepper for tests", cost=4))
    await app.start(listen=False)
    while day < days:
        # What the last process left undone, and what the night brought.
        await app.jobs.catch_up()
        for n, (who, action, args) in enumerate(requests_of(day)):
            # A refusal must stay one when the day is begun again and the money has come meanwhile.
            await app.gateway.perform(who, action, args, key=f"{day}:{n}", request=action, remember=True)
            print(day, n, flush=True)  # noqa: T201
            await app.jobs.catch_up()
        day += 1
        # Not before: a day that is done half is begun again, and its keys know what was done.
        whole = folder / "day.new"
        whole.write_text(str(day))
        whole.replace(progress)  # killed in between, it must not be empty
        clock.advance(DAY_MS)
    await app.stop()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), int(sys.argv[2])))
