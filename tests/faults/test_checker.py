"""The checker can find what it looks for: each breach is made by hand, and told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg2
import pytest

from benchmarks.faults.checker import acknowledged, judge
from benchmarks.faults.rig import percentile, recoveries
from benchmarks.lab.repertoire import prepare

CONTENT = b"an effect"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
GOOD = f"""
    INSERT INTO files (digest, size, touched_at) VALUES ('{DIGEST}', 9, 0);
    INSERT INTO jobs (id, owner_id, kind, status, version, params, source, warnings, created_at)
    VALUES ('j', 'local', 'write', 'succeeded', 2, '{{}}', '{{}}', '[]', 0);
    INSERT INTO stages (job_id, owner_id, name, queue, after, state, params)
    VALUES ('j', 'local', 'write', 'extraction', '[]', 'succeeded', '{{}}');
    INSERT INTO events (job_id, version, owner_id, type, data, at) VALUES
      ('j', 1, 'local', 'stage.started', '{{"stage": "write", "chunk": 0}}', 0),
      ('j', 2, 'local', 'stage.succeeded', '{{"stage": "write", "chunk": 0}}', 0);
    INSERT INTO lab_effects (job_id, stage, piece, at) VALUES ('j', 'write', 0, 0);
    INSERT INTO artifacts (job_id, owner_id, name, digest, media_type, size, stage)
    VALUES ('j', 'local', 'effect.bin', '{DIGEST}', 'x/y', 9, 'write');
"""
BREACHES = {
    "a lost job": ("DELETE FROM jobs", "lost", "no row"),
    "a job that never ended": ("UPDATE jobs SET status = 'running'", "live", "running"),
    "a doubled effect": ("INSERT INTO lab_effects SELECT * FROM lab_effects", "doubled", "committed twice"),
    "a doubled success": (
        "UPDATE events SET type = 'stage.succeeded' WHERE version = 1",
        "doubled",
        "success told twice",
    ),
    "a live stage of an ended job": ("UPDATE stages SET state = 'ready'", "half", "with a live stage"),
    "a job of which nothing lives": ("UPDATE jobs SET status = 'running'", "half", "no live stage"),
    "nobody's lease": ("UPDATE stages SET state = 'running'", "half", "under no lease"),
    "waiting for ever": ("UPDATE stages SET state = 'waiting'", "half", "waits for what has ended"),
    "a lost event": ("DELETE FROM events WHERE version = 1", "half", "a gap in the events"),
    "a success without effect": ("DELETE FROM lab_effects", "half", "without its effect"),
    "an effect without success": ("UPDATE stages SET state = 'failed'", "half", "did not succeed"),
}


def run(url: str, sql: str) -> None:
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
    connection.close()


@pytest.fixture
def kept(postgres_url: str, tmp_path: Path) -> tuple[str, Path]:
    """A database and a folder in which one job of the laboratory has succeeded."""
    prepare(postgres_url)
    run(postgres_url, GOOD)
    place = tmp_path / DIGEST[:2] / DIGEST
    place.parent.mkdir()
    place.write_bytes(CONTENT)
    return postgres_url, tmp_path


def test_each_breach_is_found_and_nothing_in_a_sound_database(kept: tuple[str, Path]) -> None:
    url, storage = kept
    sound = judge(url, storage, ["j"])
    assert sound == {
        "acknowledged": 1,
        "failed": 0,
        "lost": [],
        "live": [],
        "doubled": [],
        "half": [],
        "corrupt": [],
    }
    assert judge(url, storage, ["j", "j"])["doubled"] == [["j", "acknowledged twice"]]
    for name, (sql, where, said) in BREACHES.items():
        run(url, "DELETE FROM jobs; DELETE FROM lab_effects; DELETE FROM files;" + GOOD)
        run(url, sql)
        found = judge(url, storage, ["j"])[where]
        assert any(said in what for _, what in found), (name, found)


def test_files_that_are_gone_or_spoilt(kept: tuple[str, Path]) -> None:
    url, storage = kept
    place = storage / DIGEST[:2] / DIGEST
    place.write_bytes(b"another effect")
    assert "something else" in judge(url, storage, ["j"])["corrupt"][0][1]
    place.unlink()
    assert "not there" in judge(url, storage, ["j"])["corrupt"][0][1]


def test_notes_hold_an_id_a_line(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.write_text("a\t12\nb\n")
    assert acknowledged(notes) == ["a", "b"]


def test_a_recovery_runs_from_the_kill_to_the_next_claim() -> None:
    told = [
        ("j", "stage.started", "s", "0", "w@h/7", 10_000_000),
        ("j", "stage.lost", "s", "0", None, 30_000_000),
        ("j", "stage.started", "s", "0", "w@h/8", 31_000_000),
        ("j", "stage.lost", "s", "0", None, 50_000_000),  # nobody was killed: a lease that was late
        ("j", "stage.started", "s", "0", "w@h/9", 51_000_000),
    ]
    assert recoveries(told, [(7, 5_000_000), (7, 12_000_000), (9, 90_000_000)]) == [19.0]
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([], 0.99) == 0.0
