"""An auditor who trusts nobody: reads Redis with plain commands, knows the names of keys and no code of ours.

books = what lies in Redis at one instant: while it reads, all servers hold back every write
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from redis import Redis

from tests.redis_servers import Cluster, Running, Server

PAUSE_MS = 10_000
POCKETS = ("main", "budget", "personal")
_NAME = re.compile(rb"\{u([0-9a-f]{2})\}(?:([akli]):|:(texts|orders|wait)$)(.*)", re.DOTALL)


@dataclass
class Order:
    """Money on its way, or a document."""

    kind: str
    origin: str
    target: str
    args: dict[str, Any]


@dataclass
class Books:
    """Everything that was in Redis at one instant."""

    accounts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Number -> version (`v`), floor, pockets."""
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Home -> key -> [request, reply]."""
    ledger: dict[str, list[tuple[str, list[list[Any]]]]] = field(default_factory=dict)
    """Home -> (transfer, lines of account, kopecks, kind, instant, note) of each commit."""
    texts: Counter[int] = field(default_factory=Counter)
    """Message ids, wherever they lie."""
    messages: list[list[Any]] = field(default_factory=list)
    """Sender, destination, text..."""
    orders: dict[str, Order] = field(default_factory=dict)

    def lines(self) -> Counter[str]:
        """The sum of every ledger account."""
        sums: Counter[str] = Counter()
        for _, lines in self.transfers():
            for account, amount_kop, *_ in lines:
                sums[account] += amount_kop
        return sums

    def transfers(self) -> list[tuple[str, list[list[Any]]]]:
        return [transfer for transfers in self.ledger.values() for transfer in transfers]

    def balances_kop(self) -> int:
        return sum(account[pocket] for account in self.accounts.values() for pocket in POCKETS)

    def complaints(self) -> list[str]:
        """Everything that is not as it should be in any sound store; each home is whole in itself."""
        found: list[str] = []
        sums = self.lines()
        found += [f"the ledger sums to {total}" for total in [sum(sums.values())] if total]
        for home, transfers in self.ledger.items():
            names = [name for name, _ in transfers]
            found += [f"{name} was done twice" for name, times in Counter(names).items() if times > 1]
            for name, lines in transfers:
                if sum(line[1] for line in lines):
                    found.append(f"{name}: entries {lines}")
                if name not in self.keys.get(home, ()):
                    found.append(f"{name} has moved money under no key")
        for number, account in self.accounts.items():
            for pocket in POCKETS:
                if account[pocket] != sums[f"{number}:{pocket}"]:
                    found.append(f"{number}:{pocket} holds {account[pocket]}, lines say otherwise")
            if account["main"] < account["floor"]:
                found.append(f"{number} is below its limit")
        found += [f"message {each} lies in two places" for each, times in self.texts.items() if times > 1]
        return found

    def written_over(self) -> list[str]:
        """Accounts that saw fewer versions than commits that moved their money: one wrote over another."""
        found = []
        for number, account in self.accounts.items():
            moved = sum(
                any(line[0].startswith(number) for line in lines) for _, lines in self.ledger.get(number, ())
            )
            if account["v"] < moved:
                found.append(f"{number} has version {account['v']} after {moved} commits")
        return found


class Auditor:
    """Reads a server, or all masters of a cluster."""

    def __init__(self, running: Running, prefix: str = "ussd:") -> None:
        servers: Sequence[Server] = running.servers if isinstance(running, Cluster) else [running]
        self._clients: list[Redis] = [server.client() for server in servers]
        self._prefix = prefix.encode()

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def books(self) -> Books:
        """All of it at one instant."""
        with ExitStack() as resume:
            for client in self._clients:
                client.execute_command("CLIENT", "PAUSE", PAUSE_MS, "WRITE")
                resume.callback(client.execute_command, "CLIENT", "UNPAUSE")
            # From here on nothing changes anywhere.
            books = Books()
            for client in self._clients:
                self._read(client, books)
            return books

    def _read(self, client: Redis, books: Books) -> None:
        kinds: defaultdict[str, list[tuple[bytes, str]]] = defaultdict(list)
        for name in client.scan_iter(match=self._prefix + b"{*", count=2000):
            found = _NAME.fullmatch(name.removeprefix(self._prefix))
            if found is not None:
                kinds[(found[2] or found[3]).decode()].append((name, found[4].decode()))
        for (_, number), row in self._all(client, "hgetall", kinds["a"]):
            numbers = {name.decode(): int(value) for name, value in row.items() if name != b"body"}
            books.accounts[number] = Counter(numbers)
        for (_, home), rows in self._all(client, "hgetall", kinds["k"]):
            books.keys[home] = {key.decode(): json.loads(row) for key, row in rows.items()}
        for (_, home), elements in self._all(client, "lrange", kinds["l"], 0, -1):
            books.ledger[home] = [tuple(json.loads(element)) for element in elements]
        for _, rows in self._all(client, "hgetall", kinds["texts"]):
            books.texts.update(map(int, rows))
            # `state JSON`, and in another line when it came to that state, and why.
            books.messages += [json.loads(row[1:].partition(b"\n")[0]) for row in rows.values()]
        for _, rows in self._all(client, "hgetall", kinds["orders"]):
            for order_id, row in rows.items():
                kind, origin, target, _, args, *_ = json.loads(row.partition(b" ")[2])
                books.orders[order_id.decode()] = Order(kind, origin, target, args)

    @staticmethod
    def _all(client: Redis, command: str, names: list[tuple[bytes, str]], *args: int) -> Any:
        """Each name with its reply, asked for in one go."""
        pipeline = client.pipeline(transaction=False)
        for name, _ in names:
            getattr(pipeline, command)(name, *args)
        return zip(names, pipeline.execute(), strict=True)
