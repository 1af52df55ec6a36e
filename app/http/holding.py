"""Long polls and event streams that hold a thread, for plain WSGI servers; the edge holds none."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Response

from app.errors import Unavailable
from app.http import following
from app.http.following import Follower, Poll

_LOOK_S = 0.3


def polled(poll: Poll, wait_s: float, if_none_match: str | None) -> Response:
    until = time.monotonic() + wait_s
    found = poll.look(0.0)
    while time.monotonic() < until and poll.waits(found):
        time.sleep(max(0.0, min(_LOOK_S, until - time.monotonic())))
        found = poll.look(0.0)
    reply = following.Reply(found, if_none_match)
    return Response(reply.body, reply.status, reply.headers)


def streamed(follower: Follower, *, resumed: bool) -> Response:
    """`resumed`: the client said what it heard last; if that was all, it gets a 204."""
    first = follower.step(0.0)
    if follower.over and resumed and len(first) == 1:
        return Response(status=204)  # tells an EventSource that there is nothing to come back for
    return Response(_told(follower, first), headers=following.HEADERS)


def _told(follower: Follower, first: list[bytes]) -> Iterator[bytes]:
    yield b"".join(first)
    spoke = time.monotonic()
    while not follower.over:
        time.sleep(_LOOK_S)
        try:
            frames = following.later(follower, 0.0)
        except Unavailable:
            frames = []
        if not frames and time.monotonic() - spoke >= following.KEEP_ALIVE_S:
            frames = [following.KEEP_ALIVE]
        if frames:
            spoke = time.monotonic()
            yield b"".join(frames)
