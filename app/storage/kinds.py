"""What a stored content is, by a look at its bytes; nothing is unpacked: parsers run in child processes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_HEAD = 1024  # bytes within which a PDF has its mark, by Adobe's readers
_TAIL = 1024 * 1024  # of a ZIP: the names of its parts stand at its end
_PPTX_PART = b"ppt/presentation.xml"


def deck_kind(path: Path) -> Literal["pdf", "pptx"] | None:
    """The kind of deck that this is; None: neither. Whether it can be read, only reading tells."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if b"%PDF-" in head:
            return "pdf"
        if not head.startswith(b"PK\x03\x04"):
            return None
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        return "pptx" if _PPTX_PART in file.read() else None
