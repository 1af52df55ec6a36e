"""The embedded and the full stack, each once for all end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.store.migrate import upgrade
from tests.stack import Stack
from workers.local.servers import start_redis, stop_redis


@pytest.fixture(scope="package", params=["embedded", "full"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running Lectern; the full one with two analysis workers, so that chunks are spread."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "embedded":
        made = Stack(folder, {"USE_CELERY": "false"})
    else:
        database, _ = request.getfixturevalue("servers")
        upgrade(database)
        redis = start_redis(folder / "redis", durable=False)  # other tests' messages are not for our workers
        made = Stack(folder, {"DATABASE_URL": database, "REDIS_URL": redis, "WHISPER_THREADS": "1"})
    try:
        if request.param == "full":
            made.start_worker("general", "general", "--concurrency", "1")
            made.start_worker("extraction", "extraction")
            made.start_worker("analysis-a", "analysis", "--concurrency", "1")
            made.start_worker("analysis-b", "analysis", "--concurrency", "1")
        made.start_api()
        yield made
    finally:
        made.stop()
        stop_redis(folder / "redis")
