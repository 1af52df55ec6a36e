"""`lectern align`: which page of a deck each sentence of a talk was spoken to, on this machine alone."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from app.cli.exits import CommandError, Exit
from app.cli.output import Output
from app.cli.upload import readable_file
from app.cli.view import bar, duration
from app.errors import LecternError

if TYPE_CHECKING:
    from app.lectures.model import Deck, SpokenPage, Transcript


def align_command(options: Namespace, output: Output) -> Exit:
    """Print what was spoken to which page; with --out, also write it as JSON. Needs no server."""
    deck_file, talk_file = readable_file(options.deck), readable_file(options.transcript)
    out = Path(options.out) if options.out else None
    if out and (out.is_dir() or not out.absolute().parent.is_dir()):
        raise CommandError(f"{out} is not a file in a folder that exists.", Exit.USAGE)
    try:
        with bar(output.screen(), "reading the deck", quiet=output.quiet) as progress:
            deck, transcript, spoken = _align(deck_file, talk_file, progress)
    except LecternError as error:
        raise CommandError(error.message, Exit.REFUSED) from error
    for warning in deck.warnings:
        output.notice(warning)
    document = alignment_document(deck, transcript, spoken)
    if out:
        partial = out.with_name(f".{out.name}.partial")
        partial.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(partial, out)
    output.result(document, "\n".join(_lines(document)) + (f"\n{out}" if out else ""))
    return Exit.OK


def _align(
    deck_file: Path, talk_file: Path, progress: Callable[[float], None]
) -> tuple[Deck, Transcript, tuple[SpokenPage, ...]]:
    from app.lectures.decks import align_to_deck, read_deck  # heavy: only this command pays for it
    from app.lectures.embedding import SentenceEmbedder
    from app.lectures.ocr import SlideReader
    from app.lectures.subtitles import read_subtitles

    transcript = read_subtitles(talk_file)
    with TemporaryDirectory(prefix="lectern-") as pictures, SlideReader() as reader:
        deck = read_deck(deck_file, Path(pictures), reader=reader, progress=progress)
    return deck, transcript, align_to_deck(transcript, deck, embed=SentenceEmbedder())


def alignment_document(deck: Deck, transcript: Transcript, spoken: tuple[SpokenPage, ...]) -> dict[str, Any]:
    seen = {said.page for said in spoken}
    return {
        "pages": [{"number": page.number, "title": page.title} for page in deck.pages],
        "not_shown": [page.number for page in deck.pages if page.number not in seen],
        "sentences": [
            {
                "start_s": round(sentence.start_s, 3),
                "end_s": round(sentence.end_s, 3),
                "text": sentence.text,
                "page": said.page,
                "confidence": said.confidence,
            }
            for sentence, said in zip(transcript.sentences, spoken, strict=True)
        ],
        "warnings": list(deck.warnings),
    }


def _lines(document: dict[str, Any]) -> list[str]:
    titles = {page["number"]: page["title"] for page in document["pages"]}
    lines = []
    for page, run in groupby(document["sentences"], key=lambda sentence: sentence["page"]):
        said = list(run)
        took = duration(said[-1]["end_s"] - said[0]["start_s"])
        lines.append(f"{_clock(said[0]['start_s'])}  page {page}  {titles.get(page, '')}  ({took})".rstrip())
    not_shown = document["not_shown"]
    spoken_of = "Every page was spoken to, as far as words alone tell."
    lines.append(f"Not spoken to: {', '.join(map(str, not_shown))}" if not_shown else spoken_of)
    return lines


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
