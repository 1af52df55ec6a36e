"""Addresses that a request names: refused at once when they surely lead where they must not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from app.errors import BadInput, Unavailable
from app.http.context import platform
from app.outbound import check_public

_lookups = ThreadPoolExecutor(4, thread_name_prefix="dns")
_LOOKUP_S = 3.0


def refuse_private(url: str, *, field: str = "url") -> None:
    """Raises BadInput or ForbiddenAddress naming the field. A name server that is away or slow must not hold
    Flask's threads, and whoever connects looks up and checks again."""
    looking = _lookups.submit(check_public, url, allow_private=platform().settings.allow_private_urls)
    try:
        looking.result(timeout=_LOOKUP_S)
    except (Unavailable, TimeoutError):
        looking.cancel()
    except BadInput as error:
        error.field = field
        raise
