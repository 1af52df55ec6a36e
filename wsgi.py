"""Composition root of the API: `flask --app wsgi …`, any WSGI server, and the parts that asgi.py serves."""

from __future__ import annotations

from app import create_app
from app.accounts import people
from app.accounts.keys import LOCAL_OWNER, ensure_local_key
from app.composition import build_platform
from app.jobs.platform import Platform
from app.settings import Settings, load
from app.store.migrate import upgrade
from app.telemetry import configure, emit


class Service:
    """The platform of this process and, when embedded, the threads that do its work."""

    def __init__(self, settings: Settings) -> None:
        if settings.use_celery:
            from workers.celery_app import make_celery
            from workers.celery_queue import CeleryQueue

            self.platform: Platform = build_platform(settings, CeleryQueue(make_celery(settings)))
            self._runner = None
        else:
            from workers.threads import ThreadsQueue, ThreadsRunner

            queue = ThreadsQueue()
            self.platform = build_platform(settings, queue)
            self._runner = ThreadsRunner(self.platform, queue)
        self._started = False

    def start(self) -> None:
        """Before the first request; not at import, which `flask db upgrade` also does."""
        if self._started:
            return
        self._started = True
        if self._runner is not None:
            upgrade(settings.database_url)  # nobody else uses an embedded database, so nobody need be asked
        path = ensure_local_key(
            self.platform.db, self.platform.settings.lectern_state, self.platform.settings.first_api_key
        )
        if path is not None:
            emit("accounts.local_key_made", path=str(path))
        if self._runner is not None:
            self._runner.start()

    def stop(self) -> None:
        if self._runner is not None and self._started:
            self._runner.stop()


settings = load()
configure(settings.log_level, as_json=settings.log_json)
service = Service(settings)
app = create_app(service.platform)
application = app  # the name that WSGI servers look for


@app.cli.command("admin-key")
def _admin_key() -> None:
    """Make another key that may do everything, for whoever has lost theirs."""
    made = people.add_key(
        service.platform.db, LOCAL_OWNER, label="admin-key", scopes=people.SCOPES, days=None
    )
    print(made.secret)  # noqa: T201


@app.before_request
def _start() -> None:
    service.start()
