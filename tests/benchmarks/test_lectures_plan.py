"""Planned lectures: what is true of every sentence."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pypdfium2 as pdfium

from benchmarks.lectures import make as maker
from benchmarks.lectures import prose, voice
from benchmarks.lectures.plan import plan, spoken_pages


def pages() -> list[prose.PageTalk]:
    return prose.at_length(prose.course(), 20)


def test_the_course_is_long_and_repeats_nothing() -> None:
    said = [sentence for page in prose.course() for sentence in page.sentences]
    assert sum(map(prose.seconds_of, said)) > 65 * 60
    assert len(set(said)) == len(said)
    assert all(sentence.endswith(".") and "_" not in sentence for sentence in said)


def test_sentences_do_not_overlap_and_the_screen_has_no_gaps() -> None:
    lecture = plan(pages(), prose.seconds_of, seed=5)
    assert all(a.end_s < b.start_s for a, b in pairwise(lecture.said))
    assert lecture.shown[0].start_s == 0
    assert lecture.shown[-1].end_s == lecture.duration_s
    assert all(a.end_s == b.start_s for a, b in pairwise(lecture.shown))
    assert all(a.page != b.page for a, b in pairwise(lecture.shown))


def test_pages_are_skipped_shown_again_and_left_for_the_speaker() -> None:
    lectures = [plan(pages(), prose.seconds_of, seed=seed) for seed in range(8)]
    numbers = [[shown.page for shown in lecture.shown] for lecture in lectures]
    assert any(None in shown for shown in numbers)
    assert any(len(set(shown) - {None}) < len(pages()) for shown in numbers)
    revisits = [
        shown for shown in numbers if any(a > b for a, b in pairwise([page for page in shown if page]))
    ]
    assert revisits
    elsewhere = [s for lecture in lectures for s in lecture.said if lecture.on_screen(s.start_s) != s.page]
    assert elsewhere  # a page is turned late or early: the screen is not the truth


def test_a_length_is_kept() -> None:
    lecture = plan(pages(), prose.seconds_of, seed=1, duration_s=300)
    assert lecture.duration_s == 300
    assert 280 < lecture.said[-1].end_s < 300


def test_a_deck_without_words_of_its_own_is_spoken_about(tmp_path: Path) -> None:
    drawn = prose.at_length(prose.course(), 3)
    maker.deck.write(drawn, tmp_path / "deck.pdf")
    talk = prose.from_deck(tmp_path / "deck.pdf", random.Random(1))
    assert len(talk) == len(drawn)
    assert any(drawn[0].title in sentence for sentence in talk[0].sentences)


def test_a_lecture_is_written_with_its_truth(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """With tones in place of the voice, which is installed for benchmarks alone."""
    monkeypatch.setenv("LECTERN_STATE", str(tmp_path / "state"))
    chosen = prose.at_length(prose.course(), 0.8)
    folder = tmp_path / "state" / "bench" / "voice" / "joe"
    folder.mkdir(parents=True)
    (folder / "rate").write_text("16000")
    for _, said in spoken_pages(chosen, 2):
        for sentence in said:
            tone = np.sin(np.arange(16000) * 0.2) * 8000
            np.save(voice.sound_file(folder, sentence), tone.astype(np.int16))
    truth = maker.make(chosen, tmp_path / "out", maker.Options(seed=2, height=180, fps=5))
    facts = json.loads(truth.read_text())
    with pdfium.PdfDocument(tmp_path / "out" / "deck.pdf") as document:
        assert len(document) == facts["pages"] == len(chosen)
    with av.open(str(tmp_path / "out" / "video.mp4")) as container:
        assert float(container.duration or 0) / 1e6 - facts["duration_s"] < 0.3
        sound = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    for sentence in facts["sentences"]:
        middle = (sentence["start_s"] + sentence["end_s"]) / 2
        heard = sound[int(middle * 48000) : int((middle + 0.1) * 48000)]
        assert np.abs(heard).mean() > 0.05, sentence
