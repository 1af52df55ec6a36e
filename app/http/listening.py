"""Processes that each listen on a socket of their own; the kernel spreads connections evenly over them.

From one socket that all share, whoever wakes first takes most: of a thousand clients that came at once one of
two processes had up to 660, and theirs waited twice as long as the others' (docs/decisions/0024).
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Sequence

from uvicorn.config import Config
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

# Connections that a process takes in one turn of its loop. uvloop takes one for each listening socket: of a
# thousand clients that come at once, a third still waited after two seconds.
_ACCEPTED = 16


def bound(host: str, port: int, workers: int) -> list[socket.socket]:
    """A socket for each process; one for all where the kernel would not spread connections."""
    made = []
    for _ in range(workers if sys.platform == "linux" else 1):
        own = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        own.bind((host, port))
        made.append(own)
    return made


class Workers(Multiprocess):
    """Keeps the sockets open: whoever comes while a process is replaced waits for the new one."""

    def __init__(self, config: Config, own: Sequence[socket.socket]) -> None:
        self._own = [[s, *(s.dup() for _ in range(_ACCEPTED - 1))] for s in own]
        super().__init__(config, self._own[0])

    def init_processes(self) -> None:
        for place in range(self.processes_num):
            process = Process(self.config, self._of(place))
            process.start()
            self.processes.append(process)

    def restart_all(self) -> None:
        for place in range(len(self.processes)):
            self._at(place, super().restart_all)

    def keep_subprocess_alive(self) -> None:
        for place in range(len(self.processes)):
            self._at(place, super().keep_subprocess_alive)

    def _at(self, place: int, act: Callable[[], None]) -> None:
        """uvicorn goes through `processes`, and gives each that it starts `sockets`."""
        everybody = self.processes
        self.processes, self.sockets = [everybody[place]], self._of(place)
        try:
            act()
        finally:
            (everybody[place],) = self.processes
            self.processes = everybody

    def _of(self, place: int) -> list[socket.socket]:
        return self._own[place % len(self._own)]

    def handle_ttin(self) -> None:
        """There are as many processes as sockets."""

    handle_ttou = handle_ttin
