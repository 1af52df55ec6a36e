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
