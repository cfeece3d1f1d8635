"""When what passes on the links is captured: always (`serve --pcap`), or while a monitor looks."""

from pathlib import Path
from typing import Protocol

from ussd_gateway.access.outward import Watcher
from ussd_gateway.access.wire import Wire
from ussd_gateway.watch import Watch


class Watched(Protocol):
    """A listener, or the links to centres."""

    def listen(self, on_pdu: Watcher | None) -> None: ...


class Capture:
    """Turns the capture of a gateway on and off; `wire` has what was captured, None while nothing is."""

    def __init__(self, watch: Watch) -> None:
        self.wire: Wire | None = None
        self._watch = watch
        self._watched: tuple[Watched, ...] = ()
        self._always = False

    def attach(self, *watched: Watched, path: Path | None) -> None:
        """Capture what passes there, with a `path` from now on; OSError for a bad one."""
        self._watched = watched
        self._always = path is not None
        if self._always:
            self._begin(path)

    def want(self, wanted: bool) -> None:
        """Somebody looks, or nobody does any more; what was captured is forgotten then."""
        if wanted and self.wire is None:
            self._begin(None)
        elif not wanted and not self._always:
            self._end()

    def settle(self) -> None:
        """Write what is old enough; to be called now and then."""
        if self.wire is not None:
            self.wire.settle()

    def close(self) -> None:
        """Write the rest; nothing is captured any more."""
        self._end()
        self._watched = ()

    def _begin(self, path: Path | None) -> None:
        if self._watched:
            wire = self.wire = Wire(self._watch, path)
            for each in self._watched:
                each.listen(wire.take)

    def _end(self) -> None:
        if self.wire is None:
            return
        for each in self._watched:
            each.listen(None)
        self.wire.close()
        self.wire = None
