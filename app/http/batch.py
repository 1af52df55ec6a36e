"""POST /api/jobs/batch: up to ten thousand jobs in one request."""

from __future__ import annotations

import gc
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from pydantic import ValidationError

from app.errors import BadInput, Unavailable
from app.http import decks, parsing
from app.http.context import owner_id, platform
from app.http.parsing import MAX_BATCH
from app.http.problems import InvalidRequest
from app.http.schemas_groups import BatchItem, LooseBatch
from app.http.wording import sentence
from app.jobs import batch, groups
from app.jobs.entry import encode
from app.jobs.submit import Link, NewJob, Upload
from app.outbound import check_public

blueprint = Blueprint("batch", __name__, url_prefix="/api/jobs/batch")
_WRONG = 100  # faults that are named; the rest show when these are mended
_lookups = ThreadPoolExecutor(4, thread_name_prefix="batch-dns")
_LOOKUP_S = 3.0  # for all names together; the stage that fetches asks, and checks, again


@blueprint.post("")
def create() -> Response:
    with _uncollected():
        return _create(parsing.json_bytes(request, limit=MAX_BATCH))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: there are none, and it would walk over all these objects for 0.1 s."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _create(text: bytes) -> Response:
    given = parsing.json_object(text)
    asked = parsing.checked(LooseBatch, given, plain=parsing.surely_plain(text))
    items = _items(asked.items)
    _check_links(items)
    _check_decks(items)
    owner, group_id = owner_id(), groups.new_id()
    key = request.headers.get("Idempotency-Key")
    done = batch.submit(
        platform(),
        owner,
        group_id,
        [_command(owner, group_id, item) for item in items],
        name=asked.name,
        key=key,
        mark=_fingerprint(given) if key is not None else None,
    )
    created = sum(job.created for job in done.jobs)
    jobs = [{"id": job.job_id, "created": job.created} for job in done.jobs]
    content = encode({"group": done.group_id, "created": created, "jobs": jobs})
    answer = Response(content, 202 if done.created else 200, mimetype="application/json")
    answer.headers["Location"] = f"/api/groups/{done.group_id}"
    return answer


def _items(given: Sequence[dict[str, Any]]) -> list[BatchItem]:
    items: list[BatchItem] = []
    wrong: list[dict[str, str]] = []
    for n, values in enumerate(given):
        try:
            items.append(BatchItem.model_validate(values))
        except ValidationError as error:
            for e in error.errors(include_url=False):
                field = ".".join(str(part) for part in ("items", n, *e["loc"]))
                wrong.append({"field": field, "detail": sentence(BatchItem, e)})
            if len(wrong) >= _WRONG:
                break
    if wrong:
        raise InvalidRequest(wrong[:_WRONG])
    return items


def _command(owner: str, group_id: str, item: BatchItem) -> NewJob:
    return NewJob(
        owner_id=owner,
        kind=item.kind,
        params=item.params,
        source=Upload(item.upload) if item.upload is not None else Link(item.url) if item.url else None,
        deck=Upload(item.deck) if item.deck is not None else Link(item.deck_url) if item.deck_url else None,
        title=item.title,
        priority=item.priority,
        idempotency_key=item.idempotency_key,
        group_id=group_id,
        webhook_url=item.webhook_url,
    )


def _check_links(items: Sequence[BatchItem]) -> None:
    """Refuse what is surely wrong. Addresses of one server are looked up once."""
    places: dict[str, list[tuple[str, str]]] = {}  # scheme and server → (field, address)
    for n, item in enumerate(items):
        for field in ("url", "deck_url", "webhook_url"):
            url = getattr(item, field)
            if url is not None:
                try:
                    parts = urlsplit(url)
                except ValueError:
                    parts = urlsplit("")
                places.setdefault(f"{parts.scheme}://{parts.netloc}", []).append((f"items.{n}.{field}", url))
    private = platform().settings.allow_private_urls
    looking = {
        place: _lookups.submit(check_public, found[0][1], allow_private=private)
        for place, found in places.items()
    }
    until = time.monotonic() + _LOOKUP_S
    wrong: list[tuple[str, str]] = []
    for place, lookup in looking.items():
        try:
            lookup.result(timeout=max(0.0, until - time.monotonic()))
        except (Unavailable, TimeoutError):
            lookup.cancel()
        except BadInput as error:
            wrong += [(field, error.message) for field, _ in places[place]]
    spaced = "The URL must not hold spaces or control characters."
    wrong += [
        (field, spaced)
        for found in places.values()
        for field, url in found[1:]
        if any(c.isspace() or ord(c) < 32 for c in url)
    ]
    if wrong:
        raise batch.BadItems(sorted(wrong, key=lambda w: int(w[0].split(".")[1]))[:_WRONG])


def _check_decks(items: Sequence[BatchItem]) -> None:
    seen: set[str] = set()
    for n, item in enumerate(items):
        if item.deck is not None and item.deck not in seen:
            seen.add(item.deck)
            try:
                decks.check_kept(item.deck)
            except BadInput as error:
                raise batch.BadItems([(f"items.{n}.deck", error.message)]) from None


def _fingerprint(given: Any) -> str:
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
