"""Every error leaves as application/problem+json (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from app.errors import BadInput, LecternError, TooManyRequests, Unavailable
from app.telemetry import problem as log_problem

MEDIA_TYPE = "application/problem+json"
UNFORESEEN = "Something went wrong on our side; it has been noted."


class InvalidRequest(BadInput):
    """One or more fields are wrong; `errors` names each."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(errors[0]["detail"], field=errors[0]["field"] or None)
        self.errors = errors


class HeadTooLarge(LecternError):
    code = "head_too_large"
    status = 431


def body(error: LecternError) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": f"urn:lectern:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.message,
    }
    if error.field:
        found["field"] = error.field
        found["errors"] = [{"field": error.field, "detail": error.message}]
    if each := getattr(error, "errors", None):  # several fields, each with its sentence
        found["errors"] = each
    return found


def headers(error: LecternError) -> dict[str, str]:
    found = {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"}
    if isinstance(error, (Unavailable, TooManyRequests)):
        found["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:
        found["WWW-Authenticate"] = 'Bearer realm="lectern"'
    return found


def encode(error: LecternError) -> bytes:
    return json.dumps(body(error), ensure_ascii=False).encode(errors="backslashreplace")


def _ours(error: LecternError) -> Response:
    return Response(encode(error), error.status, headers(error))


_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The request is larger than this server takes.",
    415: "This address does not take that content type.",
    416: "The file does not have the bytes that were asked for.",
}


def _http(error: HTTPException) -> Response:
    """What Flask itself refuses: unknown paths, methods, oversized bodies."""
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]  # redirects are no errors
    code = HTTPStatus(error.code).name.lower()
    document = {
        "type": f"urn:lectern:problem:{code}",
        "title": error.name,
        "status": error.code,
        "code": code,
        "detail": _DETAILS.get(error.code) or error.description,
    }
    kept = {k: v for k, v in error.get_headers(request.environ) if k in ("Allow", "Content-Range")}
    return Response(json.dumps(document, ensure_ascii=False), error.code, kept, mimetype=MEDIA_TYPE)


def _unforeseen(error: Exception) -> Response:
    log_problem("http.unforeseen", path=request.path, method=request.method)
    return _ours(LecternError(UNFORESEEN))


def register(app: Flask) -> None:
    app.register_error_handler(LecternError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)
