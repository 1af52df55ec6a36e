"""Read a transcript from subtitles: SubRip, WebVTT, or lists of timed words as faster-whisper prints them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from app.errors import BadMedia, TooLarge
from app.lectures.model import SpokenWord, Transcript
from app.lectures.speech.sentences import join
from app.lectures.speech.values import ChunkTranscript

_MOST_BYTES = 64_000_000  # a day of words, each with its times
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
# 00:01:02,000 --> 00:01:03,500 · 01:02.000 --> 01:03.500 align:start · [00:01:02.000 --> 00:01:03.500] word
_CUE = re.compile(rf"^\s*\[?{_TIME}\s*-->\s*{_TIME}(?:\]\s?(?P<text>.*)|\s.*)?$")
_TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_NUMBER = re.compile(r"\d+")


def read_subtitles(path: Path) -> Transcript:
    """Words timed within their cue by their length, joined into sentences (see `speech.join`).

    Times are seconds. BadMedia if no cue is found, TooLarge beyond 64 MB.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise TooLarge("The transcript is larger than 64 MB.")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # what older subtitle editors wrote
    words = [word for start_s, end_s, said in _cues(text) for word in _words(said, start_s, end_s)]
    if not words:
        raise BadMedia("No timed text was found in the transcript; SRT and VTT files are read.")
    words.sort(key=lambda word: word.start_s)
    duration_s = max(word.end_s for word in words)
    heard = ChunkTranscript(index=0, offset_s=0.0, duration_s=duration_s, words=tuple(words))
    return join([heard], duration_s=duration_s, model="")


def _cues(text: str) -> Iterator[tuple[float, float, str]]:
    """(start, end, text) of each cue; a cue's text goes on until a blank line or the next cue."""
    start_s = end_s = 0.0
    lines: list[str] | None = None
    for line in [*text.splitlines(), ""]:
        found = _CUE.match(line)
        if found is None and line.strip():
            if lines is not None:
                lines.append(line)
            continue
        if lines is not None:
            if found and len(lines) > 1 and _NUMBER.fullmatch(lines[-1].strip()):
                lines.pop()  # the next cue's number, where no blank line stands before it
            yield start_s, end_s, " ".join(lines)
            lines = None
        if found:
            times = found.groups()
            start_s, end_s = _seconds(*times[0:4]), _seconds(*times[4:8])
            lines = [found["text"]] if found["text"] else []


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


def _words(text: str, start_s: float, end_s: float) -> Iterator[SpokenWord]:
    said = html.unescape(_TAG.sub("", text)).split()
    total = sum(len(word) + 1 for word in said)
    at = 0
    for word in said:
        begin = start_s + (end_s - start_s) * at / total
        at += len(word) + 1
        end = start_s + (end_s - start_s) * at / total
        yield SpokenWord(text=word, start_s=begin, end_s=max(begin, end), probability=1.0)
