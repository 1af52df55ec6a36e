"""Rows as the API shows them; a whole job is shown by `app.jobs.status`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from app.jobs.epitaph import public
from app.jobs.model import PRIORITY_NAMES
from app.jobs.status import instant, links
from app.store.database import AnyRow


def etag_version(value: str | None) -> int | None:
    """The version inside an ETag that a client sends back; None when it is not one of ours."""
    text = (value or "").strip().removeprefix("W/").strip('"').partition("-")[0]
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def summary(row: AnyRow, place: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **place,
        "id": row.id,
        "kind": row.kind,
        "status": row.status,
        "title": row.title,
        "priority": PRIORITY_NAMES[row.priority],
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
        "recorded_image": _beside(row, row.recorded_name),
        "annotated_image": _beside(row, row.annotated_name),
    }


def _beside(row: AnyRow, name: str | None) -> str | None:
    """Another picture of a slide, among the job's artifacts."""
    return name and f"/api/jobs/{row.job_id}/artifacts/slides/{quote(name)}"


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
