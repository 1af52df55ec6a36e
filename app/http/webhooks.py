"""Webhooks: who is told when a job ends, what they were told, and telling them again."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from app.http import parsing
from app.http.addresses import refuse_private
from app.http.context import owner_id, platform
from app.http.schemas_webhooks import (
    ChangeWebhook,
    DeliveryQuery,
    NewWebhook,
    ReplayFailed,
    RotateSecret,
)
from app.jobs.status import instant
from app.jobs.webhooks import endpoints
from app.store import deliveries, webhooks
from app.store.database import SECOND, AnyRow

blueprint = Blueprint("webhooks", __name__, url_prefix="/api/webhooks")


@blueprint.get("")
def index() -> Response:
    with platform().db.read() as conn:
        return jsonify(webhooks=[_webhook(row) for row in webhooks.of_owner(conn, owner_id())])


@blueprint.post("")
def add() -> tuple[Response, int]:
    asked = parsing.checked(NewWebhook, parsing.json_body(request))
    refuse_private(asked.url)
    added = endpoints.add(platform().db, owner_id(), url=asked.url, events=asked.events, label=asked.label)
    return _with_secret(added), 201


@blueprint.get("/<webhook_id>")
def show(webhook_id: str) -> Response:
    with platform().db.read() as conn:
        return jsonify(_webhook(endpoints.owned(conn, owner_id(), webhook_id)))


@blueprint.patch("/<webhook_id>")
def change(webhook_id: str) -> Response:
    asked = parsing.checked(ChangeWebhook, parsing.json_body(request))
    if asked.url is not None:
        refuse_private(asked.url)
    values = asked.model_dump(exclude_none=True)
    return jsonify(_webhook(endpoints.change(platform().db, owner_id(), webhook_id, values)))


@blueprint.delete("/<webhook_id>")
def remove(webhook_id: str) -> Response:
    endpoints.remove(platform().db, owner_id(), webhook_id)
    return Response(status=204)


@blueprint.post("/<webhook_id>/rotate")
def rotate(webhook_id: str) -> tuple[Response, int]:
    asked = parsing.checked(RotateSecret, parsing.json_body(request))
    return _with_secret(endpoints.rotate(platform().db, owner_id(), webhook_id, asked.grace_s)), 201


@blueprint.post("/<webhook_id>/test")
def test(webhook_id: str) -> tuple[Response, int]:
    return jsonify(_delivery(endpoints.test(platform().db, owner_id(), webhook_id))), 202


@blueprint.get("/<webhook_id>/deliveries")
def list_deliveries(webhook_id: str) -> Response:
    asked = parsing.query(DeliveryQuery, request.args.items(multi=True))
    before = parsing.decode_cursor(asked.cursor) if asked.cursor is not None else None
    with platform().db.read() as conn:
        endpoints.owned(conn, owner_id(), webhook_id)
        rows = deliveries.page(conn, webhook_id, asked.state, before, asked.limit + 1)
    page, last = rows[: asked.limit], None
    if len(rows) > asked.limit:
        last = parsing.encode_cursor(page[-1].created_at, page[-1].id)
    return jsonify(deliveries=[_delivery(row) for row in page], next_cursor=last)


@blueprint.post("/<webhook_id>/deliveries/<delivery_id>/replay")
def replay(webhook_id: str, delivery_id: str) -> tuple[Response, int]:
    return jsonify(_delivery(endpoints.replay(platform().db, owner_id(), webhook_id, delivery_id))), 202


@blueprint.post("/<webhook_id>/replay")
def replay_failed(webhook_id: str) -> tuple[Response, int]:
    asked = parsing.checked(ReplayFailed, parsing.json_body(request))
    since_us = 0
    if asked.since is not None:
        since_us = int(datetime.fromisoformat(asked.since).timestamp() * SECOND)
    return jsonify(replayed=endpoints.replay_failed(platform().db, owner_id(), webhook_id, since_us)), 202


def _with_secret(added: endpoints.Added) -> Response:
    response = jsonify(**_webhook(added.webhook), secret=added.secret)
    response.headers["Cache-Control"] = "no-store"
    return response


def _webhook(row: AnyRow) -> dict[str, object]:
    status = "disabled" if not row.enabled else "failing" if row.failures else "ok"
    return {
        "id": row.id,
        "url": row.url,
        "events": row.events,
        "label": row.label,
        "status": status,
        "failures": row.failures,
        "error": row.error,
        "resumes_at": instant(row.resume_at),
        "succeeded_at": instant(row.succeeded_at),
        "old_secret_until": instant(row.old_until),
        "created_at": instant(row.created_at),
    }


def _delivery(row: AnyRow) -> dict[str, object]:
    return {
        "id": row.id,
        "message_id": row.message_id,
        "type": row.type,
        "data": row.data,
        "state": row.state,
        "tries": row.tries,
        "attempts": row.attempts,
        "next_at": instant(row.next_at) if row.state == "pending" else None,
        "created_at": instant(row.created_at),
        "ended_at": instant(row.ended_at),
    }
