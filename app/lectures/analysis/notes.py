"""Puts the parts of the analysis together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.lectures.alignment import align
from app.lectures.analysis.candidates import Candidate, Key, find_candidates, title_groups
from app.lectures.analysis.essentials import essentials, shown_as_well, to_remember, worth
from app.lectures.analysis.explanations import Explanation, find_explanations
from app.lectures.analysis.headings import large_titles, lecture_title, slide_titles
from app.lectures.analysis.hearing import respelled
from app.lectures.analysis.lexicon import SUMMARY_TITLE
from app.lectures.analysis.questions import ask
from app.lectures.analysis.slide_sections import place_slides, sections_by_slides
from app.lectures.analysis.spans import Span
from app.lectures.analysis.speech import Speech, prepare
from app.lectures.analysis.terms import EXPLAINED, key_phrases, make_term, rank_terms
from app.lectures.analysis.topic_sections import sections_by_topic
from app.lectures.analysis.trust import confidence, is_english, lacking
from app.lectures.embedding import Embed, Remembering
from app.lectures.model import Interval, LectureNotes, Section, SlideExtraction, SlideText, Term, Transcript
from app.lectures.slide_text import clean_line, content_lines

_TERMS_A_SECTION = 6
_NAMED_TERMS = 25  # whose names make a sentence worth more
_TITLE_TERMS = 3


@dataclass(frozen=True)
class _Vocabulary:
    candidates: Mapping[Key, Candidate]
    explanations: Mapping[Key, list[Explanation]]
    ranked: Sequence[tuple[Candidate, Explanation | None]]

    @property
    def names(self) -> list[str]:
        return [candidate.term.lower() for candidate, _ in self.ranked[:_NAMED_TERMS]]

    @property
    def explained(self) -> list[str]:
        """Names of terms that a question may ask for."""
        return [
            c.term.lower()
            for c, explanation in self.ranked
            if explanation or (c.titled and (len(c.key) > 1 or not self.explanations))
        ]


def analyze(
    transcript: Transcript | None,
    extraction: SlideExtraction,
    texts: Sequence[SlideText],
    *,
    fallback_title: str,
    lacks: Sequence[str] = (),
    embed: Embed | None = None,
) -> LectureNotes:
    """Notes made of the speaker's own sentences; without `embed`, likeness goes by words alone.

    `lacks`: sentences about what earlier stages could not get. What was said is only ever shortened (see
    `cleaning`). The same input gives the same notes.
    """
    embed = Remembering(embed) if embed else None
    english = is_english(transcript)
    read = content_lines(texts)
    transcript = respelled(transcript, extraction, read) if transcript else None
    aligned = align(transcript, extraction, texts, embed=embed)
    titles = slide_titles(texts)
    lines = {number: [clean_line(line) for line in shown] for number, shown in read.items()}
    speech = prepare(
        aligned,
        transcript.sentences if transcript else (),
        english=english,
        embed=embed,
        lines=lines,
    )
    vocabulary = _vocabulary(transcript, speech, lines, titles)
    spans = _spans(extraction, speech, lines, titles, large_titles(texts), vocabulary, embed)
    followers = {
        explanation.positions[0]: explanation.positions[-1]
        for _, explanation in vocabulary.ranked
        if explanation and len(explanation.positions) > 1
    }
    value = worth(speech, vocabulary.names, _defining(vocabulary), shown_as_well(speech, lines, embed))
    chosen = {number: essentials(span, speech, value, followers) for number, span in enumerate(spans)}
    summaries = {number for number, span in enumerate(spans) if SUMMARY_TITLE.match(span.title)}
    terms = _terms(spans, speech, vocabulary, lines)
    first = min(
        extraction.slides, key=lambda s: min((i.start_s for i in s.intervals), default=0.0), default=None
    )
    title_terms = [c.term for c, explanation in vocabulary.ranked[:_TITLE_TERMS] if explanation or c.titled]
    title = lecture_title(
        texts, first.number if first else None, speech.texts if english else (), title_terms
    )
    return LectureNotes(
        title=title or fallback_title,
        language=transcript.language if transcript else "",
        duration_s=_duration(transcript, extraction),
        sections=tuple(
            Section(
                title=span.title or f"Part {number + 1}",
                interval=Interval(start_s=span.start_s, end_s=span.end_s),
                slides=span.slides,
                essentials=chosen[number],
                terms=tuple(term for term, _ in terms[number]),
                questions=ask(
                    speech,
                    span.positions,
                    [(term.term, e) for term, e in terms[number] if e],
                    vocabulary.explained,
                    list(value),
                ),
            )
            for number, span in enumerate(spans)
        ),
        remember=to_remember(spans, speech, value, chosen, summaries),
        sentences=speech.sentences,
        lacks=lacking(transcript, extraction, texts, lacks),
        confidence=confidence(transcript, extraction, texts, aligned),
    )


def _vocabulary(
    transcript: Transcript | None,
    speech: Speech,
    lines: Mapping[int, Sequence[str]],
    titles: Mapping[int, str],
) -> _Vocabulary:
    if transcript is None:
        return _Vocabulary({}, {}, ())
    candidates = find_candidates(transcript.sentences, speech.sentences, lines, titles)
    explanations = find_explanations(speech, title_groups(titles))
    return _Vocabulary(candidates, explanations, rank_terms(candidates, explanations, speech))


def _spans(
    extraction: SlideExtraction,
    speech: Speech,
    lines: Mapping[int, Sequence[str]],
    titles: Mapping[int, str],
    large: Collection[int],
    vocabulary: _Vocabulary,
    embed: Embed | None,
) -> list[Span]:
    duration = max([extraction.duration_s, *(sentence.end_s for sentence in speech.sentences[-1:])])
    contents = {slide.number: "\n".join(lines.get(slide.number, ())) for slide in extraction.slides}
    legible = any(contents.values())
    if extraction.slides and (legible or not speech.sentences):
        return sections_by_slides(extraction.slides, contents, titles, large, speech, duration, embed)

    def name(within: range) -> str:
        phrase = " and ".join(key_phrases(vocabulary.candidates, vocabulary.explanations, within, count=2))
        return phrase[:1].upper() + phrase[1:]

    return place_slides(sections_by_topic(speech, duration, name), extraction.slides, speech)


def _defining(vocabulary: _Vocabulary) -> set[int]:
    return {
        explanation.positions[0]
        for _, explanation in vocabulary.ranked
        if explanation and explanation.score >= EXPLAINED
    }


def _terms(
    spans: Sequence[Span], speech: Speech, vocabulary: _Vocabulary, lines: Mapping[int, Sequence[str]]
) -> dict[int, list[tuple[Term, Explanation | None]]]:
    """Terms by the section in which each is explained, best first.

    One explained by words that were heard unclearly is listed only where its section has no other: better no
    entry than a garbled one to learn by heart.
    """
    unclear: dict[int, list[tuple[Term, Explanation | None]]] = {}
    out: dict[int, list[tuple[Term, Explanation | None]]] = {number: [] for number in range(len(spans))}
    position = {sentence.index: at for at, sentence in enumerate(speech.sentences)}
    used = _defining(vocabulary)
    for candidate, explanation in vocabulary.ranked:
        term = make_term(candidate, explanation, speech, used, lines)
        if term is None:
            continue
        if term.sentence is not None:
            at = position[term.sentence]
            used.add(at)
        else:  # a slide explains it: in the section where the speaker does
            assert explanation is not None
            at = explanation.positions[0]
        number = next(n for n, span in enumerate(spans) if at in span.positions)
        positions = explanation.positions if explanation else [at]
        if term.sentence is not None and speech.unsure(positions):
            unclear.setdefault(number, []).append((term, explanation))
        elif len(out[number]) < _TERMS_A_SECTION:
            out[number].append((term, explanation))
    return {number: found or unclear.get(number, [])[:1] for number, found in out.items()}


def _duration(transcript: Transcript | None, extraction: SlideExtraction) -> float:
    return max(extraction.duration_s, transcript.duration_s if transcript else 0.0)
