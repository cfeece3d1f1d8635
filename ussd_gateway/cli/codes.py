"""How commands end."""

EXIT_OK = 0
EXIT_FAILED = 1
"""A check, a dialogue or a request failed."""
EXIT_USAGE = 2
"""Wrong usage, or a file that is not valid."""
EXIT_UNABLE = 3
"""Could not connect or run."""
EXIT_INTERRUPTED = 130
"""Ctrl-C, as shells count it."""
