"""One processor chain for every logger, ours and the libraries': one event, one line, nothing secret.

Structlog events go through the chain directly; records of the standard library's loggers (asyncio,
aiohttp, the SMPP client library) are handed to the same chain by a root handler.  Numbers are masked
wherever they stand, secrets are dropped by key, and nothing a peer sent can forge a line or turn the
direction of writing: control and bidirectional characters are escaped, lengths capped.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from typing import Any, TextIO, TypeGuard

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from ussd_gateway.msisdn import mask

SECRET_KEYS = frozenset(
    {"password", "passwd", "secret", "token", "authorization", "pepper", "hash", "short_message", "pdu"}
)
"""Keys that are dropped wherever they stand.  `text` is dropped too unless the event says `secret=False`."""

MAX_VALUE_CHARACTERS = 400
MAX_EXCEPTION_CHARACTERS = 2000
MAX_ITEMS = 50
MAX_DEPTH = 4
TRACEBACK_FRAMES = 8

# Ten digits make a national number; what is shorter is a port, a code or a counter.  A number typed with
# separators counts when it begins with a plus, otherwise every date would be a number.
_NUMBER = re.compile(r"\+\d[\d ()-]{8,}\d|\d{10,}")
_NOT_A_DIGIT = re.compile(r"\D")

# C0, DEL and C1 controls, zero-width and bidirectional marks, line and paragraph separators, BOM.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def configure(level: str = "info", form: str = "auto", stream: TextIO | None = None) -> None:
    """Send every log event at `level` (debug, info, warning, error, critical) or above to `stream`.

    `form` is `console` for people, `json` for machines; `auto` looks whether `stream` (default: standard
    error) is a terminal.
    """
    stream = sys.stderr if stream is None else stream
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*chain(), renderer(form, stream)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *names: LineLogger(stream, *names),
    )
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, ToStructlog)]:
        root.removeHandler(handler)
    root.addHandler(ToStructlog())
    # A library's chatter is worth a line only when somebody debugs.
    root.setLevel(number if number < logging.INFO else max(number, logging.WARNING))


def chain() -> list[Processor]:
    """Everything that happens to an event before it becomes a line."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_logger_name,
        shorten_exception,
        drop_secrets,
        clean_values,
    ]


def renderer(form: str, stream: TextIO) -> Processor:
    """The last step: an event dictionary becomes one line of text."""
    terminal = stream.isatty()
    if form == "console" or (form == "auto" and terminal):
        return structlog.dev.ConsoleRenderer(colors=terminal, pad_event_to=0)
    return structlog.processors.JSONRenderer(ensure_ascii=False)


class LineLogger:
    """What structlog writes to: one `write` a line, so that lines of two threads never mix."""

    __slots__ = ("_stream", "name")

    def __init__(self, stream: TextIO, name: str = "") -> None:
        self._stream = stream
        self.name = name.removeprefix("ussd_gateway.")

    def line(self, text: str) -> None:
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            # Standard error is gone (a closed pipe, a closed terminal): the gateway goes on without a log.
            return

    debug = info = warning = error = critical = line


class ToStructlog(logging.Handler):
    """Hands a record of the standard library's logging to the chain."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        log.log(record.levelno, record.getMessage(), exc_info=record.exc_info)


def add_logger_name(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    name = getattr(logger, "name", "")
    if name:
        event["logger"] = name
    return event


def shorten_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """`exc_info` becomes one line: the error, and the way to it from the innermost frame outwards."""
    exc_info: ExcInfo | BaseException | bool | None = event.pop("exc_info", None)
    if not exc_info:
        return event
    if isinstance(exc_info, BaseException):
        error: BaseException | None = exc_info
    else:
        error = exc_info[1] if isinstance(exc_info, tuple) else sys.exc_info()[1]
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)[-TRACEBACK_FRAMES:]
        way = " < ".join(f"{frame.name} {frame.filename}:{frame.lineno}" for frame in reversed(frames))
        event["exception"] = f"{type(error).__name__}: {error}" + (f" [{way}]" if way else "")
    return event


def drop_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Texts are secret until the caller says `secret=False`: a forgotten flag must not leak a password."""
    if event.pop("secret", True) is not False:
        event.pop("text", None)
    for key in [key for key in event if key.lower() in SECRET_KEYS]:
        del event[key]
    return event


def clean_values(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        limit = MAX_EXCEPTION_CHARACTERS if key == "exception" else MAX_VALUE_CHARACTERS
        event[key] = clean(value, limit) if key != "timestamp" else value
    return event


def clean(value: object, limit: int = MAX_VALUE_CHARACTERS, depth: int = 0) -> object:
    """`value` as a log may show it: numbers masked, secrets gone, one line, bounded size."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping) and depth < MAX_DEPTH:
        pairs = list(value.items())[:MAX_ITEMS]
        return {
            _clean_text(str(key), limit): clean(item, limit, depth + 1)
            for key, item in pairs
            if str(key).lower() not in SECRET_KEYS
        }
    if _is_collection(value) and depth < MAX_DEPTH:
        return [clean(item, limit, depth + 1) for item in list(value)[:MAX_ITEMS]]
    return _clean_text(value if isinstance(value, str) else repr(value), limit)


def _is_collection(value: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(value, list | tuple | set | frozenset)


def _clean_text(text: str, limit: int) -> str:
    # Cut before masking would leave half a number readable at the edge; cut after, on masked text.
    text = _NUMBER.sub(_masked, text[: limit * 4])
    if len(text) > limit:
        text = text[:limit] + "…"
    return _UNPRINTABLE.sub(_escaped, text)


def _masked(match: re.Match[str]) -> str:
    return mask(_NOT_A_DIGIT.sub("", match[0]))


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
