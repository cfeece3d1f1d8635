"""What `esme` lays between aiosmpplib and us: the end of its loop, and its log without what it lets slip."""

import logging

import structlog

log = structlog.get_logger(__name__)


class LinkEnded(Exception):
    """Breaks the library's loop of reconnecting."""


class LogBridge(logging.Handler):
    """The library's log without its payload, which holds whole texts, numbers and PDUs in hexadecimal."""

    def emit(self, record: logging.LogRecord) -> None:
        event, _, _ = record.getMessage().partition(" >>> ")
        log.debug("aiosmpplib", said=event, severity=record.levelname.lower())
