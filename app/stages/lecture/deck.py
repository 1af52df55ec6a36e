"""The deck beside the recording: read, found again on the slides and in what was said."""

from __future__ import annotations

import json
from collections.abc import Sequence

from app.jobs.model import Json
from app.lectures.decks import align_to_deck, match_slides, shown_slides, spoken_slides
from app.lectures.decks import read_deck as read
from app.lectures.embedding import Remembering, SentenceEmbedder
from app.lectures.model import (
    Deck,
    DeckMatch,
    Slide,
    SlideExtraction,
    SlideText,
    SpokenPage,
    Transcript,
)
from app.lectures.ocr import SlideReader
from app.stages.lecture.pictures import FOLDER, known, laid_out, listing, rows
from app.stages.work import Product, Work
from app.storage.fetch import fetch

_ELSEWHERE = "No slide of the recording is in the deck, so the deck was left aside; does it belong to it?"
_UNSPOKEN = (
    "Nothing that was said fits the deck, so the deck was left aside; does it belong to the recording?"
)


def read_deck(work: Work) -> Product:
    """Picture, text and title of each page; fetches the deck first if only its address is known."""
    assert work.deck is not None
    digest = work.deck.get("digest")
    if digest is None:
        options = work.options
        digest, _, _ = fetch(
            work.deck["url"],
            work.storage,
            max_bytes=options.max_deck_bytes,
            timeout_s=options.url_fetch_timeout_s,
            allow_private=options.allow_private_urls,
            progress=work.progress("fetching the deck"),
        )
    work.name(digest)
    folder = work.folder / "pages"
    with SlideReader(work.options.ocr_language) as reader:
        progress = work.progress("reading the deck")
        deck = read(work.storage.path(digest), folder, reader=reader, progress=progress)
    pictures = {page.image: work.put(folder / page.image) for page in deck.pages if page.image}
    result = {
        "digest": digest,
        "deck": work.put_value(deck),
        "pictures": pictures,
        "warnings": list(deck.warnings),
    }
    return Product(result)


def match_deck(work: Work) -> Product:
    """Which slide shows which page; the page's own picture and text take the slide's place."""
    deck, pictures = _deck(work)
    extraction, texts, found = known(work)
    assert extraction is not None
    pages = work.folder / "pages"
    pages.mkdir()
    for name, digest in pictures.items():
        (pages / name).symlink_to(work.storage.path(digest))
    progress = work.progress("finding the slides in the deck")
    match = match_slides(extraction, laid_out(work, found), texts, deck, pages, progress=progress)
    shown, shown_texts = shown_slides(deck, extraction, match, texts)
    own = {row["image_name"]: row["digest"] for row in found}
    recorded = _recorded(extraction, match)
    entries = rows(shown.slides, own | pictures)
    for entry in entries:
        picture = recorded.get(entry["deck_page"])
        entry["recorded_name"] = picture if picture != entry["image_name"] else None
    matched = any(slide.page is not None for slide in match.slides)
    result = {
        "match": work.put_value(match),
        "recorded": work.put_value(extraction),
        "matched": matched,
        **_handed_on(work, shown, shown_texts, entries),
        "artifacts": [listing(work, shown), *_pictures(work, shown.slides, pictures)],
        "warnings": [_ELSEWHERE] if extraction.slides and not matched else [],
    }
    return Product(result)


