"""What one of several workers of `serve --workers` knows of the others (`cli.workers` starts them all)."""

from collections.abc import Sequence
from pathlib import Path


class Siblings:
    """The workers as one of them, `index`, sees them; the first answers for all.

    `folder` holds the sockets on which the others tell the first what they count.
    """

    def __init__(self, index: int, folder: Path) -> None:
        self.index = index
        self.folder = folder
        self._counts: Sequence[int] = ()

    def heard(self, line: str) -> None:
        """The supervisor has counted."""
        self._counts = [int(word) for word in line.split()]

    def missing(self) -> str | None:
        """Why the workers together are not ready."""
        if self._counts and self._counts[0] < self._counts[1]:
            return f"{self._counts[0]} of {self._counts[1]} workers serve"
        return None
