"""The page at `/`, the API's description and a readable view of it."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, render_template

from app.http import openapi as description
from app.http.context import platform

blueprint = Blueprint("pages", __name__)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def _page(template: str) -> Response:
    keys = platform().settings.api_auth == "keys"
    response = Response(render_template(template, needs_key=keys), mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@blueprint.get("/")
def home() -> Response:
    return _page("home.html")


@blueprint.get("/api/docs")
def docs() -> Response:
    return _page("docs.html")


@blueprint.get("/api/openapi.json")
def openapi() -> Response:
    return jsonify(description.build(current_app.extensions["lectern"]))
