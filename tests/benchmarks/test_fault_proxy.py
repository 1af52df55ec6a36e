"""The proxy does what networks do, and nothing while it is not asked to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from benchmarks.faults.proxy import Proxy


@pytest.fixture
def echo() -> Iterator[int]:
    """Port of a server that gives back what it gets."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection, suppress(ConnectionError):  # the proxy cuts connections off, as networks do
            while block := connection.recv(1000):
                connection.sendall(block)

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    made = Proxy([echo])
    yield made
    made.close()


def ask(connection: socket.socket, said: bytes, timeout_s: float = 10.0) -> bytes:
    connection.settimeout(timeout_s)
    connection.sendall(said)
    return connection.recv(1000)


def test_it_passes_on_what_comes(proxy: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as connection:
        assert ask(connection, b"one") == b"one"
        assert ask(connection, b"two") == b"two"


def test_a_black_hole_refuses_nothing_and_answers_nothing_until_it_is_over(proxy: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as connection:
        assert ask(connection, b"before") == b"before"
        proxy.hole = True
        with pytest.raises(TimeoutError):
            ask(connection, b"meanwhile", 0.5)
        with socket.create_connection(("127.0.0.1", proxy.port)) as other, pytest.raises(TimeoutError):
            ask(other, b"new", 0.5)
        proxy.hole = False
        connection.settimeout(10)
        assert connection.recv(1000) == b"meanwhile"


def test_the_answer_to_a_commit_is_lost_but_not_the_commit(proxy: Proxy) -> None:
    proxy.lose_commit_every = 2
    commit = b"Q\x00\x00\x00\x0bCOMMIT\x00"
    with socket.create_connection(("127.0.0.1", proxy.port)) as connection:
        assert ask(connection, commit) == commit
        with suppress(ConnectionResetError):  # the same, seen earlier
            assert ask(connection, commit) == b"", "cut off"
    assert proxy.lost_commits == 1


def test_a_target_that_was_taken_out_gets_no_new_connection(echo: int, proxy: Proxy) -> None:
    proxy.targets = [1]  # nobody listens there
    with socket.create_connection(("127.0.0.1", proxy.port)) as connection, suppress(ConnectionError):
        assert ask(connection, b"x") == b""
    proxy.targets = [echo]
    with socket.create_connection(("127.0.0.1", proxy.port)) as connection:
        assert ask(connection, b"x") == b"x"
