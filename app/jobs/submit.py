"""validate → persist (one transaction) → publish after commit. `submit_many` is the only path in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.errors import BadInput, IdempotencyMismatch, LecternError, Unavailable
from app.jobs import plain, quotas, sources
from app.jobs.admission import WAITING
from app.jobs.announce import let_in, publish_ready
from app.jobs.commands import Checked, Persisted, fingerprint, first_event, job_row, new_ids
from app.jobs.commands import Link as Link
from app.jobs.commands import NewJob as NewJob
from app.jobs.commands import Submitted as Submitted
from app.jobs.commands import Upload as Upload
from app.jobs.first import stage_row as stage_row
from app.jobs.first import stage_rows
from app.jobs.limits import LIMITED
from app.jobs.model import PRIORITIES, Json, Kind, StageState
from app.jobs.platform import Platform
from app.jobs.sources import Named
from app.store import accounts, schedule
from app.store import jobs as rows
from app.store.database import AnyRow

_CONTROLS = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")  # and halves of surrogate pairs
NOT_KEPT = (LecternError, IntegrityError)  # what `commit` raises when a job, or one of many, cannot be kept


def submit(platform: Platform, command: NewJob) -> Submitted:
    return submit_many(platform, [command])[0]


def submit_many(platform: Platform, commands: Sequence[NewJob]) -> list[Submitted]:
    """Persist all jobs or none. Raises BadInput naming the field, IdempotencyMismatch or QuotaExceeded."""
    persisted = commit(platform, [check(platform, command) for command in commands])
    send_off(platform, persisted)
    return persisted.submitted


def send_off(platform: Platform, persisted: Persisted) -> None:
    """After the commit: publish what is ready, admit what waits."""
    if persisted.messages:
        with suppress(Unavailable):  # the steward sends them, as what nobody claims
            platform.queue.publish(persisted.messages)
    if persisted.ready:
        publish_ready(platform, persisted.ready)
    for owner_id in persisted.limited:
        let_in(platform, owner_id)


def submit_scheduled(platform: Platform, owner_id: str, kind: Kind, period_s: float) -> str | None:
    """Make the job of the schedule's present slot; None when another beat has made it already."""
    with platform.db.write() as conn:
        persisted = persist(conn, [(NewJob(owner_id, kind.name), kind, kind.check({}))])
        job_id = persisted.submitted[0].job_id
        if not schedule.take_slot(conn, kind.name, period_s, job_id):
            conn.rollback()
            return None
    publish_ready(platform, persisted.ready)
    return job_id


def check(platform: Platform, command: NewJob) -> Checked:
    """What can be told without the database. Raises BadInput naming the field."""
    kind = platform.catalogue.kinds.get(command.kind)
    if kind is None or kind.internal:
        known = ", ".join(sorted(k for k, v in platform.catalogue.kinds.items() if not v.internal))
        raise BadInput(f"There is no kind of job named “{command.kind}”; there is: {known}.", field="kind")
    if command.priority not in PRIORITIES:
        raise BadInput(f"The priority must be one of {', '.join(PRIORITIES)}.", field="priority")
    if kind.needs_source and command.source is None:
        raise BadInput("A recording is needed: a file, an upload or a url.", field="source")
    if command.deck is not None and not kind.takes_deck:
        raise BadInput(f"A job of the kind “{kind.name}” takes no deck.", field="deck")
    if command.idempotency_key is not None and not 1 <= len(command.idempotency_key) <= 255:
        raise BadInput("An Idempotency-Key has 1 to 255 characters.", field="Idempotency-Key")
    if len(command.title) > 300:
        raise BadInput("A title has at most 300 characters.", field="title")
    for name, text in (("title", command.title), ("Idempotency-Key", command.idempotency_key or "")):
        if _CONTROLS.search(text):
            raise BadInput("Control characters are not allowed here.", field=name)
    return command, kind, kind.check(command.params)


def commit(platform: Platform, checked: Sequence[Checked]) -> Persisted:
    if (done := plain.commit(platform, checked)) is not None:
        return done
    try:
        return _commit(platform, checked)
    except IntegrityError:  # the same Idempotency-Key was committed by another request meanwhile
        return _commit(platform, checked)


