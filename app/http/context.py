"""What a view needs of its surroundings: the platform and whose request it is."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from app.accounts import rates
from app.accounts.gate import Gate
from app.accounts.keys import Caller, Keyring
from app.errors import NotFound, Unauthenticated
from app.http import credentials, limiting
from app.http.bridge import COUNTED
from app.http.parsing import keepable
from app.jobs.platform import Platform

# Answered without a key in every mode: who watches or discovers a server has none yet.
PUBLIC = frozenset(
    {"health.health", "health.live", "health.ready", "health.short"}
    | {"pages.home", "pages.docs", "pages.openapi", "static"}
    | {"session.sign_in", "session.sign_out"}  # the key is in the body, or is to be forgotten
)


def install(app: Flask, platform: Platform) -> None:
    app.extensions["lectern"] = platform
    app.extensions["lectern.keyring"] = Keyring(platform.db, platform.settings.api_auth)
    app.extensions["lectern.gate"] = Gate(platform.cache)
    app.before_request(_identify)
    app.after_request(_tell_standing)


def keyring(app: Flask) -> Keyring:
    return cast(Keyring, app.extensions["lectern.keyring"])


def gate(app: Flask) -> Gate:
    return cast(Gate, app.extensions["lectern.gate"])


def _identify() -> None:
    if not keepable(request.path):
        raise NotFound("There is nothing at this address.")
    if request.endpoint is None:
        return  # unknown paths get their 404 without a key: there is nothing to protect
    _refuse_other_sites()
    if request.endpoint in PUBLIC:
        _count(_share_of_address())
        return
    try:
        g.caller = _authenticated()
    except Unauthenticated:
        _count(_share_of_address())
        raise
    _count(limiting.share_of(g.caller))
    g.caller.require(_scope_of(request.endpoint, request.method))


def _authenticated() -> Caller:
    header = credentials.sent(request.headers.get("Authorization"), request.headers.get("Cookie"))
    return keyring(current_app).authenticate(header)


def known() -> bool:
    """Whether the request, of a public endpoint, comes with a key that works, or needs none."""
    try:
        _authenticated()
    except Unauthenticated:
        return False
    return True


def _count(share: limiting.Share | None) -> None:
    """Behind the edge this is done when a request comes here; a plain WSGI server does it here."""
    if share is None or COUNTED in request.environ or not limiting.counted(request.path):
        return
    g.standing = gate(current_app).pass_through(*share)
    limiting.refuse_if_over(g.standing)


def _share_of_address() -> limiting.Share:
    forwarded = request.headers.get("X-Forwarded-For")
    return limiting.share_of_address(
        request.remote_addr or "", forwarded, platform().settings.trusted_proxies
    )


def _tell_standing(response: Response) -> Response:
    if standing := g.get("standing"):
        response.headers.extend([(k.decode(), v.decode()) for k, v in rates.headers(standing)])
    return response


def _scope_of(endpoint: str, method: str) -> str:
    if endpoint.startswith(("users.", "queues.", "workers.")):
        return "admin"
    return "read" if method in ("GET", "HEAD", "OPTIONS") else "write"


def _refuse_other_sites() -> None:
    """A browser sends the cookie by itself, and without keys there is nothing that a stranger's page lacks:
    so writes without an Authorization header are told by their Origin."""
    origin = request.headers.get("Origin")
    if origin is None or request.method in ("GET", "HEAD", "OPTIONS") or "Authorization" in request.headers:
        return
    ours = {request.host, urlsplit(platform().settings.public_url).netloc}
    if urlsplit(origin).netloc not in ours or origin == "null":
        raise Unauthenticated("A page of another site must send a key.")


def platform() -> Platform:
    return cast(Platform, current_app.extensions["lectern"])


def caller() -> Caller:
    return cast(Caller, g.caller)


def owner_id() -> str:
    return caller().owner_id
