"""Which page of the deck each sentence was spoken to."""

from __future__ import annotations

import numpy as np

from app.lectures.alignment import deck_costs, decode
from app.lectures.embedding import Embed
from app.lectures.model import Deck, DeckMatch, SlideExtraction, SpokenPage, Transcript
from app.lectures.slide_text import content_lines, content_text
from app.lectures.wording import vectors

_LIKENESS_WEIGHT = 14.0


def align_to_deck(
    transcript: Transcript,
    deck: Deck,
    *,
    embed: Embed | None = None,
    extraction: SlideExtraction | None = None,
    match: DeckMatch | None = None,
) -> tuple[SpokenPage, ...]:
    """One SpokenPage a sentence, in order: from the words alone, or with the screen that was recorded.

    `extraction` and `match` come together; without them the deck's order and the words decide.
    """
    sentences = [sentence.text for sentence in transcript.sentences]
    if not sentences:
        return ()
    content = content_lines([page.text for page in deck.pages])
    pages = [content_text(content[page.number]) for page in deck.pages]
    rows = vectors([*pages, *sentences], embed)
    likeness = (rows[len(pages) :] @ rows[: len(pages)].T).astype(np.float64)
    path, sure = decode(_LIKENESS_WEIGHT * likeness, deck_costs(len(pages)))
    return tuple(
        SpokenPage(index=i, page=deck.pages[at].number, confidence=round(sure[i], 4))
        for i, at in enumerate(path)
    )