def _commit(platform: Platform, checked: Sequence[Checked]) -> Persisted:
    with platform.db.write() as conn:
        return persist(conn, checked)


def persist(conn: Connection, checked: Sequence[Checked], named: Named = lambda _, field: field) -> Persisted:
    """Write the rows of checked commands. `named`: what an error calls a field of the n-th command."""
    at = rows.now(conn)
    limited = accounts.limited(conn, {command.owner_id for command, _, _ in checked}, LIMITED)
    given = _sources(conn, [(c.owner_id, c.source) for c, _, _ in checked], "upload", named)
    decks = _sources(conn, [(c.owner_id, c.deck) for c, _, _ in checked], "deck", named)
    prints = [
        fingerprint(command, params, source, deck) if command.idempotency_key else None
        for (command, _, params), source, deck in zip(checked, given, decks, strict=True)
    ]
    earlier = _earlier(conn, [command for command, _, _ in checked])
    submitted: list[Submitted] = []
    jobs: list[Json] = []
    stages: list[Json] = []
    ids = iter(new_ids(len(checked)))
    new: list[int] = []  # of the commands, those that make a job
    for n, ((command, kind, params), source, deck, mark) in enumerate(
        zip(checked, given, decks, prints, strict=True)
    ):
        same = earlier.get((command.owner_id, command.idempotency_key or ""))
        if same is not None:
            if same.idempotency_fingerprint != mark:
                raise IdempotencyMismatch(
                    "This Idempotency-Key was already used for another request.",
                    field=named(n, "Idempotency-Key"),
                )
            submitted.append(Submitted(same.id, created=False))
            continue
        admission = WAITING if command.owner_id in limited else None
        job = job_row(next(ids), command, params, source, deck, mark, at, admission)
        new.append(n)
        jobs.append(job)
        stages += stage_rows(kind, job, at)
        submitted.append(Submitted(job["id"], created=True))
    if not jobs:
        return Persisted(submitted, [], [], [])
    sources.join_groups(conn, [(c.owner_id, c.group_id) for c, _, _ in checked], named)
    told = [(checked[n][0].owner_id, checked[n][0].webhook_url) for n in new]
    hooks = sources.webhooks(conn, told, lambda i, field: named(new[i], field))
    for job, hook in zip(jobs, hooks, strict=True):
        job["webhook_id"] = hook
    rows.insert_jobs(conn, jobs)
    stage_ids = rows.insert_stages(conn, stages)
    rows.insert_events(conn, [first_event(job, at) for job in jobs])
    ready = [i for i, s in zip(stage_ids, stages, strict=True) if s["state"] == StageState.READY]
    if limited:
        quotas.charge(conn, Counter(j["owner_id"] for j in jobs if j["owner_id"] in limited), at)
    made: dict[str, list[Json]] = {job["id"]: [] for job in jobs}
    for stage_id, stage in zip(stage_ids, stages, strict=True):
        made[stage["job_id"]].append(stage | {"id": stage_id})
    return Persisted(submitted, ready, sorted(limited), [(job, made[job["id"]]) for job in jobs])


def _earlier(conn: Connection, commands: Sequence[NewJob]) -> dict[tuple[str, str], AnyRow]:
    """Jobs that earlier requests made under the same owner and Idempotency-Key."""
    keys: dict[str, list[str]] = {}
    for command in commands:
        if command.idempotency_key:
            keys.setdefault(command.owner_id, []).append(command.idempotency_key)
    return {
        (owner_id, key): row
        for owner_id, wanted in keys.items()
        for key, row in rows.by_idempotency_keys(conn, owner_id, wanted).items()
    }


def _sources(
    conn: Connection, given: Sequence[tuple[str, Upload | Link | None]], field: str, named: Named
) -> list[Json]:
    """Sources as they are kept with the jobs."""
    ids = [(owner, source.upload_id if isinstance(source, Upload) else None) for owner, source in given]
    held = sources.uploads(conn, ids, field, named)
    return [
        {"url": source.url} if isinstance(source, Link) else row
        for (_, source), row in zip(given, held, strict=True)
    ]
