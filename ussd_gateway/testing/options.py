"""Which gateway a test talks to.

no address              a gateway in this process: an empty store, a clock that stands still
smpp="HOST:PORT"        a running one, anybody's; with `http` besides, one of ours: accounts and time, too
http="http://..."       a running one of ours, over its HTTP API alone
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict


class Options(TypedDict, total=False):
    """Keyword arguments of a gateway.

    `config` is a `config.yaml` (by default the one here, else the packaged one) and `menus`,
    `sms_commands`, `catalogue` are folders instead of those it names.  `system_id` and `password` bind to
    `smpp`, `token` opens `http`.  `realtime` really waits in `advance` when the clock is not ours to move.
    """

    config: str | Path | None
    menus: str | Path | None
    sms_commands: str | Path | None
    catalogue: str | Path | None
    smpp: str | None
    system_id: str
    password: str
    http: str | None
    token: str | None
    realtime: bool


FOLDERS = ("menus", "sms_commands", "catalogue")


@dataclass(frozen=True, slots=True)
class Where:
    """The options, complete."""

    config: Path | None = None
    folders: tuple[tuple[str, Path], ...] = ()
    smpp: tuple[str, int] | None = None
    system_id: str = "handset"
    password: str = "handset"
    http: str | None = None
    token: str | None = None
    realtime: bool = False

    @property
    def embedded(self) -> bool:
        """Whether the gateway is one of our own in this process."""
        return self.smpp is None and self.http is None


def where(options: Mapping[str, Any]) -> Where:
    """Raises TypeError for an option there is not, ValueError for options that contradict each other."""
    unknown = sorted(set(options) - set(Options.__annotations__))
    if unknown:
        raise TypeError(
            f"no such option: {', '.join(unknown)}; there are {', '.join(Options.__annotations__)}"
        )
    given = {name: value for name, value in options.items() if value is not None}
    files = [name for name in ("config", *FOLDERS) if name in given]
    if files and ("smpp" in given or "http" in given):
        raise ValueError(f"{', '.join(files)}: a running gateway has files of its own")
    folders = tuple((name, Path(given.pop(name)).absolute()) for name in FOLDERS if name in given)
    if "config" in given:
        given["config"] = Path(given["config"])
    if "smpp" in given:
        given["smpp"] = _address(given["smpp"])
    return Where(folders=folders, **given)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise ValueError(f"smpp: {text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)
