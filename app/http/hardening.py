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
_HTTPS_ONLY = ("strict-transport-security", f"max-age={365 * 24 * 3600}")


def of_site(public_url: str) -> tuple[tuple[str, str], ...]:
    """`public_url` with https: browsers are told to come that way only, for a year."""
    return (_HTTPS_ONLY,) if public_url.startswith("https://") else ()


def install(app: Flask, *, public_url: str) -> None:
    headers = (*HEADERS, *of_site(public_url))

    def harden(response: Response) -> Response:
        for name, value in headers:
            response.headers.setdefault(name, value)
        if response.mimetype in ("application/json", "application/problem+json"):
            response.headers.setdefault("Content-Security-Policy", NO_PAGE)
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    app.after_request(harden)
