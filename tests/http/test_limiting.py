"""Whose address a request counts for: never what a client says of itself."""

from __future__ import annotations

import pytest

from app.http import limiting


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        (None, 0, "198.51.100.1"),
        ("203.0.113.9", 0, "198.51.100.1"),  # nobody in front of us: the header is the client's own word
        ("203.0.113.9", 1, "203.0.113.9"),
        ("1.2.3.4, 203.0.113.9", 1, "203.0.113.9"),  # the client's own word, then our proxy's
        ("1.2.3.4, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "203.0.113.9"),
        (" , ", 1, "198.51.100.1"),
    ],
)
def test_address(forwarded: str | None, proxies: int, expected: str) -> None:
    assert limiting.address("198.51.100.1", forwarded, proxies) == expected


def test_a_whole_ipv6_network_is_one_client() -> None:
    shares = {
        limiting.share_of_address(a, None, 0)[0] for a in ("2001:db8::1", "2001:db8::2:3", "[2001:db8::4]")
    }
    assert len(shares) == 1
    assert limiting.share_of_address("2001:db8:0:1::1", None, 0)[0] not in shares
    assert limiting.share_of_address("x" * 500, None, 0)[0] == "address:" + "x" * 60


def test_what_monitors_need_is_not_counted() -> None:
    free = ("/", "/health", "/api/health", "/api/health/live", "/api/docs", "/static/app.css", "/favicon.ico")
    assert not any(limiting.counted(path) for path in free)
    assert all(limiting.counted(path) for path in ("/api/jobs", "/api/session", "/nothing", "/api/users"))
