"""The audit of a Redis store: subscriber after subscriber, each at one instant, while work goes on."""

import re

from ussd_gateway.billing.ledger import POCKETS, owner, pocket_name, sums
from ussd_gateway.billing.store import AuditReport, audit_report
from ussd_gateway.storage.redis_keys import Bucket
from ussd_gateway.storage.redis_links import Links
from ussd_gateway.storage.redis_rows import entries_of
from ussd_gateway.storage.redis_scripts import SUBSCRIBER

PAGE = b"500"
_KEY = re.compile(rb"\{u([0-9a-f]{2})\}([al]):(.*)", re.DOTALL)


class Totals:
    """What has been added up so far."""

    def __init__(self) -> None:
        self.accounts = 0
        self.entries = 0
        self.total_kop = 0
        self.pockets: list[tuple[str, int, int]] = []
        self.transfers: list[tuple[str, int]] = []

    def add(self, home: str, account: list[bytes | None], ledger: list[bytes]) -> None:
        """One home; its transfers are complete in its own ledger."""
        version, *amounts = account
        self.accounts += version is not None
        entries = [entry for element in ledger for entry in entries_of(element)]
        self.entries += len(entries)
        lines = sums(entries, by="account")
        self.total_kop += sum(lines.values())
        self.transfers += [(key, total) for key, total in sums(entries, by="transfer").items() if total]
        held = {
            pocket_name(home, pocket): int(amount or 0)
            for pocket, amount in zip(POCKETS, amounts, strict=True)
            if version is not None
        }
        for name in sorted(held.keys() | {name for name in lines if owner(name)}):
            if held.get(name, 0) != lines.get(name, 0):
                self.pockets.append((name, held.get(name, 0), lines.get(name, 0)))


async def audit(links: Links) -> AuditReport:
    """Add everything up."""
    totals = Totals()
    for bucket in links.first_buckets():
        cursor = b"0"
        while True:
            cursor, names = await links.ask(
                bucket, b"SCAN", cursor, b"MATCH", _pattern(links), b"COUNT", PAGE
            )
            await _add_all(links, names, totals)
            if cursor == b"0":
                break
    return audit_report(totals.accounts, totals.entries, totals.total_kop, totals.pockets, totals.transfers)


def _pattern(links: Links) -> bytes:
    start = links.keys.buckets[0].start.partition(b"{")[0]
    escaped = re.sub(rb"([][*?^\\])", rb"\\\1", start)
    return escaped + b"{u??}[al]:*"


async def _add_all(links: Links, names: list[bytes], totals: Totals) -> None:
    met: list[tuple[bytes, bytes]] = []
    calls: list[tuple[Bucket, tuple[bytes, ...], tuple[bytes, ...]]] = []
    for name in names:
        found = _KEY.search(name)
        if found is not None:
            bucket, home = links.keys.buckets[int(found[1], 16)], found[3]
            met.append((found[2], home))
            calls.append((bucket, (bucket.start + b"a:" + home, bucket.start + b"l:" + home), ()))
    answers = await links.run_all(SUBSCRIBER, calls, writes=False)
    for (letter, home), (account, ledger) in zip(met, answers, strict=True):
        # One that has both is counted where its ledger is met.
        if letter == b"l" or not ledger:
            totals.add(home.decode(), account, ledger)
