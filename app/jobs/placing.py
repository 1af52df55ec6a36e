"""A waiting job's place, put into its document. `places` writes it, in the cache only, as a piece of JSON.

Without Redis, or without a steward to look, a document has none.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

from app.errors import Unavailable
from app.jobs.model import Json
from app.jobs.platform import Platform

PAUSED = b'"paused":true'  # all that is said of a job that has begun, and waits for a paused queue
_QUEUED = b'"status":"queued"'  # comes after id and kind: no text of a user's stands before it


def key(job_id: str) -> str:
    return f"place:{job_id}"


def placed(tag: str, body: bytes, place: tuple[int, bytes] | None) -> tuple[str, bytes]:
    """(ETag, JSON) of a job's document with its place put in."""
    if place is None or not (_QUEUED in body[:200] or place[1] == PAUSED):
        return tag, body  # what it had while it stood in line is no news of a job that has begun
    mark = zlib.crc32(place[1])
    return f'{tag[:-1]}-{mark:08x}"', body[:-1] + b"," + place[1] + b"}"


def fetched(platform: Platform, job_id: str, tag: str, body: bytes) -> tuple[str, bytes]:
    """As `placed`, with the place that the cache has."""
    try:
        place = platform.cache.get_versioned(key(job_id))
    except Unavailable:
        place = None
    return placed(tag, body, place)


def of(platform: Platform, job_ids: Sequence[str]) -> dict[str, Json]:
    """What is known of these jobs' places; nothing when the cache does not answer."""
    try:
        held = platform.cache.get_versions([key(job_id) for job_id in job_ids])
    except Unavailable:
        return {}
    return {
        job_id: json.loads(b"{" + place[1] + b"}")
        for job_id, place in zip(job_ids, held, strict=True)
        if place is not None
    }
