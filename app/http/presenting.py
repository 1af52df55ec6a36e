"""Rows and status documents as the API shows them."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from app.jobs.epitaph import public
from app.jobs.status import instant
from app.jobs.submit import PRIORITIES
from app.store.database import AnyRow

_PRIORITY_NAMES = {value: name for name, value in PRIORITIES.items()}


def links(job_id: str) -> dict[str, str]:
    base = f"/api/jobs/{job_id}"
    parts = ("events", "slides", "transcript", "artifacts", "recording", "deck", "metrics")
    return {"self": base, **{part: f"{base}/{part}" for part in parts}}


def job(document: dict[str, Any]) -> dict[str, Any]:
    """The status document without what only workers need to know."""
    stages = [{k: v for k, v in stage.items() if k != "lease"} for stage in document["stages"]]
    priority = _PRIORITY_NAMES[document["priority"]]
    return {**document, "priority": priority, "stages": stages, "links": links(document["id"])}


def etag(document: dict[str, Any]) -> str:
    """The job's version, and a hash of the progress, which moves without a new version."""
    moving = [(s["id"], s["progress"], s.get("note")) for s in document["stages"]]
    mark = hashlib.sha256(json.dumps([document["progress"], moving]).encode()).hexdigest()[:12]
    return f'"{document["version"]}-{mark}"'


def etag_version(value: str | None) -> int | None:
    """The version inside an ETag that a client sends back; None when it is not one of ours."""
    text = (value or "").strip().removeprefix("W/").strip('"').partition("-")[0]
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def encode(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def summary(row: AnyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "status": row.status,
        "title": row.title,
        "priority": _PRIORITY_NAMES[row.priority],
        "version": row.version,
        "created_at": instant(row.created_at),
        "started_at": instant(row.started_at),
        "ended_at": instant(row.ended_at),
        "error": public(row.error),
        "links": links(row.id),
    }


def slide(row: AnyRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "start_s": row.start_s,
        "end_s": row.end_s,
        "intervals": row.intervals,
        "width": row.width,
        "height": row.height,
        "text": row.text,
        "image_name": row.image_name,
        "image": f"/api/jobs/{row.job_id}/slides/{row.number}/image",
        "provisional": row.part is not None,
        "deck_page": row.deck_page,
        "recorded_image": row.recorded_name
        and f"/api/jobs/{row.job_id}/artifacts/slides/{quote(row.recorded_name)}",
    }


def artifact(row: AnyRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "stage": row.stage,
        "url": f"/api/jobs/{row.job_id}/artifacts/{quote(row.name)}",
    }


def metric(row: AnyRow) -> dict[str, Any]:
    plain = (
        "stage", "chunk", "outcome", "processing_time", "cpu_time", "queue_wait",
        "peak_memory_usage", "input_bytes", "output_bytes", "worker", "reused",
    )  # fmt: skip
    return {**{name: getattr(row, name) for name in plain}, "at": instant(row.created_at)}
