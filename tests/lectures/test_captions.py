"""Captions: parsed back, they hold every word, in time, within the rules of subtitling."""

from __future__ import annotations

import html
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.lectures.captions import chapters_webvtt, subrip, webvtt
from app.lectures.model import Interval, Sentence, SpokenWord, Transcript

TALK = (
    "Good morning, and welcome to the third lecture on sorting. Yes. "
    "The idea is simple: cut the list in half, sort each half, and then merge the two sorted halves "
    "into one list that holds all of the elements of the list we started from, in order. "
    "Right? Each element is copied exactly once, so merging takes linear time and linear space."
)
STAMP = r"(\d\d):(\d\d):(\d\d)[.,](\d{3})"
Parsed = list[tuple[float, float, list[str]]]


def spoken(text: str, *, step: float = 0.35, start: float = 0.0) -> Transcript:
    sentences, clock = [], start
    for sentence in re.split(r"(?<=[.?!]) ", text):
        words = []
        for word in sentence.split():
            words.append(SpokenWord(text=word, start_s=clock, end_s=clock + 0.8 * step, probability=1))
            clock += step
        sentences.append(Sentence(words=tuple(words)))
        clock += 0.4
    return Transcript(language="en", model="m", sentences=tuple(sentences), duration_s=clock + 5)


def parsed(text: str, *, escaped: bool) -> Parsed:
    """A strict reader: blocks parted by blank lines, one arrow a block."""
    result: Parsed = []
    for block in re.split(r"\n\n+", text.strip()):
        if block == "WEBVTT":
            continue
        lines = block.split("\n")
        if "-->" not in lines[0]:
            assert lines.pop(0).isdigit()
        times = re.fullmatch(f"{STAMP} --> {STAMP}", lines[0])
        assert times is not None, block
        h, m, s, ms, h2, m2, s2, ms2 = map(int, times.groups())
        assert not any("-->" in line for line in lines[1:])
        body = [html.unescape(line) if escaped else line for line in lines[1:]]
        result.append((h * 3600 + m * 60 + s + ms / 1000, h2 * 3600 + m2 * 60 + s2 + ms2 / 1000, body))
    return result


@pytest.mark.parametrize("form", ["vtt", "srt"])
def test_every_word_once_within_the_rules(form: str) -> None:
    talk = spoken(TALK, start=3598)
    text = webvtt(talk) if form == "vtt" else subrip(talk)
    assert text.startswith("WEBVTT\n\n" if form == "vtt" else "1\n00:59:58,000 --> ")
    cues = parsed(text, escaped=form == "vtt")
    assert " ".join(" ".join(lines) for _, _, lines in cues) == TALK
    clock = 0.0
    for start, end, lines in cues:
        assert clock <= start
        assert 1.0 <= end - start <= 7.0
        assert 1 <= len(lines) <= 2
        assert max(map(len, lines)) <= 42
        clock = end


def test_each_word_is_spoken_while_it_is_shown() -> None:
    talk = spoken(TALK)
    words = iter([word for sentence in talk.sentences for word in sentence.words])
    for start, end, lines in parsed(webvtt(talk), escaped=True):
        for text in " ".join(lines).split():
            word = next(words)
            assert word.text == text
            assert start <= word.start_s + 0.001
            assert word.end_s <= end + 0.001


def test_cues_and_lines_break_at_clauses() -> None:
    cues = [lines for _, _, lines in parsed(webvtt(spoken(TALK)), escaped=True)]
    ends = [lines[-1] for lines in cues]
    assert sum(end.endswith((".", ",", "?", ":")) for end in ends) >= len(ends) - 2
    dangling = ("the", "a", "of", "in", "and", "to", "that", "into", "so")
    assert not [line for lines in cues for line in lines if line.split()[-1] in dangling]


def test_a_pause_ends_a_cue() -> None:
    first, second = spoken("we sort"), spoken("then merge.", start=20)
    talk = first.model_copy(update={"sentences": first.sentences + second.sentences, "duration_s": 30.0})
    cues = parsed(webvtt(talk), escaped=True)
    assert [lines for _, _, lines in cues] == [["we sort"], ["then merge."]]
    assert cues[0][1] < 3


def test_markup_and_arrows_in_speech_are_text() -> None:
    text = "if a<b && b>c --> a<c <i>done</i> &amp;."
    assert "<i>" not in webvtt(spoken(text))
    assert [" ".join(lines) for _, _, lines in parsed(webvtt(spoken(text)), escaped=True)] == [text]
    ((_, _, lines),) = parsed(subrip(spoken(text)), escaped=False)
    assert " ".join(lines) == text.replace("-->", "→")


def test_nothing_said() -> None:
    silent = Transcript(language="", model="m", sentences=(), duration_s=60)
    assert webvtt(silent) == "WEBVTT\n"
    assert subrip(silent) == ""


def test_chapters() -> None:
    text = chapters_webvtt(
        [
            ("Merging\n& <sorting>", Interval(start_s=60.5, end_s=7300)),
            ("Welcome", Interval(start_s=0, end_s=61)),
            ("", Interval(start_s=7300, end_s=7400)),
            ("Nothing", Interval(start_s=7400, end_s=7400)),
        ]
    )
    assert parsed(text, escaped=True) == [
        (0, 60.5, ["Welcome"]),
        (60.5, 7300, ["Merging & <sorting>"]),
        (7300, 7400, ["Part 3"]),
    ]


WORD = st.tuples(
    st.text(st.sampled_from("abc,.<&>-é"), min_size=1, max_size=60),
    st.floats(0, 3),  # silence before it
    st.floats(0, 4),  # its length
    st.booleans(),  # whether a sentence ends after it
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORD, max_size=60))
def test_any_transcript_gives_ordered_cues_with_all_the_text(
    words: list[tuple[str, float, float, bool]],
) -> None:
    sentences: list[Sentence] = []
    current: list[SpokenWord] = []
    clock = 0.0
    for place, (text, gap, length, ends) in enumerate(words):
        current.append(SpokenWord(text=text, start_s=clock + gap, end_s=clock + gap + length, probability=1))
        clock += gap + length
        if ends or place == len(words) - 1:
            sentences.append(Sentence(words=tuple(current)))
            current = []
    talk = Transcript(language="en", model="m", sentences=tuple(sentences), duration_s=clock)
    cues = parsed(webvtt(talk), escaped=True)
    shown = "".join("".join(lines) for _, _, lines in cues).replace(" ", "")
    assert shown == "".join(text for text, *_ in words)
    for _, _, lines in cues:
        assert len(lines) <= 2
        assert max(map(len, lines)) <= 42
    for (_, end, _), (start, _, _) in pairwise(cues):
        assert end <= start
