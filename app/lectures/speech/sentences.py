"""From the words of the chunks to the sentences of the lecture."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.lectures.model import Interval, Sentence, SpokenWord, Transcript
from app.lectures.speech.values import ChunkTranscript

LONGEST_SENTENCE_S = 40.0
LONGEST_SENTENCE_WORDS = 60
_PAUSE_S = 2.0  # speakers pause for less within a sentence, even to think
_LONGEST_WORD_S = 4.0  # what is longer is a word with the silence after it
_DOUBLE_S = 1.0
_DOUBLE_WORDS = 6
_UNSURE = 0.5  # clear speech in the model's language scores above .8
_ENOUGH_WORDS = 20

_STOPS = (".", "?", "!", "…", "。", "？", "！")
_CLOSING = "\"'”’»)]"
_ABBREVIATIONS = {"dr.", "mr.", "mrs.", "ms.", "prof.", "st.", "vs.", "fig.", "eq.", "sec.", "ch."} | {
    "e.g.", "i.e.", "cf.", "approx.", "resp.", "jr.", "sr.", "bzw.", "z.b.", "d.h.",
}  # fmt: skip
# English words that are capitalised at the start of a sentence only …
_OPENING = {
    "It", "It's", "We", "We'll", "We're", "You", "They", "He", "She", "This", "That", "That's", "These",
    "Those", "There", "There's", "Here", "What", "How", "Why", "When", "Where", "If", "So", "But",
    "And", "Now", "Then", "Let", "Let's", "In", "For", "As", "Because", "Also", "The", "Our", "To",
    "At", "On", "With",
}  # fmt: skip
# … and words that no sentence ends with, so that a capital after them is a slip.
_HANGING = {
    "a", "an", "the", "of", "and", "or", "but", "to", "in", "on", "at", "by", "for", "from", "with",
    "as", "if", "is", "are", "was", "were", "that", "which", "than", "into", "my", "our", "your",
    "their", "its", "called",
}  # fmt: skip


def join(chunks: Sequence[ChunkTranscript], *, duration_s: float, model: str) -> Transcript:
    """One transcript from the chunks, given in any order.

    Sentences end at punctuation and at pauses of 2 s; none spans more than 40 s or 60 words. Word
    times are monotone and within [0, duration_s]. The outcome depends on the chunks alone, not on
    which process heard them.
    """
    ordered = sorted(chunks, key=lambda chunk: (chunk.offset_s, chunk.index))
    languages = Counter[str]()
    for chunk in ordered:
        languages[chunk.language] += len(chunk.words)
    language = languages.most_common(1)[0][0] if languages.total() else ""
    words = _monotone(_in_sequence(ordered), duration_s)
    if language == "en":
        words = _with_lost_stops(words)
    sentences = [
        Sentence(words=tuple(part)) for sentence in _sentences(words) for part in _short_enough(sentence)
    ]
    return Transcript(
        language=language,
        model=model,
        sentences=tuple(sentences),
        duration_s=duration_s,
        warnings=tuple(_warnings(ordered, words, language, model)),
    )


def _in_sequence(chunks: Sequence[ChunkTranscript]) -> list[SpokenWord]:
    """All words, those heard twice at the edge of two chunks once."""
    words: list[SpokenWord] = []
    for chunk in chunks:
        fresh = list(chunk.words)
        if words:
            heard_until = words[-1].end_s
            fresh = [word for word in fresh if (word.start_s + word.end_s) / 2 >= heard_until]
            fresh = fresh[_doubled(words, fresh) :]
        words += fresh
    return words


def _doubled(before: Sequence[SpokenWord], after: Sequence[SpokenWord]) -> int:
    """How many words at the start of `after` repeat the end of `before` (one alone may be meant)."""
    if not after or after[0].start_s - before[-1].end_s > _DOUBLE_S:
        return 0
    for count in range(min(_DOUBLE_WORDS, len(before), len(after)), 1, -1):
        if [_bare(word) for word in before[-count:]] == [_bare(word) for word in after[:count]]:
            return count
    return 0


def _bare(word: SpokenWord) -> str:
    return word.text.strip(string.punctuation).lower()


def _monotone(words: Sequence[SpokenWord], duration_s: float) -> list[SpokenWord]:
    """Each word starts no earlier than the one before it ends."""
    result: list[SpokenWord] = []
    clock = 0.0
    for word in words:
        start = min(max(word.start_s, clock), duration_s)
        clock = min(max(word.end_s, start), start + _LONGEST_WORD_S, duration_s)
        result.append(word.model_copy(update={"start_s": start, "end_s": clock}))
    return result


def _with_lost_stops(words: Sequence[SpokenWord]) -> list[SpokenWord]:
    """Give back the full stops that Whisper drops where its segments meet ("… of despair We had …")."""
    result = list(words)
    for place, (word, after) in enumerate(pairwise(words)):
        if after.text in _OPENING and word.text[-1:].isalnum() and word.text.lower() not in _HANGING:
            result[place] = word.model_copy(update={"text": word.text + "."})
    return result


def _sentences(words: Sequence[SpokenWord]) -> Iterator[list[SpokenWord]]:
    current: list[SpokenWord] = []
    for position, word in enumerate(words):
        current.append(word)
        after = words[position + 1] if position + 1 < len(words) else None
        if after is None or after.start_s - word.end_s >= _PAUSE_S or _ends(current, after):
            yield current
            current = []


def _ends(sentence: Sequence[SpokenWord], after: SpokenWord) -> bool:
    text = sentence[-1].text.rstrip(_CLOSING)
    if not text.endswith(_STOPS) or after.text[:1].islower():
        return False
    if text.lower() in _ABBREVIATIONS:
        return False
    # "Donald E. Knuth", but not "vitamin C. It …".
    initial = len(text) == 2 and text[0].isupper() and text[1] == "."
    return not (initial and (len(sentence) == 1 or sentence[-2].text[:1].isupper()))


def _short_enough(sentence: list[SpokenWord]) -> Iterator[list[SpokenWord]]:
    """Split an endless sentence at the comma or pause nearest to its middle that stands out most."""
    long = sentence[-1].end_s - sentence[0].start_s > LONGEST_SENTENCE_S
    if len(sentence) < 2 or not (long or len(sentence) > LONGEST_SENTENCE_WORDS):
        yield sentence
        return

    def merit(position: int) -> float:
        before, after = sentence[position - 1], sentence[position]
        clause = 1.0 if before.text.endswith((",", ";", ":", "、", "，")) else 0.0
        off_centre = abs(position / len(sentence) - 0.5)
        return clause + (after.start_s - before.end_s) - 3 * off_centre

    cut = max(range(1, len(sentence)), key=merit)
    yield from _short_enough(sentence[:cut])
    yield from _short_enough(sentence[cut:])


def _warnings(
    chunks: Sequence[ChunkTranscript], words: Sequence[SpokenWord], language: str, model: str
) -> Iterator[str]:
    if not words:
        yield "No speech was found in the recording."
        return
    sure = sum(word.probability for word in words) / len(words)
    if sure < _UNSURE and len(words) >= _ENOUGH_WORDS:
        hint = f"; the model {model} knows English only" if model.endswith(".en") else ""
        yield f"The speech was hard to understand (the recogniser is {sure:.0%} sure of its words){hint}."
    others = {c.language for c in chunks if len(c.words) >= _ENOUGH_WORDS} - {language}
    if others:
        yield f"Parts of the recording seem to be in another language ({', '.join(sorted(others))})."
    for interval in _merged(interval for chunk in chunks for interval in chunk.left_out):
        yield (
            f"From {_clock(interval.start_s)} to {_clock(interval.end_s)} the recogniser "
            "only repeated itself or guessed; that stretch is left out of the transcript."
        )


def _merged(intervals: Iterator[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for interval in sorted(intervals, key=lambda i: i.start_s):
        if merged and interval.start_s <= merged[-1].end_s + 1.0:
            end = max(merged[-1].end_s, interval.end_s)
            merged[-1] = Interval(start_s=merged[-1].start_s, end_s=end)
        else:
            merged.append(interval)
    return merged


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
