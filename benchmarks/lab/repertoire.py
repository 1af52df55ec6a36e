"""The laboratory's repertoire: light stages, and the witness of each stage's effect."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table, insert, text

from app.jobs.model import Json
from app.jobs.platform import Chore, Platform, Projector
from app.stages.chores import CHORES
from app.stages.projectors import project_common
from app.stages.repertoire import Repertoire
from app.store.database import Database, now_us
from benchmarks.lab.catalogue import CATALOGUE, SCHEDULE_S

_NAP_S, _REST_S, _DOZE_S, _STROKE_S = 0.02, 0.25, 1.5, 0.05

_BEGAN = "extract(epoch from transaction_timestamp()) * 1000000"

# Each commit of a stage's result adds a row, and nothing forbids a second one: so a doubled effect is seen.
EFFECTS = Table(
    "lab_effects",
    MetaData(),
    Column("job_id", String(40), nullable=False),
    Column("stage", String(40), nullable=False),
    Column("piece", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    # when the transaction began: before it waited for the job's lock
    Column("began", BigInteger, server_default=text(f"CAST({_BEGAN} AS BIGINT)")),
)


def prepare(database_url: str) -> None:
    """Make the witnesses' table. The local owner gets no running limit: load is what is wanted here."""
    db = Database(database_url)
    with db.write() as conn:
        EFFECTS.metadata.create_all(conn)
        conn.execute(text("UPDATE owners SET tier = 'unlimited' WHERE id = 'local'"))
    db.close()


def _nothing(platform: Platform) -> Json:
    return {}


def _nap(platform: Platform) -> Json:
    time.sleep(_NAP_S)
    return {}


def _doze(platform: Platform) -> Json:
    time.sleep(_DOZE_S)
    return {}


def _rest(platform: Platform) -> Json:
    time.sleep(_REST_S)
    return {}


def _until_the_stroke(platform: Platform) -> Json:
    """Ends together with whatever else began in the same twentieth of a second, in whichever process."""
    time.sleep(_STROKE_S - time.time() % _STROKE_S)
    return {}


def _file(platform: Platform) -> Json:
    with platform.storage.receive() as incoming:
        incoming.write(os.urandom(4096))
    time.sleep(_NAP_S)
    return {"files": {incoming.digest: incoming.size}}


def _projector(stage: str) -> Projector:
    def project(conn: Connection, job_id: str, owner_id: str, result: Json) -> None:
        project_common(conn, job_id, owner_id, stage, result)
        row = {"job_id": job_id, "stage": stage, "piece": result.get("piece", 0), "at": now_us()}
        conn.execute(insert(EFFECTS).values(**row))

    return project


_CHORES: Mapping[str, Chore] = {
    **CHORES,
    "noop": _nothing,
    "tick": _nothing,
    "note": _nap,
    "doze": _doze,
    "rest": _rest,
    "file": _file,
    **dict.fromkeys(("meet_a", "meet_b", "meet_c"), _until_the_stroke),
    "meet": _nothing,
    **dict.fromkeys(("chain_one", "chain_two", "chain_three"), _nap),
}
_PROJECTORS = {
    stage.name: _projector(stage.name)
    for stage in CATALOGUE.stages
    if stage.name not in (*CHORES, "noop")  # a no-op is measured, not witnessed
}

LAB = Repertoire(CATALOGUE, _PROJECTORS, _CHORES, "benchmarks.lab.functions", SCHEDULE_S)
