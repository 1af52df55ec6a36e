"""The local stack as one thing: bring it up, take it down, look at it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from workers.local import checks, components, growth, processes, servers
from workers.local.binaries import ServerError
from workers.local.components import ROOT

API_PORT, FLOWER_PORT = 5000, 5555
READY_TIMEOUT_S = 90.0  # a cold start on a slow disk reads a gigabyte of libraries
SERVER_URLS = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
Say = Callable[[str], None]
# Settings that a running stack does not take on.
_KEPT = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "STORAGE_PATH", "PUBLIC_URL", "FLOWER_BASIC_AUTH")


@dataclass(frozen=True)
class Line:
    """One line of `status`; `trouble` is "" when all is well."""

    name: str
    pid: int | None
    uptime_s: float | None
    trouble: str


class Stack:
    """The stack whose state lies in `state`; `environ` is the environment of the command that was typed."""

    def __init__(self, state: Path, environ: Mapping[str, str]) -> None:
        self.state = state.resolve()
        self._environ = environ

    def up(self, say: Say, *, port: int | None = None) -> None:
        """Start what does not run yet, and return when the API is ready.

        Raises BadConfiguration before anything is started, or ServerError, with the last words of what
        failed, after taking down what this call started.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        with processes.locked(self.state, "stack"):
            before = set(self._alive())
            if before and not any(line.trouble for line in self.status()):
                say(self._already_running(port))
                return
            settings = checks.settings_for(self._environ)
            try:
                self._start(say, port, settings)
            except BaseException:  # whatever ended it: servers that nobody asked for must not stay
                self._take_down(lambda _: None, [name for name in self._alive() if name not in before])
                raise

    def down(self, say: Say) -> None:
        """Stop all that runs; the data stays."""
        if not self.state.exists():
            return say("Lectern is not running.")
        with processes.locked(self.state, "stack"):
            alive = self._alive()
            if not alive:
                return say("Lectern is not running.")
            self._take_down(say, alive)
            say(f"Stopped. The data stays in {self.state}")

    def status(self) -> list[Line]:
        """A line for each component that belongs to the stack as it was started last; empty if never."""
        env, plan = self.env(), self._plan()
        names = [*plan.get("components", []), *growth.grown(self.state)]
        records = {name: processes.running(self.state, name) for name in names}
        workers = {record.pid for name, record in records.items() if record and name.startswith("worker-")}
        deaf = workers - components.answering_workers(env, len(workers)) if workers else set()
        lines = []
        for name, record in records.items():
            if record is None:
                if not name.startswith(growth.PREFIX):  # one of those ends when it is not needed
                    lines.append(Line(name, None, None, "down"))
                continue
            trouble = "no answer" if record.pid in deaf else components.health(name, env)
            lines.append(Line(name, record.pid, max(0.0, time.time() - record.since), trouble))
        for name in plan.get("external", []):
            lines.append(Line(f"{name} (yours)", None, None, components.health(name, env)))
        return lines

    def env(self) -> dict[str, str]:
        """What `.lectern/env` says: the variables under which the stack's processes run."""
        try:
            text = (self.state / "env").read_text()
        except FileNotFoundError:
            return {}
        exported = [shlex.split(line)[1] for line in text.splitlines() if line.startswith("export ")]
        return {name: value for name, _, value in (pair.partition("=") for pair in exported)}

    def _start(self, say: Say, port: int | None, settings: Settings) -> None:
        embedded = settings.embedded
        given = {name: variable for name, variable in SERVER_URLS.items() if self._given(name, variable)}
        own = [] if embedded else [name for name in SERVER_URLS if name not in given]
        named = [variable for variable in given.values() if not (embedded and variable == "REDIS_URL")]
        checks.reachable({variable: self._environ[variable] for variable in named})
        ours = self._variables(port, say, embedded=embedded)
        for name, title in (("postgres", "PostgreSQL"), ("redis", "Redis")):
            if name in own and processes.running(self.state, name) is None:
                say(f"{title}: starting our own ...")
        if "postgres" in own:
            ours["DATABASE_URL"] = servers.start_postgres(self.state)
        if "redis" in own:
            ours["REDIS_URL"] = servers.start_redis(self.state)
        for name in (*given.values(), "CELERY_BROKER_URL"):
            if self._environ.get(name):
                ours[name] = self._environ[name]
        api = components.api(int(ours["LECTERN_URL"].rsplit(":", 1)[1]))
        if embedded:
            parts = [api]
            ours["USE_CELERY"] = "false"
        else:
            flower_port = int(ours["LECTERN_FLOWER_URL"].rsplit(":", 1)[1])
            parts = [api, *components.background(flower_port, autoscale=settings.auto_scale)]
        external = [] if embedded else list(given)
        self._write_plan(ours, [*own, *(part.name for part in parts)], external)
        say("Database: bringing the tables up to date ...")
        self._migrate(ours)
        missing = [part for part in parts if processes.running(self.state, part.name) is None]
        say(f"Starting {', '.join(part.name for part in missing)} ...")
        for part in missing:
            processes.spawn(self.state, part.name, part.argv, env={**self._environ, **ours}, cwd=ROOT)
        self._wait_until_ready()

    def _given(self, name: str, variable: str) -> bool:
        """Does the user name a server of theirs? Not if the URL is ours, out of a sourced `.lectern/env`."""
        url = self._environ.get(variable)
        was_ours = url == self.env().get(variable) and name not in self._plan().get("external", [])
        return bool(url) and not was_ours

    def _already_running(self, port: int | None) -> str:
        """What to say when all runs: also which of the wishes of this call it does not fulfil."""
        env = self.env()
        wanted = checks.settings_for(self._environ)
        embedded, others = wanted.embedded, []
        if port is not None and not env["LECTERN_URL"].endswith(f":{port}"):
            others.append(f"port {env['LECTERN_URL'].rsplit(':', 1)[1]}")
        if embedded != (env.get("USE_CELERY") == "false"):
            others.append(f"USE_CELERY={'true' if embedded else 'false'}")
        if wanted.auto_scale != ("autoscaler" in self._plan().get("components", [])):
            others.append(f"AUTO_SCALE={str(not wanted.auto_scale).lower()}")
        changed = [name for name in _KEPT if self._environ.get(name) and self._environ[name] != env.get(name)]
        others += [f"another {name}" for name in changed]  # its value may hold a password
        if not others:
            return "Lectern is already running."
        return f"Lectern is already running, with {', '.join(others)}: stop it first to change that."

    def _variables(self, port: int | None, say: Say, *, embedded: bool) -> dict[str, str]:
        """The stack's own settings; the ports of what still runs are kept."""
        known = self.env()
        url = known.get("LECTERN_URL") if processes.running(self.state, "api") else None
        if url is None:
            wanted = port or API_PORT
            chosen = servers.free_port(wanted)
            if chosen != wanted:
                say(f"Port {wanted} is taken by another program: the API gets port {chosen}.")
            url = f"http://127.0.0.1:{chosen}"
        public = self._environ.get("PUBLIC_URL")
        if public == known.get("LECTERN_URL"):  # ours again, out of a sourced env file; the port may be new
            public = None
        ours = {
            "LECTERN_URL": url,
            "LECTERN_STATE": str(self.state),
            "STORAGE_PATH": self._environ.get("STORAGE_PATH") or str(self.state / "files"),
            "PUBLIC_URL": public or url,
        }
        return ours if embedded else ours | self._flower_variables(known, say)

    def _flower_variables(self, known: Mapping[str, str], say: Say) -> dict[str, str]:
        url = known.get("LECTERN_FLOWER_URL") if processes.running(self.state, "flower") else None
        if url is None:
            chosen = servers.free_port(FLOWER_PORT)
            if chosen != FLOWER_PORT:
                say(f"Port {FLOWER_PORT} is taken by another program: Flower gets port {chosen}.")
            url = f"http://127.0.0.1:{chosen}"
        password = servers.secret(self.state / "flower_password")
        login = self._environ.get("FLOWER_BASIC_AUTH") or f"lectern:{password}"
        return {"LECTERN_FLOWER_URL": url, "FLOWER_BASIC_AUTH": login}

    def _migrate(self, ours: Mapping[str, str]) -> None:
        env = {**self._environ, **ours}
        argv = components.migration()
        done = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode != 0:
            raise ServerError(
                f"The database could not be brought up to date:\n{checks.last_words(done.stderr)}"
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            troubled = [line for line in self.status() if line.trouble]
            if not troubled:
                return
            dead = [line for line in troubled if line.trouble == "down"]
            if dead or time.monotonic() > deadline:
                line = (dead or troubled)[0]
                said = processes.log_tail(self.state, line.name)
                raise ServerError(f"{line.name} did not come up ({line.trouble}). Its last words:\n{said}")
            time.sleep(0.2)

    def _take_down(self, say: Say, names: list[str]) -> None:
        """Workers, beat and Flower at the same time, then the API, then the servers."""
        if "autoscaler" in names:  # before the workers, or it would start others in their place
            processes.stop(self.state, "autoscaler")
            names = sorted({*names, *growth.grown(self.state)})
        grace = {part.name: part for part in components.background(FLOWER_PORT)}
        grace |= dict.fromkeys(growth.grown(self.state), grace["worker-general"])
        workers = [name for name in names if name in grace]
        if workers:
            say(f"Stopping {', '.join(workers)} (work in hand is given back; up to 35 s) ...")
        for name in workers:
            processes.ask_to_stop(self.state, name)
        deadline = time.monotonic() + max((grace[name].grace_s for name in workers), default=0.0)
        for name in workers:
            processes.stop(self.state, name, grace_s=max(0.1, deadline - time.monotonic()), ask=None)
        rest = [name for name in ("api", "redis", "postgres") if name in names]
        if rest:
            say(f"Stopping {', '.join(rest)} ...")
        if "api" in rest:
            processes.stop(self.state, "api", grace_s=components.api(API_PORT).grace_s)
        if "redis" in rest:
            servers.stop_redis(self.state)
        if "postgres" in rest:
            servers.stop_postgres(self.state)

    def _alive(self) -> list[str]:
        names = processes.recorded(self.state)
        return [name for name in names if processes.running(self.state, name) is not None]

    def _plan(self) -> dict[str, list[str]]:
        try:
            plan: dict[str, list[str]] = json.loads((self.state / "stack.json").read_text())
        except FileNotFoundError:
            return {}
        return plan

    def _write_plan(self, ours: Mapping[str, str], names: list[str], external: list[str]) -> None:
        (self.state / "stack.json").write_text(json.dumps({"components": names, "external": external}))
        text = "".join(f"export {shlex.quote(f'{name}={value}')}\n" for name, value in ours.items())
        handle = os.open(self.state / "env", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
