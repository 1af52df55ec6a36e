"""Which page of the deck each sentence was spoken to: by its words alone, or with the recorded screen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from app.lectures.alignment import align
from app.lectures.decks.evidence import Array, speech_evidence
from app.lectures.decks.pacing import page_beliefs
from app.lectures.decks.showing import shown_slides
from app.lectures.embedding import Embed
from app.lectures.model import Deck, DeckMatch, SlideExtraction, SpokenPage, Transcript


def align_to_deck(
    transcript: Transcript,
    deck: Deck,
    *,
    embed: Embed | None = None,
    extraction: SlideExtraction | None = None,
    match: DeckMatch | None = None,
) -> tuple[SpokenPage, ...]:
    """One SpokenPage a sentence, in order.

    From speech alone each sentence gets its most probable page, by its words and the order in which decks
    are shown; hidden pages get none. With `extraction` and `match`, which come together, it gets the page in
    view, of a build the step that its words fit; None where no page of the deck was in view.
    """
    if not transcript.sentences:
        return ()
    shown = deck.model_copy(update={"pages": tuple(page for page in deck.pages if not page.hidden)})
    if not shown.pages:
        return tuple(SpokenPage(index=i, page=None, confidence=0.0) for i in range(len(transcript.sentences)))
    if extraction is not None and match is not None and any(found.page for found in match.slides):
        return _with_screen(transcript, deck, embed, extraction, match)
    start_s, end_s = _times(transcript)
    beliefs = page_beliefs(speech_evidence(transcript, shown, embed), start_s, end_s)
    return _chosen(range(len(start_s)), [page.number for page in shown.pages], beliefs)


def _with_screen(
    transcript: Transcript,
    deck: Deck,
    embed: Embed | None,
    extraction: SlideExtraction,
    match: DeckMatch,
) -> tuple[SpokenPage, ...]:
    seen, texts = shown_slides(deck, extraction, match)
    page_of = {slide.number: slide.page for slide in seen.slides}
    spoken = [
        SpokenPage(
            index=said.index, page=page_of[said.slide] if said.slide else None, confidence=said.confidence
        )
        for said in align(transcript, seen, texts, embed=embed)
    ]
    builds = {found.page: found.builds for found in match.slides if found.page and found.builds}
    if builds:
        evidence, (start_s, end_s) = speech_evidence(transcript, deck, embed), _times(transcript)
        for page, run in groupby(list(spoken), key=lambda said: said.page):
            rows = [said.index for said in run]
            steps = builds.pop(page, None)  # when it comes back, the page is there in full
            if page is not None and steps:
                numbers = [*steps, page]
                of_build = evidence[np.ix_(rows, [number - 1 for number in numbers])]
                beliefs = page_beliefs(of_build, start_s[rows], end_s[rows])
                spoken[rows[0] : rows[-1] + 1] = _chosen(rows, numbers, beliefs)
    return tuple(spoken)


def _chosen(rows: Sequence[int], numbers: Sequence[int], beliefs: Array) -> tuple[SpokenPage, ...]:
    best = beliefs.argmax(axis=1)
    return tuple(
        SpokenPage(index=row, page=numbers[at], confidence=round(float(belief[at]), 4))
        for row, at, belief in zip(rows, best, beliefs, strict=True)
    )


def _times(transcript: Transcript) -> tuple[Array, Array]:
    start_s = np.array([sentence.start_s for sentence in transcript.sentences])
    return start_s, np.array([sentence.end_s for sentence in transcript.sentences])
