"""The server's side of a connection: what is answered there, what goes on, and what is refused."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers_http import make_platform, run_all
from servers_http import Server, running, until_heard
from ways_http import connected

from app import create_app
from app.http import lane as lanes
from app.http import quick
from app.http.edge import Edge
from app.jobs import status
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit_many


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = make_platform(tmp_path)
    yield made
    made.db.close()


def ended_jobs(platform: Platform, count: int) -> list[str]:
    """Cached, as after a first look."""
    jobs = [done.job_id for done in submit_many(platform, [NewJob("local", "ping")] * count)]
    run_all(platform)
    for job_id in jobs:
        status.answer(platform, "local", job_id)
    return jobs


def get(job_id: str, more: str = "") -> bytes:
    return f"GET /api/jobs/{job_id} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()


def asked(platform: Platform, *parts: bytes, enough: Callable[[bytes], bool]) -> bytes:
    """What is answered to these pieces on one connection."""

    async def talk() -> bytes:
        edge = Edge(create_app(platform), platform)
        lane, wire = connected(edge)
        for part in parts:
            lane.data_received(part)
        await until(lambda: enough(wire.written))
        lane.connection_lost(None)
        await edge._close()
        return wire.written

    return asyncio.run(talk())


async def until(met: Callable[[], bool]) -> None:
    for _ in range(4000):
        if met():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to pass")


def answers(count: int) -> Callable[[bytes], bool]:
    return lambda said: said.count(b'"status":"succeeded"') >= count


def test_answers_come_in_the_order_of_the_questions(platform: Platform) -> None:
    jobs = ended_jobs(platform, 4)
    first, second, third, fourth = (get(job_id) for job_id in jobs)
    parts = (first, second + third[:30], third[30:], fourth)  # at once, and not each in one piece
    said = asked(platform, *parts, enough=answers(4))
    places = [said.index(f'"id":"{job_id}"'.encode()) for job_id in jobs]
    assert places == sorted(places)
    assert said.count(b"HTTP/1.1 200 OK\r\n") == 4


@pytest.mark.parametrize(
    "more",
    ["Connection: close\r\n", "Content-Length: 0\r\n", "X-Odd : 1\r\n", "Cookie: " + "c" * 9000 + "\r\n"],
)
def test_what_is_not_plain_goes_on(platform: Platform, more: str) -> None:
    (job_id,) = ended_jobs(platform, 1)
    said = asked(platform, get(job_id, more), enough=lambda said: b"}" in said)
    assert said.startswith(b"HTTP/1.1 400 " if "Odd" in more else b"HTTP/1.1 200 ")


def test_a_body_after_a_head_that_looks_plain_is_a_body(platform: Platform) -> None:
    """What a proxy takes for a body must not be taken for a request."""
    (job_id,) = ended_jobs(platform, 1)
    inner = get("job_" + "0" * 32)
    said = asked(platform, get(job_id, f"Content-Length: {len(inner)}\r\n"), inner, enough=answers(1))
    assert said.count(b"HTTP/1.1 ") == 1


def test_heads_are_bounded(platform: Platform) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: "
    said = asked(platform, head, *[b"x" * 10_000] * 8, enough=lambda said: b"head_too_large" in said)
    assert said.startswith(b"HTTP/1.1 431 ")
    said = asked(platform, b"\x16\x03\x01 hello\r\n\r\n", enough=lambda said: b"malformed_request" in said)
    assert said.startswith(b"HTTP/1.1 400 ")


def test_what_is_kept_of_requests_and_jobs_is_bounded(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert quick._KNOWN == 4_000
    monkeypatch.setattr(quick, "_KNOWN", 3)
    monkeypatch.setattr(lanes, "_HEADS", 2)
    jobs = ended_jobs(platform, 8)

    async def talk() -> None:
        edge = Edge(create_app(platform), platform)
        for number, job_id in enumerate(jobs):
            assert await edge.quick.find("local", job_id) is not None
            assert len(edge.quick._seen) <= 3
            lane, wire = connected(edge)
            lane.data_received(get(job_id, f"X-Number: {number}\r\n"))
            assert len(lanes.Lane._meanings) <= 2
            await until(lambda wire=wire: bool(wire.written))  # type: ignore[misc]
            lane.connection_lost(None)
        found = [await edge.quick.find("local", job_id) for job_id in jobs]  # those forgotten, too
        for job_id, told in zip(jobs, found, strict=True):
            assert told is not None
            assert job_id.encode() in told[1]
        await edge._close()

    asyncio.run(talk())


def test_the_silent_are_hung_up_on(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "_LOOK_S", 0.05)

    async def talk() -> None:
        edge = Edge(create_app(platform), platform)
        _, silent = connected(edge)
        dribbling, heard = connected(edge)
        for letter in (b"G", b"E", b"T"):
            dribbling.data_received(letter)
            await asyncio.sleep(0.02)
        await until(lambda: silent.is_closing() and heard.is_closing())
        await edge._close()

    asyncio.run(talk())


@pytest.mark.services
def test_on_real_sockets_a_broken_request_takes_nobody_along(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        job_id = server.ping_job()
        server.run()
        for _ in range(3):
            _told(server, get(job_id))
        broken = server.send(f"GET /api/jobs/{job_id} HTTP/1.1\r\nHost")
        gone = server.send(get(job_id).decode())
        gone.close()
        _told(server, get(job_id))
        broken.close()


def _told(server: Server, request: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        sock.sendall(request)
        until_heard(sock, b'"status":"succeeded"')
