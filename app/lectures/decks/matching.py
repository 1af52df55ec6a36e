"""Which page of the deck each slide of a recording shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.lectures.model import Deck, DeckMatch, SlideExtraction, SlideMatch, SlideText
from app.lectures.slide_text import content_lines, content_text
from app.lectures.wording import tfidf

_LEAST_LIKENESS = 0.5


def _ignore(share: float) -> None:
    """The progress callback of a caller who does not want to know."""


def match_slides(
    extraction: SlideExtraction,
    slides_dir: Path,
    texts: Sequence[SlideText],
    deck: Deck,
    deck_dir: Path,
    *,
    progress: Callable[[float], None] = _ignore,
) -> DeckMatch:
    """One SlideMatch a slide of the extraction, in order, and the pages that none of them shows.

    `slides_dir` and `deck_dir` hold the images that the slides and the pages name; `texts` is what OCR read
    on the slides, and may lack some or all of them.
    """
    page_lines = content_lines([page.text for page in deck.pages])
    slide_lines = content_lines(texts)
    pages = [content_text(page_lines[page.number]) for page in deck.pages]
    slides = [content_text(slide_lines.get(slide.number, ())) for slide in extraction.slides]
    rows = tfidf([*pages, *slides])
    likeness = rows[len(pages) :] @ rows[: len(pages)].T
    found = []
    for slide, row in zip(extraction.slides, likeness, strict=True):
        best = int(row.argmax())
        sure = float(row[best])
        page = deck.pages[best].number if sure >= _LEAST_LIKENESS else None
        found.append(SlideMatch(slide=slide.number, page=page, confidence=round(sure, 4)))
    seen = {match.page for match in found}
    progress(1.0)
    return DeckMatch(
        slides=tuple(found),
        not_shown=tuple(page.number for page in deck.pages if page.number not in seen),
    )
