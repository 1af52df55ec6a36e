"""What an API process holds: its platform and, when embedded, the threads that do its work."""

from __future__ import annotations

from app.accounts.keys import ensure_local_key
from app.composition import build_platform
from app.jobs.platform import Platform
from app.settings import Settings
from app.stages.repertoire import LECTERN, Repertoire
from app.store.migrate import upgrade
from app.telemetry import emit


class Service:
    def __init__(self, settings: Settings, repertoire: Repertoire = LECTERN) -> None:
        if settings.use_celery:
            from workers.celery_app import make_celery
            from workers.celery_queue import CeleryQueue

            queue = CeleryQueue(make_celery(settings, repertoire.catalogue))
            self.platform: Platform = build_platform(settings, queue, repertoire)
            self._runner = None
        else:
            from workers.threads import ThreadsQueue, ThreadsRunner

            threads = ThreadsQueue()
            self.platform = build_platform(settings, threads, repertoire)
            self._runner = ThreadsRunner(self.platform, threads)
        self._started = False

    def start(self) -> None:
        """Before the first request; not at import, which `flask db upgrade` also does."""
        if self._started:
            return
        self._started = True
        settings = self.platform.settings
        if self._runner is not None:
            upgrade(settings.database_url)  # nobody else uses an embedded database, so nobody need be asked
        path = ensure_local_key(self.platform.db, settings.lectern_state, settings.first_api_key)
        if path is not None:
            emit("accounts.local_key_made", path=str(path))
        if self._runner is not None:
            self._runner.start()

    def stop(self) -> None:
        if self._runner is not None and self._started:
            self._runner.stop()
