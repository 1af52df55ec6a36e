"""Where a request carries its key: in the Authorization header or, from a browser, in a cookie."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

COOKIE = "lectern_key"


def sent(authorization: str | None, cookies: str | None) -> str | None:
    """The Authorization header, or what it would be with the cookie's key; None when neither is there."""
    if authorization or not cookies or COOKIE not in cookies:
        return authorization
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return None
    return f"Bearer {found.value}" if found is not None and found.value else None


def submits(content_type: str | None, origin: str | None, authorization: str | None) -> bool:
    """Whether a body may be taken as a JSON submission without looking at which page sends it."""
    if origin is not None and authorization is None:
        return False  # the cookie is sent by any page; Flask looks at which
    return (content_type or "").partition(";")[0].strip().lower() == "application/json"
