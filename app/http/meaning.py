"""What the lines of a request's head say, where it is a plain one (`lane`). Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from app.http import credentials

_LINES = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)+\r\n")
_MORE = frozenset({b"transfer-encoding", b"expect", b"upgrade"})  # asks for more than an answer
_LENGTH = re.compile(rb"[0-9]{1,9}")


class Meaning(NamedTuple):
    """`plain` False: nothing else is known of it."""

    plain: bool
    length: int | None = None  # of the body; None: none is announced
    authorization: str | None = None
    known: str | None = None  # If-None-Match
    key: str | None = None  # Idempotency-Key
    submits: bool = False  # its body may be a submission: JSON, and not from an unknown page


NOT_PLAIN = Meaning(plain=False)


def meaning(lines: bytes) -> Meaning:
    """Of all lines after the first, with the empty one that ends them."""
    if _LINES.fullmatch(lines) is None:
        return NOT_PLAIN
    said: dict[bytes, bytes] = {}
    for line in lines[:-4].split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.lower()
        if name == b"content-length" and name in said:
            return NOT_PLAIN  # where the body ends is the parser's to say
        said.setdefault(name, value.strip(b" \t"))
    if said.get(b"connection", b"keep-alive").lower() != b"keep-alive" or not _MORE.isdisjoint(said):
        return NOT_PLAIN
    announced = said.get(b"content-length")
    if announced is not None and _LENGTH.fullmatch(announced) is None:
        return NOT_PLAIN
    text = {name.decode(): value.decode("latin-1") for name, value in said.items()}
    return Meaning(
        True,
        None if announced is None else int(announced),
        credentials.sent(text.get("authorization"), text.get("cookie")),
        text.get("if-none-match"),
        text.get("idempotency-key"),
        credentials.submits(text.get("content-type"), text.get("origin"), text.get("authorization")),
    )
