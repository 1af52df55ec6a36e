"""Which server to talk to, and with which key.

The client may run on another machine than the server, so it does not use the server's settings. This
module alone reads the environment for it: LECTERN_URL, LECTERN_API_KEY and LECTERN_STATE.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from app.cli.exits import CommandError, Exit

DEFAULT_URL = "http://127.0.0.1:5000"


@dataclass(frozen=True)
class Target:
    url: str  # without a slash at its end
    key: str | None

    @property
    def local(self) -> bool:
        """Whether the server is this machine itself (no proxy can be meant)."""
        return is_local(self.url)


def find_target(
    url: str | None = None, key: str | None = None, environ: Mapping[str, str] | None = None
) -> Target:
    """The flags, else the environment, else what the local stack wrote down, else the default port."""
    env = os.environ if environ is None else environ
    state = Path(env.get("LECTERN_STATE") or Path(__file__).resolve().parents[2] / ".lectern")
    stack_url = (_stack_variables(state).get("LECTERN_URL") or DEFAULT_URL).rstrip("/")
    found = _checked(url or env.get("LECTERN_URL") or stack_url)
    found_key = key or env.get("LECTERN_API_KEY")
    # The key in the state folder belongs to the stack of that folder: no other server gets to see it.
    if not found_key and (found == stack_url or is_local(found)):
        found_key = _first_line(state / "api_key")
    return Target(found, found_key or None)


def is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise CommandError(
            f"“{url}” is not the address of a server; it looks like {DEFAULT_URL}.", Exit.USAGE, field="url"
        )
    return url.rstrip("/")


def _stack_variables(state: Path) -> dict[str, str]:
    """What the local stack exports to a shell: lines of `export 'NAME=value'`."""
    try:
        text = (state / "env").read_text(encoding="utf-8")
    except OSError:
        return {}
    words = (shlex.split(line, comments=True) for line in text.splitlines())
    pairs = (entry[-1].partition("=") for entry in words if entry)
    return {name: value for name, _, value in pairs}


def _first_line(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip().split("\n")[0] or None
    except OSError:
        return None
