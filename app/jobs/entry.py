"""A job's status as the cache holds it: what a reader has to check, and the answer as finished bytes."""

from __future__ import annotations

import json
from typing import NamedTuple

from pydantic_core import PydanticSerializationError, to_json

from app.jobs.model import Json


class Entry(NamedTuple):
    """`body` is the public JSON, sent as it is; only a job with `leases` has progress to be merged in."""

    owner_id: str
    checked: float  # seconds since 1970, when it was last compared with the primary
    ended: bool
    ready: int  # stages that wait to be published
    etag: str
    leases: str  # JSON: stage id → lease of each running stage; "" when nothing runs
    body: bytes

    def pack(self) -> bytes:
        fields = (self.owner_id, f"{self.checked:.3f}", int(self.ended), self.ready, self.etag, self.leases)
        return "".join(f"{field}\n" for field in fields).encode() + self.body

    @classmethod
    def unpack(cls, packed: bytes) -> Entry:
        owner_id, checked, ended, ready, etag, leases, body = packed.split(b"\n", 6)
        return cls(
            owner_id.decode(),
            float(checked),
            ended == b"1",
            int(ready),
            etag.decode(),
            leases.decode(),
            body,
        )

    def trusted(self, now: float, revalidate_s: float) -> bool:
        """Ended, or compared with the primary a moment ago."""
        return self.ended or now - self.checked < revalidate_s

    def running(self) -> dict[str, str]:
        """Stage id → lease."""
        found: dict[str, str] = json.loads(self.leases) if self.leases else {}
        return found


def encode(shown: Json) -> bytes:
    try:
        return to_json(shown)
    except PydanticSerializationError:  # deeper than it goes
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
