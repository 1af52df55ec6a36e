"""The edge as clients see it: a real server process, real sockets."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from servers_http import Server, running, until_heard

pytestmark = pytest.mark.services
HELD = 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # two Flask threads: whatever held one for long would be noticed at once
    folder = tmp_path_factory.mktemp("edge")
    with running(folder, HTTP_TEST_THREADS="2", HTTP_TEST_LIMIT="700000000") as made:
        yield made


def get(path: str) -> str:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"


def sockets_fall_to(server: Server, count: int) -> bool:
    for _ in range(100):
        if server.open_sockets() <= count:
            return True
        time.sleep(0.1)
    print(before := server.open_sockets(), "sockets are still open, wanted", count)
    return before <= count


def test_a_stream_tells_each_change_once_and_ends(server: Server) -> None:
    job_id = server.ping_job()
    sock = server.send(get(f"/api/jobs/{job_id}/events"))
    first = until_heard(sock, b"event: progress")
    assert b"text/event-stream" in first
    assert b"id: 1\nevent: change" in first
    began = time.monotonic()
    server.run()
    rest = until_heard(sock, b"0\r\n\r\n")  # the server ends the body by itself
    assert b"event: end" in rest
    assert time.monotonic() - began < 5  # told, not polled for at the long interval
    story = first + rest
    for version in (1, 2, 3):
        assert story.count(b"id: %d\n" % version) == 1
    sock.close()
    resumed = requests.get(
        f"{server.url}/api/jobs/{job_id}/events", headers={"Last-Event-ID": "2"}, timeout=10
    )
    assert "id: 2\n" not in resumed.text
    assert "id: 3\n" in resumed.text
    last = [int(x[4:]) for x in resumed.text.splitlines() if x.startswith("id: ")][-1]
    done = requests.get(f"{server.url}/api/jobs/{job_id}/events?last_event_id={last}", timeout=10)
    assert done.status_code == 204


def test_a_long_poll_answers_when_the_job_changes(server: Server) -> None:
    job_id = server.ping_job()
    timer = threading.Timer(0.5, server.run)
    timer.start()
    began = time.monotonic()
    answer = requests.get(f"{server.url}/api/jobs/{job_id}?wait=30&version=1", timeout=40)
    assert 0.4 < time.monotonic() - began < 10
    assert answer.json()["version"] > 1
    timer.join()
    ended = requests.get(f"{server.url}/api/jobs/{job_id}?wait=30", timeout=40)
    assert ended.json()["status"] == "succeeded"
    tag = {"If-None-Match": ended.headers["ETag"]}
    assert requests.get(f"{server.url}/api/jobs/{job_id}?wait=5", headers=tag, timeout=10).status_code == 304


def test_held_streams_and_polls_leave_the_server_free(server: Server) -> None:
    job_id = server.ping_job()
    before = server.open_sockets()
    held = [server.send(get(f"/api/jobs/{job_id}/events")) for _ in range(HELD)]
    held += [server.send(get(f"/api/jobs/{job_id}?wait=60&version=1")) for _ in range(HELD)]
    for sock in held[:HELD]:
        until_heard(sock, b"event: progress")
    began = time.monotonic()
    for path in (f"/api/jobs/{job_id}", "/api/jobs", "/api/health/live"):
        assert requests.get(server.url + path, timeout=10).status_code == 200
    assert time.monotonic() - began < 5
    server.run()
    for sock in held[:HELD]:
        until_heard(sock, b"event: end")
    for sock in held[HELD:]:
        until_heard(sock, b'"version":')
    for sock in held:
        sock.close()
    assert sockets_fall_to(server, before + 5)


def test_clients_that_leave_are_forgotten(server: Server) -> None:
    job_id = server.ping_job()
    before = server.open_sockets()
    for path in (f"/api/jobs/{job_id}/events", f"/api/jobs/{job_id}?wait=60&version=1"):
        held = [server.send(get(path)) for _ in range(50)]
        time.sleep(0.5)
        for sock in held:
            sock.close()
    assert sockets_fall_to(server, before + 5)
    server.run()


def test_slow_clients_hold_no_thread(server: Server) -> None:
    """More half-sent uploads and unread downloads than Flask has threads."""
    film = b"f" * 8_000_000
    job = requests.post(f"{server.url}/api/jobs", files={"file": ("l.mp4", film)}, timeout=30).json()
    slow = []
    for _ in range(4):
        head = "POST /api/uploads?filename=x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
        slow.append(server.send(head + "x" * 70_000))
        slow.append(server.send(get(job["links"]["recording"])))
    time.sleep(0.5)
    assert requests.get(f"{server.url}/api/jobs?limit=1", timeout=10).status_code == 200
    for sock in slow:
        sock.close()
    for _ in range(100):
        if not list((server.folder / "files" / "incoming").iterdir()):
            break
        time.sleep(0.1)
    assert not list((server.folder / "files" / "incoming").iterdir())


def test_errors_of_the_edge_are_problems(server: Server) -> None:
    for method, path, status in [
        ("GET", "/api/jobs/nobody", 404),
        ("GET", "/api/jobs/nobody/events", 404),
        ("GET", "/api/jobs/nobody?wait=x", 422),
        ("GET", "/api/jobs/nobody/events?last_event_id=x", 422),
        ("POST", "/api/jobs/nobody/events", 405),
        ("GET", "/api/jobs/n%2Fo", 404),
    ]:
        answer = requests.request(method, server.url + path, timeout=10)
        assert answer.status_code == status, path
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status
    wrong = {"Authorization": "Bearer lk_wrong"}
    for method, path in [("GET", "/api/jobs/x"), ("GET", "/api/jobs/x/events"), ("POST", "/api/uploads")]:
        refused = requests.request(method, server.url + path, headers=wrong, timeout=10)
        assert refused.status_code == 401
        assert "WWW-Authenticate" in refused.headers


def test_head_and_ranges_come_through_the_bridge(server: Server) -> None:
    film = bytes(range(256)) * 4096
    job = requests.post(f"{server.url}/api/jobs", files={"file": ("l.mp4", film)}, timeout=30).json()
    url = server.url + job["links"]["recording"]
    part = requests.get(url, headers={"Range": "bytes=300000-900000"}, timeout=10)
    assert (part.status_code, part.content) == (206, film[300_000:900_001])
    assert requests.get(url, timeout=10).content == film
    head = requests.head(url, timeout=10)
    assert (head.status_code, head.content, int(head.headers["Content-Length"])) == (200, b"", len(film))
    assert requests.head(server.url + job["links"]["self"], timeout=10).status_code == 200


def _blocks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield bytes(1_000_000)


def test_an_upload_above_the_limit_is_refused_early(server: Server) -> None:
    head = "POST /api/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n"
    sock = server.send(head)
    assert b" 413 " in until_heard(sock, b"too_large")  # before a single byte was sent
    sock.close()
    chunked = "POST /api/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    sock = server.send(chunked + "Transfer-Encoding: chunked\r\n\r\n200000\r\n" + "x" * 0x200000 + "\r\n")
    assert b" 413 " in until_heard(sock, b"too_large")  # before the end was seen
    sock.close()


def test_a_large_upload_does_not_grow_the_server(server: Server) -> None:
    requests.post(f"{server.url}/api/uploads", data=_blocks(2), timeout=30).raise_for_status()
    before, _ = server.memory_mb()
    answer = requests.post(f"{server.url}/api/uploads?filename=big.mp4", data=_blocks(300), timeout=120)
    assert answer.json()["size"] == 300_000_000
    _, peak = server.memory_mb()
    assert peak - before < 60, f"grew from {before:.0f} to {peak:.0f} MB"


def test_with_keys_nothing_is_received_from_strangers(tmp_path: Path) -> None:
    with running(tmp_path, HTTP_TEST_AUTH="keys") as server:
        sock = server.send("POST /api/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
        assert b" 401 " in until_heard(sock, b"unauthenticated")
        sock.close()
        assert requests.get(server.url + "/", timeout=10).status_code == 200
        assert requests.get(server.url + "/api/jobs/x", timeout=10).status_code == 401


def test_held_streams_do_not_hold_up_a_stop(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        job_id = server.ping_job()
        stream = server.send(get(f"/api/jobs/{job_id}/events"))
        until_heard(stream, b"event: progress")
        poll = server.send(get(f"/api/jobs/{job_id}?wait=60"))
        time.sleep(0.3)
        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        until_heard(stream, b"0\r\n\r\n")  # ended in order, without an `end`: the client comes back
        until_heard(poll, b'"version":')
        while Path(f"/proc/{server.pid}/stat").exists() and time.monotonic() - began < 20:
            time.sleep(0.1)
        assert time.monotonic() - began < 8
        stream.close()
        poll.close()


@pytest.mark.parametrize("body", ["zz\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\nzz\r\n"])
def test_malformed_chunks_are_told_of(server: Server, body: str) -> None:
    head = "POST /api/uploads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    sock = server.send(head + body)
    told = until_heard(sock, b"malformed_request")
    assert told.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in told
    sock.close()


def test_uploads_that_break_off_are_no_fault(server: Server) -> None:
    for _ in range(5):
        server.send("POST /api/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc").close()
    assert requests.get(server.url + "/api/health/live", timeout=10).status_code == 200
    time.sleep(0.3)
    log = (server.folder / "server.log").read_text()
    assert "Traceback" not in log
    assert "unforeseen" not in log
