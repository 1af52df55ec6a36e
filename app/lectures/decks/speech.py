"""Which page of the deck each sentence was spoken to."""

from __future__ import annotations

import numpy as np

from app.lectures.decks.evidence import speech_evidence
from app.lectures.decks.pacing import page_beliefs
from app.lectures.embedding import Embed
from app.lectures.model import Deck, SpokenPage, Transcript


def align_to_deck(
    transcript: Transcript, deck: Deck, *, embed: Embed | None = None
) -> tuple[SpokenPage, ...]:
    """One SpokenPage a sentence, in order, from the words alone and the order in which decks are shown.

    Each sentence gets the page that is most probable for it; hidden pages get none.
    """
    if not transcript.sentences:
        return ()
    shown = deck.model_copy(update={"pages": tuple(page for page in deck.pages if not page.hidden)})
    if not shown.pages:
        return tuple(SpokenPage(index=i, page=None, confidence=0.0) for i in range(len(transcript.sentences)))
    start_s = np.array([sentence.start_s for sentence in transcript.sentences])
    end_s = np.array([sentence.end_s for sentence in transcript.sentences])
    beliefs = page_beliefs(speech_evidence(transcript, shown, embed), start_s, end_s)
    best = beliefs.argmax(axis=1)
    return tuple(
        SpokenPage(index=i, page=shown.pages[at].number, confidence=round(float(beliefs[i, at]), 4))
        for i, at in enumerate(best)
    )
