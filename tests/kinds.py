"""Kinds of jobs for tests of the heart, and a queue that only records; both know nothing of lectures."""

from __future__ import annotations

from collections.abc import Sequence

from app.errors import BadInput, Unavailable
from app.jobs.model import Catalogue, Edge, Json, Kind, Message, Stage
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit


def check(params: Json) -> Json:
    if not set(params) <= {"size"}:
        raise BadInput("Unknown parameter.", field="params")
    return {"size": 1} | params


def _kind(name: str, *stages: Stage) -> Kind:
    return Kind(name, stages, check, needs_source=False)


SINGLE = _kind("single", Stage("only", "default"))
CHAIN = _kind("chain", Stage("one", "default"), Stage("two", "analysis", (Edge("one"),)))
DIAMOND = _kind(
    "diamond",
    Stage("top", "default"),
    Stage("left", "extraction", (Edge("top"),)),
    Stage("right", "analysis", (Edge("top"),)),
    Stage("bottom", "generation", (Edge("left"), Edge("right", required=False))),
)
FAN = _kind(
    "fan",
    Stage("split", "analysis"),
    Stage("piece", "analysis", (Edge("split"),), spawned_by="split"),
    Stage("gather", "analysis", (Edge("split"), Edge("piece"))),
)
TEST_CATALOGUE = Catalogue({kind.name: kind for kind in (SINGLE, CHAIN, DIAMOND, FAN)})


class ListQueue:
    """Records messages. `down` makes it refuse, `swallow` makes it lose them."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.down = False
        self.swallow = False

    def publish(self, messages: Sequence[Message]) -> None:
        if self.down:
            raise Unavailable("The queue cannot be reached just now.")
        if not self.swallow:
            self.messages += messages

    def depth(self, queue: str) -> int:
        if self.down:
            raise Unavailable("The queue cannot be reached just now.")
        return sum(message.queue == queue for message in self.messages)

    def take(self) -> list[Message]:
        taken, self.messages = self.messages, []
        return taken


def queue_of(platform: Platform) -> ListQueue:
    assert isinstance(platform.queue, ListQueue)
    return platform.queue


def start(platform: Platform, kind: str, **more: object) -> str:
    """Submit a job of the local owner; returns its id."""
    return submit(platform, NewJob("local", kind, **more)).job_id  # type: ignore[arg-type]
