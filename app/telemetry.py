"""Event names and log context. Emitted once here, formatted by whoever configures logging."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

_LOGGER = "lectern"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _context(record: logging.LogRecord) -> dict[str, Any]:
    """What `emit` was given; libraries attach whole messages to their records, which are left out."""
    if record.name != _LOGGER:
        return {}
    return {k: v for k, v in vars(record).items() if k not in _STANDARD}


class JsonLines(logging.Formatter):
    """One JSON object a line: what log collectors read without configuration."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        entry.update(_context(record))
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """`time level event key=value …` for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        extras = " ".join(f"{k}={v}" for k, v in _context(record).items())
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        line = f"{clock} {record.levelname.lower():7} {record.getMessage()} {extras}".rstrip()
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def configure(level: str = "INFO", *, as_json: bool = False) -> None:
    """Send the process's log to standard error in one format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def emit(event: str, *, level: int = logging.INFO, **context: Any) -> None:
    """Record that something happened; `context` becomes fields of the entry."""
    logging.getLogger(_LOGGER).log(level, event, extra=context)


def problem(event: str, **context: Any) -> None:
    """Record something that an operator should look at, with the current exception if there is one."""
    logging.getLogger(_LOGGER).warning(event, extra=context, exc_info=sys.exc_info()[0] is not None)
