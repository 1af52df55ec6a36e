"""Jobs: submit, list, look, follow, cancel, retry, delete."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.errors import BadInput
from app.http import decks, holding, parsing, presenting
from app.http.addresses import refuse_private
from app.http.context import owner_id, platform
from app.http.following_jobs import JobFollower, JobPoll, last_event_id
from app.http.receiving import files_of_form, kept_upload
from app.http.schemas import ListQuery, SubmitForm, SubmitJob
from app.http.schemas_following import WaitQuery
from app.jobs import control, placing, status
from app.jobs.model import JobStatus, Json
from app.jobs.submit import Link, NewJob, Upload, submit
from app.store import reading

blueprint = Blueprint("jobs", __name__, url_prefix="/api/jobs")


@blueprint.post("")
def create() -> Response:
    command = _from_form() if request.mimetype == "multipart/form-data" else _from_json()
    done = submit(platform(), command)
    response = _document(done.job_id, 202 if done.created else 200)
    response.headers["Location"] = f"/api/jobs/{done.job_id}"
    return response


def _from_form() -> NewJob:
    received, received_deck = files_of_form("file", decks.FIELD)
    params, rest = parsing.form_params(request.form)
    fields = parsing.checked(SubmitForm, rest)
    kind = platform().catalogue.kinds.get(fields.kind)
    if received_deck is not None and fields.deck_url is not None:
        raise BadInput("Give either a deck or a deck_url, not both.", field="deck_url")
    source: Upload | None = None
    deck: Upload | Link | None = _linked(fields.deck_url)
    if kind is not None and not kind.internal:
        kind.check(params)  # before a file is kept; `submit` refuses an unknown kind by itself
        if received_deck is not None:
            deck = _deck(kept_upload(received_deck, received_deck.filename).upload_id)
        if received is not None:
            source = Upload(kept_upload(received, received.filename).upload_id)
    return _command(fields, params, source, deck)


def _from_json() -> NewJob:
    fields = parsing.checked(SubmitJob, parsing.json_body(request))
    source = Upload(fields.upload) if fields.upload is not None else _linked(fields.url)
    deck = _deck(fields.deck) if fields.deck is not None else _linked(fields.deck_url)
    return _command(fields, fields.params, source, deck)


def _command(
    fields: SubmitForm | SubmitJob, params: Json, source: Upload | Link | None, deck: Upload | Link | None
) -> NewJob:
    if fields.webhook_url is not None:
        refuse_private(fields.webhook_url, field="webhook_url")
    return NewJob(
        owner_id=owner_id(),
        kind=fields.kind,
        params=params,
        source=source,
        deck=deck,
        title=fields.title,
        priority=fields.priority,
        idempotency_key=request.headers.get("Idempotency-Key"),
        group_id=fields.group,
        webhook_url=fields.webhook_url,
    )


def _deck(upload_id: str) -> Upload:
    decks.check_kept(upload_id)
    return Upload(upload_id)


def _linked(url: str | None) -> Link | None:
    if url is None:
        return None
    refuse_private(url)
    return Link(url)


@blueprint.get("")
def index() -> Response:
    asked = parsing.query(ListQuery, request.args.items(multi=True))
    kinds = sorted(name for name, kind in platform().catalogue.kinds.items() if not kind.internal)
    if asked.kind is not None and asked.kind not in kinds:
        raise BadInput(
            f"There is no kind of job named “{asked.kind}”; there is: {', '.join(kinds)}.", field="kind"
        )
    before = parsing.decode_cursor(asked.cursor) if asked.cursor is not None else None
    with platform().db.read() as conn:
        rows = reading.jobs(
            conn, owner_id(), status=asked.status, kind=asked.kind, before=before, limit=asked.limit + 1
        )
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    cursor = parsing.encode_cursor(page[-1].created_at, page[-1].id) if more else None
    places = placing.of(platform(), [row.id for row in page if row.status == JobStatus.QUEUED])
    shown = [presenting.summary(row, places.get(row.id, {})) for row in page]
    return jsonify(jobs=shown, next_cursor=cursor)


@blueprint.get("/<job:job_id>")
def show(job_id: str) -> Response:
    """The edge answers this one itself; here it serves plain WSGI servers and HEAD."""
    asked = parsing.query(WaitQuery, request.args.items(multi=True))
    known = request.headers.get("If-None-Match")
    poll = JobPoll(platform(), owner_id(), job_id, asked.version, known)
    return holding.polled(poll, asked.wait, known)


@blueprint.get("/<job_id>/events")
def events(job_id: str) -> Response:
    """Server-sent events; the edge answers this one itself unless the server is plain WSGI."""
    last = last_event_id(request.headers.get("Last-Event-ID"), request.args.items(multi=True))
    return holding.streamed(JobFollower(platform(), owner_id(), job_id, last or 0), resumed=last is not None)


@blueprint.post("/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    control.cancel(platform(), owner_id(), job_id)
    return _document(job_id, 202)


@blueprint.post("/<job_id>/retry")
def retry(job_id: str) -> Response:
    control.retry(platform(), owner_id(), job_id)
    return _document(job_id, 202)


@blueprint.delete("/<job:job_id>")
def delete(job_id: str) -> Response:
    control.delete(platform(), owner_id(), job_id)
    return Response(status=204)


def _document(job_id: str, code: int) -> Response:
    _, content = status.answer(platform(), owner_id(), job_id)
    return Response(content, code, mimetype="application/json")
