"""The main job on the sample recording, as a user sees it, on both stacks, judged against its truth."""

from __future__ import annotations

import json
import re
from typing import Any

import pypdfium2
import pytest

from tests.e2e import judge
from tests.stack import ROOT, Stack

pytestmark = pytest.mark.services
SAMPLE = ROOT / "samples" / "lecture.mp4"
TRUTH: dict[str, Any] = json.loads((ROOT / "samples" / "truth.json").read_text())


@pytest.fixture(scope="package")
def done(stack: Stack) -> tuple[Stack, dict[str, Any]]:
    """The sample, submitted and finished, its sound split into pieces of a minute."""
    job_id = stack.submit(SAMPLE, params=json.dumps({"chunk_s": 60}))
    document = stack.wait(job_id, 280)
    assert document["status"] == "succeeded", document
    return stack, document


def _listing(done: tuple[Stack, dict[str, Any]]) -> list[dict[str, Any]]:
    listing: list[dict[str, Any]] = json.loads(done[0].artifact(done[1]["id"], "slides.json"))
    return listing


def _notes(done: tuple[Stack, dict[str, Any]]) -> dict[str, Any]:
    notes: dict[str, Any] = json.loads(done[0].artifact(done[1]["id"], "notes.json"))
    return notes


def test_slides_change_when_they_changed(done: tuple[Stack, dict[str, Any]]) -> None:
    listing = _listing(done)
    assert judge.transition_f1(TRUTH, listing).f1 >= 0.95
    assert len({entry["slide_id"] for entry in listing}) == len(TRUTH["slides"])
    stack, document = done
    slides = stack.http.get(f"{stack.url}/api/jobs/{document['id']}/slides", timeout=30).json()["slides"]
    assert max(len(slide["intervals"]) for slide in slides) == 2, "the return to an earlier slide"
    picture = stack.http.get(f"{stack.url}/api/jobs/{document['id']}/slides/1/image", timeout=30)
    assert picture.headers["Content-Type"].startswith("image/")


def test_what_was_said_is_written_down(done: tuple[Stack, dict[str, Any]]) -> None:
    transcript = json.loads(done[0].artifact(done[1]["id"], "transcript.json"))
    said = " ".join(sentence["text"] for sentence in TRUTH["sentences"])
    heard = " ".join(sentence["text"] for sentence in transcript["sentences"])
    assert judge.word_error_rate(said, heard) <= 0.15


def test_each_sentence_finds_its_slide(done: tuple[Stack, dict[str, Any]]) -> None:
    sentences = _notes(done)["sentences"]
    assert judge.sentence_slide_accuracy(TRUTH, sentences, _listing(done)) >= 0.9


def test_sections_and_terms_are_found(done: tuple[Stack, dict[str, Any]]) -> None:
    notes = _notes(done)
    sections = [{"title": s["title"], "start_s": s["interval"]["start_s"]} for s in notes["sections"]]
    assert judge.sections_found(TRUTH, sections).recall == 1.0, sections
    terms = [term for section in notes["sections"] for term in section["terms"]]
    assert judge.terms_found(TRUTH, terms).recall >= 0.75, terms


def test_every_promised_file_is_there_and_whole(done: tuple[Stack, dict[str, Any]]) -> None:
    stack, document = done
    artifacts = stack.http.get(f"{stack.url}/api/jobs/{document['id']}/artifacts", timeout=30).json()
    sizes = {a["name"]: a["size"] for a in artifacts["artifacts"]}
    promised = {
        "slides.json",
        "slides.pdf",
        "transcript.json",
        "captions.vtt",
        "captions.srt",
        "transcript.txt",
        "chapters.vtt",
        "study_guide.pdf",
        "study_guide.md",
        "study_guide.html",
        "terms.json",
    }
    assert promised <= set(sizes)
    for name in promised:
        assert len(stack.artifact(document["id"], name)) == sizes[name] > 0
    guide = pypdfium2.PdfDocument(stack.artifact(document["id"], "study_guide.pdf"))
    text = "".join(page.get_textpage().get_text_range() for page in guide)
    for section in _notes(done)["sections"]:
        assert section["title"].split()[0] in text
    guide.close()
    deck = pypdfium2.PdfDocument(stack.artifact(document["id"], "slides.pdf"))
    assert len(deck) == len(TRUTH["slides"])
    deck.close()
    assert stack.artifact(document["id"], "captions.vtt").startswith(b"WEBVTT")


def test_every_stage_was_measured(done: tuple[Stack, dict[str, Any]]) -> None:
    stack, document = done
    metrics = stack.http.get(f"{stack.url}/api/jobs/{document['id']}/metrics", timeout=30).json()
    runs = {run["stage"]: run for run in metrics["metrics"]}
    assert set(runs) == {stage["name"] for stage in document["stages"]}
    for run in runs.values():
        assert run["processing_time"] > 0
        assert run["cpu_time"] > 0
        assert run["peak_memory_usage"] > 10_000_000


def test_the_sound_was_heard_by_several_workers(done: tuple[Stack, dict[str, Any]]) -> None:
    stack, document = done
    chunks = [stage for stage in document["stages"] if stage["name"] == "transcribe_chunk"]
    assert len(chunks) >= 3
    assert len({chunk["worker"] for chunk in chunks}) >= 2
    whole = stack.wait(stack.submit(SAMPLE), 280)
    assert len([s for s in whole["stages"] if s["name"] == "transcribe_chunk"]) == 1
    texts = [
        " ".join(s["text"] for s in json.loads(stack.artifact(i, "transcript.json"))["sentences"])
        for i in (document["id"], whole["id"])
    ]
    assert judge.word_error_rate(*texts) <= 0.03


def test_the_same_lecture_again_runs_no_stage(done: tuple[Stack, dict[str, Any]]) -> None:
    stack, first = done
    again = stack.wait(stack.submit(SAMPLE, params=json.dumps({"chunk_s": 60})), 60)
    assert again["status"] == "succeeded"
    metrics = stack.http.get(f"{stack.url}/api/jobs/{again['id']}/metrics", timeout=30).json()
    assert all(run["reused"] for run in metrics["metrics"])
    for name in ("study_guide.pdf", "transcript.json", "slides.json"):
        assert stack.artifact(again["id"], name) == stack.artifact(first["id"], name)


def test_events_tell_the_whole_story(done: tuple[Stack, dict[str, Any]]) -> None:
    stack, document = done
    with stack.http.get(f"{stack.url}/api/jobs/{document['id']}/events", stream=True, timeout=30) as stream:
        lines = [line.decode() for line in stream.iter_lines() if line]
    numbers = [int(line.split(":", 1)[1]) for line in lines if line.startswith("id:")]
    assert numbers == list(range(1, document["version"] + 1))
    assert any("job.succeeded" in line for line in lines)


def test_a_sentence_of_the_guide_leads_to_its_second(done: tuple[Stack, dict[str, Any]]) -> None:
    stack, document = done
    markdown = stack.artifact(document["id"], "study_guide.md").decode()
    found = re.search(rf"({stack.url}/api/recordings/[0-9a-f]{{64}})#t=\d", markdown)
    assert found is not None
    link = found[1]
    part = stack.http.get(link, headers={"Range": "bytes=0-99"}, timeout=30)
    assert (part.status_code, part.content) == (206, SAMPLE.read_bytes()[:100])
