"""Signing in from a browser, which sends no header of its own for pictures, files and links.

The key itself is the cookie: scripts cannot read it, it ends with the browser, and a key that is revoked or
expires opens nothing any more, wherever it was sent from. Lax, not Strict: a study guide on somebody's disk
links to the recording. Other sites' writes are told by their Origin (docs/decisions/0009).
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from app.http import parsing
from app.http.context import keyring
from app.http.credentials import COOKIE
from app.http.schemas_accounts import SignIn

blueprint = Blueprint("session", __name__, url_prefix="/api/session")


@blueprint.post("")
def sign_in() -> Response:
    asked = parsing.checked(SignIn, parsing.json_body(request))
    holder = keyring(current_app).authenticate(f"Bearer {asked.key}")
    answer = jsonify(id=holder.owner_id, scopes=sorted(holder.scopes))
    answer.headers["Cache-Control"] = "no-store"
    answer.set_cookie(COOKIE, asked.key, path="/", secure=_https(), httponly=True, samesite="Lax")
    return answer


@blueprint.delete("")
def sign_out() -> Response:
    answer = Response(status=204)
    answer.delete_cookie(COOKIE, path="/", secure=_https(), httponly=True, samesite="Lax")
    return answer


def _https() -> bool:
    """Whether the browser speaks HTTPS, to us or to a proxy that says so."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto") == "https"
