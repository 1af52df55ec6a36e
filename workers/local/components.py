"""What the local stack consists of, and how each part tells that it is well."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import kombu.exceptions
import psycopg2
import redis
import requests
from celery import Celery
from redis.backoff import NoBackoff
from redis.retry import Retry

from workers.local.checks import libpq_url

ROOT = Path(__file__).resolve().parents[2]
# On a laptop one process a heavy queue; the general worker takes what is left (maintenance, default).
WORKER_PROFILES = ("extraction", "analysis", "generation", "general")


@dataclass(frozen=True)
class Component:
    """A process of ours: `grace_s` is how long it may wind down before it is killed."""

    name: str
    argv: tuple[str, ...]
    grace_s: float = 10.0


def api(port: int) -> Component:
    argv = _python("asgi.py", "--host", "127.0.0.1", "--port", str(port), "--workers", "2")
    return Component("api", argv, grace_s=20.0)  # it lets held streams go after 15 s


def background(flower_port: int, *, autoscale: bool = False) -> list[Component]:
    """Workers, beat, Flower, and what starts more workers. A worker hands its stage back within the grace:
    30 s and a little."""
    parts = [
        Component(f"worker-{profile}", _python("celery_worker.py", "worker", "--profile", profile), 35.0)
        for profile in WORKER_PROFILES
    ]
    parts.append(Component("beat", _python("celery_worker.py", "beat")))
    parts.append(Component("flower", _python("celery_worker.py", "flower", "--port", str(flower_port))))
    if autoscale:
        parts.append(Component("autoscaler", _python("celery_worker.py", "autoscale")))
    return parts


def migration() -> tuple[str, ...]:
    return _python("-m", "flask", "--app", "wsgi", "db", "upgrade")


def answering_workers(env: Mapping[str, str], at_most: int) -> set[int]:
    """Process ids of the workers that answer over the broker; waits a second for `at_most` of them.

    A worker calls itself PROFILE-PID@host, so the pid tells our own from others on the same broker.
    """
    app = Celery(broker=env.get("CELERY_BROKER_URL") or env["REDIS_URL"], set_as_current=False)
    app.conf.broker_transport_options = {"socket_connect_timeout": 2, "socket_timeout": 5}
    try:
        replies = app.control.ping(timeout=1.0, limit=at_most)
    except (OSError, kombu.exceptions.OperationalError, redis.RedisError):
        return set()
    finally:
        app.close()
    names = (host.split("@")[0] for reply in replies for host in reply)
    return {int(pid) for pid in (name.rpartition("-")[2] for name in names) if pid.isdigit()}


def health(name: str, env: Mapping[str, str]) -> str:
    """One word on a running component, "" if it is well. Waits a few seconds at most."""
    try:
        if name == "postgres":
            psycopg2.connect(libpq_url(env["DATABASE_URL"]), connect_timeout=3).close()
        elif name == "redis":
            once = Retry(NoBackoff(), 0)
            with redis.Redis.from_url(
                env["REDIS_URL"], socket_timeout=3, socket_connect_timeout=3, retry=once
            ) as client:
                client.ping()
        elif name == "api":
            return _http(f"{env['LECTERN_URL']}/api/health/ready")
        elif name == "flower":
            return _http(f"{env['LECTERN_FLOWER_URL']}/healthcheck")
    except (psycopg2.OperationalError, redis.RedisError):
        return "no answer"
    return ""


def _http(url: str) -> str:
    try:
        answer = requests.get(url, timeout=5)
    except requests.RequestException:
        return "no answer"
    return "" if answer.ok else f"HTTP {answer.status_code}"


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-u", *arguments)
