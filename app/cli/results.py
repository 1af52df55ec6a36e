"""Bringing a job's results home: whole files only, under names that stay inside the folder."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import requests

from app.cli.client import Api, Json
from app.cli.exits import CommandError, Exit
from app.cli.progress import job_path

SLIDES = "slides"
_BLOCK = 256 * 1024
_RESUMPTIONS = 5  # broken connections that one download survives


def artifacts(api: Api, job_id: str) -> list[Json]:
    """[{name, size, media_type, url}] of what the job has made so far."""
    listed: list[Json] = api.get(job_path(job_id, "artifacts"))["artifacts"]
    return listed


def slides(api: Api, job_id: str) -> list[Json]:
    listed: list[Json] = api.get(job_path(job_id, "slides"))["slides"]
    return listed


def place(folder: Path, name: str) -> Path:
    """Where a file of that name goes; CommandError for a name that would leave the folder."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise CommandError(f"The server named a file “{name}”, which is not safe to write.", Exit.UNREACHABLE)
    return folder.joinpath(*parts)


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name when it is complete, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with partial.open("wb") as file:
            yield file
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def download(api: Api, path: str, target: Path, progress: Callable[[int], None] = lambda _: None) -> int:
    """Write what the server holds at `path` to `target`; returns its bytes.

    A connection that breaks is taken up where it broke, if the server can (ranges, RFC 9110 §14).
    """
    with whole(target) as file:
        got, size = 0, None
        for _ in range(_RESUMPTIONS):
            headers = {"Range": f"bytes={got}-", "Accept-Encoding": "identity"} if got else {}
            with api.call("GET", path, headers=headers, stream=True) as response:
                if got and response.status_code != 206:
                    got = 0
                    file.seek(0)
                    file.truncate()
                if size is None and "Content-Encoding" not in response.headers:
                    size = _length(response)
                try:
                    for block in response.iter_content(_BLOCK):
                        file.write(block)
                        got += len(block)
                        progress(got)
                except requests.RequestException:
                    continue
            if size is None or got >= size:
                return got
        raise CommandError(
            f"{target.name} could not be fetched: the connection kept breaking.", Exit.UNREACHABLE
        )


def _length(response: requests.Response) -> int | None:
    value = response.headers.get("Content-Length", "")
    return int(value) if value.isdigit() else None


def fetch(
    api: Api, job_id: str, names: list[str], folder: Path, progress: Callable[[float], None]
) -> list[Path]:
    """Write the named artifacts (`slides` is the folder of slide images) into `folder`.

    CommandError with NOT_FOUND names what the job does not have, before anything is written.
    """
    listed = {str(a["name"]): a for a in artifacts(api, job_id)}
    wanted = [name for name in names if name != SLIDES]
    missing = [name for name in wanted if name not in listed]
    if missing:
        has = ", ".join([*sorted(listed), SLIDES])
        raise CommandError(f"This job has no {', '.join(missing)}; it has: {has}.", Exit.NOT_FOUND)
    pictures = image_names(api, job_id, "slides.json" in listed) if SLIDES in names else {}
    errands = [(job_path(job_id, "artifacts", name), name) for name in wanted]
    errands += [
        (job_path(job_id, "slides", str(n), "image"), name)
        for n, name in pictures.items()
        if name not in wanted  # with a deck its pages are among the artifacts, too
    ]
    written = []
    for i, (path, name) in enumerate(errands):
        target = place(folder, name)
        download(api, path, target)
        written.append(target)
        progress((i + 1) / len(errands))
    return written


def image_names(api: Api, job_id: str, listing: bool) -> dict[int, str]:
    """Slide number → file name of its image, as the job's slides.json has it."""
    named: dict[int, str] = {}
    if listing:
        response = api.call("GET", job_path(job_id, "artifacts", "slides.json"))
        for row in _rows(response.content):
            digits = re.search(r"\d+", str(row.get("slide_id", "")))
            if digits and row.get("image"):
                named[int(digits[0])] = str(row["image"])
    names = {}
    for slide in slides(api, job_id):
        number = int(slide["number"])
        own = slide.get("image_name") or f"slide_{number:04d}.png"
        names[number] = named.get(number, f"{SLIDES}/{own}")
    return names


def _rows(content: bytes) -> list[Any]:
    try:
        value = json.loads(content)
    except ValueError:
        value = None
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise CommandError("The job's slides.json is damaged.", Exit.UNREACHABLE)
    return value
