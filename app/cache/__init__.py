"""Redis, or memory when embedded, behind one interface; the database is always right, this is only fast."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol


class Cache(Protocol):
    """Raises Unavailable when its server does not answer in time; callers fall back to the database."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes, ttl_s: float) -> None: ...

    def put_versions(self, version: int, entries: Mapping[str, bytes], ttl_s: float) -> None:
        """Store many entries of one version, whatever was there. For one writer at a time."""

    def get_versions(self, keys: Sequence[str]) -> list[tuple[int, bytes] | None]:
        """As `get_versioned` for each key, in one step."""

    def put_newer(self, key: str, version: int, value: bytes, ttl_s: float) -> bool:
        """Store unless an entry of a higher version is there; one atomic step."""

    def outdate(self, news: Sequence[tuple[str, int, str]], ttl_s: float) -> None:
        """For each (key, version, channel): `put_newer` of nothing, and tell the version to the channel."""

    def put_all_newer(self, entries: Sequence[tuple[str, int, bytes]], ttl_s: float) -> None:
        """As `put_newer` for each (key, version, value), in one step."""

    def get_versioned(self, key: str) -> tuple[int, bytes] | None: ...

    async def read_packed(self, keys: Sequence[str]) -> list[bytes | None]:
        """As `get_versioned` of each, for an event loop, whose questions come one after the other.

        An entry comes as one string (`versions`): whoever has read the same before need not take it apart.
        """

    async def read_hashes(self, keys: Sequence[str]) -> list[Mapping[bytes, bytes]]:
        """As `hash_all` of each, likewise."""

    async def close_reads(self) -> None:
        """Let go of what the two above hold in this loop."""

    def delete(self, *keys: str) -> None: ...

    def hash_put(self, key: str, field: str, value: bytes, ttl_s: float) -> None: ...

    def hash_all(self, key: str) -> Mapping[str, bytes]: ...

    def count(self, key: str, other: str, by: int, ttl_s: float) -> tuple[int, int]:
        """Add to the counter `key`; returns (what it is now, what the counter `other` is)."""

    def notify(self, channel: str, message: bytes) -> None:
        """Tell whoever listens to `channel` now; nobody else will ever hear it."""

    def listen(self, channel: str) -> AsyncIterator[bytes]:
        """What is told to `channel` from now on, for asyncio; ends by closing the iterator."""

    def listen_all(self, prefix: str) -> AsyncIterator[tuple[str, bytes]]:
        """As `listen`, for every channel whose name begins so: (channel, message).

        The first item is ("", b""): from then on nothing is missed. Raises Unavailable when the server goes.
        """

    def ping(self) -> None:
        """Raises Unavailable unless the server answers."""
