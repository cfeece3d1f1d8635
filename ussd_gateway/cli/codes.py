"""How commands end: their exit codes, and the exception that carries one."""

EXIT_OK = 0
EXIT_FAILED = 1
"""A check, a dialogue or a request failed."""
EXIT_USAGE = 2
"""Wrong usage, or a file that is not valid."""
EXIT_UNABLE = 3
"""Could not connect or run."""
EXIT_INTERRUPTED = 130
"""Ctrl-C, as shells count it."""


class CommandFailed(Exception):
    """Ends a command with a line of text and an exit code; `status` is the SMPP peer's, when it gave one."""

    def __init__(self, message: str, code: int, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
