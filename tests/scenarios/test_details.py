"""Details of codes, numbers and rules that the longer scenarios pass by, through the real channels."""

from pathlib import Path

from tests.world import running_world

IVANOV, PETROV = "79261234567", "79261234568"
EMPLOYEE = "79260000001"
DAY_MS = 86_400_000


async def test_time_never_stands_behind_what_happened(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/gateway.db"
    async with running_world(storage) as world:
        phone = await world.handset(IVANOV)
        before_ms = world.clock.now_ms()
        world.clock.advance(400 * DAY_MS)
        await phone.dial("*130#")
        left_ms = world.clock.now_ms()
    async with running_world(storage) as world:
        assert before_ms < left_ms <= world.clock.now_ms()
        phone = await world.handset(IVANOV)
        assert (await phone.dial("*105*503#")).text.startswith("Платные: Черный список 1р/сут")
