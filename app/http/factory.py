"""The Flask application: blueprints, errors, identity, migrations. No logic."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter

from app.http import (
    accounts,
    batch,
    context,
    dead_letters,
    groups,
    hardening,
    health,
    jobs,
    migrations,
    operating,
    pages,
    problems,
    receiving,
    results,
    session,
    stats,
    uploads,
    webhooks,
)
from app.jobs.platform import Platform


class _JobId(BaseConverter):
    """Not `batch`, which stands beside the jobs: else its address would seem to take their methods."""

    regex = "(?!batch$)[^/]+"


class _Application(Flask):
    request_class = receiving.StreamingRequest


def build(platform: Platform) -> Flask:
    app = _Application("app.http", static_folder="static", template_folder="templates")
    # browsers ask here unbidden; a static file like the others, so it needs no key either
    app.add_url_rule("/favicon.ico", "static", defaults={"filename": "favicon.svg"})
    app.config["MAX_CONTENT_LENGTH"] = receiving.body_limit(platform.settings)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = True
    app.url_map.converters["job"] = _JobId
    context.install(app, platform)
    problems.register(app)
    migrations.install(app, platform.db)
    for room in (jobs, batch, groups, dead_letters, webhooks, results, uploads):
        app.register_blueprint(room.blueprint)
    for part in (health, session, stats, pages):
        app.register_blueprint(part.blueprint)
    for more in (results.recordings, accounts.account, accounts.users, operating.queues, operating.workers):
        app.register_blueprint(more)
    app.teardown_request(receiving.drop_unkept)
    hardening.install(app, public_url=platform.settings.public_url)
    return app
