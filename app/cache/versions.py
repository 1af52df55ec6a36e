"""A versioned entry as it lies in Redis: "version:data" in one string, so that one MGET reads many."""

from __future__ import annotations


def unpacked(held: bytes) -> tuple[int, bytes]:
    """(version, data)"""
    version, _, data = held.partition(b":")
    return int(version), data


def packed(version: int, data: bytes) -> bytes:
    return b"%d:%b" % (version, data)
