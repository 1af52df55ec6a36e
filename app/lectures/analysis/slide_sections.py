"""Cuts a lecture into sections by the titles and topics of its slides."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.lectures.analysis.agenda import agenda_points, alike
from app.lectures.analysis.headings import is_generic, title_stem, without_continuation
from app.lectures.analysis.lexicon import SUMMARY_TITLE, TURN
from app.lectures.analysis.spans import Span, joined, most_sections
from app.lectures.analysis.speech import Speech
from app.lectures.embedding import Embed
from app.lectures.model import Slide
from app.lectures.wording import content_stems, vectors

_SHORTEST_S = 15.0
_SHORTEST_SHARE = 0.03
_ANNOUNCED = 0.25  # likeness that a merger must show besides where the speaker announces a turn
_BALANCE = 0.35  # how much similarity a merger must show for each average section that it adds
_SECTION_SLIDE_WORDS = 7
_CLOSING_PART = 0.7  # of the slides: before, a summary is one on the way
_NEAR_SWITCH_S = 12.0

Slides = list[int | None]


def sections_by_slides(
    slides: Sequence[Slide],
    contents: Mapping[int, str],
    titles: Mapping[int, str],
    large: Collection[int],
    speech: Speech,
    duration_s: float,
    embed: Embed | None,
) -> list[Span]:
    """Consecutive slides of one title or topic; the spans tile 0..duration_s.

    `contents`, `titles`: text by slide number; `large`: slides with titles larger than usual.
    """
    starts = _first_shown(slides, speech)
    order = sorted((slide.number for slide in slides), key=lambda n: (starts[n], n))
    agenda = agenda_points(order, contents, titles, speech, embed)
    spans: list[Span] = []
    divided = False  # the slide before was a section slide: what follows belongs to it
    for at, number in enumerate(order):
        title = titles.get(number, "")
        stem = title_stem(title)
        few = 0 < len(contents.get(number, "").split()) <= _SECTION_SLIDE_WORDS
        divides = few and number in large and not is_generic(title)
        same = bool(spans) and bool(stem) and stem == title_stem(titles.get(spans[-1].slides[-1], ""))
        in_agenda = number in agenda
        if (
            (same and not in_agenda)
            or (spans and not contents.get(number))
            or (divided and not in_agenda and not divides)
        ):
            divided = False
            spans[-1] = replace(spans[-1], slides=(*spans[-1].slides, number))
            continue
        ends = at > _CLOSING_PART * len(order) and SUMMARY_TITLE.match(title) is not None
        opens = bool(spans) and (in_agenda or divides or ends)
        divided = divides and at > 0
        spans.append(
            Span(
                (number,),
                starts[number] if spans else 0.0,
                0.0,
                opens=opens,
                closing=ends,
                heading=agenda.get(number, ""),
            )
        )
    spans = _tile(spans, duration_s)
    spans = _merge_frame(spans, titles, large)
    spans = _with_positions(spans, speech)
    spans = _merge(spans, _likeness(contents, speech, embed), speech, duration_s)
    return [replace(span, title=_slide_title(span, contents, titles, large, embed)) for span in spans]


def place_slides(spans: Sequence[Span], slides: Sequence[Slide], speech: Speech) -> list[Span]:
    """Sections that were cut by other means, with the slides that first appear in each."""
    starts = _first_shown(slides, speech)
    section_of = {
        n: max(0, bisect_right([s.start_s for s in spans], second) - 1) for n, second in starts.items()
    }
    return [
        replace(span, slides=tuple(n for n in sorted(starts, key=starts.__getitem__) if section_of[n] == at))
        for at, span in enumerate(spans)
    ]


def _first_shown(slides: Sequence[Slide], speech: Speech) -> dict[int, float]:
    """Second at which each slide first appears, or is first spoken about where its showing is unknown."""
    spoken: dict[int, float] = {}
    for sentence in speech.sentences:
        if sentence.slide is not None:
            spoken.setdefault(sentence.slide, sentence.start_s)
    starts, latest = {}, 0.0
    for slide in slides:
        known = min(
            (interval.start_s for interval in slide.intervals), default=spoken.get(slide.number, latest)
        )
        starts[slide.number] = latest = known
    return starts


def _tile(spans: Sequence[Span], duration_s: float) -> list[Span]:
    ends = [span.start_s for span in spans[1:]] + [max(duration_s, spans[-1].start_s)]
    return [replace(span, end_s=end) for span, end in zip(spans, ends, strict=True)]


def _merge_frame(spans: list[Span], titles: Mapping[int, str], large: Collection[int]) -> list[Span]:
    """The title slide and outlines join what follows them; closing slides without a subject what precedes."""
    out: list[Span] = []
    carried: Span | None = None
    for at, span in enumerate(spans):
        frames = (at == 0 and span.slides[0] in large) or all(
            is_generic(titles.get(number, "")) for number in span.slides
        )
        whole = span
        if carried:
            whole = replace(
                joined(carried, span), opens=span.opens, heading=span.heading, frame_s=carried.length_s
            )
        carried = None
        early = at < len(spans) - 1 and at <= len(spans) // 2
        if frames and early:
            carried = whole
        elif frames and out:
            out[-1] = joined(out[-1], whole)
        else:
            out.append(whole)
    return out


def _with_positions(spans: Sequence[Span], speech: Speech) -> list[Span]:
    """Each sentence to one span; near a switch the slides that the sentences are about draw the line."""
    edges = [0]
    for before, after in pairwise(spans):
        middles = [(s.start_s + s.end_s) / 2 for s in speech.sentences]
        low = max(edges[-1], bisect_left(middles, after.start_s - _NEAR_SWITCH_S))
        high = max(low, bisect_left(middles, after.start_s + _NEAR_SWITCH_S))
        by_time = bisect_left(middles, after.start_s)
        nearby = [s.slide for s in speech.sentences[low:high]]

        def fitting(cut: int, left: Span = before, right: Span = after, nearby: Slides = nearby) -> int:
            return sum(s in left.slides for s in nearby[:cut]) + sum(s in right.slides for s in nearby[cut:])

        near = range(len(nearby) + 1)
        edges.append(low + max(near, key=lambda cut: (fitting(cut), -abs(low + cut - by_time))))
    edges.append(len(speech.sentences))
    return [replace(span, positions=range(a, b)) for span, a, b in zip(spans, edges, edges[1:], strict=False)]


def _likeness(
    contents: Mapping[int, str], speech: Speech, embed: Embed | None
) -> Callable[[Span, Span], float]:
    numbers = sorted(contents)
    rows = vectors([contents[number] for number in numbers], embed)
    at = {number: row for row, number in enumerate(numbers)}

    def unit(part: NDArray[np.float32]) -> NDArray[np.float32]:
        mean: NDArray[np.float32] = part.mean(axis=0)
        return mean / np.float32(max(1e-9, float(np.linalg.norm(mean))))

    def like(first: Span, second: Span) -> float:
        marks = []
        shown = [[at[n] for n in span.slides if n in at] for span in (first, second)]
        if all(shown):
            marks.append(float(unit(rows[shown[0]]) @ unit(rows[shown[1]])))
        if first.positions and second.positions:
            said = [unit(speech.rows[span.positions.start : span.positions.stop]) for span in (first, second)]
            marks.append(float(said[0] @ said[1]))
        return sum(marks) / len(marks) if marks else 0.0

    return like


def _announced(span: Span, speech: Speech) -> bool:
    first = speech.sentences[span.positions.start].text if span.positions else ""
    return speech.english and TURN.match(first) is not None


def _merge(
    spans: list[Span], like: Callable[[Span, Span], float], speech: Speech, duration_s: float
) -> list[Span]:
    """Joins the most alike neighbours until few enough are left, and none is too short to stand alone.

    The summary at the end is no topic and does not count.
    """
    most = most_sections(duration_s)
    shortest = max(_SHORTEST_S, _SHORTEST_SHARE * duration_s)
    average = max(1.0, duration_s / most)
    most += spans[-1].closing
    while len(spans) > 1:
        pairs = range(len(spans) - 1)
        short = [i for i in pairs if min(spans[i].length_s, spans[i + 1].length_s) < shortest]
        if len(spans) <= most and not (short and len(spans) > 2):
            break
        allowed = short if len(spans) <= most else list(pairs)
        allowed = [i for i in allowed if not spans[i + 1].opens] or (allowed if len(spans) > most else [])
        if not allowed:
            break
        best = max(
            allowed,
            key=lambda i: (
                like(spans[i], spans[i + 1])
                - _ANNOUNCED * _announced(spans[i + 1], speech)
                - _BALANCE * (spans[i].topic_s + spans[i + 1].topic_s) / average
            ),
        )
        spans = [*spans[:best], joined(spans[best], spans[best + 1]), *spans[best + 2 :]]
    return spans


def _slide_title(
    span: Span,
    contents: Mapping[int, str],
    titles: Mapping[int, str],
    large: Collection[int],
    embed: Embed | None,
) -> str:
    named: dict[str, str] = {}
    titled = span.start_s == 0.0 and len(span.slides) > 1 and span.slides[0] in large
    for number in span.slides[1:] if titled else span.slides:
        title = titles.get(number, "")
        if title and not is_generic(title):
            named.setdefault(title_stem(title), without_continuation(title))
    choices = list(named.values())
    if not choices:
        return next((titles[n] for n in span.slides if titles.get(n)), "")
    if span.heading:
        return next((choice for choice in choices if alike(choice, span.heading)), span.heading)
    if len(choices) == 1 or (span.opens and not SUMMARY_TITLE.match(choices[0])):
        return choices[0]
    if len(choices) == 2 and sum(map(len, choices)) <= 60:
        return " / ".join(choices)
    # The title that stands best for all of the slides; shared words make a title general.
    rows = vectors([*choices, "\n".join(contents.get(number, "") for number in span.slides)], embed)
    fit = rows[:-1] @ rows[-1]
    shared = [
        len(set(content_stems(c)) & {w for o in choices if o != c for w in content_stems(o)}) for c in choices
    ]
    return choices[int(np.argmax(fit + 0.1 * np.array(shared)))]
