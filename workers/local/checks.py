"""What is looked at before anything is started: the settings, and the servers that the user names."""

from __future__ import annotations

import re
from collections.abc import Mapping

import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.settings import Settings, load
from workers.local.binaries import ServerError

CONNECT_TIMEOUT_S = 5  # libpq's covers a server that accepts and then stays silent, too
_TRACEBACK = "Traceback (most recent call last):"
# Valid in form only: they stand for servers of our own, whose URLs are not known before they run.
_OURS = {"DATABASE_URL": "postgresql://ours@127.0.0.1/lectern", "REDIS_URL": "redis://127.0.0.1/0"}


def settings_for(environ: Mapping[str, str]) -> Settings:
    """The settings that the stack's processes would find; raises BadConfiguration with what is wrong."""
    given = {name: value for name, value in environ.items() if value}
    return load(_OURS | given)


def reachable(environ: Mapping[str, str]) -> None:
    """Ask the servers that `environ` names; raises ServerError, in one sentence, within some seconds."""
    database, cache = environ.get("DATABASE_URL", ""), environ.get("REDIS_URL", "")
    try:
        if database.startswith("postgres"):
            psycopg2.connect(libpq_url(database), connect_timeout=CONNECT_TIMEOUT_S).close()
    except psycopg2.Error as error:
        raise ServerError(f"The database of DATABASE_URL cannot be reached: {_sentence(error)}") from error
    try:
        if cache.startswith(("redis://", "rediss://", "unix://")):
            _ping(cache)
    except (redis.RedisError, ValueError) as error:
        raise ServerError(f"The Redis of REDIS_URL cannot be reached: {_sentence(error)}") from error


def libpq_url(url: str) -> str:
    """The URL without SQLAlchemy's name of a driver (`postgresql+psycopg2://`), which libpq does not know."""
    return re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", url)


def last_words(stderr: str, lines: int = 8) -> str:
    """The end of what a program said; of a Python traceback only the error itself."""
    before, found, trace = stderr.rpartition(_TRACEBACK)
    if found:
        rows = trace.splitlines()[1:]
        first = next((i for i, row in enumerate(rows) if row and not row[0].isspace()), len(rows))
        rows = rows[first:]
    else:
        rows = stderr.splitlines()
    rows = [row for row in rows if row.strip() and not row.startswith("(Background on this error")]
    return "\n".join(rows[-lines:]) or before.strip()[-500:] or "it said nothing"


def _ping(url: str) -> None:
    once = Retry(NoBackoff(), 0)
    wait_s = CONNECT_TIMEOUT_S
    with redis.Redis.from_url(
        url, socket_timeout=wait_s, socket_connect_timeout=wait_s, retry=once
    ) as client:
        client.ping()


def _sentence(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".") + "."
