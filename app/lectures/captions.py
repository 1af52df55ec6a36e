"""Captions (WebVTT, SubRip) and chapters from a transcript.

Cues follow the usual rules of subtitling (BBC and Netflix guides agree on them): at most two lines of
42 characters, one to seven seconds, broken where a clause ends, never two at once. The whole word
stream is cut at least cost by dynamic programming, as Knuth and Plass break paragraphs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.lectures.model import Interval, Transcript

LINE = 42  # characters
SHORTEST_S, LONGEST_S = 1.0, 7.0
_LINGER_S = 0.6  # a cue stays this long after its last word, if there is room
_READING = 17.0  # characters a second that adults read at ease
_PAUSE_S = 1.5  # longer ones always end a cue
# Words that open a clause or phrase: a good place to break before, a bad one to break after.
_OPENERS = {
    "and", "but", "or", "so", "because", "that", "which", "who", "when", "where", "while", "if", "than",
    "then", "as", "of", "in", "on", "at", "by", "for", "from", "to", "with", "into", "about", "over", "under",
    "between", "the", "a", "an",
}  # fmt: skip


@dataclass(frozen=True)
class _Token:
    text: str
    start_s: float
    end_s: float
    ends_sentence: bool


@dataclass(frozen=True)
class Cue:
    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


def webvtt(transcript: Transcript) -> str:
    """Captions as WebVTT (W3C); text is escaped, so `<`, `&` and `-->` in speech are safe."""
    parts = ["WEBVTT\n"]
    for number, cue in enumerate(cues(transcript), start=1):
        lines = "\n".join(_escaped(line) for line in cue.lines)
        parts.append(f"{number}\n{_time(cue.start_ms, '.')} --> {_time(cue.end_ms, '.')}\n{lines}\n")
    return "\n".join(parts)


def subrip(transcript: Transcript) -> str:
    """Captions as SubRip. It knows no escapes: an arrow in the speech becomes `→`."""
    parts = []
    for number, cue in enumerate(cues(transcript), start=1):
        lines = "\n".join(line.replace("-->", "→") for line in cue.lines)
        parts.append(f"{number}\n{_time(cue.start_ms, ',')} --> {_time(cue.end_ms, ',')}\n{lines}\n")
    return "\n".join(parts)


def chapters_webvtt(sections: Sequence[tuple[str, Interval]]) -> str:
    """Chapters as WebVTT: a cue per section, in order, each cut off where the next begins."""
    ordered = sorted(sections, key=lambda section: section[1].start_s)
    parts = ["WEBVTT\n"]
    for place, (title, interval) in enumerate(ordered):
        start, end = _ms(interval.start_s), _ms(interval.end_s)
        if place + 1 < len(ordered):
            end = min(end, _ms(ordered[place + 1][1].start_s))
        name = " ".join(title.split()) or f"Part {place + 1}"
        if end > start:
            parts.append(f"{_time(start, '.')} --> {_time(end, '.')}\n{_escaped(name)}\n")
    return "\n".join(parts)


def cues(transcript: Transcript) -> list[Cue]:
    """The captions as cues in order, none overlapping the next."""
    tokens = list(_tokens(transcript))
    groups = _groups(tokens)
    result: list[Cue] = []
    for place, (first, last) in enumerate(groups):
        words = tokens[first:last]
        limit = tokens[groups[place + 1][0]].start_s if place + 1 < len(groups) else transcript.duration_s
        lines = _lines([word.text for word in words])
        start, spoken = words[0].start_s, words[-1].end_s
        wanted = max(spoken + _LINGER_S, start + SHORTEST_S, start + sum(map(len, lines)) / _READING)
        # The words themselves stay covered; only what is added for reading gives way to the limits.
        end = max(min(wanted, start + LONGEST_S, limit), min(spoken, limit))
        start_ms = max(_ms(start), result[-1].end_ms if result else 0)
        result.append(Cue(start_ms, max(_ms(end), start_ms + 1), lines))
    return result


def _tokens(transcript: Transcript) -> Iterator[_Token]:
    for sentence in transcript.sentences:
        for place, word in enumerate(sentence.words):
            text = "".join(word.text.split())
            pieces = [text[i : i + LINE] for i in range(0, len(text), LINE)]
            share = (word.end_s - word.start_s) / max(len(pieces), 1)
            for number, piece in enumerate(pieces):
                start = word.start_s + number * share
                last = place == len(sentence.words) - 1 and number == len(pieces) - 1
                yield _Token(piece, start, start + share, last)


def _groups(tokens: Sequence[_Token]) -> list[tuple[int, int]]:
    """Ranges of tokens, one a cue, of least total cost."""
    best = [0.0] + [float("inf")] * len(tokens)
    begin = [0] * (len(tokens) + 1)
    for first in range(len(tokens)):
        inner = 0.0  # cost of the sentence ends within the cue
        for last in range(first + 1, len(tokens) + 1):
            words = tokens[first:last]
            if last - first > 1:
                before = tokens[last - 2]
                if words[-1].end_s - words[0].start_s > LONGEST_S or not _fits([w.text for w in words]):
                    break
                if words[-1].start_s - before.end_s > _PAUSE_S:
                    break
                inner += 1.0 if before.ends_sentence else 0.0
            after = tokens[last] if last < len(tokens) else None
            cost = best[first] + inner + _cost(words, after)
            if cost < best[last]:
                best[last], begin[last] = cost, first
    groups, end = [], len(tokens)
    while end:
        groups.append((begin[end], end))
        end = begin[end]
    return groups[::-1]


def _cost(words: Sequence[_Token], after: _Token | None) -> float:
    room = (after.start_s if after else words[-1].end_s + SHORTEST_S) - words[0].start_s
    hurry = 4.0 * max(0.0, SHORTEST_S - room) + (0.5 if room < 2 * SHORTEST_S else 0.0)
    return 1.0 + hurry + (0.0 if words[-1].ends_sentence else _break_cost(words[-1].text, after))


def _break_cost(text: str, after: _Token | None) -> float:
    if after is None:
        return 0.0
    if text.endswith((".", "?", "!", ";", ":")):
        return 0.2
    if text.endswith(","):
        return 0.6
    if text.lower() in _OPENERS:
        return 4.0
    return 1.5 if after.text.lower() in _OPENERS else 2.5


def _fits(words: Sequence[str]) -> bool:
    if len(" ".join(words)) > 2 * LINE + 1:
        return False
    return len(" ".join(words)) <= LINE or any(True for _ in _breaks(words))


def _breaks(words: Sequence[str]) -> Iterator[int]:
    for place in range(1, len(words)):
        if len(" ".join(words[:place])) <= LINE and len(" ".join(words[place:])) <= LINE:
            yield place


def _lines(words: Sequence[str]) -> tuple[str, ...]:
    """One line if it fits, else two, broken at a clause and near the middle, the lower one longer."""
    if len(" ".join(words)) <= LINE:
        return (" ".join(words),)

    def demerit(place: int) -> float:
        upper, lower = len(" ".join(words[:place])), len(" ".join(words[place:]))
        uneven = abs(upper - lower) / 10 + (0.3 if upper > lower else 0.0)
        return uneven + _break_cost(words[place - 1], _Token(words[place], 0, 0, False))

    cut = min(_breaks(words), key=demerit)
    return (" ".join(words[:cut]), " ".join(words[cut:]))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _ms(seconds: float) -> int:
    return max(round(seconds * 1000), 0)


def _time(milliseconds: int, point: str) -> str:
    seconds, ms = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{ms:03}"
