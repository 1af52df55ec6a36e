"""Puts the parts together for a process: which database, which cache, which files, which kinds."""

from __future__ import annotations

from app.cache import Cache
from app.cache.memory import MemoryCache
from app.jobs.platform import Platform
from app.jobs.queue import Queue
from app.settings import Settings
from app.stages.repertoire import LECTERN, Repertoire
from app.storage import Storage
from app.store.database import Database


def build_platform(settings: Settings, queue: Queue, repertoire: Repertoire = LECTERN) -> Platform:
    """The platform of this process; the queue comes from whoever knows Celery or threads."""
    return Platform(
        settings=settings,
        db=Database(settings.database_url),
        cache=_cache(settings),
        queue=queue,
        storage=Storage(settings.storage_path),
        catalogue=repertoire.catalogue,
        projectors=repertoire.projectors,
        chores=repertoire.chores,
        functions=repertoire.functions,
        schedule=repertoire.schedule,
    )


def _cache(settings: Settings) -> Cache:
    if settings.embedded:
        return MemoryCache()
    from app.cache.redis import RedisCache

    return RedisCache(settings.redis_url)
