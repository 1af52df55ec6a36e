"""The real catalogue of lectures over the embedded stores, with messages that a test delivers itself."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from app.composition import build_platform
from app.jobs.model import Json
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, Upload, submit
from app.stages.projectors import project_common
from app.store import files
from tests.conftest import settings_for
from tests.databases import migrated_sqlite
from tests.kinds import ListQueue

SPEECH = Path(__file__).parent.parent / "fixtures" / "speech" / "lecture.ogg"
MakePlatform = Callable[..., Platform]


@pytest.fixture
def make_platform(tmp_path: Path) -> Iterator[MakePlatform]:
    made: list[Platform] = []

    def make(**environ: str) -> Platform:
        settings = settings_for(tmp_path, HF_HUB_OFFLINE="1", **environ)
        migrated_sqlite(settings.database_url)
        made.append(build_platform(settings, ListQueue()))
        return made[-1]

    yield make
    for platform in made:
        platform.db.close()


def upload(platform: Platform, path: Path) -> Upload:
    digest, size = platform.storage.put(path)
    upload_id = f"up_{uuid.uuid4().hex}"
    with platform.db.write() as conn:
        files.touch(conn, digest, size)
        row = {"id": upload_id, "owner_id": "local", "digest": digest, "filename": path.name, "size": size}
        files.insert_upload(conn, row)
    return Upload(upload_id)


def submit_speech(platform: Platform) -> str:
    return submit(platform, NewJob("local", "lecture", source=upload(platform, SPEECH))).job_id


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A recording of nothing, that nobody has sent before."""
    path = tmp_path / "talk.bin"
    path.write_bytes(os.urandom(100))
    return path


@pytest.fixture
def lab(platform: Platform) -> Platform:
    """Small kinds over both stacks, whose stages leave files and warnings."""
    return with_artifacts(platform)


def with_artifacts(platform: Platform) -> Platform:
    def project(conn: Connection, job_id: str, owner_id: str, result: Json) -> None:
        project_common(conn, job_id, owner_id, "any", result)

    return replace(platform, projectors={s.name: project for s in platform.catalogue.stages})
