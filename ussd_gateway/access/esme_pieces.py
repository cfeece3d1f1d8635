"""Small pieces that aiosmpplib wants of whoever uses it (`esme`)."""

import logging

import structlog
from aiosmpplib.retrytimer import AbstractRetryTimer

log = structlog.get_logger(__name__)


class LinkEnded(Exception):
    """Breaks the library's loop of reconnecting."""


class NoRetry(AbstractRetryTimer):  # type: ignore[misc]
    async def wait(self) -> None:
        raise LinkEnded

    def reset(self) -> None:
        """Nothing is counted."""

    def next_delay(self) -> float:
        return 0.0


class LogBridge(logging.Handler):
    """The library's log without its payload, which holds whole texts, numbers and PDUs in hexadecimal."""

    def emit(self, record: logging.LogRecord) -> None:
        event, _, _ = record.getMessage().partition(" >>> ")
        log.debug("aiosmpplib", said=event, severity=record.levelname.lower())
