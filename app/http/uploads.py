"""Uploads: a recording sent ahead of its job."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.errors import BadInput
from app.http.context import platform
from app.http.parsing import checked, json_body, query
from app.http.receiving import KeptUpload, files_of_form, kept_upload, known_upload, received_body
from app.http.schemas import KnownUpload, UploadQuery

blueprint = Blueprint("uploads", __name__, url_prefix="/api/uploads")


@blueprint.post("")
def create() -> tuple[Response, int]:
    asked = query(UploadQuery, request.args.items(multi=True))
    if request.mimetype == "multipart/form-data":
        received = files_of_form("file")[0]
        if received is None:
            raise BadInput("The form has no file.", field="file")
        for name in request.form:
            raise BadInput("There is no such field.", field=name)
    else:
        received = received_body(None)
    return _told(kept_upload(received, asked.filename or received.filename))


@blueprint.post("/known")
def known() -> tuple[Response, int]:
    """Instead of sending what is here already."""
    asked = checked(KnownUpload, json_body(request))
    return _told(known_upload(asked.sha256, asked.filename))


def _told(upload: KeptUpload) -> tuple[Response, int]:
    hours = platform().settings.upload_ttl_hours
    answer = jsonify(
        upload_id=upload.upload_id,
        filename=upload.filename,
        size=upload.size,
        expires_in_s=int(hours * 3600),
    )
    return answer, 201
