"""The seam to whatever carries messages: Celery over Redis, or threads in this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.jobs.model import Message


class Queue(Protocol):
    """Carries messages at least once at best: they may be lost or doubled, the database knows better."""

    def publish(self, messages: Sequence[Message]) -> None:
        """Send the messages; raises Unavailable when the broker cannot be reached."""

    def depth(self, queue: str) -> int:
        """Messages that wait in this queue; raises Unavailable."""
