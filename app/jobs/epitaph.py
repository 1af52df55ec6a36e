"""What is written down of a stage that failed: for its owner a sentence, for who runs Lectern the rest."""

from __future__ import annotations

import hashlib
import re

from app.jobs.model import Json

PRIVATE = frozenset({"traceback", "log"})  # may name paths and internals: only dead letters show it
_TRACEBACK, _LOG_LINES, _LOG = 4000, 20, 4000  # characters, lines, characters that are kept
_VARIES = re.compile(r"0x[0-9a-f]+|\d+|(?<=File \").*/(?=[^/]*\")")


def epitaph(code: str, message: str, stage: str, trace: str = "", log: str = "") -> Json:
    """The error as it is kept with a stage. `digest` is the same for failures of the same kind."""
    mark = digest(code, stage, trace or log.strip() or message)
    error = {"code": code, "message": message, "stage": stage, "digest": mark}
    if trace:
        error["traceback"] = trace[-_TRACEBACK:]
    if log.strip():
        error["log"] = "\n".join(log.splitlines()[-_LOG_LINES:])[-_LOG:]
    return error


def digest(code: str, stage: str, trace: str) -> str:
    """Twelve hex digits that tell kinds of failure apart: folders, numbers and addresses do not count."""
    return hashlib.sha256(f"{code}\n{stage}\n{_VARIES.sub('', trace)}".encode()).hexdigest()[:12]


def public(error: Json | None) -> Json | None:
    """The error as the job's owner sees it."""
    return error and {name: value for name, value in error.items() if name not in PRIVATE}
