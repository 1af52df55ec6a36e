"""How much of a job's work is done, from the shares of its stages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.jobs.model import ENDED_STAGE, Json, Kind

_ENDED = frozenset(state.value for state in ENDED_STAGE)


def plan_chunks(kind: Kind, stages: Sequence[Json]) -> None:
    """Note on a stage that has yet to split what its chunks will weigh: their rows come with its finish.

    Counted from the beginning, they take nothing from the progress when they come; if none do, it grows.
    """
    weights: dict[str, float] = {}
    for stage in kind.stages:
        if stage.spawned_by is not None:
            weights[stage.spawned_by] = weights.get(stage.spawned_by, 0.0) + stage.weight
    for shown in stages:
        if shown["name"] in weights and shown["state"] not in _ENDED:
            shown["chunks_weight"] = weights[shown["name"]]


def overall(stages: Sequence[Json]) -> float:
    """Weighted share (0..1) of the work that succeeded; chunks of one name share their stage's weight.

    It falls only when work is lost: a stage that failed, or whose worker died, begins anew.
    """
    weights: dict[str, float] = {}
    done: dict[str, list[float]] = {}
    for stage in stages:
        weights[stage["name"]] = stage["weight"]
        done.setdefault(stage["name"], []).append(stage["progress"])
    total: float = sum(weights.values()) + sum(stage.get("chunks_weight", 0.0) for stage in stages)
    if not total:
        return 0.0
    return round(sum(weights[n] * sum(p) / len(p) for n, p in done.items()) / total, 4)
