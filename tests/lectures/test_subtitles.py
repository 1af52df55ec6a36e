"""Transcripts out of SRT, VTT and word lists."""

from __future__ import annotations

import pytest

from app.errors import BadMedia
from app.lectures.captions import subrip, webvtt
from app.lectures.model import Sentence, SpokenWord, Transcript
from app.lectures.subtitles import read_subtitles

SRT = (
    "1\r\n00:00:01,000 --> 00:00:03,000\r\nWelcome to\r\nthe <i>course</i>.\r\n\r\n"
    "2\r\n01:00:04,500 --> 01:00:06,000\r\nToday: caf\u00e9s &amp; hashing.\r\n"
)
VTT = (
    "WEBVTT\n\nNOTE nothing\n\nid\n00:01.000 --> 00:03.000 align:start\nWelcome to the course.\n\n"
    "01:00:04.500 --> 01:00:06.000\nToday: cafés &amp; hashing.\n"
)
WORDS = """\
[00:00:01.000 --> 00:00:01.500] Welcome
[00:00:01.500 --> 00:00:02.000] to
[00:00:02.000 --> 00:00:02.200] the
[00:00:02.200 --> 00:00:03.000] course.
[01:00:04.500 --> 01:00:05.000] Today:
[01:00:05.000 --> 01:00:05.300] cafés
[01:00:05.300 --> 01:00:05.400] &
[01:00:05.400 --> 01:00:06.000] hashing.
"""


@pytest.mark.parametrize("text", [SRT, VTT, WORDS, "\ufeff" + SRT])
def test_every_kind_gives_the_same_sentences(text, tmp_path):
    (file := tmp_path / "talk").write_text(text, encoding="utf-8", newline="")
    transcript = read_subtitles(file)
    assert [s.text for s in transcript.sentences] == ["Welcome to the course.", "Today: cafés & hashing."]
    assert [(s.start_s, s.end_s) for s in transcript.sentences] == [(1.0, 3.0), (3604.5, 3606.0)]
    assert transcript.duration_s == 3606.0


def test_words_share_a_cue_by_their_length(tmp_path):
    (file := tmp_path / "a.srt").write_text("1\n00:00:00,000 --> 00:00:10,000\na incomprehensible\n")
    first, second = read_subtitles(file).sentences[0].words
    assert first.end_s == second.start_s
    assert first.end_s - first.start_s < 2


def test_cues_without_blank_lines_and_other_encodings(tmp_path):
    (file := tmp_path / "a.srt").write_bytes(
        "1\n00:00:01,0 --> 00:00:02,0\nDas wäre\n2\n00:00:02,0 --> 00:00:03,0\nalles.\n".encode("cp1252")
    )
    assert [s.text for s in read_subtitles(file).sentences] == ["Das wäre alles."]


@pytest.mark.parametrize("write", [subrip, webvtt])
def test_our_own_captions_are_read_again(write, tmp_path):
    words = tuple(
        SpokenWord(text=text, start_s=float(i), end_s=i + 0.9, probability=1.0)
        for i, text in enumerate(["Here", "a", "<", "b", "&", "so", "on."])
    )
    transcript = Transcript(language="en", model="", sentences=(Sentence(words=words),), duration_s=9.0)
    (file := tmp_path / "own").write_text(write(transcript), encoding="utf-8")
    assert [s.text for s in read_subtitles(file).sentences] == ["Here a < b & so on."]


@pytest.mark.parametrize("text", ["", "Dear students", "1\n00:00:01,000 --> 00:00:02,000\n\n"])
def test_what_holds_no_timed_text_is_refused(text, tmp_path):
    (file := tmp_path / "talk.srt").write_text(text)
    with pytest.raises(BadMedia, match="SRT and VTT"):
        read_subtitles(file)
