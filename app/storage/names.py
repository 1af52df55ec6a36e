"""File names as strangers send them, made safe to keep and to send back."""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 255  # of a name in the file systems that we know


def safe_name(raw: str | None, fallback: str = "recording") -> str:
    """The last part of `raw` without control characters, at most 255 bytes of UTF-8, its suffix kept."""
    text = unicodedata.normalize("NFC", raw or "")
    text = re.split(r"[/\\]", text)[-1]
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    text = text.strip().lstrip(".").strip()
    if not text:
        return fallback
    stem, dot, suffix = text.rpartition(".")
    if not dot or len(suffix.encode()) > 16:
        stem, suffix = text, ""
    room = MAX_BYTES - len((dot + suffix).encode() if suffix else b"")
    cut = stem.encode()[:room].decode(errors="ignore").rstrip()
    return f"{cut}.{suffix}" if suffix else cut
