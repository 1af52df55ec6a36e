"""Where the API may listen, without keys on this machine only; and who of its processes gets a connection."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from servers_http import Server, children, running, until_heard

import asgi


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "lectern.example"])
def test_without_keys_nobody_else_is_listened_to(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "USE_CELERY": "false", "LECTERN_STATE": str(tmp_path), "API_AUTH": "local",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert asgi.main(["--host", host, "--port", "1"]) == 2
    assert "API_AUTH=local" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_is(host: str) -> None:
    assert asgi._only_this_machine(host)


def _asked(server: Server, stack: ExitStack, many: int) -> list[socket.socket]:
    """Connections that each have asked for something."""
    ask = "GET /api/health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    return [stack.enter_context(server.send(ask, timeout_s=60)) for _ in range(many)]


def _listening(port: int) -> int:
    """Sockets that listen there."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(fields[1].endswith(f":{port:04X}") and fields[3] == "0A" for fields in lines)


def test_connections_spread_evenly_and_wait_for_a_process_that_died(tmp_path: Path) -> None:
    with running(tmp_path, workers=2) as server, ExitStack() as stack:
        main = int(Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[1])

        deadline = time.monotonic() + 60
        while _listening(server.port) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        found = [Server(server.port, pid, tmp_path) for pid in children(main)]
        both = [one for one in found if one.open_sockets() >= 16]
        before = [one.open_sockets() for one in both]
        for connection in _asked(server, stack, 200):
            until_heard(connection, b"200 OK")
        taken = [one.open_sockets() - held for one, held in zip(both, before, strict=True)]
        assert sum(taken) == 200
        assert min(taken) >= 60  # by chance: once in a hundred million times

        os.kill(both[0].pid, signal.SIGKILL)
        for connection in _asked(server, stack, 40):
            until_heard(connection, b"200 OK")
