"""Thousands of jobs in one request: all of them or none, and one group for them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.errors import BadInput, IdempotencyMismatch
from app.jobs.commands import Checked, NewJob, Submitted
from app.jobs.platform import Platform
from app.jobs.submit import check, persist, send_off
from app.store import groups as rows
from app.store import jobs as job_rows

_WRONG = 100  # items whose faults are named; a batch of ten thousand may be wrong as a whole
_HEADER = "Idempotency-Key"


class BadItems(BadInput):
    """Items of the batch cannot be used; `errors` are (field, sentence)."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        super().__init__(errors[0][1], field=errors[0][0])
        self.errors = [{"field": field, "detail": detail} for field, detail in errors]


@dataclass(frozen=True)
class Batch:
    group_id: str
    created: bool  # False: an earlier request with this Idempotency-Key made it
    jobs: list[Submitted]  # one an item, in their order


def named(n: int, field: str) -> str:
    """What a fault in the n-th item is called."""
    return f"items.{n}.{'idempotency_key' if field == _HEADER else field}"


def submit(
    platform: Platform,
    owner_id: str,
    group_id: str,
    commands: Sequence[NewJob],
    *,
    name: str = "",
    key: str | None = None,
    mark: str | None = None,
) -> Batch:
    """Persist all jobs, which name the group, and the group itself, or nothing.

    `key`, `mark`: the batch's Idempotency-Key and the fingerprint of its request. Raises BadItems,
    BadInput and IdempotencyMismatch naming `items.N.field`, QuotaExceeded.
    """
    if key is not None and not 1 <= len(key) <= 255:
        raise BadInput("An Idempotency-Key has 1 to 255 characters.", field=_HEADER)
    _refuse_twice(commands)
    checked = _checked(platform, commands)
    for last in (False, True):
        try:
            with platform.db.write() as conn:
                if key is not None and (done := _earlier(conn, owner_id, commands, key, mark)) is not None:
                    return done
                rows.insert_group(conn, group_id=group_id, owner_id=owner_id, name=name, key=key, mark=mark)
                persisted = persist(conn, checked, named)
            break
        except IntegrityError:  # a key was committed by another request meanwhile
            if last:
                raise
    send_off(platform, persisted)
    return Batch(group_id, True, persisted.submitted)


def _checked(platform: Platform, commands: Sequence[NewJob]) -> list[Checked]:
    checked, wrong = [], []
    for n, command in enumerate(commands):
        try:
            checked.append(check(platform, command))
        except BadInput as error:
            wrong.append((named(n, error.field or "params"), error.message))
            if len(wrong) >= _WRONG:
                break
    if wrong:
        raise BadItems(wrong)
    return checked


def _refuse_twice(commands: Sequence[NewJob]) -> None:
    first: dict[str, int] = {}
    for n, command in enumerate(commands):
        if command.idempotency_key is not None:
            before = first.setdefault(command.idempotency_key, n)
            if before != n:
                raise BadInput(f"The item {before} has this key, too.", field=named(n, _HEADER))


def _earlier(
    conn: Connection, owner_id: str, commands: Sequence[NewJob], key: str, mark: str | None
) -> Batch | None:
    """What an earlier request with this key made, as far as it is still there."""
    group = rows.of_key(conn, owner_id, key)
    if group is None:
        return None
    if group.idempotency_fingerprint != mark:
        raise IdempotencyMismatch("This Idempotency-Key was already used for another request.", field=_HEADER)
    keyless = iter(rows.keyless(conn, group.id))
    keys = [command.idempotency_key for command in commands if command.idempotency_key]
    keyed = job_rows.by_idempotency_keys(conn, owner_id, keys) if keys else {}
    found = []
    for command in commands:
        if command.idempotency_key is None:
            job_id = next(keyless, None)
        else:
            row = keyed.get(command.idempotency_key)
            job_id = str(row.id) if row is not None else None
        if job_id is not None:
            found.append(Submitted(job_id, created=False))
    return Batch(group.id, False, found)
