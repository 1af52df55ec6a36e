"""Whose share of requests a request is taken from. Who has no key that is known shares with their address."""

from __future__ import annotations

import ipaddress

from app.accounts.keys import Caller
from app.accounts.rates import Standing
from app.errors import TooManyRequests
from app.jobs.limits import TIERS

WITHOUT_KEY = 100  # requests a minute from one address
# What monitors and first visits need; cheap to answer. Of a route that is not here, requests are counted.
_FREE = frozenset({"/", "/health", "/favicon.ico", "/metrics", "/api/docs", "/api/openapi.json"})
_FREE_BELOW = ("/static/", "/api/health")

Share = tuple[str, int]  # (client, requests a minute)


def counted(path: str) -> bool:
    return path not in _FREE and not path.startswith(_FREE_BELOW)


def share_of(caller: Caller) -> Share | None:
    """None: no limit."""
    limit = TIERS[caller.tier].requests_per_minute
    return None if limit is None else (f"owner:{caller.owner_id}", limit)


def share_of_address(peer: str, forwarded: str | None, proxies: int) -> Share:
    return f"address:{_network(address(peer, forwarded, proxies))}", WITHOUT_KEY


def address(peer: str, forwarded: str | None, proxies: int) -> str:
    """The client's address: what the outermost of our `proxies` says in X-Forwarded-For.

    Further to the left stands only what clients say of themselves, and without proxies all of it.
    """
    said = [part.strip() for part in (forwarded or "").split(",") if part.strip()]
    if not proxies or not said:
        return peer
    return said[-min(proxies, len(said))]


def _network(text: str) -> str:
    """An IPv6 user commands a whole /64, so that is what counts as one."""
    try:
        found = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return text[:60]
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def refuse_if_over(standing: Standing | None) -> None:
    if standing is not None and not standing.allowed:
        raise TooManyRequests(
            f"More than {standing.limit} requests in a minute: wait {standing.reset_s} s.",
            retry_after_s=standing.reset_s,
        )
