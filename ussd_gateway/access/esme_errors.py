"""What goes wrong with a link of ours to a message centre, as `access.esme` tells it."""

from asyncio import IncompleteReadError

from ussd_gateway.errors import SmppError


class LinkError(SmppError):
    """The link could not be made, was refused, or went away; `status` is the peer's, when it gave one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class NotSentError(LinkError):
    """The link ended, or was not there, before the message left: the peer cannot have it."""


def plainly(error: BaseException) -> str:
    """What went wrong in words, without the library's nesting of causes."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, IncompleteReadError):
        return "the peer closed the connection"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
