"""Rows about stored contents: who names a file, what a job gives, what may be collected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from app.store.database import AnyRow, now_us
from app.store.models import Artifact, File, Job, ResultFile, Slide, StageFile, Upload

PROVISIONAL = 100_000  # numbers from here on are those of provisional slides


def upsert(conn: Connection, table: Any) -> Any:
    """INSERT with ON CONFLICT, in the dialect of this connection."""
    return (postgresql if conn.dialect.name == "postgresql" else sqlite).insert(table)


def touch(conn: Connection, digest: str, size: int) -> None:
    """Note that this content exists (again): collection leaves it alone for a day from now."""
    touch_all(conn, {digest: size})


def touch_all(conn: Connection, files: Mapping[str, int]) -> None:
    """The same of several contents (digest → bytes)."""
    statement = upsert(conn, File).values(touched_at=now_us())
    renew = statement.on_conflict_do_update(index_elements=["digest"], set_={"touched_at": now_us()})
    # in one order everywhere: no deadlock between two finishes
    conn.execute(renew, [{"digest": digest, "size": files[digest]} for digest in sorted(files)])


def name_stage_files(conn: Connection, job_id: str, files: Mapping[str, int], *, held: bool = False) -> None:
    """The job's results name these contents (digest → bytes).

    `held`: a kept result that the caller has locked names them, too, so nobody collects them now. Then their
    rows need no renewal, and the caller waits for nobody who renews one.
    """
    if not files:
        return
    (_known if held else touch_all)(conn, files)
    named = [{"job_id": job_id, "digest": digest} for digest in sorted(files)]
    conn.execute(upsert(conn, StageFile).on_conflict_do_nothing(), named)


def _known(conn: Connection, files: Mapping[str, int]) -> None:
    """Have a row for each; those that are there stay as they are, and are not waited for."""
    statement = upsert(conn, File).values(touched_at=now_us()).on_conflict_do_nothing()
    conn.execute(statement, [{"digest": digest, "size": files[digest]} for digest in sorted(files)])


def put_artifacts(conn: Connection, job_id: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace the job's artifacts of these names. Whoever stored their contents has touched them."""
    entries = [{"job_id": job_id, **row} for row in rows]
    if not entries:
        return
    _known(conn, {row["digest"]: row["size"] for row in entries})
    statement = upsert(conn, Artifact)
    replaced = {name: statement.excluded[name] for name in ("digest", "media_type", "size", "stage")}
    conn.execute(statement.on_conflict_do_update(index_elements=["job_id", "name"], set_=replaced), entries)


