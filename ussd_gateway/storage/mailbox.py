"""The mailbox: a folder an address, a file a document.  What an e-mail would carry, a tester finds here.

Writing the same document again leaves one file, so an order carried out twice does no harm.
"""

import asyncio
import os
import re
import secrets
from hashlib import blake2b
from pathlib import Path

_UNFIT = re.compile(r"[^A-Za-z0-9@._+-]", re.ASCII)
MAX_NAME = 100


class Mailbox:
    """The folder all addresses have theirs in; made when the first document comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, address: str, name: str, content: bytes, document_id: str) -> None:
        """Store a document, which `document_id` tells from others of its name; OSError when it cannot be."""
        await asyncio.to_thread(self._write, address, name, content, document_id)

    def _write(self, address: str, name: str, content: bytes, document_id: str) -> None:
        folder = self._folder / _file_name(address)
        folder.mkdir(parents=True, exist_ok=True)
        stem, dot, form = _file_name(name).rpartition(".")
        mark = blake2b(document_id.encode(), digest_size=4).hexdigest()
        path = folder / f"{stem}-{mark}{dot}{form}"
        # A name of its own: another gateway may write the same document at the same time.
        unfinished = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
        unfinished.write_bytes(content)
        os.replace(unfinished, path)


def _file_name(text: str) -> str:
    """A name that stays inside its folder: plain characters, not too long, no dot at the beginning."""
    return _UNFIT.sub("_", text)[:MAX_NAME].lstrip(".") or "_"
