"""How many requests a client may make in a minute: a sliding window over two counters. Pure.

The window before counts with the share of it that is less than WINDOW_S ago, as if its requests had come
evenly ("An alternative approach to rate limiting", Figma 2017; Cloudflare counts the same way).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

WINDOW_S = 60.0
_LEASES = 200  # a process takes this part of a limit at once: what steady use needs in a third of a second


class Counts(NamedTuple):
    """Requests in the window before and in the present one, which began `elapsed_s` ago."""

    before: int
    now: int
    elapsed_s: float

    def recent(self) -> float:
        """Requests of the last WINDOW_S."""
        return self.now + self.before * (1.0 - self.elapsed_s / WINDOW_S)


class Standing(NamedTuple):
    """Where a client stands after asking: what the `RateLimit` headers say."""

    allowed: bool
    limit: int  # a minute
    left: int
    reset_s: int  # whole seconds until more is allowed (refused: until anything is)


def lease(limit: int) -> int:
    """Requests that a process takes from the shared count at once; 1 for small limits: exact."""
    return max(1, limit // _LEASES)


def grant(limit: int, wanted: int, counts: Counts) -> int:
    """How many of `wanted` requests may be made now."""
    return max(0, min(wanted, int(limit - counts.recent())))


def retry_after_s(limit: int, counts: Counts) -> float:
    """Seconds until one more request is allowed, if none is made meanwhile."""
    if grant(limit, 1, counts):
        return 0.0
    if counts.now < limit:  # the window before has to fade
        fades_at = WINDOW_S * (1.0 - (limit - counts.now - 1) / counts.before)
        return max(0.0, fades_at - counts.elapsed_s)
    fades_at = WINDOW_S * max(0.0, 1.0 - (limit - 1) / counts.now)  # this one, when it is the one before
    return WINDOW_S - counts.elapsed_s + fades_at


def headers(standing: Standing) -> list[tuple[bytes, bytes]]:
    """The two fields of draft-ietf-httpapi-ratelimit-headers, in bytes: they go with each answer."""
    return [
        _policy(standing.limit),
        (b"ratelimit", b'"minute";r=%d;t=%d' % (standing.left, standing.reset_s)),
    ]


@cache
def _policy(limit: int) -> tuple[bytes, bytes]:
    return b"ratelimit-policy", b'"minute";q=%d;w=%d' % (limit, WINDOW_S)
