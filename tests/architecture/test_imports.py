"""Who may import whom. The contracts are in pyproject.toml; here is what import-linter cannot say."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, imports, production, python

SERVERS = {"flask", "celery", "sqlalchemy", "redis"}
PURE = (
    "app.errors",
    "app.telemetry",
    "app.settings",
    "app.jobs.model",
    "app.jobs.lifecycle",
    "app.jobs.limits",
)

# File outside the store → what it may name of SQLAlchemy, and why.
SQLALCHEMY = {
    "app/accounts/people.py": {"sqlalchemy.Connection"},
    "app/jobs/batch.py": {"sqlalchemy.Connection", "sqlalchemy.exc.IntegrityError"},  # as submit.py
    "app/jobs/completion.py": {"sqlalchemy.Connection"},
    "app/jobs/groups.py": {"sqlalchemy.Connection"},
    "app/jobs/quotas.py": {"sqlalchemy.Connection"},
    "app/jobs/sources.py": {"sqlalchemy.Connection"},
    "app/jobs/control.py": {"sqlalchemy.Connection"},  # hands a transaction on, writes no statement
    "app/jobs/admission.py": {"sqlalchemy.Connection"},
    "app/jobs/runs.py": {"sqlalchemy.Connection"},
    "app/jobs/transition.py": {"sqlalchemy.Connection"},
    "app/jobs/following.py": {"sqlalchemy.Connection"},
    "app/jobs/success.py": {"sqlalchemy.Connection"},
    "app/jobs/webhooks/endpoints.py": {"sqlalchemy.Connection"},
    "app/jobs/webhooks/outbox.py": {"sqlalchemy.Connection"},
    "app/jobs/webhooks/sender.py": {"sqlalchemy.Connection"},
    "app/jobs/platform.py": {"sqlalchemy.Connection"},  # type of a projector
    "app/jobs/submit.py": {"sqlalchemy.Connection", "sqlalchemy.exc.IntegrityError"},  # a lost race for a key
    "app/stages/projectors.py": {"sqlalchemy.Connection"},
    "app/stages/reuse.py": {"sqlalchemy.Connection"},
    "app/http/migrations.py": {"sqlalchemy.Engine", "sqlalchemy.MetaData"},  # types, for Flask-Migrate
}

_IMPORT_ALL = """
import importlib, pkgutil, sys
for name in {names!r}:
    importlib.import_module(name)
import app.lectures
for found in pkgutil.walk_packages(app.lectures.__path__, "app.lectures."):
    importlib.import_module(found.name)
print(len([m for m in sys.modules if m.startswith("app.lectures.")]))
print(*sorted({servers!r} & set(sys.modules)))
"""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_pure_rooms_load_no_server_library() -> None:
    count, servers = python(_IMPORT_ALL.format(names=PURE, servers=SERVERS)).splitlines()
    assert int(count) > 40
    assert servers == ""


def test_the_contracts_notice_what_they_forbid(tmp_path: Path) -> None:
    """One breach of each contract in a copy of the code: every one is reported."""
    for room in ("app", "tasks", "workers"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    breaches = {
        "app/store/jobs.py": "import app.jobs.model",  # layers
        "app/lectures/slides/looks/look.py": "import app.lectures.slides.compare.relation",
        "app/lectures/model.py": "import requests",
        "app/jobs/limits.py": "import redis",
        "app/jobs/queue.py": "import app.lectures.model",
        "app/http/health.py": "import app.stages.catalogue",
        "app/cli/exits.py": "import app.settings",
        "app/jobs/submit.py": "import workers.profiles",
        "workers/run.py": "import flask",
        "tasks/run.py": "import app.http.health\nimport app.store.jobs",
        "workers/lease.py": "import tasks.run",
    }
    for path, line in breaches.items():
        file = tmp_path / path
        file.write_text(f"{file.read_text()}\n{line}\n")
    said = lint(tmp_path)
    kept = [line for line in said.stdout.splitlines() if line.endswith(" KEPT")]
    assert said.returncode == 1, said.stdout
    assert kept == []


@pytest.mark.parametrize("house", ["app", "app/lectures/slides"])
def test_a_room_without_a_place_is_noticed(tmp_path: Path, house: str) -> None:
    for room in ("app", "tasks", "workers"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / house / "attic.py").touch()
    said = lint(tmp_path)
    assert said.returncode == 1
    assert "attic" in said.stdout


def test_the_contracts_hold() -> None:
    said = lint(ROOT)
    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize("path", production())
def test_sql_stays_in_the_store(path: str) -> None:
    if path.startswith(("app/store/", "migrations/")):
        return
    named = {name for name in imports(path) if name.partition(".")[0] in ("sqlalchemy", "alembic")}
    assert named == SQLALCHEMY.get(path, set())


def test_the_list_of_exceptions_is_no_longer_than_it_must_be() -> None:
    assert set(SQLALCHEMY) <= set(production())


@pytest.mark.parametrize("path", production())
def test_celery_stays_with_tasks_and_workers(path: str) -> None:
    allowed = path.startswith(("tasks/", "workers/")) or path == "celery_worker.py"
    named = {name.partition(".")[0] for name in imports(path)} & {"celery", "kombu", "flower"}
    assert allowed or not named


@pytest.mark.parametrize("path", [p for p in production() if p.startswith("tasks/")])
def test_a_task_is_a_line(path: str) -> None:
    """Work that only Celery can run cannot be tested without it, nor run embedded."""
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            assert len(node.body) <= 2, f"{path}: {node.name}"