def align_deck(work: Work) -> Product:
    """Which page each sentence was spoken to; without slides in the recording, the pages that were meant."""
    deck, pictures = _deck(work)
    heard, matched = work.input("transcribe"), work.input("match_deck")
    extraction, texts, entries = known(work)
    transcript = work.load(Transcript, heard["transcript"]) if heard is not None else None
    on_screen = extraction is not None and bool(extraction.slides)
    spoken: tuple[SpokenPage, ...] = ()
    learnt = None
    if transcript is not None:
        work.report(0.1, "listening for the pages of the deck")
        embed = Remembering(SentenceEmbedder(threads=2))
        if extraction is None or not extraction.slides:
            spoken = align_to_deck(transcript, deck, embed=embed)
        elif matched is not None and matched["matched"]:
            match = work.load(DeckMatch, matched["match"])
            recorded = work.load(SlideExtraction, matched["recorded"])
            spoken = align_to_deck(transcript, deck, embed=embed, extraction=recorded, match=match)
        learnt = work.put_value(embed.pack())
    artifacts, warnings = [], []
    if not on_screen and transcript is not None:
        extraction, read = spoken_slides(deck, transcript, spoken)
        texts, entries = list(read), rows(extraction.slides, pictures)
        artifacts = [listing(work, extraction), *_pictures(work, extraction.slides, pictures)]
        warnings = [] if extraction.slides else [_UNSPOKEN]
    if extraction is None:  # neither screen nor speech: `analyze_content` says so
        extraction = SlideExtraction(slides=(), duration_s=0.0)
    shown = _pages_shown(extraction)
    left = [page for page in deck.pages if page.number not in shown] if shown else []
    result = {
        **_handed_on(work, extraction, texts, entries),
        "pages": work.put_value(spoken),
        "embedded": learnt,  # most of it is asked for again by `analyze_content`
        "not_shown": [{"page": page.number, "title": page.title} for page in left if not page.hidden],
        "on_screen": on_screen,
        "warnings": warnings,
    }
    account = work.folder / "deck.json"
    told = _account(deck, extraction, spoken, transcript)
    told |= {key: result[key] for key in ("not_shown", "on_screen")}
    account.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return Product(result | {"artifacts": [work.artifact(account, account.name), *artifacts]})


def _deck(work: Work) -> tuple[Deck, dict[str, str]]:
    found = work.input("read_deck")
    assert found is not None
    return work.load(Deck, found["deck"]), found["pictures"]


def _handed_on(
    work: Work, extraction: SlideExtraction, texts: Sequence[SlideText], entries: Sequence[Json]
) -> Json:
    said = {text.number: text.text for text in texts}
    for entry in entries:
        work.name(entry["digest"])
    return {
        "extraction": work.put_value(extraction),
        "texts": work.put_value(list(texts)),
        "slides": [entry | {"text": said.get(entry["number"], "")} for entry in entries],
    }


def _recorded(extraction: SlideExtraction, match: DeckMatch) -> dict[int | None, str]:
    """Page → the recording's first picture of it."""
    names = {slide.number: slide.image for slide in extraction.slides}
    found: dict[int | None, str] = {}
    for slide in match.slides:
        if slide.page is not None:
            found.setdefault(slide.page, names[slide.slide])
    return found


def _pictures(work: Work, slides: tuple[Slide, ...], pictures: dict[str, str]) -> list[Json]:
    names = sorted({slide.image for slide in slides if slide.image in pictures})
    return [work.kept(pictures[name], f"{FOLDER}/{name}") for name in names]


def _pages_shown(extraction: SlideExtraction) -> dict[int, Slide]:
    """Page → the slide that showed it, in full or as a step of its build."""
    steps = {step: slide for slide in extraction.slides for step in slide.builds}
    return steps | {slide.page: slide for slide in extraction.slides if slide.page is not None}


def _account(
    deck: Deck, extraction: SlideExtraction, spoken: tuple[SpokenPage, ...], transcript: Transcript | None
) -> Json:
    """`deck.json`: each page with when it was shown, each sentence with its page."""
    shown = _pages_shown(extraction)
    pages = []
    for page in deck.pages:
        slide = shown.get(page.number)
        intervals = [[i.start_s, i.end_s] for i in slide.intervals] if slide else []
        about = {"page": page.number, "title": page.title, "hidden": page.hidden, "notes": page.notes}
        pages.append(about | {"slide": slide.number if slide else None, "intervals": intervals})
    sentences = [
        {
            "index": one.index,
            "start_s": transcript.sentences[one.index].start_s,
            "end_s": transcript.sentences[one.index].end_s,
            "page": one.page,
            "confidence": one.confidence,
        }
        for one in spoken
        if transcript is not None
    ]
    return {"kind": deck.kind, "pages": pages, "sentences": sentences}
