"""What a stage's function is given and gives back. It runs in a child process, far from any server."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from app.jobs.model import Json
from app.storage import Storage

V = TypeVar("V", bound=BaseModel)


@dataclass(frozen=True)
class Options:
    """The settings that stages see; those that a stage `depends` on are part of its reuse key."""

    whisper_model: str
    whisper_threads: int
    audio_chunk_s: float
    video_part_s: float
    ocr_language: str
    public_url: str
    max_source_bytes: int
    max_deck_bytes: int
    url_fetch_timeout_s: float
    allow_private_urls: bool


@dataclass
class Work:
    """One run of a heavy stage. `folder` is empty, private and removed afterwards."""

    title: str
    params: Json
    stage_params: Json
    source: Json
    deck: Json | None
    inputs: Mapping[str, list[Json]]
    options: Options
    storage: Storage
    folder: Path
    report: Callable[[float, str], None]
    files: dict[str, int] = field(default_factory=dict)  # digest → bytes of all that was put

    def progress(self, note: str) -> Callable[[float], None]:
        """A progress callback (0..1) for a domain function; `note` says what is being done."""
        return lambda fraction: self.report(fraction, note)

    def input(self, stage: str) -> Json | None:
        """The result of a parent that is not split; None when it did not succeed."""
        found = self.inputs.get(stage) or []
        return found[0] if found else None

    def put(self, path: Path) -> str:
        """Keep a file; returns its digest."""
        digest, size = self.storage.put(path)
        self.files[digest] = size
        return digest

    def put_value(self, value: Any) -> str:
        """Keep a value of a domain room (or a list of them) as JSON; returns its digest."""
        with self.storage.receive() as incoming:
            incoming.write(_dump(value))
        self.files[incoming.digest] = incoming.size
        return incoming.digest

    def load(self, model: type[V], digest: str) -> V:
        return model.model_validate_json(self.storage.path(digest).read_bytes())

    def load_list(self, model: type[V], digest: str) -> list[V]:
        return [model.model_validate(entry) for entry in self.load_value(digest)]

    def load_value(self, digest: str) -> Any:
        """What `put_value` kept, as JSON has it."""
        return json.loads(self.storage.path(digest).read_bytes())

    def artifact(self, path: Path, name: str) -> Json:
        """Keep a file that the job gives to its owner under `name`."""
        return self.kept(self.put(path), name)

    def kept(self, digest: str, name: str) -> Json:
        """The same of a content that is in storage already."""
        self.name(digest)
        suffix = name[name.rfind(".") :]
        media_type = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return {"name": name, "digest": digest, "media_type": media_type, "size": self.files[digest]}

    def name(self, digest: str) -> None:
        """Note that the result names this stored content, so that both live equally long."""
        if digest not in self.files:
            self.files[digest] = self.storage.path(digest).stat().st_size


@dataclass(frozen=True)
class Product:
    """What a stage made: a small JSON result that names files by digest, and chunks if it splits."""

    result: Json
    spawn: tuple[Json, ...] = ()


Function = Callable[[Work], Product]

_TYPES = {
    ".vtt": "text/vtt; charset=utf-8",
    ".srt": "application/x-subrip; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}


def _dump(value: Any) -> bytes:
    if isinstance(value, BaseModel):
        return value.model_dump_json().encode()
    if isinstance(value, (list, tuple)) and all(isinstance(v, BaseModel) for v in value):
        return json.dumps([v.model_dump(mode="json") for v in value], ensure_ascii=False).encode()
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
