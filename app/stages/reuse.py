"""When has the same work been done before? Keys and the look-up that a claimed stage starts with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from app.jobs.model import Claim, Done, Json, Measure, Outcome, Snoozed, Stage
from app.jobs.platform import Platform
from app.settings import Settings
from app.stages.work import Options
from app.store import jobs as rows
from app.store import results

_WAIT_S = 15.0  # until it is looked for again; the finish of who makes it wakes us earlier


def options(settings: Settings) -> Options:
    return Options(
        whisper_model=settings.whisper_model,
        whisper_threads=settings.whisper_threads,
        audio_chunk_s=settings.audio_chunk_s,
        video_part_s=settings.video_part_s,
        ocr_language=settings.ocr_language,
        public_url=settings.public_url,
        max_source_bytes=settings.max_upload_bytes,
        max_deck_bytes=settings.max_deck_bytes,
        url_fetch_timeout_s=settings.url_fetch_timeout_s,
        allow_private_urls=settings.allow_private_urls,
    )


def key(settings: Settings, claim: Claim, stage: Stage, inputs: dict[str, list[Json]]) -> str | None:
    """SHA-256 over all that the result depends on: owner, stage and code version, inputs, `depends`.

    None for a source that is not a known content yet (a URL may give something else tomorrow).
    """
    digest = ((claim.deck or {}) if stage.reads_deck else claim.source).get("digest")
    if digest is None and not inputs:
        return None
    known = asdict(options(settings)) | claim.job_params
    known |= {"title": claim.title, "has_deck": claim.deck is not None}
    parts: list[Any] = [
        claim.owner_id,
        stage.name,
        stage.code_version,
        digest,
        {name: known.get(name) for name in stage.depends},
        claim.stage_params,
        inputs,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def look(platform: Platform, claim: Claim, key: str, worker: str) -> Outcome | None:
    """A kept result as Done, Snoozed while another run makes it, None when it is ours to make."""
    with platform.db.write() as conn:
        row, ours = results.find_or_reserve(
            conn, key, claim.owner_id, claim.name, claim.stage_id, claim.lease_id
        )
        if row is not None and not all(platform.storage.has(d) for d in row.result.get("files", {})):
            results.drop(conn, key)
            row, ours = results.find_or_reserve(
                conn, key, claim.owner_id, claim.name, claim.stage_id, claim.lease_id
            )
    if row is not None:
        return Done(row.result, Measure(reused=True, worker=worker), tuple(row.spawn or ()))
    return None if ours else Snoozed(_WAIT_S)


def recall(platform: Platform, conn: Connection, stages: Sequence[Claim], worker: str) -> dict[int, Done]:
    """Kept results of several stages of one job, by their ids: what `look` would find, in one look.

    None for what is being made, and for what was lost with its files. The caller holds the job's lock.
    """
    keys = _keys(platform, conn, stages)
    kept = {row.key: row for row in results.recall(conn, set(keys.values()))}
    named = {digest for row in kept.values() for digest in row.result.get("files", {})}
    gone = {digest for digest in named if not platform.storage.has(digest)}
    return {
        stage_id: Done(row.result, Measure(reused=True, worker=worker), tuple(row.spawn or ()))
        for stage_id, key in keys.items()
        if (row := kept.get(key)) is not None and gone.isdisjoint(row.result.get("files", {}))
    }


def _keys(platform: Platform, conn: Connection, stages: Sequence[Claim]) -> dict[int, str]:
    asked = {claim.stage_id: platform.catalogue.kinds[claim.kind].stage(claim.name) for claim in stages}
    parents = {edge.parent for stage in asked.values() for edge in stage.after}
    inputs = rows.results_of(conn, stages[0].job_id, sorted(parents)) if stages else {}
    found = {}
    for claim in stages:
        stage = asked[claim.stage_id]
        if stage.heavy and stage.reusable:
            own = {edge.parent: inputs[edge.parent] for edge in stage.after}
            found[claim.stage_id] = key(platform.settings, claim, stage, own)
    return {stage_id: known for stage_id, known in found.items() if known is not None}
