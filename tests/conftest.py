"""Fixtures that every room's tests share: both stacks, real servers, a small catalogue of kinds."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cache import Cache
from app.cache.memory import MemoryCache
from app.cache.redis import RedisCache
from app.jobs.platform import Platform
from app.settings import Settings, load
from app.storage import Storage
from app.store.database import Database
from tests.databases import make_template, migrated_postgres, migrated_sqlite
from tests.kinds import TEST_CATALOGUE, ListQueue
from tests.sharing import pytest_collection_modifyitems
from tests.tracks import only
from workers.local.servers import start_postgres, start_redis, stop_postgres, stop_redis

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job passes that on
    signal.signal(signal.SIGINT, signal.default_int_handler)

SAMPLE = Path(__file__).parents[1] / "samples" / "lecture.mp4"
__all__ = ["pytest_collection_modifyitems", "settings_for"]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """URLs of a real PostgreSQL and a real Redis of this test session."""
    state = tmp_path_factory.mktemp("servers")
    try:
        yield start_postgres(state, durable=False), start_redis(state, durable=False)
    finally:
        stop_redis(state)
        stop_postgres(state)


@pytest.fixture(scope="session")
def migrated_server(servers: tuple[str, str]) -> str:
    """The session's PostgreSQL, with a migrated database to copy."""
    make_template(servers[0])
    return servers[0]


@pytest.fixture
def postgres_url(migrated_server: str) -> Iterator[str]:
    """An empty database of the test's own, at the newest schema."""
    with migrated_postgres(migrated_server) as url:
        yield url


@pytest.fixture(scope="session")
def silent_lecture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The picture of the sample alone, for whom slides are enough: nobody waits for a transcript."""
    return only("video", SAMPLE, tmp_path_factory.mktemp("silent") / "lecture.mp4")


@pytest.fixture
def redis_url(servers: tuple[str, str]) -> str:
    """The session's Redis, emptied."""
    import redis

    client = redis.Redis.from_url(servers[1])
    client.flushall()
    client.close()
    return servers[1]


def settings_for(tmp_path: Path, **environ: str) -> Settings:
    """Embedded settings with short times, unless the environment given says otherwise."""
    base = {
        "USE_CELERY": "false",
        "DATABASE_URL": f"sqlite:///{tmp_path}/lectern.db",
        "STORAGE_PATH": str(tmp_path / "files"),
        "LECTERN_STATE": str(tmp_path / "state"),
        "LEASE_S": "3",
        "BACKOFF_BASE_S": "0.2",
        "REPUBLISH_AFTER_S": "1",
        "STATUS_REVALIDATE_S": "0.3",
    }
    return load(base | environ)


@pytest.fixture(params=["embedded", "full"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """The job heart over SQLite and memory, then over PostgreSQL and Redis; messages are only recorded."""
    yield from _platform(request, tmp_path, request.param)


@pytest.fixture
def full_platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """The job heart over PostgreSQL and Redis, for what only several connections can show."""
    yield from _platform(request, tmp_path, "full")


def _platform(request: pytest.FixtureRequest, tmp_path: Path, stack: str) -> Iterator[Platform]:
    cache: Cache
    if stack == "full":
        urls = {k: request.getfixturevalue(k.lower()) for k in ("POSTGRES_URL", "REDIS_URL")}
        settings = settings_for(
            tmp_path, USE_CELERY="true", DATABASE_URL=urls["POSTGRES_URL"], REDIS_URL=urls["REDIS_URL"]
        )
        cache = RedisCache(settings.redis_url)
    else:
        settings = settings_for(tmp_path)
        migrated_sqlite(settings.database_url)
        cache = MemoryCache()
    made = Platform(
        settings=settings,
        db=Database(settings.database_url, pool_size=16),
        cache=cache,
        queue=ListQueue(),
        storage=Storage(settings.storage_path),
        catalogue=TEST_CATALOGUE,
        projectors={},
    )
    yield made
    made.db.close()
    if isinstance(cache, RedisCache):
        cache.close()
