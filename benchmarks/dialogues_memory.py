"""How much memory open dialogues hold: many phones dial, get a screen, and never answer it.

`python -m benchmarks.dialogues_memory [COUNT]` prints the figures alone.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks import machine, servers, wire
from benchmarks.generator import Link, Load, LoadFailed, Slot, Tally
from benchmarks.traffic import address_range, phone_number

DIALOGUES = 100_000
CONNECTIONS = 10
WINDOW = 20
CODE = "*105#"
TIMEOUT_S = 120.0
TARGET_MB = 200


class OpenedDialogues:
    """Traffic of dialogues that are begun and left open; `window` dials in flight a link."""

    def __init__(self, links: Sequence[Link], count: int) -> None:
        self.errors: Counter[str] = Counter()
        self.open_units = 0
        self.opened = 0
        self._calling: dict[bytes, Slot] = {}
        self._next = {link: self._phones(number, link, count) for number, link in enumerate(links)}

    @staticmethod
    def _phones(number: int, link: Link, count: int) -> Iterator[Slot]:
        for index in range(count):
            msisdn = phone_number(number, index)
            dial = wire.submit_sm(msisdn, CODE, CODE.encode(), ussd_op=wire.OP_BEGIN)
            yield Slot(link, msisdn.encode(), (dial,))

    def begin(self, now_us: int) -> None:
        """See `Traffic`."""
        for link in self._next:
            for _ in range(WINDOW):
                self._dial_next(link, now_us)

    def stop(self) -> None:
        """See `Traffic`: every phone dials in any case."""

    def next_phase(self) -> Tally:
        """See `Traffic`: nothing is timed here."""
        return Tally(())

    def answered(self, slot: Slot, status: int, now_us: int) -> None:
        """See `Traffic`."""
        if status:
            self.errors[f"submit_sm_resp {status:#010x}"] += 1

    def delivered(self, data: bytes, position: int, end: int, now_us: int) -> None:
        """See `Traffic`."""
        number, destination_end = wire.delivered_to(data, position)
        op, _ = wire.ussd_op_of(data, destination_end, end)
        if op != wire.OP_REQUEST:
            self.errors[f"a screen with ussd_service_op {op}: the dialogue is not open"] += 1
            return
        slot = self._calling.pop(number)
        self.opened += 1
        self.open_units -= 1
        self._dial_next(slot.link, now_us)

    def _dial_next(self, link: Link, now_us: int) -> None:
        slot = next(self._next[link], None)
        if slot is not None:
            self._calling[slot.number] = slot
            self.open_units += 1
            slot.submit(now_us)


def measure(storage: str, core: int | None, count: int) -> tuple[float, float]:
    """Resident memory (MB) of a gateway before and with `count` open dialogues; raises LoadFailed."""
    with servers.gateway(storage, core) as server:
        links = []
        for number in range(CONNECTIONS):
            link = Link(server.address)
            link.bind("handset", "handset", address_range(number))
            links.append(link)
        before = machine.resident_mb(server.process.pid)
        traffic = OpenedDialogues(links, count // CONNECTIONS)
        load = Load(links, traffic)
        load.begin()
        waited = 0.0
        while traffic.opened < count and not traffic.errors and waited < TIMEOUT_S:
            waited += load.run_for(0.2)
        after = machine.resident_mb(server.process.pid)
        load.close()
        if traffic.errors or traffic.opened < count:
            raise LoadFailed(f"{traffic.opened} of {count} dialogues opened; {dict(traffic.errors)}")
        return before, after


def figures(core: int | None, count: int = DIALOGUES) -> list[tuple[str, str]]:
    """(name, value) for the gateway over SQLite and over memory (which also holds the accounts)."""
    lines = []
    for storage in ("sqlite", "memory"):
        before, after = measure(storage, core, count)
        each = (after - before) * 1e6 / count
        value = f"{after:.0f} MB in all, {before:.0f} MB before, {each:.0f} bytes each (aim {TARGET_MB} MB)"
        lines.append((f"{count:,} open dialogues, {storage}", value))
    return lines


if __name__ == "__main__":
    for title, value in figures(None, int(sys.argv[1]) if len(sys.argv) > 1 else DIALOGUES):
        print(f"{title}: {value}")
