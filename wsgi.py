"""Composition root of the API: `flask --app wsgi …`, any WSGI server, and the parts that asgi.py serves."""

from __future__ import annotations

from app import create_app
from app.accounts import people
from app.accounts.keys import LOCAL_OWNER
from app.settings import load
from app.telemetry import configure
from workers.service import Service

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
