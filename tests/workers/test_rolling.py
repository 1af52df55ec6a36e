"""A rolling deploy: a job's earlier stages ran under the version before, the next runs under this one."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

from pydantic import BaseModel

from app.jobs import runs, status
from app.jobs.model import Done, Failed, Json, Outcome
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit
from app.lectures.model import Deck, MediaInfo, Sentence, SlideExtraction, SpokenWord, Transcript
from app.stages.catalogue import LECTURE
from app.store import reading
from tests.kinds import queue_of
from tests.workers.conftest import SPEECH, MakePlatform, upload
from workers.run import run_stage

_SAID = ("Hash tables keep keys in buckets.", "A good hash function spreads them.", "Buckets fill up.")


def kept(platform: Platform, *values: BaseModel, listed: bool = False) -> str:
    texts = [value.model_dump_json() for value in values]
    with platform.storage.receive() as incoming:
        incoming.write((f"[{','.join(texts)}]" if listed else texts[0]).encode())
    return incoming.digest


def sentence(text: str, start_s: float) -> Sentence:
    words = tuple(
        SpokenWord(text=word, start_s=start_s + n / 2, end_s=start_s + n / 2 + 0.4, probability=0.9)
        for n, word in enumerate(text.split())
    )
    return Sentence(words=words)


def made_before(platform: Platform, digest: str) -> dict[str, Outcome]:
    """What the stages came to under the version before; of `align_deck`: its code version 2."""
    assert LECTURE.stage("align_deck").code_version == 3, "its results have a new shape: write down the last"
    media = MediaInfo(duration_s=30.0, container="ogg", has_video=False, has_audio=True)
    said = tuple(sentence(text, 10.0 * n) for n, text in enumerate(_SAID))
    transcript = Transcript(language="en", model="tiny", sentences=said, duration_s=30.0)
    nothing_shown = SlideExtraction(slides=(), duration_s=30.0)
    found: dict[str, Json] = {
        "prepare": {"digest": digest, "fetched_name": "", "media": media.model_dump(mode="json")},
        "split_audio": {"has_sound": True, "duration_s": 30.0},
        "transcribe": {"transcript": kept(platform, transcript), "sentences": len(said)},
        "read_deck": {"digest": digest, "deck": kept(platform, Deck(kind="pdf", pages=())), "pictures": {}},
        "align_deck": {
            "extraction": kept(platform, nothing_shown),
            "texts": kept(platform, listed=True),
            "slides": [],
            "pages": kept(platform, listed=True),
            "embedded": None,
            "not_shown": [{"page": 2, "title": "Bloom Filters"}],
            "artifacts": [],
        },
    }
    done: dict[str, Outcome] = {name: Done({"warnings": [], **result}) for name, result in found.items()}
    return done | {"split_video": Failed("no_video", "There is no picture.", retryable=False)}


def run_as_before(platform: Platform, made: dict[str, Outcome]) -> None:
    """Claim and finish what there are results for; other messages stay."""
    queue = queue_of(platform)
    while of_before := [m for m in queue.messages if m.task.removeprefix("tasks.")[:-5] in made]:
        message = of_before[0]
        queue.messages.remove(message)
        claim = runs.claim(platform, message.job_id, message.stage_id, str(uuid.uuid4()), "before")
        assert claim is not None
        assert runs.finish(platform, claim, made[claim.name])


def test_the_analysis_takes_a_deck_that_was_aligned_by_the_version_before(
    make_platform: MakePlatform, tmp_path: Path
) -> None:
    platform = make_platform()
    deck = tmp_path / "deck.pdf"
    deck.write_bytes(b"%PDF-1.4 as it was then")
    source = upload(platform, SPEECH)
    command = NewJob("local", "lecture", source=source, deck=upload(platform, deck))
    job_id = submit(platform, command).job_id
    with platform.db.read() as conn:
        row = reading.job(conn, job_id)
    assert row is not None
    run_as_before(platform, made_before(platform, row.source_digest))
    (message,) = (m for m in queue_of(platform).messages if m.task == "tasks.analyze_content_task")
    run_stage(platform, message.job_id, message.stage_id, worker="now", stopping=threading.Event().is_set)
    stages = {s["name"]: s for s in status.read(platform, "local", job_id)["stages"]}
    assert stages["analyze_content"]["error"] is None
    assert (stages["align_deck"]["worker"], stages["analyze_content"]["worker"]) == ("before", "now")
    assert stages["analyze_content"]["state"] == "succeeded"
