"""How long a tester waits: from the start of `serve` to the first answered dial, and for --help.

`python -m benchmarks.startup` prints the figures alone.
"""

import socket
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import servers, wire
from benchmarks.generator import Link
from benchmarks.servers import Server, free_port, gateway_command, gateway_folder, launch
from benchmarks.traffic import phone_number

STARTS = 5
HELPS = 10
DIAL = "*105#"
TIMEOUT_S = 20.0
TARGET_DIAL_S = 1.5
TARGET_HELP_S = 0.2


def first_dial_s(core: int | None, folder: Path, config: Path) -> float:
    """Start `serve` over SQLite, dial until it answers; seconds from one to the other.

    Raises ServerFailed when no screen came in time.
    """
    port = free_port()
    environment = {
        "USSDGW_SMPP__PORT": str(port),
        "USSDGW_HTTP__PORT": str(free_port()),
        "USSDGW_STORAGE__URL": f"sqlite:///{folder / 'gateway.db'}",
    }
    started = time.perf_counter()
    server = Server("gateway", *launch(gateway_command(config), core, environment), port)
    with server.words:
        try:
            _dial(_connect(server, started + TIMEOUT_S))
            elapsed_s = time.perf_counter() - started
        except BaseException:
            server.process.kill()
            server.process.wait()
            raise
        server.stop()
    return elapsed_s


def _connect(server: Server, until: float) -> Link:
    while time.perf_counter() < until and server.process.poll() is None:
        try:
            link = Link(server.address)
        except OSError:
            time.sleep(0.005)
            continue
        link.bind("handset", "handset", "")
        return link
    raise servers.ServerFailed(f"the gateway does not listen{server.last_words()}")


def _dial(link: Link) -> None:
    """Dial once and wait for the screen."""
    link.socket.setblocking(True)
    link.socket.settimeout(TIMEOUT_S)
    head, tail = wire.submit_sm(phone_number(0, 0), DIAL, DIAL.encode(), ussd_op=wire.OP_BEGIN)
    link.socket.sendall(head + wire.SEQUENCE.pack(2) + tail)
    data = link.tail
    while not _has_screen(data):
        try:
            piece = link.socket.recv(4096)
        except TimeoutError:
            piece = b""
        if not piece:
            raise servers.ServerFailed("the first dial was not answered")
        data += piece
    link.socket.shutdown(socket.SHUT_RDWR)
    link.socket.close()


def _has_screen(data: bytes) -> bool:
    position = 0
    while len(data) - position >= wire.HEADER_SIZE:
        length, command, _, _ = wire.HEADER.unpack_from(data, position)
        if command == wire.DELIVER_SM and len(data) - position >= length:
            return True
        position += length
    return False


def help_s(core: int | None) -> float:
    """Seconds of one `ussd-gateway --help`."""
    command = [gateway_command(Path())[0], "--help"]
    started = time.perf_counter()
    process, words = launch(command, core, {})
    with words:
        if process.wait(TIMEOUT_S):
            raise servers.ServerFailed("--help failed")
    return time.perf_counter() - started


def figures(core: int | None) -> list[tuple[str, str]]:
    """(name, value) of each figure: medians, with the worst behind them."""
    with tempfile.TemporaryDirectory(prefix="ussdgw-bench-") as name:
        folder = Path(name)
        config = gateway_folder(folder)
        # The very first start creates the database; the others find it there.
        fresh = first_dial_s(core, folder, config)
        dials = [first_dial_s(core, folder, config) for _ in range(STARTS)]
    helps = [help_s(core) for _ in range(HELPS)]
    return [
        ("start of serve to first answered dial, new database", f"{fresh:.2f} s (aim {TARGET_DIAL_S} s)"),
        ("the same, existing database", _spread(dials, TARGET_DIAL_S)),
        ("ussd-gateway --help", _spread(helps, TARGET_HELP_S)),
    ]


def _spread(values: list[float], target_s: float) -> str:
    return f"{statistics.median(values):.2f} s, worst {max(values):.2f} s (aim {target_s} s)"


if __name__ == "__main__":
    for title, value in figures(None):
        print(f"{title}: {value}")
