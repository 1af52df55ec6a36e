"""Stored contents as responses: ranges, validators and headers that keep a stranger's bytes harmless."""

from __future__ import annotations

import re

from flask import Response, request, send_file

from app.http.context import platform

# A generated page may show our pictures, for which it needs our origin (browsers send a cookie to no other),
# and cannot call out. Which script it may run it says itself, by digest.
_PAGE_POLICY = (
    "sandbox allow-scripts allow-same-origin allow-popups allow-downloads; default-src 'none'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; "
    "font-src data:; base-uri 'none'; form-action 'none'"
)
_FILE_POLICY = "sandbox; default-src 'none'; media-src 'self'; style-src 'unsafe-inline'"
_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]+-[0-9]*|-[0-9]+)\s*", re.IGNORECASE)
_INLINE = (
    "image/",
    "video/",
    "audio/",
    "text/",
    "application/json",
    "application/pdf",
    "application/x-subrip",
)


def stored(digest: str, name: str, media_type: str, *, download: bool = False) -> Response:
    """The content with this digest, whole or in part. Raises NotFound when it is not stored any more."""
    path = platform().storage.path(digest)
    if not _ONE_RANGE.fullmatch(request.headers.get("Range", "")):
        request.environ.pop("HTTP_RANGE", None)  # another unit, or several: the whole is always allowed
    shown = media_type.startswith(_INLINE) and not download
    response = send_file(
        path,
        mimetype=media_type,
        as_attachment=not shown,
        download_name=name,
        conditional=True,
        etag=digest,
    )
    if ";" in media_type:
        response.headers["Content-Type"] = media_type  # it names its charset; Flask would add another
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-cache"  # the ETag makes asking again cheap
    page = media_type.partition(";")[0].strip() == "text/html"
    if not media_type.startswith("application/pdf"):  # browsers refuse to show a PDF in a sandbox
        response.headers["Content-Security-Policy"] = _PAGE_POLICY if page else _FILE_POLICY
    return response
