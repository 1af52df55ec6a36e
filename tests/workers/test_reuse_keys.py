"""What makes a result another one, and what does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.jobs.model import Claim
from app.stages import reuse
from app.stages.catalogue import LECTURE
from app.stages.work import Options
from tests.conftest import settings_for

CLAIM = Claim(
    "job_1", 1, "ada", "lecture", "", 0, "lease", 0, 0, "title", {"language": "en", "chunk_s": 60}, {},
    {"digest": "d" * 64, "filename": "a.mp4", "size": 1}, None, 0.0, 2,
)  # fmt: skip


@pytest.fixture
def key(tmp_path: Path):  # type: ignore[no-untyped-def]
    def made(stage: str, claim: Claim = CLAIM, **environ: str) -> str | None:
        settings = settings_for(tmp_path, **environ)
        return reuse.key(settings, claim, LECTURE.stage(stage), {"prepare": [{"digest": "d"}]})

    return made


def test_another_title_hears_and_looks_no_second_time(key) -> None:  # type: ignore[no-untyped-def]
    other = replace(CLAIM, title="other", job_id="job_2", stage_id=9)
    for stage in (
        "split_video",
        "extract_part",
        "extract_slides",
        "split_audio",
        "transcribe_chunk",
        "read_slides",
    ):
        assert key(stage) == key(stage, other)
    for stage in ("analyze_content", "generate_pdf"):
        assert key(stage) != key(stage, other)


def test_each_stage_depends_on_its_own_settings_only(key) -> None:  # type: ignore[no-untyped-def]
    assert key("transcribe_chunk") != key("transcribe_chunk", WHISPER_MODEL="small")
    assert key("extract_slides") == key("extract_slides", WHISPER_MODEL="small")
    assert key("read_slides") != key("read_slides", OCR_LANGUAGE="deu")
    assert key("split_audio") != key("split_audio", replace(CLAIM, job_params={"chunk_s": 90}))
    assert key("split_video") != key("split_video", replace(CLAIM, job_params={"part_s": 90}))
    assert key("split_video") == key("split_video", replace(CLAIM, job_params={"chunk_s": 90}))


def test_a_deck_is_read_once_whatever_it_lies_beside(key) -> None:  # type: ignore[no-untyped-def]
    with_deck = replace(CLAIM, deck={"digest": "e" * 64, "filename": "d.pdf", "size": 1})
    elsewhere = replace(with_deck, source={"digest": "f" * 64, "filename": "b.mp4", "size": 2})
    assert key("read_deck", with_deck) == key("read_deck", elsewhere)
    assert key("read_deck", with_deck) != key("read_deck", replace(CLAIM, deck={"digest": "a" * 64}))
    assert key("extract_part", with_deck) == key("extract_part"), "the recording is looked at once"


def test_nobody_reuses_what_is_anothers(key) -> None:  # type: ignore[no-untyped-def]
    assert key("prepare") != key("prepare", replace(CLAIM, owner_id="bob"))


def test_an_address_may_give_something_else_tomorrow(tmp_path: Path) -> None:
    linked = replace(CLAIM, source={"url": "https://example.org/a.mp4"})
    assert reuse.key(settings_for(tmp_path), linked, LECTURE.stage("prepare"), {}) is None


def test_what_a_stage_depends_on_exists() -> None:
    known = {*Options.__dataclass_fields__, "title", "has_deck", "language", "chunk_s", "part_s"}
    for stage in LECTURE.stages:
        assert set(stage.depends) <= known
