"""What a job has made: slides, transcript, files, the recording itself, and what it cost."""

from __future__ import annotations

import mimetypes

from flask import Blueprint, Response, jsonify, request

from app.errors import NotFound
from app.http import presenting
from app.http.context import owner_id, platform
from app.http.files import stored
from app.http.parsing import query
from app.http.schemas import ArtifactQuery, TranscriptQuery
from app.storage.kinds import deck_kind
from app.store import reading
from app.store.database import AnyRow

blueprint = Blueprint("results", __name__, url_prefix="/api/jobs/<job_id>")
recordings = Blueprint("recordings", __name__, url_prefix="/api/recordings")
_PICTURES = "slides/"  # how the study guide names the folder of its pictures
_MOST_SLIDES = 2**31 - 1  # what the database can be asked for
_DECKS = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_TRANSCRIPTS = {
    "json": "transcript.json",
    "vtt": "captions.vtt",
    "srt": "captions.srt",
    "txt": "transcript.txt",
}


def _job(job_id: str) -> AnyRow:
    with platform().db.read() as conn:
        row = reading.job(conn, job_id)
    if row is None or row.owner_id != owner_id():
        raise NotFound("There is no such job.")
    return row


@blueprint.get("/slides")
def slides(job_id: str) -> Response:
    _job(job_id)
    with platform().db.read() as conn:
        rows = reading.slides(conn, job_id)
    return jsonify(slides=[presenting.slide(row) for row in rows])


@blueprint.get("/slides/<int:number>/image")
def slide_image(job_id: str, number: int) -> Response:
    _job(job_id)
    with platform().db.read() as conn:
        row = reading.slide(conn, job_id, number) if number <= _MOST_SLIDES else None
    if row is None:
        raise NotFound("This job has no such slide.")
    return _picture(row)


def _picture(row: AnyRow) -> Response:
    kind = mimetypes.guess_type(row.image_name)[0] or "application/octet-stream"
    return stored(row.digest, row.image_name.rpartition("/")[2], kind)


@blueprint.get("/transcript")
def transcript(job_id: str) -> Response:
    asked = query(TranscriptQuery, request.args.items(multi=True))
    missing = f"This job has no transcript as {asked.format} (yet)."
    return _artifact(job_id, _TRANSCRIPTS[asked.format], asked.download, missing)


@blueprint.get("/artifacts")
def artifacts(job_id: str) -> Response:
    _job(job_id)
    with platform().db.read() as conn:
        rows = reading.artifacts(conn, job_id)
    return jsonify(artifacts=[presenting.artifact(row) for row in rows])


@blueprint.get("/artifacts/<path:name>")
def artifact(job_id: str, name: str) -> Response:
    asked = query(ArtifactQuery, request.args.items(multi=True))
    return _artifact(job_id, name, asked.download, "This job has no file of this name (yet).")


def _artifact(job_id: str, name: str, download: bool, missing: str) -> Response:
    _job(job_id)
    with platform().db.read() as conn:
        row = reading.artifact(conn, job_id, name)
        picture = reading.slide_by_image(conn, job_id, name.removeprefix(_PICTURES)) if row is None else None
    if picture is not None:
        return _picture(picture)  # a page among the artifacts shows slides by their relative names
    if row is None:
        raise NotFound(missing)
    return stored(row.digest, name.rpartition("/")[2], row.media_type, download=download)


@blueprint.get("/recording")
def recording(job_id: str) -> Response:
    """The source itself, in ranges, so that a link with `#t=` plays from there."""
    asked = query(ArtifactQuery, request.args.items(multi=True))
    return _recording(_job(job_id), asked.download)


@blueprint.get("/deck")
def deck(job_id: str) -> Response:
    """The deck that was handed in beside the recording."""
    asked = query(ArtifactQuery, request.args.items(multi=True))
    row = _job(job_id)
    if row.deck_digest is None:
        raise NotFound("This job has no deck." if row.deck is None else "The deck is not stored (yet).")
    kind = _DECKS.get(deck_kind(platform().storage.path(row.deck_digest)) or "", "application/octet-stream")
    return stored(row.deck_digest, row.deck.get("filename") or "deck", kind, download=asked.download)


@recordings.get("/<digest>")
def by_digest(digest: str) -> Response:
    """The same by its content: a study guide, reused by later jobs of the owner, links to this."""
    asked = query(ArtifactQuery, request.args.items(multi=True))
    with platform().db.read() as conn:
        row = reading.recording(conn, owner_id(), digest)
    if row is None:
        raise NotFound("There is no such recording (any more).")
    return _recording(row, asked.download)


def _recording(row: AnyRow, download: bool) -> Response:
    if row.source_digest is None:
        raise NotFound("The recording of this job is not stored (yet).")
    name = row.source.get("filename") or "recording"
    kind = mimetypes.guess_type(name)[0] or ""
    if not kind.startswith(("video/", "audio/", "application/pdf")):
        kind = "application/octet-stream"  # a page that calls itself a recording must not be shown as one
    return stored(row.source_digest, name, kind, download=download)


@blueprint.get("/metrics")
def metrics(job_id: str) -> Response:
    _job(job_id)
    with platform().db.read() as conn:
        rows = reading.metrics(conn, job_id)
    return jsonify(metrics=[presenting.metric(row) for row in rows])
