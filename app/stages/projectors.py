"""How a stage's result becomes rows. Runs inside the finishing transaction; also when a result is reused."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from app.jobs.model import Json
from app.jobs.platform import Projector
from app.stages.catalogue import CATALOGUE
from app.store import files


def _source(conn: Connection, job_id: str, owner_id: str, result: Json) -> None:
    """What was fetched from a URL is the job's source from now on."""
    files.set_source(conn, job_id, result["digest"])


def _slides(conn: Connection, job_id: str, owner_id: str, result: Json) -> None:
    rows = [{"owner_id": owner_id, **slide} for slide in result["slides"]]
    files.replace_slides(conn, job_id, rows)


def _part(conn: Connection, job_id: str, owner_id: str, result: Json) -> None:
    """Shown while the rest is looked at; `extract_slides` replaces what all parts have shown."""
    rows = [{"owner_id": owner_id, **slide} for slide in result["slides"]]
    files.put_provisional_slides(conn, job_id, result["part"], rows)


def _deck(conn: Connection, job_id: str, owner_id: str, result: Json) -> None:
    files.set_deck(conn, job_id, result["digest"])


def _texts(conn: Connection, job_id: str, owner_id: str, result: Json) -> None:
    files.set_slide_texts(conn, job_id, {int(number): text for number, text in result["slide_texts"].items()})


_OWN: Mapping[str, Projector] = {
    "prepare": _source,
    "extract_part": _part,
    "extract_slides": _slides,
    "read_slides": _texts,
    "read_deck": _deck,
    "match_deck": _slides,
    "align_deck": _slides,
}


def _projector(stage: str) -> Projector:
    own = _OWN.get(stage)

    def project(conn: Connection, job_id: str, owner_id: str, result: Json) -> None:
        if own is not None:
            own(conn, job_id, owner_id, result)
        project_common(conn, job_id, owner_id, stage, result)

    return project


def project_common(conn: Connection, job_id: str, owner_id: str, stage: str, result: Json) -> None:
    """What any stage may give: artifacts and warnings."""
    artifacts = [{"owner_id": owner_id, "stage": stage, **a} for a in result.get("artifacts", ())]
    files.put_artifacts(conn, job_id, artifacts)
    files.add_warnings(conn, job_id, result.get("warnings", ()))


# A light stage leaves nothing but its result, so its job can end in one statement.
PROJECTORS: Mapping[str, Projector] = {
    stage.name: _projector(stage.name) for stage in CATALOGUE.stages if stage.heavy
}
