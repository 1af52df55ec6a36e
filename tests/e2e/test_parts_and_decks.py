"""A recording looked at in parts, and a deck beside it, on both stacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.decks import NOT_SHOWN, locked_deck, other_deck, sample_deck
from tests.e2e import judge
from tests.e2e.test_lecture import SAMPLE, TRUTH, done  # noqa: F401 - a fixture: its speech is heard once
from tests.stack import ROOT, Stack, wait_for
from tests.tracks import only

pytestmark = pytest.mark.services
SPEECH = ROOT / "tests" / "fixtures" / "speech" / "lecture.ogg"
PARTS = json.dumps({"chunk_s": 60, "part_s": 50})
Done = tuple[Stack, dict[str, Any]]


def submit(stack: Stack, recording: Path, deck: Path, **fields: str) -> str:
    with recording.open("rb") as file, deck.open("rb") as pages:
        files = {"deck": (deck.name, pages), "file": (recording.name, file)}
        answer = stack.http.post(f"{stack.url}/api/jobs", files=files, data=fields, timeout=60)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def slides(stack: Stack, job_id: str) -> list[dict[str, Any]]:
    answer = stack.http.get(f"{stack.url}/api/jobs/{job_id}/slides", timeout=30)
    found: list[dict[str, Any]] = answer.json()["slides"]
    return found


def looks(found: list[dict[str, Any]]) -> list[Any]:
    return [slide["intervals"] for slide in found]


@pytest.fixture(scope="package")
def decked(done: Done, tmp_path_factory: pytest.TempPathFactory) -> tuple[Stack, dict[str, Any], list[Any]]:  # noqa: F811
    """The sample in parts with its deck; and the first slides that were seen of it."""
    stack = done[0]
    deck = sample_deck(tmp_path_factory.mktemp("deck") / "hash tables.pdf")
    job_id = submit(stack, SAMPLE, deck, params=PARTS)
    first = wait_for(lambda: slides(stack, job_id), 200, "first slides", every_s=0.05)
    document = stack.wait(job_id, 280)
    assert document["status"] == "succeeded", document
    return stack, document, first


def test_slides_are_shown_while_the_rest_is_looked_at(
    decked: tuple[Stack, dict[str, Any], list[Any]],
    done: Done,  # noqa: F811
) -> None:
    stack, document, first = decked
    assert all(slide["provisional"] for slide in first)
    assert len([stage for stage in document["stages"] if stage["name"] == "extract_part"]) >= 3
    final = slides(stack, document["id"])
    assert not any(slide["provisional"] for slide in final)
    assert [slide["number"] for slide in final] == list(range(1, len(final) + 1))
    assert looks(final) == looks(slides(stack, done[1]["id"])), "in parts or in one piece"
    gone = stack.http.get(stack.url + first[0]["image"], timeout=30)
    assert gone.status_code == 404, "what was provisional is replaced"


def test_each_slide_is_the_decks_own_page(decked: tuple[Stack, dict[str, Any], list[Any]]) -> None:
    stack, document, _ = decked
    found = slides(stack, document["id"])
    pages = [page for page in range(1, 12) if page != NOT_SHOWN]
    assert [slide["deck_page"] for slide in found] == pages
    for slide in (found[0], found[-1]):
        clean, recorded = (
            stack.http.get(stack.url + slide[k], timeout=30) for k in ("image", "recorded_image")
        )
        assert clean.ok
        assert recorded.ok
        assert clean.content != recorded.content
        assert clean.content == stack.artifact(document["id"], f"slides/{slide['image_name']}")
    assert stack.http.get(stack.url + document["links"]["deck"], timeout=30).content[:5] == b"%PDF-"


def test_sentences_have_pages_and_what_was_not_shown_is_listed(
    decked: tuple[Stack, dict[str, Any], list[Any]],
) -> None:
    stack, document, _ = decked
    account = json.loads(stack.artifact(document["id"], "deck.json"))
    assert [page["page"] for page in account["not_shown"]] == [NOT_SHOWN]
    said = json.loads(stack.artifact(document["id"], "transcript.json"))["sentences"]
    assert pages_right(said) >= 0.9
    guide = stack.artifact(document["id"], "study_guide.md").decode()
    assert "## Pages of the deck that were not shown" in guide
    assert f"- Page {NOT_SHOWN}" in guide
    assert "page 7 of the deck" in guide


def pages_right(said: list[dict[str, Any]]) -> float:
    """Share of the true sentences whose page was found."""
    order = list(dict.fromkeys(slide["slide_id"] for slide in TRUTH["slides"]))
    listing = [
        {"slide_id": f"s{page:03d}", "start_s": start, "end_s": end}
        for at, name in enumerate(order)
        for page in [at + 1 if at + 1 < NOT_SHOWN else at + 2]
        for slide in TRUTH["slides"]
        if slide["slide_id"] == name
        for start, end in slide["intervals"]
    ]
    return judge.sentence_slide_accuracy(TRUTH, [s | {"slide": s["page"]} for s in said], listing)


def test_sound_and_a_deck_give_a_guide_with_pages(done: Done, tmp_path: Path) -> None:  # noqa: F811
    stack = done[0]
    job_id = submit(stack, only("audio", SAMPLE, tmp_path / "talk.m4a"), sample_deck(tmp_path / "deck.pdf"))
    document = stack.wait(job_id, 280)
    assert document["status"] == "succeeded", document
    found = slides(stack, job_id)
    assert len(found) >= 5
    assert all(slide["deck_page"] and slide["recorded_image"] is None for slide in found)
    said = json.loads(stack.artifact(job_id, "transcript.json"))["sentences"]
    assert pages_right(said) >= 0.7
    guide = stack.artifact(job_id, "study_guide.md").decode()
    assert f"(<slides/{found[0]['image_name']}>)" in guide
    account = json.loads(stack.artifact(job_id, "deck.json"))
    used = {sentence["page"] for sentence in said}
    assert account["on_screen"] is False
    assert [page["page"] for page in account["not_shown"]] == [p for p in range(1, 12) if p not in used]
    assert ("not spoken to" in guide) == bool(account["not_shown"])
    assert "were not shown" not in guide
    assert stack.artifact(job_id, "slides.pdf")[:5] == b"%PDF-"


def test_a_locked_deck_is_named_and_the_recording_still_gives_its_own(stack: Stack, tmp_path: Path) -> None:
    document = stack.wait(submit(stack, SPEECH, locked_deck(tmp_path / "locked.pdf")), 120)
    assert document["status"] == "succeeded", document
    (reading,) = (stage for stage in document["stages"] if stage["name"] == "read_deck")
    assert (reading["state"], reading["failures"], reading["error"]["code"]) == ("failed", 1, "bad_media")
    assert any("locked with a password" in warning for warning in document["warnings"])
    guide = stack.artifact(document["id"], "study_guide.md").decode()
    assert "The deck could not be used." in guide


def test_a_deck_of_another_lecture_is_left_aside(done: Done, tmp_path: Path) -> None:  # noqa: F811
    stack, first = done
    job_id = submit(stack, SAMPLE, other_deck(tmp_path / "biology.pdf"), params=json.dumps({"chunk_s": 60}))
    document = stack.wait(job_id, 200)
    assert document["status"] == "succeeded", document
    assert any("does it belong to it?" in warning for warning in document["warnings"])
    found = slides(stack, job_id)
    assert looks(found) == looks(slides(stack, first["id"]))
    assert {slide["deck_page"] for slide in found} == {None}
    assert json.loads(stack.artifact(job_id, "deck.json"))["not_shown"] == []
