"""Kinds of jobs that do as told. Their queues are the product's, spread so that edges cross queues."""

from __future__ import annotations

from collections.abc import Callable

from app.errors import BadInput
from app.jobs.model import Catalogue, Edge, Json, Kind, Stage
from app.stages.catalogue import CLEANUP, HEALTH_CHECK, STATISTICS, no_params


def _numbers(**defaults: float) -> Callable[[Json], Json]:
    """A check of parameters that are numbers from 0, completed with defaults."""

    def check(params: Json) -> Json:
        for name, value in params.items():
            if name not in defaults:
                raise BadInput(f"There is no parameter “{name}”.", field=f"params.{name}")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
                raise BadInput(f"{name} is a number from 0.", field=f"params.{name}")
        return {**defaults, **params}

    return check


def _light(name: str, queue: str, *after: Edge) -> Stage:
    return Stage(name, queue, after, heavy=False, reusable=False)


def _heavy(name: str, queue: str, *after: Edge, spawned_by: str | None = None) -> Stage:
    return Stage(name, queue, after, spawned_by=spawned_by, reusable=False)


def _kind(name: str, check: Callable[[Json], Json], *stages: Stage) -> Kind:
    return Kind(name, stages, check, needs_source=False)


KINDS = (
    # Light: they run inside the task, and cost a millisecond of it.
    _kind("noop", no_params, _light("noop", "default")),  # nothing at all, for throughput
    _kind("note", no_params, _light("note", "default")),  # waits 20 ms, leaves one effect
    _kind(
        "doze", no_params, _light("doze", "default")
    ),  # the same for 1.5 s: cheap, but long enough to be hit
    _kind("rest", no_params, _light("rest", "default")),  # waits 250 ms: most of it, however busy the machine
    _kind("file", no_params, _light("file", "analysis")),  # the same, and a stored file of its own
    _kind(
        "chain",
        no_params,
        _light("chain_one", "default"),
        _light("chain_two", "analysis", Edge("chain_one")),
        _light("chain_three", "generation", Edge("chain_two")),
    ),
    _kind(  # three that end at about the same time, and one that waits for them
        "meet",
        no_params,
        _light("meet_a", "default"),
        _light("meet_b", "default"),
        _light("meet_c", "default"),
        _light("meet", "maintenance", Edge("meet_a"), Edge("meet_b"), Edge("meet_c")),
    ),
    # Heavy: each in a child process, under its limits.
    _kind("sleep", _numbers(seconds=1.0), _heavy("sleep", "extraction")),
    _kind("write", _numbers(seconds=0.0, bytes=10_000), _heavy("write", "extraction")),  # an artifact
    _kind(
        "fan",
        _numbers(pieces=4, seconds=0.0),
        _heavy("fan_split", "analysis"),
        _heavy("fan_piece", "extraction", Edge("fan_split"), spawned_by="fan_split"),
        _heavy("fan_gather", "generation", Edge("fan_split"), Edge("fan_piece")),
    ),
    # Poison, until a file `cured` lies in the state folder.
    _kind("crash", no_params, _heavy("crash", "analysis")),
    _kind("hog", no_params, _heavy("hog", "analysis")),
    _kind("loop", no_params, _heavy("loop", "analysis")),
)
TICK = Kind("tick", (_light("tick", "maintenance"),), no_params, needs_source=False, internal=True)

CATALOGUE = Catalogue({k.name: k for k in (*KINDS, TICK, CLEANUP, HEALTH_CHECK, STATISTICS)})
SCHEDULE_S = {TICK.name: 2.0}