def replace_slides(conn: Connection, job_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """These are the job's slides; what was provisional goes."""
    conn.execute(delete(Slide).where(Slide.job_id == job_id))
    if rows:
        conn.execute(insert(Slide), [{"job_id": job_id, **row} for row in rows])


def put_provisional_slides(
    conn: Connection, job_id: str, part: int, rows: Sequence[Mapping[str, Any]]
) -> None:
    """What one part of the recording shows, until the whole is known; nothing once it is.

    Their numbers say nothing but which part they are of, and never are those of final slides.
    """
    if conn.execute(select(exists().where(Slide.job_id == job_id, Slide.part.is_(None)))).scalar_one():
        return
    conn.execute(delete(Slide).where(Slide.job_id == job_id, Slide.part == part))
    if rows:
        first = (part + 1) * PROVISIONAL
        numbered = [{"job_id": job_id, "part": part, **row} for row in rows]
        conn.execute(insert(Slide), [row | {"number": first + row["number"]} for row in numbered])


def set_slide_texts(conn: Connection, job_id: str, texts: Mapping[int, str]) -> None:
    if texts:
        of_slide = update(Slide).where(Slide.job_id == job_id, Slide.number == bindparam("of_number"))
        said = [{"of_number": number, "said": text} for number, text in texts.items()]
        conn.execute(of_slide.values(text=bindparam("said")), said)


def set_source(conn: Connection, job_id: str, digest: str) -> None:
    conn.execute(update(Job).where(Job.id == job_id).values(source_digest=digest))


def set_deck(conn: Connection, job_id: str, digest: str) -> None:
    conn.execute(update(Job).where(Job.id == job_id).values(deck_digest=digest))


def add_warnings(conn: Connection, job_id: str, warnings: Sequence[str]) -> None:
    """Note, once each, what a job's owner should know. The caller holds the job's lock."""
    if not warnings:
        return
    held = conn.execute(select(Job.warnings).where(Job.id == job_id)).scalar_one()
    added = [*held, *(w for w in warnings if w not in held)]
    conn.execute(update(Job).where(Job.id == job_id).values(warnings=added))


def insert_upload(conn: Connection, row: Mapping[str, Any]) -> None:
    conn.execute(insert(Upload).values(created_at=now_us(), **row))


def upload(conn: Connection, upload_id: str, owner_id: str) -> AnyRow | None:
    statement = select(Upload.__table__).where(Upload.id == upload_id, Upload.owner_id == owner_id)
    return conn.execute(statement).one_or_none()


def uploads(conn: Connection, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], AnyRow]:
    """(upload id, owner id) → row, of those that are there."""
    statement = select(Upload.__table__).where(Upload.id.in_({upload_id for upload_id, _ in wanted}))
    found = {(row.id, row.owner_id): row for row in conn.execute(statement)}
    return {both: found[both] for both in wanted if both in found}


def sent_before(conn: Connection, owner_id: str, digest: str) -> int | None:
    """Bytes of a content that the owner sent, while an upload or a job of theirs names it."""
    uploaded = exists().where(Upload.owner_id == owner_id, Upload.digest == digest)
    of_job = exists().where(
        Job.owner_id == owner_id, or_(Job.source_digest == digest, Job.deck_digest == digest)
    )
    statement = select(File.size).where(File.digest == digest, or_(uploaded, of_job))
    return conn.execute(statement).scalar_one_or_none()


def expire_uploads(conn: Connection, older_than_us: int) -> int:
    """Forget uploads that were not turned into a job in time; returns how many."""
    return conn.execute(delete(Upload).where(Upload.created_at < now_us() - older_than_us)).rowcount


def _unreferenced() -> Any:
    named = [
        exists().where(Upload.digest == File.digest),
        exists().where(Job.source_digest == File.digest),
        exists().where(Job.deck_digest == File.digest),
        exists().where(Slide.digest == File.digest),
        exists().where(Artifact.digest == File.digest),
        exists().where(StageFile.digest == File.digest),
        exists().where(ResultFile.digest == File.digest),
    ]
    return not_(or_(*named))


def collectable(conn: Connection, older_than_us: int, limit: int) -> list[str]:
    """Contents that no row names and nobody touched for so long."""
    statement = (
        select(File.digest).where(File.touched_at < now_us() - older_than_us, _unreferenced()).limit(limit)
    )
    return [row.digest for row in conn.execute(statement)]


def lock_collectable(conn: Connection, digest: str, older_than_us: int) -> bool:
    """Under the row's lock: is it still unreferenced and old? The caller deletes bytes, then the row."""
    statement = (
        select(File.digest)
        .where(File.digest == digest, File.touched_at < now_us() - older_than_us, _unreferenced())
        .with_for_update()
    )
    return conn.execute(statement).one_or_none() is not None


def forget(conn: Connection, digest: str) -> bool:
    """Delete the content's row; False if another transaction has named it since it was locked."""
    try:
        with conn.begin_nested():
            conn.execute(delete(File).where(File.digest == digest))
    except IntegrityError:  # foreign keys see what was committed while we waited for the lock
        return False
    return True


def known(conn: Connection, digests: Sequence[str]) -> set[str]:
    return {r.digest for r in conn.execute(select(File.digest).where(File.digest.in_(digests)))}
