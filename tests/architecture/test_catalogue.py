"""The catalogue of stages is what Celery knows, what is routed, and what somebody consumes, everywhere."""

from __future__ import annotations

import inspect
import json

import pytest

from app.jobs.model import Kind, Stage
from app.stages import functions
from app.stages.catalogue import CATALOGUE, SCHEDULE_S
from app.stages.chores import CHORES
from app.stages.projectors import PROJECTORS
from deploy.files import load, profile_of
from tests.architecture.sources import python
from workers.celery_app import SCHEDULE_TASK, routes
from workers.local.components import WORKER_PROFILES
from workers.profiles import PROFILES
from workers.threads import ThreadsQueue

ROUTES = routes(CATALOGUE)
QUEUES = {"default", "extraction", "analysis", "generation", "maintenance"}
_REGISTERED = """
import json, celery_worker
tasks = [name for name in celery_worker.app.tasks if not name.startswith("celery.")]
print(json.dumps(sorted(tasks)))
"""


def consumed(profiles: set[str]) -> set[str]:
    return {queue for name in profiles for queue in PROFILES[name].queues}


@pytest.fixture(scope="module")
def registered() -> set[str]:
    """Names of the tasks that a worker would run, as a worker's own process sees them."""
    said = python(_REGISTERED, DATABASE_URL="postgresql://x", REDIS_URL="redis://x", USE_CELERY="true")
    return set(json.loads(said))


def test_every_stage_has_its_task_and_every_task_its_stage(registered: set[str]) -> None:
    assert registered == {stage.task for stage in CATALOGUE.stages} | {SCHEDULE_TASK}


def test_every_task_is_routed(registered: set[str]) -> None:
    assert set(ROUTES) == registered
    assert {route["queue"] for route in ROUTES.values()} == CATALOGUE.queues == QUEUES


def test_names_that_users_call() -> None:
    assert {"tasks.extract_slides_task", "tasks.analyze_content_task", "tasks.generate_pdf_task"} <= set(
        ROUTES
    )


def test_every_queue_is_consumed() -> None:
    assert set(PROFILES["general"].queues) == QUEUES
    assert consumed(set(PROFILES)) == QUEUES
    assert set(ThreadsQueue().queues) == QUEUES
    assert consumed(set(WORKER_PROFILES)) == QUEUES


def test_every_queue_is_consumed_in_compose() -> None:
    services = load("docker-compose.yml")["services"].values()
    commands = [" ".join(s["command"]) for s in services if isinstance(s.get("command"), list)]
    assert consumed({p for c in commands if (p := profile_of(c))}) == QUEUES


def test_every_queue_is_consumed_on_render() -> None:
    commands = [s.get("dockerCommand", "") for s in load("render.yaml")["services"]]
    assert consumed({p for c in commands if (p := profile_of(c))}) == QUEUES


def test_stage_names_are_unique() -> None:
    names = [stage.name for stage in CATALOGUE.stages]
    assert len(names) == len(set(names))  # tasks, functions and projectors go by name alone


@pytest.mark.parametrize("stage", CATALOGUE.stages, ids=lambda s: s.name)
def test_every_stage_can_be_run(stage: Stage) -> None:
    if stage.heavy:
        assert list(inspect.signature(functions.load(stage.name)).parameters) == ["work"]
    else:
        assert stage.name in CHORES
    assert (stage.name in PROJECTORS) == stage.heavy, "what is light leaves nothing but its result"


def test_nothing_runs_that_is_in_no_catalogue() -> None:
    assert {stage.name for stage in CATALOGUE.stages if stage.heavy} == functions.HEAVY
    assert set(CHORES) == {stage.name for stage in CATALOGUE.stages if not stage.heavy}


def test_the_schedule_makes_internal_kinds() -> None:
    internal = {name for name, kind in CATALOGUE.kinds.items() if kind.internal}
    assert set(SCHEDULE_S) == internal
    assert {"cleanup", "health_check"} <= internal


@pytest.mark.parametrize("kind", CATALOGUE.kinds.values(), ids=lambda k: k.name)
def test_a_stage_waits_for_earlier_stages_only(kind: Kind) -> None:
    """No cycle, no misspelt parent: parents stand before their children in the catalogue."""
    seen: set[str] = set()
    for stage in kind.stages:
        assert {edge.parent for edge in stage.after} <= seen
        assert stage.spawned_by is None or stage.spawned_by in seen
        seen.add(stage.name)
