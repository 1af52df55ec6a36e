"""Headers of every answer that keep a browser from doing more with it than was meant."""

from __future__ import annotations

from flask import Flask, Response

HEADERS = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("cross-origin-opener-policy", "same-origin"),
)
# What is no page and names no policy of its own must not become one, whatever its bytes say.
NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
_YEAR_S = 365 * 24 * 3600


def install(app: Flask, *, public_url: str) -> None:
    """`public_url` with https: browsers are told to come that way only, for a year."""
    secure = public_url.startswith("https://")

    def harden(response: Response) -> Response:
        for name, value in HEADERS:
            response.headers.setdefault(name, value)
        if response.mimetype in ("application/json", "application/problem+json"):
            response.headers.setdefault("Content-Security-Policy", NO_PAGE)
            response.headers.setdefault("Cache-Control", "private, no-cache")
        if secure:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_S}")
        return response

    app.after_request(harden)
