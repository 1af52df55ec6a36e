"""What is sent, how it is signed, and when to try again. Pure.

Source: Standard Webhooks 1.0.0 (signatures, schedule of retries, what a status means).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from enum import Enum
from typing import Any, Literal, get_args

Event = Literal["job.succeeded", "job.failed", "job.cancelled", "group.ended"]
EVENTS: tuple[Event, ...] = get_args(Event)
TEST = "webhook.test"  # sent on request only; nobody has to ask for it

_SECRET = "whsec_"  # noqa: S105 - the prefix that tells what kind of secret follows
_LONGEST_REST_S = 300.0  # a failing webhook is looked at this often, whatever waits for it
_LONGEST_WISH_S = 24 * 3600.0  # how far a Retry-After is heeded


class Verdict(Enum):
    DELIVERED = "delivered"
    AGAIN = "again"
    GONE = "gone"  # its owner does not want any more


def new_secret() -> str:
    return _SECRET + base64.b64encode(secrets.token_bytes(32)).decode()


def body(type_: str, at: str, data: dict[str, Any], public_url: str) -> bytes:
    """The message: what happened and when, and links to the rest (absolute if the server's URL is known)."""
    links = {name: public_url.rstrip("/") + path for name, path in data.get("links", {}).items()}
    told = {**data, "links": links} if links else data
    document = {"type": type_, "timestamp": at, "data": told}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def headers(message_id: str, timestamp_s: int, content: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The three of Standard Webhooks; with several secrets, a signature by each."""
    signed = f"{message_id}.{timestamp_s}.".encode() + content
    marks = (hmac.digest(base64.b64decode(key.removeprefix(_SECRET)), signed, hashlib.sha256) for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join("v1," + base64.b64encode(mark).decode() for mark in marks),
    }


def verdict(status: int) -> Verdict:
    """A redirect is a failure, too: who moved says so at the webhook, not at each message."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    return Verdict.GONE if status == 410 else Verdict.AGAIN


def pause_s(tries: int, pauses_s: Sequence[float], jitter: float) -> float | None:
    """Seconds from the `tries`-th failure to the next try, up to a fifth longer than planned (0 ≤ jitter
    < 1), so that what failed together does not come back together. None: give up."""
    return pauses_s[tries - 1] * (1 + jitter / 5) if tries <= len(pauses_s) else None


def rest_s(failures: int, first_s: float) -> float:
    """How long a webhook is left alone after so many failures in a row, whatever else waits for it."""
    return float(min(_LONGEST_REST_S, first_s * 2.0 ** min(failures - 1, 20)))


def wished_s(retry_after: str | None) -> float:
    """Seconds that the receiver asks for; a date, or nonsense, counts as no wish."""
    text = (retry_after or "").strip()
    if not (text.isascii() and text.isdecimal()):
        return 0.0
    return float(min(_LONGEST_WISH_S, int(text[:9])))
