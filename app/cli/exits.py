"""How the command ends: exit codes that scripts may rely on, and the exception that carries one."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


MEANINGS = {
    Exit.OK: "done",
    Exit.FAILED: "the job failed or was cancelled, or its results are incomplete",
    Exit.USAGE: "the command line is wrong, or a local file or folder cannot be used",
    Exit.NOT_FOUND: "there is no such job or result",
    Exit.REFUSED: "the recording or the request was refused (4xx)",
    Exit.UNREACHABLE: "the server cannot be reached, is too busy or has a fault (5xx)",
    Exit.INTERRUPTED: "interrupted with Ctrl-C; a submitted job goes on",
}


class CommandError(Exception):
    """Ends the command: `message` is shown to the user as it stands."""

    def __init__(self, message: str, code: Exit, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field
