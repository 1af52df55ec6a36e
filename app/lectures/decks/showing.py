"""The slides of a lecture as the deck has them: its own pages in place of pictures of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from app.lectures.model import (
    Deck,
    DeckMatch,
    Interval,
    Slide,
    SlideExtraction,
    SlideText,
    SpokenPage,
    Transcript,
)


@dataclass
class _Shown:
    page: int | None
    slide: Slide | None  # as extracted, if it was; a page has all its intervals joined here
    builds: tuple[int, ...] = ()
    intervals: list[Interval] = field(default_factory=list)


def shown_slides(
    deck: Deck, extraction: SlideExtraction, match: DeckMatch, texts: Sequence[SlideText] = ()
) -> tuple[SlideExtraction, tuple[SlideText, ...]]:
    """The extraction with each matched slide replaced by its page, and the text of each slide.

    Slides that show the same page become one. `image` of a replaced slide is the page's, a name in the folder
    of the deck; a slide whose page has no picture, or that is not in the deck, keeps its own. Numbers are
    given anew, by first appearance.
    """
    page_of = {found.slide: found.page for found in match.slides}
    builds_of = {found.page: found.builds for found in match.slides if found.builds}
    shown: dict[tuple[str, int], _Shown] = {}
    for slide in extraction.slides:
        page = page_of.get(slide.number)
        key = ("slide", slide.number) if page is None else ("page", page)
        shown.setdefault(key, _Shown(page, slide, builds_of.get(page, ()))).intervals.extend(slide.intervals)
    slides, read = _numbered(deck, list(shown.values()), {text.number: text for text in texts})
    return extraction.model_copy(update={"slides": slides}), read


def spoken_slides(
    deck: Deck, transcript: Transcript, spoken: Sequence[SpokenPage]
) -> tuple[SlideExtraction, tuple[SlideText, ...]]:
    """What would have been on the screen, where only speech was recorded: the pages spoken to.

    A page lasts from its first sentence to that of the next page. Pages without a picture are left out.
    """
    runs: list[tuple[int | None, float]] = []
    for said in spoken:
        if not runs or runs[-1][0] != said.page:
            runs.append((said.page, transcript.sentences[said.index].start_s))
    runs.append((None, transcript.duration_s))
    shown: dict[int, _Shown] = {}
    for (page, start_s), (_, end_s) in pairwise(runs):
        if page is not None and deck.pages[page - 1].image:
            interval = Interval(start_s=start_s, end_s=max(start_s, end_s))
            shown.setdefault(page, _Shown(page, None)).intervals.append(interval)
    slides, read = _numbered(deck, list(shown.values()), {})
    return SlideExtraction(slides=slides, duration_s=transcript.duration_s, warnings=deck.warnings), read


def _numbered(
    deck: Deck, shown: list[_Shown], texts: dict[int, SlideText]
) -> tuple[tuple[Slide, ...], tuple[SlideText, ...]]:
    shown.sort(key=lambda one: min((i.start_s for i in one.intervals), default=0.0))
    slides: list[Slide] = []
    read: list[SlideText] = []
    for number, one in enumerate(shown, 1):
        page = deck.pages[one.page - 1] if one.page is not None else None
        intervals = tuple(sorted(one.intervals, key=lambda i: i.start_s))
        text = page.text if page else texts.get(one.slide.number) if one.slide else None
        if page and page.image:
            slide = Slide(
                number=number,
                intervals=intervals,
                image=page.image,
                width=page.width,
                height=page.height,
                frame_s=one.slide.frame_s if one.slide else intervals[0].start_s,
                annotated=one.slide.annotated if one.slide else None,
                page=page.number,
                builds=one.builds,
            )
        else:
            assert one.slide is not None  # a page without a picture is left out unless a slide shows it
            known = {"number": number, "intervals": intervals, "page": one.page, "builds": one.builds}
            slide = one.slide.model_copy(update=known)
        slides.append(slide)
        if text is not None:
            read.append(SlideText(number=number, lines=text.lines))
    return tuple(slides), tuple(read)
