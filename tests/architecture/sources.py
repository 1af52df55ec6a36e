"""What the architecture tests look at: our own Python files and what they import."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("app", "tasks", "workers", "migrations")
COMPOSITION_ROOTS = ("celery_worker.py", "wsgi.py", "asgi.py")


@cache
def production() -> tuple[str, ...]:
    """Paths, relative to the checkout, of the code that runs in production."""
    found = [str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return (*sorted(found), *COMPOSITION_ROOTS)


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def imports(path: str) -> Iterator[str]:
    """Dotted names that a file imports: `from a.b import c` gives `a.b.c`."""
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tracked() -> list[str]:
    """Files that git knows, relative to the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def python(program: str, **env: str) -> str:
    """Standard output of a program in a fresh interpreter, with nothing of this one's imports."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
